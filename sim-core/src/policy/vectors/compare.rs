//! The comparison of a vector's numbers with a backoff's answers.

use super::VectorOutcome;
use crate::kernel::SimDuration;
use crate::policy::Outcome;
use crate::policy::backoff::scripted::Always;
use crate::policy::backoff::{Backoff, BackoffState};

/// The unit in which a vector gives its times.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    Milliseconds,
    Seconds,
}

impl Unit {
    /// A duration in this unit.
    pub(super) fn of(self, duration: SimDuration) -> f64 {
        match self {
            Self::Milliseconds => duration.as_millis_f64(),
            Self::Seconds => duration.as_secs_f64(),
        }
    }

    /// Two nanoseconds: ours are whole ones, and the vectors' are rounded as well.
    fn tolerance(self) -> f64 {
        match self {
            Self::Milliseconds => 2e-6,
            Self::Seconds => 2e-9,
        }
    }

    /// A number of this unit as a duration.
    pub(super) fn duration(self, number: f64) -> SimDuration {
        match self {
            Self::Milliseconds => SimDuration::from_nanos_f64(number * 1e6),
            Self::Seconds => SimDuration::from_nanos_f64(number * 1e9),
        }
    }

    /// Whether a duration is this number.
    pub(super) fn is(self, ours: SimDuration, theirs: f64) -> bool {
        (self.of(ours) - theirs).abs() <= self.tolerance() + 1e-12 * theirs.abs()
    }
}

/// The wait before the `n`-th retry of a fresh call, if its draw is this.
pub(super) fn nth(backoff: &Backoff, n: u32, mut draw: Always) -> SimDuration {
    backoff.delay(n, &mut BackoffState::default(), &mut draw)
}

/// Whether the waits of one call are these, if each has one of these draws.
pub(super) fn sequence(
    library: &'static str,
    name: impl Into<String>,
    backoff: &Backoff,
    draws: impl IntoIterator<Item = f64>,
    expected: &[f64],
    unit: Unit,
) -> VectorOutcome {
    sequence_after(Outcome::ServerError, library, name, backoff, draws, expected, unit)
}

/// The same, if every attempt ended so.
pub(super) fn sequence_after(
    outcome: Outcome,
    library: &'static str,
    name: impl Into<String>,
    backoff: &Backoff,
    draws: impl IntoIterator<Item = f64>,
    expected: &[f64],
    unit: Unit,
) -> VectorOutcome {
    let mut state = BackoffState::default();
    let mut compared = 0;
    for (n, (draw, theirs)) in (1..).zip(draws.into_iter().zip(expected)) {
        let ours = backoff.delay_after(outcome, n, &mut state, &mut Always::unit(draw));
        if !unit.is(ours, *theirs) {
            return fails(library, name, format!("wait {n} is {}, not {theirs}", unit.of(ours)));
        }
        compared += 1;
    }
    match compared == expected.len() && compared > 0 {
        true => holds(library, name),
        false => {
            fails(library, name, format!("{compared} of {} waits have a draw", expected.len()))
        }
    }
}

/// Whether the `n`-th wait ranges from `low` to `high`.
pub(super) fn range(
    library: &'static str,
    name: impl Into<String>,
    backoff: &Backoff,
    n: u32,
    (low, high): (f64, f64),
    unit: Unit,
) -> VectorOutcome {
    let (shortest, longest) =
        (nth(backoff, n, Always::unit(0.0)), nth(backoff, n, Always::unit(1.0)));
    if unit.is(shortest, low) && unit.is(longest, high) {
        return holds(library, name);
    }
    let (shortest, longest) = (unit.of(shortest), unit.of(longest));
    fails(library, name, format!("{shortest} … {longest}, not {low} … {high}"))
}

pub(super) fn holds(library: &'static str, name: impl Into<String>) -> VectorOutcome {
    VectorOutcome { library, name: name.into(), held: true, detail: String::new() }
}

pub(super) fn fails(
    library: &'static str,
    name: impl Into<String>,
    detail: impl Into<String>,
) -> VectorOutcome {
    VectorOutcome { library, name: name.into(), held: false, detail: detail.into() }
}
