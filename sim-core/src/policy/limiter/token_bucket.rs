//! The token bucket.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Counting, Demand, Limits, Reservations, Ticket, duration, note_if_none};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// A bucket of `capacity` tokens, which starts full and fills by `refill` tokens `per` time,
/// continuously and exactly; a call takes one. It may wait up to `max_wait` for it: it then
/// reserves what is to come, and gives it back if it goes away first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenBucket {
    /// How many tokens it holds at most, and at first: the largest burst.
    pub capacity: u32,
    /// How many tokens come in `per` time.
    pub refill: u32,
    /// The time in which `refill` tokens come.
    pub per: SimDuration,
    /// How long a call may wait for its token; 0 turns it away at once.
    pub max_wait: SimDuration,
}

impl Default for TokenBucket {
    fn default() -> Self {
        let (per, max_wait) = (SimDuration::from_secs(1), SimDuration::ZERO);
        Self { capacity: 100, refill: 10, per, max_wait }
    }
}

impl Described for TokenBucket {
    const SUMMARY: &'static str = "Token bucket: bursts of 100, 10 a second in the long run";
    const SOURCE: &'static str = "J. Turner, \"New directions in communications\" (1986); \
                                  golang.org/x/time/rate for reservations";
}

impl Limits for TokenBucket {
    type Machine = Tokens;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        note_if_none(&mut problems, "capacity", self.capacity);
        note_if_none(&mut problems, "refill", self.refill);
        problems.above_zero("per", self.per);
        problems
    }

    fn most(&self) -> Option<u32> {
        Some(self.capacity)
    }

    fn start(&self, now: SimTime) -> Tokens {
        let token = i128::from(self.per.as_nanos());
        Tokens {
            token,
            capacity: i128::from(self.capacity) * token,
            refill: i128::from(self.refill),
            max_wait: self.max_wait,
            level: i128::from(self.capacity) * token,
            since: now,
            waiting: Reservations::default(),
        }
    }
}

/// The tokens, in parts so small that a nanosecond brings a whole number of them; below zero when
/// more are reserved than there are.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// How many parts a token has: as many as `per` has nanoseconds.
    token: i128,
    capacity: i128,
    /// How many parts a nanosecond brings.
    refill: i128,
    max_wait: SimDuration,
    level: i128,
    since: SimTime,
    waiting: Reservations,
}

impl Tokens {
    fn refill(&mut self, now: SimTime) {
        let passed = i128::from(now.since(self.since).as_nanos());
        self.level = (self.level + passed * self.refill).min(self.capacity);
        self.since = now;
    }
}

impl Counting for Tokens {
    fn ask(&mut self, now: SimTime, ticket: Ticket, demand: Demand) -> Asked {
        let wait = self.retry_after(now, demand);
        if wait > self.max_wait {
            return Asked::TurnedAway;
        }
        self.level -= i128::from(demand.cost) * self.token;
        if wait.is_zero() {
            return Asked::Admitted;
        }
        self.waiting.make(now + wait, ticket, demand.cost, true);
        Asked::Waits
    }

    fn retry_after(&mut self, now: SimTime, demand: Demand) -> SimDuration {
        self.refill(now);
        let wanted = i128::from(demand.permits()) * self.token;
        if wanted > self.capacity {
            return SimDuration::MAX;
        }
        // Not below zero, so that nothing is lost.
        let missing = (wanted - self.level).max(0).unsigned_abs();
        duration(missing.div_ceil(self.refill.unsigned_abs()))
    }

    fn withdrawn(&mut self, now: SimTime, ticket: Ticket) {
        if let Some(cost) = self.waiting.forget(ticket) {
            self.refill(now);
            self.level = (self.level + i128::from(cost) * self.token).min(self.capacity);
        }
    }

    fn wakes_at(&self) -> Option<SimTime> {
        self.waiting.next_at()
    }

    fn wake(&mut self, now: SimTime, woken: &mut Vec<(Ticket, bool)>) {
        self.waiting.release(now, woken);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, asks, at_ms, in_ms};
    use super::*;

    fn bucket(max_wait_ms: u64) -> Tokens {
        let per = SimDuration::from_secs(1);
        let max_wait = SimDuration::from_millis(max_wait_ms);
        TokenBucket { capacity: 3, refill: 2, per, max_wait }.start(at_ms(0))
    }

    #[test]
    fn it_starts_full_and_fills_continuously() {
        let mut tokens = bucket(0);
        assert_eq!(admitted(&mut tokens, at_ms(0), 5), 3);
        assert_eq!(admitted(&mut tokens, SimTime::from_nanos(499_999_999), 1), 0);
        assert_eq!(admitted(&mut tokens, at_ms(500), 5), 1);
        assert_eq!(admitted(&mut tokens, at_ms(1_250), 5), 1, "1.5 tokens");
        assert_eq!(admitted(&mut tokens, at_ms(1_500), 5), 1, "the half was kept");
        assert_eq!(admitted(&mut tokens, at_ms(100_000), 5), 3, "no more than it holds");
    }

    #[test]
    fn a_third_of_a_token_is_exact() {
        let mut tokens = TokenBucket {
            capacity: 1,
            refill: 3,
            per: SimDuration::from_nanos(1_000),
            max_wait: SimDuration::ZERO,
        }
        .start(SimTime::ZERO);
        let passes =
            (0..=3_000).filter(|ns| admitted(&mut tokens, SimTime::from_nanos(*ns), 1) == 1);
        assert_eq!(passes.take(4).collect::<Vec<_>>(), [0, 334, 668, 1_002]);
    }

    #[test]
    fn it_tells_how_long_until_a_token_is_there() {
        let mut tokens = bucket(0);
        assert_eq!(tokens.retry_after(at_ms(0), Demand { cost: 3, leaves: 0 }), in_ms(0));
        assert_eq!(tokens.retry_after(at_ms(0), Demand { cost: 4, leaves: 0 }), SimDuration::MAX);
        assert_eq!(tokens.retry_after(at_ms(0), Demand { cost: 1, leaves: 3 }), SimDuration::MAX);
        admitted(&mut tokens, at_ms(0), 3);
        assert_eq!(tokens.retry_after(at_ms(100), Demand::ONE), in_ms(400));
        assert_eq!(tokens.retry_after(at_ms(100), Demand { cost: 1, leaves: 2 }), in_ms(1_400));
    }

    #[test]
    fn who_may_wait_reserves_what_is_to_come() {
        let mut tokens = bucket(1_000);
        admitted(&mut tokens, at_ms(0), 3);
        assert_eq!(asks(&mut tokens, at_ms(0), 1), Asked::Waits);
        assert_eq!(asks(&mut tokens, at_ms(0), 2), Asked::Waits, "exactly the longest wait");
        assert_eq!(asks(&mut tokens, at_ms(0), 3), Asked::TurnedAway);
        assert_eq!(tokens.wakes_at(), Some(at_ms(500)));
        let mut woken = Vec::new();
        tokens.wake(at_ms(500), &mut woken);
        assert_eq!(woken, [(Ticket(1), true)]);
        assert_eq!(tokens.wakes_at(), Some(at_ms(1_000)));
        assert_eq!(tokens.retry_after(at_ms(1_000), Demand::ONE), in_ms(500), "both are taken");
    }

    #[test]
    fn who_goes_away_gives_back_what_it_reserved() {
        let mut tokens = bucket(1_000);
        admitted(&mut tokens, at_ms(0), 3);
        asks(&mut tokens, at_ms(0), 1);
        tokens.withdrawn(at_ms(100), Ticket(1));
        tokens.withdrawn(at_ms(100), Ticket(9));
        assert_eq!(tokens.wakes_at(), None);
        assert_eq!(tokens.retry_after(at_ms(100), Demand::ONE), in_ms(400));
        let mut full = bucket(1_000);
        admitted(&mut full, at_ms(0), 3);
        asks(&mut full, at_ms(0), 1);
        full.withdrawn(at_ms(60_000), Ticket(1));
        assert_eq!(admitted(&mut full, at_ms(60_000), 9), 3, "no more than it holds");
    }

    #[test]
    fn who_goes_away_gives_back_as_many_tokens_as_it_cost() {
        let mut tokens = bucket(2_000);
        admitted(&mut tokens, at_ms(0), 3);
        let three = Demand { cost: 3, leaves: 0 };
        assert_eq!(tokens.ask(at_ms(0), Ticket(1), three), Asked::Waits);
        assert_eq!(tokens.retry_after(at_ms(0), Demand::ONE), in_ms(2_000));
        tokens.withdrawn(at_ms(0), Ticket(1));
        assert_eq!(tokens.retry_after(at_ms(0), Demand::ONE), in_ms(500));
    }
}
