//! What a run prints on a terminal: the expectations with their verdicts first, then what became of
//! faults where there is something to say, then one table that compares the variants.

mod expectations;
mod faults;
mod layout;
mod paint;
mod sweep;
mod table;
mod wrap;

use std::io::{self, Write};

use experiments::results::{StudyResults, SweepResults};

use crate::ReportError;

pub use sweep::legend as sweep_legend;
pub use table::legend;

/// How a terminal is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colours.
    pub colour: bool,
    /// How many columns the terminal has; `None` if it is none and nothing needs to be wrapped.
    pub width: Option<usize>,
}

/// Prints the title, the expectations and the table of variants.
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
        Style { colour: false, width: Some(width) }
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
    fn colours_change_nothing_but_the_colours() {
        let coloured = printed(&fixture::study(12), Style { colour: true, width: Some(150) });
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
