//! The AWS SDKs' adaptive mode: a rate limiter that throttling sets.

use std::collections::VecDeque;

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Cubic, Filling, Learning, RateClocker, Throttles};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::gate::{Answer, Pass, Released, Ticket};
use crate::policy::{Outcome, Problems};

/// From the first `throttled` on, attempts wait for a token. The rate of the tokens falls to
/// `beta` of the measured one when an attempt is throttled, and grows along a cubic curve while
/// none is, up to twice the measured one. It limits attempts, so it belongs inside a retry; the
/// retry quota of the standard mode (`aws-sdk`) belongs to the mode as well.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AwsAdaptive {
    /// How steep the curve is.
    pub scale: f64,
    /// What is left of the rate after throttling: from 0 to 1.
    pub beta: f64,
    /// The weight of the newest bucket in the measured rate: from 0 to 1.
    pub smoothing: f64,
    /// The lowest rate, in attempts per second.
    pub min_rate: f64,
}

impl Default for AwsAdaptive {
    fn default() -> Self {
        Self { scale: 0.4, beta: 0.7, smoothing: 0.8, min_rate: 0.5 }
    }
}

impl Described for AwsAdaptive {
    const SUMMARY: &'static str =
        "AWS SDKs, adaptive mode: attempts wait for tokens whose rate follows throttling (CUBIC)";
    const SOURCE: &'static str =
        "botocore 1.44.5, retries/adaptive.py, throttling.py and bucket.py";
}

/// The length of a bucket in which the rate is measured, in seconds.
const BUCKET: f64 = 0.5;
/// The rate of the tokens is at most as many times the measured one.
const MAX_RATE_ADJUST_SCALE: f64 = 2.0;
/// The curve's first top and the bucket's first rate.
const STARTING_MAX_RATE: f64 = 0.0;
const STARTING_RATE: f64 = 1.0;

impl Throttles for AwsAdaptive {
    type Machine = ClientRateLimiter;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.within("scale", self.scale, 1e-6, 1e6);
        problems.within("beta", self.beta, 0.0, 1.0);
        problems.within("smoothing", self.smoothing, 0.0, 1.0);
        problems.within("min_rate", self.min_rate, 1e-6, 1e9);
        problems
    }

    fn start(&self, now: SimTime) -> ClientRateLimiter {
        ClientRateLimiter {
            enabled: false,
            cubic: Cubic::new(self.scale, self.beta, STARTING_MAX_RATE, now.as_secs_f64()),
            clocker: RateClocker::new(self.smoothing, BUCKET, now),
            bucket: Filling::new(STARTING_RATE, self.min_rate, now),
            waiting: VecDeque::new(),
        }
    }
}

/// The rate limiter of a client.
///
/// Threads of the SDK that wait for a token find it in no particular order; here the first to
/// come is the first to go, and all learn of a new rate at once.
#[derive(Clone, Debug)]
pub struct ClientRateLimiter {
    enabled: bool,
    cubic: Cubic,
    clocker: RateClocker,
    bucket: Filling,
    waiting: VecDeque<Ticket>,
}

impl ClientRateLimiter {
    fn release(&mut self, now: SimTime, released: &mut Released) {
        while !self.waiting.is_empty() && self.bucket.acquire(now) {
            let first = self.waiting.pop_front();
            released.extend(first.map(|ticket| (ticket, Answer::Admit(Pass::default()))));
        }
    }
}

impl Learning for ClientRateLimiter {
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, _draws: &mut R) -> Asked {
        if !self.enabled || (self.waiting.is_empty() && self.bucket.acquire(now)) {
            return Asked::Admitted;
        }
        self.waiting.push_back(ticket);
        Asked::Waits
    }

    fn ended(&mut self, now: SimTime, outcome: Outcome, released: &mut Released) {
        let measured = self.clocker.record(now);
        let seconds = now.as_secs_f64();
        let rate = if outcome == Outcome::Throttled {
            let rate = if self.enabled { measured.min(self.bucket.rate()) } else { measured };
            self.enabled = true;
            self.cubic.after_throttling(rate, seconds)
        } else {
            self.cubic.after_success(seconds)
        };
        self.bucket.set_rate(rate.min(MAX_RATE_ADJUST_SCALE * measured), now);
        self.release(now, released);
    }

    fn withdrawn(&mut self, _now: SimTime, ticket: Ticket) {
        self.waiting.retain(|waiting| *waiting != ticket);
    }

    fn wakes_at(&self) -> Option<SimTime> {
        (!self.waiting.is_empty()).then(|| self.bucket.next_at())
    }

    fn wake(&mut self, now: SimTime, released: &mut Released) {
        self.release(now, released);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::backoff::scripted::MIDDLE;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    fn ask(limiter: &mut ClientRateLimiter, ms: u64, ticket: u64) -> Asked {
        limiter.ask(at(ms), Ticket(ticket), &mut MIDDLE.clone())
    }

    fn ended(limiter: &mut ClientRateLimiter, ms: u64, outcome: Outcome) -> Vec<u64> {
        let mut released = Released::new();
        limiter.ended(at(ms), outcome, &mut released);
        released.iter().map(|(ticket, _)| ticket.0).collect()
    }

    /// One that measured 10 attempts a second and was throttled at one second.
    fn throttled() -> ClientRateLimiter {
        let mut limiter = AwsAdaptive { smoothing: 1.0, ..AwsAdaptive::default() }.start(at(0));
        for attempt in 0..10 {
            ended(&mut limiter, attempt * 100, Outcome::Ok);
        }
        ended(&mut limiter, 1_000, Outcome::Throttled);
        limiter
    }

    /// One that was throttled and whose bucket is empty at one second, and fills at 7 a second.
    fn empty() -> ClientRateLimiter {
        let mut limiter = throttled();
        limiter.bucket = Filling::new(7.0, 0.5, at(1_000));
        limiter
    }

    #[test]
    fn nothing_waits_before_the_first_throttling() {
        let mut limiter = AwsAdaptive::default().start(at(0));
        for attempt in 0..100 {
            assert_eq!(ask(&mut limiter, 0, attempt), Asked::Admitted);
            ended(&mut limiter, 0, Outcome::ServerError);
        }
        assert_eq!(limiter.wakes_at(), None);
    }

    #[test]
    fn throttling_cuts_the_measured_rate() {
        let limiter = throttled();
        // 5 in the last half second, this one included.
        assert!((limiter.bucket.rate() - 7.0).abs() < 1e-12, "{}", limiter.bucket.rate());
    }

    #[test]
    fn once_throttled_attempts_wait_their_turn() {
        let mut limiter = empty();
        assert_eq!(ask(&mut limiter, 1_000, 2), Asked::Waits);
        assert_eq!(ask(&mut limiter, 1_000, 3), Asked::Waits);
        let due = limiter.wakes_at().unwrap();
        assert_eq!(due, SimTime::from_nanos(1_000_000_000 + 142_857_143), "a seventh of a second");
        let mut released = Released::new();
        limiter.wake(due, &mut released);
        assert_eq!(released, [(Ticket(2), Answer::Admit(Pass::default()))]);
        assert!(limiter.wakes_at().unwrap() > due);
    }

    #[test]
    fn who_comes_when_a_token_is_there_but_others_wait_goes_behind_them() {
        let mut limiter = empty();
        assert_eq!(ask(&mut limiter, 1_000, 2), Asked::Waits);
        assert_eq!(ask(&mut limiter, 2_000, 3), Asked::Waits);
        let mut released = Released::new();
        limiter.wake(at(2_000), &mut released);
        assert_eq!(released.iter().map(|(ticket, _)| ticket.0).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(limiter.wakes_at(), None);
    }

    #[test]
    fn who_gives_up_takes_no_token() {
        let mut limiter = empty();
        ask(&mut limiter, 1_000, 2);
        ask(&mut limiter, 1_000, 3);
        limiter.withdrawn(at(1_001), Ticket(2));
        let mut released = Released::new();
        limiter.wake(at(1_143), &mut released);
        assert_eq!(released, [(Ticket(3), Answer::Admit(Pass::default()))]);
    }

    #[test]
    fn the_rate_is_at_most_twice_the_measured_one() {
        let mut limiter = throttled();
        ended(&mut limiter, 60_000, Outcome::Ok);
        // One in 59 s.
        assert_eq!(limiter.bucket.rate(), 0.5, "the least");
        ended(&mut limiter, 60_400, Outcome::Ok);
        ended(&mut limiter, 60_500, Outcome::Ok);
        assert_eq!(limiter.bucket.rate(), 8.0, "twice 2 in half a second");
    }

    #[test]
    fn when_enabled_a_second_throttling_cuts_the_lower_of_both_rates() {
        let mut limiter = throttled();
        // Still 10 are measured, but 7 were allowed.
        ended(&mut limiter, 1_000, Outcome::Throttled);
        assert!((limiter.bucket.rate() - 4.9).abs() < 1e-12, "{}", limiter.bucket.rate());
    }

    #[test]
    fn an_end_that_brings_tokens_releases_who_waits() {
        let mut limiter = empty();
        ask(&mut limiter, 1_000, 2);
        assert!(ended(&mut limiter, 1_100, Outcome::Ok).is_empty());
        assert_eq!(ended(&mut limiter, 1_200, Outcome::Ok), [2]);
    }

    #[test]
    fn its_bounds_are_checked() {
        let wrong = |adaptive: AwsAdaptive| !adaptive.check().0.is_empty();
        let default = AwsAdaptive::default();
        assert!(wrong(AwsAdaptive { scale: 0.0, ..default }));
        assert!(wrong(AwsAdaptive { beta: 1.1, ..default }));
        assert!(wrong(AwsAdaptive { smoothing: f64::NAN, ..default }));
        assert!(wrong(AwsAdaptive { min_rate: 0.0, ..default }));
        assert!(!wrong(AwsAdaptive { beta: 1.0, smoothing: 0.0, ..default }));
    }
}
