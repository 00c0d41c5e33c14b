//! What a run prints, in the format that was asked for.

use std::io::Write;
use std::str::FromStr;

use experiments::results::{StudyResults, SweepResults};

use crate::terminal::Style;
use crate::{ReportError, csv, json, markdown, terminal};

/// The formats in which results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For the terminal: expectations, then a table.
    #[default]
    Table,
    /// The same for a document: expectations as a list, then a table.
    Markdown,
    /// The rows of `summary.csv`.
    Csv,
    /// The content of `summary.json`.
    Json,
}

impl Format {
    /// All formats with their names on the command line.
    pub const NAMES: [(&str, Self); 4] = [
        ("table", Self::Table),
        ("markdown", Self::Markdown),
        ("csv", Self::Csv),
        ("json", Self::Json),
    ];
}

/// A name that is no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a format; use table, markdown, csv or json")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, format)| *format)
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// Prints the results; of `style`, all is for [`Format::Table`], and what is explained for
/// [`Format::Markdown`], too.
///
/// # Errors
///
/// When `out` refuses.
pub fn print(
    results: &StudyResults,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    match format {
        Format::Table => terminal::print(results, style, out),
        Format::Markdown => markdown::print(results, style.explain, out),
        Format::Csv => csv::summary(results, out),
        Format::Json => json::summary(results, out),
    }
}

/// Prints the table of a sweep; `style` is for [`Format::Table`] only.
///
/// # Errors
///
/// When `out` refuses.
pub fn print_sweep(
    results: &SweepResults,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    match format {
        Format::Table => terminal::print_sweep(results, style, out),
        Format::Markdown => markdown::print_sweep(results, out),
        Format::Csv => csv::sweep(results, out),
        Format::Json => json::sweep(results, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read_by_name() {
        assert_eq!("markdown".parse(), Ok(Format::Markdown));
        assert_eq!(
            "yaml".parse::<Format>().unwrap_err().to_string(),
            "`yaml` is not a format; use table, markdown, csv or json"
        );
    }
}
