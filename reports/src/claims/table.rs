//! Claims on a terminal: a block each, since sentences do not fit into columns.

use std::io::{self, Write};

use experiments::results::{ClaimResult, ExpectationResult, claim_verdict_name};

use super::{by_source, named};
use crate::ReportError;
use crate::columns::sign;
use crate::terminal::{Paint, Style, wrap};

pub(super) fn print(
    claims: &[ClaimResult],
    style: Style,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    blocks(claims, style, out).map_err(ReportError::writing("the claims"))
}

fn blocks(claims: &[ClaimResult], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint(style.colour);
    for (source, claims) in by_source(claims) {
        writeln!(out, "{}\n", paint.bold(named(source)))?;
        for claim in claims {
            for line in block(claim, style) {
                writeln!(out, "{line}")?;
            }
            writeln!(out)?;
        }
    }
    let shown = claims.iter().filter(|claim| claim.is_shown()).count();
    let text = format!("{shown} of {} verdicts are shown", claims.len());
    writeln!(out, "{}", paint.bold(&text))
}

fn block(claim: &ClaimResult, style: Style) -> Vec<String> {
    let paint = Paint(style.colour);
    let sign = if claim.is_shown() { paint.green("✓") } else { paint.red("✗") };
    let verdict = paint.bold(claim_verdict_name(claim.verdict));
    let mut lines = vec![format!("{sign} {}/{}: {verdict}", claim.row, claim.name)];
    let says = format!("“{}”", claim.says);
    lines.extend(indented(&says, 4, style));
    lines.extend(indented(&claim.because, 4, style));
    for answer in &claim.answers {
        lines.extend(indented(&answered(answer), 4, style).map(|line| paint.dim(&line)));
    }
    lines
}

fn answered(answer: &ExpectationResult) -> String {
    let ExpectationResult { variant, that, verdict, measured, .. } = answer;
    format!("{} {variant}: {that}   {measured}", sign(*verdict))
}

fn indented(text: &str, indent: usize, style: Style) -> impl Iterator<Item = String> {
    let lines = wrap(text, style.width, indent);
    lines.into_iter().map(move |line| format!("{}{line}", " ".repeat(indent)))
}
