//! A page for each scenario, an index, and a table of what broke: what a reader sees who does not run anything.

mod index;
mod scenario;
mod what_broke;

use experiments::results::{ClaimResult, StudyResults};
use scenarios::{Setting, Study};

pub use index::index;
pub use scenario::page;
pub use what_broke::what_broke;

/// A scenario with all that its page tells.
#[derive(Clone, Copy)]
pub struct Scenario<'a> {
    /// Where its file lies, as commands name it.
    pub path: &'a str,
    /// The scenario.
    pub study: &'a Study,
    /// What was measured.
    pub results: &'a StudyResults,
    /// What sources say of it.
    pub claims: &'a [ClaimResult],
    /// Its charts.
    pub charts: &'a [Picture],
    /// The figures that one may put one's own in place of.
    pub settings: &'a [Setting],
    /// Whether it is of the library, so that `squall new --from` knows it.
    pub is_of_library: bool,
}

/// A chart beside a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its file, seen from the page.
    pub file: String,
    /// What one sees in it.
    pub title: String,
}

impl Scenario<'_> {
    /// Where the system comes from, in words.
    fn from(&self) -> &str {
        if self.study.from.is_empty() { "Further scenarios" } else { &self.study.from }
    }

    /// What one learns, or at least what it is about.
    fn moral(&self) -> &str {
        if self.study.moral.is_empty() { &self.study.title } else { &self.study.moral }
    }
}

#[cfg(test)]
mod tests;
