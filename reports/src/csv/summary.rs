//! `summary.csv`: a row per variant and measure.

use std::io::Write;
use std::iter::once;

use experiments::results::StudyResults;

use super::{FIGURE_COLUMNS, Sheet, figure_cells};
use crate::ReportError;

/// Writes `summary.csv`: a row per variant and measure, with the figure, its control, its ratio to
/// the baseline and the control's ratio.
///
/// # Errors
///
/// When `out` refuses.
pub fn summary(results: &StudyResults, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut sheet = Sheet::new("summary.csv", out, once("variant").chain(FIGURE_COLUMNS))?;
    for variant in &results.variants {
        for (measure, figure) in results.measures.iter().zip(&variant.figures) {
            sheet.row(once(variant.name.clone()).chain(figure_cells(measure, figure)))?;
        }
    }
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_row_per_variant_and_measure() {
        let mut bytes = Vec::new();
        summary(&fixture::small(), &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
