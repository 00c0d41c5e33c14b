//! The results for people: three tables, for the terminal or for a document.

use std::fmt::Write as _;

use squall::bench::{Duel, Figure, Footprint, Load, MOST_ERRORS, Side, Spread};

use super::{LayerCost, Results};

/// A heading, column names and rows.
struct Table {
    heading: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// What stands under it.
    note: String,
}

/// For the terminal.
pub(super) fn text(results: &Results) -> String {
    tables(results).iter().map(as_text).collect::<Vec<_>>().join("\n")
}

/// For a document.
pub(super) fn markdown(results: &Results) -> String {
    tables(results).iter().map(as_markdown).collect::<Vec<_>>().join("\n")
}

fn tables(results: &Results) -> Vec<Table> {
    let mut tables = vec![speed(results)];
    tables.extend(layers(results));
    tables.push(answers(results));
    if !results.footprints.is_empty() {
        tables.push(memory(results));
    }
    tables
}

fn speed(results: &Results) -> Table {
    let columns =
        ["model", "per", "Squall", "events/s", "yardstick", "events/s", "ratio", "goal (ratio)"];
    Table {
        heading: "Speed: nanoseconds, median (least to most)",
        columns: columns.to_vec(),
        rows: results.duels.iter().map(speed_row).collect(),
        note: "The yardstick is code for the one model on a plain binary heap. Ratios to it (below 1: \
               Squall is faster) compare machines; nanoseconds do not."
            .to_owned(),
    }
}

fn speed_row(duel: &Duel) -> Vec<String> {
    let side = |side: &Side| [spread(side.nanos, 1), millions(side.events_per_second)];
    let ([squall, squall_events], [yardstick, yardstick_events]) =
        (side(&duel.squall), side(&duel.yardstick));
    let goal = duel.model.reference.map(|reference| format!("{:.2}", reference.goal_ratio()));
    vec![
        duel.model.name.to_owned(),
        duel.model.unit.name().to_owned(),
        squall,
        squall_events,
        yardstick,
        yardstick_events,
        spread(duel.ratio, 2),
        goal.unwrap_or_default(),
    ]
}

/// What each layer costs; `None` if there is nothing to compare.
fn layers(results: &Results) -> Option<Table> {
    let costs = results.layer_costs();
    let row = |(layer, cost): &(&Duel, LayerCost)| {
        let bare = cost.bare.to_owned();
        vec![
            layer.model.name.to_owned(),
            bare,
            format!("{:+.1}", cost.nanos),
            format!("{:+.2}", cost.ratio),
        ]
    };
    (!costs.is_empty()).then(|| Table {
        heading: "Layers: what each costs a request, beside the same model without it",
        columns: vec!["model", "without", "ns", "ratio"],
        rows: costs.iter().map(row).collect(),
        note: "Differences of the medians above. `stack` has all of the layers.".to_owned(),
    })
}

fn answers(results: &Results) -> Table {
    Table {
        heading: "Answers, beside what theory says",
        columns: vec!["model", "figure", "right", "tolerance", "Squall", "yardstick", ""],
        rows: results.duels.iter().flat_map(answer_rows).collect(),
        note: format!(
            "Tolerance: {MOST_ERRORS} standard errors of a run of this length, as theory gives them."
        ),
    }
}

fn answer_rows(duel: &Duel) -> Vec<Vec<String>> {
    let pairs = duel.squall.figures.iter().zip(&duel.yardstick.figures);
    let mut rows: Vec<_> = pairs.map(|(s, y)| answer_row(duel.model.name, s, y)).collect();
    for (who, side) in [("Squall", &duel.squall), ("the yardstick", &duel.yardstick)] {
        if !side.is_repeatable {
            let mut row = vec![duel.model.name.to_owned(), "the same in every run".to_owned()];
            row.resize(6, String::new());
            row.push(format!("WRONG: {who} differs"));
            rows.push(row);
        }
    }
    rows
}

fn answer_row(model: &str, squall: &Figure, yardstick: &Figure) -> Vec<String> {
    let with_unit = |value: f64| {
        let space = if squall.unit.is_empty() || squall.unit.starts_with('/') { "" } else { " " };
        format!("{}{space}{}", number(value), squall.unit)
    };
    let good = squall.is_right() && yardstick.is_right();
    vec![
        model.to_owned(),
        squall.name.to_owned(),
        with_unit(squall.right),
        format!("± {}", number(squall.tolerance())),
        with_unit(squall.value),
        with_unit(yardstick.value),
        if good { "✓" } else { "✗ WRONG" }.to_owned(),
    ]
}

fn memory(results: &Results) -> Table {
    Table {
        heading: "Memory",
        columns: vec!["load", "bytes each", "peak of the process"],
        rows: results.footprints.iter().map(|(load, took)| memory_row(*load, *took)).collect(),
        note: "What the system gave to a process that did nothing else, its code included in the \
               peak and left out of the bytes each."
            .to_owned(),
    }
}

fn memory_row(load: Load, footprint: Option<Footprint>) -> Vec<String> {
    let what = match load {
        Load::PendingEvents => "a pending event, of a million",
        Load::RequestsInFlight => "a request in flight, of a million at once",
        Load::MillionClients => "a client of the retry model, of a million",
    };
    let known = |text: fn(Footprint) -> String| footprint.map_or("unknown".to_owned(), text);
    vec![
        what.to_owned(),
        known(|f| format!("{:.1}", f.bytes_each())),
        known(|f| format!("{:.0} MiB", f.peak as f64 / f64::from(1 << 20))),
    ]
}

fn spread(spread: Spread, digits: usize) -> String {
    let Spread { least, median, most } = spread;
    format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
}

fn millions(per_second: f64) -> String {
    format!("{:.1} M", per_second / 1e6)
}

/// A number with as many digits as say something.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        v if v >= 1_000.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

fn as_text(table: &Table) -> String {
    let width = |column: usize| {
        let cells = table.rows.iter().map(|row| row[column].chars().count());
        cells.chain([table.columns[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let line = |cells: &[&str]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("  {}", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let mut text = format!("{}\n{}\n", table.heading, line(&table.columns));
    for row in &table.rows {
        let _ = writeln!(text, "{}", line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    let _ = writeln!(text, "  {}", table.note);
    text
}

fn as_markdown(table: &Table) -> String {
    let line = |cells: &[&str]| format!("| {} |", cells.join(" | "));
    let mut text = format!("## {}\n\n{}\n", table.heading, line(&table.columns));
    let _ = writeln!(text, "|{}", "---|".repeat(table.columns.len()));
    for row in &table.rows {
        let _ = writeln!(text, "{}", line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    let _ = writeln!(text, "\n{}", table.note);
    text
}
