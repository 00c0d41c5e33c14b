//! `charts.csv`: what the file's own charts draw, a row per chart, variant and, over time, bin.

use std::io::Write;

use experiments::results::{ChartResult, Drawn, DrawnBar, DrawnCourse, StudyResults};

use super::{Sheet, number};
use crate::ReportError;

const HEADER: [&str; 10] = [
    "chart",
    "title",
    "measure",
    "variant",
    "time_s",
    "width_s",
    "value",
    "half_width",
    "runs",
    "control",
];

/// Writes `charts.csv`: the charts by their places in the file, from 1. Bars have no time; times are in
/// seconds, shares from 0 to 1.
///
/// # Errors
///
/// When `out` refuses.
pub fn charts(results: &StudyResults, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut sheet = Sheet::new("charts.csv", out, HEADER)?;
    for (chart, place) in results.charts.iter().zip(1..) {
        let start = |variant: &str| start(chart, place, variant);
        match &chart.drawn {
            Drawn::Bars(bars) => {
                for bar in bars {
                    sheet.row(start(&bar.variant).into_iter().chain(bar_cells(bar)))?;
                }
            }
            Drawn::OverTime(courses) => {
                for course in courses {
                    for bin in 0..course.time_s.len() {
                        sheet.row(
                            start(&course.variant).into_iter().chain(bin_cells(course, bin)),
                        )?;
                    }
                }
            }
        }
    }
    sheet.finish()
}

fn start(chart: &ChartResult, place: u32, variant: &str) -> [String; 4] {
    [place.to_string(), chart.title.clone(), chart.measure.clone(), variant.to_owned()]
}

fn bar_cells(bar: &DrawnBar) -> [String; 6] {
    [
        String::new(),
        String::new(),
        number(bar.value.mean),
        number(bar.value.half_width),
        bar.value.n.to_string(),
        number(bar.control.and_then(|control| control.mean)),
    ]
}

fn bin_cells(course: &DrawnCourse, bin: usize) -> [String; 6] {
    let at = |column: &[Option<f64>]| number(column.get(bin).copied().flatten());
    [
        number(course.time_s.get(bin).copied()),
        number(course.width_s.get(bin).copied()),
        at(&course.value),
        String::new(),
        String::new(),
        course.control.as_deref().map(at).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own_charts;

    #[test]
    fn a_row_per_bar_and_per_bin() {
        let results = own_charts::small();
        let mut bytes = Vec::new();
        charts(&results, &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
