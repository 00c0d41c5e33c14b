//! Peak rates: a row a strategy, a column a window, each figure with its interval and its control.

use experiments::results::{Estimate, Figure, StudyResults, Unit};

use super::compare::{self, Peaks};
use super::frame::{self, Entry, Heading, Mark};
use super::palette::{AXIS, CONTROL, GRID, INK, MAIN, PAPER, QUIET};
use super::rows::Rows;
use super::scale::{Scale, Ticks};
use super::scene::{Align, Area, Font, Pen, Point, Scene};
use super::text;
use crate::numbers;

const WINDOW: Font = Font::bold(13.0, INK);
const FIGURE: Font = Font::bold(12.0, INK);
const TICK: Font = Font::plain(11.0, QUIET);
const ROW: f64 = 38.0;
const HEAD: f64 = 30.0;
const FOOT: f64 = 44.0;
const COLUMN_GAP: f64 = 30.0;
const ROWS: Rows = Rows { head: HEAD, height: ROW, widest_name: 300.0 };

pub(super) fn draw(results: &StudyResults) -> Option<Scene> {
    let peaks = compare::peaks(results).filter(|_| !results.variants.is_empty())?;
    let height = HEAD + ROW * results.variants.len() as f64 + FOOT;
    let (mut scene, body) = frame::page(&heading(results, &peaks), height);
    let names = ROWS.names(&mut scene, results.variants.iter().map(|variant| &*variant.name), body);
    let count = peaks.measures.len() as f64;
    let width = (body.width - names - COLUMN_GAP * count) / count;
    for (number, &measure) in peaks.measures.iter().enumerate() {
        let left = body.left + names + COLUMN_GAP + (width + COLUMN_GAP) * number as f64;
        Window::new(results, measure, Area { left, width, ..body }).draw(&mut scene);
    }
    Some(scene)
}

fn heading<'a>(results: &'a StudyResults, peaks: &Peaks) -> Heading<'a> {
    let phase = compare::phase(results, &peaks.info.phase);
    let subject = &peaks.info.subject;
    let (what, reference) = match compare::has_ratios(results, peaks.longest) {
        true => ("as a ratio to the rate before it", Some("rate before the fault (1x)")),
        false => ("per second", None),
    };
    let mut legend = vec![
        Entry::new(Mark::Dot(MAIN), "mean over the runs with its 95 % interval"),
        Entry::new(Mark::Ring(CONTROL), "control: the same without faults"),
    ];
    legend.extend(reference.map(|text| Entry::new(Mark::Line(Pen::new(1.5, QUIET)), text)));
    Heading {
        manifest: &results.manifest,
        title: title(results, peaks),
        subtitle: format!(
            "Largest number of arrivals at {subject} in a window {phase}, {what}; mean of {} runs. \
             Each window has its own axis.",
            numbers::whole(results.manifest.replications.into())
        ),
        legend,
    }
}

fn title(results: &StudyResults, peaks: &Peaks) -> String {
    let after = match peaks.info.phase.starts_with("after") {
        true => format!("after {}", compare::faults(results)),
        false => compare::phase(results, &peaks.info.phase),
    };
    let start = format!("Peak rate {after}");
    let figures = compare::peak_figures(results, peaks);
    let unit = match compare::has_ratios(results, peaks.longest) {
        true => Unit::Factor,
        false => Unit::PerSecond,
    };
    match compare::span(unit, &figures) {
        Some(span) => format!("{start}, per {}: {span}", compare::window(peaks.info)),
        None => start,
    }
}

/// The column of one window.
struct Window<'a> {
    results: &'a StudyResults,
    measure: usize,
    unit: Unit,
    area: Area,
    axis: Axis,
}

/// The axis of one window.
struct Axis {
    scale: Scale,
    ticks: Vec<(f64, String)>,
    logarithmic: bool,
}

/// Where the largest figure is so many times the smallest, a linear axis would press all but the
/// largest into one place.
const LOGARITHMIC_FROM: f64 = 12.0;

impl Axis {
    /// An axis for figures up to `high` whose means start at `low`.
    fn new(unit: Unit, low: f64, high: f64, from: f64, to: f64) -> Self {
        if low > 0.0 && high / low > LOGARITHMIC_FROM {
            let low = low * 0.8;
            let told = |at: &f64| (*at, numbers::tick(unit, *at, *at));
            return Self {
                scale: Scale::logarithmic(low, high, from, to),
                ticks: Ticks::of_factors(low, high).iter().map(told).collect(),
                logarithmic: true,
            };
        }
        let ticks = Ticks::from_zero(high, 5);
        let told = |at: &f64| (*at, numbers::tick(unit, *at, ticks.step));
        Self {
            scale: Scale::linear(0.0, high, from, to),
            ticks: ticks.at.iter().map(told).collect(),
            logarithmic: false,
        }
    }
}

impl<'a> Window<'a> {
    fn new(results: &'a StudyResults, measure: usize, area: Area) -> Self {
        let unit = match compare::has_ratios(results, measure) {
            true => Unit::Factor,
            false => Unit::PerSecond,
        };
        let figures = results.variants.iter().filter_map(|variant| variant.figures.get(measure));
        let shown = figures.clone().flat_map(|figure| [value(unit, figure), control(unit, figure)]);
        let shown: Vec<Estimate> = shown.flatten().filter(|one| one.mean.is_some()).collect();
        let reference = if unit == Unit::Factor { 1.0 } else { f64::INFINITY };
        let means = shown.iter().filter_map(|estimate| estimate.mean);
        let low = means.fold(reference, f64::min);
        let ends = shown.iter().map(upper).filter(|end| end.is_finite());
        let high = ends.fold(0.0, f64::max).max(1e-9);
        let written = figures.filter_map(|figure| value(unit, figure));
        let widths = written.map(|estimate| written_width(unit, &estimate));
        let room = widths.fold(0.0, f64::max) + 14.0;
        let axis = Axis::new(unit, low, high, area.left, area.right() - room);
        Self { results, measure, unit, area, axis }
    }

    fn draw(&self, scene: &mut Scene) {
        self.axis(scene);
        for (number, variant) in self.results.variants.iter().enumerate() {
            if let Some(figure) = variant.figures.get(self.measure) {
                self.figure(scene, figure, ROWS.middle(self.area, number));
            }
        }
    }

    fn axis(&self, scene: &mut Scene) {
        let info = &self.results.measures[self.measure];
        let (top, floor) = (self.area.top + HEAD, self.area.bottom() - FOOT);
        let title = format!("peak per {}", compare::window(info));
        scene.text((self.area.left, self.area.top + 16.0), &title, WINDOW, Align::Start);
        for (at, told) in &self.axis.ticks {
            let x = self.axis.scale.place(*at);
            scene.line((x, top), (x, floor), Pen::new(1.0, if *at == 0.0 { AXIS } else { GRID }));
            scene.text((x, floor + 16.0), told, TICK, Align::Middle);
        }
        if self.unit == Unit::Factor {
            let x = self.axis.scale.place(1.0);
            scene.line((x, top), (x, floor), Pen::new(1.5, QUIET));
        }
        scene.text((self.area.left, floor + 35.0), self.axis_title(), TICK, Align::Start);
    }

    fn axis_title(&self) -> &'static str {
        match (self.unit, self.axis.logarithmic) {
            (Unit::Factor, false) => "times the rate before",
            (Unit::Factor, true) => "times the rate before, logarithmic axis",
            (_, false) => "arrivals per second",
            (_, true) => "arrivals per second, logarithmic axis",
        }
    }

    /// The figure with its interval, and the control a little below, so that neither hides the
    /// other.
    fn figure(&self, scene: &mut Scene, figure: &Figure, middle: f64) {
        let control = control(self.unit, figure).and_then(|estimate| estimate.mean);
        if let Some(mean) = control {
            let x = self.axis.scale.place(mean);
            scene.ring((x, middle + 10.0), 3.5, Pen::new(1.5, CONTROL), PAPER);
        }
        let height = middle - 4.0;
        let value = value(self.unit, figure);
        let Some((estimate, mean)) = value.and_then(|estimate| Some((estimate, estimate.mean?)))
        else {
            let at = (self.area.left + 8.0, height + FIGURE.drop());
            return scene.text(at, numbers::MISSING, FIGURE, Align::Start);
        };
        let half_width = estimate.half_width.unwrap_or(0.0);
        let place = |figure| self.axis.scale.place(figure);
        let (low, high) = (place(mean - half_width), place(mean + half_width));
        scene.line((low, height), (high, height), Pen::new(2.0, MAIN));
        for end in [low, high].into_iter().filter(|_| high - low > 10.0) {
            scene.line((end, height - 4.0), (end, height + 4.0), Pen::new(1.5, MAIN));
        }
        scene.dot((place(mean), height), 4.5, MAIN);
        let beside = high.max(place(mean) + 4.5) + 6.0;
        write(scene, (beside, height + FIGURE.drop()), self.unit, &estimate);
    }
}

/// Writes a figure, and its interval more quietly.
fn write(scene: &mut Scene, at: Point, unit: Unit, estimate: &Estimate) {
    let (mean, interval) = written(unit, estimate);
    scene.text(at, &mean, FIGURE, Align::Start);
    let after = at.0 + text::width(&mean, FIGURE) + 4.0;
    scene.text((after, at.1), &interval, TICK, Align::Start);
}

fn written(unit: Unit, estimate: &Estimate) -> (String, String) {
    let (mean, half_width) = numbers::parts(unit, estimate);
    let interval = half_width.map(|half_width| format!("± {half_width}"));
    (mean, interval.unwrap_or_default())
}

fn written_width(unit: Unit, estimate: &Estimate) -> f64 {
    let (mean, interval) = written(unit, estimate);
    text::width(&mean, FIGURE) + text::width(&interval, TICK) + 4.0
}

fn value(unit: Unit, figure: &Figure) -> Option<Estimate> {
    if unit == Unit::Factor { figure.ratio } else { Some(figure.value) }
}

fn control(unit: Unit, figure: &Figure) -> Option<Estimate> {
    if unit == Unit::Factor { figure.control_ratio } else { figure.control }
}

fn upper(estimate: &Estimate) -> f64 {
    estimate.mean.unwrap_or(0.0) + estimate.half_width.unwrap_or(0.0)
}
