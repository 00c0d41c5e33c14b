//! A row a claim and answer.

use std::io::Write;

use experiments::results::{ClaimResult, claim_verdict_name};

use crate::ReportError;
use crate::csv::Sheet;

const COLUMNS: [&str; 11] = [
    "source",
    "row",
    "claim",
    "says",
    "verdict",
    "because",
    "variant",
    "expectation",
    "measured",
    "answer",
    "shown",
];

pub(super) fn print(claims: &[ClaimResult], out: &mut dyn Write) -> Result<(), ReportError> {
    let mut sheet = Sheet::new("the claims", out, COLUMNS)?;
    for claim in claims {
        let shown = if claim.is_shown() { "true" } else { "false" };
        for answer in &claim.answers {
            let verdict = crate::csv::answer_name(answer.verdict);
            sheet.row([
                &*claim.source,
                &claim.row,
                &claim.name,
                &claim.says,
                claim_verdict_name(claim.verdict),
                &claim.because,
                &answer.variant,
                &answer.that,
                &answer.measured,
                verdict,
                shown,
            ])?;
        }
    }
    sheet.finish()
}
