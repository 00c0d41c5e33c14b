//! Queues that shed, inside the engine: small models whose course can be worked out by hand.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use serde_json::json;
use sim_core::kernel::SimDuration;
use sim_core::model::record::SubjectRecord;
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::policy::{Abandoned, Outcome};

/// All response times together, in milliseconds.
fn response_times_ms(subject: &SubjectRecord) -> u128 {
    subject.slices.iter().map(|slice| slice.response_time_sum_ns).sum::<u128>() / 1_000_000
}

/// So many calls at once, at 1 s.
fn burst(size: u32) -> Load {
    let arrivals = Arrivals::Bursts { size, every: d("1s"), spread: SimDuration::ZERO };
    Load::Open(OpenLoad { clients: 1, arrivals })
}

/// A service with one worker and this shedder; it ends before a second burst.
fn shedding(load: Load, demand: &str, shedding: serde_json::Value) -> Model {
    let mut model = one_service(load, Some(1), None, demand);
    model.length = d("1.9s");
    model.services[0].pools[0].shedding = Some(serde_json::from_value(shedding).unwrap());
    model
}

/// A call each 5 ms, the first at 5 ms, and work of 10 ms: the k-th waits for 5(k − 1) ms if it is
/// served in its turn.
fn overloaded(length: &str, how: serde_json::Value) -> Model {
    let arrivals = Arrivals::Paced(RateProfile::constant(200.0), Start::Spread);
    let mut model = shedding(Load::Open(OpenLoad { clients: 1, arrivals }), "10ms", how);
    model.length = d(length);
    model
}

#[test]
fn whoever_has_waited_for_too_long_is_shed_at_once_or_when_its_turn_comes() {
    let outcome = |timeout: &str, at_once: bool| {
        let how = json!({ "queue-timeout": { "timeout": timeout, "at_once": at_once } });
        let record = simulate(&shedding(burst(4), "100ms", how), 1);
        let shop = subject(&record, "shop");
        let ended = total(shop, Outcome::Ok) + total(shop, Outcome::RejectedShed);
        assert_eq!(ended, 4);
        assert_eq!(
            total(subject(&record, "payment"), Outcome::RejectedShed),
            total(shop, Outcome::RejectedShed)
        );
        (total(shop, Outcome::RejectedShed), response_times_ms(shop))
    };
    // The second is taken at 100 ms, and the others are not there any more at 200 ms.
    assert_eq!(outcome("150ms", true), (2, 100 + 200 + 150 + 150));
    assert_eq!(outcome("150ms", false), (2, 100 + 200 + 200 + 200));
    // At the very end of its time it matters what was scheduled first: the work of the first was
    // before the second came, and that of the second was after the third came.
    assert_eq!(outcome("100ms", true), (2, 100 + 200 + 100 + 100));
    assert_eq!(outcome("200ms", true), (2, 100 + 200 + 200 + 200));
    assert_eq!(outcome("200ms", false), (1, 100 + 200 + 300 + 300));
    assert_eq!(outcome("1s", true), (0, 100 + 200 + 300 + 400));
}

#[test]
fn codel_sheds_once_an_interval_has_passed_in_which_nobody_waited_for_less_than_its_target() {
    let record = simulate(&overloaded("300ms", json!({ "codel": {} })), 1);
    let shop = subject(&record, "shop");
    // Its intervals start with those taken at 15, 125 and 235 ms, the shortest waits are 5 and
    // 60 ms: the overload is known at 235 ms. The one taken then is the first of its interval. At
    // 245 ms the 25th to 46th are shed, who came up to 230 ms; from then on each second one is.
    assert_eq!(total(shop, Outcome::RejectedShed), 22 + 5);
    assert_eq!(total(shop, Outcome::Ok), 23 + 6);
}

#[test]
fn whoever_finds_a_free_worker_tells_codel_that_nobody_waits() {
    // A burst of 30 that takes 300 ms is overload; the calls after it come every 100 ms and are
    // alone, and so the next burst starts anew.
    let how = json!({ "codel": { "target": "5ms", "interval": "100ms" } });
    let mut model = shedding(burst(30), "10ms", how);
    let arrivals = Arrivals::Paced(RateProfile::constant(10.0), Start::Spread);
    model.clients.push(ClientSpec {
        name: "lone".into(),
        load: Load::Open(OpenLoad { clients: 1, arrivals }),
        edge: EdgeId(0),
    });
    let shed =
        |model: &Model| total(subject(&simulate(model, 1), "payment"), Outcome::RejectedShed);
    let first = shed(&model);
    assert!(first > 0, "the first burst is shed from");
    model.length = d("2.9s");
    assert_eq!(shed(&model), 2 * first);
}

#[test]
fn a_standing_queue_is_served_from_its_newest_end_and_waits_for_5_ms() {
    let record = simulate(&overloaded("210ms", json!({ "adaptive-timeout": {} })), 1);
    let shop = subject(&record, "shop");
    // The queue is last empty at 15 ms; from 120 ms on it stands. The first twelve are served in
    // their turn. Those who come from then on are served after 5 ms, or shed then: each second
    // one. Those who came before are shed after 100 ms, the thirteenth first, at 165 ms.
    assert_eq!(total(shop, Outcome::Ok), 12 + 8);
    assert_eq!(total(shop, Outcome::RejectedShed), 9 + 8);
    let in_turn = (1..=12).map(|k| 5 * (k - 1) + 10).sum::<u128>();
    assert_eq!(response_times_ms(shop), in_turn + 8 * 15 + 9 * 100 + 8 * 5);
    let oldest = json!({ "adaptive-timeout": { "adaptive_lifo": false } });
    let record = simulate(&overloaded("210ms", oldest), 1);
    // In turn the 20th is done at 205 ms, when the 21st has waited for 100 ms; who comes from 120 ms
    // on is shed after 5 ms: the 24th to the 40th.
    let shop = subject(&record, "shop");
    assert_eq!((total(shop, Outcome::Ok), total(shop, Outcome::RejectedShed)), (20, 1 + 17));
}

/// At 1 s `bronze` calls `payment` four times and `gold` twice, in turn, `bronze` first, over `api`,
/// which has no limits.
fn two_classes(through_api: Option<u8>, how: serde_json::Value) -> Model {
    let mut model = shedding(burst(4), "100ms", how);
    let mut api = model.services[0].clone();
    (api.name, api.endpoints) = ("api".into(), vec![EndpointId(1)]);
    (api.pools[0].workers, api.pools[0].shedding) = (None, None);
    model.services.push(api);
    model.endpoints.push(EndpointSpec {
        name: "api".into(),
        service: ServiceId(1),
        pool: 0,
        steps: vec![Step::Call { edge: EdgeId(2), optional: false }],
    });
    let edge = |name: &str, to, priority| EdgeSpec {
        name: name.into(),
        to: EndpointId(to),
        priority,
        ..model.edges[0].clone()
    };
    model.edges = vec![
        edge("bronze->api", 1, Some(1)),
        edge("gold->api", 1, None),
        edge("api->payment", 0, through_api),
    ];
    let client =
        |name: &str, load, edge| ClientSpec { name: name.into(), load, edge: EdgeId(edge) };
    model.clients = vec![client("bronze", burst(4), 0), client("gold", burst(2), 1)];
    model
}

#[test]
fn the_important_displace_the_others_and_a_handlers_call_inherits_its_class() {
    let how = json!({ "priority": { "capacity": 2, "reserved": [0.0, 0.0], "displaces": true } });
    let run = |through_api| {
        let record = simulate(&two_classes(through_api, how.clone()), 1);
        let of = |name: &str| {
            let client = subject(&record, name);
            (total(client, Outcome::Ok), response_times_ms(client))
        };
        let shed = total(subject(&record, "payment"), Outcome::RejectedShed);
        (of("bronze"), of("gold"), shed)
    };
    // The first takes the worker; the second of `bronze` waits and is displaced by the second of
    // `gold`, and the others find no place.
    assert_eq!(run(None), ((1, 100), (2, 200 + 300), 3));
    // If all are of one class, those wait who come first.
    assert_eq!(run(Some(0)), ((2, 100 + 300), (1, 200), 3));
}

#[test]
fn without_displacing_the_important_are_served_first() {
    let how = json!({ "priority": { "capacity": 9, "reserved": [0.0, 0.0] } });
    let record = simulate(&two_classes(None, how), 1);
    assert_eq!(response_times_ms(subject(&record, "gold")), 200 + 300);
    assert_eq!(response_times_ms(subject(&record, "bronze")), 100 + 400 + 500 + 600);
}

#[test]
fn a_queue_that_sheds_still_has_its_capacity_and_forgets_who_goes_away() {
    let how = json!({ "queue-timeout": { "timeout": "350ms" } });
    let mut model = shedding(burst(6), "200ms", how);
    model.services[0].pools[0].queue.capacity = Some(3);
    let run = |model: &Model| {
        let record = simulate(model, 1);
        let payment = subject(&record, "payment");
        [Outcome::Ok, Outcome::Overflow, Outcome::RejectedShed, Outcome::Cancelled, Outcome::OkLate]
            .map(|outcome| total(payment, outcome))
    };
    assert_eq!(run(&model), [2, 2, 2, 0, 0]);
    model.edges[0].policy = policy(json!([{ "timeout": "100ms" }]));
    assert_eq!(run(&model), [0, 2, 2, 0, 2]);
    model.edges[0].policy.abandoned = Abandoned::Cancelled;
    assert_eq!(run(&model), [0, 2, 0, 4, 0]);
}

#[test]
fn an_instance_that_restarts_knows_nothing_of_the_overload_before() {
    let crash = json!({ "crash": { "restart": "10ms" } });
    let mut model = overloaded("600ms", json!({ "codel": {} }));
    let shed =
        |model: &Model| total(subject(&simulate(model, 1), "payment"), Outcome::RejectedShed);
    model.length = d("234ms");
    assert_eq!(shed(&model), 0);
    model.length = d("484ms");
    assert!(shed(&model) > 0);
    // From 235 ms on it would shed. It is up again at 245 ms, with an empty queue, and learns of
    // an overload only in the third interval after that.
    model.faults = vec![fault("234ms", "1ms", Target::Service(ServiceId(0)), crash)];
    model.length = d("474ms");
    assert_eq!(shed(&model), 0);
    model.length = d("490ms");
    assert!(shed(&model) > 0);
}
