//! Guards: the layers that can hold a call back, as the scenario file states them, checked, and
//! running.

use std::sync::Arc;

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::breaker::{Breaker, BreakerMachine, BreakerPolicy};
use super::bulkhead::{Bulkhead, BulkheadGate};
use super::concurrency::{ConcurrencyGate, ConcurrencyLimit};
use super::connections::{ConnectionPool, Connections};
use super::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use super::limiter::{RateLimit, RateLimiter};
use super::problem::Problems;
use super::scope::Scope;
use super::throttle::{Side, Throttle, ThrottleGate};
use crate::kernel::{SimDuration, SimTime};

/// A guard and whose calls share it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scoped<Kind> {
    /// Which one, with its parameters.
    pub kind: Kind,
    /// Whose calls share its state.
    #[serde(default)]
    pub scope: Scope,
}

/// A checked guard.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardPolicy {
    /// What guards.
    pub kind: GuardKind,
    /// Whose calls share its state.
    pub scope: Scope,
}

/// What guards.
#[derive(Clone, Debug, PartialEq)]
pub enum GuardKind {
    /// Turns calls away while what they call fails.
    Breaker(Arc<BreakerPolicy>),
    /// Bounds how many calls are under way.
    Bulkhead(Bulkhead),
    /// Bounds how many calls pass in a time.
    RateLimit(RateLimit),
    /// Lets fewer calls through when they fail.
    Throttle(Throttle),
    /// Learns how many calls may be under way.
    ConcurrencyLimit(ConcurrencyLimit),
    /// Has the connections that calls need.
    ConnectionPool(ConnectionPool),
}

impl GuardPolicy {
    pub(super) fn of_breaker(breaker: &Breaker) -> Result<Self, Problems> {
        let scope = breaker.scope;
        breaker.resolve().map(|policy| Self { kind: GuardKind::Breaker(Arc::new(policy)), scope })
    }

    pub(super) fn of_rate_limit(limit: &RateLimit) -> Result<Self, Problems> {
        let scope = limit.scope;
        limit.check().map(|()| Self { kind: GuardKind::RateLimit(limit.clone()), scope })
    }

    pub(super) fn of_bulkhead(bulkhead: &Scoped<Bulkhead>) -> Result<Self, Problems> {
        let checked = bulkhead.kind.check();
        Self::scoped(checked, GuardKind::Bulkhead(bulkhead.kind.clone()), bulkhead.scope)
    }

    pub(super) fn of_throttle(throttle: &Scoped<Throttle>) -> Result<Self, Problems> {
        let checked = throttle.kind.check();
        Self::scoped(checked, GuardKind::Throttle(throttle.kind.clone()), throttle.scope)
    }

    pub(super) fn of_limit(limit: &Scoped<ConcurrencyLimit>) -> Result<Self, Problems> {
        let checked = limit.kind.check();
        Self::scoped(checked, GuardKind::ConcurrencyLimit(limit.kind.clone()), limit.scope)
    }

    pub(super) fn of_pool(pool: &Scoped<ConnectionPool>) -> Result<Self, Problems> {
        let checked = pool.kind.check();
        Self::scoped(checked, GuardKind::ConnectionPool(pool.kind.clone()), pool.scope)
    }

    fn scoped(
        checked: Result<(), Problems>,
        kind: GuardKind,
        scope: Scope,
    ) -> Result<Self, Problems> {
        checked.map(|()| Self { kind, scope }).map_err(|problems| problems.inside("kind"))
    }
}

impl GuardKind {
    /// Whether it must be told how long calls took: others need not hear of it.
    pub fn times_calls(&self) -> bool {
        match self {
            Self::Breaker(policy) => policy.slow_after.is_some(),
            Self::ConcurrencyLimit(_) => true,
            Self::Bulkhead(_)
            | Self::RateLimit(_)
            | Self::Throttle(_)
            | Self::ConnectionPool(_) => false,
        }
    }

    /// The guard at the start of a run, at its caller.
    pub fn start(&self) -> Guard {
        match self {
            Self::Breaker(policy) => Guard::Breaker(policy.start()),
            Self::Bulkhead(bulkhead) => Guard::Bulkhead(bulkhead.gate()),
            Self::RateLimit(limit) => Guard::RateLimit(limit.start(SimTime::ZERO, Side::Caller)),
            Self::Throttle(throttle) => {
                Guard::Throttle(throttle.start(SimTime::ZERO).on(Side::Caller))
            }
            Self::ConcurrencyLimit(limit) => Guard::ConcurrencyLimit(limit.gate()),
            Self::ConnectionPool(pool) => Guard::ConnectionPool(pool.gate()),
        }
    }
}

/// A running guard.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "few of them run, and each is asked often")]
pub enum Guard {
    /// A breaker.
    Breaker(BreakerMachine),
    /// A bulkhead.
    Bulkhead(BulkheadGate),
    /// A rate limit.
    RateLimit(RateLimiter),
    /// A throttle.
    Throttle(ThrottleGate),
    /// A concurrency limit.
    ConcurrencyLimit(ConcurrencyGate),
    /// A pool of connections.
    ConnectionPool(Connections),
}

macro_rules! each_guard {
    ($value:expr, $gate:ident => $body:expr) => {
        match $value {
            Guard::Breaker($gate) => $body,
            Guard::Bulkhead($gate) => $body,
            Guard::RateLimit($gate) => $body,
            Guard::Throttle($gate) => $body,
            Guard::ConcurrencyLimit($gate) => $body,
            Guard::ConnectionPool($gate) => $body,
        }
    };
}

impl Guard {
    /// A call of this class asks whether it may pass; only a rate limit tells classes.
    pub fn ask_as<R: Rng>(
        &mut self,
        now: SimTime,
        ticket: Ticket,
        class: u8,
        draws: &mut R,
    ) -> Answer {
        match self {
            Self::RateLimit(limiter) => limiter.ask_as(now, ticket, class),
            other => other.ask(now, ticket, draws),
        }
    }

    /// How long until a call of this class would pass a rate limit; `None` for other guards.
    pub fn retry_after(&mut self, now: SimTime, class: u8) -> Option<SimDuration> {
        match self {
            Self::RateLimit(limiter) => Some(limiter.retry_after(now, class)),
            _ => None,
        }
    }
}

impl Gate for Guard {
    #[inline]
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, draws: &mut R) -> Answer {
        each_guard!(self, gate => gate.ask(now, ticket, draws))
    }

    #[inline(always)]
    fn admits_at_once(&mut self, now: SimTime) -> Option<Pass> {
        each_guard!(self, gate => gate.admits_at_once(now))
    }

    #[inline(always)]
    fn ended(&mut self, now: SimTime, pass: Pass, ending: Ending, released: &mut Released) {
        each_guard!(self, gate => gate.ended(now, pass, ending, released));
    }

    fn withdrawn(&mut self, now: SimTime, ticket: Ticket, released: &mut Released) {
        each_guard!(self, gate => gate.withdrawn(now, ticket, released));
    }

    #[inline]
    fn wakes_at(&self) -> Option<SimTime> {
        each_guard!(self, gate => gate.wakes_at())
    }

    fn may_wake(&self) -> bool {
        each_guard!(self, gate => gate.may_wake())
    }

    fn wake(&mut self, now: SimTime, released: &mut Released) {
        each_guard!(self, gate => gate.wake(now, released));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::Outcome;
    use crate::policy::backoff::scripted::LOWEST;

    fn at(ms: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(ms)
    }

    fn asks(guard: &mut Guard, call: u64) -> Answer {
        guard.ask(at(0), Ticket(call), &mut { LOWEST })
    }

    const ADMITTED: Answer = Answer::Admit(Pass { generation: 0, mark: 0 });

    /// A guard that admits one at once; others wait up to 10 ms.
    fn one_at_once() -> Guard {
        let semaphore = json!({ "semaphore": { "max_concurrent": 1, "max_wait": "10ms" } });
        let bulkhead: Bulkhead = serde_json::from_value(semaphore).unwrap();
        let mut guard = GuardKind::Bulkhead(bulkhead).start();
        assert_eq!((asks(&mut guard, 1), asks(&mut guard, 2)), (ADMITTED, Answer::Wait));
        guard
    }

    #[test]
    fn whoever_waits_passes_when_another_has_ended() {
        let (mut guard, mut released) = (one_at_once(), Released::new());
        let ending = Ending { outcome: Outcome::Ok, took: SimDuration::ZERO };
        guard.ended(at(1), Pass::default(), ending, &mut released);
        assert_eq!(released, [(Ticket(2), ADMITTED)]);
    }

    #[test]
    fn whoever_waits_too_long_is_turned_away_when_the_guard_is_woken() {
        let (mut guard, mut released) = (one_at_once(), Released::new());
        assert_eq!(guard.wakes_at(), Some(at(10)));
        guard.wake(at(10), &mut released);
        assert_eq!(released, [(Ticket(2), Answer::Reject(Outcome::RejectedBulkhead))]);
        assert_eq!(guard.wakes_at(), None);
    }

    #[test]
    fn whoever_has_gone_away_is_not_released() {
        let (mut guard, mut released) = (one_at_once(), Released::new());
        guard.withdrawn(at(1), Ticket(2), &mut released);
        assert_eq!(guard.wakes_at(), None);
        let ending = Ending { outcome: Outcome::Ok, took: SimDuration::ZERO };
        guard.ended(at(2), Pass::default(), ending, &mut released);
        assert_eq!(released, []);
    }

    #[test]
    fn only_a_rate_limit_says_when_to_come_again() {
        let bucket = json!({ "limiter": { "token-bucket": { "capacity": 1, "refill": 2 } } });
        let mut limit = GuardKind::RateLimit(serde_json::from_value(bucket).unwrap()).start();
        assert_eq!(limit.ask_as(at(0), Ticket(1), 0, &mut { LOWEST }), ADMITTED);
        assert_eq!(limit.retry_after(at(0), 0), Some(SimDuration::from_millis(500)));
        assert_eq!(one_at_once().retry_after(at(0), 0), None);
    }
}
