//! A sweep over one parameter: a line a variant, each with the band of its interval.

use experiments::results::{Estimate, SweepAxis, SweepResults, Unit};

use super::compare;
use super::frame::{self, Entry, Heading, Mark};
use super::palette::{AXIS, BAND, GRID, LINES, PAPER, QUIET};
use super::scale::{Scale, Ticks};
use super::scene::{Align, Area, Font, Pen, Point, Scene};
use super::text;
use crate::numbers;
use crate::sweep_grid::{Facet, facets, figure, short, sizes, told, unit, value};

const TICK: Font = Font::plain(12.0, QUIET);
const HEIGHT: f64 = 460.0;
const FOOT: f64 = 46.0;

pub(super) fn draw(results: &SweepResults, measure: usize) -> Option<Scene> {
    let axis = results.axes.first()?;
    let facets = facets(results, 1);
    let plot = Plot {
        results,
        measure,
        axis,
        unit: unit(results, measure),
        places: places(axis),
        high: highest(results, measure)?,
    };
    let (mut scene, body) = frame::page(&plot.heading(&facets), HEIGHT);
    plot.draw(&mut scene, body, &facets);
    Some(scene)
}

fn highest(results: &SweepResults, measure: usize) -> Option<f64> {
    let figures = results.cells.iter().filter_map(|cell| figure(results, measure, cell));
    let ends = figures.filter_map(|estimate| Some(estimate.mean? + half_width(&estimate)));
    ends.filter(|end| end.is_finite()).max_by(f64::total_cmp).map(|high| high.max(1e-9))
}

fn half_width(estimate: &Estimate) -> f64 {
    estimate.half_width.unwrap_or(0.0)
}

/// Where the values lie between 0 and 1: by their size if they have one and grow, else in equal
/// steps. Sizes over more than a factor of 20 lie by their logarithm.
fn places(axis: &SweepAxis) -> Vec<f64> {
    let growing = sizes(axis).filter(|sizes| sizes.windows(2).all(|pair| pair[0] < pair[1]));
    let wide = |sizes: &Vec<f64>| match sizes.as_slice() {
        [first, .., last] => *first > 0.0 && last / first > 20.0,
        _ => false,
    };
    let sizes: Vec<f64> = match growing {
        Some(sizes) if wide(&sizes) => sizes.iter().map(|size| libm::log10(*size)).collect(),
        Some(sizes) => sizes,
        None => (0..axis.values.len()).map(|at| at as f64).collect(),
    };
    let (low, high) = (sizes.first().copied(), sizes.last().copied());
    let span = high.zip(low).map_or(0.0, |(high, low)| high - low);
    let place = |size: &f64| if span > 0.0 { (size - low.unwrap_or(0.0)) / span } else { 0.5 };
    sizes.iter().map(place).collect()
}

struct Plot<'a> {
    results: &'a SweepResults,
    measure: usize,
    axis: &'a SweepAxis,
    unit: Unit,
    places: Vec<f64>,
    high: f64,
}

impl Plot<'_> {
    fn heading(&self, facets: &[Facet]) -> Heading<'_> {
        let legend = facets.iter().enumerate().map(|(number, facet)| {
            let name = match facet.name.is_empty() {
                true => "mean with its 95 % interval",
                false => &facet.name,
            };
            let colour = LINES[number % LINES.len()];
            let one = Mark::Band(colour, BAND);
            let mark = if facets.len() == 1 { one } else { Mark::Dot(colour) };
            Entry::new(mark, name)
        });
        Heading {
            manifest: &self.results.manifest,
            title: self.title(),
            subtitle: format!(
                "{} at each setting of {}, mean of {} runs with its 95 % interval.",
                compare::capitalised(&told(self.results, self.measure)),
                self.axis.path,
                numbers::whole(self.results.manifest.replications.into()),
            ),
            legend: legend.collect(),
        }
    }

    /// Where the least and the most lie.
    fn title(&self) -> String {
        let info = &self.results.measures[self.measure];
        let of = |cell| Some((figure(self.results, self.measure, cell)?.mean?, cell));
        let means: Vec<_> = self.results.cells.iter().filter_map(of).collect();
        let least = means.iter().min_by(|one, other| one.0.total_cmp(&other.0));
        let most = means.iter().max_by(|one, other| one.0.total_cmp(&other.0));
        let at = |position: &[usize]| position.first().map_or("", |&at| value(self.axis, at));
        let told = |mean: f64, position: &[usize]| {
            format!("{} at {}", numbers::value(self.unit, mean), at(position))
        };
        let start = compare::capitalised(&format!("{} of {}", info.label, info.subject));
        match least.zip(most) {
            Some((least, most)) => {
                let (least, most) = (told(least.0, &least.1.at), told(most.0, &most.1.at));
                format!("{start} over {}: {least}, {most}", short(self.axis))
            }
            None => start,
        }
    }

    fn draw(&self, scene: &mut Scene, body: Area, facets: &[Facet]) {
        let high = self.high * 1.05;
        let ticks = Ticks::from_zero(high, 6);
        let words: Vec<String> =
            ticks.at.iter().map(|at| numbers::tick(self.unit, *at, ticks.step)).collect();
        let widest = words.iter().map(|words| text::width(words, TICK)).fold(0.0, f64::max);
        let plot = body.inside(widest + 14.0, 10.0, 20.0, FOOT);
        let vertical = Scale::linear(0.0, high, plot.bottom(), plot.top);
        for (at, words) in ticks.at.iter().zip(&words) {
            let y = vertical.place(*at);
            scene.line((plot.left, y), (plot.right(), y), Pen::new(0.75, GRID));
            scene.text((plot.left - 8.0, y + TICK.drop()), words, TICK, Align::End);
        }
        self.axis_across(scene, plot);
        for (number, facet) in facets.iter().enumerate() {
            self.line(
                scene,
                plot,
                &vertical,
                facet,
                LINES[number % LINES.len()],
                facets.len() == 1,
            );
        }
    }

    fn axis_across(&self, scene: &mut Scene, plot: Area) {
        let floor = plot.bottom();
        scene.line((plot.left, floor), (plot.right(), floor), Pen::new(1.0, AXIS));
        let mut free = f64::NEG_INFINITY;
        for at in 0..self.axis.values.len() {
            let x = self.place(plot, at);
            scene.line((x, floor), (x, floor + 4.0), Pen::new(1.0, AXIS));
            let words = value(self.axis, at);
            let half = text::width(words, TICK) / 2.0;
            if x - half >= free {
                scene.text((x, floor + 18.0), words, TICK, Align::Middle);
                free = x + half + 8.0;
            }
        }
        let at = (plot.middle().0, floor + 40.0);
        scene.text(at, &short(self.axis), TICK, Align::Middle);
    }

    fn place(&self, plot: Area, at: usize) -> f64 {
        let inner = plot.inside(40.0, 0.0, 40.0, 0.0);
        inner.left + inner.width * self.places.get(at).copied().unwrap_or(0.5)
    }

    fn line(
        &self,
        scene: &mut Scene,
        plot: Area,
        vertical: &Scale,
        facet: &Facet,
        colour: super::palette::Colour,
        alone: bool,
    ) {
        let measured: Vec<(f64, f64, f64)> = facet
            .cells
            .iter()
            .filter_map(|cell| {
                let estimate = figure(self.results, self.measure, cell)?;
                let x = self.place(plot, *cell.at.first()?);
                Some((x, estimate.mean?, half_width(&estimate)))
            })
            .collect();
        if alone && measured.len() > 1 {
            let upper = measured.iter().map(|(x, mean, half)| (*x, vertical.place(mean + half)));
            let lower =
                measured.iter().rev().map(|(x, mean, half)| (*x, vertical.place(mean - half)));
            scene.polygon(upper.chain(lower).collect(), BAND);
        }
        let points: Vec<Point> =
            measured.iter().map(|(x, mean, _)| (*x, vertical.place(*mean))).collect();
        scene.path(points.clone(), Pen::new(2.0, colour));
        for ((x, mean, half), point) in measured.iter().zip(&points) {
            if !alone {
                let (low, high) = (vertical.place(mean - half), vertical.place(mean + half));
                scene.line((*x, low), (*x, high), Pen::new(1.5, colour));
            }
            scene.ring(*point, 4.5, Pen::new(2.0, colour), PAPER);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: &[&str]) -> SweepAxis {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        SweepAxis { path: "a".to_owned(), values }
    }

    #[test]
    fn values_lie_by_their_size() {
        assert_eq!(places(&axis(&["1s", "2s", "5s"])), [0.0, 0.25, 1.0]);
        assert_eq!(places(&axis(&["full", "none", "equal"])), [0.0, 0.5, 1.0]);
        assert_eq!(places(&axis(&["1"])), [0.5]);
        let logarithmic = places(&axis(&["1ms", "100ms", "10s"]));
        assert!((logarithmic[1] - 0.5).abs() < 1e-12);
        assert!(places(&axis(&[])).is_empty());
    }
}
