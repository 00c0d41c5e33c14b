//! Limits at a server, and what its callers make of `Retry-After`: small models whose course can
//! be worked out by hand.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use serde_json::{Value, json};
use sim_core::kernel::SimDuration;
use sim_core::model::record::RunRecord;
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::policy::{Abandoned, Outcome};

fn ended<const N: usize>(record: &RunRecord, name: &str, outcomes: [Outcome; N]) -> [u64; N] {
    outcomes.map(|outcome| total(subject(record, name), outcome))
}

/// All response times together, in milliseconds.
fn response_times_ms(record: &RunRecord, name: &str) -> u128 {
    let slices = &subject(record, name).slices;
    slices.iter().map(|slice| slice.response_time_sum_ns).sum::<u128>() / 1_000_000
}

fn paced(per_second: f64) -> Load {
    let arrivals = Arrivals::Paced(RateProfile::constant(per_second), Start::Spread);
    Load::Open(OpenLoad { clients: 1, arrivals })
}

fn bursts(size: u32, every: &str) -> Load {
    let arrivals = Arrivals::Bursts { size, every: d(every), spread: SimDuration::ZERO };
    Load::Open(OpenLoad { clients: 1, arrivals })
}

/// A service that works on everything at once, for so long, behind a limit.
fn limited(load: Load, demand: &str, limit: Value) -> Model {
    let mut model = one_service(load, None, None, demand);
    model.services[0].limits = vec![serde_json::from_value(limit).unwrap()];
    model
}

fn bucket(capacity: u32, refill: u32, more: Value) -> Value {
    let mut limit = json!({
        "limiter": { "token-bucket": { "capacity": capacity, "refill": refill } },
    });
    limit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "rate_limit": limit })
}

const OK: Outcome = Outcome::Ok;
const THROTTLED: Outcome = Outcome::Throttled;
const OVERFLOW: Outcome = Outcome::Overflow;

#[test]
fn what_is_beyond_a_rate_limit_is_answered_as_throttled_at_once() {
    let mut model = limited(paced(4.0), "10ms", bucket(2, 1, json!({})));
    (model.length, model.links[0].latency) = (d("10s"), dist("20ms"));
    let record = simulate(&model, 1);
    // Two tokens for 0.25 and 0.5 s; from then on there is one at 1.25, 2.25, … 9.25 s.
    assert_eq!(ended(&record, "payment", [OK, THROTTLED]), [11, 28]);
    assert_eq!(ended(&record, "shop", [OK, THROTTLED]), [11, 28]);
    assert_eq!(response_times_ms(&record, "shop"), 11 * 50 + 28 * 40, "over the network");
    assert_eq!(response_times_ms(&record, "payment"), 11 * 10);
}

/// A burst of three at 10 s: how many are answered well, and their response times together.
fn after_a_429(server: &str, refill: u32, rule: &str) -> (u64, u128) {
    let limit = bucket(1, refill, json!({ "retry_after": server }));
    let mut model = limited(bursts(3, "10s"), "10ms", limit);
    model.length = d("19s");
    model.edges[0].policy = policy(json!([{ "retry": {
        "max_attempts": 3, "backoff": { "fixed": { "delay": "100ms" } }, "retry_after": rule,
    } }]));
    let record = simulate(&model, 1);
    (total(subject(&record, "shop"), OK), response_times_ms(&record, "shop"))
}

#[test]
fn a_caller_comes_again_when_it_is_told_or_does_not_listen() {
    // Those who listen come at 11 s, and one of them once more at 12 s.
    for rule in ["at-least", "instead", "aws-sdk-2026"] {
        assert_eq!(after_a_429("seconds", 1, rule), (3, 10 + 1_010 + 2_010), "{rule}");
    }
    // Those who do not have used up their attempts after 200 ms.
    assert_eq!(after_a_429("seconds", 1, "ignored"), (1, 10 + 200 + 200));
    assert_eq!(after_a_429("none", 1, "instead"), (1, 10 + 200 + 200));
    let (all, sum) = after_a_429("seconds", 1, "envoy");
    // Each wait is up to half as long again, and one who comes late finds a token.
    assert_eq!(all, 3);
    assert!((10 + 1_010 + 1_010..10 + 1_510 + 3_010).contains(&sum), "{sum}");
}

#[test]
fn a_server_may_tell_milliseconds() {
    assert_eq!(after_a_429("milliseconds", 4, "instead"), (3, 10 + 260 + 510));
    assert_eq!(after_a_429("seconds", 4, "instead"), (3, 10 + 1_010 + 2_010));
    // The SDKs never wait for less than their backoff; gRPC does.
    assert_eq!(after_a_429("milliseconds", 20, "aws-sdk-2026"), (3, 10 + 110 + 210));
    assert_eq!(after_a_429("milliseconds", 20, "instead"), (3, 10 + 60 + 110));
}

#[test]
fn a_pushback_starts_the_backoff_anew() {
    let response_time = |rule: &str| {
        let mut model = limited(bursts(1, "10s"), "0s", bucket(1, 1, json!({})));
        model.length = d("19s");
        model.edges[0].policy = policy(json!([{ "retry": {
            "max_attempts": 9, "retry_after": rule,
            "backoff": { "exponential": { "base": "100ms", "cap": "10s", "jitter": "none" } },
        } }]));
        // Somebody else takes the token at 10.05 s.
        let edge = EdgeSpec { policy: policy(json!([])), ..model.edges[0].clone() };
        model.edges.push(EdgeSpec { name: "other->payment".into(), ..edge });
        let load = bursts(1, "10050ms");
        model.clients.push(ClientSpec { name: "other".into(), load, edge: EdgeId(1) });
        let refuse = |at: &str, lasts: &str| {
            fault(at, lasts, Target::Service(ServiceId(0)), json!({ "refuse": {} }))
        };
        model.faults = vec![refuse("10s", "50ms"), refuse("11s", "600ms")];
        let record = simulate(&model, 1);
        assert_eq!(ended(&record, "shop", [OK]), [1]);
        response_times_ms(&record, "shop")
    };
    // Refused at 10 s; throttled at 10.1 s, told to come in 1 s; refused at 11.1 s. Anew, it waits
    // for 100, 200 and 400 ms, else for 400 and 800 ms.
    assert_eq!(response_time("instead"), 1_100 + 100 + 200 + 400);
    assert_eq!(response_time("at-least"), 1_100 + 400 + 800);
}

/// `bronze`, of class 1, and `gold`, of class 0, call four times each at 1 s, in turn.
fn two_classes(server: Vec<Value>, caller: Value) -> RunRecord {
    let mut model = one_service(bursts(4, "1s"), None, None, "10ms");
    model.length = d("1.9s");
    let limits = server.into_iter().map(|limit| serde_json::from_value(limit).unwrap());
    model.services[0].limits = limits.collect();
    let edge = EdgeSpec { policy: policy(caller), ..model.edges[0].clone() };
    model.edges = [("bronze", Some(1)), ("gold", None)]
        .map(|(name, priority)| EdgeSpec { name: name.into(), priority, ..edge.clone() })
        .to_vec();
    for (nth, edge) in model.edges.iter_mut().enumerate() {
        edge.policy.name = "shared".into();
        let (name, load) = (edge.name.clone(), bursts(4, "1s"));
        let client = ClientSpec { name, load, edge: EdgeId(nth as u16) };
        if nth == 0 { model.clients[0] = client } else { model.clients.push(client) }
    }
    simulate(&model, 1)
}

#[test]
fn a_rate_limit_knows_the_class_of_a_call_on_either_side() {
    let tiers = json!({ "tiers": [{}, { "leaves": 3 }] });
    let server = two_classes(vec![bucket(5, 1, tiers.clone())], json!([]));
    // In turn: bronze, gold; then fewer than three would be left for a third of bronze's.
    let of = |record: &RunRecord, rejected| {
        ["bronze", "gold"].map(|name| {
            let client = record.subjects.iter().find(|s| &*s.name == name).unwrap();
            [OK, rejected].map(|outcome| total(client, outcome))
        })
    };
    assert_eq!(of(&server, THROTTLED), [[1, 3], [4, 0]]);
    let mut layer = bucket(5, 1, tiers);
    layer["rate_limit"]["scope"] = json!("shared");
    let caller = two_classes(Vec::new(), json!([layer]));
    assert_eq!(of(&caller, Outcome::RejectedLimit), [[1, 3], [4, 0]]);
}

#[test]
fn a_limit_is_an_instances_own_or_the_whole_services() {
    let run = |scope: &str| {
        let kind = json!({ "fixed": { "limit": 2 } });
        let limit = json!({ "concurrency_limit": { "kind": kind, "scope": scope } });
        let mut model = limited(bursts(7, "1s"), "100ms", limit);
        (model.length, model.services[0].instances) = (d("2.9s"), 2);
        ended(&simulate(&model, 1), "shop", [OK, OVERFLOW])
    };
    assert_eq!(run("instance"), [2 * 4, 2 * 3]);
    assert_eq!(run("service"), [2 * 2, 2 * 5]);
}

#[test]
fn a_concurrency_limit_learns_from_the_time_inside_the_instance() {
    let second_burst = |workers, demand: &str| {
        let aimd = json!({ "aimd": {
            "initial_limit": 2, "min_limit": 1, "max_limit": 10, "timeout": "50ms",
        } });
        let limit = json!({ "concurrency_limit": { "kind": aimd } });
        let mut model = limited(bursts(6, "1s"), demand, limit);
        model.services[0].pools[0].workers = workers;
        model.links[0].latency = dist("200ms");
        let good = |length| {
            let mut model = model.clone();
            model.length = d(length);
            ended(&simulate(&model, 1), "payment", [OK])[0]
        };
        assert_eq!(good("1.9s"), 2);
        good("2.9s") - 2
    };
    // Two good ones raise the limit by two, whatever the network adds.
    assert_eq!(second_burst(None, "40ms"), 4);
    // Two slow ones lower it: 2 · 0.9 is 1, and that is the least.
    assert_eq!(second_burst(None, "60ms"), 1);
    // The second waits for the worker of the first, for too long: 3 · 0.9 is 2.
    assert_eq!(second_burst(Some(1), "40ms"), 2);
}

#[test]
fn limits_are_asked_in_order_and_those_that_let_pass_hear_of_what_comes_after() {
    let fixed = json!({ "concurrency_limit": { "kind": { "fixed": { "limit": 3 } } } });
    let run = |limits: [Value; 2]| {
        let mut model = one_service(bursts(6, "1s"), Some(1), Some(0), "100ms");
        model.services[0].limits =
            limits.into_iter().map(|limit| serde_json::from_value(limit).unwrap()).collect();
        model.length = d("2.9s");
        ended(&simulate(&model, 1), "payment", [OK, OVERFLOW, THROTTLED])
    };
    // One finds the worker; who finds none is not under way any more, and so never are there three.
    let rate = bucket(4, 2, json!({}));
    assert_eq!(run([rate.clone(), fixed.clone()]), [2, (4 - 1) + (2 - 1), 2 + 4]);
    assert_eq!(run([fixed, rate]), [2, (4 - 1) + (2 - 1), 2 + 4]);
}

/// A bucket that lets requests wait for up to 150 ms, one token each 100 ms.
fn patient() -> Value {
    json!({ "rate_limit": { "limiter": { "token-bucket": {
        "capacity": 1, "refill": 1, "per": "100ms", "max_wait": "150ms",
    } } } })
}

#[test]
fn whoever_may_wait_at_a_limit_does_so_inside_the_instance() {
    let mut model = limited(bursts(4, "1s"), "10ms", patient());
    model.length = d("1.9s");
    let record = simulate(&model, 1);
    assert_eq!(ended(&record, "shop", [OK, THROTTLED]), [2, 2]);
    assert_eq!(response_times_ms(&record, "shop"), 10 + 110);
    // Who waits is inside: a fourth request is one too many.
    model.services[0].overrun = Some(Overrun { requests_above: 1, restart: d("10ms") });
    let record = simulate(&model, 1);
    assert_eq!(ended(&record, "shop", [OK, Outcome::Reset, Outcome::Refused]), [0, 2, 2]);
}

#[test]
fn whoever_goes_away_while_it_waits_at_a_limit_gives_its_turn_back() {
    let mut model = limited(bursts(2, "1s"), "10ms", patient());
    model.length = d("1.9s");
    model.edges[0].policy = policy(json!([{ "timeout": "50ms" }]));
    model.edges[0].policy.abandoned = Abandoned::Cancelled;
    // Somebody else comes at 1.06 s, and has the turn at 1.1 s.
    model.edges.push(EdgeSpec {
        name: "other".into(),
        policy: policy(json!([])),
        ..model.edges[0].clone()
    });
    let load = bursts(1, "1060ms");
    model.clients.push(ClientSpec { name: "other".into(), load, edge: EdgeId(1) });
    let record = simulate(&model, 1);
    assert_eq!(ended(&record, "payment", [OK, Outcome::Cancelled, THROTTLED]), [2, 1, 0]);
    assert_eq!(response_times_ms(&record, "payment"), 10 + 50 + (40 + 10));
}

#[test]
fn an_instance_that_restarts_has_new_limits_and_a_service_has_the_old_ones() {
    let passes = |scope: &str| {
        let limit = json!({ "rate_limit": {
            "limiter": { "token-bucket": { "capacity": 2, "refill": 1, "per": "1000s" } },
            "scope": scope,
        } });
        let mut model = limited(paced(10.0), "10ms", limit);
        model.length = d("5s");
        let crash = json!({ "crash": { "restart": "10ms" } });
        model.faults = vec![fault("2050ms", "1ms", Target::Service(ServiceId(0)), crash)];
        ended(&simulate(&model, 1), "payment", [OK])[0]
    };
    assert_eq!((passes("instance"), passes("service")), (4, 2));
}

#[test]
fn admission_control_sheds_while_requests_fail() {
    let limit = json!({ "throttle": { "kind": { "envoy-admission-control": {} } } });
    let mut model = limited(paced(100.0), "1ms", limit);
    let shed =
        |model: &Model| total(subject(&simulate(model, 1), "payment"), Outcome::RejectedShed);
    model.length = d("10s");
    assert_eq!(shed(&model), 0);
    // It turns requests away only before anything is done for them: none fails without a worker.
    model.endpoints[0].steps.push(Step::Call { edge: EdgeId(1), optional: false });
    let mut store = model.services[0].clone();
    (store.name, store.endpoints, store.limits) = ("store".into(), vec![EndpointId(1)], Vec::new());
    model.services.push(store);
    model.endpoints.push(EndpointSpec {
        name: "store".into(),
        service: ServiceId(1),
        pool: 0,
        steps: Vec::new(),
    });
    let edge =
        EdgeSpec { name: "payment->store".into(), to: EndpointId(1), ..model.edges[0].clone() };
    model.edges.push(edge);
    assert_eq!(shed(&model), 0);
    model.faults = vec![fault("5s", "5s", Target::Service(ServiceId(1)), json!({ "refuse": {} }))];
    let most = 500 * 8 / 10;
    assert!((most / 4..most).contains(&shed(&model)), "{}", shed(&model));
}
