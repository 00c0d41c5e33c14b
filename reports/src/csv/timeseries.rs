//! `timeseries.csv`: a row per variant, subject and bin of time.

use std::io::Write;

use experiments::results::{Series, StudyResults};

use super::{Sheet, number};
use crate::ReportError;

const HEADER: [&str; 12] = [
    "variant",
    "subject",
    "time_s",
    "width_s",
    "arrivals_per_s",
    "goodput_per_s",
    "failed_per_s",
    "response_time_p50_s",
    "response_time_p99_s",
    "success",
    "control_arrivals_per_s",
    "control_goodput_per_s",
];

/// Writes `timeseries.csv`: the means over the replications, a row per variant, subject and bin.
///
/// # Errors
///
/// When `out` refuses.
pub fn timeseries(results: &StudyResults, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut sheet = Sheet::new("timeseries.csv", out, HEADER)?;
    for variant in &results.variants {
        for series in &variant.series {
            for bin in 0..series.time_s.len() {
                let names = [variant.name.clone(), series.subject.clone()];
                sheet.row(names.into_iter().chain(bin_cells(series, bin)))?;
            }
        }
    }
    sheet.finish()
}

fn bin_cells(series: &Series, bin: usize) -> [String; 10] {
    let certain = |column: &[f64]| number(column.get(bin).copied());
    let maybe = |column: &[Option<f64>]| number(column.get(bin).copied().flatten());
    [
        certain(&series.time_s),
        certain(&series.width_s),
        certain(&series.arrivals_per_s),
        certain(&series.goodput_per_s),
        certain(&series.failed_per_s),
        maybe(&series.response_time_p50_s),
        maybe(&series.response_time_p99_s),
        maybe(&series.success),
        certain(&series.control_arrivals_per_s),
        certain(&series.control_goodput_per_s),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_row_per_variant_subject_and_bin() {
        let mut results = fixture::small();
        results.variants.truncate(1);
        let mut bytes = Vec::new();
        timeseries(&results, &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
