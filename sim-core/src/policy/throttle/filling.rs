//! The token bucket of the AWS SDKs' adaptive mode.

use crate::kernel::{SimDuration, SimTime};

/// A bucket that starts empty, and whose rate is also its size (botocore, `retries/bucket.py`).
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Filling {
    min_rate: f64,
    /// Tokens per second.
    rate: f64,
    max: f64,
    level: f64,
    since: SimTime,
}

impl Filling {
    pub(in crate::policy) fn new(rate: f64, min_rate: f64, now: SimTime) -> Self {
        let mut empty = Self { min_rate, rate: 0.0, max: 0.0, level: 0.0, since: now };
        empty.set_rate(rate, now);
        empty
    }

    /// Fills at this rate from now on, but not below the least; holds at least one token.
    pub(in crate::policy) fn set_rate(&mut self, rate: f64, now: SimTime) {
        self.refill(now);
        self.rate = rate.max(self.min_rate);
        self.max = if rate >= 1.0 { rate } else { 1.0 };
        self.level = self.level.min(self.max);
    }

    /// The rate at which it fills.
    pub(in crate::policy) fn rate(&self) -> f64 {
        self.rate
    }

    /// Takes a token, if there is one.
    pub(in crate::policy) fn acquire(&mut self, now: SimTime) -> bool {
        self.refill(now);
        let enough = self.level >= 1.0;
        if enough {
            self.level -= 1.0;
        }
        enough
    }

    /// When there is a token again, at the soonest: after the last time that it was looked at.
    pub(in crate::policy) fn next_at(&self) -> SimTime {
        let seconds = (1.0 - self.level) / self.rate;
        let nanos = SimDuration::from_nanos((seconds * 1e9).ceil() as u64);
        self.since + nanos.max(SimDuration::from_nanos(1))
    }

    fn refill(&mut self, now: SimTime) {
        let seconds = now.as_secs_f64() - self.since.as_secs_f64();
        self.level = (self.level + seconds * self.rate).min(self.max);
        self.since = now;
    }

    /// What it holds, and what it can hold.
    pub(in crate::policy) fn level_and_max(&self) -> (f64, f64) {
        (self.level, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn it_starts_empty_and_takes_exactly_one() {
        let mut bucket = Filling::new(1.0, 0.5, at(0));
        assert!(!bucket.acquire(at(0)));
        assert!(!bucket.acquire(at(999)));
        assert!(bucket.acquire(at(1_000)));
        assert!(!bucket.acquire(at(1_000)));
    }

    #[test]
    fn the_rate_is_bounded_below_and_so_is_the_size() {
        let size = |rate| {
            let bucket = Filling::new(rate, 0.5, at(0));
            (bucket.rate(), bucket.level_and_max().1)
        };
        assert_eq!(size(0.1), (0.5, 1.0));
        assert_eq!(size(0.9), (0.9, 1.0));
        assert_eq!(size(1.0), (1.0, 1.0));
        assert_eq!(size(3.0), (3.0, 3.0));
    }

    #[test]
    fn what_has_come_in_so_far_came_at_the_old_rate() {
        let mut bucket = Filling::new(10.0, 0.5, at(0));
        bucket.set_rate(4.0, at(300));
        assert_eq!(bucket.level_and_max(), (3.0, 4.0));
        bucket.set_rate(2.0, at(300));
        assert_eq!(bucket.level_and_max(), (2.0, 2.0), "spilt");
    }

    #[test]
    fn it_says_when_the_next_token_is_there() {
        let mut bucket = Filling::new(4.0, 0.5, at(0));
        assert_eq!(bucket.next_at(), at(250));
        assert!(bucket.acquire(at(250)));
        assert_eq!(bucket.next_at(), at(500));
        assert!(!bucket.acquire(at(400)));
        assert_eq!(bucket.next_at(), at(500));
        assert!(bucket.acquire(at(1_000)));
        assert_eq!(bucket.next_at(), SimTime::from_nanos(1_000_000_001), "never in the past");
    }
}
