//! Envoy's adaptive concurrency filter: the gradient controller.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::circllhist::CircllHist;
use super::{ConcurrencyGate, Parameters};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use crate::policy::{Outcome, Problems};

/// From time to time lowers the limit to `min_concurrency` and measures the response time of
/// `request_count` requests: `minRTT`. In between, every `update_interval`, multiplies the limit
/// by `g = minRTT · (1 + buffer) / sampleRTT`, from ½ to 2, and adds the root of the result.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnvoyGradient {
    /// Which quantile of the response times is meant by `minRTT` and `sampleRTT`; from 0 to 1.
    pub sample_quantile: f64,
    /// The highest limit.
    pub max_concurrency: u32,
    /// How often the limit is moved. (The library has no default; this is its documentation's.)
    pub update_interval: SimDuration,
    /// How long after a measurement of `minRTT` the next one starts. (The library has no default;
    /// this is its documentation's.)
    pub min_rtt_interval: SimDuration,
    /// How many requests are measured for `minRTT`; at least 1.
    pub request_count: u32,
    /// By which share of itself `min_rtt_interval` is prolonged at random; from 0 to 1.
    pub jitter: f64,
    /// The limit while `minRTT` is measured, at the start, and at the least; at least 1.
    pub min_concurrency: u32,
    /// By which share the response time may rise above `minRTT` before the limit is lowered;
    /// from 0 to 1.
    pub buffer: f64,
    /// `minRTT`, if it is to be this instead of measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_min_rtt: Option<SimDuration>,
}

impl Default for EnvoyGradient {
    fn default() -> Self {
        Self {
            sample_quantile: 0.5,
            max_concurrency: 1000,
            update_interval: SimDuration::from_millis(100),
            min_rtt_interval: SimDuration::from_secs(60),
            request_count: 50,
            jitter: 0.15,
            min_concurrency: 3,
            buffer: 0.25,
            fixed_min_rtt: None,
        }
    }
}

impl Described for EnvoyGradient {
    const SUMMARY: &'static str =
        "Envoy: limit · minRTT / sampleRTT, with windows in which minRTT is measured";
    const SOURCE: &'static str = "envoyproxy/envoy, extensions/filters/http/adaptive_concurrency/\
                                  controller/gradient_controller.cc (2026)";
}

impl Parameters for EnvoyGradient {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.within("sample_quantile", self.sample_quantile, 0.0, 1.0);
        let below = format_args!("must not be below `min_concurrency`, {}", self.min_concurrency);
        problems.note_if(self.max_concurrency < self.min_concurrency, "max_concurrency", below);
        problems.above_zero("update_interval", self.update_interval);
        problems.above_zero("min_rtt_interval", self.min_rtt_interval);
        problems.note_if(self.request_count == 0, "request_count", "must be at least 1");
        problems.within("jitter", self.jitter, 0.0, 1.0);
        problems.note_if(self.min_concurrency == 0, "min_concurrency", "must be at least 1");
        problems.within("buffer", self.buffer, 0.0, 1.0);
        if let Some(fixed) = self.fixed_min_rtt {
            problems.above_zero("fixed_min_rtt", fixed);
        }
        problems
    }

    fn gate(&self) -> ConcurrencyGate {
        ConcurrencyGate::Controller(Box::new(Controller::new(*self)))
    }
}

impl EnvoyGradient {
    /// What the limit is multiplied by, if these are `minRTT` and `sampleRTT`.
    pub fn gradient(&self, min_rtt: SimDuration, sample_rtt: SimDuration) -> f64 {
        let min_rtt = min_rtt.as_nanos() as f64;
        let buffered = min_rtt + min_rtt * self.buffer;
        let gradient = buffered / sample_rtt.as_nanos() as f64;
        // Nothing divided by nothing is no number; the library then takes the highest.
        if gradient.is_nan() { 2.0 } else { gradient.clamp(0.5, 2.0) }
    }

    /// The limit that follows this one, if these are `minRTT` and `sampleRTT`.
    pub fn next_limit(&self, limit: u32, min_rtt: SimDuration, sample_rtt: SimDuration) -> u32 {
        let limit = f64::from(limit) * self.gradient(min_rtt, sample_rtt);
        ((limit + limit.sqrt()) as u32).min(self.max_concurrency).max(self.min_concurrency)
    }
}

/// A running controller.
#[derive(Clone, Debug)]
pub struct Controller {
    parameters: EnvoyGradient,
    limit: u32,
    running: u32,
    times: CircllHist,
    min_rtt: SimDuration,
    /// While `minRTT` is measured: the limit to return to.
    returns_to: Option<u32>,
    /// When the last measurement started: calls from before it are no samples.
    epoch: SimTime,
    /// When `minRTT` is to be measured.
    measures_at: Option<SimTime>,
    /// When the limit is to be moved.
    updates_at: Option<SimTime>,
    /// How many times in succession the limit was set to the lowest, though it was there.
    lowest_again: u32,
    /// What the next jitter is made of; drawn when a call asks.
    draw: Option<u64>,
}

/// After so many updates in succession that leave the limit at the lowest, `minRTT` is doubted.
const DOUBT: u32 = 5;

impl Controller {
    fn new(parameters: EnvoyGradient) -> Self {
        let mut controller = Self {
            parameters,
            limit: parameters.min_concurrency,
            running: 0,
            times: CircllHist::default(),
            min_rtt: parameters.fixed_min_rtt.unwrap_or_default(),
            returns_to: None,
            epoch: SimTime::ZERO,
            measures_at: None,
            updates_at: Some(SimTime::ZERO + parameters.update_interval),
            lowest_again: 0,
            draw: None,
        };
        if parameters.fixed_min_rtt.is_none() {
            controller.start_measuring(SimTime::ZERO);
        }
        controller
    }

    /// How many calls may be under way at once, at this moment.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// How many calls are under way.
    pub fn running(&self) -> u32 {
        self.running
    }

    /// Whether `minRTT` is being measured.
    pub fn is_measuring(&self) -> bool {
        self.returns_to.is_some()
    }

    fn start_measuring(&mut self, now: SimTime) {
        self.measures_at = None;
        if self.returns_to.is_none() {
            self.returns_to = Some(self.limit);
            self.set_limit(now, self.parameters.min_concurrency);
            self.times.clear();
            self.epoch = now;
        }
    }

    fn set_limit(&mut self, now: SimTime, limit: u32) {
        let lowest = self.parameters.min_concurrency;
        let again = self.returns_to.is_none() && self.limit == lowest && limit == lowest;
        self.lowest_again = if again { self.lowest_again + 1 } else { 0 };
        self.limit = limit;
        if self.lowest_again >= DOUBT && self.parameters.fixed_min_rtt.is_none() {
            self.measures_at = Some(now);
        }
    }

    /// The quantile of the response times so far, in whole microseconds; there are none after.
    fn take_quantile(&mut self) -> SimDuration {
        let micros = self.times.quantile(self.parameters.sample_quantile);
        self.times.clear();
        SimDuration::from_micros(micros as u64)
    }

    fn finish_measuring(&mut self, now: SimTime, limit: u32) {
        self.min_rtt = self.take_quantile();
        self.set_limit(now, limit);
        self.returns_to = None;
        self.measures_at = Some(now + self.parameters.min_rtt_interval + self.take_jitter());
        self.updates_at = Some(now + self.parameters.update_interval);
    }

    /// Whole milliseconds below the jitter's share of the interval.
    fn take_jitter(&mut self) -> SimDuration {
        let interval_ms = (self.parameters.min_rtt_interval.as_nanos() / 1_000_000) as f64;
        let range_ms = (interval_ms * self.parameters.jitter).ceil() as u64;
        let draw = self.draw.take().unwrap_or_default();
        SimDuration::from_millis(draw.checked_rem(range_ms).unwrap_or(0))
    }

    fn update(&mut self, now: SimTime) {
        if self.is_measuring() {
            // Whoever finishes measuring sets the timer again.
            self.updates_at = None;
            return;
        }
        self.updates_at = Some(now + self.parameters.update_interval);
        if self.times.count() > 0 {
            let sample_rtt = self.take_quantile();
            let limit = self.parameters.next_limit(self.limit, self.min_rtt, sample_rtt);
            self.set_limit(now, limit);
        }
    }
}

impl Gate for Controller {
    fn ask<R: Rng>(&mut self, _now: SimTime, _ticket: Ticket, draws: &mut R) -> Answer {
        if self.running >= self.limit {
            return Answer::Reject(Outcome::RejectedLimit);
        }
        self.running += 1;
        self.draw.get_or_insert_with(|| draws.next_u64());
        Answer::Admit(Pass::default())
    }

    fn ended(&mut self, now: SimTime, _pass: Pass, ending: Ending, _released: &mut Released) {
        debug_assert!(self.running > 0, "an end without a start");
        self.running -= 1;
        // Envoy measures every answer, an error as well, but no stream that was reset.
        if ending.outcome == Outcome::Cancelled || now - ending.took < self.epoch {
            return;
        }
        self.times.add(ending.took.as_nanos() / 1_000);
        let enough = self.times.count() >= u64::from(self.parameters.request_count);
        if let Some(limit) = self.returns_to.filter(|_| enough) {
            self.finish_measuring(now, limit);
        }
    }

    fn wakes_at(&self) -> Option<SimTime> {
        self.measures_at.into_iter().chain(self.updates_at).min()
    }

    fn wake(&mut self, now: SimTime, _released: &mut Released) {
        if self.updates_at.is_some_and(|at| at <= now) {
            self.update(now);
        }
        if self.measures_at.is_some_and(|at| at <= now) {
            self.start_measuring(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ask, at_ms, end, wake};
    use super::*;
    use crate::policy::concurrency::ConcurrencyLimit;

    fn controller(parameters: EnvoyGradient) -> ConcurrencyGate {
        ConcurrencyLimit::EnvoyGradient(parameters).gate()
    }

    fn ms(ms: u64) -> SimDuration {
        SimDuration::from_millis(ms)
    }

    /// Runs calls of 10 ms one after the other until `minRTT` is known; the time it is known.
    fn measured(gate: &mut ConcurrencyGate, requests: u64) -> u64 {
        for n in 0..requests {
            ask(gate, n * 10).unwrap();
            end(gate, n * 10 + 10, 0, Outcome::Ok, 10.0);
        }
        requests * 10
    }

    #[test]
    fn it_starts_by_measuring_and_returns_to_the_lowest_limit() {
        let mut gate = controller(EnvoyGradient { request_count: 5, ..EnvoyGradient::default() });
        assert_eq!(gate.limit(), 3);
        (0..3).for_each(|_| {
            ask(&mut gate, 0).unwrap();
        });
        assert_eq!(ask(&mut gate, 0), Err(Outcome::RejectedLimit));
        (0..3).for_each(|_| end(&mut gate, 10, 0, Outcome::Ok, 10.0));
        // The first update falls into the measurement and is given up.
        assert_eq!(gate.wakes_at(), Some(at_ms(100.0)));
        wake(&mut gate, 100.0);
        assert_eq!(gate.wakes_at(), None);
        for _ in 0..2 {
            ask(&mut gate, 200).unwrap();
            end(&mut gate, 210, 0, Outcome::Ok, 10.0);
        }
        // Measured: the next update comes one interval later.
        assert_eq!(gate.wakes_at(), Some(at_ms(310.0)));
        ask(&mut gate, 210).unwrap();
        end(&mut gate, 220, 0, Outcome::ServerError, 10.0);
        wake(&mut gate, 310.0);
        // 3 · 1.25 + √3.75.
        assert_eq!(gate.limit(), 5);
    }

    #[test]
    fn without_a_sample_the_limit_stays_and_the_timer_goes_on() {
        let mut gate = controller(EnvoyGradient { request_count: 1, ..EnvoyGradient::default() });
        let at = measured(&mut gate, 1) as f64;
        wake(&mut gate, at + 100.0);
        assert_eq!(gate.limit(), 3);
        assert_eq!(gate.wakes_at(), Some(at_ms(at + 200.0)));
        // No answer, no sample.
        ask(&mut gate, 110).unwrap();
        end(&mut gate, 120, 0, Outcome::Cancelled, 10.0);
        wake(&mut gate, at + 200.0);
        assert_eq!(gate.limit(), 3);
    }

    #[test]
    fn a_measurement_returns_to_the_limit_before_it_and_ignores_older_calls() {
        let parameters = EnvoyGradient {
            request_count: 1,
            jitter: 0.0,
            min_rtt_interval: ms(1_000),
            update_interval: ms(600),
            ..EnvoyGradient::default()
        };
        let mut gate = controller(parameters);
        assert_eq!(measured(&mut gate, 1), 10);
        ask(&mut gate, 20).unwrap();
        end(&mut gate, 30, 0, Outcome::Ok, 10.0);
        wake(&mut gate, 610.0);
        assert_eq!(gate.limit(), 5);
        (0..3).for_each(|_| {
            ask(&mut gate, 1_000).unwrap();
        });
        assert_eq!(gate.wakes_at(), Some(at_ms(1_010.0)));
        wake(&mut gate, 1_010.0);
        assert_eq!(gate.limit(), 3);
        assert_eq!(ask(&mut gate, 1_010), Err(Outcome::RejectedLimit));
        // From before the measurement, by 10 ms and by one nanosecond: no samples.
        end(&mut gate, 1_020, 0, Outcome::Ok, 20.0);
        end(&mut gate, 1_020, 0, Outcome::Ok, 10.000_001);
        assert_eq!(gate.limit(), 3);
        // From its very beginning: the sample.
        end(&mut gate, 1_020, 0, Outcome::Ok, 10.0);
        assert_eq!(gate.limit(), 5);
        assert_eq!(gate.wakes_at(), Some(at_ms(1_620.0)));
    }

    #[test]
    fn the_fifth_update_that_leaves_it_at_the_lowest_starts_a_measurement() {
        let mut gate = controller(EnvoyGradient { request_count: 1, ..EnvoyGradient::default() });
        let mut at = measured(&mut gate, 1);
        for update in 1..=5 {
            let ConcurrencyGate::Controller(controller) = &gate else { unreachable!() };
            assert!(!controller.is_measuring(), "{update}");
            ask(&mut gate, at).unwrap();
            end(&mut gate, at + 100, 0, Outcome::Ok, 100.0);
            at += 100;
            wake(&mut gate, at as f64);
        }
        let ConcurrencyGate::Controller(controller) = &gate else { unreachable!() };
        assert!(controller.is_measuring());
        // It finds what the service has become.
        ask(&mut gate, at).unwrap();
        end(&mut gate, at + 100, 0, Outcome::Ok, 100.0);
        ask(&mut gate, at + 100).unwrap();
        end(&mut gate, at + 200, 0, Outcome::Ok, 100.0);
        wake(&mut gate, at as f64 + 200.0);
        assert_eq!(gate.limit(), 5);
    }

    #[test]
    fn a_fixed_response_time_is_never_measured() {
        let parameters = EnvoyGradient { fixed_min_rtt: Some(ms(10)), ..EnvoyGradient::default() };
        let mut gate = controller(parameters);
        for update in 1..=20 {
            ask(&mut gate, update * 100 - 50).unwrap();
            end(&mut gate, update * 100, 0, Outcome::Ok, 50.0);
            assert_eq!(gate.wakes_at(), Some(at_ms((update * 100) as f64)));
            wake(&mut gate, (update * 100) as f64);
            assert_eq!(gate.limit(), 3);
        }
        ask(&mut gate, 2_000).unwrap();
        end(&mut gate, 2_010, 0, Outcome::Ok, 10.0);
        wake(&mut gate, 2_100.0);
        // 10 ms lies in the bin up to 11 ms, whose middle is 10.5 ms.
        assert_eq!(gate.limit(), 5);
    }

    #[test]
    fn the_jitter_prolongs_the_interval_by_whole_milliseconds() {
        for (jitter, longest) in [(0.0, 0), (0.15, 9_000)] {
            let mut longest_seen = 0;
            for draw in [0, 1, 8_999, 9_000, 9_001] {
                let mut controller =
                    Controller::new(EnvoyGradient { jitter, ..Default::default() });
                controller.draw = Some(draw);
                let wait = controller.take_jitter().as_nanos();
                assert_eq!(wait % 1_000_000, 0);
                assert_eq!(wait, if longest == 0 { 0 } else { draw % longest * 1_000_000 });
                longest_seen = longest_seen.max(wait / 1_000_000);
            }
            assert_eq!(longest_seen, if longest == 0 { 0 } else { longest - 1 });
        }
    }

    #[test]
    fn the_next_measurement_is_the_interval_and_the_jitter_away() {
        let mut controller = Controller::new(EnvoyGradient {
            jitter: 0.5,
            min_rtt_interval: ms(1_000),
            ..EnvoyGradient::default()
        });
        controller.draw = Some(499);
        controller.finish_measuring(at_ms(20.0), 3);
        assert_eq!(controller.measures_at, Some(at_ms(1_519.0)));
    }

    #[test]
    fn nothing_is_faster_than_nothing() {
        let parameters = EnvoyGradient::default();
        let next = |min_rtt, sample| parameters.next_limit(16, min_rtt, sample);
        assert_eq!(next(SimDuration::ZERO, SimDuration::ZERO), 37);
        assert_eq!(next(ms(1), SimDuration::ZERO), 37);
        assert_eq!(next(SimDuration::ZERO, ms(1)), 10);
    }

    #[test]
    fn mistakes_name_the_field() {
        let parameters = EnvoyGradient {
            sample_quantile: 1.5,
            max_concurrency: 2,
            jitter: -0.1,
            buffer: 2.0,
            request_count: 0,
            update_interval: SimDuration::ZERO,
            min_rtt_interval: SimDuration::ZERO,
            fixed_min_rtt: Some(SimDuration::ZERO),
            ..EnvoyGradient::default()
        };
        let paths = |limit: EnvoyGradient| -> Vec<String> {
            limit.check().0.into_iter().map(|problem| problem.path).collect()
        };
        assert_eq!(
            paths(parameters),
            [
                "sample_quantile",
                "max_concurrency",
                "update_interval",
                "min_rtt_interval",
                "request_count",
                "jitter",
                "buffer",
                "fixed_min_rtt"
            ]
        );
        let none = EnvoyGradient { min_concurrency: 0, ..EnvoyGradient::default() };
        assert_eq!(paths(none), ["min_concurrency"]);
        assert_eq!(
            paths(EnvoyGradient { max_concurrency: 3, ..EnvoyGradient::default() }),
            [""; 0]
        );
    }
}
