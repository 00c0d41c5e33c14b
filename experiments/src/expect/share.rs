//! Expectations of single runs: so many of them have to hold.

use scenarios::expectation::{Bound, Expectation, Op};
use sim_core::stats::wilson_interval;

use super::sample::{Run, Sample};
use super::{Judged, compares, text};
use crate::cell::CellResult;
use crate::plan::Plan;
use crate::results::{ExpectationVerdict, VerdictCounts};
use crate::statistics::{CONFIDENCE, verdict_name};

/// Judges each run on its own, by its figure.
pub(super) fn of_runs(expectation: &Expectation, sample: &Sample, share: f64) -> Judged {
    let holds = |run: &Run| match run {
        Run::Is(figure) => compares(*figure, expectation.op, sample.bound),
        Run::Never => compares(f64::INFINITY, expectation.op, sample.bound),
        Run::Nothing | Run::Aborted(_) => false,
    };
    let holding = sample.count(holds);
    let of = sample.runs.len();
    let misses = || {
        let runs = sample.runs.iter().zip(0..).filter(|(run, _)| !holds(run));
        let text = |(run, k): (&Run, u32)| format!("replication {k} ({})", describe(run, sample));
        runs.take(3).map(text).collect::<Vec<_>>().join(", ")
    };
    judged(holding, of, share, proportion(holding, of), misses)
}

/// Judges each run on its own, by its verdict.
pub(super) fn of_verdicts(
    expectation: &Expectation,
    runs: &[CellResult],
    share: Option<f64>,
) -> Judged {
    let holds = |run: &&CellResult| match expectation.bound {
        Bound::Verdict(verdict) => compares(run.verdict, expectation.op, verdict),
        _ => false,
    };
    let holding = runs.iter().filter(holds).count();
    let misses = || {
        let text = |run: &CellResult| {
            format!("replication {} ({})", run.replication, verdict_name(run.verdict))
        };
        let misses = runs.iter().filter(|run| !holds(run)).map(text);
        misses.take(3).collect::<Vec<_>>().join(", ")
    };
    judged(holding, runs.len(), share.unwrap_or(1.0), verdicts(runs), misses)
}

/// Judges each run on its own by a point in time: before another, or never.
pub(super) fn of_moments(expectation: &Expectation, plan: &Plan, runs: &[CellResult]) -> Judged {
    let time = |run: &CellResult, term| run.values.get(plan.place(term)?).copied().flatten();
    let own = |run: &CellResult| time(run, &expectation.term);
    let holds: Vec<bool> = runs
        .iter()
        .map(|run| match (&expectation.bound, expectation.op, own(run)) {
            _ if run.aborted.is_some() => false,
            (Bound::Never, _, own) => own.is_none(),
            (Bound::Moment(other), Op::Before, Some(own)) => {
                time(run, other).is_none_or(|other| own < other)
            }
            _ => false,
        })
        .collect();
    let told = |time: Option<f64>| match time {
        Some(time) => text::figure(time, crate::results::Unit::Seconds),
        None => "never".to_owned(),
    };
    let describe = |run: &CellResult| match (&expectation.bound, &run.aborted) {
        (_, Some(text)) => text.clone(),
        (Bound::Moment(other), None) => format!("{}, {}", told(own(run)), told(time(run, other))),
        (_, None) => told(own(run)),
    };
    let names: Vec<String> = runs.iter().map(describe).collect();
    let measured = proportion(holds.iter().filter(|holds| **holds).count(), runs.len());
    of_each(&holds, &names, expectation.share_of_runs.unwrap_or(1.0), measured)
}

/// Whether so many runs hold, each on its own; `told` says what each came to.
pub(super) fn of_each(holds: &[bool], told: &[String], share: f64, measured: String) -> Judged {
    let holding = holds.iter().filter(|holds| **holds).count();
    let misses = || {
        let runs = holds.iter().zip(told).zip(0..).filter(|((holds, _), _)| !**holds);
        let text = |((_, told), k): ((&bool, &String), u32)| format!("replication {k} ({told})");
        runs.take(3).map(text).collect::<Vec<_>>().join(", ")
    };
    judged(holding, holds.len(), share, measured, misses)
}

fn judged(
    holding: usize,
    of: usize,
    share: f64,
    measured: String,
    misses: impl FnOnce() -> String,
) -> Judged {
    // The tolerance is for shares such as 0.7 that no binary fraction equals.
    if of > 0 && holding as f64 + 1e-9 >= share * of as f64 {
        return Judged { verdict: ExpectationVerdict::Passed, measured, explanation: None };
    }
    let needed = text::share(share);
    let why = format!("{holding} of {of} runs hold, {needed} have to; missed by: {}", misses());
    Judged { verdict: ExpectationVerdict::Failed, measured, explanation: Some(why) }
}

/// `29 of 30 runs (97%, interval 83% to 99%)`.
pub(super) fn proportion(holding: usize, of: usize) -> String {
    let interval = wilson_interval(holding as u64, of as u64, CONFIDENCE);
    let share = holding as f64 / of.max(1) as f64;
    let [share, low, high] = [share, interval.low, interval.high].map(text::share);
    format!("{holding} of {of} runs ({share}, interval {low} to {high})")
}

/// `recovered in 28 of 30 runs, metastable in 2`.
fn verdicts(runs: &[CellResult]) -> String {
    let mut counts = VerdictCounts::default();
    runs.iter().for_each(|run| counts.add(run.verdict));
    let there = counts.each().into_iter().filter(|(_, count)| *count > 0);
    let text = there.enumerate().map(|(k, (verdict, count))| match k {
        0 => format!("{} in {count} of {} runs", verdict_name(verdict), runs.len()),
        _ => format!("{} in {count}", verdict_name(verdict)),
    });
    text.collect::<Vec<_>>().join(", ")
}

fn describe(run: &Run, sample: &Sample) -> String {
    match run {
        Run::Is(figure) => text::figure(*figure, sample.unit),
        Run::Never => "never".into(),
        Run::Nothing => "nothing to measure".into(),
        Run::Aborted(text) => text.clone(),
    }
}
