//! Calls that layers make: the copies of a hedge, what a fallback asks instead; inside the engine,
//! in small models whose course can be worked out by hand or has a closed form.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use serde_json::json;
use sim_core::model::record::{RunRecord, SubjectRecord};
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::policy::{Abandoned, Layer, Outcome, Policy, ResolvedPolicy};

fn arrivals(subject: &SubjectRecord) -> u64 {
    subject.slices.iter().map(|slice| slice.arrivals).sum()
}

fn retries(subject: &SubjectRecord) -> u64 {
    subject.slices.iter().map(|slice| slice.retries).sum()
}

fn longest(subject: &SubjectRecord) -> u64 {
    subject.slices.iter().map(|slice| slice.response_time_max_ns).max().unwrap()
}

/// A call a second for 10 s, the first after 1 s, to a service that never lets anybody wait.
fn paced(demand: &str, policy: ResolvedPolicy) -> Model {
    let arrivals = Arrivals::Paced(RateProfile::constant(1.0), Start::Spread);
    let mut model = one_service(Load::Open(OpenLoad { clients: 1, arrivals }), None, None, demand);
    model.length = d("10.9s");
    model.edges[0].policy = policy;
    model
}

fn cancelling(layers: serde_json::Value) -> ResolvedPolicy {
    let layers: Vec<Layer> = serde_json::from_value(layers).unwrap();
    let abandoned = Abandoned::Cancelled;
    Policy { layers, abandoned, ..Policy::default() }.resolve().unwrap()
}

fn fixed(delay: &str, max_attempts: u32) -> serde_json::Value {
    json!({ "hedge": { "kind": { "fixed": { "delay": delay, "max_attempts": max_attempts } } } })
}

fn edge(record: &RunRecord) -> &SubjectRecord {
    subject(record, "shop->payment")
}

#[test]
fn copies_go_out_at_the_delay_and_the_first_answer_ends_the_call() {
    let record = simulate(&paced("300ms", policy(json!([fixed("100ms", 3)]))), 1);
    let (shop, edge) = (subject(&record, "shop"), edge(&record));
    assert_eq!((arrivals(shop), total(shop, Outcome::Ok)), (10, 10));
    assert_eq!(longest(shop), d("300ms").as_nanos());
    assert_eq!((arrivals(edge), retries(edge)), (30, 20), "copies are attempts beyond the first");
    assert_eq!((total(edge, Outcome::Ok), total(edge, Outcome::Cancelled)), (10, 20));
    let service = subject(&record, "payment");
    assert_eq!((total(service, Outcome::Ok), total(service, Outcome::OkLate)), (10, 20));
}

#[test]
fn a_server_that_is_told_stops_working_on_the_copies_that_lost() {
    let record = simulate(&paced("300ms", cancelling(json!([fixed("100ms", 3)]))), 1);
    let service = subject(&record, "payment");
    assert_eq!((total(service, Outcome::Ok), total(service, Outcome::Cancelled)), (10, 20));
}

#[test]
fn no_copy_goes_out_if_the_answer_comes_with_the_delay() {
    // Whoever comes first at one instant was scheduled first: the answer's work, here.
    let record = simulate(&paced("99999999ns", policy(json!([fixed("100ms", 3)]))), 1);
    assert_eq!(arrivals(edge(&record)), 10);
    let record = simulate(&paced("100000001ns", policy(json!([fixed("100ms", 3)]))), 1);
    assert_eq!(arrivals(edge(&record)), 20);
}

#[test]
fn a_timeout_around_the_hedge_ends_all_copies_and_one_inside_only_its_own() {
    let around = policy(json!([{ "timeout": "250ms" }, fixed("100ms", 3)]));
    let record = simulate(&paced("300ms", around), 1);
    let (shop, attempts) = (subject(&record, "shop"), edge(&record));
    assert_eq!(total(shop, Outcome::Timeout), 10);
    assert_eq!((arrivals(attempts), total(attempts, Outcome::Timeout)), (30, 30));

    let inside = policy(json!([fixed("100ms", 3), { "timeout": "250ms" }]));
    let record = simulate(&paced("300ms", inside), 1);
    let (shop, attempts) = (subject(&record, "shop"), edge(&record));
    assert_eq!((total(shop, Outcome::Timeout), longest(shop)), (10, d("450ms").as_nanos()));
    assert_eq!(total(attempts, Outcome::Timeout), 30);
}

#[test]
fn a_retry_around_a_hedge_makes_its_copies_again() {
    let layers = json!([
        { "retry": { "max_attempts": 2, "backoff": { "fixed": { "delay": "50ms" } } } },
        { "timeout": "150ms" },
        fixed("100ms", 2),
    ]);
    let record = simulate(&paced("200ms", policy(layers)), 1);
    let (shop, attempts) = (subject(&record, "shop"), edge(&record));
    // Copies at 0 and 100 ms, given up at 150 ms; again at 200 and 300 ms, given up at 350 ms.
    assert_eq!((total(shop, Outcome::Timeout), longest(shop)), (10, d("350ms").as_nanos()));
    assert_eq!((arrivals(attempts), retries(attempts)), (40, 30));
}

#[test]
fn a_retry_inside_a_hedge_belongs_to_its_copy() {
    let layers = json!([
        fixed("100ms", 2),
        { "retry": { "max_attempts": 2, "backoff": { "fixed": { "delay": "30ms" } } } },
    ]);
    let mut model = paced("1ms", policy(layers));
    model.faults =
        vec![fault("0s", "10.9s", Target::Service(ServiceId(0)), json!({ "refuse": {} }))];
    let record = simulate(&model, 1);
    // The first copy fails twice, at once and after 30 ms; with it the call, since no other is out.
    let (shop, attempts) = (subject(&record, "shop"), edge(&record));
    assert_eq!((total(shop, Outcome::Refused), longest(shop)), (10, d("30ms").as_nanos()));
    assert_eq!(arrivals(attempts), 20);
}

#[test]
fn grpc_sends_the_next_copy_at_once_after_a_failure_that_is_not_fatal() {
    let grpc = |non_fatal: &str| {
        let kind = json!({ "grpc": {
            "max_attempts": 3, "hedging_delay": "100ms", "non_fatal": [non_fatal],
        } });
        let mut model = paced("1ms", policy(json!([{ "hedge": { "kind": kind } }])));
        let refuse = json!({ "refuse": {} });
        model.faults = vec![fault("0s", "10.9s", Target::Service(ServiceId(0)), refuse)];
        let record = simulate(&model, 1);
        let shop = subject(&record, "shop");
        assert_eq!((total(shop, Outcome::Refused), longest(shop)), (10, 0));
        arrivals(edge(&record))
    };
    assert_eq!(grpc("refused"), 30);
    assert_eq!(grpc("reset"), 10, "another failure ends the call");
}

#[test]
fn a_budget_holds_copies_back_and_says_so() {
    let hedge = json!({ "hedge": {
        "kind": { "fixed": { "delay": "100ms" } },
        "budget": { "kind": { "token-bucket": {
            "capacity": 4.0, "cost": 1.0, "deposit": 0.0, "on": "each_call",
        } } },
    } });
    let record = simulate(&paced("300ms", policy(json!([hedge]))), 1);
    let attempts = edge(&record);
    assert_eq!(arrivals(attempts), 14, "four copies are paid for");
    let refused: u64 =
        attempts.slices.iter().map(|s| s.rejections.of(Outcome::RejectedBudget)).sum();
    assert_eq!(refused, 6);
}

#[test]
fn of_tied_copies_the_one_that_starts_cancels_the_other() {
    // Two instances with a worker each, both busy from 1 s on for 400 ms; then the call of 2 s finds
    // both free, since its first copy starts at once and takes the second out before it begins.
    let tied = json!({ "hedge": { "kind": { "fixed": { "delay": "0s", "cancel": "on_start" } } } });
    let mut model = paced("400ms", cancelling(json!([tied])));
    model.services[0].instances = 2;
    model.services[0].pools[0].workers = Some(1);
    model.links[0].latency = dist("1ms");
    let record = simulate(&model, 1);
    let service = subject(&record, "payment");
    assert_eq!(total(service, Outcome::Ok), 10);
    assert_eq!(total(service, Outcome::Cancelled), 10);
    // The other has started at the same instant, a millisecond before the news could come; and the
    // two of a call have begun and been cancelled only once each.
    let busy: u128 = service.slices.iter().map(|slice| slice.busy_integral_ns).sum();
    assert_eq!(busy, 10 * u128::from(d("401ms").as_nanos()));
}

#[test]
fn the_response_time_of_hedged_calls_has_its_closed_form() {
    // Exponential work of 100 ms without waiting, a copy after 50 ms: the chance to take longer than
    // t is exp(-t) up to the delay, and exp(-t) exp(-(t - d)) beyond it.
    let mut model = one_service(poisson(200.0), None, None, "exp(100ms)");
    model.length = d("500s");
    model.edges[0].policy = policy(json!([fixed("50ms", 2)]));
    let record = simulate(&model, 7);
    let shop = subject(&record, "shop");
    let calls = total(shop, Outcome::Ok) as f64;
    let sum: u128 = shop.slices.iter().map(|slice| slice.response_time_sum_ns).sum();
    let mean = sum as f64 / calls / 1e8;
    let hedged = libm::exp(-0.5);
    let expected = (1.0 - hedged) + hedged / 2.0;
    // The variance is below that of the exponential: five standard errors of it.
    assert!((mean - expected).abs() < 5.0 / calls.sqrt(), "{mean} is not {expected}");
    let share = retries(edge(&record)) as f64 / calls;
    let error = (hedged * (1.0 - hedged) / calls).sqrt();
    assert!((share - hedged).abs() < 5.0 * error, "{share} is not {hedged}");
}

#[test]
fn hedged_calls_meet_the_same_work_as_calls_that_are_not() {
    let run = |policy| {
        let mut model = one_service(poisson(20.0), None, None, "exp(100ms)");
        model.edges[0].policy = policy;
        simulate(&model, 3)
    };
    // A hedge that is never due: the first copies draw what the calls would have drawn.
    let (hedged, plain) = (run(policy(json!([fixed("90s", 2)]))), run(ResolvedPolicy::default()));
    for name in ["shop", "payment"] {
        assert_eq!(subject(&hedged, name), subject(&plain, name));
    }
}

/// A second service, which a fallback asks.
fn with_spare(mut model: Model, demand: &str) -> Model {
    model.services.push(ServiceSpec {
        name: "spare".into(),
        endpoints: vec![EndpointId(1)],
        ..model.services[0].clone()
    });
    model.endpoints.push(EndpointSpec {
        name: "spare".into(),
        service: ServiceId(1),
        pool: 0,
        steps: vec![Step::Work(dist(demand))],
    });
    model.edges.push(EdgeSpec {
        name: "shop->spare".into(),
        to: EndpointId(1),
        policy: ResolvedPolicy::default(),
        link: LinkId(0),
        priority: None,
        substitutes: Vec::new(),
    });
    model.edges[0].substitutes = vec![Substitution { layer: 0, place: 0, edge: EdgeId(1) }];
    model
}

fn asking(rest: serde_json::Value) -> ResolvedPolicy {
    let mut chain = vec![json!({ "call": { "to": "spare" } })];
    chain.extend(rest.as_array().unwrap().iter().cloned());
    policy(json!([{ "fallback": { "chain": chain } }, { "timeout": "100ms" }]))
}

#[test]
fn a_fallback_asks_somebody_else_and_the_answer_is_degraded() {
    let record = simulate(&with_spare(paced("300ms", asking(json!([]))), "20ms"), 1);
    let shop = subject(&record, "shop");
    assert_eq!((total(shop, Outcome::Degraded), longest(shop)), (10, d("120ms").as_nanos()));
    assert_eq!(total(edge(&record), Outcome::Timeout), 10);
    assert_eq!(total(subject(&record, "shop->spare"), Outcome::Ok), 10);
}

#[test]
fn what_comes_next_in_the_chain_makes_up_for_somebody_else_s_failure() {
    let failing = |rest| {
        let mut model = with_spare(paced("300ms", asking(rest)), "20ms");
        let refuse = json!({ "refuse": {} });
        model.faults = vec![fault("0s", "10.9s", Target::Service(ServiceId(1)), refuse)];
        simulate(&model, 1)
    };
    let record = failing(json!([{ "value": {} }]));
    assert_eq!(total(subject(&record, "shop"), Outcome::Degraded), 10);
    let record = failing(json!([]));
    assert_eq!(total(subject(&record, "shop"), Outcome::Timeout), 10, "the failure stands");
    assert_eq!(total(subject(&record, "shop->spare"), Outcome::Refused), 10);
}

#[test]
fn a_deadline_around_a_fallback_stops_the_call_that_it_makes() {
    let mut model = with_spare(paced("300ms", asking(json!([]))), "20ms");
    model.edges[0].policy = policy(json!([
        { "deadline": "110ms" },
        { "fallback": { "chain": [{ "call": { "to": "spare" } }] } },
        { "timeout": "100ms" },
    ]));
    model.edges[0].substitutes[0].layer = 1;
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!((total(shop, Outcome::Deadline), longest(shop)), (10, d("110ms").as_nanos()));
    assert_eq!(total(subject(&record, "shop->spare"), Outcome::Deadline), 10);
}
