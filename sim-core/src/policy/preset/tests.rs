//! What holds for every preset.

use serde_json::json;

use super::super::retry::{Retry, RetryPolicy};
use super::*;

fn resolved(retry: serde_json::Value) -> RetryPolicy {
    serde_json::from_value::<Retry>(retry).unwrap().resolve().unwrap()
}

fn attempts(policy: &RetryPolicy) -> Option<u32> {
    policy.max_attempts.map(Into::into)
}

#[test]
fn every_preset_fills_a_retry_with_right_parameters() {
    for preset in Preset::ALL {
        let policy = resolved(json!({ "preset": preset, "max_attempts": 2 }));
        assert_eq!(policy.backoff.check(), Ok(()), "{preset:?}");
        assert_eq!(attempts(&policy), Some(2));
        assert!(policy.on.contains(Outcome::Refused), "{preset:?}");
        assert!(!policy.on.contains(Outcome::Ok) && !policy.on.contains(Outcome::Cancelled));
        assert_eq!(serde_json::to_value(preset).unwrap(), json!(preset.name()));
    }
    let names: Vec<_> = Preset::CATALOGUE.iter().map(|entry| entry.name).collect();
    assert_eq!(names, Preset::ALL.iter().map(|preset| preset.name()).collect::<Vec<_>>());
}

#[test]
fn attempts_are_the_libraries_own_or_must_be_given() {
    let attempts_of = |name: &str| {
        let retry: Retry = serde_json::from_value(json!({ "preset": name })).unwrap();
        retry.resolve().map(|policy| attempts(&policy))
    };
    for (name, expected) in [
        ("resilience4j", Some(3)),
        ("polly-v8", Some(4)),
        ("grpc", Some(4)),
        ("envoy", Some(2)),
        ("aws-sdk", Some(3)),
        ("aws-sdk-2026", Some(3)),
        ("aws-sdk-2026-dynamodb", Some(4)),
        ("npm-retry", Some(11)),
        ("tenacity", None),
        ("backoff-py", None),
        ("cockatiel", None),
    ] {
        assert_eq!(attempts_of(name).unwrap(), expected, "{name}");
    }
    for name in ["finagle", "tower"] {
        let problems = attempts_of(name).unwrap_err();
        assert_eq!(problems.0[0].path, "max_attempts");
        assert!(problems.to_string().contains(name), "{problems}");
    }
}

#[test]
fn grpc_makes_five_attempts_at_most() {
    for (given, made) in [(json!(3), 3), (json!(5), 5), (json!(9), 5), (json!("unlimited"), 5)] {
        let policy = resolved(json!({ "preset": "grpc", "max_attempts": given }));
        assert_eq!(attempts(&policy), Some(made));
    }
}

#[test]
fn what_is_given_is_not_filled() {
    let policy = resolved(json!({
        "preset": "resilience4j",
        "max_retries": 0,
        "backoff": { "fixed": { "delay": "1s" } },
        "on": ["timeout"],
    }));
    assert_eq!(attempts(&policy), Some(1));
    assert_eq!(policy.backoff.name(), "fixed");
    assert_eq!(policy.on, OutcomeSet::of(&[Outcome::Timeout]));
}

#[test]
fn libraries_differ_in_what_they_retry() {
    let retries = |name: &str, outcome| {
        resolved(json!({ "preset": name, "max_attempts": 2 })).on.contains(outcome)
    };
    assert!(retries("polly-v8", Outcome::RejectedBreaker));
    assert!(!retries("aws-sdk", Outcome::RejectedBreaker));
    assert!(retries("aws-sdk", Outcome::Throttled) && !retries("envoy", Outcome::Throttled));
    assert!(retries("envoy", Outcome::Timeout) && !retries("grpc", Outcome::Timeout));
    assert!(!retries("finagle", Outcome::ServerError));
}

#[test]
fn dynamodb_waits_from_25_ms() {
    use crate::policy::backoff::{BackoffState, scripted::Always};
    let policy = resolved(json!({ "preset": "aws-sdk-2026-dynamodb" }));
    let (mut state, mut half) = (BackoffState::default(), Always::unit(0.5));
    assert_eq!(policy.backoff.delay(1, &mut state, &mut half).as_millis_f64(), 12.5);
}

#[test]
fn a_mistake_in_its_budget_is_a_mistake_of_the_retry() {
    let retry = json!({ "preset": "envoy", "budget": { "kind": { "google": { "ratio": -1.0 } } } });
    let error = serde_json::from_value::<Retry>(retry).unwrap().resolve().unwrap_err();
    assert_eq!(error.0[0].path, "budget.kind.google.ratio");
}
