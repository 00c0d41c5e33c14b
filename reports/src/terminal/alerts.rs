//! The alerts: a row a variant and alert.

use experiments::results::{AlertResult, StudyResults};

use super::Style;
use super::layout::{Cell, Layout, Row};
use super::paint::Paint;
use super::wrap::wrap;
use crate::columns::{ALERT_COLUMNS, ALERTS_LEGEND, alert_cells, alert_name};

/// The table in lines, and how it is read; nothing without alerts.
pub(super) fn lines(results: &StudyResults, style: Style) -> Vec<String> {
    let paint = Paint(style.colour);
    let alerts = || results.variants.iter().flat_map(|v| v.alerts.iter().map(move |a| (v, a)));
    if alerts().next().is_none() {
        return Vec::new();
    }
    let one_line = |text: &str| vec![text.to_owned()];
    let header: Vec<Cell> =
        ["variant", "alert"].into_iter().chain(ALERT_COLUMNS).map(one_line).collect();
    let row = |variant: &str, alert: &AlertResult| {
        let words = [variant.to_owned(), alert_name(alert)].into_iter().chain(alert_cells(alert));
        Row::new(words.map(|text| vec![text]).collect(), 0)
    };
    let layout = Layout {
        header: Row::new(header, 0),
        rows: alerts().map(|(variant, alert)| row(&variant.name, alert)).collect(),
        leading: 2,
        ruled: false,
    };
    let mut lines = Vec::new();
    for part in layout.parts(style.width) {
        for (number, line) in part.into_iter().enumerate() {
            lines.push(if number == 0 { paint.bold(&line) } else { line });
        }
        lines.push(String::new());
    }
    lines.extend(wrap(ALERTS_LEGEND, style.width, 0).iter().map(|line| paint.dim(line)));
    lines
}
