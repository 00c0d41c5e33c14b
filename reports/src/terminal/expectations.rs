//! The expectations with their verdicts.

use experiments::results::{ExpectationResult, ExpectationVerdict};

use super::Style;
use super::paint::Paint;
use super::wrap::{width, wrap};
use crate::columns::sign;

const INDENT: &str = "    ";

/// A line an expectation, in aligned columns; why, under those that did not pass; last the counts.
pub(super) fn lines(expectations: &[ExpectationResult], style: Style) -> Vec<String> {
    let paint = Paint(style.colour);
    let claims: Vec<String> = expectations.iter().map(claim).collect();
    let widest = claims.iter().map(|claim| width(claim)).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (expectation, claim) in expectations.iter().zip(&claims) {
        lines.extend(about(expectation, claim, widest, style, paint));
    }
    lines.push(counts(expectations, paint));
    lines
}

fn claim(expectation: &ExpectationResult) -> String {
    format!("{}: {}", expectation.variant, expectation.that)
}

fn about(
    expectation: &ExpectationResult,
    claim: &str,
    widest: usize,
    style: Style,
    paint: Paint,
) -> Vec<String> {
    let sign = coloured_sign(expectation.verdict, paint);
    let measured = &expectation.measured;
    let fits = |room: usize| 2 + widest + 3 + width(measured) <= room;
    let mut lines = Vec::new();
    if style.width.is_none_or(fits) {
        let gap = " ".repeat(widest - width(claim) + 3);
        lines.push(format!("{sign} {claim}{gap}{measured}"));
    } else {
        let mut wrapped = wrap(claim, style.width, 2).into_iter();
        lines.push(format!("{sign} {}", wrapped.next().unwrap_or_default()));
        lines.extend(wrapped.map(|line| format!("  {line}")));
        lines.extend(indented(measured, style.width));
    }
    let why = expectation.explanation.as_deref();
    if let Some(why) = why.filter(|_| expectation.verdict != ExpectationVerdict::Passed) {
        lines.extend(indented(why, style.width).map(|line| paint.dim(&line)));
    }
    lines
}

fn coloured_sign(verdict: ExpectationVerdict, paint: Paint) -> String {
    let sign = sign(verdict);
    match verdict {
        ExpectationVerdict::Passed => paint.green(sign),
        ExpectationVerdict::Failed => paint.red(sign),
        ExpectationVerdict::Undecided => paint.yellow(sign),
    }
}

fn counts(expectations: &[ExpectationResult], paint: Paint) -> String {
    let of = |verdict| expectations.iter().filter(|one| one.verdict == verdict).count();
    let (failed, undecided) = (of(ExpectationVerdict::Failed), of(ExpectationVerdict::Undecided));
    let mut text = format!("{} passed", of(ExpectationVerdict::Passed));
    if failed > 0 {
        text += &format!(", {failed} failed");
    }
    if undecided > 0 {
        text += &format!(", {undecided} undecided");
    }
    paint.bold(&text)
}

fn indented(text: &str, width: Option<usize>) -> impl Iterator<Item = String> {
    let lines = wrap(text, width, INDENT.len());
    lines.into_iter().map(|line| format!("{INDENT}{line}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn aligned_where_there_is_room() {
        let lines = lines(&fixture::study(1).expectations, Style::default());
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn wrapped_where_there_is_not() {
        let style = Style { width: Some(60), ..Style::default() };
        let lines = lines(&fixture::study(1).expectations, style);
        insta::assert_snapshot!(lines.join("\n"));
    }
}
