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

/// The first waits of a backoff, in milliseconds, if every draw is `u`.
fn waits(text: &str, u: f64, count: u32) -> Vec<f64> {
    let backoff: Backoff = serde_json::from_str(text).unwrap();
    each_backoff!(&backoff, backoff => delays_ms(backoff, u, count))
}

#[test]
fn a_draw_becomes_the_wait_that_the_librarys_formula_makes_of_it() {
    for (backoff, u, expected) in [
        // rand() · min(2^(n−1), max): botocore, standard.py.
        (r#"{"aws-sdk":{}}"#, 0.5, &[500.0, 1_000.0, 2_000.0, 4_000.0][..]),
        // Math.floor(rand() · d), and of equal jitter (d + rand() · d) / 2: cockatiel, generators.ts.
        (r#"{"cockatiel":{"generator":"full"}}"#, 0.75, &[96.0, 192.0, 384.0]),
        (r#"{"cockatiel":{"generator":"half"}}"#, 0.75, &[112.0, 224.0, 448.0]),
        (r#"{"cockatiel":{"generator":"none"}}"#, 0.75, &[128.0, 256.0, 512.0]),
        // min(base · 2^(n−1), max) · (0.8 … 1.2).
        (r#"{"grpc":{}}"#, 0.75, &[110.0, 220.0, 440.0, 880.0, 1_100.0]),
        // Math.round((1 + rand()) · minTimeout · factor^(n−1)).
        (r#"{"npm-retry":{"randomize":true}}"#, 0.25, &[1_250.0, 2_500.0, 5_000.0]),
        (r#"{"npm-retry":{"randomize":true,"min_timeout":"1500us"}}"#, 0.25, &[2.0, 4.0, 8.0]),
        // delay · (0.75 + 0.5 · rand()): RetryHelper.cs.
        (r#"{"polly-v8":{"use_jitter":true}}"#, 0.25, &[1_750.0, 1_750.0]),
        (
            r#"{"polly-v8":{"use_jitter":true,"backoff_type":"linear"}}"#,
            0.75,
            &[2_250.0, 4_500.0, 6_750.0],
        ),
        // (long) (min + rand() · (max − min + 1)), min and max a half below and above: IntervalFunction.java.
        (r#"{"resilience4j":{"randomization_factor":0.5}}"#, 0.5, &[500.0, 500.0]),
        (r#"{"resilience4j":{"randomization_factor":0.5}}"#, 0.0, &[250.0, 250.0]),
        (r#"{"resilience4j":{"randomization_factor":0.5}}"#, 0.25, &[375.0, 375.0]),
        (r#"{"resilience4j":{"randomization_factor":0.5}}"#, 0.999, &[750.0, 750.0]),
        (r#"{"resilience4j":{"interval":"1ms","randomization_factor":1.0}}"#, 0.0, &[1.0]),
        // multiplier · base^(n−1) + rand() · jitter: wait_exponential_jitter.
        (r#"{"tenacity-exponential-jitter":{}}"#, 0.25, &[1_250.0, 2_250.0, 4_250.0]),
        (r#"{"tenacity-exponential-jitter":{"jitter":"3s"}}"#, 0.5, &[2_500.0, 3_500.0]),
        // wait_fixed(3) + wait_random(1, 2), and (0, 1) if not given.
        (
            r#"{"tenacity-fixed-plus-random":{"wait":"3s","random_min":"1s","random_max":"3s"}}"#,
            0.25,
            &[4_500.0, 4_500.0],
        ),
        (r#"{"tenacity-fixed-plus-random":{"wait":"3s"}}"#, 0.25, &[3_250.0]),
        // start + increment · (n − 1).
        (
            r#"{"tenacity-incrementing":{"start":"5s","increment":"2s"}}"#,
            0.5,
            &[5_000.0, 7_000.0, 9_000.0],
        ),
    ] {
        assert_eq!(waits(backoff, u, expected.len() as u32), expected, "{backoff} {u}");
    }
}

#[test]
fn what_a_draw_gives_in_envoy_is_what_is_left_of_it() {
    // Of windows of 25, 50, 100, 200 ms and then, since 200 is no less than half of it, 250.
    let of = |backoff: &str, draw: u64, n| {
        let backoff: Backoff = serde_json::from_str(backoff).unwrap();
        let mut state = BackoffState::default();
        backoff.delay(n, &mut state, &mut Always(draw)).as_millis_f64()
    };
    let today = r#"{"envoy":{"base_interval":"25ms"}}"#;
    let left: Vec<f64> = (1..=6).map(|n| of(today, 249, n)).collect();
    assert_eq!(left, [24.0, 49.0, 49.0, 49.0, 249.0, 249.0]);
    // Before 2020 windows grew to 25, 75, 175, 375, … and what was drawn was cut at 250.
    let before = r#"{"envoy-pre-2020":{"base_interval":"25ms"}}"#;
    let left: Vec<f64> = (1..=5).map(|n| of(before, 374, n)).collect();
    assert_eq!(left, [24.0, 74.0, 24.0, 250.0, 250.0]);
    let shorter = r#"{"envoy-pre-2020":{"base_interval":"25ms","max_interval":"75ms"}}"#;
    // A window that has reached the longest wait grows once more.
    assert_eq!(of(shorter, 174, 3), 75.0);
    assert_eq!(of(shorter, 100, 9), 75.0);
}

#[test]
fn each_mistake_is_found_and_what_lies_at_the_bound_is_none() {
    let check = |text: &str| serde_json::from_str::<Backoff>(text).unwrap().check();
    for (wrong, place) in [
        (r#"{"aws-sdk":{"max_backoff":"0s"}}"#, "aws-sdk.max_backoff"),
        (r#"{"aws-sdk-2026":{"max_backoff":"0s"}}"#, "aws-sdk-2026.max_backoff"),
        (r#"{"aws-simulator":{"base":"2s","cap":"1s"}}"#, "aws-simulator.cap"),
        (r#"{"backoff-py-expo":{"base":0.5}}"#, "backoff-py-expo.base"),
        (r#"{"cockatiel":{"exponent":0.5}}"#, "cockatiel.exponent"),
        (r#"{"envoy":{"base_interval":"999us"}}"#, "envoy.base_interval"),
        (r#"{"envoy":{"base_interval":"9ms","max_interval":"8ms"}}"#, "envoy.max_interval"),
        (r#"{"envoy-pre-2020":{"base_interval":"0s"}}"#, "envoy-pre-2020.base_interval"),
        (
            r#"{"finagle-decorrelated":{"start":"1s","maximum":"9ms"}}"#,
            "finagle-decorrelated.maximum",
        ),
        (
            r#"{"finagle-exponential":{"start":"1s","maximum":"9ms"}}"#,
            "finagle-exponential.maximum",
        ),
        (r#"{"grpc-connection":{"multiplier":0.5}}"#, "grpc-connection.multiplier"),
        (r#"{"npm-retry":{"factor":1.5,"randomize":true}}"#, "npm-retry.factor"),
        (r#"{"resilience4j":{"interval":"999us"}}"#, "resilience4j.interval"),
        (
            r#"{"resilience4j":{"multiplier":2.0,"max_interval":"999us"}}"#,
            "resilience4j.max_interval",
        ),
        (r#"{"tenacity-exponential":{"exp_base":0.5}}"#, "tenacity-exponential.exp_base"),
        (
            r#"{"tenacity-exponential-jitter":{"max":"1s","min":"2s"}}"#,
            "tenacity-exponential-jitter.max",
        ),
        (
            r#"{"tenacity-fixed-plus-random":{"wait":"1s","random_min":"2s"}}"#,
            "tenacity-fixed-plus-random.random_max",
        ),
        (
            r#"{"tenacity-random-exponential":{"exp_base":0.5}}"#,
            "tenacity-random-exponential.exp_base",
        ),
    ] {
        let places: Vec<String> =
            check(wrong).unwrap_err().0.into_iter().map(|problem| problem.path).collect();
        assert_eq!(places, [place], "{wrong}");
    }
    for right in [
        r#"{"envoy":{"base_interval":"1ms","max_interval":"1ms"}}"#,
        r#"{"resilience4j":{"interval":"1ms","multiplier":1.0,"max_interval":"1ms"}}"#,
        r#"{"npm-retry":{"factor":2.0,"randomize":true}}"#,
        r#"{"cockatiel":{"exponent":1.0}}"#,
    ] {
        assert_eq!(check(right), Ok(()), "{right}");
    }
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

#[test]
fn after_a_failure_that_is_nothing_special_the_outcome_does_not_matter() {
    for backoff in every_backoff() {
        let (mut states, mut draws) = ([BackoffState::default(); 2], Always::unit(0.7));
        for n in 1..5 {
            let [plain, after] = &mut states;
            let wait = backoff.delay(n, plain, &mut draws);
            let after = backoff.delay_after(Outcome::ServerError, n, after, &mut draws);
            assert_eq!(after, wait, "{}", backoff.name());
        }
    }
}
