//! What sources say, beside what was measured.

use scenarios::study::{Claim, Study};

use crate::results::{ClaimResult, StudyResults};

/// The claims of a study, in the order of the file, each with those of the expectations that answer it.
/// `results` are the study's own: its expectations are those of the study, in their order.
pub fn answered(study: &Study, results: &StudyResults) -> Vec<ClaimResult> {
    study.claims.iter().map(|claim| answer(claim, study, results)).collect()
}

fn answer(claim: &Claim, study: &Study, results: &StudyResults) -> ClaimResult {
    let expectations = study.expectations.iter().zip(&results.expectations);
    let answers = expectations
        .filter(|(expectation, _)| expectation.claim.as_ref() == Some(&claim.name))
        .map(|(_, result)| result.clone());
    ClaimResult {
        row: study.name.clone(),
        name: claim.name.clone(),
        says: claim.says.clone(),
        source: claim.source.clone(),
        verdict: claim.verdict,
        because: claim.because.clone(),
        answers: answers.collect(),
    }
}
