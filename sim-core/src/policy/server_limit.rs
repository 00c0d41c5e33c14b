//! Limits at a server: whom it turns away before anything is done for them.
//!
//! What a caller's guards are to its calls, these are to the requests that reach an instance: the
//! same state machines, on the other side of the network. Whoever is turned away is answered:
//!
//! * beyond a rate limit as `throttled` (429), with a `Retry-After` if the limit says it;
//! * beyond a concurrency limit as `overflow`: Netflix's interceptor for gRPC servers answers
//!   `UNAVAILABLE` and Envoy's filter 503, as for a queue that is full. (Netflix's servlet filter
//!   answers 429 unless it is told otherwise.)
//! * by a throttle as `rejected_shed`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::concurrency::ConcurrencyLimit;
use super::guard::Guard;
use super::limiter::{Limiter, RateLimit, RetryAfterHeader, Tier};
use super::outcome::Outcome;
use super::problem::{Problem, Problems};
use super::scope::Scope;
use super::throttle::{Side, Throttle};
use crate::kernel::{SimDuration, SimTime};

/// One limit of a server, as the scenario file states it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerLimit {
    /// Bounds how many requests pass in a time; the others are answered as `throttled`.
    RateLimit(ServerRateLimit),
    /// Learns from how long requests take inside the instance how many may be in it at once; the
    /// others are answered as `overflow`.
    ConcurrencyLimit(ServerScoped<ConcurrencyLimit>),
    /// Turns requests away while too many of them fail, as `rejected_shed`.
    Throttle(ServerScoped<Throttle>),
}

/// A rate limit of a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerRateLimit {
    /// The limiter that requests share.
    pub limiter: Limiter,
    /// What requests of class 0, 1, … want of it; those of a class that is not listed take one
    /// permit of the shared limiter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// What the answer says of when to come again.
    #[serde(default)]
    pub retry_after: RetryAfterHeader,
    /// Which requests share its state.
    #[serde(default)]
    pub scope: ServerScope,
}

/// A limit of a server and which requests share it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerScoped<Kind> {
    /// Which one, with its parameters.
    pub kind: Kind,
    /// Which requests share its state.
    #[serde(default)]
    pub scope: ServerScope,
}

/// Which requests share the state of a server's limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerScope {
    /// Those of one instance.
    #[default]
    Instance,
    /// Those of all instances of the service: a gateway in front of them, a store that they share.
    Service,
}

impl ServerLimit {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `rate_limit.tiers.2.cost`.
    pub fn check(&self) -> Result<(), Problems> {
        let (checked, place) = match self {
            Self::RateLimit(limit) => (limit.as_guard().check(), "rate_limit"),
            Self::ConcurrencyLimit(limit) => {
                (limit.kind.check().map_err(|wrong| wrong.inside("kind")), "concurrency_limit")
            }
            Self::Throttle(throttle) => (throttle.check(), "throttle"),
        };
        checked.map_err(|wrong| wrong.inside(place))
    }

    /// Which requests share its state.
    pub fn scope(&self) -> ServerScope {
        match self {
            Self::RateLimit(limit) => limit.scope,
            Self::ConcurrencyLimit(limit) => limit.scope,
            Self::Throttle(throttle) => throttle.scope,
        }
    }

    /// The limit itself, from `now` on.
    pub fn start(&self, now: SimTime) -> Guard {
        match self {
            Self::RateLimit(limit) => Guard::RateLimit(limit.as_guard().start(now, Side::Callee)),
            Self::ConcurrencyLimit(limit) => Guard::ConcurrencyLimit(limit.kind.gate()),
            Self::Throttle(throttle) => Guard::Throttle(throttle.kind.start(now).on(Side::Callee)),
        }
    }

    /// How a request is answered that the guard has turned away so.
    pub fn answer(&self, rejection: Outcome) -> Outcome {
        match self {
            Self::ConcurrencyLimit(_) => Outcome::Overflow,
            Self::RateLimit(_) | Self::Throttle(_) => rejection,
        }
    }

    /// What a request that is turned away is told of when to come again, if it would pass after
    /// this time.
    pub fn tells(&self, passes_after: SimDuration) -> Option<SimDuration> {
        match self {
            Self::RateLimit(limit) => limit.retry_after.says(passes_after),
            Self::ConcurrencyLimit(_) | Self::Throttle(_) => None,
        }
    }
}

impl ServerRateLimit {
    fn as_guard(&self) -> RateLimit {
        let (limiter, tiers) = (self.limiter.clone(), self.tiers.clone());
        RateLimit { limiter, tiers, scope: Scope::Caller }
    }
}

impl ServerScoped<Throttle> {
    fn check(&self) -> Result<(), Problems> {
        let Throttle::EnvoyAdmissionControl(_) = self.kind else {
            let name = self.kind.name();
            let message =
                format!("`{name}` is a client's: it learns from the answers that a client gets");
            return Err(Problem::at("kind", message).into());
        };
        self.kind.check().map_err(|wrong| wrong.inside("kind"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::gate::{Answer, Gate, Ticket};

    fn limit(value: serde_json::Value) -> ServerLimit {
        serde_json::from_value(value).unwrap()
    }

    fn second() -> SimDuration {
        SimDuration::from_secs(1)
    }

    #[test]
    fn whoever_is_turned_away_hears_why() {
        let bucket = json!({ "token-bucket": { "capacity": 1 } });
        for (value, outcome, told) in [
            (
                json!({ "rate_limit": { "limiter": bucket } }),
                Outcome::Throttled,
                Some(SimDuration::from_secs(2)),
            ),
            (
                json!({ "concurrency_limit": { "kind": { "fixed": { "limit": 1 } } } }),
                Outcome::Overflow,
                None,
            ),
        ] {
            let limit = limit(value);
            assert_eq!((limit.check(), limit.scope()), (Ok(()), ServerScope::Instance));
            let mut guard = limit.start(SimTime::ZERO);
            let mut draws = crate::policy::backoff::scripted::HIGHEST;
            let mut ask = || guard.ask(SimTime::ZERO, Ticket(0), &mut draws);
            assert!(matches!(ask(), Answer::Admit(_)));
            let Answer::Reject(rejection) = ask() else { unreachable!() };
            assert_eq!(limit.answer(rejection), outcome);
            assert_eq!(limit.tells(second() + SimDuration::from_nanos(1)), told);
        }
    }

    #[test]
    fn mistakes_name_their_place_and_a_clients_throttle_is_one() {
        let places = |value| -> Vec<String> {
            limit(value).check().unwrap_err().0.into_iter().map(|problem| problem.path).collect()
        };
        let bucket = json!({ "token-bucket": { "capacity": 0 } });
        assert_eq!(
            places(json!({ "rate_limit": { "limiter": bucket, "tiers": [{ "cost": 0 }] } })),
            ["rate_limit.limiter.token-bucket.capacity", "rate_limit.tiers.0.cost"]
        );
        assert_eq!(
            places(json!({ "concurrency_limit": { "kind": { "fixed": { "limit": 0 } } } })),
            ["concurrency_limit.kind.fixed.limit"]
        );
        for kind in ["google", "aws-adaptive"] {
            assert_eq!(places(json!({ "throttle": { "kind": { kind: {} } } })), ["throttle.kind"]);
        }
        let control = json!({ "throttle": { "kind": { "envoy-admission-control": {} } } });
        assert_eq!(limit(control).check(), Ok(()));
    }

    #[test]
    fn a_limit_belongs_to_an_instance_unless_it_is_said_to_be_the_services() {
        for mut value in [
            json!({ "rate_limit": { "limiter": { "token-bucket": {} } } }),
            json!({ "concurrency_limit": { "kind": { "fixed": { "limit": 1 } } } }),
            json!({ "throttle": { "kind": { "envoy-admission-control": {} } } }),
        ] {
            assert_eq!(limit(value.clone()).scope(), ServerScope::Instance, "{value}");
            let kind = value.as_object_mut().unwrap().values_mut().next().unwrap();
            kind["scope"] = json!("service");
            assert_eq!(limit(value.clone()).scope(), ServerScope::Service, "{value}");
        }
    }
}
