//! `sweep.csv`: a row per point of the grid, variant and measure.

use std::io::Write;

use experiments::results::{SweepAxis, SweepCell, SweepResults};

use super::{FIGURE_COLUMNS, Sheet, figure_cells};
use crate::ReportError;

/// Writes `sweep.csv`: a column per parameter, headed by its path, then a row per point of the
/// grid, variant and measure as in `summary.csv`.
///
/// # Errors
///
/// When `out` refuses.
pub fn sweep(results: &SweepResults, out: &mut dyn Write) -> Result<(), ReportError> {
    let paths = results.axes.iter().map(|axis| axis.path.as_str());
    let header = paths.chain(["variant"]).chain(FIGURE_COLUMNS);
    let mut sheet = Sheet::new("sweep.csv", out, header)?;
    for cell in &results.cells {
        for (measure, figure) in results.measures.iter().zip(&cell.figures) {
            let mut row = setting(&results.axes, cell);
            row.push(cell.variant.clone());
            row.extend(figure_cells(measure, figure));
            sheet.row(row)?;
        }
    }
    sheet.finish()
}

fn setting(axes: &[SweepAxis], cell: &SweepCell) -> Vec<String> {
    let value = |(position, axis): (usize, &SweepAxis)| {
        let value = cell.at.get(position).and_then(|&at| axis.values.get(at));
        value.cloned().unwrap_or_default()
    };
    axes.iter().enumerate().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_row_per_point_and_measure() {
        let mut results = fixture::sweep(2);
        results.cells.truncate(2);
        let mut bytes = Vec::new();
        sweep(&results, &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
