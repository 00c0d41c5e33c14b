//! The table of a sweep, point by point.

use std::io::Write;

use experiments::results::{
    Manifest, MeasureInfo, SweepAxis, SweepCell, SweepResults, VerdictCounts,
};
use serde::{Serialize, Serializer};

use super::summary::Figures;
use crate::ReportError;
use crate::sweep_grid::value;

#[derive(Serialize)]
struct Sweep<'a> {
    manifest: &'a Manifest,
    axes: &'a [SweepAxis],
    measures: &'a [MeasureInfo],
    points: Vec<Point<'a>>,
}

#[derive(Serialize)]
struct Point<'a> {
    variant: &'a str,
    values: Values<'a>,
    verdicts: VerdictCounts,
    figures: Figures<'a>,
}

/// The values of a point under the paths of their axes, in the order of the axes.
struct Values<'a> {
    axes: &'a [SweepAxis],
    at: &'a [usize],
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let setting = self.axes.iter().zip(self.at);
        serializer.collect_map(setting.map(|(axis, &at)| (&axis.path, value(axis, at))))
    }
}

/// Writes the axes, the measures, and for each point of the grid and variant its values, verdicts
/// and figures.
///
/// # Errors
///
/// When `out` refuses.
pub fn sweep(results: &SweepResults, out: &mut dyn Write) -> Result<(), ReportError> {
    let point = |cell| point_of(results, cell);
    let sweep = Sweep {
        manifest: &results.manifest,
        axes: &results.axes,
        measures: &results.measures,
        points: results.cells.iter().map(point).collect(),
    };
    super::write("the table of the sweep", &sweep, out)
}

fn point_of<'a>(results: &'a SweepResults, cell: &'a SweepCell) -> Point<'a> {
    Point {
        variant: &cell.variant,
        values: Values { axes: &results.axes, at: &cell.at },
        verdicts: cell.verdicts,
        figures: Figures { measures: &results.measures, figures: &cell.figures },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn points_hold_their_values_and_figures() {
        let results = fixture::sweep(2);
        let mut bytes = Vec::new();
        sweep(&results, &mut bytes).unwrap();
        let parsed: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let point = &parsed["points"][7];
        let path = &results.axes[1].path;
        assert_eq!(point["values"][path], value(&results.axes[1], results.cells[7].at[1]));
        let mean = &point["figures"][&results.measures[0].key]["value"]["mean"];
        assert_eq!(mean.as_f64(), results.cells[7].figures[0].value.mean);
    }
}
