//! The table of a sweep: a row a point of the grid and variant, the parameters in the leading
//! columns, then a column a measure, each in one line.

use experiments::results::{SweepAxis, SweepCell, SweepResults};

use super::Style;
use super::layout::{Cell, Layout, Row};
use super::paint::Paint;
use super::table::{HEADER_FOOT, heading, heading_of};
use super::wrap::wrap;
use crate::columns::{Column, columns, verdicts};
use crate::numbers;
use crate::sweep_grid::{several_variants, short, value};

/// The table in lines, in as many parts as the terminal's width demands, and its legend.
pub(super) fn lines(results: &SweepResults, style: Style) -> Vec<String> {
    let columns = columns(&results.measures);
    let several = several_variants(results);
    let layout = Layout {
        header: Row::new(header(results, &columns, several), HEADER_FOOT),
        rows: results.cells.iter().map(|cell| row(results, &columns, cell, several)).collect(),
        leading: results.axes.len() + usize::from(several),
        ruled: false,
    };
    let paint = Paint(style.colour);
    let mut lines = Vec::new();
    for part in layout.parts(style.width) {
        for (number, line) in part.into_iter().enumerate() {
            lines.push(if number < layout.header.height { paint.bold(&line) } else { line });
        }
        lines.push(String::new());
    }
    lines.extend(wrap(&legend(results), style.width, 0).iter().map(|line| paint.dim(line)));
    lines
}

/// How the table is to be read.
pub fn legend(results: &SweepResults) -> String {
    format!(
        "Mean of {} runs ± half of its 95 % interval. Peaks: the largest count in a window, as a \
         ratio to the baseline where there is one.",
        numbers::whole(results.manifest.replications.into())
    )
}

fn header(results: &SweepResults, columns: &[Column], several: bool) -> Vec<Cell> {
    let axis = |axis: &SweepAxis| split_in_two(&short(axis));
    let leading = results.axes.iter().map(axis).chain(several.then(|| heading_of("variant")));
    leading.chain(columns.iter().map(heading)).chain([heading_of("verdict")]).collect()
}

/// `retry.max_attempts` in two lines.
fn split_in_two(name: &str) -> Cell {
    match name.split_once('.') {
        Some((table, key)) => vec![format!("{table}."), key.to_owned(), String::new()],
        None => heading_of(name),
    }
}

fn row(results: &SweepResults, columns: &[Column], cell: &SweepCell, several: bool) -> Row {
    let setting = results.axes.iter().zip(&cell.at);
    let mut cells: Vec<Cell> =
        setting.map(|(axis, &at)| vec![value(axis, at).to_owned()]).collect();
    cells.extend(several.then(|| vec![cell.variant.clone()]));
    cells.extend(columns.iter().map(|column| vec![column.told(&cell.figures)]));
    cells.push(vec![verdicts(&cell.verdicts).join(", ")]);
    Row::new(cells, 1)
}
