//! One panel of a chart over time: its name, the faults' shades, the courses and the ticks.

use experiments::results::{FaultWindow, Unit};

use super::palette::{AXIS, FAULT, GRID, INK, PAPER, QUIET};
use super::scale::{Scale, Ticks};
use super::scene::{Align, Area, Font, Pen, Point, Scene};
use super::text;
use super::time_panels::{Course, Panel};
use crate::numbers;

const NAME: Font = Font::bold(13.0, INK);
const NOTE: Font = Font::plain(12.0, QUIET);
/// The ticks of both axes.
pub(super) const TICK: Font = Font::plain(11.0, QUIET);
/// The height of a line of a name.
pub(super) const NAME_LINE: f64 = 16.0;

/// One panel on its place.
pub(super) struct PanelDrawing {
    pub(super) plot: Area,
    pub(super) time: Scale,
    pub(super) vertical: Scale,
}

impl PanelDrawing {
    pub(super) fn header(&self, scene: &mut Scene, panel: &Panel, height: f64) {
        let lines = names(panel, self.plot.width);
        let last = self.plot.top - 7.0;
        let first = last - NAME_LINE * (lines.len() as f64 - 1.0);
        debug_assert!(first > self.plot.top - height);
        for (number, line) in lines.iter().enumerate() {
            let at = (self.plot.left, first + NAME_LINE * number as f64);
            scene.text(at, line, NAME, Align::Start);
        }
        scene.text((self.plot.right(), last), &panel.note, NOTE, Align::End);
    }

    pub(super) fn background(
        &self,
        scene: &mut Scene,
        faults: &[FaultWindow],
        marks: &[(f64, String)],
    ) {
        for fault in faults {
            let (left, right) = (self.time.place(fault.start_s), self.time.place(fault.end_s));
            // A fault of a moment is still seen.
            let width = (right - left).max(1.5);
            scene.fill(Area { left, width, ..self.plot }, FAULT);
        }
        for (at, _) in marks {
            let height = self.vertical.place(*at);
            let line = ((self.plot.left, height), (self.plot.right(), height));
            scene.line(line.0, line.1, Pen::new(0.75, GRID));
        }
        let floor = self.plot.bottom();
        scene.line((self.plot.left, floor), (self.plot.right(), floor), Pen::new(1.0, AXIS));
    }

    pub(super) fn courses(&self, scene: &mut Scene, panel: &Panel) {
        for course in &panel.courses {
            for points in self.pieces(course) {
                scene.path(thinned(points), course.pen);
            }
        }
        // A name may be followed by nothing at all: say so instead of showing an empty plot.
        if panel
            .courses
            .iter()
            .all(|course| course.points.iter().all(|(_, figure)| figure.is_none()))
        {
            let (x, y) = self.plot.middle();
            let words = "nothing measured";
            let width = text::width(words, NOTE) + 8.0;
            let behind = Area { left: x - width / 2.0, top: y - 12.0, width, height: 18.0 };
            scene.fill(behind, PAPER);
            scene.text((x, y), words, NOTE, Align::Middle);
        }
    }

    /// The places of a course, a piece for each stretch without gaps.
    fn pieces(&self, course: &Course) -> Vec<Vec<Point>> {
        let stretches = course.points.split(|(_, figure)| figure.is_none());
        let place = |(time, figure): &(f64, Option<f64>)| {
            let figure = figure.unwrap_or_default();
            (self.time.place(*time), self.vertical.place(figure))
        };
        let pieces = stretches.map(|stretch| stretch.iter().map(place).collect::<Vec<Point>>());
        pieces.filter(|piece| !piece.is_empty()).collect()
    }

    pub(super) fn vertical_ticks(&self, scene: &mut Scene, marks: &[(f64, String)]) {
        for (at, told) in marks {
            let baseline = self.vertical.place(*at) + TICK.drop();
            scene.text((self.plot.left - 7.0, baseline), told, TICK, Align::End);
        }
    }

    pub(super) fn time_ticks(&self, scene: &mut Scene, ticks: &Ticks) {
        let (length, _) = clock(ticks.last());
        let floor = self.plot.bottom();
        for at in &ticks.at {
            let x = self.time.place(*at);
            scene.line((x, floor), (x, floor + 4.0), Pen::new(1.0, AXIS));
            let told = numbers::tick(Unit::Count, at / length, ticks.step / length);
            scene.text((x, floor + 17.0), &told, TICK, Align::Middle);
        }
    }
}

/// A line with at most its lowest and highest point in each point's width of the page: what is
/// left out could not be seen.
fn thinned(points: Vec<Point>) -> Vec<Point> {
    if points.len() < 3 {
        return points;
    }
    let mut thin: Vec<Point> = Vec::new();
    for column in points.chunk_by(|one, other| one.0.floor() == other.0.floor()) {
        let by_height = |one: &&Point, other: &&Point| one.1.total_cmp(&other.1);
        let extremes = column.iter().min_by(by_height).zip(column.iter().max_by(by_height));
        let Some((high, low)) = extremes else { continue };
        let (first, second) = if high.0 <= low.0 { (high, low) } else { (low, high) };
        thin.push(*first);
        if second != first {
            thin.push(*second);
        }
    }
    thin
}

/// The lines of a panel's name beside its note.
pub(super) fn names(panel: &Panel, width: f64) -> Vec<String> {
    text::wrap(&panel.name, NAME, width - text::width(&panel.note, NOTE) - 12.0, 2)
}

/// The unit of a time axis that reaches so far, with the seconds it has: scenarios of up to ten
/// minutes are written in seconds.
pub(super) fn clock(reach: f64) -> (f64, &'static str) {
    match reach {
        short if short <= 600.0 => (1.0, "s"),
        middle if middle <= 14_400.0 => (60.0, "min"),
        _ => (3600.0, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_peaks() {
        let points: Vec<Point> = (0..1000)
            .map(|step| {
                (f64::from(step) / 100.0, if step == 537 { 99.0 } else { f64::from(step % 3) })
            })
            .collect();
        let thin = thinned(points);
        assert!(thin.len() <= 20, "{}", thin.len());
        assert!(thin.iter().any(|point| point.1 == 99.0));
        assert!(thin.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    }

    #[test]
    fn short_runs_are_told_in_seconds_and_long_ones_in_hours() {
        assert_eq!(clock(240.0), (1.0, "s"));
        assert_eq!(clock(1800.0), (60.0, "min"));
        assert_eq!(clock(86_400.0), (3600.0, "h"));
    }

    #[test]
    fn a_gap_splits_a_course() {
        let drawing = PanelDrawing {
            plot: Area { left: 0.0, top: 0.0, width: 10.0, height: 10.0 },
            time: Scale::linear(0.0, 4.0, 0.0, 4.0),
            vertical: Scale::linear(0.0, 1.0, 10.0, 0.0),
        };
        let figures = [Some(0.0), None, Some(1.0), Some(f64::NAN)];
        let course = Course::new(Pen::new(1.0, INK), &[0.0, 1.0, 2.0, 3.0], &[1.0; 4], figures);
        assert_eq!(drawing.pieces(&course), [vec![(0.5, 10.0)], vec![(2.5, 0.0)]]);
    }
}
