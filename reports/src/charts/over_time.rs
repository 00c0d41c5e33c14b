//! A course over time, a panel a variant, on one axis.

use experiments::results::{ChartResult, ChartScale, DrawnCourse, FaultWindow, StudyResults, Unit};

use super::arrival_rate::fault_entry;
use super::frame::{Entry, Heading, Mark};
use super::palette::{CONTROL, FAULT, MAIN};
use super::scale::decades_around;
use super::scene::{Pen, Scene};
use super::time_panels::{Course, Panel, Range, TimePanels, Vertical};
use crate::numbers;

const LINE: Pen = Pen::new(1.75, MAIN);
const THIN: Pen = Pen::new(1.0, CONTROL);
/// No axis reaches further down than to the millionth part of the highest figure.
const LOWEST: f64 = 1e-6;

/// Draws the chart; nothing if it has no variants.
pub(super) fn draw(
    results: &StudyResults,
    chart: &ChartResult,
    courses: &[DrawnCourse],
) -> Option<Scene> {
    if courses.is_empty() {
        return None;
    }
    let range = range(chart, courses);
    let drawing = TimePanels {
        results,
        heading: Heading {
            manifest: &results.manifest,
            title: chart.title.clone(),
            subtitle: subtitle(results, chart, courses, &range),
            legend: legend(chart, courses),
        },
        vertical: Vertical { title: chart.measure.clone(), unit: chart.unit, range },
        panels: courses.iter().map(|course| panel(chart, course)).collect(),
    };
    drawing.draw()
}

fn legend(chart: &ChartResult, courses: &[DrawnCourse]) -> Vec<Entry> {
    let mut legend = vec![Entry::new(Mark::Line(LINE), chart.measure.clone())];
    if courses.iter().any(|course| course.control.is_some()) {
        legend.push(Entry::new(Mark::Line(THIN), "control: the same without faults"));
    }
    let mut windows: Vec<FaultWindow> = Vec::new();
    for window in courses.iter().flat_map(|course| &course.fault_windows) {
        if !windows.contains(window) {
            windows.push(window.clone());
        }
    }
    if !windows.is_empty() {
        legend.push(Entry::new(Mark::Box(FAULT), fault_entry(&windows)));
    }
    legend
}

fn subtitle(
    results: &StudyResults,
    chart: &ChartResult,
    courses: &[DrawnCourse],
    range: &Range,
) -> String {
    let widths = courses.iter().flat_map(|course| &course.width_s).copied();
    let bins = match widths.fold(0.0, f64::max) {
        width if width > 0.0 => format!("bins of {}, ", numbers::tick(Unit::Seconds, width, width)),
        _ => String::new(),
    };
    let runs = numbers::whole(results.manifest.replications.into());
    let mut subtitle = format!("{}; {bins}mean of {runs} runs.", chart.measure);
    if courses.len() > 1 {
        subtitle += " All panels share their axes.";
    }
    subtitle += match courses.len() {
        1 => " Beside the name: the highest bin.",
        _ => " Beside each name: its highest bin.",
    };
    if let Range::Decades(low, _) = range {
        subtitle += " The axis is logarithmic.";
        if figures(courses).any(|figure| figure < *low) {
            let low = numbers::value(chart.unit, *low);
            subtitle += &format!(" What is less than {low}, or nothing, lies on its floor.");
        }
    }
    subtitle
}

/// Everything that is drawn.
fn figures(courses: &[DrawnCourse]) -> impl Iterator<Item = f64> {
    let drawn = |course: &'_ DrawnCourse| -> Vec<f64> {
        let control = course.control.iter().flatten();
        course.value.iter().chain(control).flatten().copied().collect()
    };
    courses
        .iter()
        .flat_map(drawn)
        .filter(|figure| figure.is_finite())
        .collect::<Vec<_>>()
        .into_iter()
}

fn range(chart: &ChartResult, courses: &[DrawnCourse]) -> Range {
    let high = figures(courses).fold(0.0, f64::max);
    if chart.scale == ChartScale::Log && high > 0.0 {
        let above = figures(courses).filter(|figure| *figure >= high * LOWEST);
        let (low, high) = decades_around(above.fold(high, f64::min), high);
        return Range::Decades(low, high);
    }
    match (chart.unit, high > 0.0) {
        (Unit::Share, true) => Range::FromZero((high * 1.04).min(1.0)),
        (_, true) => Range::FromZero(high * 1.04),
        (_, false) => Range::FromZero(1.0),
    }
}

fn panel(chart: &ChartResult, drawn: &DrawnCourse) -> Panel {
    let course = |pen, figures: &[Option<f64>]| {
        Course::new(pen, &drawn.time_s, &drawn.width_s, figures.iter().copied())
    };
    let highest = drawn.value.iter().flatten().copied().filter(|figure| figure.is_finite());
    let highest = highest.max_by(f64::total_cmp);
    // A panel of the control alone would look as if it were the variant's.
    let control = drawn.control.iter().filter(|_| highest.is_some());
    let control = control.map(|control| course(THIN, control));
    Panel {
        name: drawn.variant.clone(),
        note: highest.map(|figure| numbers::value(chart.unit, figure)).unwrap_or_default(),
        courses: control.chain([course(LINE, &drawn.value)]).collect(),
        faults: Some(drawn.fault_windows.clone()),
    }
}

#[cfg(test)]
mod tests {
    use experiments::results::Drawn;

    use super::*;
    use crate::own_charts;

    #[test]
    fn a_variant_that_is_not_drawn_does_not_make_the_axis_longer() {
        let mut results = own_charts::small();
        let scene = |results: &StudyResults| {
            let chart = results.charts.iter().find_map(|chart| match &chart.drawn {
                Drawn::OverTime(courses) => Some((chart, courses)),
                Drawn::Bars(_) => None,
            });
            chart.and_then(|(chart, courses)| draw(results, chart, courses))
        };
        let before = scene(&results);
        assert!(before.is_some());
        for series in results.variants.iter_mut().flat_map(|variant| &mut variant.series) {
            series.time_s.iter_mut().for_each(|time| *time += 1_000.0);
        }
        assert_eq!(scene(&results), before);
    }
}
