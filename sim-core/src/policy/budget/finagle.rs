//! Finagle's retry budget.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Budgeting, CallMemory, Deciding};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::{Outcome, Problems};

/// Each call deposits 1000 tokens, a retry withdraws 1000 / `percent_can_retry`; both are
/// forgotten after about `ttl`. On top comes a standing credit of `min_retries_per_sec · ttl`
/// retries, which is whole again only when the retries that used it are forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Finagle {
    /// How long deposits and withdrawals count: from 1 to 60 s; kept in ten slices of whole ms.
    pub ttl: SimDuration,
    /// The credit, in retries per second of `ttl`.
    pub min_retries_per_sec: u32,
    /// How many retries a call allows for: 0.2 is one for five calls; from 0 to 1000.
    pub percent_can_retry: f64,
}

impl Default for Finagle {
    fn default() -> Self {
        Self { ttl: SimDuration::from_secs(10), min_retries_per_sec: 10, percent_can_retry: 0.2 }
    }
}

impl Described for Finagle {
    const SUMMARY: &'static str =
        "Finagle: retries for 20 % of the calls of the last 10 s, and 10 a second";
    const SOURCE: &'static str =
        "finagle 4feb34c, service/RetryBudget.scala; twitter util, WindowedAdder.scala";
}

const SECOND: u64 = 1_000_000_000;
const MILLISECOND: u64 = 1_000_000;
/// What a call deposits, so that withdrawals can be whole numbers.
const SCALE: f64 = 1_000.0;

impl Budgeting for Finagle {
    type Machine = WindowedTokens;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let wrong = !(1..=60).contains(&(self.ttl.as_nanos() / SECOND));
        problems.note_if(wrong, "ttl", "must be from 1 s to 60 s");
        problems.within("percent_can_retry", self.percent_can_retry, 0.0, SCALE);
        problems
    }

    fn start(&self, now: SimTime) -> WindowedTokens {
        let no_share = self.percent_can_retry == 0.0;
        let (deposit, withdrawal) =
            if no_share { (0, 1) } else { (1_000, (SCALE / self.percent_can_retry) as i64) };
        // Below a withdrawal of 2^31 there are no overflows; Finagle's integers have 32 bits.
        let withdrawal = withdrawal.min(i64::from(i32::MAX));
        let ttl_seconds = (self.ttl.as_nanos() / SECOND) as i64;
        let reserve = i64::from(self.min_retries_per_sec) * ttl_seconds;
        WindowedTokens {
            deposit,
            withdrawal,
            reserve: reserve.saturating_mul(withdrawal),
            window: Adder::new(self.ttl, now),
        }
    }
}

/// The deposits and withdrawals of a client.
#[derive(Clone, Debug)]
pub struct WindowedTokens {
    deposit: i64,
    withdrawal: i64,
    reserve: i64,
    window: Adder,
}

impl WindowedTokens {
    fn tokens(&mut self, now: SimTime) -> i64 {
        self.window.sum(now).saturating_add(self.reserve)
    }
}

impl Deciding for WindowedTokens {
    fn call_starts(&mut self, now: SimTime, _memory: &mut CallMemory) {
        self.window.add(now, self.deposit);
    }

    fn may_retry(&mut self, now: SimTime, _memory: &mut CallMemory, _outcome: Outcome) -> bool {
        let enough = self.tokens(now) >= self.withdrawal;
        if enough {
            self.window.add(now, -self.withdrawal);
        }
        enough
    }

    /// The balance: how many retries could be made.
    fn level(&mut self, now: SimTime) -> f64 {
        (self.tokens(now) / self.withdrawal) as f64
    }
}

/// Slices that have ended; the one that is written comes on top.
const ENDED: usize = 9;

/// A sum over a window of ten slices. A slice ends when something is done at least a tenth of the
/// window after the last one ended: the slices drift with the traffic.
#[derive(Clone, Copy, Debug)]
struct Adder {
    slice_ms: u64,
    writing: i64,
    ended: [i64; ENDED],
    next: usize,
    since_ms: u64,
}

impl Adder {
    fn new(window: SimDuration, now: SimTime) -> Self {
        let slice_ms = window.as_nanos() / MILLISECOND / (ENDED as u64 + 1);
        Self { slice_ms, writing: 0, ended: [0; ENDED], next: 0, since_ms: ms(now) }
    }

    fn expire(&mut self, now: SimTime) {
        let passed = ms(now) - self.since_ms;
        if passed < self.slice_ms {
            return;
        }
        self.keep(self.writing);
        self.writing = 0;
        let skipped = (passed / self.slice_ms - 1).min(ENDED as u64);
        for _ in 0..skipped {
            self.keep(0);
        }
        self.since_ms = ms(now);
    }

    fn keep(&mut self, slice: i64) {
        self.ended[self.next] = slice;
        self.next = (self.next + 1) % ENDED;
    }

    fn add(&mut self, now: SimTime, tokens: i64) {
        self.expire(now);
        self.writing += tokens;
    }

    fn sum(&mut self, now: SimTime) -> i64 {
        self.expire(now);
        self.writing + self.ended.iter().sum::<i64>()
    }
}

/// The clock that Finagle reads: whole milliseconds.
fn ms(now: SimTime) -> u64 {
    now.as_nanos() / MILLISECOND
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Driver, driver};
    use super::*;
    use crate::policy::budget::Budget;

    fn at_ms(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * MILLISECOND)
    }

    fn finagle(min_retries_per_sec: u32, percent_can_retry: f64) -> Driver {
        let ttl = SimDuration::from_secs(10);
        driver(Budget::Finagle(Finagle { ttl, min_retries_per_sec, percent_can_retry }))
    }

    #[test]
    fn without_a_share_and_a_credit_nothing_is_retried() {
        let mut finagle = finagle(0, 0.0);
        assert!((0..100).all(|_| !finagle.fails(Outcome::ServerError)));
    }

    #[test]
    fn without_a_share_only_the_credit_is_used() {
        let mut finagle = finagle(1, 0.0);
        assert_eq!((0..100).filter(|_| finagle.fails(Outcome::ServerError)).count(), 10);
    }

    #[test]
    fn five_calls_pay_for_a_retry_to_the_last_token() {
        let mut finagle = finagle(0, 0.2);
        let allowed: Vec<bool> = (0..11).map(|_| finagle.fails(Outcome::ServerError)).collect();
        assert_eq!(allowed.iter().position(|allowed| *allowed), Some(4));
        assert_eq!(allowed.iter().filter(|allowed| **allowed).count(), 2);
    }

    #[test]
    fn a_share_above_one_allows_several_retries_a_call() {
        let mut finagle = finagle(0, 2.0);
        assert_eq!(finagle.call(&[Outcome::ServerError; 5]), 3, "two retries");
    }

    #[test]
    fn a_slice_ends_at_exactly_a_tenth_of_the_window_and_not_a_millisecond_before() {
        let mut adder = Adder::new(SimDuration::from_secs(10), at_ms(0));
        adder.add(at_ms(999), 1);
        assert_eq!((adder.writing, adder.since_ms), (1, 0));
        adder.add(at_ms(1_000), 2);
        assert_eq!((adder.writing, adder.since_ms), (2, 1_000));
        assert_eq!(adder.sum(at_ms(1_000)), 3);
    }

    #[test]
    fn what_was_added_lasts_for_nine_more_slices() {
        let mut adder = Adder::new(SimDuration::from_secs(10), at_ms(0));
        adder.add(at_ms(0), 7);
        for second in 1..=9 {
            assert_eq!(adder.sum(at_ms(second * 1_000)), 7, "{second}");
        }
        assert_eq!(adder.sum(at_ms(10_000)), 0);
    }

    #[test]
    fn after_a_silence_of_the_window_all_is_forgotten() {
        for silence in [10_000, 10_999, 1_000_000_000] {
            let mut adder = Adder::new(SimDuration::from_secs(10), at_ms(0));
            adder.add(at_ms(0), 7);
            assert_eq!(adder.sum(at_ms(silence)), 0, "{silence}");
        }
        let mut adder = Adder::new(SimDuration::from_secs(10), at_ms(0));
        adder.add(at_ms(0), 7);
        assert_eq!(adder.sum(at_ms(9_999)), 7);
    }

    #[test]
    fn slices_drift_with_the_traffic() {
        let mut adder = Adder::new(SimDuration::from_secs(10), at_ms(0));
        adder.add(at_ms(0), 7);
        // Each look ends one slice only, though 1.9 of them have passed.
        for look in 1..=9 {
            assert_eq!(adder.sum(at_ms(look * 1_900)), 7, "{look}");
        }
        assert_eq!(adder.sum(at_ms(19_000)), 0);
    }

    #[test]
    fn time_is_counted_from_the_start_of_the_budget() {
        let mut adder = Adder::new(SimDuration::from_secs(10), at_ms(5_500));
        adder.add(at_ms(6_400), 1);
        assert_eq!(adder.since_ms, 5_500);
    }

    #[test]
    fn its_requirements_are_checked() {
        let wrong = |ttl_ms, percent_can_retry| {
            let ttl = SimDuration::from_millis(ttl_ms);
            !Finagle { ttl, min_retries_per_sec: 1, percent_can_retry }.check().0.is_empty()
        };
        assert!(wrong(999, 0.1) && wrong(61_000, 0.1));
        assert!(wrong(1_000, -0.1) && wrong(1_000, 1_000.1) && wrong(1_000, f64::NAN));
        assert!(!wrong(1_000, 0.0) && !wrong(60_999, 1_000.0));
    }
}
