//! The command line. One file a command; what they share stands beside them.

mod arguments;
mod batch;
mod bench;
mod check;
mod claims;
mod docs;
mod exit;
mod files;
mod list;
mod new;
mod progress;
mod results_folder;
mod run;
mod schema;
mod sweep;
mod terminal;
mod test;
mod trace;
mod validate;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use exit::Exit;

/// Reads the arguments, does what they say, and reports how it ended.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no mistakes.
            let exit = if error.use_stderr() { Exit::BadInput } else { Exit::Good };
            return match error.print() {
                Ok(()) => exit.into(),
                Err(_) => Exit::Surroundings.into(),
            };
        }
    };
    let done = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Sweep(arguments) => sweep::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Trace(arguments) => trace::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::List(arguments) => list::run(&arguments),
        Command::Claims(arguments) => claims::run(&arguments),
        Command::Docs(arguments) => docs::run(&arguments),
        Command::New(arguments) => new::run(&arguments),
        Command::Schema => schema::run(),
        Command::Validate(arguments) => validate::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            terminal::error(&failure);
            failure.exit.into()
        }
    }
}
