//! `faults.csv`: a row per variant and fault.

use std::io::Write;

use experiments::results::{FaultResult, StudyResults};

use super::{Sheet, number};
use crate::ReportError;

const COLUMNS: [&str; 9] = [
    "variant",
    "fault",
    "runs",
    "stopped_runs",
    "stopped_after_mean_s",
    "withdrawal_failed_runs",
    "attempts_hit_mean",
    "instances_hit_mean",
    "services_hit",
];

/// Writes `faults.csv`: what became of each fault of which more can be said than when it was there,
/// and what it hit.
///
/// # Errors
///
/// When `out` refuses.
pub fn faults(results: &StudyResults, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut sheet = Sheet::new("faults.csv", out, COLUMNS)?;
    for variant in &results.variants {
        for fault in &variant.faults {
            sheet.row(row(&variant.name, fault))?;
        }
    }
    sheet.finish()
}

fn row(variant: &str, fault: &FaultResult) -> [String; 9] {
    [
        variant.to_owned(),
        fault.name.clone(),
        fault.runs.to_string(),
        fault.stopped.to_string(),
        number(fault.stopped_after_s.mean),
        fault.withdrawal_failed.to_string(),
        number(fault.hits.mean),
        number(fault.instances.mean),
        fault.services.join(" "),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_row_per_variant_and_fault() {
        let mut results = fixture::small();
        let variant = results.variants[0].name.clone();
        results.variants[0].faults = vec![fixture::stopped_fault()];
        let mut bytes = Vec::new();
        faults(&results, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let row = format!("{variant},game day,10,10,66,0,905,1,payment\n");
        assert_eq!(text, format!("{}\n{row}", COLUMNS.join(",")));
    }
}
