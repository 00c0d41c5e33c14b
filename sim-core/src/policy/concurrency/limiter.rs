//! Netflix's `SimpleLimiter`: so many calls at once, and an estimate of how many that should be.

use rand::Rng;

use super::aimd::AimdEstimate;
use super::gradient2::Gradient2Estimate;
use super::vegas::VegasEstimate;
use super::window::WindowState;
use crate::kernel::SimTime;
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use crate::policy::{Outcome, OutcomeSet};

/// What an estimate learns from: one call, or a window of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How long it took, in nanoseconds; above zero.
    pub rtt: u64,
    /// How many calls were under way when it was admitted, itself included.
    pub in_flight: u32,
    /// Whether it was dropped.
    pub dropped: bool,
}

/// How many calls should be under way at once, as far as is known.
#[derive(Clone, Debug)]
pub enum Estimate {
    /// Always so many.
    Fixed(u32),
    /// Additive increase, multiplicative decrease.
    Aimd(AimdEstimate),
    /// From the queue that the response time gives away.
    Vegas(VegasEstimate),
    /// From the ratio of the long-term to the present response time.
    Gradient2(Gradient2Estimate),
}

impl Estimate {
    /// The limit now.
    pub fn limit(&self) -> u32 {
        match self {
            Self::Fixed(limit) => *limit,
            Self::Aimd(aimd) => aimd.limit(),
            Self::Vegas(vegas) => vegas.limit(),
            Self::Gradient2(gradient) => gradient.limit(),
        }
    }

    /// Learns from a sample.
    pub fn learn(&mut self, sample: Sample) {
        match self {
            Self::Fixed(_) => {}
            Self::Aimd(aimd) => aimd.learn(sample),
            Self::Vegas(vegas) => vegas.learn(sample),
            Self::Gradient2(gradient) => gradient.learn(sample),
        }
    }

    fn prepare<R: Rng>(&mut self, draws: &mut R) {
        if let Self::Vegas(vegas) = self {
            vegas.prepare(draws);
        }
    }
}

/// A running limit of Netflix's. A good or degraded answer is a sample, a dropped call is a
/// sample that says so, any other failure is none (`onSuccess`, `onDropped`, `onIgnore`).
#[derive(Clone, Debug)]
pub struct Limiter {
    estimate: Estimate,
    window: Option<WindowState>,
    dropped: OutcomeSet,
    running: u32,
}

impl Limiter {
    pub(super) fn new(
        estimate: Estimate,
        window: Option<super::window::Window>,
        dropped: &[Outcome],
    ) -> Self {
        let (window, dropped) = (window.map(WindowState::new), OutcomeSet::of(dropped));
        Self { estimate, window, dropped, running: 0 }
    }

    /// How many calls may be under way at once, at this moment.
    pub fn limit(&self) -> u32 {
        self.estimate.limit()
    }

    /// How many calls are under way.
    pub fn running(&self) -> u32 {
        self.running
    }

    /// The estimate, to be told of samples without a call.
    pub fn estimate_mut(&mut self) -> &mut Estimate {
        &mut self.estimate
    }
}

impl Gate for Limiter {
    fn ask<R: Rng>(&mut self, _now: SimTime, _ticket: Ticket, draws: &mut R) -> Answer {
        self.estimate.prepare(draws);
        if self.running >= self.limit() {
            return Answer::Reject(Outcome::RejectedLimit);
        }
        self.running += 1;
        Answer::Admit(Pass { generation: 0, mark: self.running })
    }

    fn ended(&mut self, now: SimTime, pass: Pass, ending: Ending, _released: &mut Released) {
        debug_assert!(self.running > 0, "an end without a start");
        self.running -= 1;
        let dropped = self.dropped.contains(ending.outcome);
        if ending.outcome.is_failure() && !dropped {
            return;
        }
        // The library refuses a time of zero; simulated calls can take none.
        let rtt = ending.took.as_nanos().max(1);
        let sample = Sample { rtt, in_flight: pass.mark, dropped };
        let sample = match &mut self.window {
            None => Some(sample),
            Some(window) => window.sample(now, sample),
        };
        if let Some(sample) = sample {
            self.estimate.learn(sample);
        }
    }
}

/// What a gRPC client reports as dropped: `UNAVAILABLE`. (`DEADLINE_EXCEEDED` it ignores.)
pub(super) fn unavailable() -> Vec<Outcome> {
    vec![
        Outcome::ServerError,
        Outcome::Throttled,
        Outcome::Overflow,
        Outcome::Refused,
        Outcome::Reset,
        Outcome::Unresolved,
        Outcome::ConnectTimeout,
        Outcome::RejectedShed,
        Outcome::Lost,
    ]
}

#[cfg(test)]
mod tests {
    use super::super::aimd::Aimd;
    use super::super::tests::{ask, end};
    use super::super::{ConcurrencyGate, ConcurrencyLimit};
    use super::*;

    fn limiter() -> ConcurrencyGate {
        let aimd = Aimd { initial_limit: 4, min_limit: 1, ..Aimd::default() };
        ConcurrencyLimit::Aimd(aimd).gate()
    }

    #[test]
    fn as_many_pass_as_the_limit_says_and_each_knows_how_many_there_were() {
        let mut gate = limiter();
        let marks: Vec<_> = (0..4).map(|_| ask(&mut gate, 0).unwrap().mark).collect();
        assert_eq!(marks, [1, 2, 3, 4]);
        assert_eq!(ask(&mut gate, 0), Err(Outcome::RejectedLimit));
        assert_eq!(gate.running(), 4);
    }

    #[test]
    fn a_good_answer_teaches_a_drop_warns_and_the_rest_says_nothing() {
        for (outcome, limit) in [
            (Outcome::Ok, 5),
            (Outcome::Degraded, 5),
            (Outcome::Overflow, 3),
            (Outcome::ServerError, 3),
            (Outcome::Timeout, 4),
            (Outcome::Cancelled, 4),
            (Outcome::ClientError, 4),
        ] {
            let mut gate = limiter();
            (0..2).for_each(|_| {
                ask(&mut gate, 0).unwrap();
            });
            end(&mut gate, 10, 2, outcome, 10.0);
            assert_eq!((gate.limit(), gate.running()), (limit, 1), "{outcome:?}");
        }
    }

    #[test]
    fn a_limit_below_what_runs_admits_nobody_until_enough_have_ended() {
        let mut gate = limiter();
        (0..4).for_each(|_| {
            ask(&mut gate, 0).unwrap();
        });
        end(&mut gate, 1, 4, Outcome::Overflow, 1.0);
        assert_eq!((gate.limit(), gate.running()), (3, 3));
        assert_eq!(ask(&mut gate, 1), Err(Outcome::RejectedLimit));
        end(&mut gate, 1, 4, Outcome::Timeout, 1.0);
        assert!(ask(&mut gate, 1).is_ok());
    }

    #[test]
    fn a_call_that_takes_no_time_is_a_sample_too() {
        for name in ["aimd", "vegas", "gradient2"] {
            let limit: ConcurrencyLimit =
                serde_json::from_value(serde_json::json!({ name: {} })).unwrap();
            let mut gate = limit.gate();
            for _ in 0..5 {
                let pass = ask(&mut gate, 0).unwrap();
                end(&mut gate, 0, pass.mark, Outcome::Ok, 0.0);
            }
            assert_eq!(gate.limit(), 20, "{name}");
        }
    }
}
