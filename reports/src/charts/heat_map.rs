//! A sweep over two parameters: a field a setting, the darker the more.

use experiments::results::{SweepAxis, SweepResults, Unit};

use super::compare;
use super::frame::{self, Heading};
use super::palette::{GRID, INK, QUIET, ink_on, ramp};
use super::scene::{Align, Area, Font, Scene};
use super::text;
use crate::numbers;
use crate::sweep_grid::{Facet, facets, figure, short, told, unit, value};

const NAME: Font = Font::bold(13.0, INK);
const TICK: Font = Font::plain(12.0, INK);
const AXIS_TITLE: Font = Font::plain(12.0, QUIET);
const FIELD: f64 = 12.5;
/// More plots than these could not be read; `sweep.csv` has them all.
const MOST_FACETS: usize = 24;
const COLUMN_GAP: f64 = 36.0;
const ROW_GAP: f64 = 26.0;
const LEGEND: f64 = 62.0;

pub(super) fn draw(results: &SweepResults, measure: usize) -> Option<Scene> {
    let [across, up, ..] = results.axes.as_slice() else {
        return None;
    };
    let mut facets = facets(results, 2);
    facets.truncate(MOST_FACETS);
    let map = HeatMap {
        results,
        measure,
        across,
        up,
        unit: unit(results, measure),
        bounds: bounds(results, measure)?,
    };
    let layout = Layout::new(&map, facets.len());
    let (mut scene, body) = frame::page(&map.heading(), layout.height() + LEGEND);
    map.key(&mut scene, body);
    for (number, facet) in facets.iter().enumerate() {
        map.facet(&mut scene, facet, layout.plot(body, number), layout.header);
    }
    map.titles(&mut scene, body, &layout);
    Some(scene)
}

fn bounds(results: &SweepResults, measure: usize) -> Option<(f64, f64)> {
    let cells = results.cells.iter().filter_map(|cell| figure(results, measure, cell)?.mean);
    let figures = cells.filter(|mean| mean.is_finite());
    let bounds = figures.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| {
        (low.min(mean), high.max(mean))
    });
    bounds.0.is_finite().then_some(bounds)
}

struct HeatMap<'a> {
    results: &'a SweepResults,
    measure: usize,
    across: &'a SweepAxis,
    up: &'a SweepAxis,
    unit: Unit,
    bounds: (f64, f64),
}

impl HeatMap<'_> {
    fn heading(&self) -> Heading<'_> {
        let (low, high) = self.bounds;
        let (low, high) = (numbers::value(self.unit, low), numbers::value(self.unit, high));
        let what = told(self.results, self.measure);
        let span = match low == high {
            true => format!("{low} everywhere"),
            false => format!("{low} to {high}"),
        };
        Heading {
            manifest: &self.results.manifest,
            title: format!("{}: {span}", compare::capitalised(&what)),
            subtitle: format!(
                "Mean of {} runs at each setting of {} and {}.",
                numbers::whole(self.results.manifest.replications.into()),
                self.across.path,
                self.up.path
            ),
            legend: Vec::new(),
        }
    }

    /// Which colour is how much.
    fn key(&self, scene: &mut Scene, body: Area) {
        const STEPS: usize = 60;
        let (width, top) = (300.0, body.top);
        for step in 0..STEPS {
            let share = step as f64 / (STEPS - 1) as f64;
            let left = body.left + width * step as f64 / STEPS as f64;
            // A little wider than a step, so that no gap shows between two.
            let area = Area { left, top, width: width / STEPS as f64 + 0.25, height: 12.0 };
            scene.fill(area, ramp(share));
        }
        let ends = [
            (body.left, self.bounds.0, Align::Start),
            (body.left + width, self.bounds.1, Align::End),
        ];
        for (x, figure, align) in ends {
            let words = numbers::value(self.unit, figure);
            scene.text((x, top + 28.0), &words, AXIS_TITLE, align);
        }
    }

    fn facet(&self, scene: &mut Scene, facet: &Facet, plot: Area, header: f64) {
        let name = text::cut(&facet.name, NAME, plot.width);
        if header > 0.0 {
            scene.text((plot.left, plot.top - 8.0), &name, NAME, Align::Start);
        }
        scene.fill(plot, GRID);
        for cell in &facet.cells {
            let [column, row, ..] = cell.at.as_slice() else {
                continue;
            };
            let mean = figure(self.results, self.measure, cell).and_then(|estimate| estimate.mean);
            self.field(scene, self.place(plot, *column, *row), mean);
        }
        self.ticks(scene, plot);
    }

    /// The place of a setting: the first axis runs to the right, the second upwards.
    fn place(&self, plot: Area, column: usize, row: usize) -> Area {
        let width = plot.width / self.across.values.len() as f64;
        let height = plot.height / self.up.values.len() as f64;
        let from_below = (row + 1) as f64;
        Area {
            left: plot.left + width * column as f64,
            top: plot.bottom() - height * from_below,
            width,
            height,
        }
    }

    fn field(&self, scene: &mut Scene, place: Area, mean: Option<f64>) {
        let (low, high) = self.bounds;
        let share = |mean: f64| if high > low { (mean - low) / (high - low) } else { 0.5 };
        let colour = mean.map_or(GRID, |mean| ramp(share(mean)));
        scene.fill(place.inside(0.5, 0.5, 0.5, 0.5), colour);
        let words =
            mean.map_or(numbers::MISSING.to_owned(), |mean| numbers::value(self.unit, mean));
        let font = Font::plain(FIELD, ink_on(colour));
        if text::width(&words, font) + 6.0 <= place.width && place.height >= 18.0 {
            let (x, y) = place.middle();
            scene.text((x, y + font.drop()), &words, font, Align::Middle);
        }
    }

    fn ticks(&self, scene: &mut Scene, plot: Area) {
        let room = plot.width / self.across.values.len() as f64;
        let widest = widest(self.across);
        let every = ((widest + 8.0) / room).ceil().max(1.0) as usize;
        for at in (0..self.across.values.len()).step_by(every) {
            let (x, _) = self.place(plot, at, 0).middle();
            let words = text::cut(value(self.across, at), TICK, room * every as f64 - 4.0);
            scene.text((x, plot.bottom() + 17.0), &words, TICK, Align::Middle);
        }
        for at in 0..self.up.values.len() {
            let (_, y) = self.place(plot, 0, at).middle();
            let words = text::cut(value(self.up, at), TICK, WIDEST_TICK);
            scene.text((plot.left - 8.0, y + TICK.drop()), &words, TICK, Align::End);
        }
    }

    fn titles(&self, scene: &mut Scene, body: Area, layout: &Layout) {
        let first_row = layout.facets.min(layout.columns).saturating_sub(1);
        let (first, last) = (layout.plot(body, 0), layout.plot(body, first_row));
        let at = ((first.left + last.right()) / 2.0, body.bottom() - 4.0);
        scene.text(at, &short(self.across), AXIS_TITLE, Align::Middle);
        let middle = body.top + LEGEND + (body.height - LEGEND - FOOT) / 2.0;
        scene.text_upwards((body.left + 10.0, middle), &short(self.up), AXIS_TITLE, Align::Middle);
    }
}

const WIDEST_TICK: f64 = 160.0;
/// The ticks and the title of the axis across.
const FOOT: f64 = 44.0;

fn widest(axis: &SweepAxis) -> f64 {
    let widths = axis.values.iter().map(|value| text::width(value, TICK));
    widths.fold(0.0, f64::max)
}

/// Where the plots lie.
struct Layout {
    facets: usize,
    columns: usize,
    /// The room at the left of each plot for its ticks, and of all for the title of the axis.
    left: f64,
    header: f64,
    width: f64,
    height: f64,
}

impl Layout {
    fn new(map: &HeatMap, facets: usize) -> Self {
        let columns = match facets {
            0 | 1 => 1,
            2..=4 => 2,
            _ => 3,
        };
        let left = widest(map.up).min(WIDEST_TICK) + 36.0;
        let room = frame::WIDTH - 64.0;
        let widest = (room - COLUMN_GAP * (columns as f64 - 1.0)) / columns as f64 - left;
        // Fields of a readable shape: neither slivers nor tiles as big as a page.
        let width = widest.min(110.0 * map.across.values.len() as f64);
        let field: f64 = if columns == 1 { 46.0 } else { 34.0 };
        let height = (field * map.up.values.len() as f64).clamp(60.0, 640.0);
        Self { facets, columns, left, header: if facets > 1 { 26.0 } else { 0.0 }, width, height }
    }

    fn height(&self) -> f64 {
        let rows = self.facets.div_ceil(self.columns).max(1) as f64;
        rows * self.pitch() - ROW_GAP - 18.0 + FOOT
    }

    fn pitch(&self) -> f64 {
        self.header + self.height + 18.0 + ROW_GAP
    }

    fn plot(&self, body: Area, number: usize) -> Area {
        let (row, column) = (number / self.columns, number % self.columns);
        Area {
            left: body.left + self.left + column as f64 * (self.left + self.width + COLUMN_GAP),
            top: body.top + LEGEND + self.header + row as f64 * self.pitch(),
            width: self.width,
            height: self.height,
        }
    }
}
