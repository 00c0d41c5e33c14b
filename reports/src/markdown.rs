//! The table for a document: GitHub's Markdown, one line a variant.

use std::io::{self, Write};

use experiments::results::{
    ExpectationResult, HypothesisResult, StudyResults, SweepResults, Unit, VariantResults,
    finding_name, probe_phase_name,
};

use crate::columns::{
    ALERT_COLUMNS, ALERTS_LEGEND, Column, alert_cells, alert_name, answer_name, columns, existing,
    has_ratio, mean, sign, verdicts,
};
use crate::numbers;
use crate::sweep_grid::value;
use crate::terminal::Explain;
use crate::{ReportError, terminal};

/// Writes the title, the expectations and the hypothesis as lists, the tables of variants and of alerts, and
/// why the variants that are to be explained went as they did.
///
/// # Errors
///
/// When `out` refuses.
pub fn print(
    results: &StudyResults,
    explain: Explain,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    document(results, explain, out).map_err(ReportError::writing("the Markdown table"))
}

fn document(results: &StudyResults, explain: Explain, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}\n", plain(&results.manifest.title))?;
    expectations(results, out)?;
    findings(results, out)?;
    variants(results, out)?;
    alerts(results, out)?;
    why(results, explain, out)
}

/// The expectations as a list, with a blank line below.
pub(crate) fn expectations(results: &StudyResults, out: &mut dyn Write) -> io::Result<()> {
    for expectation in &results.expectations {
        writeln!(out, "{}", item(expectation))?;
    }
    if !results.expectations.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// What the hypothesis came to in each variant.
pub(crate) fn findings(results: &StudyResults, out: &mut dyn Write) -> io::Result<()> {
    for variant in &results.variants {
        if let Some(hypothesis) = &variant.hypothesis {
            finding(&variant.name, hypothesis, out)?;
        }
    }
    Ok(())
}

/// The table of the variants with its legend.
pub(crate) fn variants(results: &StudyResults, out: &mut dyn Write) -> io::Result<()> {
    let columns = columns(&results.measures);
    writeln!(out, "{}", line(header(&columns)))?;
    writeln!(out, "{}", line(rule(1, columns.len())))?;
    for variant in &results.variants {
        writeln!(out, "{}", line(row(results, &columns, variant)))?;
    }
    writeln!(out, "\n{}", plain(&terminal::legend(results)))
}

/// Why variants went as they did.
pub(crate) fn why(results: &StudyResults, explain: Explain, out: &mut dyn Write) -> io::Result<()> {
    for (variant, why) in terminal::explained(results, explain) {
        writeln!(out, "\n**Why: {}.** {}", plain(&variant.name), plain(&why.story))?;
    }
    Ok(())
}

/// The hypothesis in a variant: its finding, and an item a probe.
fn finding(variant: &str, hypothesis: &HypothesisResult, out: &mut dyn Write) -> io::Result<()> {
    let found = finding_name(hypothesis.finding);
    writeln!(out, "{}, {}: **{found}**\n", plain(&hypothesis.title), plain(variant))?;
    for probe in &hypothesis.probes {
        let checks = probe.checks.iter().map(|check| {
            let (phase, answer) = (probe_phase_name(check.phase), answer_name(check.answer));
            format!("{phase} {answer} ({})", plain(&check.measured))
        });
        let checks: Vec<String> = checks.collect();
        writeln!(out, "- {}: `{}` {}", plain(&probe.name), probe.that, checks.join(", "))?;
    }
    writeln!(out)
}

/// The alerts of the variants, where there are some.
pub(crate) fn alerts(results: &StudyResults, out: &mut dyn Write) -> io::Result<()> {
    if results.variants.iter().all(|variant| variant.alerts.is_empty()) {
        return Ok(());
    }
    let header = ["variant", "alert"].into_iter().chain(ALERT_COLUMNS).map(str::to_owned);
    writeln!(out, "\n{}", line(header.collect()))?;
    writeln!(out, "{}", line(vec!["---".to_owned(); 2 + ALERT_COLUMNS.len()]))?;
    for variant in &results.variants {
        for alert in &variant.alerts {
            let names = [plain(&variant.name), plain(&alert_name(alert))];
            writeln!(out, "{}", line(names.into_iter().chain(alert_cells(alert)).collect()))?;
        }
    }
    writeln!(out, "\n{}", plain(ALERTS_LEGEND))
}

fn item(expectation: &ExpectationResult) -> String {
    let explanation = expectation.explanation.as_deref().map(plain);
    format!(
        "- {} {}: `{}` {}{}",
        sign(expectation.verdict),
        plain(&expectation.variant),
        expectation.that,
        plain(&expectation.measured),
        explanation.map(|why| format!("; {why}")).unwrap_or_default(),
    )
}

fn header(columns: &[Column]) -> Vec<String> {
    let first = ["variant".to_owned()];
    let last = ["verdict".to_owned()];
    first.into_iter().chain(columns.iter().map(heading)).chain(last).collect()
}

fn heading(column: &Column) -> String {
    let measure = column.measure;
    let parts = [&measure.label, &measure.phase, &measure.subject];
    let said = parts.into_iter().filter(|part| !part.is_empty());
    said.map(|part| plain(part)).collect::<Vec<_>>().join("<br>")
}

/// The line under the header: so many columns of words, of figures, and one of words.
fn rule(leading: usize, columns: usize) -> Vec<String> {
    let words = || std::iter::once("---".to_owned());
    let leading = (0..leading).flat_map(|_| words());
    leading.chain(vec!["---:".to_owned(); columns]).chain(words()).collect()
}

/// Writes the title and the table of a sweep, a line a point of the grid and variant.
///
/// # Errors
///
/// When `out` refuses.
pub fn print_sweep(results: &SweepResults, out: &mut dyn Write) -> Result<(), ReportError> {
    sweep(results, out).map_err(ReportError::writing("the Markdown table"))
}

fn sweep(results: &SweepResults, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}\n", plain(&results.manifest.title))?;
    let columns = columns(&results.measures);
    let paths = results.axes.iter().map(|axis| plain(&axis.path));
    let words = ["variant".to_owned()];
    let figures = columns.iter().map(heading);
    let header = paths.chain(words).chain(figures).chain(["verdict".to_owned()]).collect();
    writeln!(out, "{}", line(header))?;
    writeln!(out, "{}", line(rule(results.axes.len() + 1, columns.len())))?;
    for cell in &results.cells {
        let setting = results.axes.iter().zip(&cell.at);
        let mut row: Vec<String> = setting.map(|(axis, &at)| plain(value(axis, at))).collect();
        row.push(plain(&cell.variant));
        row.extend(columns.iter().map(|column| column.told(&cell.figures)));
        row.push(verdicts(&cell.verdicts).join(", "));
        writeln!(out, "{}", line(row))?;
    }
    writeln!(out, "\n{}", plain(&terminal::sweep_legend(results)))
}

fn row(results: &StudyResults, columns: &[Column], variant: &VariantResults) -> Vec<String> {
    let mut row = vec![plain(&variant.name)];
    row.extend(columns.iter().map(|column| cell(results, column, variant)));
    row.push(verdicts(&variant.verdicts).join(", "));
    row
}

fn cell(results: &StudyResults, column: &Column, variant: &VariantResults) -> String {
    let Some(figure) = column.figure(&variant.figures) else {
        return numbers::MISSING.to_owned();
    };
    let value = numbers::estimate(column.measure.unit, &figure.value);
    let beside = |control: String| format!("control {control}");
    if has_ratio(results, column) {
        let ratio = figure.ratio.unwrap_or(NOTHING);
        let control = figure.control_ratio.unwrap_or(NOTHING);
        let control = beside(numbers::parts(Unit::Factor, &control).0);
        let ratio = numbers::estimate(Unit::Factor, &ratio);
        return format!("{ratio} ({value}; {control})");
    }
    let control = figure.control.map(|control| beside(mean(column.measure, Some(&control))));
    let notes: Vec<String> = existing(&figure.value).into_iter().chain(control).collect();
    match notes.is_empty() {
        true => value,
        false => format!("{value} ({})", notes.join("; ")),
    }
}

const NOTHING: experiments::results::Estimate =
    experiments::results::Estimate { mean: None, half_width: None, sd: None, n: 0, missing: 0 };

/// A line of a table.
pub(crate) fn line(cells: Vec<String>) -> String {
    format!("| {} |", cells.join(" | "))
}

/// A text as code in a cell, which a pipe would end even there.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|").replace('`', "'"))
}

/// The text with what Markdown would take for markup made plain.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '_' | '`' | '[' | ']' | '<' | '~' | '$' | '\\' => {
                plain.extend(['\\', character])
            }
            '\n' | '\r' => plain.push(' '),
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn shows_expectations_and_variants() {
        let mut bytes = Vec::new();
        print(&fixture::study(4), Explain::FirstOut, &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn shows_the_hypothesis_the_alerts_and_why() {
        let mut bytes = Vec::new();
        print(&crate::watched::study(), Explain::FirstOut, &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn shows_the_points_of_a_sweep() {
        let mut results = fixture::sweep(2);
        results.cells.truncate(2);
        let mut bytes = Vec::new();
        print_sweep(&results, &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn a_name_cannot_break_the_table() {
        assert_eq!(plain("a|b\nc_d"), "a\\|b c\\_d");
    }
}
