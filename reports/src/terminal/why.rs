//! Why a variant went as it did.

use experiments::results::{ByPhase, Level, Saturation, StudyResults, Unit, VariantResults, Why};

use super::layout::{Cell, Layout, Row};
use super::paint::Paint;
use super::wrap::wrap;
use super::{Explain, Style};
use crate::columns::verdicts;
use crate::numbers::{self, MISSING};

/// Why the first variant went out of its steady state, or why all variants went as they did.
pub(super) fn lines(results: &StudyResults, style: Style) -> Vec<String> {
    let explained = explained(results, style.explain);
    explained.iter().flat_map(|(variant, why)| about(variant, why, style)).collect()
}

/// The variants that are explained.
pub(crate) fn explained(results: &StudyResults, explain: Explain) -> Vec<(&VariantResults, &Why)> {
    let all = results.variants.iter().filter_map(|v| Some((v, v.why.as_ref()?)));
    match explain {
        Explain::All => all.collect(),
        Explain::FirstOut => all.filter(|(v, _)| !has_held(v)).take(1).collect(),
    }
}

fn has_held(variant: &VariantResults) -> bool {
    variant.verdicts.held as usize == variant.runs.len()
}

fn about(variant: &VariantResults, why: &Why, style: Style) -> Vec<String> {
    let paint = Paint(style.colour);
    let verdicts = verdicts(&variant.verdicts).join(", ");
    let mut lines = vec![paint.bold(&format!("Why: {} ({verdicts})", variant.name))];
    lines.extend(wrap(&why.story, style.width, 2).iter().map(|line| format!("  {line}")));
    lines.push(String::new());
    lines.extend(table(&saturations(why), style, paint));
    lines.extend(table(&by_phase(why), style, paint));
    for circle in &why.wait_cycles {
        let text = format!(
            "waited in a circle from {} on (runs in which that was seen: {}): {}",
            numbers::value(Unit::Seconds, circle.at_s),
            circle.runs,
            circle.who.join(" → ")
        );
        lines.extend(wrap(&text, style.width, 2).iter().map(|line| format!("  {line}")));
        lines.push(String::new());
    }
    lines
}

/// A table without rules; nothing without rows.
fn table(layout: &Layout, style: Style, paint: Paint) -> Vec<String> {
    if layout.rows.is_empty() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for part in layout.parts(style.width) {
        for (number, line) in part.into_iter().enumerate() {
            lines.push(if number == 0 { paint.bold(&line) } else { line });
        }
        lines.push(String::new());
    }
    lines
}

fn row(cells: impl IntoIterator<Item = String>) -> Row {
    let cell = |text: String| -> Cell { vec![text] };
    Row::new(cells.into_iter().map(cell).collect(), 0)
}

fn saturations(why: &Why) -> Layout {
    let line = |s: &Saturation| {
        let after = crate::columns::inline(Unit::Seconds, Some(&s.after_s));
        let counts = [s.runs, s.first, s.control_runs].map(|n| numbers::whole(n.into()));
        row([s.resource.clone(), s.what.clone(), after].into_iter().chain(counts))
    };
    let header = ["saturated", "what", "after", "runs", "first", "in controls"];
    Layout {
        header: row(header.map(str::to_owned)),
        rows: why.saturated.iter().map(line).collect(),
        leading: 2,
        ruled: false,
    }
}

/// The waterfall, then wasted work and the views of success; a column a phase.
fn by_phase(why: &Why) -> Layout {
    let head = ["calls multiply, and what came of them".to_owned(), String::new()];
    let mut rows = Vec::new();
    for level in &why.waterfall {
        rows.extend(of_level(level));
    }
    let shares = [
        ("work for nobody", &why.wasted),
        ("success it reports", &why.dashboards),
        ("success users got", &why.users),
        ("substitutes users got", &used(&why.degraded)),
    ];
    for (what, list) in shares {
        rows.extend(list.iter().map(|by| share(by, what)));
    }
    let header = row(head.into_iter().chain(why.phases.iter().cloned()));
    Layout { header, rows, leading: 2, ruled: false }
}

/// Those of which there are any.
fn used(shares: &[ByPhase]) -> Vec<ByPhase> {
    let is_used = |by: &&ByPhase| by.share.iter().flatten().any(|share| *share > 0.0);
    shares.iter().filter(is_used).cloned().collect()
}

fn of_level(level: &Level) -> Vec<Row> {
    use experiments::results::SubjectKindName as Kind;
    let name = format!("{}{}", "  ".repeat(level.depth as usize), level.subject);
    let line = |what: &str, figures: &[Option<f64>]| {
        let cells = figures.iter().map(|figure| told(Unit::Factor, *figure));
        row([name.clone(), what.to_owned()].into_iter().chain(cells))
    };
    match level.kind {
        Kind::Call => vec![line("attempts per call", &level.factor)],
        Kind::Service | Kind::Endpoint => vec![line("arrivals per user's call", &level.end_to_end)],
        // Users multiply nothing, and the others are no levels.
        _ => Vec::new(),
    }
}

fn share(by: &ByPhase, what: &str) -> Row {
    let cells = by.share.iter().map(|share| told(Unit::Share, *share));
    row([by.subject.clone(), what.to_owned()].into_iter().chain(cells))
}

fn told(unit: Unit, figure: Option<f64>) -> String {
    figure.map_or_else(|| MISSING.to_owned(), |figure| numbers::value(unit, figure))
}
