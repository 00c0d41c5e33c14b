//! Resilience4j's `AtomicRateLimiter`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Counting, Demand, Limits, Reservations, Ticket, duration, note_if_none};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// Time is cut into cycles from the limiter's creation on; at the start of each there are
/// `limit_for_period` permits, however few were used before. A call that finds none reserves one
/// of a later cycle and waits for its start, if that is within `timeout_duration`; a permit that
/// was reserved is used up even if its caller goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Resilience4j {
    /// How many permits a cycle has.
    pub limit_for_period: u32,
    /// The length of a cycle.
    pub limit_refresh_period: SimDuration,
    /// How long a call may wait.
    pub timeout_duration: SimDuration,
    /// When a call is turned away that would have to wait longer.
    pub refuses: Refusal,
}

/// When a call is turned away that cannot have a permit in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// At the end of the time that it may wait, in vain: `acquirePermission`, which all blocking
    /// decorators use.
    #[default]
    AfterTheTimeout,
    /// At once: `reservePermission`, which the asynchronous and reactive ones use.
    AtOnce,
}

impl Default for Resilience4j {
    fn default() -> Self {
        Self {
            limit_for_period: 50,
            limit_refresh_period: SimDuration::from_nanos(500),
            timeout_duration: SimDuration::from_secs(5),
            refuses: Refusal::AfterTheTimeout,
        }
    }
}

impl Described for Resilience4j {
    const SUMMARY: &'static str =
        "Resilience4j: 50 permits a cycle of 500 ns, and up to 5 s of waiting for a later cycle";
    const SOURCE: &'static str = "resilience4j 2.4.0, internal/AtomicRateLimiter.java";
}

impl Limits for Resilience4j {
    type Machine = Cycles;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        note_if_none(&mut problems, "limit_for_period", self.limit_for_period);
        problems.above_zero("limit_refresh_period", self.limit_refresh_period);
        problems
    }

    /// Who may wait can have the permits of the cycles that begin meanwhile: most of them for one
    /// who comes at the very end of a cycle.
    fn most(&self) -> Option<u32> {
        // It is asked of parameters that are wrong, too.
        let period = self.limit_refresh_period.as_nanos().max(1);
        let begin =
            self.timeout_duration.as_nanos().checked_sub(1).map_or(0, |wait| wait / period + 1);
        let most = u128::from(self.limit_for_period) * (u128::from(begin) + 1);
        u32::try_from(most).ok()
    }

    fn start(&self, now: SimTime) -> Cycles {
        Cycles {
            of: *self,
            created: now,
            cycle: 0,
            permits: i64::from(self.limit_for_period),
            most: self.most().map_or(u64::MAX, u64::from),
            waiting: Reservations::default(),
        }
    }
}

/// The permits of the cycle of now; below zero when those of later ones are reserved.
#[derive(Clone, Debug)]
pub struct Cycles {
    of: Resilience4j,
    created: SimTime,
    cycle: u64,
    permits: i64,
    /// The most permits that a call can have.
    most: u64,
    waiting: Reservations,
}

impl Cycles {
    /// What is left in this cycle.
    pub fn available(&self) -> i64 {
        self.permits
    }

    fn advance(&mut self, nanos: u64) {
        let cycle = nanos / self.of.limit_refresh_period.as_nanos();
        let passed = i128::from(cycle - self.cycle);
        let limit = i64::from(self.of.limit_for_period);
        let permits = i128::from(self.permits) + passed * i128::from(limit);
        self.permits = i64::try_from(permits).unwrap_or(limit).min(limit);
        self.cycle = cycle;
    }
}

impl Counting for Cycles {
    fn ask(&mut self, now: SimTime, ticket: Ticket, demand: Demand) -> Asked {
        let wait = self.retry_after(now, demand);
        let timeout = self.of.timeout_duration;
        if wait <= timeout {
            self.permits -= i64::from(demand.cost);
        }
        if wait.is_zero() {
            return Asked::Admitted;
        }
        if wait <= timeout {
            self.waiting.make(now + wait, ticket, demand.cost, true);
            return Asked::Waits;
        }
        if self.of.refuses == Refusal::AtOnce || timeout.is_zero() {
            return Asked::TurnedAway;
        }
        self.waiting.make(now + timeout, ticket, 0, false);
        Asked::Waits
    }

    fn retry_after(&mut self, now: SimTime, demand: Demand) -> SimDuration {
        let nanos = now.since(self.created).as_nanos();
        self.advance(nanos);
        if demand.permits() > self.most {
            return SimDuration::MAX;
        }
        let missing = demand.permits() as i64 - self.permits;
        if missing <= 0 {
            return SimDuration::ZERO;
        }
        let period = self.of.limit_refresh_period.as_nanos();
        // The next cycle brings as many as a cycle has, and so does each after it.
        let cycles = missing.unsigned_abs().div_ceil(u64::from(self.of.limit_for_period));
        let this_cycle = nanos % period;
        duration(u128::from(cycles) * u128::from(period) - u128::from(this_cycle))
    }

    fn withdrawn(&mut self, _now: SimTime, ticket: Ticket) {
        self.waiting.forget(ticket);
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

    /// Cycles of 100 ms with 2 permits each.
    fn cycles(timeout_ms: u64, refuses: Refusal) -> Cycles {
        Resilience4j {
            limit_for_period: 2,
            limit_refresh_period: in_ms(100),
            timeout_duration: in_ms(timeout_ms),
            refuses,
        }
        .start(at_ms(50))
    }

    fn woken(cycles: &mut Cycles, ms: u64) -> Vec<(u64, bool)> {
        let mut woken = Vec::new();
        cycles.wake(at_ms(ms), &mut woken);
        woken.into_iter().map(|(ticket, passes)| (ticket.0, passes)).collect()
    }

    #[test]
    fn cycles_are_aligned_to_the_creation_and_save_nothing_up() {
        let mut cycles = cycles(0, Refusal::AtOnce);
        assert_eq!(admitted(&mut cycles, at_ms(149), 9), 2);
        assert_eq!(admitted(&mut cycles, at_ms(150), 9), 2);
        assert_eq!(admitted(&mut cycles, at_ms(249), 9), 0);
        assert_eq!(admitted(&mut cycles, at_ms(9_050), 9), 2);
    }

    #[test]
    fn calls_wait_for_the_start_of_the_cycle_whose_permit_they_have() {
        let mut cycles = cycles(200, Refusal::AtOnce);
        assert_eq!(admitted(&mut cycles, at_ms(70), 2), 2);
        let answers: Vec<_> = (1..=5).map(|ticket| asks(&mut cycles, at_ms(70), ticket)).collect();
        let waits = Asked::Waits;
        assert_eq!(answers, [waits, waits, waits, waits, Asked::TurnedAway]);
        assert_eq!(cycles.available(), -4);
        assert_eq!(cycles.wakes_at(), Some(at_ms(150)));
        assert_eq!(woken(&mut cycles, 150), [(1, true), (2, true)]);
        assert_eq!(cycles.wakes_at(), Some(at_ms(250)));
        assert_eq!(admitted(&mut cycles, at_ms(150), 1), 0, "this cycle's are taken");
        assert_eq!(woken(&mut cycles, 250), [(3, true), (4, true)]);
    }

    #[test]
    fn the_longest_wait_is_inclusive() {
        for (timeout, answer) in [(80, Asked::Waits), (79, Asked::TurnedAway)] {
            let mut cycles = cycles(timeout, Refusal::AtOnce);
            admitted(&mut cycles, at_ms(70), 2);
            assert_eq!(asks(&mut cycles, at_ms(70), 1), answer, "{timeout}");
        }
    }

    #[test]
    fn a_blocking_caller_waits_in_vain_and_reserves_nothing() {
        let mut cycles = cycles(30, Refusal::AfterTheTimeout);
        admitted(&mut cycles, at_ms(70), 2);
        assert_eq!(asks(&mut cycles, at_ms(70), 1), Asked::Waits);
        assert_eq!(cycles.available(), 0);
        assert_eq!(woken(&mut cycles, 100), [(1, false)]);
        let mut at_once = self::cycles(0, Refusal::AfterTheTimeout);
        admitted(&mut at_once, at_ms(70), 2);
        assert_eq!(asks(&mut at_once, at_ms(70), 1), Asked::TurnedAway);
    }

    #[test]
    fn a_permit_that_was_reserved_is_not_given_back() {
        let mut cycles = cycles(200, Refusal::AtOnce);
        admitted(&mut cycles, at_ms(70), 2);
        asks(&mut cycles, at_ms(70), 1);
        cycles.withdrawn(at_ms(80), Ticket(1));
        assert_eq!((cycles.available(), cycles.wakes_at()), (-1, None));
        assert_eq!(admitted(&mut cycles, at_ms(150), 9), 1);
    }

    #[test]
    fn a_period_of_nothing_is_a_mistake_and_can_be_asked_for_its_most() {
        let none =
            Resilience4j { limit_refresh_period: SimDuration::ZERO, ..Resilience4j::default() };
        assert!(none.check().or_none().is_err());
        assert_eq!(none.most(), None);
    }

    #[test]
    fn many_permits_come_from_many_cycles() {
        let mut cycles = cycles(1_000, Refusal::AtOnce);
        let wait =
            |cycles: &mut Cycles, cost| cycles.retry_after(at_ms(70), Demand { cost, leaves: 0 });
        assert_eq!(wait(&mut cycles, 2), in_ms(0));
        assert_eq!([3, 4, 5, 6].map(|cost| wait(&mut cycles, cost)), [80, 80, 180, 180].map(in_ms));
        assert_eq!(cycles.retry_after(at_ms(70), Demand { cost: 1, leaves: 2 }), in_ms(80));
        // At the end of a cycle ten others begin within a second, with 20 permits.
        assert_eq!(wait(&mut cycles, 22), in_ms(980));
        assert_eq!(wait(&mut cycles, 23), SimDuration::MAX);
    }
}
