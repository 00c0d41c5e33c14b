//! `squall new`: a commented scenario to start from, or a copy of one of the library.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use squall::VERSION;
use squall::library::LIBRARY;

use super::arguments::NewArguments;
use super::exit::{Exit, Failure};
use super::terminal;

const STARTER: &str = include_str!("starter.toml");

/// Writes the starter or the copy; a file that is there already is left alone.
pub(crate) fn run(arguments: &NewArguments) -> Result<Exit, Failure> {
    let file = arguments.file.display();
    let text = match &arguments.from {
        Some(name) => copy(name)?,
        None => STARTER.to_owned(),
    };
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&arguments.file)
        .and_then(|mut out| out.write_all(text.as_bytes()));
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

/// A scenario of the library as it stands there, under a line that says what it is a copy of.
fn copy(name: &str) -> Result<String, Failure> {
    if let Some(row) = LIBRARY.iter().find(|row| row.name == name) {
        return Ok(format!(
            "# Copied from `{name}`, of the library of Squall {VERSION}.\n{}",
            row.text
        ));
    }
    let nearest = scenarios::nearest(name, LIBRARY.iter().map(|row| row.name));
    let meant = nearest.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
    Err(Failure::bad_input(format!(
        "the library has no scenario `{name}`{meant}\n`squall list library` lists all"
    )))
}
