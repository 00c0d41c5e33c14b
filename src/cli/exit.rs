//! How a command ends: the exit codes, and failures that carry one.

use std::fmt;
use std::io;
use std::process::ExitCode;

use experiments::runner::RunError;
use reports::ReportError;
use squall::Error;

/// How a command ends, from good to bad. `squall --help` documents the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All is good.
    Good = 0,
    /// The surroundings failed: disk, permissions.
    Surroundings = 1,
    /// Bad input or usage.
    BadInput = 2,
    /// An expectation was missed or is undecided; a claim's verdict is not shown; an oracle does not
    /// hold; a benchmark's answer is wrong.
    Missed = 3,
    /// No expectation matched: nothing was tested, which is no success.
    Unmatched = 4,
    /// Interrupted: what a run or a sweep has finished is kept, and the same command continues it.
    Incomplete = 5,
    /// A run was given up as running away.
    Aborted = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it should.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn bad_input(message: impl fmt::Display) -> Self {
        Self { exit: Exit::BadInput, message: message.to_string() }
    }

    /// The surroundings failed while doing this: "write results/summary.csv".
    pub(crate) fn surroundings(doing: impl fmt::Display, cause: &io::Error) -> Self {
        Self { exit: Exit::Surroundings, message: format!("cannot {doing}: {cause}") }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match &error {
            Error::Unreadable { cause, .. } if cause.kind() != io::ErrorKind::NotFound => {
                Exit::Surroundings
            }
            Error::Run(error) => return error.into(),
            _ => Exit::BadInput,
        };
        Self { exit, message: error.to_string() }
    }
}

impl From<&RunError> for Failure {
    fn from(error: &RunError) -> Self {
        let exit = match error {
            RunError::Interrupted { .. } => Exit::Incomplete,
            RunError::Journal(_) | RunError::Threads(_) => Exit::Surroundings,
        };
        Self { exit, message: in_full(error) }
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        Self { exit: Exit::Surroundings, message: in_full(&error) }
    }
}

/// An error with all its causes, each once.
pub(crate) fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
