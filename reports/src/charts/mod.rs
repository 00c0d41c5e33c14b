//! Charts of results, as SVG and PNG from the same drawing.
//!
//! A chart is drawn once, as a `scene::Scene`: shapes and texts in points. The backends of
//! plotters then play it, into SVG (with the fonts embedded) or into pixels. So a chart can be
//! tested without looking at pixels, and both pictures agree.
//!
//! To add a chart: one file with a function that draws it (or says that there is nothing to draw),
//! and one row in `STUDY` or in `of_sweep`. What a file asks for itself is in `own`, a kind a file.

mod arrival_rate;
mod bars;
mod compare;
mod frame;
mod heat_map;
mod over_time;
mod own;
mod palette;
mod panel;
mod peak_rate;
mod player;
mod png;
mod response_time;
mod rows;
mod scale;
mod scene;
mod success;
mod svg;
mod sweep_line;
mod text;
mod time_panels;

use std::io::Write;

use experiments::results::{StudyResults, SweepResults};

use crate::ReportError;
use scene::Scene;

/// Draws a chart, or says that there is nothing to draw.
type Draw = fn(&StudyResults) -> Option<Scene>;

/// The charts of every study: file name without ending, and what draws it.
const STUDY: [(&str, Draw); 4] = [
    ("arrival-rate", arrival_rate::draw),
    ("peak-rate", peak_rate::draw),
    ("response-time", response_time::draw),
    ("success", success::draw),
];

/// A drawn chart.
pub struct Chart {
    name: String,
    scene: Scene,
}

impl Chart {
    /// Its file name without the ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What one sees in it: its heading.
    pub fn title(&self) -> &str {
        &self.scene.title
    }

    /// Writes it as SVG, with its fonts inside.
    ///
    /// # Errors
    ///
    /// When `out` refuses.
    pub fn svg(&self, out: &mut dyn Write) -> Result<(), ReportError> {
        svg::write(&self.name, &self.scene, out)
    }

    /// Writes it as PNG, two pixels a point.
    ///
    /// # Errors
    ///
    /// When `out` refuses.
    pub fn png(&self, out: &mut dyn Write) -> Result<(), ReportError> {
        png::write(&self.name, &self.scene, out)
    }
}

/// Draws the charts of a study: first those that its file asks for, then those of every study for which
/// it has figures.
pub fn of_study(results: &StudyResults) -> Vec<Chart> {
    let own = own::draw(results).into_iter().map(|(name, scene)| Chart { name, scene });
    let drawn = |(name, draw): &(&str, Draw)| {
        let name = (*name).to_owned();
        draw(results).map(|scene| Chart { name, scene })
    };
    own.chain(STUDY.iter().filter_map(drawn)).collect()
}

/// Draws a chart for each measure of a sweep that belongs into tables: a line over one parameter,
/// a heat map over two, several heat maps over more.
pub fn of_sweep(results: &SweepResults) -> Vec<Chart> {
    let (kind, draw): (_, fn(&SweepResults, usize) -> Option<Scene>) = match results.axes.len() {
        1 => ("line", sweep_line::draw),
        _ => ("heat-map", heat_map::draw),
    };
    let measures = results.measures.iter().enumerate();
    measures
        .filter(|(_, measure)| measure.in_table)
        .filter_map(|(index, measure)| {
            let name = format!("{kind}-{}", measure.key);
            draw(results, index).map(|scene| Chart { name, scene })
        })
        .collect()
}

#[cfg(test)]
mod tests;
