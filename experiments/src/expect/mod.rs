//! Expectations: what a scenario claims, held against the runs.
//!
//! * **The mean** (no `in … of runs`): it passes when its 95 % t interval lies wholly on the right
//!   side of the bound, fails when it lies wholly on the wrong side, and is undecided otherwise.
//!   A figure that is the same in all runs has an interval without width. One run has no
//!   interval, so it decides nothing.
//! * **`in 95% of runs`**: each run is judged on its own, and the share of those that hold has
//!   to reach the share that is asked for. That is a statement about these runs, which their
//!   seed fixes; the Wilson interval beside it says how much they say about others.
//! * **A verdict** is judged run by run; all runs have to have it, unless a share is given.
//! * **Ratios** are taken run by run, so that what run and reference have in common cancels.
//! * **Points in time** (`alert(a) before alert(b)`, `saturated(payment) == never`) are compared run by
//!   run, too; what never happens comes after all that does, and before nothing.
//! * **A run that never recovered** takes for ever: it fails every `<=`, meets every `>=`, and is
//!   never averaged away. A run in which there was nothing to measure, or that was given up,
//!   fails what is asked of the mean, and does not hold on its own.

mod hypothesis;
mod mean;
mod sample;
mod share;
pub(crate) mod text;

use scenarios::expectation::{Bound, Op, Term};
use scenarios::study::{Study, VariantExpectation};

use crate::cell::CellResult;
use crate::plan::Plan;
use crate::results::{ExpectationResult, ExpectationVerdict};
pub(crate) use hypothesis::evaluate as hypothesis;
use sample::Sample;
pub(crate) use sample::never;

/// What an expectation comes to.
struct Judged {
    verdict: ExpectationVerdict,
    measured: String,
    explanation: Option<String>,
}

/// Evaluates a study's expectations on the runs of its variants.
pub(crate) fn evaluate(
    study: &Study,
    plan: &Plan,
    by_variant: &[&[CellResult]],
) -> Vec<ExpectationResult> {
    study.expectations.iter().map(|e| evaluate_one(e, study, plan, by_variant)).collect()
}

fn evaluate_one(
    expected: &VariantExpectation,
    study: &Study,
    plan: &Plan,
    by_variant: &[&[CellResult]],
) -> ExpectationResult {
    let expectation = &expected.expectation;
    let runs_of = |variant: &str| -> &[CellResult] {
        let place = study.variants.iter().position(|v| v.name == variant);
        place.map_or(&[], |place| by_variant[place])
    };
    let runs = runs_of(&expected.variant);
    let judged = match (&expectation.term, expectation.share_of_runs) {
        (Term::Verdict, share) => share::of_verdicts(expectation, runs, share),
        (Term::Hypothesis, _) => match &study.hypothesis {
            Some(hypothesis) => hypothesis::judge(expectation, hypothesis, plan, runs),
            // The check of the plan has turned this away.
            None => share::of_each(&[], &[], 1.0, String::new()),
        },
        _ if matches!(expectation.bound, Bound::Moment(_) | Bound::Never) => {
            share::of_moments(expectation, plan, runs)
        }
        (_, None) => mean::judge(expectation, &Sample::of(expectation, plan, runs, runs_of)),
        (_, Some(share)) => {
            share::of_runs(expectation, &Sample::of(expectation, plan, runs, runs_of), share)
        }
    };
    ExpectationResult {
        variant: expected.variant.clone(),
        that: expectation.text.clone(),
        verdict: judged.verdict,
        measured: judged.measured,
        explanation: judged.explanation,
    }
}

/// Whether `left op right` holds.
pub(crate) fn compares<T: PartialOrd>(left: T, op: Op, right: T) -> bool {
    match op {
        Op::LessOrEqual => left <= right,
        Op::Less | Op::Before => left < right,
        Op::GreaterOrEqual => left >= right,
        Op::Greater => left > right,
        Op::Equal => left == right,
    }
}

#[cfg(test)]
mod tests;
