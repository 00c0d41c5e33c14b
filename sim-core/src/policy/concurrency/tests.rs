//! What holds for every concurrency limit, and a hand to drive one with.

use serde_json::json;

use super::*;
use crate::kernel::SimDuration;
use crate::policy::Outcome;
use crate::policy::backoff::scripted::LOWEST;

pub(super) fn at_ms(ms: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_nanos_f64(ms * 1e6)
}

/// Asks at this time; the lowest draw is drawn.
pub(super) fn ask(gate: &mut ConcurrencyGate, at: u64) -> Result<Pass, Outcome> {
    match gate.ask(at_ms(at as f64), Ticket(0), &mut { LOWEST }) {
        Answer::Admit(pass) => Ok(pass),
        Answer::Reject(outcome) => Err(outcome),
        Answer::Wait => unreachable!("nobody waits for a concurrency limit"),
    }
}

/// Ends, at this time, a call that was admitted with this mark and took so many milliseconds.
pub(super) fn end(gate: &mut ConcurrencyGate, at: u64, mark: u32, outcome: Outcome, took_ms: f64) {
    let took = SimDuration::from_nanos_f64(took_ms * 1e6);
    let (mut released, pass) = (Released::new(), Pass { generation: 0, mark });
    gate.ended(at_ms(at as f64), pass, Ending { outcome, took }, &mut released);
    assert_eq!(released, []);
}

pub(super) fn wake(gate: &mut ConcurrencyGate, at: f64) {
    gate.wake(at_ms(at), &mut Released::new());
}

/// Shows a limit of Netflix's a sample; the limit after it.
pub(super) fn learn(gate: &mut ConcurrencyGate, rtt_ms: f64, in_flight: u32, dropped: bool) -> u32 {
    let ConcurrencyGate::Limiter(limiter) = gate else { unreachable!("not one of Netflix's") };
    let rtt = (rtt_ms * 1e6) as u64;
    limiter.estimate_mut().learn(Sample { rtt, in_flight, dropped });
    limiter.limit()
}

fn every_limit() -> Vec<ConcurrencyLimit> {
    let needed = |name: &str| match name {
        "fixed" => json!({ "limit": 20 }),
        _ => json!({}),
    };
    let read = |name: &str| serde_json::from_value(json!({ name: needed(name) })).unwrap();
    ConcurrencyLimit::CATALOGUE.iter().map(|entry| read(entry.name)).collect()
}

#[test]
fn every_limit_is_written_as_it_is_read_and_right_by_default() {
    for limit in every_limit() {
        let mut value = serde_json::to_value(&limit).unwrap();
        assert_eq!(serde_json::from_value::<ConcurrencyLimit>(value.clone()).unwrap(), limit);
        assert_eq!(limit.check(), Ok(()));
        value[limit.name()]["typo"] = json!(1);
        let error = serde_json::from_value::<ConcurrencyLimit>(value).unwrap_err().to_string();
        assert!(error.contains("unknown field `typo`"), "{error}");
    }
}

#[test]
fn every_parameter_is_described() {
    for entry in ConcurrencyLimit::CATALOGUE {
        let schema = (entry.parameters)(&mut schemars::SchemaGenerator::default());
        let fields = schema.get("properties").and_then(|fields| fields.as_object()).unwrap();
        for (field, schema) in fields {
            assert!(schema.get("description").is_some(), "{}.{field}", entry.name);
        }
    }
}

#[test]
fn mistakes_name_the_field() {
    let places = |value: serde_json::Value| -> Vec<String> {
        let limit: ConcurrencyLimit = serde_json::from_value(value).unwrap();
        let problems = limit.check().err().unwrap_or_default();
        problems.0.into_iter().map(|problem| problem.path).collect()
    };
    let aimd = json!({ "initial_limit": 5, "min_limit": 6, "max_limit": 8, "backoff_ratio": 1.0,
                       "timeout": "0s", "window": { "window_size": 1 } });
    assert_eq!(
        places(json!({ "aimd": aimd })),
        ["aimd.initial_limit", "aimd.backoff_ratio", "aimd.timeout", "aimd.window.window_size"]
    );
    assert_eq!(places(json!({ "aimd": { "backoff_ratio": 0.49 } })), ["aimd.backoff_ratio"]);
    assert_eq!(places(json!({ "aimd": { "backoff_ratio": 0.5 } })), [""; 0]);
    assert_eq!(places(json!({ "aimd": { "min_limit": 0 } })), ["aimd.min_limit"]);
    assert_eq!(places(json!({ "aimd": { "max_limit": 19 } })), ["aimd.max_limit"]);
    assert_eq!(places(json!({ "aimd": { "initial_limit": 201 } })), ["aimd.initial_limit"]);
    assert_eq!(places(json!({ "aimd": { "initial_limit": 200 } })), [""; 0]);
    let single = json!({ "initial_limit": 21, "min_limit": 20, "max_limit": 20 });
    assert_eq!(places(json!({ "aimd": single })), ["aimd.initial_limit"]);
    let vegas = json!({ "initial_limit": 0, "smoothing": 0.0, "probe_multiplier": 0 });
    assert_eq!(
        places(json!({ "vegas": vegas })),
        ["vegas.initial_limit", "vegas.smoothing", "vegas.probe_multiplier"]
    );
    let gradient = json!({ "smoothing": 1.1, "rtt_tolerance": 0.9, "long_window": 0 });
    assert_eq!(
        places(json!({ "gradient2": gradient })),
        ["gradient2.smoothing", "gradient2.rtt_tolerance", "gradient2.long_window"]
    );
    assert_eq!(places(json!({ "gradient2": { "smoothing": 1.0 } })), [""; 0]);
}

/// Calls that take longer the more of them there are: `capacity` at once take 10 ms each, twice
/// as many twice that. Where the limit settles if it is asked for more than it admits.
fn settles_at(limit: &ConcurrencyLimit, capacity: u32) -> f64 {
    let mut gate = limit.gate();
    // When each call that is under way ends, when it was admitted, and its pass.
    let mut under_way: Vec<(u64, u64, Pass)> = Vec::new();
    let (mut sum, mut ticks) = (0.0, 0.0);
    for now in 0..120_000_u64 {
        while gate.wakes_at().is_some_and(|at| at <= at_ms(now as f64)) {
            wake(&mut gate, now as f64);
        }
        let (ended, rest) = under_way.iter().partition(|(end, ..)| *end <= now);
        under_way = rest;
        let ended: Vec<_> = ended;
        for (_, start, pass) in ended {
            end(&mut gate, now, pass.mark, Outcome::Ok, (now - start) as f64);
        }
        while let Ok(pass) = ask(&mut gate, now) {
            let crowd = (f64::from(gate.running()) / f64::from(capacity)).max(1.0);
            under_way.push((now + (10.0 * crowd) as u64, now, pass));
        }
        if now >= 60_000 {
            (sum, ticks) = (sum + f64::from(gate.limit()), ticks + 1.0);
        }
    }
    sum / ticks
}

#[test]
fn the_limits_that_learn_find_the_capacity() {
    let read = |value| serde_json::from_value::<ConcurrencyLimit>(value).unwrap();
    for limit in [
        read(json!({ "vegas": {} })),
        read(json!({ "gradient2": { "min_limit": 1, "window": {} } })),
        read(json!({ "envoy-gradient": {} })),
    ] {
        for capacity in [20, 80] {
            let settled = settles_at(&limit, capacity) / f64::from(capacity);
            println!("{} at {capacity}: {settled}", limit.name());
            assert!((0.8..3.0).contains(&settled), "{} at {capacity}: {settled}", limit.name());
        }
    }
}

#[test]
fn a_limit_says_how_low_it_can_be() {
    for (limit, least) in [
        (json!({ "fixed": { "limit": 12 } }), 12),
        (json!({ "aimd": { "min_limit": 5 } }), 5),
        (json!({ "vegas": {} }), 1),
        (json!({ "gradient2": { "min_limit": 7 } }), 7),
        (json!({ "envoy-gradient": { "min_concurrency": 9 } }), 9),
    ] {
        let read: ConcurrencyLimit = serde_json::from_value(limit.clone()).unwrap();
        assert_eq!(read.least(), least, "{limit}");
    }
}

#[test]
fn the_bounds_of_what_learns_belong_to_it_or_not() {
    let check = |limit: serde_json::Value| -> Vec<String> {
        let limit: ConcurrencyLimit = serde_json::from_value(limit).unwrap();
        let problems = limit.check().err().unwrap_or_default();
        problems.0.into_iter().map(|problem| problem.path).collect()
    };
    for (smoothing, wrong) in [(0.0, true), (0.001, false), (1.0, false), (1.001, true)] {
        let found = check(json!({ "gradient2": { "smoothing": smoothing } }));
        assert_eq!(found == ["gradient2.smoothing"], wrong, "{smoothing}");
    }
    let window = |least, size| {
        let window = json!({ "min_window": least, "max_window": "1s", "window_size": size });
        check(json!({ "gradient2": { "window": window } }))
    };
    assert_eq!(window("100ms", 10), [""; 0]);
    assert_eq!(window("99ms", 10), ["gradient2.window.min_window"]);
    assert_eq!(window("100ms", 9), ["gradient2.window.window_size"]);
}

#[test]
fn a_limit_counts_what_is_under_way_and_only_envoys_has_a_clock() {
    for limit in every_limit() {
        let (mut gate, name) = (limit.gate(), limit.name());
        assert_eq!(gate.wakes_at().is_some(), name == "envoy-gradient", "{name}");
        for running in 1..=3 {
            ask(&mut gate, 0).unwrap();
            assert_eq!(gate.running(), running, "{name}");
        }
        end(&mut gate, 5, 0, Outcome::Ok, 5.0);
        assert_eq!(gate.running(), 2, "{name}");
    }
}
