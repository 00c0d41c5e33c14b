//! What sources say, what is so, and what shows it; in the formats of all tables.

mod csv;
mod markdown;
mod table;

use std::io::Write;

use experiments::results::ClaimResult;
use serde::Serialize;

use crate::terminal::Style;
use crate::{Format, ReportError, json};

/// Prints claims, by their sources; `style` is for [`Format::Table`] only. What [`Format::Markdown`] writes is
/// a page of its own, whose rows lead to `library/ROW.md`.
///
/// # Errors
///
/// When `out` refuses.
pub fn print_claims(
    claims: &[ClaimResult],
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    match format {
        Format::Table => table::print(claims, style, out),
        Format::Markdown => markdown::print(claims, out),
        Format::Csv => csv::print(claims, out),
        Format::Json => in_json(claims, out),
    }
}

/// A claim as programs read it.
#[derive(Serialize)]
struct Told<'c> {
    #[serde(flatten)]
    claim: &'c ClaimResult,
    is_shown: bool,
}

fn in_json(claims: &[ClaimResult], out: &mut dyn Write) -> Result<(), ReportError> {
    let told = |claim| Told { claim, is_shown: ClaimResult::is_shown(claim) };
    json::write("the claims", &claims.iter().map(told).collect::<Vec<_>>(), out)
}

/// The claims of each source, sources in the order in which they first speak.
fn by_source(claims: &[ClaimResult]) -> Vec<(&str, Vec<&ClaimResult>)> {
    let mut sources: Vec<(&str, Vec<&ClaimResult>)> = Vec::new();
    for claim in claims {
        match sources.iter_mut().find(|(source, _)| *source == claim.source) {
            Some((_, its)) => its.push(claim),
            None => sources.push((&claim.source, vec![claim])),
        }
    }
    sources
}

/// A source without a name.
fn named(source: &str) -> &str {
    if source.is_empty() { "Without a source" } else { source }
}

#[cfg(test)]
mod tests;
