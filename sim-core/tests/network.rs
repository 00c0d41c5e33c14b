//! The network against arithmetic and probability: loss, TCP, bandwidth, and faults on links.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

mod common;

use common::*;
use serde_json::{Value, json};
use sim_core::kernel::{ByteRate, Bytes, SimDuration};
use sim_core::model::network::*;
use sim_core::model::record::*;
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::policy::{Abandoned, Outcome};

fn tcp() -> Transport {
    Transport::Tcp(Tcp::default())
}

#[test]
fn a_link_that_remembers_loses_as_netem_does() {
    let mut model = busy(5_000.0, "40s");
    timed_out(&mut model, "100ms");
    let bursts = GilbertElliott { p: 0.01, r: 0.2, good_loss: 0.0, bad_loss: 1.0 };
    for (loss, lost) in [
        (Loss::Correlated { share: 0.25, correlation: 0.25 }, 0.1667),
        (Loss::GilbertElliott(bursts), 0.01 / 0.21),
    ] {
        model.links[0].loss = loss;
        let record = simulate(&model, 3);
        let shop = subject(&record, "shop");
        let calls: f64 = shop.slices.iter().map(|s| s.outcomes.total() as f64).sum();
        // There and back.
        let fails = total(shop, Outcome::Timeout) as f64 / calls;
        let expected = 1.0 - (1.0 - lost) * (1.0 - lost);
        assert!((fails - expected).abs() < 0.006, "{fails} {expected}");
    }
}

#[test]
fn the_nth_message_of_a_link_is_as_lucky_under_every_policy() {
    let lost = |workers| {
        let mut model = metronome("200s");
        model.services[0].pools[0].workers = workers;
        model.links[0].loss = Loss::Correlated { share: 0.4, correlation: 0.3 };
        timed_out(&mut model, "500ms");
        subject(&simulate(&model, 1), "payment").arrivals_per_bin.clone()
    };
    assert_eq!(lost(Some(1)), lost(None));
}

#[test]
fn what_tcp_loses_comes_late_by_its_timeouts() {
    let mut model = busy(1_000.0, "100s");
    model.links[0].loss = Loss::Independent(0.02);
    model.links[0].transport = tcp();
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!(total(shop, Outcome::Lost) + total(shop, Outcome::Timeout), 0);
    // P(latency ≥ RTO) = P(a loss, there or back) = 1 − 0.98²; two timeouts (at least 200 + 400 ms
    // in one direction, 200 + 200 ms in both): 0.98² · 3 · 0.02² and more beyond.
    let once = share_above(shop, d("150ms"));
    assert!((once - 0.0396).abs() < 0.003, "{once}");
    let twice = share_above(shop, d("350ms"));
    let expected = 0.0396 - 2.0 * 0.02 * 0.98 * 0.98;
    assert!((twice - expected).abs() < 0.000_5, "{twice} {expected}");
}

#[test]
fn a_first_loss_waits_for_a_second_and_then_round_trips_are_known() {
    let mut model = metronome("12s");
    model.links[0].transport = tcp();
    // Everything is lost for half a second: of the call at 1 s the first try.
    model.faults = vec![fault("900ms", "500ms", LINK, json!({ "loss": { "share": 1.0 } }))];
    let shop_of = |model: &Model| longest(subject(&simulate(model, 1), "shop"));
    assert_eq!(shop_of(&model), d("1030ms"));
    // With round trips of 20 ms known, R + 200 ms: at 5.22 s, and the call is answered.
    model.faults = vec![fault("4900ms", "200ms", LINK, json!({ "loss": { "share": 1.0 } }))];
    let took = shop_of(&model);
    assert!(took > d("249ms") && took < d("251ms"), "{took}");
}

#[test]
fn tcp_outlives_a_partition_by_doubling() {
    let mut model = metronome("30s");
    model.links[0].transport = tcp();
    model.faults = vec![fault("4900ms", "3s", LINK, json!({ "partition": {} }))];
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!(total(shop, Outcome::Ok), 29);
    // Tries 0, 0.22, 0.66, 1.54, 3.3 s after 5 s.
    let took = longest(shop);
    assert!(took > d("3320ms") && took < d("3350ms"), "{took}");
}

#[test]
fn who_cannot_connect_gives_up_after_127_s() {
    let mut model = metronome("200s");
    let per_attempt = Tcp { handshake: Handshake::PerAttempt, ..Tcp::default() };
    model.links[0].transport = Transport::Tcp(per_attempt);
    let record = simulate(&model, 1);
    // A round trip to connect, and one for the call.
    assert_eq!(longest(subject(&record, "shop")), d("50ms"));
    model.faults = vec![fault("50500ms", "149s", LINK, json!({ "partition": {} }))];
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!(total(shop, Outcome::Ok), 50);
    assert_eq!(longest(shop), d("127s"));
    assert_eq!(total(shop, Outcome::ConnectTimeout), 199 - 50 - 127);
    // Which makes 127 connections that wait for one call a second: 3,175 for 25.
    let open = subject(&record, "shop->payment").slices.iter().map(|s| s.in_flight_max).max();
    assert!(open == Some(127) || open == Some(128), "{open:?}");
}

#[test]
fn who_asks_for_a_connection_is_refused_at_once_by_whoever_is_there_and_not_by_a_machine_that_is_gone()
 {
    let service = Target::Service(ServiceId(0));
    let run = |what: Value| {
        let mut model = metronome("300s");
        let per_attempt = Tcp { handshake: Handshake::PerAttempt, ..Tcp::default() };
        model.links[0].transport = Transport::Tcp(per_attempt);
        model.faults = vec![fault("10500ms", "280s", service, what)];
        simulate(&model, 1)
    };
    for what in [json!({ "refuse": {} }), json!({ "crash": {} })] {
        let record = run(what.clone());
        let shop = subject(&record, "shop");
        let refused = total(shop, Outcome::Refused);
        assert_eq!(refused, 280, "{what}");
        assert_eq!(total(subject(&record, "payment"), Outcome::Refused), refused);
        // A round trip each; the 19 others one more and their work.
        let sum: u128 = shop.slices.iter().map(|slice| slice.response_time_sum_ns).sum();
        let answered = u128::from(total(shop, Outcome::Ok));
        assert_eq!(sum, u128::from(refused) * 20_000_000 + answered * 50_000_000, "{what}");
    }
    let gone = run(json!({ "crash": { "silent": true } }));
    let shop = subject(&gone, "shop");
    assert_eq!(longest(shop), d("127s"));
    // Of those whose 127 s are over, and the requests that come while it is gone do not come there.
    assert_eq!(total(shop, Outcome::ConnectTimeout), 299 - 10 - 127);
    assert_eq!(total(subject(&gone, "payment"), Outcome::Lost), 0);
}

#[test]
fn a_message_of_many_segments_is_late_if_one_is() {
    let mut model = busy(500.0, "100s");
    model.links[0].loss = Loss::Independent(0.01);
    model.links[0].transport = tcp();
    model.links[0].sizes = Sizes { request: Bytes(0), answer: Bytes(3 * 1_460) };
    let late = share_above(subject(&simulate(&model, 1), "shop"), d("100ms"));
    // Three segments and one: too few behind any to tell of a loss.
    assert!((late - (1.0 - libm::pow(0.99, 4.0))).abs() < 0.003, "{late}");
    // Of ten, only losses among the last three are not told of; of others, those behind tell.
    model.links[0].sizes.answer = Bytes(10 * 1_460);
    let late = share_above(subject(&simulate(&model, 1), "shop"), d("100ms"));
    assert!((late - (1.0 - libm::pow(0.99, 4.0))).abs() < 0.003, "{late}");
    let told = share_above(subject(&simulate(&model, 1), "shop"), d("4500us"));
    assert!((told - (1.0 - libm::pow(0.99, 11.0))).abs() < 0.005, "{told}");
}

#[test]
fn a_narrow_link_queues_and_drops() {
    let burst = Arrivals::Bursts { size: 4, every: d("1s"), spread: SimDuration::ZERO };
    let load = Load::Open(OpenLoad { clients: 4, arrivals: burst });
    let mut model = one_service(load, None, None, "0s");
    model.length = d("1900ms");
    model.links[0].sizes = Sizes { request: Bytes(10_000), answer: Bytes(0) };
    model.links[0].bandwidth = Some(Bandwidth { rate: ByteRate(100_000), queue: None });
    let record = simulate(&model, 1);
    let sum: u128 = subject(&record, "shop").slices.iter().map(|s| s.response_time_sum_ns).sum();
    assert_eq!(sum, (100 + 200 + 300 + 400) * 1_000_000);
    // With room for two, the others are dropped.
    model.links[0].bandwidth.as_mut().unwrap().queue = Some(Bytes(20_000));
    timed_out(&mut model, "500ms");
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!((total(shop, Outcome::Ok), total(shop, Outcome::Timeout)), (2, 2));
}

#[test]
fn who_stood_still_for_long_is_still_sent_again() {
    let mut model = metronome("20s");
    let impatient = Tcp { give_up: Some(d("1s")), ..Tcp::default() };
    let lossy = json!({ "loss": { "share": 1.0, "direction": "requests" } });
    model.links[0].transport = Transport::Tcp(impatient);
    model.faults = vec![
        fault("2500ms", "3s", LINK, json!({ "stall": {} })),
        fault("5400ms", "300ms", LINK, lossy),
    ];
    // Those of 3, 4 and 5 s go on at 5.5 s, are lost, and come through before another second is over.
    let shop = &simulate(&model, 1);
    assert_eq!(total(subject(shop, "shop"), Outcome::Lost), 0);
    assert!(longest(subject(shop, "shop")) > d("2700ms"));
}

#[test]
fn what_stands_still_goes_on_when_the_fault_is_withdrawn() {
    let mut model = metronome("10s");
    model.faults = vec![fault("2500ms", "3s", LINK, json!({ "stall": {} }))];
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!(total(shop, Outcome::Ok), 9);
    // The call at 3 s waits until 5.5 s.
    assert_eq!(longest(shop), d("2530ms"));
    assert_eq!(record.faults[0].hits, 3);
}

#[test]
fn latency_grows_along_a_ramp() {
    let mut model = metronome("12s");
    let slow = json!({ "latency": { "add": "1s", "factor": 3.0 } });
    model.faults = vec![fault("500ms", "10s", LINK, slow)];
    let plain = simulate(&model, 1);
    assert_eq!(longest(subject(&plain, "shop")), d("2070ms"));
    model.faults[0].ramp = d("10s");
    let shop = &simulate(&model, 1);
    // At 1 s a twentieth there, and a little more back.
    let first =
        subject(shop, "shop").slices.iter().map(|s| s.response_time_max_ns).find(|m| *m > 0);
    let first = SimDuration::from_nanos(first.unwrap());
    assert!(first > d("132ms") && first < d("150ms"), "{first}");
    let one_way = json!({ "latency": { "add": "1s", "direction": "answers" } });
    model.faults = vec![fault("500ms", "10s", LINK, one_way)];
    assert_eq!(longest(subject(&simulate(&model, 1), "shop")), d("1030ms"));
}

#[test]
fn attempts_fail_on_their_way_as_the_fault_says() {
    for (what, outcome, takes) in [
        (json!({ "refuse": {} }), Outcome::Refused, "20ms"),
        (json!({ "reset": {} }), Outcome::Reset, "20ms"),
        (json!({ "dns": {} }), Outcome::Unresolved, "0s"),
        (json!({ "dns": { "after": "300ms" } }), Outcome::Unresolved, "300ms"),
        (json!({ "stale-dns": { "meets": "refusal" } }), Outcome::Refused, "20ms"),
        (json!({ "stale-dns": {} }), Outcome::Lost, "127s"),
        (json!({ "drop": {} }), Outcome::Lost, "127s"),
    ] {
        let mut model = metronome("140s");
        model.faults = vec![fault("500ms", "4s", LINK, what.clone())];
        let record = simulate(&model, 1);
        let shop = subject(&record, "shop");
        assert_eq!(total(shop, outcome), 4, "{what}");
        assert_eq!(longest(shop), d("30ms").max(d(takes)), "{what}");
        assert_eq!(subject(&record, "payment").arrivals_per_bin.iter().sum::<u32>(), 135);
        assert_eq!((record.faults[0].hits, record.faults[0].instances), (4, 1));
    }
}

#[test]
fn a_reset_cuts_those_off_who_wait_and_the_work_goes_on() {
    for (abandoned, cancelled) in [(Abandoned::NotTold, 0), (Abandoned::Cancelled, 1)] {
        let mut model = metronome("5s");
        model.endpoints[0].steps = vec![Step::Work(dist("500ms"))];
        model.edges[0].policy.abandoned = abandoned;
        model.faults = vec![fault("2200ms", "100ms", LINK, json!({ "reset": {} }))];
        let record = simulate(&model, 1);
        let (shop, payment) = (subject(&record, "shop"), subject(&record, "payment"));
        assert_eq!((total(shop, Outcome::Reset), total(shop, Outcome::Ok)), (1, 3));
        assert_eq!(total(payment, Outcome::Cancelled), cancelled);
        assert_eq!(total(payment, Outcome::OkLate), 1 - cancelled);
    }
}

#[test]
fn a_partition_of_answers_lets_the_work_be_done() {
    let mut model = metronome("10s");
    timed_out(&mut model, "500ms");
    let answers = json!({ "partition": { "direction": "answers" } });
    model.faults = vec![fault("2500ms", "3s", LINK, answers)];
    let record = simulate(&model, 1);
    assert_eq!(total(subject(&record, "shop"), Outcome::Timeout), 3);
    assert_eq!(total(subject(&record, "payment"), Outcome::Ok), 9);
}

#[test]
fn a_share_of_the_callers_is_cut_off_always_the_same() {
    let load = Load::Open(OpenLoad {
        clients: 10,
        arrivals: Arrivals::Paced(RateProfile::constant(10.0), Start::Spread),
    });
    let mut model = one_service(load, None, None, "1ms");
    model.length = d("10050ms");
    timed_out(&mut model, "10ms");
    let partial = json!({ "partition": { "callers": 0.25 } });
    model.faults = vec![fault("0s", "11s", SERVICE, partial)];
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    // Three of ten, rounded up.
    assert_eq!((total(shop, Outcome::Timeout), total(shop, Outcome::Ok)), (30, 70));
}

fn pooled(what: Value, spares: bool) -> RunRecord {
    let mut model = metronome("20s");
    model.edges[0].policy = policy(json!([
        { "connection_pool": { "kind": { "plain": { "max_open": 1, "connect": "5ms" } } } },
        { "timeout": "500ms" },
    ]));
    model.faults = vec![fault("5500ms", "5s", LINK, what)];
    model.faults[0].spares_open_connections = spares;
    simulate(&model, 1)
}

#[test]
fn connections_that_were_open_before_may_miss_a_fault() {
    let failed = |record: &RunRecord| {
        let shop = subject(record, "shop");
        shop.slices.iter().map(|s| s.outcomes.failed()).sum::<u64>()
    };
    let drops = json!({ "drop": {} });
    // One connection serves every call: the fault is not seen at all.
    let spared = pooled(drops.clone(), true);
    assert_eq!((failed(&spared), spared.faults[0].hits), (0, 0));
    let met = pooled(drops, false);
    assert_eq!((failed(&met), met.faults[0].hits), (5, 5));
}
