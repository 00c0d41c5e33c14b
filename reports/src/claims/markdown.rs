//! Claims as a page: a table a source.

use std::io::{self, Write};

use experiments::results::{ClaimResult, ClaimVerdict, ExpectationResult};

use super::{by_source, named};
use crate::ReportError;
use crate::columns::sign;
use crate::markdown::{code, line, plain};

const INTRODUCTION: &str = "\
# What is claimed, and what is so

What the articles and studies say from which the scenarios of the library come, whether it is so, and the
expectation that shows it, with what was measured (a mean of so many runs `n` with its 95 % interval). The
figures are those of the scenarios' own runs; `squall claims` runs them again.
";

pub(super) fn print(claims: &[ClaimResult], out: &mut dyn Write) -> Result<(), ReportError> {
    page(claims, out).map_err(ReportError::writing("the claims"))
}

fn page(claims: &[ClaimResult], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{INTRODUCTION}")?;
    writeln!(out, "{}", counts(claims))?;
    for (source, claims) in by_source(claims) {
        writeln!(out, "\n## {}\n", plain(named(source)))?;
        let header = ["Claim", "Verdict", "Because", "Shown by", "Row"];
        writeln!(out, "{}", line(header.map(str::to_owned).to_vec()))?;
        writeln!(out, "{}", line(vec!["---".to_owned(); header.len()]))?;
        for claim in claims {
            writeln!(out, "{}", line(row(claim)))?;
        }
    }
    Ok(())
}

fn counts(claims: &[ClaimResult]) -> String {
    let of = |verdict| claims.iter().filter(|claim| claim.verdict == verdict).count();
    let (so, only_if, not_so) =
        (of(ClaimVerdict::True), of(ClaimVerdict::TrueOnlyIf), of(ClaimVerdict::False));
    let mut text = format!(
        "Of {} claims {so} are true, {only_if} are true only under conditions, {not_so} are false.",
        claims.len()
    );
    let open = claims.iter().filter(|claim| !claim.is_shown()).count();
    if open > 0 {
        text += &format!(" **Not shown by the runs: {open}.**");
    }
    text
}

fn row(claim: &ClaimResult) -> Vec<String> {
    let answers: Vec<String> = claim.answers.iter().map(answered).collect();
    let not_shown = if claim.is_shown() { "" } else { " (not shown)" };
    vec![
        plain(&claim.says),
        format!("**{}**{not_shown}", verdict_in_words(claim.verdict)),
        plain(&claim.because),
        answers.join("<br>"),
        format!("[{0}](library/{0}.md)", claim.row),
    ]
}

/// An expectation in a cell: sign, variant, what was expected, what was measured.
fn answered(answer: &ExpectationResult) -> String {
    let ExpectationResult { variant, that, verdict, measured, .. } = answer;
    format!("{} {}: {} {}", sign(*verdict), plain(variant), code(that), plain(measured))
}

/// A verdict as a sentence about the claim ends: `true only if …`.
fn verdict_in_words(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::True => "true",
        ClaimVerdict::TrueOnlyIf => "true only if …",
        ClaimVerdict::False => "false",
    }
}
