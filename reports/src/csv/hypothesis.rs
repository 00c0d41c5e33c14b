//! `hypothesis.csv`: a row per variant, probe and phase.

use std::io::Write;

use experiments::results::{StudyResults, probe_phase_name};

use super::Sheet;
use crate::ReportError;
use crate::columns::answer_name;

const COLUMNS: [&str; 8] =
    ["variant", "finding", "probe", "that", "phase", "answer", "measured", "explanation"];

/// Writes `hypothesis.csv`: what each probe of the hypothesis came to in each phase, beside the finding of
/// its variant.
///
/// # Errors
///
/// When `out` refuses.
pub fn hypothesis(results: &StudyResults, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut sheet = Sheet::new("hypothesis.csv", out, COLUMNS)?;
    for variant in &results.variants {
        let Some(hypothesis) = &variant.hypothesis else { continue };
        let finding = super::finding_key(hypothesis.finding);
        for probe in &hypothesis.probes {
            for check in &probe.checks {
                sheet.row([
                    variant.name.as_str(),
                    finding,
                    &probe.name,
                    &probe.that,
                    probe_phase_name(check.phase),
                    answer_name(check.answer),
                    &check.measured,
                    check.explanation.as_deref().unwrap_or_default(),
                ])?;
            }
        }
    }
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_each_check() {
        let mut bytes = Vec::new();
        hypothesis(&crate::watched::study(), &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
