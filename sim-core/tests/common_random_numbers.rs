//! Common random numbers hold call by call: the same call meets the same demand, whatever the
//! policy does, and a component that is added disturbs nobody.

mod common;

use common::*;
use serde_json::json;
use sim_core::model::spec::*;

/// The exact sum of the demands that the service has worked off: with more workers than requests
/// and every request done within the run, it depends on the draws alone.
fn work_done(model: &Model, service: &str) -> u128 {
    let record = simulate(model, 3);
    subject(&record, service).slices.iter().map(|s| s.busy_integral_ns).sum()
}

fn two_attempts_of_each_call(backoff: serde_json::Value) -> Model {
    let mut model = one_service(poisson(50.0), None, None, "exp(20ms)");
    // No call starts so late that its second attempt, after a backoff, is cut off by the end.
    model.clients[0].load = {
        use sim_core::model::workload::*;
        let points = [(at("0s"), 50.0), (at("50s"), 50.0), (at("50s"), 0.0)].into();
        let arrivals = Arrivals::Poisson(RateProfile { points });
        Load::Open(OpenLoad { clients: 1, arrivals })
    };
    // Nobody waits for long enough: every call makes two attempts, and the work is done anyway.
    model.edges[0].policy = policy(json!([
        { "retry": { "max_attempts": 2, "backoff": backoff } },
        { "timeout": "1ns" },
    ]));
    model
}

#[test]
fn the_same_call_meets_the_same_demand_under_two_policies_that_retry_differently() {
    let at_once = two_attempts_of_each_call(json!({ "immediate": {} }));
    let later = two_attempts_of_each_call(
        json!({ "exponential": { "base": "2s", "cap": "16s", "jitter": "full" } }),
    );
    let once = {
        let mut model = at_once.clone();
        model.edges[0].policy = policy(json!([{ "timeout": "1ns" }]));
        model
    };
    assert_eq!(work_done(&at_once, "payment"), work_done(&later, "payment"));
    assert!(work_done(&once, "payment") < work_done(&at_once, "payment"));
}

#[test]
fn a_user_thinks_as_long_after_a_call_whatever_became_of_it() {
    let model = |demand: &str, layers: serde_json::Value| {
        let mut model = one_service(closed(20, "exp(100ms)"), None, None, demand);
        model.edges[0].policy = policy(layers);
        model.length = d("20s");
        model
    };
    let bucket = json!({ "token-bucket": { "capacity": 1, "refill": 1, "per": "1h" } });
    let rejected = json!([{ "rate_limit": { "limiter": bucket } }]);
    let three_attempts =
        json!([{ "retry": { "max_attempts": 3, "backoff": { "immediate": {} } } }]);
    let mut failing = model("0s", three_attempts);
    let errors = json!({ "errors": { "share": 1.0 } });
    failing.faults = vec![fault("0s", "20s", Target::Service(ServiceId(0)), errors)];
    let mut balanced = model("0s", json!([]));
    balanced.services[0].instances = 2;
    balanced.services[0].balancer =
        serde_json::from_value(json!({ "algorithm": { "random": {} } })).unwrap();
    // None of them takes time, and each gets its draws in another way.
    let calls = |model: &Model| subject(&simulate(model, 3), "shop").arrivals_per_bin.clone();
    let plain = calls(&model("0s", json!([])));
    assert!(plain.iter().sum::<u32>() > 3_000);
    for other in [model("exp(1ns)", json!([])), model("0s", rejected), failing, balanced] {
        assert_eq!(calls(&other), plain);
    }
}

#[test]
fn a_component_that_is_added_disturbs_nobody() {
    let alone = one_service(poisson(50.0), None, None, "exp(20ms)");
    let mut together = alone.clone();
    let mut other = together.services[0].clone();
    other.name = "search".into();
    other.endpoints = vec![EndpointId(1)];
    // In front of the first, so that every index changes.
    together.services.insert(0, other);
    together.endpoints[0].service = ServiceId(1);
    let mut endpoint = together.endpoints[0].clone();
    endpoint.name = "search".into();
    endpoint.service = ServiceId(0);
    together.endpoints.push(endpoint);
    let mut edge = together.edges[0].clone();
    edge.name = "visitors->search".into();
    edge.to = EndpointId(1);
    together.edges.push(edge);
    let visitors = ClientSpec { name: "visitors".into(), load: poisson(80.0), edge: EdgeId(1) };
    together.clients.insert(0, visitors);
    let (alone, together) = (simulate(&alone, 3), simulate(&together, 3));
    for name in ["shop", "shop->payment", "payment"] {
        assert_eq!(subject(&alone, name), subject(&together, name), "{name}");
    }
    assert_ne!(subject(&together, "visitors").slices, subject(&together, "shop").slices);
}

#[test]
fn the_same_seed_gives_the_same_record_and_another_gives_another() {
    let model = one_service(closed(20, "exp(100ms)"), Some(5), None, "exp(20ms)");
    assert_eq!(simulate(&model, 1), simulate(&model, 1));
    assert_ne!(simulate(&model, 1), simulate(&model, 2));
}
