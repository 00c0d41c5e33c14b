//! A figure as bars, a row a variant: names of any length have their room, and a dozen can be read.

use experiments::results::{ChartResult, ChartScale, DrawnBar, Estimate, StudyResults, Unit};

use super::frame::{self, Entry, Heading, Mark};
use super::palette::{AXIS, BAND, CONTROL, GRID, INK, MAIN, PAPER, QUIET};
use super::rows::Rows;
use super::scale::{Scale, Ticks, decades_around};
use super::scene::{Align, Area, Font, Pen, Point, Scene};
use super::text;
use crate::numbers;

const FIGURE: Font = Font::bold(13.0, INK);
const NOTE: Font = Font::plain(12.0, QUIET);
const TICK: Font = Font::plain(11.0, QUIET);
const ROW: f64 = 42.0;
const HEAD: f64 = 4.0;
const FOOT: f64 = 44.0;
const THICK: f64 = 18.0;
const GAP: f64 = 20.0;
const ROWS: Rows = Rows { head: HEAD, height: ROW, widest_name: 330.0 };

/// Draws the chart; nothing if it has no variants.
pub(super) fn draw(
    results: &StudyResults,
    chart: &ChartResult,
    bars: &[DrawnBar],
) -> Option<Scene> {
    if bars.is_empty() {
        return None;
    }
    let height = HEAD + ROW * bars.len() as f64 + FOOT;
    let (mut scene, body) = frame::page(&heading(results, chart, bars), height);
    let names = ROWS.names(&mut scene, bars.iter().map(|bar| &*bar.variant), body);
    let left = body.left + names + GAP;
    let plot = Area {
        left,
        top: body.top + HEAD,
        width: body.right() - left,
        height: ROW * bars.len() as f64,
    };
    let drawing = Drawing { chart, plot, axis: Axis::new(chart, bars, plot) };
    drawing.grid(&mut scene);
    for (number, bar) in bars.iter().enumerate() {
        drawing.bar(&mut scene, bar, ROWS.middle(body, number));
    }
    Some(scene)
}

fn heading<'a>(results: &'a StudyResults, chart: &ChartResult, bars: &[DrawnBar]) -> Heading<'a> {
    let mut subtitle = format!(
        "{}; mean of {} runs.",
        chart.measure,
        numbers::whole(results.manifest.replications.into())
    );
    if logarithmic(chart, bars).is_some() {
        subtitle += " The axis is logarithmic and has no zero: what is nothing has no bar.";
    }
    let mut legend = vec![Entry::new(Mark::Dot(MAIN), "mean over the runs with its 95 % interval")];
    if bars.iter().any(|bar| bar.control.is_some()) {
        legend.push(Entry::new(Mark::Ring(CONTROL), "control: the same without faults"));
    }
    Heading { manifest: &results.manifest, title: chart.title.clone(), subtitle, legend }
}

struct Drawing<'a> {
    chart: &'a ChartResult,
    plot: Area,
    axis: Axis,
}

struct Axis {
    scale: Scale,
    ticks: Vec<(f64, String)>,
    logarithmic: bool,
}

impl Axis {
    fn new(chart: &ChartResult, bars: &[DrawnBar], plot: Area) -> Self {
        let ends =
            bars.iter().flat_map(|bar| [upper(&bar.value), bar.control.map_or(0.0, |c| upper(&c))]);
        let high = ends.filter(|end| end.is_finite()).fold(0.0, f64::max);
        let high = match (chart.unit, high > 0.0) {
            // No share is more than the whole, whatever its interval says.
            (Unit::Share, true) => high.min(1.0),
            (_, true) => high,
            (_, false) => 1.0,
        };
        let room = bars.iter().map(|bar| Told::of(chart.unit, bar).width()).fold(0.0, f64::max);
        let (from, to) = (plot.left, plot.right() - room - 16.0);
        match logarithmic(chart, bars) {
            Some(low) => {
                let high = high.max(low * 10.0);
                let told = |at: &f64| (*at, numbers::tick(chart.unit, *at, *at));
                let ticks = Ticks::of_factors(low, high);
                Self {
                    scale: Scale::logarithmic(low, high, from, to),
                    ticks: ticks.iter().map(told).collect(),
                    logarithmic: true,
                }
            }
            None => {
                let ticks = Ticks::from_zero(high, 8);
                let told = |at: &f64| (*at, numbers::tick(chart.unit, *at, ticks.step));
                Self {
                    scale: Scale::linear(0.0, high, from, to),
                    ticks: ticks.at.iter().map(told).collect(),
                    logarithmic: false,
                }
            }
        }
    }
}

/// Where a logarithmic axis begins: at a power of ten below the smallest figure, so that the smallest has
/// a bar. `None` if the axis is linear, or there is nothing that could be on a logarithmic one.
fn logarithmic(chart: &ChartResult, bars: &[DrawnBar]) -> Option<f64> {
    let means = bars.iter().flat_map(|bar| [bar.value.mean, bar.control.and_then(|c| c.mean)]);
    let above_zero = means.flatten().filter(|mean| *mean > 0.0 && mean.is_finite());
    let low = above_zero.min_by(f64::total_cmp).filter(|_| chart.scale == ChartScale::Log)?;
    Some(decades_around(low * 0.7, low).0)
}

impl Drawing<'_> {
    fn grid(&self, scene: &mut Scene) {
        let (top, floor) = (self.plot.top, self.plot.bottom());
        for (at, told) in &self.axis.ticks {
            let x = self.axis.scale.place(*at);
            scene.line((x, top), (x, floor), Pen::new(1.0, GRID));
            scene.text((x, floor + 16.0), told, TICK, Align::Middle);
        }
        scene.line((self.plot.left, top), (self.plot.left, floor), Pen::new(1.0, AXIS));
        let kind = if self.axis.logarithmic { ", logarithmic axis" } else { "" };
        let title = format!("{}{kind}", self.chart.measure);
        let title = text::cut(&title, TICK, self.plot.width);
        scene.text((self.plot.left, floor + 35.0), &title, TICK, Align::Start);
    }

    /// The bar with its interval, and the control a little below, so that neither hides the other.
    fn bar(&self, scene: &mut Scene, bar: &DrawnBar, middle: f64) {
        let place = |figure| self.axis.scale.place(figure);
        let height = if bar.control.is_some() { middle - 4.0 } else { middle };
        let told = Told::of(self.chart.unit, bar);
        let Some(mean) = bar.value.mean.filter(|mean| mean.is_finite()) else {
            return told.write(scene, (self.plot.left + 8.0, height + FIGURE.drop()));
        };
        let half_width = bar.value.half_width.filter(|half| half.is_finite()).unwrap_or(0.0);
        let (low, end, high) = (place(mean - half_width), place(mean), place(mean + half_width));
        let left = self.plot.left;
        scene
            .fill(Area { left, top: height - THICK / 2.0, width: end - left, height: THICK }, BAND);
        if let Some(control) = bar.control.and_then(|control| control.mean) {
            scene.ring((place(control), middle + 11.0), 3.5, Pen::new(1.5, CONTROL), PAPER);
        }
        if mean > 0.0 {
            scene.line((low, height), (high, height), Pen::new(2.0, MAIN));
            for whisker in [low, high].into_iter().filter(|_| high - low > 10.0) {
                scene.line((whisker, height - 4.0), (whisker, height + 4.0), Pen::new(1.5, MAIN));
            }
            scene.dot((end, height), 4.5, MAIN);
        }
        let beside = high.max(end + 4.5) + 7.0;
        told.write(scene, (beside, height + FIGURE.drop()));
    }
}

/// What is written beside a bar: its figure, and more quietly its interval and the runs that have none.
struct Told {
    figure: String,
    note: String,
}

impl Told {
    fn of(unit: Unit, bar: &DrawnBar) -> Self {
        let Estimate { n, missing, .. } = bar.value;
        let runs = numbers::whole(u64::from(n) + u64::from(missing));
        let in_runs = |what: &str, of: u32| match of {
            0 => None,
            of => Some(format!("{what} in {} of {runs} runs", numbers::whole(of.into()))),
        };
        let nothing = missing.saturating_sub(bar.never);
        if n == 0 && nothing == 0 && missing > 0 {
            return Self { figure: "never".to_owned(), note: format!("in {runs} runs") };
        }
        let (figure, half_width) = numbers::parts(unit, &bar.value);
        let half_width = half_width.map(|half_width| format!("± {half_width}"));
        let notes = [half_width, in_runs("never", bar.never), in_runs("nothing measured", nothing)];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        Self { figure, note: notes.join(", ") }
    }

    fn width(&self) -> f64 {
        text::width(&self.figure, FIGURE) + 5.0 + text::width(&self.note, NOTE) + 12.0
    }

    fn write(&self, scene: &mut Scene, at: Point) {
        scene.text(at, &self.figure, FIGURE, Align::Start);
        let after = at.0 + text::width(&self.figure, FIGURE) + 5.0;
        scene.text((after, at.1), &self.note, NOTE, Align::Start);
    }
}

fn upper(estimate: &Estimate) -> f64 {
    estimate.mean.unwrap_or(0.0) + estimate.half_width.unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mean: Option<f64>, n: u32, missing: u32, never: u32) -> String {
        let value =
            Estimate { mean, half_width: mean.map(|mean| mean / 10.0), sd: None, n, missing };
        let bar = DrawnBar { variant: "base".to_owned(), value, never, control: None };
        let told = Told::of(Unit::Seconds, &bar);
        format!("{} {}", told.figure, told.note)
    }

    #[test]
    fn what_is_missing_is_said_beside_the_figure() {
        assert_eq!(told(Some(14.2), 30, 0, 0), "14.2 s ± 1.4");
        assert_eq!(told(Some(14.2), 18, 12, 12), "14.2 s ± 1.4, never in 12 of 30 runs");
        assert_eq!(told(Some(14.2), 18, 12, 0), "14.2 s ± 1.4, nothing measured in 12 of 30 runs");
        assert_eq!(told(None, 0, 30, 30), "never in 30 runs");
        assert_eq!(
            told(None, 0, 30, 12),
            "– never in 12 of 30 runs, nothing measured in 18 of 30 runs"
        );
        assert_eq!(told(Some(0.0), 30, 0, 0), "0 s ± 0");
    }
}
