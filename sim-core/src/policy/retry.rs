//! Retries: how many attempts, after which outcomes, how far apart.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backoff::Backoff;
use super::budget::Budget;
use super::guard::Scoped;
use super::limit::Limit;
use super::limiter::RetryAfter;
use super::outcome::{Outcome, OutcomeSet};
use super::preset::{Preset, RetryDefaults};
use super::problem::{Problem, Problems};

/// Tries again, as the scenario file states it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// A library whose defaults fill what is not given here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// How many attempts a call may make, the first included: at least 1, or "unlimited".
    /// `max_retries` can be given instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<Limit>,
    /// How many attempts a call may make after the first, or "unlimited": `max_attempts` − 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_retries: Option<Limit>,
    /// How long to wait before each retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
    /// The outcomes that are retried. If neither they nor a preset are given: the failures of
    /// servers and of the network, and not `client_error`, `malformed`, `deadline`, nor what a
    /// policy rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Vec<Outcome>>,
    /// What is made of an answer that says when to come again; if neither it nor a preset is given,
    /// nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
    /// A budget that retries have to fit into; none if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Scoped<Budget>>,
}

/// A checked retry: what the engine follows.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// How many attempts a call may make, the first included; `None` is no limit.
    pub max_attempts: Option<NonZeroU32>,
    /// How long to wait before each retry.
    pub backoff: Backoff,
    /// The outcomes that are retried.
    pub on: OutcomeSet,
    /// What is made of an answer that says when to come again.
    pub retry_after: RetryAfter,
    /// The budget that retries have to fit into.
    pub budget: Option<Scoped<Budget>>,
}

/// Outcomes that end a call, whatever its policy says.
const FINAL: OutcomeSet = OutcomeSet::of(&[Outcome::Ok, Outcome::OkLate, Outcome::Cancelled]);

impl Retry {
    /// Checks the retry and fills in what it leaves to its preset or to the defaults.
    ///
    /// # Errors
    /// Every mistake, with the field it is at.
    pub fn resolve(&self) -> Result<RetryPolicy, Problems> {
        let preset = self.preset.map(Preset::defaults);
        let mut problems = Problems::default();
        let max_attempts = problems.note(self.attempts(preset.as_ref()));
        let backoff = problems.note(self.checked_backoff(preset.as_ref()));
        let on = problems.note(self.outcomes(preset.as_ref()));
        let retry_after = self.retry_after.or(self.preset.map(Preset::retry_after));
        let retry_after = retry_after.unwrap_or_default();
        let budget = self.budget.clone();
        if let Some(Err(mistakes)) = budget.as_ref().map(|budget| budget.kind.check()) {
            problems.note_inside("budget.kind", mistakes);
        }
        match (max_attempts, backoff, on) {
            (Some(max_attempts), Some(backoff), Some(on)) if problems.0.is_empty() => {
                Ok(RetryPolicy { max_attempts, backoff, on, retry_after, budget })
            }
            _ => Err(problems),
        }
    }

    fn attempts(&self, preset: Option<&RetryDefaults>) -> Result<Option<NonZeroU32>, Problems> {
        let attempts = self.given_attempts()?;
        let attempts = attempts.or_else(|| preset.and_then(|preset| preset.max_attempts));
        let most = preset.and_then(|preset| preset.most_attempts).and_then(NonZeroU32::new);
        match attempts {
            Some(Limit::AtMost(attempts)) => {
                let attempts = NonZeroU32::new(attempts).ok_or_else(none_at_all)?;
                Ok(Some(most.map_or(attempts, |most| attempts.min(most))))
            }
            Some(Limit::Unlimited) => Ok(most),
            None => Err(self.missing_attempts().into()),
        }
    }

    /// What the file says of the number of attempts, the first included.
    fn given_attempts(&self) -> Result<Option<Limit>, Problems> {
        match (self.max_attempts, self.max_retries) {
            (Some(_), Some(_)) => {
                let twice = "says again what `max_attempts` says: give one of them";
                Err(Problem::at("max_retries", twice).into())
            }
            (None, Some(Limit::AtMost(retries))) => {
                Ok(Some(Limit::AtMost(retries.saturating_add(1))))
            }
            (attempts, retries) => Ok(attempts.or(retries)),
        }
    }

    fn missing_attempts(&self) -> Problem {
        match self.preset {
            None => Problem::at("max_attempts", "is missing: give it, `max_retries` or `preset`"),
            Some(preset) => {
                let message = format!("is missing: `{}` has no default for it", preset.name());
                Problem::at("max_attempts", message)
            }
        }
    }

    fn checked_backoff(&self, preset: Option<&RetryDefaults>) -> Result<Backoff, Problems> {
        let backoff = self.backoff.as_ref().or(preset.map(|preset| &preset.backoff));
        let backoff =
            backoff.ok_or_else(|| Problem::at("backoff", "is missing: give it or `preset`"))?;
        backoff.check().map_err(|problems| problems.inside("backoff"))?;
        Ok(backoff.clone())
    }

    fn outcomes(&self, preset: Option<&RetryDefaults>) -> Result<OutcomeSet, Problems> {
        let Some(on) = &self.on else {
            return Ok(preset.map_or(OutcomeSet::RETRYABLE, |preset| preset.on));
        };
        let mut problems = Problems::default();
        problems.note_if(on.is_empty(), "on", "names no outcome: nothing would be retried");
        for outcome in on.iter().filter(|outcome| FINAL.contains(**outcome)) {
            let name = outcome.name();
            let message = format!("names `{name}`, after which a call is never tried again");
            problems.note_if(true, "on", message);
        }
        problems.or_none().map(|()| OutcomeSet::of(on))
    }
}

fn none_at_all() -> Problem {
    Problem::at("max_attempts", "must be at least 1: it counts the first attempt")
}

impl RetryPolicy {
    /// Whether all retries may happen at one instant: no wait is ever above zero. A retry without
    /// a limit that can is a loop that may never let time pass.
    pub fn can_take_no_time(&self) -> bool {
        self.backoff.never_waits()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resolve(retry: serde_json::Value) -> Result<RetryPolicy, Problems> {
        serde_json::from_value::<Retry>(retry).unwrap().resolve()
    }

    fn fixed() -> serde_json::Value {
        json!({ "fixed": { "delay": "1s" } })
    }

    #[test]
    fn attempts_count_the_first_and_retries_do_not() {
        let attempts = |field: &str, value: serde_json::Value| {
            let policy = resolve(json!({ field: value, "backoff": fixed() })).unwrap();
            policy.max_attempts.map(u32::from)
        };
        assert_eq!(attempts("max_attempts", json!(4)), Some(4));
        assert_eq!(attempts("max_retries", json!(4)), Some(5));
        assert_eq!(attempts("max_retries", json!(0)), Some(1));
        assert_eq!(attempts("max_retries", json!(u32::MAX)), Some(u32::MAX));
        assert_eq!(attempts("max_attempts", json!("unlimited")), None);
        assert_eq!(attempts("max_retries", json!("unlimited")), None);
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let problems = resolve(json!({
            "max_attempts": 0,
            "backoff": { "exponential": { "base": "0s", "factor": 0.5 } },
            "on": ["ok", "timeout", "cancelled"],
        }))
        .unwrap_err();
        assert_eq!(
            problems.0.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(),
            ["max_attempts", "backoff.exponential.base", "backoff.exponential.factor", "on", "on"]
        );
    }

    #[test]
    fn what_is_missing_or_said_twice_is_a_mistake() {
        let path = |retry| resolve(retry).unwrap_err().0.remove(0).path;
        assert_eq!(path(json!({ "backoff": fixed() })), "max_attempts");
        assert_eq!(path(json!({ "max_attempts": 3 })), "backoff");
        assert_eq!(path(json!({ "max_attempts": 3, "backoff": fixed(), "on": [] })), "on");
        let twice = json!({ "max_attempts": 3, "max_retries": 2, "backoff": fixed() });
        assert_eq!(path(twice), "max_retries");
    }

    #[test]
    fn a_preset_knows_what_its_library_makes_of_a_retry_after() {
        let of = |retry| resolve(retry).unwrap().retry_after;
        let rule = |preset: &str| of(json!({ "preset": preset }));
        assert_eq!(rule("grpc"), RetryAfter::Instead);
        assert_eq!(rule("aws-sdk-2026"), RetryAfter::AwsSdk2026);
        assert_eq!(rule("aws-sdk-2026-dynamodb"), RetryAfter::AwsSdk2026);
        assert_eq!(rule("aws-sdk"), RetryAfter::Ignored);
        let own = json!({ "preset": "grpc", "retry_after": "envoy" });
        assert_eq!(of(own), RetryAfter::Envoy);
        let none = json!({ "max_attempts": 2, "backoff": fixed() });
        assert_eq!(of(none), RetryAfter::Ignored);
    }

    #[test]
    fn only_a_retry_that_never_waits_can_take_no_time() {
        let policy = |backoff| resolve(json!({ "max_attempts": 2, "backoff": backoff })).unwrap();
        assert!(policy(json!({ "immediate": {} })).can_take_no_time());
        assert!(!policy(fixed()).can_take_no_time());
    }
}
