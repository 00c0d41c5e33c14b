//! Courses over time, a panel a variant, all on the same axes: a dozen lines in one plot could not
//! be told apart.

use experiments::results::{FaultWindow, StudyResults, Unit};

use super::frame::{self, Heading};
use super::palette::QUIET;
use super::panel::{NAME_LINE, PanelDrawing, TICK, clock, names};
use super::scale::{Scale, Ticks};
use super::scene::{Align, Area, Font, Pen, Scene};
use super::text;
use crate::numbers;

const AXIS_TITLE: Font = Font::plain(12.0, QUIET);
const COLUMN_GAP: f64 = 32.0;
const ROW_GAP: f64 = 22.0;
/// The ticks and the title of the time axis.
const FOOT: f64 = 42.0;

/// A chart of courses over time.
pub(super) struct TimePanels<'a> {
    pub(super) results: &'a StudyResults,
    pub(super) heading: Heading<'a>,
    pub(super) vertical: Vertical,
    pub(super) panels: Vec<Panel>,
}

/// The vertical axis.
pub(super) struct Vertical {
    pub(super) title: String,
    pub(super) unit: Unit,
    pub(super) range: Range,
}

/// What the vertical axis covers.
pub(super) enum Range {
    /// From zero to so much.
    FromZero(f64),
    /// Between two powers of ten.
    Decades(f64, f64),
}

/// One variant.
pub(super) struct Panel {
    pub(super) name: String,
    /// What stands at its right: its own figure.
    pub(super) note: String,
    /// Drawn in this order.
    pub(super) courses: Vec<Course>,
    /// When its faults are active; `None`: whenever those of any variant are.
    pub(super) faults: Option<Vec<FaultWindow>>,
}

/// A line over time, with gaps where there is nothing.
pub(super) struct Course {
    pub(super) pen: Pen,
    pub(super) points: Vec<(f64, Option<f64>)>,
    /// From the start of its first bin to the end of its last.
    times: Option<(f64, f64)>,
}

impl Course {
    /// A course through the middles of bins.
    pub(super) fn new(
        pen: Pen,
        starts: &[f64],
        widths: &[f64],
        figures: impl IntoIterator<Item = Option<f64>>,
    ) -> Self {
        let bins = starts.iter().zip(widths);
        let times = bins.clone().map(|(start, width)| (*start, start + width)).reduce(widest);
        let middles = bins.map(|(start, width)| start + width / 2.0);
        let finite = figures.into_iter().map(|figure| figure.filter(|figure| figure.is_finite()));
        Self { pen, points: middles.zip(finite).collect(), times }
    }
}

/// The time from the start of the one that begins first to the end of the one that ends last.
fn widest(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    (one.0.min(other.0), one.1.max(other.1))
}

impl TimePanels<'_> {
    /// Draws the chart; nothing if no panel has a course.
    pub(super) fn draw(&self) -> Option<Scene> {
        let times = self.times()?;
        let layout = Layout::of(self);
        let (mut scene, body) = frame::page(&self.heading, layout.height());
        let ticks = Ticks::of_time(times.0, times.1, layout.time_ticks());
        let (vertical, marks) = self.vertical.scale();
        for (number, panel) in self.panels.iter().enumerate() {
            let cell = layout.cell(body, number);
            let plot = cell.inside(0.0, layout.header, 0.0, 0.0);
            let time = Scale::linear(times.0, times.1, plot.left, plot.right());
            let drawing =
                PanelDrawing { plot, time, vertical: vertical.between(plot.bottom(), plot.top) };
            drawing.header(&mut scene, panel, layout.header);
            let faults = panel.faults.as_ref().unwrap_or(&self.results.fault_windows);
            drawing.background(&mut scene, faults, &marks);
            drawing.courses(&mut scene, panel);
            if layout.is_leftmost(number) {
                drawing.vertical_ticks(&mut scene, &marks);
            }
            if layout.is_lowest(number) {
                drawing.time_ticks(&mut scene, &ticks);
            }
        }
        self.titles(&mut scene, body, &ticks, &layout);
        Some(scene)
    }

    fn times(&self) -> Option<(f64, f64)> {
        let courses = self.panels.iter().flat_map(|panel| &panel.courses);
        let bounds = courses.filter_map(|course| course.times).reduce(widest);
        bounds.filter(|(low, high)| high > low && (high - low).is_finite())
    }

    fn titles(&self, scene: &mut Scene, body: Area, ticks: &Ticks, layout: &Layout) {
        let (middle, _) = body.inside(layout.left, 0.0, 0.0, 0.0).middle();
        let time = format!("time since the start, {}", clock(ticks.last()).1);
        scene.text((middle, body.bottom() - 4.0), &time, AXIS_TITLE, Align::Middle);
        let height = body.top + (body.height - FOOT) / 2.0;
        let at = (body.left + 9.0, height);
        scene.text_upwards(at, &self.vertical.title, AXIS_TITLE, Align::Middle);
    }
}

impl Vertical {
    /// The axis and its ticks with their texts.
    fn scale(&self) -> (Scale, Vec<(f64, String)>) {
        match self.range {
            Range::FromZero(high) => {
                let ticks = Ticks::from_zero(high, 4);
                let told = |at: &f64| (*at, numbers::tick(self.unit, *at, ticks.step));
                (Scale::linear(0.0, high, 0.0, 1.0), ticks.at.iter().map(told).collect())
            }
            Range::Decades(low, high) => {
                let powers = Ticks::powers_of_ten(low, high);
                let told = |at: &f64| (*at, numbers::tick(self.unit, *at, *at));
                let scale = Scale::logarithmic(low, high, 0.0, 1.0);
                (scale, powers.iter().map(told).collect())
            }
        }
    }
}

/// Where the panels lie.
struct Layout {
    panels: usize,
    columns: usize,
    /// The room at the left for the vertical axis.
    left: f64,
    /// The height of a panel's header and of its plot.
    header: f64,
    plot: f64,
}

impl Layout {
    fn of(chart: &TimePanels) -> Self {
        let panels = chart.panels.len();
        let columns = match panels {
            0 | 1 => 1,
            2 | 4 => 2,
            _ => 3,
        };
        let plot = match panels {
            0..=1 => 380.0,
            2..=4 => 230.0,
            5..=9 => 165.0,
            _ => 135.0,
        };
        let (_, marks) = chart.vertical.scale();
        let widest = marks.iter().map(|(_, told)| text::width(told, TICK)).fold(0.0, f64::max);
        let mut layout = Self { panels, columns, left: widest + 30.0, header: 0.0, plot };
        let width = layout.cell_width(frame::WIDTH - 64.0);
        let lines = chart.panels.iter().map(|panel| names(panel, width).len()).max();
        layout.header = NAME_LINE * lines.unwrap_or(1) as f64 + 7.0;
        layout
    }

    fn rows(&self) -> usize {
        self.panels.div_ceil(self.columns).max(1)
    }

    fn height(&self) -> f64 {
        let rows = self.rows() as f64;
        rows * (self.header + self.plot) + (rows - 1.0) * ROW_GAP + FOOT
    }

    fn cell_width(&self, body: f64) -> f64 {
        let columns = self.columns as f64;
        (body - self.left - (columns - 1.0) * COLUMN_GAP) / columns
    }

    fn cell(&self, body: Area, number: usize) -> Area {
        let (row, column) = (number / self.columns, number % self.columns);
        let (width, height) = (self.cell_width(body.width), self.header + self.plot);
        Area {
            left: body.left + self.left + column as f64 * (width + COLUMN_GAP),
            top: body.top + row as f64 * (height + ROW_GAP),
            width,
            height,
        }
    }

    fn is_leftmost(&self, number: usize) -> bool {
        number.is_multiple_of(self.columns)
    }

    /// Whether no panel lies below.
    fn is_lowest(&self, number: usize) -> bool {
        number + self.columns >= self.panels
    }

    fn time_ticks(&self) -> usize {
        match self.columns {
            1 => 12,
            2 => 8,
            _ => 6,
        }
    }
}
