//! Deadlines that travel, inside the engine: the example of Site Reliability Engineering, chapter 22,
//! and small models whose course can be worked out by hand.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use serde_json::json;
use sim_core::model::record::RunRecord;
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::policy::{Outcome, ResolvedPolicy, SentDeadlines};

fn busy_ms(record: &RunRecord, service: &str) -> u128 {
    let slices = &subject(record, service).slices;
    slices.iter().map(|slice| slice.busy_integral_ns).sum::<u128>() / 1_000_000
}

fn sending(layers: serde_json::Value) -> ResolvedPolicy {
    ResolvedPolicy { deadlines: SentDeadlines::Sent, ..policy(layers) }
}

/// So many users, who call once, at the start.
fn at_once(users: u32) -> Load {
    Load::Closed(ClosedLoad {
        users,
        think: dist("1s"),
        start: Start::Synchronized,
        calls_per_user: Some(1),
    })
}

/// One call along `shop -> payment -> store -> disk`: each works for 7 s, 4 s and 19 s, then calls the
/// next; the disk then works for another 5 s.
fn chain(deadlines: Deadlines, policies: [ResolvedPolicy; 3]) -> Model {
    let mut model = one_service(at_once(1), None, None, "7s");
    model.length = d("60s");
    model.services[0].deadlines = deadlines;
    for (nth, (name, work)) in [("store", "4s"), ("disk", "19s")].into_iter().enumerate() {
        let index = nth as u16 + 1;
        let caller = model.services[nth].name.clone();
        let mut service = model.services[0].clone();
        service.name = name.into();
        service.endpoints = vec![EndpointId(index)];
        model.services.push(service);
        model.endpoints.push(EndpointSpec {
            name: name.into(),
            service: ServiceId(index),
            pool: 0,
            steps: vec![Step::Work(dist(work))],
        });
        let mut edge = model.edges[0].clone();
        edge.name = format!("{caller}->{name}").as_str().into();
        edge.to = EndpointId(index);
        model.edges.push(edge);
        model.endpoints[nth].steps.push(Step::Call { edge: EdgeId(index), optional: false });
    }
    model.endpoints[2].steps.push(Step::Work(dist("5s")));
    for (edge, policy) in model.edges.iter_mut().zip(policies) {
        edge.policy = policy;
    }
    model
}

/// Who says what to the next: only the client has a deadline of its own.
fn thirty_seconds() -> [ResolvedPolicy; 3] {
    [sending(json!([{ "deadline": "30s" }])), sending(json!([])), sending(json!([]))]
}

#[test]
fn what_is_left_of_thirty_seconds_shrinks_along_the_chain() {
    // After 7 s and 4 s the disk is told of 19 s: its first step is over just when they are.
    let record = simulate(&chain(Deadlines::Propagated, thirty_seconds()), 1);
    assert_eq!(busy_ms(&record, "disk"), 19_000, "the second step does not begin");
    assert_eq!(busy_ms(&record, "payment"), 30_000, "whose call ends when its time does");
    for name in ["payment", "store", "disk"] {
        assert_eq!(total(subject(&record, name), Outcome::Deadline), 1, "{name}");
    }
    let edge = subject(&record, "store->disk");
    assert_eq!(total(edge, Outcome::Deadline), 1);
}

#[test]
fn who_ignores_deadlines_works_for_callers_that_have_gone() {
    let record = simulate(&chain(Deadlines::Ignored, thirty_seconds()), 1);
    assert_eq!(total(subject(&record, "shop"), Outcome::Deadline), 1);
    assert_eq!(busy_ms(&record, "disk"), 24_000);
    assert_eq!(busy_ms(&record, "payment"), 35_000);
    assert_eq!(total(subject(&record, "payment"), Outcome::OkLate), 1);
}

#[test]
fn who_only_looks_waits_for_its_call_and_then_stops() {
    // The store and the disk are told of nothing, since the calls of a service that only looks have
    // no time but their own.
    let record = simulate(&chain(Deadlines::Checked, thirty_seconds()), 1);
    assert_eq!(busy_ms(&record, "disk"), 24_000);
    assert_eq!(busy_ms(&record, "payment"), 35_000);
    assert_eq!(total(subject(&record, "payment"), Outcome::Deadline), 1);
    assert_eq!(total(subject(&record, "store"), Outcome::Ok), 1);
}

#[test]
fn a_deadline_that_is_kept_is_nobody_else_s() {
    let mut policies = thirty_seconds();
    policies[0].deadlines = SentDeadlines::Kept;
    let record = simulate(&chain(Deadlines::Propagated, policies), 1);
    assert_eq!(busy_ms(&record, "disk"), 24_000);
}

#[test]
fn the_first_of_the_times_around_an_attempt_is_sent() {
    let mut policies = thirty_seconds();
    policies[1] = sending(json!([{ "timeout": "12s" }]));
    let record = simulate(&chain(Deadlines::Propagated, policies), 1);
    // Payment waits for the store from 7 s to 19 s, and the store for the disk until then.
    assert_eq!(total(subject(&record, "payment->store"), Outcome::Timeout), 1);
    assert_eq!(total(subject(&record, "store"), Outcome::Deadline), 1);
    assert_eq!(busy_ms(&record, "store"), 12_000);
    assert_eq!(total(subject(&record, "payment"), Outcome::ServerError), 1);
    assert_eq!(busy_ms(&record, "disk"), 19_000, "which looks when its step is over");
}

#[test]
fn at_the_callee_time_counts_from_the_arrival() {
    let mut model = chain(Deadlines::Propagated, thirty_seconds());
    model.links[0].latency = dist("1s");
    let record = simulate(&model, 1);
    // Sent at 0 s with 30 s, arrived at 1 s; sent at 8 s with 23 s, arrived at 9 s; sent at 13 s with
    // 19 s, arrived at 14 s: until 33 s, and the first step is over just then.
    assert_eq!(busy_ms(&record, "disk"), 19_000);
    assert_eq!(busy_ms(&record, "payment"), 30_000);
    assert_eq!(total(subject(&record, "disk"), Outcome::Deadline), 1);
}

#[test]
fn a_request_that_waited_too_long_is_not_begun() {
    let busy = |deadlines| {
        let mut model = one_service(at_once(2), Some(1), None, "2s");
        model.services[0].deadlines = deadlines;
        model.edges[0].policy = sending(json!([{ "timeout": "1999ms" }]));
        let record = simulate(&model, 1);
        (busy_ms(&record, "payment"), total(subject(&record, "payment"), Outcome::Deadline))
    };
    assert_eq!(busy(Deadlines::Ignored), (4_000, 0));
    assert_eq!(busy(Deadlines::Checked), (2_000, 1));
}

#[test]
fn a_copy_of_a_hedged_call_knows_the_times_around_the_hedge() {
    let mut model = one_service(at_once(1), None, None, "2s");
    model.services[0].deadlines = Deadlines::Checked;
    model.endpoints[0].steps.push(Step::Work(dist("2s")));
    model.edges[0].policy = sending(json!([
        { "timeout": "3s" },
        { "hedge": { "kind": { "fixed": { "delay": "1500ms" } } } },
    ]));
    let record = simulate(&model, 1);
    // From 0 s to 4 s, since its second step begins at 2 s; and from 1.5 s to 3.5 s.
    assert_eq!(busy_ms(&record, "payment"), 4_000 + 2_000);
}

#[test]
fn a_call_that_ends_by_a_deadline_frees_what_it_holds() {
    // The caller is gone, its message travels, and the deadline comes before it.
    let mut model = chain(Deadlines::Propagated, thirty_seconds());
    for edge in &mut model.edges {
        edge.policy.abandoned = sim_core::policy::Abandoned::Cancelled;
    }
    let record = simulate(&model, 1);
    for service in ["payment", "store", "disk"] {
        let slices = &subject(&record, service).slices;
        let ended: u64 = slices.iter().map(|slice| slice.outcomes.total()).sum();
        assert_eq!(ended, 1, "{service}");
        assert!(busy_ms(&record, service) <= 30_000);
    }
}

#[test]
fn nothing_goes_out_after_the_deadline_even_if_a_retry_around_it_tries() {
    // Silence for ever: the deadline ends the first attempt at 1 s, and the second would start at 1.5 s.
    let mut model = one_service(at_once(1), None, None, "1000s");
    model.edges[0].policy = policy(json!([
        { "retry": { "max_attempts": 4, "on": ["deadline"], "backoff": { "fixed": { "delay": "500ms" } } } },
        { "deadline": "1s" },
    ]));
    let record = simulate(&model, 1);
    let attempts: u64 =
        subject(&record, "shop->payment").slices.iter().map(|slice| slice.arrivals).sum();
    assert_eq!(attempts, 1);
    assert_eq!(total(subject(&record, "shop"), Outcome::Deadline), 1);
}
