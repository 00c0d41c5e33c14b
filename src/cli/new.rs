//! `squall new`: a commented scenario to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use super::arguments::NewArguments;
use super::exit::{Exit, Failure};
use super::terminal;

const STARTER: &str = include_str!("starter.toml");

/// Writes the starter; a file that is there already is left alone.
pub(crate) fn run(arguments: &NewArguments) -> Result<Exit, Failure> {
    let file = arguments.file.display();
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&arguments.file)
        .and_then(|mut out| out.write_all(STARTER.as_bytes()));
    match written {
        Ok(()) => {
            terminal::say(&format!("{file} is written; `squall run {file}` runs it"));
            Ok(Exit::Good)
        }
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
            Err(Failure::bad_input(format!("{file} is there already; name another file")))
        }
        Err(cause) => Err(Failure::surroundings(format!("write {file}"), &cause)),
    }
}
