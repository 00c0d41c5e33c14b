//! A limit after TCP Vegas: from the queue that the response time gives away.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limiter::{Estimate, Limiter, Sample, unavailable};
use super::window::Window;
use super::{ConcurrencyGate, Parameters, check_limits};
use crate::catalogue::Described;
use crate::kernel::draw::unit_f64;
use crate::policy::{Outcome, Problems};

/// Takes the lowest response time for the one without a queue, estimates the queue as
/// `limit · (1 − lowest / response time)`, and raises or lowers the limit by it. With `r` the
/// whole part of log₁₀ of the limit, but at least 1: a queue up to `r` raises the limit by
/// `beta`, one below `alpha` by `r`; one above `beta`, or a drop, lowers it by `r`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Vegas {
    /// The limit at the start; from 1 to `max_limit`.
    pub initial_limit: u32,
    /// The highest limit. (The lowest is 1.)
    pub max_limit: u32,
    /// The share of each step that is taken; above 0, at most 1.
    pub smoothing: f64,
    /// Below which queue the limit is raised a little; 3 · `r` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<u32>,
    /// Above which queue the limit is lowered, and by how much it is raised without one; 6 · `r`
    /// if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta: Option<u32>,
    /// The lowest response time is measured afresh every `uniform(½, 1)` · this · limit samples.
    pub probe_multiplier: u32,
    /// Which outcomes count as dropped; other failures say nothing about the limit.
    pub dropped: Vec<Outcome>,
    /// Learns from windows of calls instead of each call; each call if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

impl Default for Vegas {
    /// `VegasLimit.newDefault()`, told of drops by the gRPC client's interceptor.
    fn default() -> Self {
        Self {
            initial_limit: 20,
            max_limit: 1000,
            smoothing: 1.0,
            alpha: None,
            beta: None,
            probe_multiplier: 30,
            dropped: unavailable(),
            window: None,
        }
    }
}

impl Described for Vegas {
    const SUMMARY: &'static str =
        "keeps the queue that the response time gives away between alpha and beta";
    const SOURCE: &'static str = "Netflix/concurrency-limits @78a74b9, VegasLimit.java";
}

impl Parameters for Vegas {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_limits(&mut problems, self.initial_limit, (1, self.max_limit));
        let wrong = !(self.smoothing > 0.0 && self.smoothing <= 1.0);
        let message = format_args!("must be above 0 and at most 1, not {}", self.smoothing);
        problems.note_if(wrong, "smoothing", message);
        problems.note_if(self.probe_multiplier == 0, "probe_multiplier", "must be at least 1");
        super::window::check(self.window.as_ref(), &mut problems);
        problems
    }

    fn gate(&self) -> ConcurrencyGate {
        let estimate = VegasEstimate {
            limit: f64::from(self.initial_limit),
            lowest: None,
            samples: 0,
            jitter: None,
            parameters: self.clone(),
        };
        let limiter = Limiter::new(Estimate::Vegas(estimate), self.window, &self.dropped);
        ConcurrencyGate::Limiter(Box::new(limiter))
    }
}

/// The limit as it moves.
#[derive(Clone, Debug)]
pub struct VegasEstimate {
    limit: f64,
    /// The lowest response time since the last probe, in nanoseconds.
    lowest: Option<u64>,
    /// How many samples there were since the last probe.
    samples: u64,
    /// How far the next probe is moved forward, from ½ to 1; drawn when the next call asks.
    jitter: Option<f64>,
    parameters: Vegas,
}

impl VegasEstimate {
    pub(super) fn limit(&self) -> u32 {
        self.limit as u32
    }

    /// Draws how far the next probe is moved, if it is not known. (The library draws it as soon as
    /// the last one is done; until the next call asks, none can be due, unless the limit has fallen
    /// far below what is under way.)
    pub(super) fn prepare<R: Rng>(&mut self, draws: &mut R) {
        self.jitter.get_or_insert_with(|| 0.5 + 0.5 * unit_f64(draws.next_u64()));
    }

    pub(super) fn learn(&mut self, sample: Sample) {
        self.samples += 1;
        if self.probe_is_due() {
            (self.jitter, self.samples, self.lowest) = (None, 0, Some(sample.rtt));
            return;
        }
        match self.lowest {
            // A new lowest leaves the limit as it is, even if the call was dropped.
            Some(lowest) if sample.rtt >= lowest => self.step(sample, lowest),
            _ => self.lowest = Some(sample.rtt),
        }
    }

    fn probe_is_due(&self) -> bool {
        let multiplier = f64::from(self.parameters.probe_multiplier);
        self.jitter.is_some_and(|jitter| jitter * multiplier * self.limit <= self.samples as f64)
    }

    fn step(&mut self, sample: Sample, lowest: u64) {
        let queue = (self.limit * (1.0 - lowest as f64 / sample.rtt as f64)).ceil();
        let root = self.root();
        let alpha = self.parameters.alpha.map_or(3.0 * root, f64::from);
        let beta = self.parameters.beta.map_or(6.0 * root, f64::from);
        let target = if sample.dropped {
            self.limit - root
        } else if f64::from(sample.in_flight) * 2.0 < self.limit {
            // What is not used need not grow.
            return;
        } else if queue <= root {
            self.limit + beta
        } else if queue < alpha {
            self.limit + root
        } else if queue > beta {
            self.limit - root
        } else {
            return;
        };
        let target = target.min(f64::from(self.parameters.max_limit)).max(1.0);
        let smoothing = self.parameters.smoothing;
        self.limit = (1.0 - smoothing) * self.limit + smoothing * target;
    }

    /// The whole part of log₁₀ of the limit, but at least 1.
    fn root(&self) -> f64 {
        f64::from(self.limit().checked_ilog10().unwrap_or(0).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ask, end, learn};
    use super::*;
    use crate::kernel::SimTime;
    use crate::policy::backoff::scripted::Always;
    use crate::policy::concurrency::ConcurrencyLimit;
    use crate::policy::gate::{Gate, Ticket};

    fn vegas(initial_limit: u32) -> ConcurrencyGate {
        ConcurrencyLimit::Vegas(Vegas { initial_limit, ..Vegas::default() }).gate()
    }

    /// The limit after one sample with this queue, if 10 ms is the lowest response time.
    fn after_queue(limit: u32, queue: f64, in_flight: u32) -> u32 {
        let mut gate = vegas(limit);
        learn(&mut gate, 10.0, in_flight, false);
        let limit = f64::from(limit);
        // A hair below, so that rounding up gives the queue itself.
        learn(&mut gate, 10.0 / (1.0 - (queue - 0.001) / limit), in_flight, false)
    }

    #[test]
    fn the_queue_decides_and_its_bounds_are_as_in_the_library() {
        for (queue, limit) in [(1.0, 56), (2.0, 51), (3.0, 50), (6.0, 50), (7.0, 49)] {
            assert_eq!(after_queue(50, queue, 50), limit, "queue {queue}");
        }
        for (queue, limit) in
            [(2.0, 212), (3.0, 202), (5.0, 202), (6.0, 200), (12.0, 200), (13.0, 198)]
        {
            assert_eq!(after_queue(200, queue, 200), limit, "queue {queue}");
        }
    }

    #[test]
    fn a_limit_of_which_less_than_half_is_used_stays() {
        assert_eq!(after_queue(50, 1.0, 24), 50);
        assert_eq!(after_queue(50, 1.0, 25), 56);
        assert_eq!(after_queue(50, 7.0, 24), 50);
    }

    #[test]
    fn a_drop_lowers_it_whatever_is_used_but_not_below_one() {
        let mut gate = vegas(2);
        learn(&mut gate, 10.0, 1, false);
        assert_eq!(learn(&mut gate, 10.0, 0, true), 1);
        assert_eq!(learn(&mut gate, 10.0, 0, true), 1);
    }

    #[test]
    fn a_new_lowest_response_time_leaves_it_as_it_is_and_the_same_again_does_not() {
        let mut gate = vegas(20);
        assert_eq!(learn(&mut gate, 10.0, 20, true), 20);
        assert_eq!(learn(&mut gate, 9.0, 20, true), 20);
        assert_eq!(learn(&mut gate, 9.0, 20, true), 19);
    }

    #[test]
    fn smoothing_takes_a_part_of_the_step_and_keeps_the_fraction() {
        let vegas = Vegas { smoothing: 0.25, ..Vegas::default() };
        let mut gate = ConcurrencyLimit::Vegas(vegas).gate();
        learn(&mut gate, 10.0, 20, false);
        assert_eq!(learn(&mut gate, 10.0, 20, false), 21);
        assert_eq!(learn(&mut gate, 10.0, 20, false), 23);
    }

    #[test]
    fn the_lowest_response_time_is_measured_afresh_after_so_many_samples() {
        for (draw, probe) in [(0.0, 15), (0.5, 23), (0.999_999, 30)] {
            let vegas = Vegas { initial_limit: 1, max_limit: 1, ..Vegas::default() };
            let mut gate = ConcurrencyLimit::Vegas(vegas).gate();
            let asked = gate.ask(SimTime::ZERO, Ticket(0), &mut Always::unit(draw));
            assert!(matches!(asked, crate::policy::gate::Answer::Admit(_)));
            let ConcurrencyGate::Limiter(limiter) = &mut gate else { unreachable!() };
            let Estimate::Vegas(estimate) = limiter.estimate_mut() else { unreachable!() };
            let sample = |rtt| Sample { rtt, in_flight: 0, dropped: false };
            estimate.learn(sample(10));
            let after = (2..100).find(|_| {
                estimate.learn(sample(40));
                estimate.lowest == Some(40)
            });
            assert_eq!(after, Some(probe), "{draw}");
            assert_eq!((estimate.samples, estimate.jitter), (0, None));
        }
    }

    #[test]
    fn a_call_draws_once_for_each_probe() {
        let mut gate = vegas(20);
        let pass = ask(&mut gate, 0).unwrap();
        end(&mut gate, 1, pass.mark, Outcome::Ok, 1.0);
        let ConcurrencyGate::Limiter(limiter) = &mut gate else { unreachable!() };
        let Estimate::Vegas(estimate) = limiter.estimate_mut() else { unreachable!() };
        assert_eq!(estimate.jitter, Some(0.5));
        estimate.prepare(&mut Always::unit(0.9));
        assert_eq!(estimate.jitter, Some(0.5));
    }

    #[test]
    fn the_root_is_the_whole_part_of_the_logarithm() {
        for (limit, root) in [(1, 1.0), (99, 1.0), (100, 2.0), (999, 2.0), (1000, 3.0)] {
            let mut gate = vegas(limit);
            let ConcurrencyGate::Limiter(limiter) = &mut gate else { unreachable!() };
            let Estimate::Vegas(estimate) = limiter.estimate_mut() else { unreachable!() };
            assert_eq!(estimate.root(), root, "{limit}");
        }
    }
}
