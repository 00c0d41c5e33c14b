//! What became of a claim.

pub use scenarios::ClaimVerdict;
use serde::{Deserialize, Serialize};

use super::{ExpectationResult, ExpectationVerdict};

/// A claim of a source, the file's answer, and what shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimResult {
    /// The scenario's name.
    pub row: String,
    /// The claim's name in the scenario.
    pub name: String,
    /// What is said.
    pub says: String,
    /// Who says it.
    pub source: String,
    /// Whether it is so.
    pub verdict: ClaimVerdict,
    /// Under which conditions, or what is so instead.
    pub because: String,
    /// The expectations that answer it, with what was measured, in the order of the file.
    pub answers: Vec<ExpectationResult>,
}

impl ClaimResult {
    /// Whether the runs show the verdict: whether there are answers, and all have passed.
    pub fn is_shown(&self) -> bool {
        let passed = |answer: &ExpectationResult| answer.verdict == ExpectationVerdict::Passed;
        !self.answers.is_empty() && self.answers.iter().all(passed)
    }
}

/// The verdict of a claim for people.
pub fn claim_verdict_name(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::True => "true",
        ClaimVerdict::TrueOnlyIf => "true only if",
        ClaimVerdict::False => "false",
    }
}
