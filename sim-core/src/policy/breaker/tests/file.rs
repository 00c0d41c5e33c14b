//! The scenario file: what is filled in, what is a mistake.

use super::*;
use crate::catalogue::Entry;

fn paths(breaker: Value) -> Vec<String> {
    resolve(breaker).unwrap_err().0.into_iter().map(|problem| problem.path).collect()
}

/// What each preset wants to be told besides.
fn preset(name: &str) -> Value {
    match name {
        "cockatiel" => json!({
            "preset": name, "trip": { "consecutive": { "failures": 5 } }, "open_for": "10s",
        }),
        _ => json!({ "preset": name }),
    }
}

#[test]
fn every_preset_fills_a_breaker() {
    for library in BreakerPreset::ALL {
        assert_eq!(serde_json::to_value(library).unwrap(), json!(library.name()));
        let policy = resolve(preset(library.name())).unwrap();
        assert!(policy.failures.contains(Outcome::ServerError));
        assert!(!policy.failures.contains(Outcome::Ok) && !policy.ignored.contains(Outcome::Ok));
    }
    assert_eq!(paths(json!({ "preset": "cockatiel" })), ["trip", "open_for"]);
    let error = resolve(json!({ "preset": "cockatiel" })).unwrap_err().to_string();
    assert!(error.contains("`cockatiel` has no default for it"), "{error}");
}

#[test]
fn everything_registered_is_described() {
    let described = |entries: &[Entry], kind: &str| {
        for entry in entries {
            assert_eq!(entry.kind, kind);
            assert!(!entry.summary.is_empty() && !entry.source.is_empty(), "{}", entry.name);
            let schema = (entry.parameters)(&mut schemars::SchemaGenerator::default());
            let fields = schema.get("properties").and_then(|fields| fields.as_object());
            for (field, schema) in fields.into_iter().flatten() {
                assert!(schema.get("description").is_some(), "{}.{field}", entry.name);
            }
        }
    };
    described(Trip::CATALOGUE, "breaker-trip");
    described(BreakerPreset::CATALOGUE, "breaker-preset");
    let names: Vec<_> = BreakerPreset::CATALOGUE.iter().map(|entry| entry.name).collect();
    assert_eq!(names, BreakerPreset::ALL.iter().map(|p| p.name()).collect::<Vec<_>>());
}

#[test]
fn a_breaker_is_written_as_it_is_read() {
    for library in BreakerPreset::ALL {
        let full: Breaker = library.defaults();
        let text = serde_json::to_string(&full).unwrap();
        assert_eq!(serde_json::from_str::<Breaker>(&text).unwrap(), full);
    }
    let typo = serde_json::from_value::<Breaker>(json!({ "half_open_cals": 3 }));
    assert!(typo.unwrap_err().to_string().contains("half_open_cals"));
}

#[test]
fn what_is_given_is_not_filled() {
    let policy = resolve(json!({
        "preset": "resilience4j", "failure_rate": 0.25, "open_for": "5s", "minimum_calls": 7,
        "half_open_calls": "unlimited", "late_results": "dropped", "failures": ["timeout"],
    }))
    .unwrap();
    assert_eq!(policy.rates.failure, Some(0.25));
    assert_eq!((policy.rates.minimum_calls, policy.half_open_minimum), (7, 7));
    assert_eq!(policy.open, OpenTime::Fixed(SimDuration::from_secs(5)));
    assert_eq!(policy.half_open_calls, u32::MAX);
    assert_eq!(policy.late_results, LateResults::Dropped);
    assert_eq!(policy.failures, crate::policy::OutcomeSet::of(&[Outcome::Timeout]));
    assert_eq!(policy.rates.slow, Some(1.0));
    // An open time of one kind replaces the preset's of the other.
    let policy = resolve(json!({ "preset": "linkerd2", "open_for": "2s" })).unwrap();
    assert_eq!(policy.open, OpenTime::Fixed(SimDuration::from_secs(2)));
    // A trip rule that knows no rates drops those of the preset.
    let trip = json!({ "consecutive": { "failures": 3 } });
    let policy = resolve(json!({ "preset": "polly-v8", "trip": trip })).unwrap();
    assert_eq!(policy.rates.failure, None);
}

#[test]
fn without_a_preset_there_are_defaults() {
    let given = json!({ "trip": { "consecutive": { "failures": 3 } }, "open_for": "30s" });
    let policy = resolve(given).unwrap();
    assert_eq!(policy.half_open_calls, 1);
    assert_eq!(policy.half_open_verdict, Verdict::FirstResult);
    assert_eq!(policy.late_results, LateResults::Dropped);
    assert!(!policy.serialised && policy.failures.contains(Outcome::Deadline));
    assert!(!policy.failures.contains(Outcome::ClientError));
    assert!(policy.ignored.contains(Outcome::Cancelled));
    assert_eq!(policy.rates.minimum_calls, 1);
    assert_eq!(paths(json!({})), ["trip", "open_for"]);
    let forever = json!({ "trip": { "consecutive": { "failures": 3 } }, "open_for": "forever" });
    assert_eq!(resolve(forever).unwrap().open, OpenTime::Forever);
}

#[test]
fn a_minimum_is_lowered_to_a_count_window() {
    let minimum = |size: u32, given: u32| {
        let trip = json!({ "count-window": { "size": size } });
        let policy = resolve(json!({
            "trip": trip, "failure_rate": 0.5, "open_for": "1s", "minimum_calls": given,
        }));
        let policy = policy.unwrap();
        (policy.rates.minimum_calls, policy.half_open_minimum)
    };
    assert_eq!(minimum(10, 100), (10, 100));
    assert_eq!(minimum(10, 5), (5, 5));
}

#[test]
fn mistakes_name_the_field() {
    let with = |more: Value| {
        let mut given = json!({ "trip": { "count-window": { "size": 10 } }, "failure_rate": 0.5, "open_for": "1s" });
        given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        given
    };
    assert!(resolve(with(json!({}))).is_ok());
    for (more, expected) in [
        (json!({ "failure_rate": 1.01 }), &["failure_rate"][..]),
        (json!({ "failure_rate": null }), &["failure_rate"]),
        (json!({ "slow_rate": 0.5 }), &["slow_after"]),
        (json!({ "slow_after": "1s" }), &["slow_rate"]),
        (json!({ "slow_after": "1s", "slow_rate": -0.5 }), &["slow_rate"]),
        (json!({ "open_for": "0s" }), &["open_for"]),
        (json!({ "open_backoff": { "fixed": { "delay": "1s" } } }), &["open_backoff"]),
        (
            json!({ "open_for": null, "open_backoff": { "fixed": { "delay": "0s" } } }),
            &["open_backoff.fixed.delay"],
        ),
        (json!({ "half_open_calls": 0 }), &["half_open_calls"]),
        (json!({ "half_open_for": "0s" }), &["half_open_for"]),
        (json!({ "half_open_verdict": { "successes": 0 } }), &["half_open_verdict"]),
        (json!({ "half_open_verdict": { "successes": 2 } }), &["half_open_verdict"]),
        (
            json!({ "half_open_verdict": "all_succeed", "half_open_calls": "unlimited" }),
            &["half_open_verdict"],
        ),
        (json!({ "failures": [] }), &["failures"]),
        (json!({ "failures": ["ok", "timeout"] }), &["failures"]),
        (json!({ "ignored": ["ok"] }), &["ignored"]),
        (json!({ "ignored": ["timeout"] }), &["ignored"]),
        (json!({ "denominator": "asked" }), &["denominator"]),
        (json!({ "trip": { "count-window": { "size": 0 } } }), &["trip.count-window.size"]),
        (
            json!({ "trip": { "consecutive": { "failures": 0 } }, "failure_rate": null }),
            &["trip.consecutive.failures"],
        ),
        (json!({ "trip": { "consecutive": { "failures": 2 } } }), &["failure_rate"]),
        (
            json!({
                "trip": { "consecutive": { "failures": 2 } }, "failure_rate": null,
                "minimum_calls": 3, "slow_rate": 0.1, "slow_after": "1s",
            }),
            &["slow_rate", "minimum_calls"],
        ),
        (
            json!({
                "trip": { "consecutive": { "failures": 2 } }, "failure_rate": null,
                "half_open_verdict": "rate",
            }),
            &["failure_rate"],
        ),
    ] {
        assert_eq!(paths(with(more.clone())), expected, "{more}");
    }
    // What stands at its bound is right.
    for more in [
        json!({ "failure_rate": 1.0 }),
        json!({ "failure_rate": 0.0 }),
        json!({ "failure_rate": null, "slow_rate": 1.0, "slow_after": "1s" }),
        json!({ "half_open_verdict": { "successes": 2 }, "half_open_calls": 2 }),
        json!({ "half_open_verdict": { "successes": 1 } }),
        json!({ "trip": { "consecutive": { "failures": 1 } }, "half_open_verdict": "rate" }),
        json!({ "trip": { "time-window": { "buckets": 3 } }, "denominator": "asked" }),
    ] {
        assert!(resolve(with(more.clone())).is_ok(), "{more}");
    }
}

#[test]
fn the_machine_is_small() {
    assert!(size_of::<BreakerMachine>() <= 384, "{}", size_of::<BreakerMachine>());
}

#[test]
fn a_preset_says_what_its_library_decides_even_where_it_is_what_a_breaker_does_anyway() {
    let rules = "judged_on failures ignored late_results";
    let open = "open_for due half_open_calls half_open_verdict probes forgets";
    let rates = "failure_rate minimum_calls threshold arithmetic";
    for preset in BreakerPreset::ALL {
        let expected = match preset {
            BreakerPreset::Article1 => format!("{rules} trip open_for"),
            BreakerPreset::Article4 => format!("{rules} {open} trip"),
            BreakerPreset::Cockatiel => format!(
                "{rules} threshold arithmetic due half_open_calls half_open_surplus \
                 half_open_verdict probes forgets"
            ),
            BreakerPreset::Gobreaker => format!("{rules} {open} trip denominator"),
            BreakerPreset::Linkerd2 => {
                format!("{rules} {open} trip transition").replace("open_for", "open_backoff")
            }
            BreakerPreset::Opossum => {
                format!("{rules} {open} {rates} trip transition denominator")
            }
            BreakerPreset::PollyV8 => format!("{rules} {open} {rates} trip"),
            BreakerPreset::Pybreaker => format!("{rules} {open} trip serialised"),
            BreakerPreset::Resilience4j => {
                format!("{rules} {open} {rates} trip transition slow_rate slow_after")
            }
        };
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        expected.sort_unstable();
        let stated = serde_json::to_value(preset.defaults()).unwrap();
        let stated: Vec<&String> =
            stated.as_object().unwrap().keys().filter(|key| *key != "scope").collect();
        assert_eq!(stated, expected, "{}", preset.name());
    }
}

#[test]
fn what_is_missing_is_asked_for_by_its_name() {
    assert_eq!(
        resolve(json!({})).unwrap_err().to_string(),
        "`trip` is missing: give it or `preset`; \
         `open_for` is missing: give it, `open_backoff` or `preset`"
    );
}
