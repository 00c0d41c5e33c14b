//! The table for a document: GitHub's Markdown, one line a variant.

use std::io::{self, Write};

use experiments::results::{ExpectationResult, StudyResults, Unit, VariantResults};

use crate::columns::{Column, columns, existing, has_ratio, mean, sign, verdicts};
use crate::numbers;
use crate::{ReportError, terminal};

/// Writes the title, the expectations as a list, and the table of variants.
///
/// # Errors
///
/// When `out` refuses.
pub fn print(results: &StudyResults, out: &mut dyn Write) -> Result<(), ReportError> {
    document(results, out).map_err(ReportError::writing("the Markdown table"))
}

fn document(results: &StudyResults, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}\n", plain(&results.manifest.title))?;
    for expectation in &results.expectations {
        writeln!(out, "{}", item(expectation))?;
    }
    if !results.expectations.is_empty() {
        writeln!(out)?;
    }
    let columns = columns(results);
    writeln!(out, "{}", line(header(&columns)))?;
    writeln!(out, "{}", line(rule(columns.len())))?;
    for variant in &results.variants {
        writeln!(out, "{}", line(row(results, &columns, variant)))?;
    }
    writeln!(out, "\n{}", plain(&terminal::legend(results)))
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
    let about = |column: &Column| {
        let measure = column.measure;
        let parts = [&measure.label, &measure.phase, &measure.subject];
        let said = parts.into_iter().filter(|part| !part.is_empty());
        said.map(|part| plain(part)).collect::<Vec<_>>().join("<br>")
    };
    let first = ["variant".to_owned()];
    let last = ["verdict".to_owned()];
    first.into_iter().chain(columns.iter().map(about)).chain(last).collect()
}

fn rule(columns: usize) -> Vec<String> {
    let mut rule = vec!["---:".to_owned(); columns + 2];
    rule[0] = "---".to_owned();
    rule[columns + 1] = "---".to_owned();
    rule
}

fn row(results: &StudyResults, columns: &[Column], variant: &VariantResults) -> Vec<String> {
    let mut row = vec![plain(&variant.name)];
    row.extend(columns.iter().map(|column| cell(results, column, variant)));
    row.push(verdicts(&variant.verdicts).join(", "));
    row
}

fn cell(results: &StudyResults, column: &Column, variant: &VariantResults) -> String {
    let Some(figure) = column.figure(variant) else {
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

fn line(cells: Vec<String>) -> String {
    format!("| {} |", cells.join(" | "))
}

/// The text with what Markdown would take for markup made plain.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '_' | '`' | '[' | ']' | '<' | '\\' => plain.extend(['\\', character]),
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
        print(&fixture::study(4), &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn a_name_cannot_break_the_table() {
        assert_eq!(plain("a|b\nc_d"), "a\\|b c\\_d");
    }
}
