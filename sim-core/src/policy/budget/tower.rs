//! tower's retry budget.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AttemptEnd, Budgeting, CallMemory, Deciding, Deposit};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::{Outcome, Problems};

/// Each deposit counts one, a retry withdraws the whole part of 1 / `retry_percent`, so that 0.3
/// lets through a third, and 0.15 a sixth; both are forgotten after about `ttl`. On top comes a
/// standing credit of `min_per_sec · ttl` retries. linkerd2-proxy had this budget, with the same
/// defaults, until its HTTP routes lost it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tower {
    /// How long deposits and withdrawals count: from 1 to 60 s.
    pub ttl: SimDuration,
    /// The credit, in retries per second of `ttl`.
    pub min_per_sec: u32,
    /// How many retries a deposit allows for, about: from 0 to 1000.
    pub retry_percent: f64,
    /// When the retry policy deposits: `each_success`, as tower's own example does, or `each_call`.
    pub on: Deposit,
}

impl Default for Tower {
    fn default() -> Self {
        Self {
            ttl: SimDuration::from_secs(10),
            min_per_sec: 10,
            retry_percent: 0.2,
            on: Deposit::EachSuccess,
        }
    }
}

impl Described for Tower {
    const SUMMARY: &'static str =
        "tower: retries for 20 % of the successes of the last 10 s, and 10 a second";
    const SOURCE: &'static str = "tower 8358ee7, tower/src/retry/budget/tps_budget.rs";
}

const SECOND: u64 = 1_000_000_000;

impl Budgeting for Tower {
    type Machine = WindowedTokens;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let (second, minute) = (SimDuration::from_secs(1), SimDuration::from_secs(60));
        let wrong = self.ttl < second || self.ttl > minute;
        problems.note_if(wrong, "ttl", "must be from 1 s to 60 s");
        let most = i32::MAX as u32;
        problems.note_if(self.min_per_sec >= most, "min_per_sec", "must be below 2147483647");
        problems.within("retry_percent", self.retry_percent, 0.0, 1_000.0);
        problems
    }

    fn start(&self, now: SimTime) -> WindowedTokens {
        // tower's number has 32 bits, and 1 / 0.1 is 10 there as well.
        let percent = self.retry_percent as f32;
        let (deposit, withdrawal) = match percent {
            0.0 => (0, 1),
            percent if percent <= 1.0 => (1, (1.0 / percent) as i64),
            percent => (1_000, (1_000.0 / percent) as i64),
        };
        let ttl_seconds = (self.ttl.as_nanos() / SECOND) as i64;
        let reserve = i64::from(self.min_per_sec) * ttl_seconds;
        WindowedTokens {
            deposit,
            on: self.on,
            withdrawal,
            reserve: reserve.saturating_mul(withdrawal),
            window: Slots::new(self.ttl, now),
        }
    }
}

/// The deposits and withdrawals of those who share the budget.
#[derive(Clone, Debug)]
pub struct WindowedTokens {
    deposit: i64,
    on: Deposit,
    withdrawal: i64,
    reserve: i64,
    window: Slots,
}

impl WindowedTokens {
    /// What the retry policy does when it is satisfied.
    fn deposit(&mut self, now: SimTime) {
        self.window.add(now, self.deposit);
    }

    fn tokens(&mut self, now: SimTime) -> i64 {
        self.window.sum(now).saturating_add(self.reserve)
    }
}

impl Deciding for WindowedTokens {
    fn call_starts(&mut self, now: SimTime, _memory: &mut CallMemory) {
        if self.on == Deposit::EachCall {
            self.deposit(now);
        }
    }

    fn attempt_ends(&mut self, now: SimTime, _memory: &mut CallMemory, end: AttemptEnd) {
        if self.on == Deposit::EachSuccess && end.is_success() {
            self.deposit(now);
        }
    }

    fn may_retry(&mut self, now: SimTime, _memory: &mut CallMemory, _outcome: Outcome) -> bool {
        let enough = self.tokens(now) >= self.withdrawal;
        if enough {
            self.window.add(now, -self.withdrawal);
        }
        enough
    }

    /// How many retries could be made.
    fn level(&mut self, now: SimTime) -> f64 {
        (self.tokens(now) / self.withdrawal.max(1)) as f64
    }
}

const SLOTS: usize = 10;

/// A sum over ten slots, beside the one that is written. As Finagle's, the slots drift.
#[derive(Clone, Copy, Debug)]
struct Slots {
    slot: SimDuration,
    writing: i64,
    slots: [i64; SLOTS],
    index: usize,
    since: SimTime,
}

impl Slots {
    fn new(ttl: SimDuration, now: SimTime) -> Self {
        let slot = SimDuration::from_nanos(ttl.as_nanos() / SLOTS as u64);
        Self { slot, writing: 0, slots: [0; SLOTS], index: 0, since: now }
    }

    fn expire(&mut self, now: SimTime) {
        let passed = now.since(self.since);
        if passed < self.slot {
            return;
        }
        self.keep(self.writing);
        self.writing = 0;
        // As many as are taken from what has passed while more than a slot of it is left.
        let skipped = (passed.as_nanos() - 1) / self.slot.as_nanos();
        for _ in 0..skipped.min(SLOTS as u64) {
            self.keep(0);
        }
        self.since = now;
    }

    fn keep(&mut self, slot: i64) {
        self.slots[self.index] = slot;
        self.index = (self.index + 1) % SLOTS;
    }

    fn add(&mut self, now: SimTime, tokens: i64) {
        self.expire(now);
        self.writing += tokens;
    }

    fn sum(&mut self, now: SimTime) -> i64 {
        self.expire(now);
        self.writing + self.slots.iter().sum::<i64>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Driver, driver};
    use super::*;
    use crate::policy::budget::Budget;

    fn at_ms(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    fn tower(min_per_sec: u32, retry_percent: f64, on: Deposit) -> Driver {
        let ttl = SimDuration::from_secs(1);
        driver(Budget::Tower(Tower { ttl, min_per_sec, retry_percent, on }))
    }

    #[test]
    fn a_withdrawal_is_the_whole_part() {
        let amounts = |retry_percent| {
            let tokens = Tower { retry_percent, ..Tower::default() }.start(SimTime::ZERO);
            (tokens.deposit, tokens.withdrawal)
        };
        assert_eq!(amounts(0.2), (1, 5));
        assert_eq!(amounts(0.1), (1, 10));
        assert_eq!(amounts(0.3), (1, 3), "33 %");
        assert_eq!(amounts(0.15), (1, 6), "16.7 %");
        assert_eq!(amounts(1.0), (1, 1));
        assert_eq!(amounts(1.5), (1_000, 666));
        assert_eq!(amounts(2.0), (1_000, 500));
        assert_eq!(amounts(0.0), (0, 1));
    }

    #[test]
    fn the_credit_is_there_at_once_and_to_the_last() {
        let mut tower = tower(5, 1.0, Deposit::EachSuccess);
        assert_eq!((0..10).filter(|_| tower.fails(Outcome::ServerError)).count(), 5);
    }

    #[test]
    fn successes_pay_or_calls_do() {
        for (on, retries) in [(Deposit::EachSuccess, 5), (Deposit::EachCall, 10)] {
            let mut tower = tower(0, 0.5, on);
            for _ in 0..10 {
                tower.ends(Outcome::Ok);
            }
            let calls = (0..10).filter(|_| tower.fails(Outcome::ServerError)).count();
            assert_eq!(calls, retries);
        }
    }

    /// The library's own test of its slots.
    #[test]
    fn deposits_are_still_valid_after_nine_tenths_of_the_time() {
        let mut tokens = Tower {
            ttl: SimDuration::from_secs(1),
            min_per_sec: 0,
            retry_percent: 0.5,
            on: Deposit::EachSuccess,
        }
        .start(SimTime::ZERO);
        let withdraw = |tokens: &mut WindowedTokens, ms| {
            tokens.may_retry(at_ms(ms), &mut CallMemory::default(), Outcome::ServerError)
        };
        tokens.deposit(at_ms(0));
        tokens.deposit(at_ms(0));
        assert!(withdraw(&mut tokens, 901));
        tokens.deposit(at_ms(2_902));
        tokens.deposit(at_ms(3_203));
        tokens.deposit(at_ms(4_004));
        assert!(withdraw(&mut tokens, 4_004), "the second and the third");
        assert!(!withdraw(&mut tokens, 4_004));
    }

    #[test]
    fn a_slot_ends_at_exactly_a_tenth_of_the_time() {
        let mut slots = Slots::new(SimDuration::from_secs(1), at_ms(0));
        slots.add(SimTime::from_nanos(99_999_999), 1);
        assert_eq!((slots.writing, slots.since), (1, at_ms(0)));
        slots.add(at_ms(100), 2);
        assert_eq!((slots.writing, slots.since), (2, at_ms(100)));
    }

    #[test]
    fn a_slot_is_skipped_only_when_more_than_it_has_passed() {
        let kept = |ms| {
            let mut slots = Slots::new(SimDuration::from_secs(1), at_ms(0));
            slots.expire(at_ms(ms));
            slots.index
        };
        assert_eq!(kept(99), 0);
        assert_eq!(kept(100), 1);
        assert_eq!(kept(200), 2, "one ended, one skipped");
        assert_eq!(kept(201), 3);
        assert_eq!(kept(300), 3);
    }

    #[test]
    fn what_was_added_is_forgotten_when_its_slot_comes_round() {
        let mut slots = Slots::new(SimDuration::from_secs(1), at_ms(0));
        slots.add(at_ms(0), 7);
        assert_eq!(slots.sum(at_ms(1_000)), 7, "one slot more than Finagle");
        let mut slots = Slots::new(SimDuration::from_secs(1), at_ms(0));
        slots.add(at_ms(0), 7);
        assert_eq!(slots.sum(at_ms(1_001)), 0);
        let mut slots = Slots::new(SimDuration::from_secs(1), at_ms(0));
        slots.add(at_ms(0), 7);
        assert_eq!(slots.sum(SimTime::MAX), 0);
    }

    #[test]
    fn its_assertions_are_checked() {
        let wrong = |ttl_ms, min_per_sec, retry_percent| {
            let ttl = SimDuration::from_millis(ttl_ms);
            let tower = Tower { ttl, min_per_sec, retry_percent, on: Deposit::EachCall };
            !tower.check().0.is_empty()
        };
        assert!(wrong(999, 0, 0.1) && wrong(60_001, 0, 0.1));
        assert!(wrong(1_000, i32::MAX as u32, 0.1));
        assert!(wrong(1_000, 0, -0.1) && wrong(1_000, 0, 1_000.1));
        assert!(!wrong(1_000, i32::MAX as u32 - 1, 0.0) && !wrong(60_000, 0, 1_000.0));
    }
}
