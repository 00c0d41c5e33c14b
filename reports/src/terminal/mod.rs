//! What a run prints on a terminal: the expectations with their verdicts first, then what became of
//! faults where there is something to say, then one table that compares the variants.

mod alerts;
mod expectations;
mod faults;
mod hypothesis;
mod layout;
mod paint;
mod sweep;
mod table;
mod why;
mod wrap;

use std::io::{self, Write};

use experiments::results::{StudyResults, SweepResults};

use crate::ReportError;

pub(crate) use paint::Paint;
pub use sweep::legend as sweep_legend;
pub use table::legend;
pub(crate) use why::explained;
pub(crate) use wrap::{width, wrap};

/// How a terminal is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colours.
    pub colour: bool,
    /// How many columns the terminal has; `None` if it is none and nothing needs to be wrapped.
    pub width: Option<usize>,
    /// Which variants are explained.
    pub explain: Explain,
}

/// Of which variants it is told why they went as they did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Explain {
    /// Of the first of which not every run held.
    #[default]
    FirstOut,
    /// Of all.
    All,
}

/// Prints the title, the expectations, the hypothesis, the table of variants, the alerts, and why the variants
/// that `style` asks for went as they did.
///
/// # Errors
///
/// When `out` refuses.
pub fn print(results: &StudyResults, style: Style, out: &mut dyn Write) -> Result<(), ReportError> {
    page(results, style, out).map_err(ReportError::writing("the table"))
}

/// Prints the title and the table of a sweep.
///
/// # Errors
///
/// When `out` refuses.
pub fn print_sweep(
    results: &SweepResults,
    style: Style,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let paint = paint::Paint(style.colour);
    let title = std::iter::once(format!("{}\n", paint.bold(&results.manifest.title)));
    title
        .chain(sweep::lines(results, style))
        .try_for_each(|line| writeln!(out, "{line}"))
        .map_err(ReportError::writing("the table"))
}

fn page(results: &StudyResults, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = paint::Paint(style.colour);
    writeln!(out, "{}\n", paint.bold(&results.manifest.title))?;
    if !results.expectations.is_empty() {
        for line in expectations::lines(&results.expectations, style) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
    }
    let hypothesis = hypothesis::lines(results, style);
    for line in &hypothesis {
        writeln!(out, "{line}")?;
    }
    if !hypothesis.is_empty() {
        writeln!(out)?;
    }
    let faults = faults::lines(results, style);
    for line in &faults {
        writeln!(out, "{line}")?;
    }
    if !faults.is_empty() {
        writeln!(out)?;
    }
    for line in table::lines(results, style) {
        writeln!(out, "{line}")?;
    }
    for part in [alerts::lines(results, style), why::lines(results, style)] {
        if !part.is_empty() {
            writeln!(out)?;
        }
        let end = part.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        for line in &part[..end] {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn printed(results: &StudyResults, style: Style) -> String {
        let mut bytes = Vec::new();
        print(results, style, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn wide(width: usize) -> Style {
        Style { width: Some(width), ..Style::default() }
    }

    #[test]
    fn twelve_variants_without_a_terminal() {
        insta::assert_snapshot!(printed(&fixture::study(12), Style::default()));
    }

    #[test]
    fn twelve_variants_on_a_narrow_terminal() {
        insta::assert_snapshot!(printed(&fixture::study(12), wide(100)));
    }

    #[test]
    fn a_study_that_is_watched_tells_of_its_hypothesis_its_alerts_and_why() {
        let style = Style { width: Some(100), explain: Explain::All, ..Style::default() };
        insta::assert_snapshot!(printed(&crate::watched::study(), style));
        let first = Style { explain: Explain::FirstOut, ..style };
        assert_eq!(printed(&crate::watched::study(), first).matches("Why: ").count(), 1);
        let mut held = crate::watched::study();
        for variant in &mut held.variants {
            variant.verdicts = experiments::results::VerdictCounts::default();
            variant.verdicts.held = variant.runs.len() as u32;
        }
        assert!(!printed(&held, first).contains("Why: "));
    }

    #[test]
    fn colours_change_nothing_but_the_colours() {
        let coloured = printed(&fixture::study(12), Style { colour: true, ..wide(150) });
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some(start) = rest.find('\u{1b}') {
            plain.push_str(&rest[..start]);
            let end = rest[start..].find('m').unwrap();
            rest = &rest[start + end + 1..];
        }
        plain.push_str(rest);
        assert_ne!(plain, coloured);
        assert_eq!(plain, printed(&fixture::study(12), wide(150)));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [60, 80, 100, 120, 140, 160, 200] {
            for line in printed(&fixture::study(14), wide(width)).lines() {
                assert!(wrap::width(line) <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_sweep_has_a_line_a_point() {
        let mut bytes = Vec::new();
        print_sweep(&fixture::sweep(2), wide(120), &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn a_study_without_variants_or_expectations_is_printed_too() {
        let mut results = fixture::study(1);
        results.variants.clear();
        results.expectations.clear();
        assert!(printed(&results, wide(80)).contains("A 30 s payment outage"));
    }
}
