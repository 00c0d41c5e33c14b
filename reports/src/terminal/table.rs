//! The table that compares the variants: a row a variant, a column a measure. A cell holds the
//! figure, its interval and, dimmed in the last line, the control.
//!
//! Where the terminal is too narrow for all columns, the table goes on below with the variants'
//! names repeated.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use experiments::results::{Estimate, StudyResults, Unit, VariantResults};

use super::Style;
use super::paint::Paint;
use super::wrap::{width, wrap};
use crate::columns::{Column, columns, existing, has_ratio, mean, verdicts};
use crate::numbers::{self, MISSING};

/// The widest a variant's name gets before it is wrapped.
const NAME_WIDTH: usize = 22;
/// The widest a heading gets before it is wrapped, where its words allow.
const HEADING_WIDTH: usize = 10;

/// The phase and the subject stand at the foot of a heading, under labels of several lines.
const HEADER_FOOT: usize = 2;

/// The lines of one cell.
type Cell = Vec<String>;

/// One row: the variant's cell first.
struct Row {
    cells: Vec<Cell>,
    height: usize,
}

/// The table in lines, in as many parts as the terminal's width demands, and its legend.
pub(super) fn lines(results: &StudyResults, style: Style) -> Vec<String> {
    let columns = columns(results);
    let header = Row::new(header(&columns), HEADER_FOOT);
    let variants = results.variants.iter();
    let rows: Vec<Row> = variants.map(|variant| row(results, &columns, variant)).collect();
    let widths = widths(&header, &rows);
    let gap = gap(&widths, style.width);
    let paint = Paint(style.colour);
    let mut lines = Vec::new();
    for part in parts(&widths, gap, style.width) {
        lines.extend(render(&header, &rows, &part, gap, paint));
        lines.push(String::new());
    }
    let legend = wrap(&legend(results), style.width, 0);
    lines.extend(legend.iter().map(|line| paint.dim(line)));
    lines
}

/// How the table is to be read.
pub fn legend(results: &StudyResults) -> String {
    format!(
        "Mean of {} runs ± half of its 95 % interval; control: the same model without its faults \
         on the same draws. Peaks: the largest count in a window, as a ratio to the baseline, and as \
         a rate.",
        numbers::whole(results.manifest.replications.into())
    )
}

impl Row {
    /// A row whose cells are equally high: so many lines of each stay at its foot, the others at
    /// its head.
    fn new(mut cells: Vec<Cell>, foot: usize) -> Self {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for cell in &mut cells {
            let at = cell.len().saturating_sub(foot);
            let missing = height - cell.len();
            cell.splice(at..at, vec![String::new(); missing]);
        }
        Self { cells, height }
    }
}

fn header(columns: &[Column]) -> Vec<Cell> {
    let about = |column: &Column| {
        let measure = column.measure;
        let mut lines = label(&measure.label);
        lines.extend([measure.phase.clone(), measure.subject.clone()]);
        lines
    };
    let first = vec!["variant".to_owned(), String::new(), String::new()];
    std::iter::once(first).chain(columns.iter().map(about)).collect()
}

/// `peak / 100 ms` in two lines, other labels between their words.
fn label(label: &str) -> Vec<String> {
    match label.split_once(" / ") {
        Some((what, window)) => vec![what.to_owned(), format!("/ {window}")],
        None => wrap(label, Some(HEADING_WIDTH.max(longest_word(label))), 0),
    }
}

fn longest_word(text: &str) -> usize {
    text.split_whitespace().map(width).max().unwrap_or(0)
}

fn row(results: &StudyResults, columns: &[Column], variant: &VariantResults) -> Row {
    let mut name = wrap(&variant.name, Some(NAME_WIDTH), 0);
    name.extend(verdicts(&variant.verdicts));
    name.push("control".to_owned());
    let mut cells = vec![name];
    cells.extend(columns.iter().map(|column| cell(results, column, variant)));
    Row::new(cells, 1)
}

fn cell(results: &StudyResults, column: &Column, variant: &VariantResults) -> Cell {
    let Some(figure) = column.figure(variant) else {
        return vec![MISSING.to_owned()];
    };
    let unit = column.measure.unit;
    if has_ratio(results, column) {
        return vec![
            inline(figure.ratio.as_ref()),
            mean(column.measure, Some(&figure.value)),
            ratio(figure.control_ratio.as_ref()),
        ];
    }
    let (value, half_width) = numbers::parts(unit, &figure.value);
    let mut cell = vec![value];
    cell.extend(half_width.map(|half_width| format!("±{half_width}")));
    cell.extend(existing(&figure.value));
    cell.push(match &figure.control {
        Some(control) => mean(column.measure, Some(control)),
        None => String::new(),
    });
    cell
}

fn inline(ratio: Option<&Estimate>) -> String {
    match ratio.map(|ratio| numbers::parts(Unit::Factor, ratio)) {
        Some((mean, Some(half_width))) => format!("{mean} ±{half_width}"),
        Some((mean, None)) => mean,
        None => MISSING.to_owned(),
    }
}

fn ratio(estimate: Option<&Estimate>) -> String {
    estimate.map_or_else(String::new, |estimate| numbers::parts(Unit::Factor, estimate).0)
}

fn widths(header: &Row, rows: &[Row]) -> Vec<usize> {
    let of = |row: &Row, column: usize| row.cells[column].iter().map(|line| width(line)).max();
    let all = || std::iter::once(header).chain(rows);
    (0..header.cells.len())
        .map(|column| all().filter_map(|row| of(row, column)).max().unwrap_or(0))
        .collect()
}

/// The space between two columns: narrow only where that keeps the table in one part.
fn gap(widths: &[usize], room: Option<usize>) -> usize {
    let parts_with = |gap| parts(widths, gap, room).len();
    if parts_with(2) > 1 && parts_with(1) == 1 { 1 } else { 2 }
}

/// The columns of each part of the table; the variants' column leads every part.
fn parts(widths: &[usize], gap: usize, room: Option<usize>) -> Vec<Vec<usize>> {
    let room = room.unwrap_or(usize::MAX);
    let mut parts = vec![vec![0]];
    let mut taken = widths[0];
    for (column, width) in widths.iter().enumerate().skip(1) {
        let part = parts.last_mut().filter(|part| part.len() == 1 || taken + gap + width <= room);
        if let Some(part) = part {
            part.push(column);
            taken += gap + width;
        } else {
            parts.push(vec![0, column]);
            taken = widths[0] + gap + width;
        }
    }
    parts
}

fn render(header: &Row, rows: &[Row], part: &[usize], gap: usize, paint: Paint) -> Vec<String> {
    let mut table = empty_table();
    table.set_header(select(header, part));
    for row in rows {
        table.add_row(select(row, part));
    }
    for (position, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if position + 1 == part.len() { 0 } else { gap as u16 }));
        if position > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let first = first_width(header, rows);
    let kinds = kinds(header, rows);
    let lines = table.lines().zip(kinds);
    lines.map(|(line, kind)| coloured(line.trim_end(), kind, first, paint)).collect()
}

fn empty_table() -> Table {
    let style = TableStyle::new()
        .header_separator(LineStyle::none().fill('─'))
        .row_separator(LineStyle::none().fill('╌'));
    let mut table = Table::new();
    table.load_style(style).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn select(row: &Row, part: &[usize]) -> Vec<String> {
    part.iter().map(|&column| row.cells[column].join("\n")).collect()
}

/// What a line of the rendered table is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Header,
    Rule,
    Figures,
    Details,
    Control,
}

fn kinds(header: &Row, rows: &[Row]) -> Vec<Kind> {
    let mut kinds = vec![Kind::Header; header.height];
    for row in rows {
        kinds.push(Kind::Rule);
        kinds.push(Kind::Figures);
        kinds.extend(vec![Kind::Details; row.height.saturating_sub(2)]);
        kinds.push(Kind::Control);
    }
    kinds
}

fn first_width(header: &Row, rows: &[Row]) -> usize {
    widths(header, rows)[0]
}

/// Colours one line; its first column holds the variant, the rest figures.
fn coloured(line: &str, kind: Kind, first: usize, paint: Paint) -> String {
    let split = line.char_indices().nth(first).map_or(line.len(), |(at, _)| at);
    let (name, figures) = line.split_at(split);
    match kind {
        Kind::Header => paint.bold(line),
        Kind::Rule | Kind::Control => paint.dim(line),
        Kind::Figures => paint.bold(name) + figures,
        Kind::Details => paint.verdict(name) + &paint.dim(figures),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_do_not_fit_go_into_further_parts() {
        assert_eq!(parts(&[10, 5, 5, 5], 2, None), [vec![0, 1, 2, 3]]);
        assert_eq!(parts(&[10, 5, 5, 5], 2, Some(24)), [vec![0, 1, 2], vec![0, 3]]);
        assert_eq!(parts(&[10, 50], 2, Some(24)), [vec![0, 1]]);
    }

    #[test]
    fn columns_move_together_before_the_table_is_parted() {
        assert_eq!(gap(&[10, 5, 5], Some(24)), 2);
        assert_eq!(gap(&[10, 5, 5], Some(23)), 1);
        assert_eq!(gap(&[10, 5, 5], Some(20)), 2);
        assert_eq!(gap(&[10, 5, 5], None), 2);
    }

    #[test]
    fn the_control_is_the_last_line_of_every_cell() {
        let text = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let row = Row::new(vec![text(&["a", "b", "c", "control"]), text(&["1", "2"])], 1);
        assert_eq!(row.cells[1], ["1", "", "", "2"]);
    }
}
