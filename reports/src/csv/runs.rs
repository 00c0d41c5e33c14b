//! `runs.csv`: a row per variant and replication.

use std::io::Write;

use experiments::results::StudyResults;

use super::{Sheet, number, verdict_name};
use crate::ReportError;

/// Writes `runs.csv`: a row per variant and replication, a column per measure and one more,
/// `control_…`, for its control.
///
/// # Errors
///
/// When `out` refuses.
pub fn runs(results: &StudyResults, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut sheet = Sheet::new("runs.csv", out, header(results))?;
    for variant in &results.variants {
        for run in &variant.runs {
            let mut row = vec![
                variant.name.clone(),
                run.replication.to_string(),
                verdict_name(run.verdict).to_owned(),
                run.events.to_string(),
                run.aborted.clone().unwrap_or_default(),
            ];
            row.extend(run.values.iter().copied().map(number));
            row.extend(run.control.iter().copied().map(number));
            sheet.row(row)?;
        }
    }
    sheet.finish()
}

fn header(results: &StudyResults) -> Vec<String> {
    let fixed = ["variant", "replication", "verdict", "events", "aborted"];
    let measures = results.measures.iter().map(|measure| measure.key.clone());
    let controls = results.measures.iter().map(|measure| format!("control_{}", measure.key));
    fixed.map(str::to_owned).into_iter().chain(measures).chain(controls).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_row_per_variant_and_replication() {
        let mut bytes = Vec::new();
        runs(&fixture::small(), &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
