//! Response times over time: the median and the slowest hundredth, on a logarithmic axis.

use experiments::results::{Series, StudyResults, Unit, VariantResults};

use super::arrival_rate::{averaged, fault_entry};
use super::compare;
use super::frame::{Entry, Heading, Mark};
use super::palette::{FAULT, MAIN, SECOND};
use super::scale::decades_around;
use super::scene::{Pen, Scene};
use super::time_panels::{Course, Panel, Range, TimePanels, Vertical};
use crate::numbers;

const MEDIAN: Pen = Pen::new(1.75, MAIN);
const SLOWEST: Pen = Pen::new(1.75, SECOND);
/// Nothing shorter is drawn, so that a time of zero does not stretch the axis without end.
const SHORTEST_S: f64 = 1e-6;

pub(super) fn draw(results: &StudyResults) -> Option<Scene> {
    let subject = compare::subject(results, |measure| measure.unit == Unit::Seconds)?;
    let (low, high) = bounds(results, &subject)?;
    let chart = TimePanels {
        results,
        heading: Heading {
            manifest: &results.manifest,
            title: title(results, &subject),
            subtitle: subtitle(results, &subject, low),
            legend: vec![
                Entry::new(Mark::Line(MEDIAN), "median (p50)"),
                Entry::new(Mark::Line(SLOWEST), "99th percentile (p99)"),
                Entry::new(Mark::Box(FAULT), fault_entry(&results.fault_windows)),
            ],
        },
        vertical: Vertical {
            title: "response time".to_owned(),
            unit: Unit::Seconds,
            range: Range::Decades(low, high),
        },
        panels: results.variants.iter().map(|variant| panel(variant, &subject)).collect(),
    };
    chart.draw()
}

fn title(results: &StudyResults, subject: &str) -> String {
    let worst: Vec<(&str, f64)> = results
        .variants
        .iter()
        .filter_map(|variant| Some((&*variant.name, worst(variant, subject)?)))
        .collect();
    match compare::span(Unit::Seconds, &worst) {
        Some(span) => format!("Highest p99 response time at {subject}: {span}"),
        None => format!("Response times at {subject}"),
    }
}

fn subtitle(results: &StudyResults, subject: &str, low: f64) -> String {
    let mut subtitle = format!(
        "Response time at {subject} of what ended in each bin, on a logarithmic axis; {}. \
         All panels share their axes. Beside each name: the highest 99th percentile of a bin.",
        averaged(results)
    );
    if times(results, subject).any(|time| time < low) {
        let shortest = numbers::value(Unit::Seconds, low);
        subtitle += &format!(" What ended at once, in less than {shortest}, lies on the floor.");
    }
    subtitle
}

fn worst(variant: &VariantResults, subject: &str) -> Option<f64> {
    let slowest = compare::course(variant, subject)?.response_time_p99_s.iter().flatten().copied();
    slowest.filter(|time| time.is_finite()).max_by(f64::total_cmp)
}

fn bounds(results: &StudyResults, subject: &str) -> Option<(f64, f64)> {
    let seen = times(results, subject).filter(|time| *time >= SHORTEST_S);
    let (low, high) =
        seen.fold((f64::INFINITY, 0.0_f64), |(low, high), time| (low.min(time), high.max(time)));
    (high > 0.0).then(|| decades_around(low, high))
}

/// All times that are drawn.
fn times<'a>(results: &'a StudyResults, subject: &'a str) -> impl Iterator<Item = f64> + 'a {
    let courses = results.variants.iter().filter_map(|variant| compare::course(variant, subject));
    let times = courses.flat_map(|series: &Series| {
        series.response_time_p50_s.iter().chain(&series.response_time_p99_s).flatten()
    });
    times.copied().filter(|time| time.is_finite())
}

fn panel(variant: &VariantResults, subject: &str) -> Panel {
    let course = |pen, series: &Series, times: &[Option<f64>]| {
        Course::new(pen, &series.time_s, &series.width_s, times.iter().copied())
    };
    let courses = compare::course(variant, subject).map(|series| {
        vec![
            course(MEDIAN, series, &series.response_time_p50_s),
            course(SLOWEST, series, &series.response_time_p99_s),
        ]
    });
    let note = worst(variant, subject).map(|time| numbers::value(Unit::Seconds, time));
    Panel {
        name: variant.name.clone(),
        note: note.unwrap_or_default(),
        courses: courses.unwrap_or_default(),
        faults: None,
    }
}
