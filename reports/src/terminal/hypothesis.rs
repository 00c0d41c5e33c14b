//! The hypothesis: its finding in each variant, and what each probe came to.

use experiments::results::{
    Answer, Finding, FindingCounts, HypothesisResult, ProbeResult, StudyResults, finding_name,
    probe_phase_name,
};

use super::Style;
use super::paint::Paint;
use super::wrap::{width, wrap};
use crate::columns::answer_name;

const INDENT: &str = "    ";

/// Its title, then a variant with its finding and a line a probe; nothing if there is no hypothesis.
pub(super) fn lines(results: &StudyResults, style: Style) -> Vec<String> {
    let paint = Paint(style.colour);
    let judged = || results.variants.iter().filter_map(|v| Some((v, v.hypothesis.as_ref()?)));
    let Some((_, first)) = judged().next() else { return Vec::new() };
    let mut lines = wrap(&format!("Hypothesis: {}", first.title), style.width, 0);
    let widest = judged().map(|(variant, _)| width(&variant.name)).max().unwrap_or(0);
    for (variant, hypothesis) in judged() {
        let gap = " ".repeat(widest - width(&variant.name) + 3);
        let finding = coloured(hypothesis.finding, paint);
        let runs = paint.dim(&of_runs(&hypothesis.runs));
        lines.push(format!("  {}{gap}{finding}   {runs}", variant.name));
        lines.extend(probes(hypothesis, style, paint));
    }
    lines
}

fn coloured(finding: Finding, paint: Paint) -> String {
    let name = finding_name(finding);
    match finding {
        Finding::Confirmed => paint.green(name),
        Finding::Refuted => paint.red(name),
        Finding::NotSteady | Finding::Undecided => paint.yellow(name),
    }
}

/// `each run on its own: confirmed 29/30, refuted 1/30`.
fn of_runs(counts: &FindingCounts) -> String {
    let all: u32 = counts.each().iter().map(|(_, count)| count).sum();
    let there = counts.each().into_iter().filter(|(_, count)| *count > 0);
    let told: Vec<String> =
        there.map(|(finding, count)| format!("{} {count}/{all}", finding_name(finding))).collect();
    format!("each run on its own: {}", told.join(", "))
}

/// The probes of a hypothesis, each with its phases.
fn probes(hypothesis: &HypothesisResult, style: Style, paint: Paint) -> Vec<String> {
    let line = |probe: &ProbeResult| {
        let head = format!("{} ({})", probe.name, probe.that);
        let mut lines: Vec<String> = Vec::new();
        for text in wrap(&head, style.width, INDENT.len()) {
            lines.push(format!("{INDENT}{text}"));
        }
        for check in &probe.checks {
            let phase = probe_phase_name(check.phase);
            let answer = match check.answer {
                Answer::Held => paint.green(answer_name(check.answer)),
                Answer::Refuted => paint.red(answer_name(check.answer)),
                Answer::Undecided => paint.yellow(answer_name(check.answer)),
            };
            let pad = " ".repeat(10 - answer_name(check.answer).len().min(9));
            let mut told = wrap(&check.measured, style.width, 26).into_iter();
            let first = told.next().unwrap_or_default();
            lines.push(format!("{INDENT}  {phase:<7} {answer}{pad}{first}"));
            lines.extend(told.map(|more| format!("{:26}{more}", "")));
        }
        lines
    };
    hypothesis.probes.iter().flat_map(line).collect()
}
