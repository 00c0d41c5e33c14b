//! Balancers and outlier detection inside the engine: small models whose course can be worked out
//! by hand.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use serde_json::json;
use sim_core::model::record::{RunRecord, SubjectRecord};
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::policy::Outcome;
use sim_core::policy::balancing::Balancing;

fn rejected(record: &RunRecord) -> u64 {
    let edge = subject(record, "shop->payment");
    edge.slices.iter().map(|slice| slice.rejections.of(Outcome::Refused)).sum()
}

fn arrivals(subject: &SubjectRecord) -> u64 {
    subject.slices.iter().map(|slice| slice.arrivals).sum()
}

/// Ten calls a second in even steps, the first after one step, to so many instances that each work
/// on one request at a time.
fn ten_a_second(instances: u32, balancer: serde_json::Value, demand: &str) -> Model {
    let arrivals = Arrivals::Paced(RateProfile::constant(10.0), Start::Spread);
    let load = Load::Open(OpenLoad { clients: 1, arrivals });
    let mut model = one_service(load, Some(1), Some(0), demand);
    model.length = d("10s");
    model.services[0].instances = instances;
    let balancer: Balancing = serde_json::from_value(balancer).unwrap();
    balancer.check(instances).unwrap();
    model.services[0].balancer = balancer;
    model
}

/// The first of the instances is down from 1 s to 6 s: connections to it are refused.
fn with_one_down(mut model: Model) -> Model {
    let share = 1.0 / f64::from(model.services[0].instances);
    let crash = json!({ "crash": { "share": share, "restart": "0s" } });
    model.faults = vec![fault("1s", "5s", Target::Service(ServiceId(0)), crash)];
    model
}

#[test]
fn weights_say_how_many_requests_an_instance_gets() {
    // Of four calls, three go to the first instance, which is down for 50 calls.
    for (weights, refused) in [([3.0, 1.0], [37, 38]), ([1.0, 1.0], [25, 25])] {
        for algorithm in ["weighted-round-robin", "smooth-weighted-round-robin"] {
            let balancer = json!({ "algorithm": { algorithm: {} }, "weights": weights });
            let record = simulate(&with_one_down(ten_a_second(2, balancer, "1ms")), 1);
            let counted = total(subject(&record, "shop->payment"), Outcome::Refused);
            assert!(refused.contains(&counted), "{algorithm}: {counted} of 50");
        }
    }
}

#[test]
fn an_instance_that_fails_fast_attracts_those_who_look_for_the_least_loaded() {
    // Each request is worked on for 250 ms.
    let refused = |algorithm: &str| {
        let balancer = json!({ "algorithm": { algorithm: {} } });
        let mut model = with_one_down(ten_a_second(2, balancer, "250ms"));
        model.services[0].pools[0].workers = None;
        total(subject(&simulate(&model, 1), "shop->payment"), Outcome::Refused)
    };
    assert_eq!(refused("round-robin"), 25);
    // Two of three calls at least: after one that goes to the instance that is up, that is busy at
    // the next two calls, which are refused.
    assert!(refused("least-request") >= 33, "{}", refused("least-request"));
    assert!(refused("p2c") >= 33, "{}", refused("p2c"));
}

#[test]
fn two_choices_never_go_to_the_busier_of_two() {
    // At most one request is outstanding when a call comes: there is always an idle instance.
    let overflows = |algorithm: &str| {
        let balancer = json!({ "algorithm": { algorithm: {} } });
        let record = simulate(&ten_a_second(2, balancer, "150ms"), 1);
        assert_eq!(arrivals(subject(&record, "shop->payment")), 99);
        total(subject(&record, "shop->payment"), Outcome::Overflow)
    };
    assert_eq!(overflows("p2c"), 0, "two different ones are compared");
    assert!(overflows("n-choices") > 10, "the same one can be drawn twice");
    assert!(overflows("random") > overflows("n-choices"), "nothing is compared");
}

#[test]
fn stale_counts_send_everybody_to_the_same_instance() {
    // Between two looks a second apart nothing is seen to change; of equals, the first drawn is taken.
    let longest = |stale: serde_json::Value| {
        let mut balancer = json!({ "algorithm": { "p2c": {} } });
        if !stale.is_null() {
            balancer["stale"] = stale;
        }
        let mut model = ten_a_second(2, balancer, "190ms");
        model.services[0].pools[0].queue.capacity = None;
        let record = simulate(&model, 1);
        let shop = subject(&record, "shop");
        shop.slices.iter().map(|slice| slice.response_time_max_ns).max().unwrap()
    };
    assert_eq!(longest(json!(null)), d("190ms").as_nanos(), "nobody waits for fresh counts");
    assert!(longest(json!("1s")) > d("500ms").as_nanos(), "a herd");
}

#[test]
fn published_order_of_balancers_with_stale_counts() {
    // Mitzenmacher, "How Useful Is Old Information?": the fresher the counts, the better two choices
    // and the least loaded are; with very old ones the least loaded is worse than random.
    let mean = |algorithm: &str, stale: &str| {
        let balancer = json!({ "algorithm": { algorithm: {} }, "stale": stale });
        let mut model = ten_a_second(10, balancer, "exp(10ms)");
        model.length = d("60s");
        model.clients[0].load = poisson(900.0);
        model.services[0].pools[0].queue.capacity = None;
        let record = simulate(&model, 1);
        let shop = subject(&record, "shop");
        let sum: u128 = shop.slices.iter().map(|s| u128::from(s.response_time_sum_ns as u64)).sum();
        let count: u64 = shop.slices.iter().map(|s| s.response_time.count()).sum();
        sum as f64 / count as f64 / 1e6
    };
    let random = mean("random", "1ms");
    let (fresh_two, old_two) = (mean("p2c", "1ms"), mean("p2c", "500ms"));
    let (fresh_least, old_least) = (mean("least-request", "1ms"), mean("least-request", "500ms"));
    let all = format!("{random} {fresh_two} {old_two} {fresh_least} {old_least}");
    assert!(fresh_least < fresh_two && fresh_two < random, "{all}");
    assert!(fresh_two < old_two && fresh_least < old_least, "{all}");
    assert!(old_two < old_least && random < old_least, "{all}");
}

#[test]
fn a_client_stays_with_the_instance_that_its_key_hashes_to() {
    for algorithm in ["ring-hash", "maglev"] {
        let balancer = json!({ "algorithm": { algorithm: {} } });
        // All calls are one client's: one instance of four gets all of them, and a request is still
        // there when the next call comes.
        let record = simulate(&ten_a_second(4, balancer, "150ms"), 1);
        assert_eq!(total(subject(&record, "shop->payment"), Outcome::Overflow), 49, "{algorithm}");
    }
}

fn outlier(percent: u32, panic_threshold: f64) -> serde_json::Value {
    let outlier = json!({ "preset": "envoy", "max_ejection_percent": percent,
        "interval": "1s", "base_ejection_time": "2s" });
    json!({ "algorithm": { "round-robin": {} }, "outlier": outlier,
        "panic_threshold": panic_threshold })
}

#[test]
fn an_instance_that_fails_five_times_in_a_row_is_ejected_until_a_sweep() {
    let record = simulate(&with_one_down(ten_a_second(2, outlier(50, 0.5), "1ms")), 1);
    // Every other call from 1 s on is refused, the fifth at 1.8 or 1.9 s. The ejection lasts 2 s and
    // ends at the sweep after, at 4 s; five more are refused until 4.8 or 4.9 s; the second one
    // lasts 4 s, until the sweep at 9 s, when the instance is up again.
    assert_eq!(total(subject(&record, "shop->payment"), Outcome::Refused), 5 + 5);
    assert_eq!(total(subject(&record, "shop"), Outcome::Ok), 99 - 10);
    assert_eq!(rejected(&record), 0);
}

#[test]
fn with_fewer_than_ten_instances_ten_percent_are_none() {
    let refused = |percent, instances| {
        let model = with_one_down(ten_a_second(instances, outlier(percent, 0.5), "1ms"));
        total(subject(&simulate(&model, 1), "shop->payment"), Outcome::Refused)
    };
    assert_eq!(refused(10, 2), 25, "as if there were no outlier detection");
    assert_eq!(refused(10, 5), 10);
    assert_eq!(refused(20, 5), 5, "one fifth is one of five");
    assert_eq!(refused(10, 10), 5, "and a tenth one of ten");
}

/// Everything is refused from 1 s to 6 s.
fn with_all_down(panic_threshold: f64) -> Model {
    let mut model = ten_a_second(2, outlier(100, panic_threshold), "1ms");
    model.faults = vec![fault("1s", "5s", Target::Service(ServiceId(0)), json!({ "refuse": {} }))];
    model
}

#[test]
fn in_a_panic_all_are_chosen_from_and_without_one_nobody_is() {
    let record = simulate(&with_all_down(0.5), 1);
    assert_eq!(total(subject(&record, "shop->payment"), Outcome::Refused), 50);
    assert_eq!(rejected(&record), 0);
    let record = simulate(&with_all_down(0.0), 1);
    let edge = subject(&record, "shop->payment");
    // Five each until 1.9 s. Both come back at 4 s, fail five times each until 4.9 s, and come back
    // at 9 s: what comes in between does not go out.
    assert_eq!(total(edge, Outcome::Refused), 20);
    assert_eq!(rejected(&record), 20 + 40);
    assert_eq!(arrivals(edge) + rejected(&record), 99);
    let shop = subject(&record, "shop");
    assert_eq!(total(shop, Outcome::Refused), 20 + rejected(&record));
}

#[test]
fn attempts_that_find_no_instance_are_tried_again() {
    let mut model = with_all_down(0.0);
    model.edges[0].policy = policy(json!([{ "retry": {
        "max_attempts": 3, "on": ["refused"], "backoff": { "fixed": { "delay": "1ms" } },
    } }]));
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!(arrivals(shop), 99);
    assert_eq!(total(shop, Outcome::Ok) + total(shop, Outcome::Refused), 99);
    assert!(rejected(&record) > 3 * 40, "each call is refused three times");
}

#[test]
fn timeouts_count_and_a_single_instance_can_be_ejected() {
    let mut model = ten_a_second(1, outlier(100, 0.0), "1ms");
    model.services[0].pools[0].workers = None;
    model.edges[0].policy = policy(json!([{ "timeout": "50ms" }]));
    model.faults = vec![fault("1s", "1s", Target::Service(ServiceId(0)), json!({ "hang": {} }))];
    let record = simulate(&model, 1);
    // The calls from 1.0 to 1.4 s time out, the last at 1.45 s; the sweep at 4 s ends the ejection.
    assert_eq!(total(subject(&record, "shop->payment"), Outcome::Timeout), 5);
    assert_eq!(rejected(&record), 25);
}

fn checked(check: serde_json::Value, panic_threshold: f64) -> serde_json::Value {
    json!({ "health_check": check, "panic_threshold": panic_threshold })
}

fn every_second(timeout: &str) -> serde_json::Value {
    json!({ "plain": {
        "interval": "1s", "timeout": timeout, "unhealthy_threshold": 2, "healthy_threshold": 1,
    } })
}

#[test]
fn an_instance_that_does_not_answer_checks_is_left_out_until_it_does() {
    let balancer = checked(every_second("1s"), 0.5);
    let record = simulate(&with_one_down(ten_a_second(2, balancer, "1ms")), 1);
    // Down from 1 s on; the checks at 1 s and 2 s fail. That at 6 s is answered. Between, all calls
    // go to the other instance: of those from 1.0 s to 1.9 s each second was refused.
    let edge = subject(&record, "shop->payment");
    assert_eq!(total(edge, Outcome::Refused), 5);
    assert_eq!(total(edge, Outcome::Ok), 99 - 5);
}

#[test]
fn one_check_that_is_answered_between_two_that_are_not_keeps_an_instance_in() {
    let flapping = |lasts: &str| {
        let mut model = ten_a_second(2, checked(every_second("1s"), 0.5), "1ms");
        let crash = json!({ "crash": { "share": 0.5, "restart": "0s" } });
        let target = Target::Service(ServiceId(0));
        model.faults = vec![
            fault("1500ms", lasts, target, crash.clone()),
            fault("3500ms", lasts, target, crash),
        ];
        total(subject(&simulate(&model, 1), "shop->payment"), Outcome::Refused)
    };
    // Each outage holds one check of the first instance, at 2 s and at 4 s; half of its calls fail.
    assert_eq!(flapping("1s"), 10);
}

#[test]
fn an_instance_that_hangs_fails_its_checks_after_their_timeout() {
    let refused = |timeout: &str| {
        let mut model = ten_a_second(2, checked(every_second(timeout), 0.0), "1ms");
        model.services[0].pools[0].workers = None;
        model.faults =
            vec![fault("500ms", "6s", Target::Service(ServiceId(0)), json!({ "hang": {} }))];
        rejected(&simulate(&model, 1))
    };
    // The checks at 1 s and 2 s (0.5 s and 1.5 s of the second instance) fail a timeout later: nobody
    // is healthy from 2 s and a timeout on, until one is answered at 6.5 s, when the fault ends.
    assert_eq!(refused("300ms"), 42);
    assert_eq!(refused("700ms"), 38);
}

#[test]
fn where_too_few_are_healthy_all_are_chosen_from() {
    let attempts = |panic_threshold| {
        let mut model = ten_a_second(2, checked(every_second("1s"), panic_threshold), "1ms");
        let crash = json!({ "crash": { "share": 1.0, "restart": "0s" } });
        model.faults = vec![fault("1s", "5s", Target::Service(ServiceId(0)), crash)];
        let record = simulate(&model, 1);
        (total(subject(&record, "shop->payment"), Outcome::Refused), rejected(&record))
    };
    // The second instance is asked half a second later: nobody is healthy from 2.5 s on, and the
    // first is again at 6 s.
    assert_eq!(attempts(0.5), (50, 0));
    assert_eq!(attempts(0.0), (15, 35));
}

#[test]
fn an_instance_that_is_ejected_stays_out_though_it_answers_checks() {
    let mut balancer = checked(every_second("1s"), 0.0);
    balancer["outlier"] = json!({
        "consecutive_5xx": 1, "interval": "100s", "max_ejection_percent": 100,
    });
    let record = simulate(&with_one_down(ten_a_second(2, balancer, "1ms")), 1);
    assert_eq!(total(subject(&record, "shop->payment"), Outcome::Refused), 1);
}
