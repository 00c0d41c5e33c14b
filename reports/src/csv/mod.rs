//! Plain CSV for spreadsheets and notebooks: one header line, no comments. What produced the
//! numbers stands in `manifest.json`.
//!
//! Numbers are written in the shortest form that reads back to the same number; what does not
//! exist is empty.

mod alerts;
mod charts;
mod faults;
mod hypothesis;
mod runs;
mod summary;
mod sweep;
mod timeseries;

use std::io::Write;

use ::csv::Writer;
use experiments::results::{
    Estimate, ExpectationVerdict, Figure, Finding, MeasureInfo, Unit, Verdict,
};

use crate::ReportError;

pub use alerts::alerts;
pub use charts::charts;
pub use faults::faults;
pub use hypothesis::hypothesis;
pub use runs::runs;
pub use summary::summary;
pub use sweep::sweep;
pub use timeseries::timeseries;

/// A CSV file in the making.
pub(crate) struct Sheet<'a> {
    name: &'static str,
    writer: Writer<&'a mut dyn Write>,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new<S: AsRef<str>>(
        name: &'static str,
        out: &'a mut dyn Write,
        header: impl IntoIterator<Item = S>,
    ) -> Result<Self, ReportError> {
        let mut sheet = Self { name, writer: Writer::from_writer(out) };
        sheet.row(header)?;
        Ok(sheet)
    }

    pub(crate) fn row<S: AsRef<str>>(
        &mut self,
        cells: impl IntoIterator<Item = S>,
    ) -> Result<(), ReportError> {
        for cell in cells {
            self.writer.write_field(cell.as_ref()).map_err(ReportError::writing(self.name))?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(ReportError::writing(self.name))
    }

    pub(crate) fn finish(mut self) -> Result<(), ReportError> {
        self.writer.flush().map_err(ReportError::writing(self.name))
    }
}

/// The columns of [`figure_cells`].
const FIGURE_COLUMNS: [&str; 26] = [
    "measure",
    "label",
    "subject",
    "phase",
    "window_s",
    "unit",
    "mean",
    "half_width_95",
    "sd",
    "n",
    "missing",
    "control_mean",
    "control_half_width_95",
    "control_sd",
    "control_n",
    "control_missing",
    "ratio_mean",
    "ratio_half_width_95",
    "ratio_sd",
    "ratio_n",
    "ratio_missing",
    "control_ratio_mean",
    "control_ratio_half_width_95",
    "control_ratio_sd",
    "control_ratio_n",
    "control_ratio_missing",
];

/// A figure with what it means: the tidy part of a row.
fn figure_cells(measure: &MeasureInfo, figure: &Figure) -> Vec<String> {
    let mut cells = vec![
        measure.key.clone(),
        measure.label.clone(),
        measure.subject.clone(),
        measure.phase.clone(),
        number(measure.window_s),
        unit_name(measure.unit).to_owned(),
    ];
    cells.extend(estimate_cells(Some(&figure.value)));
    for beside in [&figure.control, &figure.ratio, &figure.control_ratio] {
        cells.extend(estimate_cells(beside.as_ref()));
    }
    cells
}

fn estimate_cells(estimate: Option<&Estimate>) -> [String; 5] {
    let Some(estimate) = estimate else {
        return Default::default();
    };
    [
        number(estimate.mean),
        number(estimate.half_width),
        number(estimate.sd),
        estimate.n.to_string(),
        estimate.missing.to_string(),
    ]
}

/// The shortest text that reads back to the same number.
fn number(number: Option<f64>) -> String {
    number.filter(|number| number.is_finite()).map(|number| number.to_string()).unwrap_or_default()
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::PerSecond => "per_second",
        Unit::Seconds => "seconds",
        Unit::Count => "count",
        Unit::Share => "share",
        Unit::Factor => "factor",
    }
}

fn finding_key(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "confirmed",
        Finding::Refuted => "refuted",
        Finding::NotSteady => "not_steady",
        Finding::Undecided => "undecided",
    }
}

pub(crate) fn answer_name(verdict: ExpectationVerdict) -> &'static str {
    match verdict {
        ExpectationVerdict::Passed => "passed",
        ExpectationVerdict::Failed => "failed",
        ExpectationVerdict::Undecided => "undecided",
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "held",
        Verdict::Recovered => "recovered",
        Verdict::Degraded => "degraded",
        Verdict::Metastable => "metastable",
        Verdict::Aborted => "aborted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_read_back_to_themselves(bits: u64) {
            let original = f64::from_bits(bits);
            if original.is_finite() {
                prop_assert_eq!(number(Some(original)).parse::<f64>(), Ok(original));
            }
        }
    }

    #[test]
    fn what_is_no_number_is_empty() {
        assert_eq!(number(None), "");
        assert_eq!(number(Some(f64::NAN)), "");
        assert_eq!(number(Some(f64::INFINITY)), "");
    }

    #[test]
    fn units_and_verdicts_are_called_alike_in_csv_and_json() {
        for unit in [Unit::PerSecond, Unit::Seconds, Unit::Count, Unit::Share, Unit::Factor] {
            assert_eq!(serde_json::to_value(unit).unwrap(), unit_name(unit));
        }
        for finding in
            [Finding::Confirmed, Finding::Refuted, Finding::NotSteady, Finding::Undecided]
        {
            assert_eq!(serde_json::to_value(finding).unwrap(), finding_key(finding));
        }
        for verdict in
            [ExpectationVerdict::Passed, ExpectationVerdict::Failed, ExpectationVerdict::Undecided]
        {
            assert_eq!(serde_json::to_value(verdict).unwrap(), answer_name(verdict));
        }
        for verdict in [
            Verdict::Held,
            Verdict::Recovered,
            Verdict::Degraded,
            Verdict::Metastable,
            Verdict::Aborted,
        ] {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict_name(verdict));
        }
    }
}
