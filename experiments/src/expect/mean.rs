//! Expectations of the mean over the runs.

use scenarios::expectation::{Expectation, Op, Term};

use super::sample::{Run, Sample};
use super::{Judged, compares, text};
use crate::results::{Estimate, ExpectationVerdict};
use ExpectationVerdict::{Failed, Passed, Undecided};

/// Judges the mean over the runs.
pub(super) fn judge(expectation: &Expectation, sample: &Sample) -> Judged {
    let estimate = sample.estimate();
    let (verdict, explanation) = match excluded(expectation, sample) {
        Some((verdict, why)) => (verdict, Some(why).filter(|_| verdict != Passed)),
        None => by_interval(expectation.op, &estimate, sample),
    };
    Judged { verdict, measured: measured(sample, &estimate), explanation }
}

/// Runs that have no figure decide before any mean does.
fn excluded(expectation: &Expectation, sample: &Sample) -> Option<(ExpectationVerdict, String)> {
    let did = match expectation.term {
        Term::Alert(_) => "fired",
        Term::Saturated(_) => "were saturated",
        Term::Deadlock => "had a deadlock",
        _ => "recovered",
    };
    let of = sample.runs.len();
    let given_up = sample.runs.iter().find_map(|run| match run {
        Run::Aborted(text) => Some(text),
        _ => None,
    });
    if let Some(text) = given_up {
        let count = sample.count(|run| matches!(run, Run::Aborted(_)));
        return Some((Failed, format!("{count} of {of} runs were aborted, the first was {text}")));
    }
    let nothing = sample.count(|run| *run == Run::Nothing);
    if nothing > 0 {
        return Some((Failed, format!("there was nothing to measure in {nothing} of {of} runs")));
    }
    let never = sample.count(|run| *run == Run::Never);
    let for_ever_holds = matches!(expectation.op, Op::GreaterOrEqual | Op::Greater);
    (never > 0).then(|| match for_ever_holds {
        true => (Passed, String::new()),
        false => (Failed, format!("{never} of {of} runs never {did}")),
    })
}

fn by_interval(
    op: Op,
    estimate: &Estimate,
    sample: &Sample,
) -> (ExpectationVerdict, Option<String>) {
    let bound = text::figure(sample.bound, sample.unit);
    let (Some(mean), Some(half_width)) = (estimate.mean, estimate.half_width) else {
        let why =
            "one run has no interval: run at least 2 replications, or state `in 100% of runs`";
        return (Undecided, Some(why.into()));
    };
    let (low, high) = (mean - half_width, mean + half_width);
    match (compares(low, op, sample.bound), compares(high, op, sample.bound)) {
        (true, true) => (Passed, None),
        (false, false) if op != Op::Equal || low > sample.bound || high < sample.bound => {
            let interval = text::interval(low, high, sample.unit);
            (Failed, Some(format!("{interval} lies wholly on the wrong side of {bound}")))
        }
        _ => (Undecided, Some(undecided(op, estimate, sample, &bound))),
    }
}

fn undecided(op: Op, estimate: &Estimate, sample: &Sample, bound: &str) -> String {
    if op == Op::Equal {
        return format!(
            "the runs differ: `==` holds only of a figure that is {bound} in all of them"
        );
    }
    match estimate.replications_to_decide(sample.bound) {
        Some(n) => format!("the interval holds {bound}; about {n} replications would decide it"),
        None => format!("the mean is {bound}, or as good as: no number of replications decides it"),
    }
}

/// `4.06x ± 0.02 (control 1.15x), n=30`.
fn measured(sample: &Sample, estimate: &Estimate) -> String {
    let never = sample.count(|run| *run == Run::Never);
    let mut parts = Vec::new();
    if never > 0 {
        parts.push(format!("never in {never} of {} runs", sample.runs.len()));
    }
    if let Some(mean) = estimate.mean {
        let rest = if never > 0 { "else " } else { "" };
        parts.push(format!("{rest}{}", text::estimate(mean, estimate.half_width, sample.unit)));
    }
    let measured = match parts.is_empty() {
        true => "nothing".into(),
        false => parts.join(", "),
    };
    let control = match sample.control.mean {
        Some(mean) => format!(" (control {})", text::figure(mean, sample.unit)),
        None => String::new(),
    };
    format!("{measured}{control}, n={}", sample.runs.len())
}
