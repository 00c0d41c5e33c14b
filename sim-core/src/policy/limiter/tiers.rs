//! A limiter as a gate, with its tiers.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Demand, Limiter, Limiting};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use crate::policy::throttle::Side;
use crate::policy::{Outcome, Problems, Scope};

/// A rate limit, as the scenario file states it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// The limiter that calls share.
    pub limiter: Limiter,
    /// What calls of class 0, 1, … want of it; calls of a class that is not listed take one permit
    /// of the shared limiter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// Whose calls share its state.
    #[serde(default)]
    pub scope: Scope,
}

/// What calls of one class want of a rate limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tier {
    /// How many permits a call takes: at least 1.
    pub cost: u32,
    /// How many permits a call must leave to other classes: it does not pass if fewer would be
    /// left. For a queue they are places in it.
    pub leaves: u32,
    /// A limiter of the class's own; it then takes no permits of the shared one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limiter: Option<Limiter>,
}

impl Default for Tier {
    fn default() -> Self {
        Self { cost: 1, leaves: 0, limiter: None }
    }
}

impl RateLimit {
    /// Checks the limiters and the tiers.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `tiers.2.cost`.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        if let Err(mistakes) = self.limiter.check() {
            problems.note_inside("limiter", mistakes);
        }
        for (class, tier) in self.tiers.iter().enumerate() {
            problems.note_inside(&format!("tiers.{class}"), tier.check(&self.limiter));
        }
        problems.or_none()
    }

    /// The gate, on this side, from `now` on.
    pub fn start(&self, now: SimTime, side: Side) -> RateLimiter {
        let own = |tier: &Tier| TierMachine {
            demand: Demand { cost: tier.cost, leaves: tier.leaves },
            own: tier.limiter.as_ref().map(|limiter| limiter.start(now)),
        };
        RateLimiter {
            shared: self.limiter.start(now),
            tiers: self.tiers.iter().map(own).collect(),
            rejection: match side {
                Side::Caller => Outcome::RejectedLimit,
                Side::Callee => Outcome::Throttled,
            },
        }
    }
}

impl Tier {
    fn check(&self, shared: &Limiter) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.cost == 0, "cost", "must be at least 1");
        if let Some(Err(mistakes)) = self.limiter.as_ref().map(Limiter::check) {
            problems.note_inside("limiter", mistakes);
        }
        let wanted = Demand { cost: self.cost, leaves: self.leaves }.permits();
        let most = self.limiter.as_ref().unwrap_or(shared).most();
        if let Some(most) = most.filter(|most| wanted > u64::from(*most)) {
            let message =
                format!("and `leaves` come to {wanted}, but there are never above {most}");
            problems.note_if(true, "cost", message);
        }
        problems
    }
}

/// A rate limit that runs, as a gate.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    shared: Limiting,
    tiers: Vec<TierMachine>,
    rejection: Outcome,
}

#[derive(Clone, Debug)]
struct TierMachine {
    demand: Demand,
    own: Option<Limiting>,
}

impl RateLimiter {
    /// A call of this class asks whether it may pass; [`Gate::ask`] asks for class 0.
    pub fn ask_as(&mut self, now: SimTime, ticket: Ticket, class: u8) -> Answer {
        let (limiting, demand) = self.of(class);
        match limiting.ask(now, ticket, demand) {
            Asked::Admitted => Answer::Admit(Pass::default()),
            Asked::TurnedAway => Answer::Reject(self.rejection),
            Asked::Waits => Answer::Wait,
        }
    }

    /// How long until a call of this class would pass, if no other asked before: zero if it would
    /// now, [`SimDuration::MAX`] if it never would. A 429 says it to the caller as `Retry-After`.
    pub fn retry_after(&mut self, now: SimTime, class: u8) -> SimDuration {
        let (limiting, demand) = self.of(class);
        limiting.retry_after(now, demand)
    }

    fn of(&mut self, class: u8) -> (&mut Limiting, Demand) {
        match self.tiers.get_mut(usize::from(class)) {
            None => (&mut self.shared, Demand::ONE),
            Some(tier) => (tier.own.as_mut().unwrap_or(&mut self.shared), tier.demand),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Limiting> {
        [&self.shared].into_iter().chain(self.tiers.iter().filter_map(|tier| tier.own.as_ref()))
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Limiting> {
        let own = self.tiers.iter_mut().filter_map(|tier| tier.own.as_mut());
        [&mut self.shared].into_iter().chain(own)
    }
}

impl Gate for RateLimiter {
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, _draws: &mut R) -> Answer {
        self.ask_as(now, ticket, 0)
    }

    /// A permit is used up whatever becomes of the call.
    fn ended(&mut self, _now: SimTime, _pass: Pass, _ending: Ending, _released: &mut Released) {}

    fn withdrawn(&mut self, now: SimTime, ticket: Ticket, _released: &mut Released) {
        self.all_mut().for_each(|limiting| limiting.withdrawn(now, ticket));
    }

    fn wakes_at(&self) -> Option<SimTime> {
        self.all().filter_map(Limiting::wakes_at).min()
    }

    fn wake(&mut self, now: SimTime, released: &mut Released) {
        let rejection = self.rejection;
        let mut woken = Vec::new();
        self.all_mut().for_each(|limiting| limiting.wake(now, &mut woken));
        let answer = |passes| match passes {
            true => Answer::Admit(Pass::default()),
            false => Answer::Reject(rejection),
        };
        released.extend(woken.into_iter().map(|(ticket, passes)| (ticket, answer(passes))));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{at_ms, in_ms};
    use super::*;

    fn limit(value: serde_json::Value) -> RateLimit {
        serde_json::from_value(value).unwrap()
    }

    fn tiers() -> RateLimit {
        limit(json!({
            "limiter": { "token-bucket": { "capacity": 10, "refill": 1 } },
            "tiers": [
                {},
                { "cost": 5 },
                { "leaves": 8 },
                { "limiter": { "leaky-bucket-queue": { "capacity": 1, "rate": 1 } } },
            ],
        }))
    }

    fn passes(limiter: &mut RateLimiter, class: u8) -> usize {
        let admitted = Answer::Admit(Pass::default());
        let asks = (0..20).map(|_| limiter.ask_as(at_ms(0), Ticket(7), class));
        asks.take_while(|answer| *answer == admitted).count()
    }

    #[test]
    fn classes_pay_their_cost_leave_their_share_or_have_a_limiter_of_their_own() {
        let start = || tiers().start(at_ms(0), Side::Caller);
        assert_eq!(passes(&mut start(), 0), 10);
        assert_eq!(passes(&mut start(), 1), 2);
        assert_eq!(passes(&mut start(), 2), 2, "eight are left to the others");
        assert_eq!(passes(&mut start(), 3), 1);
        assert_eq!(passes(&mut start(), 4), 10, "a class that is not listed");
        let mut shared = start();
        assert_eq!([2, 1, 0, 4].map(|class| passes(&mut shared, class)), [2, 1, 3, 0]);
        assert_eq!(passes(&mut shared, 3), 1, "it has its own");
    }

    #[test]
    fn a_caller_rejects_and_a_callee_answers_429_and_when_to_come_again() {
        for (side, rejection) in
            [(Side::Caller, Outcome::RejectedLimit), (Side::Callee, Outcome::Throttled)]
        {
            let mut limiter = tiers().start(at_ms(0), side);
            passes(&mut limiter, 0);
            assert_eq!(limiter.ask_as(at_ms(0), Ticket(1), 0), Answer::Reject(rejection));
            assert_eq!(limiter.retry_after(at_ms(400), 0), in_ms(600));
            assert_eq!(limiter.retry_after(at_ms(400), 1), in_ms(4_600));
            assert_eq!(limiter.retry_after(at_ms(400), 3), in_ms(0));
        }
    }

    #[test]
    fn every_limiter_is_woken_and_left() {
        let mut limiter = limit(json!({
            "limiter": { "token-bucket": { "capacity": 1, "refill": 1, "max_wait": "10s" } },
            "tiers": [{}, { "limiter": { "resilience4j": {
                "limit_for_period": 1, "limit_refresh_period": "1s", "timeout_duration": "500ms",
            } } }],
        }))
        .start(at_ms(0), Side::Caller);
        for (ticket, class) in [(1, 0), (2, 1), (3, 0), (4, 1), (5, 0)] {
            limiter.ask_as(at_ms(0), Ticket(ticket), class);
        }
        assert_eq!(limiter.wakes_at(), Some(at_ms(500)), "who waits in vain");
        let mut released = Released::new();
        limiter.wake(at_ms(500), &mut released);
        assert_eq!(released, [(Ticket(4), Answer::Reject(Outcome::RejectedLimit))]);
        limiter.withdrawn(at_ms(600), Ticket(3), &mut released);
        assert_eq!(limiter.wakes_at(), Some(at_ms(2_000)));
        released.clear();
        limiter.wake(at_ms(2_000), &mut released);
        assert_eq!(released, [(Ticket(5), Answer::Admit(Pass::default()))]);
        assert_eq!(limiter.wakes_at(), None);
    }

    #[test]
    fn mistakes_in_limiters_and_tiers_are_placed() {
        let limit = limit(json!({
            "limiter": { "fixed-window": { "limit": 0 } },
            "tiers": [
                { "cost": 0, "limiter": { "sliding-log": { "window": "0s" } } },
                { "cost": 3, "leaves": 98, "limiter": { "sliding-log": {} } },
                { "cost": 3, "leaves": 97, "limiter": { "sliding-log": {} } },
                { "cost": 1000, "limiter": { "leaky-bucket-queue": {} } },
            ],
        }));
        let problems = limit.check().unwrap_err();
        assert_eq!(
            problems.to_string(),
            "`limiter.fixed-window.limit` must be above zero; \
             `tiers.0.cost` must be at least 1; \
             `tiers.0.limiter.sliding-log.window` must be above zero; \
             `tiers.1.cost` and `leaves` come to 101, but there are never above 100"
        );
    }
}
