//! What holds for every backoff.

use serde_json::json;

use super::scripted::{Always, HIGHEST, LOWEST};
use super::*;

/// The first waits, in milliseconds, if every draw is `u`.
pub(super) fn delays_ms(backoff: &impl Spacing, u: f64, waits: u32) -> Vec<f64> {
    let (mut state, mut draws) = (BackoffState::default(), Always::unit(u));
    let wait = |n| backoff.delay(n, &mut state, &mut draws).as_millis_f64();
    (1..=waits).map(wait).collect()
}

/// Every registered backoff with its defaults, where it has them.
fn every_backoff() -> Vec<Backoff> {
    let needed = |name: &str| match name {
        "fixed" => json!({ "delay": "1s" }),
        "linear" | "exponential" => json!({ "base": "100ms" }),
        "decorrelated" => json!({ "base": "100ms", "cap": "10s" }),
        "tenacity-fixed-plus-random" => json!({ "wait": "3s" }),
        _ => json!({}),
    };
    let read = |name: &str| serde_json::from_value(json!({ name: needed(name) })).unwrap();
    Backoff::CATALOGUE.iter().map(|entry| read(entry.name)).collect()
}

#[test]
fn every_backoff_is_written_as_it_is_read_and_right_by_default() {
    for backoff in every_backoff() {
        let text = serde_json::to_string(&backoff).unwrap();
        assert_eq!(serde_json::from_str::<Backoff>(&text).unwrap(), backoff);
        assert_eq!(backoff.check(), Ok(()), "{text}");
    }
}

#[test]
fn no_backoff_takes_a_parameter_that_it_does_not_know() {
    for backoff in every_backoff() {
        let mut value = serde_json::to_value(&backoff).unwrap();
        value[backoff.name()]["typo"] = json!(1);
        let error = serde_json::from_value::<Backoff>(value).unwrap_err().to_string();
        assert!(error.contains("unknown field `typo`"), "{}: {error}", backoff.name());
    }
}

#[test]
fn every_parameter_is_described() {
    for entry in Backoff::CATALOGUE {
        let schema = (entry.parameters)(&mut schemars::SchemaGenerator::default());
        let fields = schema.get("properties").and_then(|fields| fields.as_object());
        for (field, schema) in fields.into_iter().flatten() {
            assert!(schema.get("description").is_some(), "{}.{field}", entry.name);
        }
        assert!(!entry.summary.is_empty() && !entry.source.is_empty());
    }
}

#[test]
fn any_number_of_retries_has_a_wait_and_a_higher_draw_no_shorter_one() {
    for backoff in every_backoff() {
        let (mut lowest, mut highest) = (LOWEST, HIGHEST);
        let (mut low, mut high) = (BackoffState::default(), BackoffState::default());
        for n in (1..=70).chain([1_000, u32::MAX]) {
            let shortest = backoff.delay(n, &mut low, &mut lowest);
            let longest = backoff.delay(n, &mut high, &mut highest);
            // Envoy takes a remainder of the bits: there a higher draw is no longer wait.
            let in_order = shortest <= longest || backoff.name().starts_with("envoy");
            assert!(in_order, "{} {n}: {shortest} {longest}", backoff.name());
        }
    }
}

#[test]
fn a_backoff_that_never_waits_is_told_from_one_that_may() {
    let read = |text: &str| serde_json::from_str::<Backoff>(text).unwrap();
    for never in [
        r#"{"immediate":{}}"#,
        r#"{"polly-v8":{"delay":"0s","backoff_type":"exponential","use_jitter":true}}"#,
        r#"{"envoy":{"base_interval":"1ms","max_interval":"1ms"}}"#,
        r#"{"tenacity-incrementing":{"increment":"0s"}}"#,
    ] {
        assert!(read(never).never_waits(), "{never}");
    }
    for may in [
        r#"{"envoy":{"base_interval":"3ms","max_interval":"3ms"}}"#,
        r#"{"tenacity-incrementing":{}}"#,
        r#"{"exponential":{"base":"1ns","jitter":"full"}}"#,
    ] {
        assert!(!read(may).never_waits(), "{may}");
    }
    let waiting = |backoff: &Backoff| backoff.name() != "immediate";
    assert!(every_backoff().iter().filter(|b| waiting(b)).all(|b| !b.never_waits()));
}

#[test]
fn mistakes_name_the_field() {
    let read = |text: &str| serde_json::from_str::<Backoff>(text).unwrap().check();
    let places = |text: &str| -> Vec<String> {
        read(text).unwrap_err().0.into_iter().map(|problem| problem.path).collect()
    };
    assert_eq!(
        places(r#"{"exponential":{"base":"2s","factor":0.5,"cap":"1s","jitter":{"upward":-1.0}}}"#),
        ["exponential.factor", "exponential.cap", "exponential.jitter.upward"]
    );
    assert_eq!(places(r#"{"fixed":{"delay":"0s"}}"#), ["fixed.delay"]);
    assert_eq!(places(r#"{"linear":{"base":"0s"}}"#), ["linear.base"]);
    assert_eq!(places(r#"{"decorrelated":{"base":"2s","cap":"1s"}}"#), ["decorrelated.cap"]);
    assert_eq!(
        places(r#"{"grpc":{"backoff_multiplier":0.0,"max_backoff":"0s"}}"#),
        ["grpc.max_backoff", "grpc.backoff_multiplier"]
    );
    assert_eq!(
        places(r#"{"tower":{"min":"2s","max":"1s","jitter":101.0}}"#),
        ["tower.max", "tower.jitter"]
    );
    assert_eq!(
        places(r#"{"finagle-equal":{"start":"1s","maximum":"10ms"}}"#),
        ["finagle-equal.maximum"]
    );
}

#[test]
fn the_state_is_small() {
    assert!(size_of::<BackoffState>() <= 16);
}

#[allow(unreachable_pub, reason = "a registry is public, but not in a test")]
mod worked_example {
    use super::*;

    registry! {
        ($)
        /// A registry with the row of the worked example.
        pub enum WithExample as "backoff", dispatch each_with_example {
            "doubling" => Doubling(doubling::Doubling),
        }
    }

    #[test]
    fn is_a_backoff_with_its_file_and_its_row() {
        let written = json!({ "doubling": { "base": "1s", "limit": "3s" } });
        let backoff: WithExample = serde_json::from_value(written).unwrap();
        assert_eq!(backoff.name(), "doubling");
        let delays = each_with_example!(&backoff, backoff => delays_ms(backoff, 0.0, 3));
        assert_eq!(delays, [1_000.0, 2_000.0, 3_000.0]);
        assert_eq!(WithExample::CATALOGUE[0].source, "our-http-client 3.1, backoff.go");
    }
}
