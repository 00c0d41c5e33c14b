//! Netflix's second gradient: the ratio of the long-term to the present response time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limiter::{Estimate, Limiter, Sample, unavailable};
use super::window::Window;
use super::{ConcurrencyGate, Parameters, check_limits};
use crate::catalogue::Described;
use crate::policy::{Outcome, Problems};

/// Moves the limit towards `limit · g + queue_size`, with `g` the ratio of the long-term average
/// to the present response time, times `rtt_tolerance`, from ½ to 1. Drops are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gradient2 {
    /// The limit at the start; from `min_limit` to `max_limit`.
    pub initial_limit: u32,
    /// The lowest limit; at least 1.
    pub min_limit: u32,
    /// The highest limit.
    pub max_limit: u32,
    /// How much the limit may grow while the response time stays.
    pub queue_size: u32,
    /// The share of each step that is taken; above 0, at most 1.
    pub smoothing: f64,
    /// How far the response time may rise above its long-term average before the limit is
    /// lowered; at least 1.
    pub rtt_tolerance: f64,
    /// Over how many samples the long-term average is taken.
    pub long_window: u32,
    /// Which outcomes are samples although they are failures; other failures are none.
    pub dropped: Vec<Outcome>,
    /// Learns from windows of calls instead of each call; each call if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

impl Default for Gradient2 {
    /// `Gradient2Limit.newDefault()`, told of drops by the gRPC client's interceptor.
    fn default() -> Self {
        Self {
            initial_limit: 20,
            min_limit: 20,
            max_limit: 200,
            queue_size: 4,
            smoothing: 0.2,
            rtt_tolerance: 1.5,
            long_window: 600,
            dropped: unavailable(),
            window: None,
        }
    }
}

impl Described for Gradient2 {
    const SUMMARY: &'static str =
        "lowers the limit by the ratio of the long-term to the present response time";
    const SOURCE: &'static str =
        "Netflix/concurrency-limits @78a74b9, Gradient2Limit.java, ExpAvgMeasurement.java";
}

impl Parameters for Gradient2 {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_limits(&mut problems, self.initial_limit, (self.min_limit, self.max_limit));
        let wrong = !(self.smoothing > 0.0 && self.smoothing <= 1.0);
        let message = format_args!("must be above 0 and at most 1, not {}", self.smoothing);
        problems.note_if(wrong, "smoothing", message);
        problems.at_least_one("rtt_tolerance", self.rtt_tolerance);
        problems.note_if(self.long_window == 0, "long_window", "must be at least 1");
        super::window::check(self.window.as_ref(), &mut problems);
        problems
    }

    fn gate(&self) -> ConcurrencyGate {
        let estimate = Gradient2Estimate {
            limit: f64::from(self.initial_limit),
            long: LongAverage { window: self.long_window, count: 0, sum: 0.0, value: 0.0 },
            parameters: self.clone(),
        };
        let limiter = Limiter::new(Estimate::Gradient2(estimate), self.window, &self.dropped);
        ConcurrencyGate::Limiter(Box::new(limiter))
    }
}

/// The limit as it moves.
#[derive(Clone, Debug)]
pub struct Gradient2Estimate {
    limit: f64,
    long: LongAverage,
    parameters: Gradient2,
}

impl Gradient2Estimate {
    pub(super) fn limit(&self) -> u32 {
        self.limit as u32
    }

    pub(super) fn learn(&mut self, sample: Sample) {
        let Gradient2 { min_limit, max_limit, queue_size, smoothing, rtt_tolerance, .. } =
            self.parameters;
        let short = sample.rtt as f64;
        let long = self.long.add(short);
        // After a long time of too much load the average is too high: it comes down faster than
        // its window lets it. This step still uses the old one.
        if long / short > 2.0 {
            self.long.value *= 0.95;
        }
        if f64::from(sample.in_flight) < self.limit / 2.0 {
            return;
        }
        let gradient = (rtt_tolerance * long / short).clamp(0.5, 1.0);
        let target = self.limit * gradient + f64::from(queue_size);
        let limit = self.limit * (1.0 - smoothing) + target * smoothing;
        self.limit = limit.min(f64::from(max_limit)).max(f64::from(min_limit));
    }
}

/// An exponential average that starts as the mean of its first ten samples.
#[derive(Clone, Debug)]
struct LongAverage {
    window: u32,
    count: u32,
    sum: f64,
    value: f64,
}

impl LongAverage {
    const WARM_UP: u32 = 10;

    fn add(&mut self, sample: f64) -> f64 {
        if self.count < Self::WARM_UP {
            self.count += 1;
            self.sum += sample;
            self.value = self.sum / f64::from(self.count);
        } else {
            let factor = 2.0 / (f64::from(self.window) + 1.0);
            self.value = self.value * (1.0 - factor) + sample * factor;
        }
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::learn;
    use super::*;
    use crate::policy::concurrency::ConcurrencyLimit;

    fn gradient(initial_limit: u32) -> ConcurrencyGate {
        let gradient = Gradient2 { initial_limit, min_limit: 10, ..Gradient2::default() };
        ConcurrencyLimit::Gradient2(gradient).gate()
    }

    fn long(gate: &mut ConcurrencyGate) -> f64 {
        let ConcurrencyGate::Limiter(limiter) = gate else { unreachable!() };
        let Estimate::Gradient2(estimate) = limiter.estimate_mut() else { unreachable!() };
        estimate.long.value
    }

    #[test]
    fn the_long_average_is_a_mean_of_ten_samples_and_then_exponential() {
        let mut average = LongAverage { window: 19, count: 0, sum: 0.0, value: 0.0 };
        for n in 1..=10 {
            assert_eq!(average.add(f64::from(n)), (f64::from(n) + 1.0) / 2.0);
        }
        assert!((average.add(15.5) - 6.5).abs() < 1e-12);
    }

    #[test]
    fn a_limit_of_which_less_than_half_is_used_stays() {
        let mut gate = gradient(50);
        assert_eq!(learn(&mut gate, 100.0, 24, false), 50);
        // 50 · 1 + 4 · 0.2 each time.
        assert_eq!(learn(&mut gate, 100.0, 25, false), 50);
        assert_eq!(learn(&mut gate, 100.0, 26, false), 51);
    }

    #[test]
    fn drops_are_ignored() {
        let (mut dropped, mut good) = (gradient(50), gradient(50));
        for rtt in [100.0, 100.0, 300.0, 500.0, 50.0] {
            assert_eq!(learn(&mut dropped, rtt, 50, true), learn(&mut good, rtt, 50, false));
        }
    }

    #[test]
    fn an_average_of_more_than_twice_the_response_time_comes_down_faster() {
        let mut gate = gradient(50);
        learn(&mut gate, 300.0, 0, false);
        // The mean is 200 = 2 · 100: not more than twice.
        learn(&mut gate, 100.0, 0, false);
        assert_eq!(long(&mut gate), 200e6);
        // Nor is 95 more than twice 90.
        let mut gate = gradient(50);
        learn(&mut gate, 100.0, 0, false);
        learn(&mut gate, 90.0, 0, false);
        assert_eq!(long(&mut gate), 95e6);
        let mut gate = gradient(50);
        learn(&mut gate, 300.0, 0, false);
        learn(&mut gate, 99.0, 0, false);
        assert_eq!(long(&mut gate), 199.5e6 * 0.95);
    }

    #[test]
    fn the_step_is_bounded_by_a_half_and_by_the_limits() {
        let mut gate = gradient(200);
        for _ in 0..10 {
            assert_eq!(learn(&mut gate, 10.0, 200, false), 200);
        }
        // 200 · 0.8 + (100 + 4) · 0.2.
        assert_eq!(learn(&mut gate, 1e6, 200, false), 180);
        let mut gate = gradient(10);
        for _ in 0..10 {
            learn(&mut gate, 10.0, 0, false);
        }
        assert_eq!(learn(&mut gate, 1e6, 10, false), 10);
    }
}
