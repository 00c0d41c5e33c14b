//! What the tables on the terminal and in Markdown have in common: which measures they show, and
//! the words in their cells.

use experiments::results::{
    AlertResult, Answer, Estimate, ExpectationVerdict, Figure, MeasureInfo, StudyResults, Unit,
    VerdictCounts,
};

use crate::numbers::{self, MISSING};

/// A measure of the table with the place of its figures in each variant.
pub(crate) struct Column<'a> {
    pub(crate) measure: &'a MeasureInfo,
    index: usize,
}

impl<'a> Column<'a> {
    /// The figure of this measure among those of a variant or of a point of a sweep.
    pub(crate) fn figure<'v>(&self, figures: &'v [Figure]) -> Option<&'v Figure> {
        figures.get(self.index)
    }

    /// The figure in one line, as its ratio to the baseline where it has one.
    pub(crate) fn told(&self, figures: &[Figure]) -> String {
        match self.figure(figures) {
            Some(figure) if figure.ratio.is_some() => inline(Unit::Factor, figure.ratio.as_ref()),
            figure => inline(self.measure.unit, figure.map(|figure| &figure.value)),
        }
    }
}

/// The measures that belong into a table.
pub(crate) fn columns(measures: &[MeasureInfo]) -> Vec<Column<'_>> {
    let indexed = measures.iter().enumerate();
    indexed
        .filter(|(_, measure)| measure.in_table)
        .map(|(index, measure)| Column { measure, index })
        .collect()
}

/// Whether any figure of the column has a ratio to the baseline.
pub(crate) fn has_ratio(results: &StudyResults, column: &Column) -> bool {
    let figures = results.variants.iter().filter_map(|variant| column.figure(&variant.figures));
    figures.into_iter().any(|figure| figure.ratio.is_some())
}

/// The sign of an expectation's verdict.
pub(crate) fn sign(verdict: ExpectationVerdict) -> &'static str {
    match verdict {
        ExpectationVerdict::Passed => "✓",
        ExpectationVerdict::Failed => "✗",
        ExpectationVerdict::Undecided => "?",
    }
}

/// What is told of an alert, beside its name.
pub(crate) const ALERT_COLUMNS: [&str; 4] = ["fired", "delay", "resolved", "false alarms"];

/// What is told of an alert, by [`ALERT_COLUMNS`].
pub(crate) fn alert_cells(alert: &AlertResult) -> [String; 4] {
    let seconds = |estimate| inline(Unit::Seconds, Some(estimate));
    let of = |estimate| inline(Unit::Count, Some(estimate));
    [
        format!("{}/{} runs", alert.fired.runs, alert.fired.of),
        seconds(&alert.delay_s),
        seconds(&alert.resolved_s),
        format!("{} (control {})", of(&alert.false_alarms), of(&alert.control_false_alarms)),
    ]
}

/// How an alert is called in a table: `checkout-errors (page)`.
pub(crate) fn alert_name(alert: &AlertResult) -> String {
    match &alert.severity {
        Some(severity) => format!("{} ({severity})", alert.name),
        None => alert.name.clone(),
    }
}

/// How the table of the alerts is to be read.
pub(crate) const ALERTS_LEGEND: &str = "Alerts: in how many runs each fired after the first fault had \
     begun, how late, and when that was over, both from the start of that fault; false alarms are those \
     that began before it, beside those of the controls.";

/// Whether a probe held, in a word.
pub(crate) fn answer_name(answer: Answer) -> &'static str {
    match answer {
        Answer::Held => "held",
        Answer::Refuted => "refuted",
        Answer::Undecided => "undecided",
    }
}

/// The verdicts that occurred, the worst first, with the number of their runs: `recovered 18/30`.
pub(crate) fn verdicts(counts: &VerdictCounts) -> Vec<String> {
    let named = [
        (counts.aborted, "aborted"),
        (counts.metastable, "metastable"),
        (counts.degraded, "degraded"),
        (counts.recovered, "recovered"),
        (counts.held, "held"),
    ];
    let runs: u32 = named.iter().map(|(count, _)| count).sum();
    let occurred = named.iter().filter(|(count, _)| *count > 0);
    occurred.map(|(count, name)| format!("{name} {count}/{runs}")).collect()
}

/// In how many runs a figure exists, if not in all: `18/30 runs`.
pub(crate) fn existing(estimate: &Estimate) -> Option<String> {
    let runs = estimate.n + estimate.missing;
    (estimate.missing > 0).then(|| format!("{}/{runs} runs", estimate.n))
}

/// An estimate in one line, or a dash: `3.55x ±0.06`.
pub(crate) fn inline(unit: Unit, estimate: Option<&Estimate>) -> String {
    match estimate.map(|estimate| numbers::parts(unit, estimate)) {
        Some((mean, Some(half_width))) => format!("{mean} ±{half_width}"),
        Some((mean, None)) => mean,
        None => MISSING.to_owned(),
    }
}

/// The mean of an estimate, or a dash.
pub(crate) fn mean(measure: &MeasureInfo, estimate: Option<&Estimate>) -> String {
    estimate
        .and_then(|estimate| estimate.mean)
        .map_or_else(|| MISSING.to_owned(), |mean| numbers::value(measure.unit, mean))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixed_outcome_is_told_as_such_and_the_worst_first() {
        let counts = VerdictCounts { recovered: 18, metastable: 12, ..VerdictCounts::default() };
        assert_eq!(verdicts(&counts), ["metastable 12/30", "recovered 18/30"]);
        assert!(verdicts(&VerdictCounts::default()).is_empty());
    }
}
