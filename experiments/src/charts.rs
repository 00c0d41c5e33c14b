//! What the charts of a file draw: figures that are measured anyway, and courses, bin by bin, that only they
//! ask for.

use scenarios::expectation::Term;
use scenarios::study::{Chart, Draw, Study, Variant};
use serde::{Deserialize, Serialize};
use sim_core::model::record::RunRecord;

use crate::cell::CellResult;
use crate::expect;
use crate::measure::Meter;
use crate::phases::Phases;
use crate::plan::{Plan, VariantPlan, fault_windows_of, unit};
use crate::results::{ChartResult, Drawn, DrawnBar, DrawnCourse, Estimate};
use crate::series::bins;

/// A course of a variant that a chart draws.
#[derive(Clone, Debug)]
pub struct CourseMeter {
    /// The place of the chart in the file.
    chart: usize,
    meter: Meter,
    /// Whether the control's is drawn as well.
    with_control: bool,
}

/// A course of one run, for a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellCourse {
    /// The place of the chart in the file.
    pub chart: usize,
    /// One entry a bin; `None` where there was nothing to measure.
    pub values: Vec<Option<f64>>,
    /// The same of the control; empty if it is not drawn.
    pub control: Vec<Option<f64>>,
}

/// The courses that the charts draw of a variant. What cannot be measured is found when charts are
/// checked.
pub(crate) fn courses(charts: &[Chart], variant: &Variant, phases: &Phases) -> Vec<CourseMeter> {
    let has_faults = !variant.model.faults.is_empty();
    let of = |(place, chart): (usize, &Chart)| match &chart.draw {
        Draw::OverTime(term) if chart.variants.contains(&variant.name) => Some(CourseMeter {
            chart: place,
            meter: Meter::new(term, &variant.model, phases).ok()?,
            with_control: chart.control && has_faults,
        }),
        _ => None,
    };
    charts.iter().enumerate().filter_map(of).collect()
}

/// The courses of one run.
pub(crate) fn of_run(
    plan: &VariantPlan,
    variant: &Variant,
    run: &RunRecord,
    control: &RunRecord,
) -> Vec<CellCourse> {
    let bins = if plan.courses.is_empty() { Vec::new() } else { bins(variant) };
    let course = |meter: &Meter, record: &RunRecord| -> Vec<Option<f64>> {
        let figure = |bin| meter.read_in(record, bin).filter(|figure: &f64| figure.is_finite());
        bins.iter().copied().map(figure).collect()
    };
    let of = |course_meter: &CourseMeter| CellCourse {
        chart: course_meter.chart,
        values: course(&course_meter.meter, run),
        control: match course_meter.with_control {
            true => course(&course_meter.meter, control),
            false => Vec::new(),
        },
    };
    plan.courses.iter().map(of).collect()
}

/// The charts of a study, from the runs of its variants.
pub(crate) fn summarise(
    study: &Study,
    plan: &Plan,
    by_variant: &[&[CellResult]],
) -> Vec<ChartResult> {
    let charts = study.charts.iter().enumerate();
    charts
        .filter_map(|(place, chart)| chart_result(study, plan, by_variant, place, chart))
        .collect()
}

fn chart_result(
    study: &Study,
    plan: &Plan,
    by_variant: &[&[CellResult]],
    place: usize,
    chart: &Chart,
) -> Option<ChartResult> {
    let find = |name: &String| study.variants.iter().position(|variant| variant.name == *name);
    let variants = chart.variants.iter().filter_map(find);
    let (unit, drawn) = match &chart.draw {
        Draw::Bars(term) => {
            let measure = plan.place(term)?;
            let bar = |v: usize| bar(&study.variants[v], term, measure, by_variant[v], chart);
            (plan.measures[measure].info.unit, Drawn::Bars(variants.map(bar).collect()))
        }
        Draw::OverTime(term) => {
            let course = |v: usize| course(&study.variants[v], place, by_variant[v]);
            (unit(&Term::Measure(term.clone())), Drawn::OverTime(variants.map(course).collect()))
        }
    };
    Some(ChartResult {
        title: chart.title.clone(),
        measure: chart.text.clone(),
        unit,
        scale: chart.scale,
        drawn,
    })
}

fn bar(
    variant: &Variant,
    term: &Term,
    measure: usize,
    runs: &[CellResult],
    chart: &Chart,
) -> DrawnBar {
    let over = |of: &dyn Fn(&CellResult) -> Option<f64>| Estimate::over(runs.iter().map(of));
    let has_control = chart.control && !variant.model.faults.is_empty();
    let control = has_control.then(|| over(&|run| run.control[measure]));
    DrawnBar {
        variant: variant.name.clone(),
        value: over(&|run| run.values[measure]),
        never: expect::never(term, measure, runs),
        control: control.filter(|control| control.n > 0),
    }
}

fn course(variant: &Variant, chart: usize, runs: &[CellResult]) -> DrawnCourse {
    let bins = bins(variant);
    let of_chart = |run: &CellResult| run.charts.iter().position(|course| course.chart == chart);
    let courses: Vec<&CellCourse> =
        runs.iter().filter_map(|run| Some(&run.charts[of_chart(run)?])).collect();
    let mean = |of: &dyn Fn(&CellCourse) -> &Vec<Option<f64>>| -> Vec<Option<f64>> {
        let at = |bin: usize| courses.iter().map(move |course| (course, bin));
        let figure = |(course, bin): (&&CellCourse, usize)| of(course).get(bin).copied().flatten();
        (0..bins.len()).map(|bin| Estimate::over(at(bin).map(figure)).mean).collect()
    };
    let has_control = courses.iter().any(|course| !course.control.is_empty());
    DrawnCourse {
        variant: variant.name.clone(),
        fault_windows: fault_windows_of([variant]),
        time_s: bins.iter().map(|bin| bin.start.as_secs_f64()).collect(),
        width_s: bins.iter().map(|bin| bin.length().as_secs_f64()).collect(),
        value: mean(&|course| &course.values),
        control: has_control.then(|| mean(&|course| &course.control)),
    }
}

#[cfg(test)]
mod tests {
    use scenarios::expectation::{parse, parse_course, parse_figure};
    use scenarios::study::{ChartScale, VariantExpectation};

    use super::*;
    use crate::Experiment;
    use crate::journal::InMemory;
    use crate::results::StudyResults;
    use crate::runner::{Options, Quiet};
    use crate::testing::{made_up_run, study_with_outage};

    fn chart(text: &str, draw: Draw) -> Chart {
        Chart {
            title: "What one sees".into(),
            text: text.into(),
            draw,
            variants: vec!["other".into(), "base".into()],
            scale: ChartScale::Linear,
            control: true,
        }
    }

    fn bars(text: &str) -> Chart {
        chart(text, Draw::Bars(parse_figure(text).unwrap()))
    }

    fn over_time(text: &str) -> Chart {
        chart(text, Draw::OverTime(parse_course(text).unwrap()))
    }

    /// The runs of the base are ill for ten seconds after the fault; the more calls come in the 95th, the
    /// higher their replication.
    fn results(study: &Study) -> StudyResults {
        let simulate = |model: &sim_core::model::spec::Model,
                        seed: sim_core::model::RunSeed,
                        plan: &sim_core::model::record::MeasurePlan| {
            made_up_run(plan, model.faults.is_empty(), 100, 10 * seed.replication)
        };
        let stop = std::sync::atomic::AtomicBool::new(false);
        let options = Options { threads: Some(1), progress: &Quiet, stop: &stop };
        let experiment = Experiment::new(study, "0.1.0").unwrap();
        experiment.run_with(&mut InMemory::default(), &options, "squall run", &simulate).unwrap()
    }

    #[test]
    fn a_bar_is_what_an_expectation_of_the_same_measure_compares() {
        let mut study = study_with_outage();
        for text in ["peak_rate(payment, 1s, after(30s))", "share(shop:failed, during)"] {
            study.charts.push(bars(text));
            let expectation = parse(&format!("{text} >= 0")).unwrap();
            let variant = "base".into();
            study.expectations.push(VariantExpectation { variant, expectation, claim: None });
        }
        let results = results(&study);
        for (chart, expected) in results.charts.iter().zip(&results.expectations) {
            let Drawn::Bars(bars) = &chart.drawn else { panic!("bars") };
            let names: Vec<&str> = bars.iter().map(|bar| &*bar.variant).collect();
            assert_eq!(names, ["other", "base"]);
            let bar = &bars[1];
            let measured =
                expect::text::estimate(bar.value.mean.unwrap(), bar.value.half_width, chart.unit);
            let control = expect::text::figure(bar.control.unwrap().mean.unwrap(), chart.unit);
            assert_eq!(expected.measured, format!("{measured} (control {control}), n=3"));
        }
    }

    #[test]
    fn a_course_is_the_mean_of_the_runs_in_each_bin() {
        let mut study = study_with_outage();
        study.charts.push(over_time("rate(payment)"));
        study.charts.push(over_time("p99(shop)"));
        let results = results(&study);
        let Drawn::OverTime(courses) = &results.charts[0].drawn else { panic!("courses") };
        let base = &courses[1];
        assert_eq!((base.value.len(), base.time_s[95], base.width_s[95]), (180, 95.0, 1.0));
        assert_eq!((base.value[94], base.value[95]), (Some(400.0), Some(410.0)));
        assert_eq!(base.control.as_ref().unwrap()[95], Some(400.0));
        assert_eq!(base.fault_windows, results.fault_windows);
        let series = &results.variants[0].series;
        let payment = series.iter().find(|series| series.subject == "payment").unwrap();
        let told: Vec<f64> = base.value.iter().flatten().copied().collect();
        assert_eq!(told, payment.arrivals_per_s);
    }

    #[test]
    fn what_never_happens_is_told_from_what_there_is_nothing_of() {
        let mut study = study_with_outage();
        let mean_wait = "mean(payment:waiting_time)";
        study.charts = vec![bars("saturated(payment)"), bars(mean_wait), bars("time_to_recover")];
        let results = results(&study);
        let told = |chart: &ChartResult| match &chart.drawn {
            Drawn::Bars(bars) => (bars[0].never, bars[0].value.missing, bars[0].value.n),
            Drawn::OverTime(_) => panic!("bars"),
        };
        let told: Vec<_> = results.charts.iter().map(told).collect();
        assert_eq!(told, [(3, 3, 0), (0, 3, 0), (0, 0, 3)]);
    }

    #[test]
    fn a_study_without_charts_keeps_nothing_for_them() {
        let study = study_with_outage();
        let plan = Plan::new(&study).unwrap();
        assert!(plan.variants.iter().all(|variant| variant.courses.is_empty()));
        assert!(results(&study).charts.is_empty());
    }

    #[test]
    fn a_chart_of_what_cannot_be_measured_is_refused() {
        let mut study = study_with_outage();
        study.charts.push(over_time("mean(shop->payment:open_connections)"));
        let error = Plan::new(&study).unwrap_err().to_string();
        assert!(error.starts_with("the chart `mean(shop->payment:open_connections)`"), "{error}");
    }
}
