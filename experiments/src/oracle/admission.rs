//! Clients that turn their own calls away, and retry budgets, where what they come to follows from
//! their rule.
//!
//! * Google's throttle turns away `1 − k · accepts / requests`, so the backend sees `k` times what it
//!   takes on, whatever the demand (Site Reliability Engineering, chapter 21).
//! * Envoy's admission control counts only what it let pass: of calls of which a share `s` succeeds
//!   it turns away `1 − s / threshold`, but never more than its maximum.
//! * A budget that pays a share `r` of the calls for retries bounds the attempts per call by
//!   `1 + r` when nothing succeeds, where three attempts each would have been 3 (chapter 22). One that
//!   only successes fill, such as that of the AWS SDKs, is spent once and for all.

use serde_json::{Value, json};
use sim_core::kernel::{Distribution, SimDuration};
use sim_core::model::fault::{Errors, Fault};
use sim_core::policy::Outcome;

use super::Validation;
use super::case::{self, Case, Effort};
use super::figure::figure;
use super::parameters::layers;
use super::station::{Station, poisson};

/// How many calls there are a second.
const CALLS_PER_S: f64 = 500.0;

/// The longest window of them all, thrice over: the start is forgotten.
const WARMUP_S: f64 = 360.0;

/// Compares throttles and budgets with what their rules come to.
pub fn compare(effort: Effort, seed: u64) -> Validation {
    let cases: Vec<Case> = [
        google(2.0, 100.0),
        google(1.5, 200.0),
        envoy(0.2),
        envoy(0.5),
        envoy(0.9),
        budget("no budget", None, 3.0),
        budget("budget", Some(json!({ "google": { "retries_per_minute": "unlimited" } })), 1.1),
        budget("budget", Some(json!({ "aws-sdk": {} })), 1.0),
        budget("budget", Some(json!({ "token-bucket": { "on": "each_call" } })), 1.1),
    ]
    .into_iter()
    .flatten()
    .collect();
    case::compare(&cases, effort, seed)
}

/// A backend that takes on `capacity` calls a second, and callers under Google's throttle.
fn google(k: f64, capacity: f64) -> Option<Case> {
    let limit = json!({
        "rate_limit": { "limiter": { "token-bucket": { "capacity": 100, "refill": capacity as u32 } } }
    });
    let station = Station {
        limits: vec![serde_json::from_value(limit).ok()?],
        policy: layers(
            json!([{ "throttle": { "kind": { "google": { "k": k } }, "scope": "shared" } }]),
        )?,
        ..unloaded()
    };
    let name = format!("google k={k} capacity={capacity}");
    case(name, station, "attempt_rate", k * capacity)
}

/// Calls of which a share succeeds, and callers under Envoy's admission control.
fn envoy(success: f64) -> Option<Case> {
    let station = Station {
        fault: Some(Fault::Errors(Errors { share: 1.0 - success, outcome: Outcome::ServerError })),
        policy: layers(
            json!([{ "throttle": { "kind": { "envoy-admission-control": {} }, "scope": "shared" } }]),
        )?,
        ..unloaded()
    };
    let (threshold, most) = (0.95, 0.8);
    let rejected = (1.0 - success / threshold).clamp(0.0, most);
    case(format!("envoy-admission-control success={success}"), station, "rejected", rejected)
}

/// Calls that all fail, and three attempts each as far as a budget pays for them.
fn budget(name: &str, budget: Option<Value>, attempts: f64) -> Option<Case> {
    let mut retry = json!({
        "max_attempts": 3,
        "backoff": { "fixed": { "delay": "100ms", "jitter": "full" } },
    });
    let mut name = name.to_owned();
    if let Some(kind) = budget {
        name = format!("{name} {}", kind.as_object()?.keys().next()?);
        retry["budget"] = json!({ "kind": kind, "scope": "shared" });
    }
    let station = Station {
        fault: Some(Fault::Errors(Errors { share: 1.0, outcome: Outcome::ServerError })),
        policy: layers(json!([{ "retry": retry }]))?,
        ..unloaded()
    };
    case(name, station, "amplification", attempts)
}

fn unloaded() -> Station {
    let demand = Distribution::Constant(SimDuration::from_millis(1));
    Station { servers: None, ..Station::of(poisson(CALLS_PER_S), demand) }
}

fn case(name: String, station: Station, what: &str, theory: f64) -> Option<Case> {
    Some(Case {
        name,
        station,
        warmup_s: WARMUP_S,
        requests_per_s: CALLS_PER_S,
        figures: vec![(what.to_owned(), theory, figure(what, 1.0, 0.001)?)],
        unmeasured: Vec::new(),
    })
}
