//! How many of what.

use experiments::results::ExpectationVerdict;

use super::{FileVerdict, TestedFile};

/// What a suite came to, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that were run.
    pub files: usize,
    /// Expectations that passed.
    pub passed: usize,
    /// Expectations that failed.
    pub failed: usize,
    /// Expectations for which the runs were too few.
    pub undecided: usize,
    /// Files in which a run was given up.
    pub aborted: usize,
    /// Files that cannot be run.
    pub broken: usize,
    /// Files of which nothing was asked.
    pub nothing_expected: usize,
    /// Files that were not finished.
    pub unfinished: usize,
}

impl Counts {
    /// Counts.
    pub fn of<'f>(files: impl IntoIterator<Item = &'f TestedFile>) -> Self {
        let mut counts = Self::default();
        for file in files {
            counts.add(file);
        }
        counts
    }

    fn add(&mut self, file: &TestedFile) {
        match file.verdict() {
            FileVerdict::NothingExpected => self.nothing_expected += 1,
            FileVerdict::Broken => self.broken += 1,
            FileVerdict::Unfinished => self.unfinished += 1,
            FileVerdict::Aborted => {
                self.files += 1;
                self.aborted += 1;
            }
            FileVerdict::Passed | FileVerdict::Undecided | FileVerdict::Failed => self.files += 1,
        }
        for (expectation, _) in file.expectations() {
            match expectation.verdict {
                ExpectationVerdict::Passed => self.passed += 1,
                ExpectationVerdict::Failed => self.failed += 1,
                ExpectationVerdict::Undecided => self.undecided += 1,
            }
        }
    }

    /// How many expectations were judged.
    pub fn expectations(&self) -> usize {
        self.passed + self.failed + self.undecided
    }
}
