//! What an expectation looks at: one figure a run.

use scenarios::expectation::{Bound, Expectation, Reference, Term};

use crate::cell::{CellResult, ratio};
use crate::plan::Plan;
use crate::results::{Estimate, Unit, Verdict};

/// The figures of all runs, in the order of replications, and what they are compared with.
pub(super) struct Sample {
    pub(super) runs: Vec<Run>,
    /// The controls' figure.
    pub(super) control: Estimate,
    /// With what they are compared, in the figures' unit.
    pub(super) bound: f64,
    pub(super) unit: Unit,
}

/// The figure of one run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Run {
    Is(f64),
    /// The time to recover of a run that did not; of what did not happen.
    Never,
    /// Nothing to measure, or no reference to compare with.
    Nothing,
    /// The run was given up: when, where and why.
    Aborted(String),
}

impl Sample {
    pub(super) fn of<'r>(
        expectation: &Expectation,
        plan: &Plan,
        runs: &'r [CellResult],
        runs_of: impl Fn(&str) -> &'r [CellResult],
    ) -> Self {
        let place = plan.place(&expectation.term).unwrap_or_default();
        let value = |run: &CellResult| run.values[place];
        let control = |run: &CellResult| run.control[place];
        let unit = plan.measures[place].info.unit;
        let figures = |of: &dyn Fn(&CellResult) -> Option<f64>| -> Vec<Option<f64>> {
            runs.iter().map(of).collect()
        };
        let (figures, controls, bound, unit) = match &expectation.bound {
            Bound::Figure(bound) => (figures(&value), figures(&control), *bound, unit),
            Bound::Verdict(_) | Bound::Finding(_) | Bound::Moment(_) | Bound::Never => {
                (Vec::new(), Vec::new(), f64::NAN, unit)
            }
            Bound::Times(times, reference) => {
                let (figures, controls) = match reference {
                    Reference::Baseline => {
                        (figures(&|r| r.ratio(place)), figures(&|r| r.control_ratio(place)))
                    }
                    Reference::Control => (figures(&|r| ratio(value(r), control(r))), Vec::new()),
                    Reference::Variant(other) => {
                        let others = runs_of(other).iter();
                        let pairs = runs.iter().zip(others);
                        let ratio =
                            |(run, other)| paired(&expectation.term, value(run), value(other));
                        (pairs.map(ratio).collect(), Vec::new())
                    }
                };
                (figures, controls, *times, Unit::Factor)
            }
        };
        let of_run = |(run, figure): (&CellResult, Option<f64>)| {
            Run::of(run, figure, value(run), &expectation.term)
        };
        Self {
            runs: runs.iter().zip(figures).map(of_run).collect(),
            control: Estimate::over(controls.into_iter()),
            bound,
            unit,
        }
    }

    /// The figures of the runs that have one.
    pub(super) fn estimate(&self) -> Estimate {
        Estimate::over(self.runs.iter().map(|run| match run {
            Run::Is(figure) => Some(*figure),
            Run::Never | Run::Nothing | Run::Aborted(_) => None,
        }))
    }

    /// How many runs are like `run`.
    pub(super) fn count(&self, is: impl Fn(&Run) -> bool) -> usize {
        self.runs.iter().filter(|run| is(run)).count()
    }
}

/// A run's figure over that of the same replication of another variant; whoever recovers is
/// infinitely faster than who does not.
fn paired(term: &Term, value: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (term, value, other) {
        (
            Term::TimeToRecover | Term::Alert(_) | Term::Saturated(_) | Term::Deadlock,
            Some(_),
            None,
        ) => Some(0.0),
        _ => ratio(value, other),
    }
}

/// In how many runs what a term asks for never happened. `place` is the term's among the measures.
pub(crate) fn never(term: &Term, place: usize, runs: &[CellResult]) -> u32 {
    let value = |run: &CellResult| run.values[place];
    let never = |run: &&CellResult| Run::of(run, value(run), value(run), term) == Run::Never;
    runs.iter().filter(never).count() as u32
}

impl Run {
    fn of(run: &CellResult, figure: Option<f64>, value: Option<f64>, term: &Term) -> Self {
        match (figure, &run.aborted) {
            (_, Some(text)) => Self::Aborted(text.clone()),
            (Some(figure), None) => Self::Is(figure),
            (None, None) => match (term, value, run.verdict) {
                (Term::TimeToRecover, None, Verdict::Degraded | Verdict::Metastable) => Self::Never,
                (Term::Alert(_) | Term::Saturated(_) | Term::Deadlock, None, _) => Self::Never,
                _ => Self::Nothing,
            },
        }
    }
}
