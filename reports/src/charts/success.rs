//! Success over time: which share of what ended, ended well.

use experiments::results::{MeasureInfo, StudyResults, Unit, VariantResults};

use super::arrival_rate::{averaged, fault_entry};
use super::compare;
use super::frame::{Entry, Heading, Mark};
use super::palette::{FAULT, MAIN};
use super::scene::{Pen, Scene};
use super::time_panels::{Course, Panel, Range, TimePanels, Vertical};
use crate::numbers;

const LINE: Pen = Pen::new(1.75, MAIN);

pub(super) fn draw(results: &StudyResults) -> Option<Scene> {
    let subject = compare::subject(results, |measure| measure.unit == Unit::Share)?;
    let measure = measure(results, &subject);
    let panels: Vec<Panel> =
        results.variants.iter().map(|variant| panel(variant, &subject, measure)).collect();
    let chart = TimePanels {
        results,
        heading: Heading {
            manifest: &results.manifest,
            title: title(results, &subject, measure),
            subtitle: subtitle(results, &subject, measure),
            legend: vec![
                Entry::new(Mark::Line(LINE), "good answers among all ends"),
                Entry::new(Mark::Box(FAULT), fault_entry(&results.fault_windows)),
            ],
        },
        vertical: Vertical {
            title: "share of success".to_owned(),
            unit: Unit::Share,
            range: Range::FromZero(1.0),
        },
        panels,
    };
    chart.draw()
}

fn measure<'a>(results: &'a StudyResults, subject: &str) -> Option<(usize, &'a MeasureInfo)> {
    let wanted = |measure: &MeasureInfo| {
        measure.in_table && measure.unit == Unit::Share && measure.subject == subject
    };
    results.measures.iter().enumerate().find(|(_, measure)| wanted(measure))
}

fn title(results: &StudyResults, subject: &str, measure: Option<(usize, &MeasureInfo)>) -> String {
    let told = measure.and_then(|(index, measure)| {
        let figure = |variant: &VariantResults| variant.figures.get(index)?.value.mean;
        let variants = results.variants.iter();
        let figures: Vec<(&str, f64)> =
            variants.filter_map(|variant| Some((&*variant.name, figure(variant)?))).collect();
        let span = compare::span(Unit::Share, &figures)?;
        let phase = compare::phase(results, &measure.phase);
        Some(format!("Success of {subject} {phase}: {span}"))
    });
    told.unwrap_or_else(|| format!("Success of {subject} over time"))
}

fn subtitle(
    results: &StudyResults,
    subject: &str,
    measure: Option<(usize, &MeasureInfo)>,
) -> String {
    let mut subtitle = format!(
        "Share of what ended in each bin at {subject} that ended well; {}. All panels share their axes.",
        averaged(results)
    );
    if let Some((_, measure)) = measure {
        let phase = compare::phase(results, &measure.phase);
        subtitle += &format!(" Beside each name: the share {phase}.");
    }
    subtitle
}

fn panel(variant: &VariantResults, subject: &str, measure: Option<(usize, &MeasureInfo)>) -> Panel {
    let course = compare::course(variant, subject).map(|series| {
        Course::new(LINE, &series.time_s, &series.width_s, series.success.iter().copied())
    });
    let figure = measure.and_then(|(index, _)| variant.figures.get(index)?.value.mean);
    Panel {
        name: variant.name.clone(),
        note: figure.map(|share| numbers::value(Unit::Share, share)).unwrap_or_default(),
        courses: course.into_iter().collect(),
        faults: None,
    }
}
