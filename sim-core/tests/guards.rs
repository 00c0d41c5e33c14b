//! Layers that hold calls back, inside the engine: small models whose course can be worked out by
//! hand.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

mod common;

use common::*;
use serde_json::json;
use sim_core::model::record::{RunRecord, SubjectRecord};
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::policy::Outcome;

fn rejected(record: &RunRecord, outcome: Outcome) -> u64 {
    let edge = subject(record, "shop->payment");
    edge.slices.iter().map(|slice| slice.rejections.of(outcome)).sum()
}

fn arrivals(subject: &SubjectRecord) -> u64 {
    subject.slices.iter().map(|slice| slice.arrivals).sum()
}

/// So many calls a second in even steps, the first after one step.
fn paced(per_second: f64, clients: u32) -> Load {
    let arrivals = Arrivals::Paced(RateProfile::constant(per_second), Start::Spread);
    Load::Open(OpenLoad { clients, arrivals })
}

/// Ten calls a second for 10 s, and a service that refuses everything from 2 s to 5 s.
fn outage(layers: serde_json::Value) -> Model {
    let mut model = one_service(paced(10.0, 2), None, None, "1ms");
    model.length = d("10s");
    model.edges[0].policy = policy(layers);
    model.faults = vec![fault("2s", "3s", Target::Service(ServiceId(0)), json!({ "refuse": {} }))];
    model
}

#[test]
fn a_breaker_lets_one_call_in_a_second_through_to_a_service_that_is_down() {
    let breaker = json!({
        "trip": { "consecutive": { "failures": 5 } }, "open_for": "1s", "half_open_calls": 1,
    });
    let record = simulate(&outage(json!([{ "breaker": breaker }])), 1);
    // The calls at 2.0 to 2.4 s fail and open it; probes at 3.4 and 4.4 s fail; that at 5.4 s closes.
    let (shop, edge) = (subject(&record, "shop"), subject(&record, "shop->payment"));
    assert_eq!(total(edge, Outcome::Refused), 5 + 2);
    assert_eq!(rejected(&record, Outcome::RejectedBreaker), 9 + 9 + 9);
    assert_eq!(total(shop, Outcome::RejectedBreaker), 27, "and so the client sees them");
    assert_eq!(arrivals(shop), 99);
    assert_eq!(total(shop, Outcome::Ok), 99 - 7 - 27);
}

#[test]
fn the_scope_says_whose_failures_count() {
    let breaker = |scope: &str| {
        let breaker = json!({
            "trip": { "consecutive": { "failures": 5 } }, "open_for": "100s", "scope": scope,
        });
        let record = simulate(&outage(json!([{ "breaker": breaker }])), 1);
        total(subject(&record, "shop->payment"), Outcome::Refused)
    };
    assert_eq!(breaker("caller"), 5);
    assert_eq!(breaker("shared"), 5);
    assert_eq!(breaker("client"), 10, "each of two clients has to see five");
}

#[test]
fn a_bulkhead_turns_away_what_does_not_fit() {
    let bulkhead = json!({ "semaphore": { "max_concurrent": 2, "max_wait": "0s" } });
    let mut model = one_service(paced(10.0, 1), None, None, "1s");
    model.length = d("3s");
    model.edges[0].policy = policy(json!([{ "bulkhead": { "kind": bulkhead } }]));
    let record = simulate(&model, 1);
    let edge = subject(&record, "shop->payment");
    // Two pass at 0.1 and 0.2 s, end at 1.1 and 1.2 s; the calls of these instants come after.
    assert_eq!(arrivals(edge), 6);
    assert_eq!(rejected(&record, Outcome::RejectedBulkhead), 29 - 6);
    assert_eq!(edge.slices.iter().map(|s| s.in_flight_max).max(), Some(2));
}

#[test]
fn a_call_that_waits_at_a_bulkhead_goes_on_when_another_ends() {
    let bulkhead = json!({ "semaphore": { "max_concurrent": 1, "max_wait": "10s" } });
    let mut model = one_service(paced(4.0, 1), None, None, "500ms");
    model.length = d("2.1s");
    model.edges[0].policy = policy(json!([{ "bulkhead": { "kind": bulkhead } }]));
    let record = simulate(&model, 1);
    let (shop, edge) = (subject(&record, "shop"), subject(&record, "shop->payment"));
    // One after the other from 0.25 s on: three are done by 1.75 s, the fourth is under way.
    assert_eq!((arrivals(shop), arrivals(edge), total(shop, Outcome::Ok)), (8, 4, 3));
    let longest = shop.slices.iter().map(|s| s.response_time_max_ns).max();
    assert_eq!(longest, Some(d("1s").as_nanos()), "called at 0.75 s, done at 1.75 s");
    // The others wait for 0.25, 0.5 and 0.75 s, and four to the end for 0.85, 0.6, 0.35 and 0.1 s.
    assert_eq!(held_back(edge), (d("3.4s").as_nanos().into(), 4));
    assert_eq!(held_back(shop), (0, 0), "it is the call that is held back");
}

/// The time that calls of an edge were held back, all together, and the most of them at once.
fn held_back(edge: &SubjectRecord) -> (u128, u32) {
    let integral = edge.slices.iter().map(|slice| slice.queue_integral_ns).sum();
    (integral, edge.slices.iter().map(|slice| slice.queue_max).max().unwrap())
}

#[test]
fn a_call_is_held_back_only_until_another_is_given_up() {
    let bulkhead = json!({ "semaphore": { "max_concurrent": 1, "max_wait": "10s" } });
    let mut model = one_service(paced(1.0, 1), None, None, "10s");
    model.length = d("3.5s");
    model.edges[0].policy =
        policy(json!([{ "timeout": "300ms" }, { "bulkhead": { "kind": bulkhead } }]));
    // The first is let in at 1 s and given up at 1.3 s, and so are those of 2 and of 3 s.
    let free = simulate(&model, 1);
    assert_eq!(held_back(subject(&free, "shop->payment")), (0, 0));
    // Of those at 0.2, 0.4, …: the first ends at 0.5 s, and lets in the second, which is given up at
    // 0.7 s; from then on each waits for 100 ms. The last, at 1.2 s, waits for 50 ms.
    model.clients[0].load = paced(5.0, 1);
    model.length = d("1.25s");
    let busy = simulate(&model, 1);
    assert_eq!(held_back(subject(&busy, "shop->payment")), (d("450ms").as_nanos().into(), 1));
}

#[test]
fn a_timeout_outside_of_a_bulkhead_takes_the_call_out_of_its_queue() {
    let bulkhead = json!({ "semaphore": { "max_concurrent": 1, "max_wait": "10s" } });
    let mut model = one_service(paced(4.0, 1), None, None, "500ms");
    model.length = d("2.1s");
    model.edges[0].policy =
        policy(json!([{ "timeout": "600ms" }, { "bulkhead": { "kind": bulkhead } }]));
    let record = simulate(&model, 1);
    let (shop, edge) = (subject(&record, "shop"), subject(&record, "shop->payment"));
    // The call of 0.25 s is done at 0.75 s and lets that of 0.5 s in, which is given up at 1.1 s and
    // lets that of 0.75 s in, which is given up at 1.35 s, and so on every 250 ms.
    assert_eq!((total(shop, Outcome::Ok), total(shop, Outcome::Timeout)), (1, 4));
    assert_eq!(arrivals(edge), 6, "permits come back from calls that were given up");
}

#[test]
fn a_rate_limit_makes_calls_wait_or_turns_them_away() {
    let bucket = |wait: &str| {
        let limiter = json!({ "token-bucket": {
            "capacity": 5, "refill": 5, "per": "1s", "max_wait": wait,
        } });
        let mut model = one_service(paced(10.0, 1), None, None, "1ms");
        model.length = d("10.05s");
        model.edges[0].policy = policy(json!([{ "rate_limit": { "limiter": limiter } }]));
        simulate(&model, 1)
    };
    let impatient = bucket("0s");
    // Five at once, and five a second.
    assert_eq!(arrivals(subject(&impatient, "shop->payment")), 5 + 49);
    assert_eq!(rejected(&impatient, Outcome::RejectedLimit), 100 - 54);
    let patient = bucket("60s");
    assert_eq!(rejected(&patient, Outcome::RejectedLimit), 0);
    assert_eq!(arrivals(subject(&patient, "shop->payment")), 54, "as many, but none is lost");
}

#[test]
fn a_budget_bounds_the_retries() {
    let retry = |budget: serde_json::Value| {
        let retry = json!({
            "max_attempts": 4, "backoff": { "fixed": { "delay": "1ms" } }, "budget": budget,
        });
        let mut model = outage(json!([{ "retry": retry }]));
        model.faults[0].lasts = d("8s");
        simulate(&model, 1)
    };
    let retries = |record: &RunRecord| -> u64 {
        subject(record, "shop->payment").slices.iter().map(|s| s.retries).sum()
    };
    let without = retry(json!(null));
    assert_eq!(retries(&without), 80 * 3);
    // The first call fails four times, which takes the tokens from 10 to 6: three retries. The next
    // failure takes them to 5, which is not above half: none is retried from then on.
    let grpc = retry(json!({ "kind": { "grpc": { "max_tokens": 10, "token_ratio": 0.1 } } }));
    assert_eq!(retries(&grpc), 3);
    assert_eq!(rejected(&grpc, Outcome::RejectedBudget), 80 - 1);
    assert_eq!(total(subject(&grpc, "shop"), Outcome::Refused), 80, "the failure itself is told");
}

#[test]
fn a_breaker_that_serialises_its_callers_runs_one_call_at_a_time() {
    let mut model = one_service(paced(10.0, 1), None, None, "300ms");
    model.length = d("2s");
    model.edges[0].policy = policy(json!([{ "breaker": { "preset": "pybreaker" } }]));
    let record = simulate(&model, 1);
    let edge = subject(&record, "shop->payment");
    assert_eq!(edge.slices.iter().map(|s| s.in_flight_max).max(), Some(1));
    assert_eq!(total(edge, Outcome::Ok), 6, "one every 300 ms from 0.1 s on");
}

#[test]
fn a_fallback_makes_up_for_failures_and_counts_apart() {
    let value = json!([{ "fallback": { "chain": [{ "value": {} }] } }]);
    let record = simulate(&outage(value), 1);
    let shop = subject(&record, "shop");
    assert_eq!((total(shop, Outcome::Ok), total(shop, Outcome::Degraded)), (69, 30));
    assert_eq!(shop.slices.iter().map(|s| s.goodput).sum::<u64>(), 69, "degraded is no goodput");
    let cache = json!([{ "fallback": { "chain": [{ "cache": { "max_age": "1s" } }] } }]);
    let record = simulate(&outage(cache), 1);
    let shop = subject(&record, "shop");
    // The last good answer came at 1.9 s and 1 ms: calls from 2.0 to 2.9 s find it fresh enough.
    assert_eq!((total(shop, Outcome::Degraded), total(shop, Outcome::Refused)), (10, 20));
}

#[test]
fn a_fallback_outside_of_a_breaker_makes_up_for_its_rejections() {
    let layers = json!([
        { "fallback": { "chain": [{ "value": {} }], "on": ["rejected_breaker"] } },
        { "breaker": { "trip": { "consecutive": { "failures": 5 } }, "open_for": "1s" } },
    ]);
    let record = simulate(&outage(layers), 1);
    let shop = subject(&record, "shop");
    assert_eq!(total(shop, Outcome::Degraded), 27);
    assert_eq!(total(shop, Outcome::Refused), 7);
}

#[test]
fn a_handler_whose_call_was_turned_away_goes_on_or_fails() {
    // shop -> api -> payment; the api's breaker opens at the first failure, for good.
    let two_services = |optional: bool, layers: serde_json::Value| {
        let mut model = outage(json!([]));
        let mut api = model.services[0].clone();
        api.name = "api".into();
        api.endpoints = vec![EndpointId(1)];
        model.services.push(api);
        model.endpoints.push(EndpointSpec {
            name: "api".into(),
            service: ServiceId(1),
            pool: 0,
            steps: vec![Step::Call { edge: EdgeId(1), optional }],
        });
        let mut to_payment = model.edges[0].clone();
        to_payment.name = "api->payment".into();
        to_payment.policy = policy(layers);
        model.edges.push(to_payment);
        model.edges[0].to = EndpointId(1);
        model.edges[0].name = "shop->api".into();
        let record = simulate(&model, 1);
        let shop = subject(&record, "shop");
        [Outcome::Ok, Outcome::ServerError, Outcome::Degraded].map(|outcome| total(shop, outcome))
    };
    let breaker = json!({ "trip": { "consecutive": { "failures": 1 } }, "open_for": "forever" });
    let breaker = json!({ "breaker": breaker });
    assert_eq!(two_services(false, json!([breaker])), [19, 80, 0]);
    assert_eq!(two_services(true, json!([breaker])), [99, 0, 0]);
    let fallback = json!({ "fallback": { "chain": [{ "value": {} }] } });
    assert_eq!(
        two_services(false, json!([fallback, breaker])),
        [19, 0, 80],
        "degraded all the way"
    );
}

#[test]
fn a_handler_whose_call_is_turned_away_at_once_goes_on_with_its_worker() {
    let mut model = one_service(paced(20.0, 1), Some(1), None, "100ms");
    model.length = d("1.01s");
    let mut api = model.services[0].clone();
    (api.name, api.mode, api.endpoints) = ("api".into(), ServiceMode::Async, vec![EndpointId(1)]);
    model.services.push(api);
    model.endpoints.push(EndpointSpec {
        name: "api".into(),
        service: ServiceId(1),
        pool: 0,
        steps: vec![
            Step::Call { edge: EdgeId(1), optional: true },
            Step::Work(dist("100ms")),
            Step::Work(dist("0s")),
        ],
    });
    let mut edge = model.edges[0].clone();
    edge.name = "api->payment".into();
    edge.policy = policy(json!([{ "breaker": {
        "trip": { "consecutive": { "failures": 1 } }, "open_for": "100s",
    } }]));
    model.edges.push(edge);
    model.edges[0].to = EndpointId(1);
    model.faults = vec![fault("0s", "2s", Target::Service(ServiceId(0)), json!({ "refuse": {} }))];
    let record = simulate(&model, 1);
    assert_eq!(total(subject(&record, "api->payment"), Outcome::Refused), 1);
    // The only worker does one piece of work after the other: from 0.05 s on one in 0.1 s.
    assert_eq!(total(subject(&record, "shop"), Outcome::Ok), 9);
}

#[test]
fn a_pool_of_connections_opens_keeps_and_waits_for_them() {
    let pool = json!({ "plain": { "max_open": 1, "connect": "100ms", "max_wait": "1s" } });
    let mut model = one_service(paced(4.0, 1), None, None, "300ms");
    model.length = d("2.7s");
    model.edges[0].policy = policy(json!([{ "connection_pool": { "kind": pool } }]));
    let record = simulate(&model, 1);
    let (shop, edge) = (subject(&record, "shop"), subject(&record, "shop->payment"));
    // Opened from 0.25 s to 0.35 s, then used for one call after the other: those of 0.25, 0.5, …
    // are sent at 0.35, 0.65, 0.95, … and so each waits 50 ms longer than the one before.
    assert_eq!((arrivals(shop), arrivals(edge), total(shop, Outcome::Ok)), (10, 8, 7));
    let longest = shop.slices.iter().map(|s| s.response_time_max_ns).max();
    assert_eq!(longest, Some(d("700ms").as_nanos()), "called at 1.75 s, sent at 2.15 s");
}

#[test]
fn the_open_connections_of_a_pool_are_counted_while_they_are_idle_too() {
    // Calls at 1, 2, 3, 4 and 5 s: 100 ms to open a connection, 300 ms of use, 500 ms of idle life.
    let pool = json!({ "plain": { "connect": "100ms", "idle_life": "500ms" } });
    let mut model = one_service(paced(1.0, 1), None, None, "300ms");
    model.length = d("5.95s");
    model.edges[0].policy = policy(json!([{ "connection_pool": { "kind": pool } }]));
    let edge = simulate(&model, 1);
    let slices = &subject(&edge, "shop->payment").slices;
    let open_ms: u128 = slices.iter().map(|s| s.connections_integral_ns).sum::<u128>() / 1_000_000;
    assert_eq!(open_ms, 5 * (300 + 500));
    assert_eq!(slices.iter().map(|s| s.connections_max).max(), Some(1));
}

#[test]
fn the_times_around_inside_and_of_a_pool_are_those_of_the_phases() {
    let run = |layers| {
        let mut model = one_service(paced(1.0, 1), None, None, "300ms");
        model.length = d("5.5s");
        model.edges[0].policy = policy(layers);
        let record = simulate(&model, 1);
        let shop = subject(&record, "shop");
        let longest = shop.slices.iter().map(|s| s.response_time_max_ns).max();
        let how = Outcome::ALL.iter().find(|outcome| total(shop, **outcome) == 5);
        (how.unwrap().name(), longest.unwrap() / 1_000_000)
    };
    let pool = |more: serde_json::Value| {
        let mut plain = json!({ "connect": "100ms", "idle_life": "10ms" });
        plain.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "connection_pool": { "kind": { "plain": plain } } })
    };
    assert_eq!(run(json!([pool(json!({}))])), ("ok", 400));
    assert_eq!(run(json!([pool(json!({ "connect_timeout": "80ms" }))])), ("connect_timeout", 80));
    assert_eq!(run(json!([pool(json!({ "max_wait": "70ms" }))])), ("connect_timeout", 70));
    assert_eq!(run(json!([pool(json!({})), { "timeout": "200ms" }])), ("timeout", 300));
    assert_eq!(run(json!([{ "deadline": "200ms" }, pool(json!({}))])), ("deadline", 200));
}

/// Two instances in turn, the first of which refuses everything from 2 s on.
fn one_of_two_refuses(layers: serde_json::Value) -> Model {
    let mut model = outage(layers);
    model.services[0].instances = 2;
    model.length = d("10s");
    let first = Target::Instances(ServiceId(0), Portion::First(1));
    model.faults = vec![fault("2s", "8s", first, json!({ "refuse": {} }))];
    model
}

#[test]
fn a_breaker_for_each_instance_opens_for_the_one_that_fails() {
    let breaker = |scope: &str| {
        json!({ "breaker": {
            "trip": { "consecutive": { "failures": 5 } }, "open_for": "100s", "scope": scope,
        } })
    };
    // The calls at 2.1, 2.3, …, 9.9 s. Between two of them there is always one that goes well.
    let record = simulate(&one_of_two_refuses(json!([breaker("caller")])), 1);
    assert_eq!(total(subject(&record, "shop->payment"), Outcome::Refused), 40);
    assert_eq!(rejected(&record, Outcome::RejectedBreaker), 0);
    let record = simulate(&one_of_two_refuses(json!([breaker("callee")])), 1);
    assert_eq!(total(subject(&record, "shop->payment"), Outcome::Refused), 5);
    assert_eq!(rejected(&record, Outcome::RejectedBreaker), 35);
    assert_eq!(total(subject(&record, "shop"), Outcome::Ok), 59);
    // A retry around it goes to the next, which is the other one.
    let retry = json!({ "retry": {
        "max_attempts": 2, "backoff": { "immediate": {} }, "on": ["refused", "rejected_breaker"],
    } });
    let record = simulate(&one_of_two_refuses(json!([retry, breaker("callee")])), 1);
    assert_eq!(total(subject(&record, "shop"), Outcome::Ok), 99);
    assert_eq!(total(subject(&record, "shop->payment"), Outcome::Refused), 5);
    // One inside of it stays where it is: two attempts of three calls.
    let retry = json!({ "retry": { "max_attempts": 2, "backoff": { "immediate": {} }, "on": ["refused"] } });
    let mut model = one_of_two_refuses(json!([breaker("callee"), retry]));
    let record = simulate(&model, 1);
    assert_eq!(total(subject(&record, "shop->payment"), Outcome::Refused), 10);
    assert_eq!(rejected(&record, Outcome::RejectedBreaker), 35);
    // Chosen by who has fewest outstanding, which the books of the balancer have to know.
    model.services[0].balancer.algorithm =
        serde_json::from_value(json!({ "least-request": {} })).unwrap();
    assert!(total(subject(&simulate(&model, 1), "shop"), Outcome::Ok) >= 59);
}

#[test]
fn a_pool_of_connections_for_each_instance_is_one_for_each() {
    let calls = |scope: &str| {
        let mut model = one_service(closed(2, "0s"), None, None, "100ms");
        model.services[0].instances = 2;
        model.length = d("10050ms");
        let pool = json!({ "kind": { "plain": { "max_open": 1 } }, "scope": scope });
        model.edges[0].policy = policy(json!([{ "connection_pool": pool }]));
        let record = simulate(&model, 1);
        let edge = subject(&record, "shop->payment");
        let open = edge.slices.iter().map(|slice| slice.connections_max).max().unwrap();
        (total(subject(&record, "shop"), Outcome::Ok), open)
    };
    assert_eq!(calls("callee"), (200, 2));
    assert_eq!(calls("caller"), (100, 1));
}
