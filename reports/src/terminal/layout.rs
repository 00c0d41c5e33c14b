//! How a table is laid out on a terminal: rows of cells of several lines, in as many parts as the
//! terminal's width demands. The leading columns say what a row is about and lead every part.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::wrap::{width, wrap};

/// The widest a heading gets before it is wrapped, where its words allow.
const HEADING_WIDTH: usize = 10;

/// The lines of one cell.
pub(super) type Cell = Vec<String>;

/// One row: the leading cells first.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    pub(super) height: usize,
}

impl Row {
    /// A row whose cells are equally high: so many lines of each stay at its foot, the others at
    /// its head.
    pub(super) fn new(mut cells: Vec<Cell>, foot: usize) -> Self {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for cell in &mut cells {
            let at = cell.len().saturating_sub(foot);
            let missing = height - cell.len();
            cell.splice(at..at, vec![String::new(); missing]);
        }
        Self { cells, height }
    }
}

/// A table that is to be laid out.
pub(super) struct Layout {
    pub(super) header: Row,
    pub(super) rows: Vec<Row>,
    /// How many columns lead every part.
    pub(super) leading: usize,
    /// Whether a rule stands between the rows.
    pub(super) ruled: bool,
}

impl Layout {
    /// The lines of each part of the table, in a room of so many columns, if it is limited.
    pub(super) fn parts(&self, room: Option<usize>) -> Vec<Vec<String>> {
        let widths = self.widths();
        let gap = gap(&widths, self.leading, room);
        let parts = parts(&widths, self.leading, gap, room);
        parts.iter().map(|part| self.render(part, gap)).collect()
    }

    /// How wide the first column is.
    pub(super) fn first_width(&self) -> usize {
        self.widths()[0]
    }

    fn widths(&self) -> Vec<usize> {
        let of = |row: &Row, column: usize| row.cells[column].iter().map(|line| width(line)).max();
        let all = || std::iter::once(&self.header).chain(&self.rows);
        (0..self.header.cells.len())
            .map(|column| all().filter_map(|row| of(row, column)).max().unwrap_or(0))
            .collect()
    }

    fn render(&self, part: &[usize], gap: usize) -> Vec<String> {
        let mut table = empty_table(self.ruled);
        table.set_header(select(&self.header, part));
        for row in &self.rows {
            table.add_row(select(row, part));
        }
        for (position, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if position + 1 == part.len() { 0 } else { gap as u16 }));
            if position > 0 {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

/// `peak / 100 ms` in two lines, other labels between their words.
pub(super) fn label(label: &str) -> Vec<String> {
    match label.split_once(" / ") {
        Some((what, window)) => vec![what.to_owned(), format!("/ {window}")],
        None => wrap(label, Some(HEADING_WIDTH.max(longest_word(label))), 0),
    }
}

fn longest_word(text: &str) -> usize {
    text.split_whitespace().map(width).max().unwrap_or(0)
}

/// The space between two columns: narrow only where that keeps the table in one part.
fn gap(widths: &[usize], leading: usize, room: Option<usize>) -> usize {
    let parts_with = |gap| parts(widths, leading, gap, room).len();
    if parts_with(2) > 1 && parts_with(1) == 1 { 1 } else { 2 }
}

/// The columns of each part of the table.
fn parts(widths: &[usize], leading: usize, gap: usize, room: Option<usize>) -> Vec<Vec<usize>> {
    let room = room.unwrap_or(usize::MAX);
    let lead: Vec<usize> = (0..leading).collect();
    let of_lead: usize = widths[..leading].iter().map(|width| width + gap).sum();
    let mut parts = vec![lead.clone()];
    let mut taken = of_lead;
    for (column, width) in widths.iter().enumerate().skip(leading) {
        let fits = |part: &&mut Vec<usize>| part.len() == leading || taken + width <= room;
        if let Some(part) = parts.last_mut().filter(fits) {
            part.push(column);
            taken += gap + width;
        } else {
            parts.push(lead.iter().copied().chain([column]).collect());
            taken = of_lead + gap + width;
        }
    }
    parts
}

fn empty_table(ruled: bool) -> Table {
    let mut style = TableStyle::new().header_separator(LineStyle::none().fill('─'));
    if ruled {
        style = style.row_separator(LineStyle::none().fill('╌'));
    }
    let mut table = Table::new();
    table.load_style(style).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn select(row: &Row, part: &[usize]) -> Vec<String> {
    part.iter().map(|&column| row.cells[column].join("\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_do_not_fit_go_into_further_parts() {
        assert_eq!(parts(&[10, 5, 5, 5], 1, 2, None), [vec![0, 1, 2, 3]]);
        assert_eq!(parts(&[10, 5, 5, 5], 1, 2, Some(24)), [vec![0, 1, 2], vec![0, 3]]);
        assert_eq!(parts(&[10, 50], 1, 2, Some(24)), [vec![0, 1]]);
        assert_eq!(parts(&[4, 4, 5, 5, 5], 2, 2, Some(24)), [vec![0, 1, 2, 3], vec![0, 1, 4]]);
    }

    #[test]
    fn columns_move_together_before_the_table_is_parted() {
        assert_eq!(gap(&[10, 5, 5], 1, Some(24)), 2);
        assert_eq!(gap(&[10, 5, 5], 1, Some(23)), 1);
        assert_eq!(gap(&[10, 5, 5], 1, Some(20)), 2);
        assert_eq!(gap(&[10, 5, 5], 1, None), 2);
    }

    #[test]
    fn the_foot_is_the_last_line_of_every_cell() {
        let text = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let row = Row::new(vec![text(&["a", "b", "c", "control"]), text(&["1", "2"])], 1);
        assert_eq!(row.cells[1], ["1", "", "", "2"]);
    }
}
