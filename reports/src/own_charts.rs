//! Made-up results of a study whose file asks for charts of its own: for tests and for the gallery.

use experiments::results::{
    ChartResult, ChartScale, Drawn, DrawnBar, DrawnCourse, Estimate, FaultWindow, StudyResults,
    Unit,
};

use crate::fixture;

/// A study of so many variants, at most 14, with charts of every kind on both axes: with nothing, with
/// zeros, with what is missing, and with runs in which something never happened.
pub(crate) fn study(variants: usize) -> StudyResults {
    let mut results = fixture::study(variants);
    results.charts = charts(&results);
    results
}

/// Two variants, two runs, long bins: small enough for a snapshot.
#[cfg(test)]
pub(crate) fn small() -> StudyResults {
    let mut results = fixture::small();
    results.charts = charts(&results);
    results.charts.retain(|chart| chart.scale == ChartScale::Linear && chart.unit == Unit::Share);
    results
}

fn charts(results: &StudyResults) -> Vec<ChartResult> {
    let chart = |title: &str, measure: &str, unit, scale, drawn| ChartResult {
        title: title.to_owned(),
        measure: measure.to_owned(),
        unit,
        scale,
        drawn,
    };
    let (linear, log) = (ChartScale::Linear, ChartScale::Log);
    vec![
        chart(
            "Whoever waits before trying again loses a tenth of what the outage takes from the impatient",
            "share(shop:failed, all)",
            Unit::Share,
            linear,
            bars(results, |k| [0.168, 0.029, 0.0, 1.0, 0.0004][k % 5], false),
        ),
        chart(
            "Some never recover: a bar is the mean of those that do, and says how many do not, however long the \
             sentence is that says so",
            "time_to_recover",
            Unit::Seconds,
            linear,
            bars(results, |k| [1.4, 31.2, 13.1, 14.2, 11.6][k % 5], true),
        ),
        chart(
            "Sixty-four attempts for each call, or little more than one",
            "amplification(payment, during)",
            Unit::Factor,
            log,
            bars(results, |k| [1.02, 63.7, 0.0, 8.9, 15.9][k % 5], false),
        ),
        chart(
            "Nothing waits anywhere",
            "max(payment:queue_length)",
            Unit::Count,
            log,
            bars(results, |_| 0.0, false),
        ),
        chart(
            "The clients come back together, and again, and again",
            "rate(payment)",
            Unit::PerSecond,
            linear,
            courses(results, |series, bin| Some(series.arrivals_per_s[bin]), true),
        ),
        chart(
            "What is left of success",
            "availability(shop)",
            Unit::Share,
            linear,
            courses(results, |series, bin| series.success[bin], false),
        ),
        chart(
            "The slowest hundredth takes a hundred times as long",
            "p99(payment)",
            Unit::Seconds,
            log,
            courses(
                results,
                |series, bin| {
                    series.response_time_p99_s[bin].map(|s| if bin < 9 { 0.0 } else { s })
                },
                false,
            ),
        ),
    ]
}

fn bars(results: &StudyResults, mean: impl Fn(usize) -> f64, has_missing: bool) -> Drawn {
    let bar = |(k, variant): (usize, &experiments::results::VariantResults)| {
        let (runs, mean) = (results.manifest.replications, mean(k));
        let missing = if has_missing { [0, runs / 3, runs, runs, 0][k % 5] } else { 0 };
        let exists = |figure: f64| (missing < runs).then_some(figure);
        let estimate = |mean: f64| Estimate {
            mean: exists(mean),
            half_width: exists(mean * 0.06),
            sd: exists(mean * 0.16),
            n: runs - missing,
            missing,
        };
        DrawnBar {
            variant: variant.name.clone(),
            value: estimate(mean),
            never: if k % 5 == 3 { 0 } else { missing },
            control: (k % 2 == 0).then(|| estimate(mean / 3.0)),
        }
    };
    Drawn::Bars(results.variants.iter().enumerate().map(bar).collect())
}

fn courses(
    results: &StudyResults,
    figure: impl Fn(&experiments::results::Series, usize) -> Option<f64>,
    with_control: bool,
) -> Drawn {
    let course = |(k, variant): (usize, &experiments::results::VariantResults)| {
        let series = &variant.series[1];
        let bins = 0..series.time_s.len();
        let windows =
            |name: &str| FaultWindow { name: name.to_owned(), start_s: 60.0, end_s: 90.0 };
        DrawnCourse {
            variant: variant.name.clone(),
            fault_windows: if k == 1 { Vec::new() } else { vec![windows("outage")] },
            time_s: series.time_s.clone(),
            width_s: series.width_s.clone(),
            // Of the third nothing is known.
            value: bins.clone().map(|bin| figure(series, bin).filter(|_| k != 2)).collect(),
            control: (with_control && k != 1)
                .then(|| bins.map(|bin| Some(series.control_arrivals_per_s[bin])).collect()),
        }
    };
    Drawn::OverTime(results.variants.iter().enumerate().map(course).collect())
}
