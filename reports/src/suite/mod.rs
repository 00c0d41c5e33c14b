//! Many scenarios as one suite of tests: what became of each file, for the terminal and as JUnit XML.

mod counts;
mod junit;
mod lines;

use experiments::results::{ExpectationResult, ExpectationVerdict, StudyResults};

pub use counts::Counts;
pub use junit::junit;
pub use lines::{details, line, summary};

/// A file of a suite.
#[derive(Clone, Debug, PartialEq)]
pub struct TestedFile {
    /// What it is called in the suite, unlike any other.
    pub name: String,
    /// Where it lies, as it was named.
    pub path: String,
    /// How long it took, from the start of its first run to the end of its last, in seconds.
    pub time_s: f64,
    /// What became of it.
    pub end: FileEnd,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum FileEnd {
    /// It was run.
    Run {
        /// What was measured.
        results: Box<StudyResults>,
        /// Of each expectation, the command that runs it again.
        reproduce: Vec<String>,
    },
    /// It cannot be run: what is wrong with it.
    Broken(String),
    /// None of its expectations was asked for, or it has none.
    NothingExpected,
    /// It was not finished when the suite was interrupted.
    Unfinished,
}

/// How a file of a suite is to be judged, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileVerdict {
    /// Nothing was asked.
    NothingExpected,
    /// All expectations passed.
    Passed,
    /// None failed, but the runs are too few for some.
    Undecided,
    /// At least one failed.
    Failed,
    /// A run was given up as running away.
    Aborted,
    /// It cannot be run.
    Broken,
    /// It was not finished.
    Unfinished,
}

impl TestedFile {
    /// How it is to be judged.
    pub fn verdict(&self) -> FileVerdict {
        let results = match &self.end {
            FileEnd::Run { results, .. } => results,
            FileEnd::Broken(_) => return FileVerdict::Broken,
            FileEnd::NothingExpected => return FileVerdict::NothingExpected,
            FileEnd::Unfinished => return FileVerdict::Unfinished,
        };
        let of = |expectation: &ExpectationResult| match expectation.verdict {
            ExpectationVerdict::Passed => FileVerdict::Passed,
            ExpectationVerdict::Undecided => FileVerdict::Undecided,
            ExpectationVerdict::Failed => FileVerdict::Failed,
        };
        if results.variants.iter().any(|variant| variant.verdicts.aborted > 0) {
            return FileVerdict::Aborted;
        }
        results.expectations.iter().map(of).max().unwrap_or(FileVerdict::NothingExpected)
    }

    /// Its expectations with the commands that run them again.
    fn expectations(&self) -> impl Iterator<Item = (&ExpectationResult, &str)> {
        let (expectations, reproduce) = match &self.end {
            FileEnd::Run { results, reproduce } => (&results.expectations[..], &reproduce[..]),
            _ => (&[][..], &[][..]),
        };
        expectations.iter().zip(reproduce.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests;
