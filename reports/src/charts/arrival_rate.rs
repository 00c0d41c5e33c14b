//! Arrivals over time: what the retries make of the load, beside the control.

use experiments::results::{FaultWindow, Series, StudyResults, Unit, VariantResults};

use super::compare;
use super::frame::{Entry, Heading, Mark};
use super::palette::{CONTROL, FAULT, MAIN};
use super::scene::{Pen, Scene};
use super::time_panels::{Course, Panel, Range, TimePanels, Vertical};
use crate::numbers;

const LINE: Pen = Pen::new(1.75, MAIN);
const THIN: Pen = Pen::new(1.0, CONTROL);

pub(super) fn draw(results: &StudyResults) -> Option<Scene> {
    let subject = compare::subject(results, |measure| measure.window_s.is_some())?;
    let high = highest(results, &subject)?;
    let chart = TimePanels {
        results,
        heading: Heading {
            manifest: &results.manifest,
            title: title(results, &subject),
            subtitle: subtitle(results, &subject),
            legend: vec![
                Entry::new(Mark::Line(LINE), format!("arrivals at {subject}")),
                Entry::new(Mark::Line(THIN), "control: the same without faults"),
                Entry::new(Mark::Box(FAULT), fault_entry(&results.fault_windows)),
            ],
        },
        vertical: Vertical {
            title: "arrivals per second".to_owned(),
            unit: Unit::PerSecond,
            range: Range::FromZero(high * 1.04),
        },
        panels: results.variants.iter().map(|variant| panel(results, variant, &subject)).collect(),
    };
    chart.draw()
}

/// What the shading of faults is called in legends.
pub(super) fn fault_entry(windows: &[FaultWindow]) -> String {
    let mut names: Vec<&str> = windows.iter().map(|window| &*window.name).collect();
    names.dedup();
    match names.len() {
        0 => "fault (none in this study)".to_owned(),
        1..=3 => format!("fault active: {}", names.join(", ")),
        many => format!("{many} faults active"),
    }
}

/// How wide the bins are and over how many runs they are averaged.
pub(super) fn averaged(results: &StudyResults) -> String {
    let widths = results.variants.iter().flat_map(|variant| &variant.series);
    let widths = widths.flat_map(|series| &series.width_s).copied();
    let widest = widths.fold(0.0, f64::max);
    let bins = match widest > 0.0 {
        true => format!("bins of {}, ", numbers::tick(Unit::Seconds, widest, widest)),
        false => String::new(),
    };
    format!("{bins}mean of {} runs", numbers::whole(results.manifest.replications.into()))
}

fn title(results: &StudyResults, subject: &str) -> String {
    let plain = || format!("Arrivals at {subject} over time");
    let Some(peaks) = compare::peaks(results) else {
        return plain();
    };
    let figures = compare::peak_figures(results, &peaks);
    if !compare::has_ratios(results, peaks.longest) {
        return plain();
    }
    let phase = compare::phase(results, &peaks.info.phase);
    let start = compare::capitalised(&phase);
    match compare::span(Unit::Factor, &figures) {
        Some(span) => format!("{start}, arrivals at {subject} peak at {span} their usual rate"),
        None => plain(),
    }
}

fn subtitle(results: &StudyResults, subject: &str) -> String {
    let mut subtitle = format!(
        "Arrivals per second at {subject}, {}. All panels share their axes.",
        averaged(results)
    );
    if let Some(peaks) = compare::peaks(results) {
        let (window, phase) =
            (compare::window(peaks.info), compare::phase(results, &peaks.info.phase));
        subtitle +=
            &format!(" Beside each name: the peak per {window} {phase}, averaged over the runs.");
    }
    subtitle
}

fn highest(results: &StudyResults, subject: &str) -> Option<f64> {
    let courses = results.variants.iter().filter_map(|variant| compare::course(variant, subject));
    let rates = courses.flat_map(|series: &Series| {
        series.arrivals_per_s.iter().chain(&series.control_arrivals_per_s)
    });
    let highest = rates.copied().filter(|rate| rate.is_finite()).fold(f64::NEG_INFINITY, f64::max);
    highest.is_finite().then_some(highest.max(1e-9))
}

fn panel(results: &StudyResults, variant: &VariantResults, subject: &str) -> Panel {
    let course = |pen, series: &Series, rates: &[f64]| {
        Course::new(pen, &series.time_s, &series.width_s, rates.iter().copied().map(Some))
    };
    let courses = compare::course(variant, subject).map(|series| {
        vec![
            course(THIN, series, &series.control_arrivals_per_s),
            course(LINE, series, &series.arrivals_per_s),
        ]
    });
    Panel {
        name: variant.name.clone(),
        note: note(results, variant),
        courses: courses.unwrap_or_default(),
        faults: None,
    }
}

fn note(results: &StudyResults, variant: &VariantResults) -> String {
    let peak =
        compare::peaks(results).and_then(|peaks| compare::peak(results, peaks.longest, variant));
    peak.map(|(unit, peak)| format!("peak {}", numbers::value(unit, peak))).unwrap_or_default()
}
