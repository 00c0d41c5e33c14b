//! The network against arithmetic and probability: loss, TCP, bandwidth, and faults on links.

mod common;

use common::*;
use serde_json::{Value, json};
use sim_core::kernel::{ByteRate, Bytes, SimDuration};
use sim_core::model::network::*;
use sim_core::model::record::*;
use sim_core::model::spec::*;
use sim_core::model::watch::{Counted, Level, Side, Watch, Watched};
use sim_core::model::workload::*;
use sim_core::policy::{Abandoned, Outcome};

const LINK: Target = Target::Link(LinkId(0));
const SERVICE: Target = Target::Service(ServiceId(0));

fn total(subject: &SubjectRecord, outcome: Outcome) -> u64 {
    subject.slices.iter().map(|slice| slice.outcomes.of(outcome)).sum()
}

fn longest(subject: &SubjectRecord) -> SimDuration {
    SimDuration::from_nanos(subject.slices.iter().map(|s| s.response_time_max_ns).max().unwrap())
}

/// The share of a subject's ends that took longer than this.
fn share_above(subject: &SubjectRecord, time: SimDuration) -> f64 {
    let above: u64 = subject.slices.iter().map(|s| s.response_time.above(time.as_nanos())).sum();
    let all: u64 = subject.slices.iter().map(|s| s.outcomes.total()).sum();
    above as f64 / all as f64
}

/// One call a second, the first at 1 s; each takes a latency of 10 ms there, 10 ms of work, and
/// 10 ms back.
fn metronome(length: &str) -> Model {
    let load = Load::Open(OpenLoad {
        clients: 1,
        arrivals: Arrivals::Paced(RateProfile::constant(1.0), Start::Spread),
    });
    let mut model = one_service(load, None, None, "10ms");
    model.length = d(length);
    model.links[0].latency = dist("10ms");
    model
}

fn busy(per_second: f64, length: &str) -> Model {
    let mut model = one_service(poisson(per_second), None, None, "1ms");
    model.length = d(length);
    model.links[0].latency = dist("1ms");
    model
}

fn tcp() -> Transport {
    Transport::Tcp(Tcp::default())
}

fn timed_out(model: &mut Model, after: &str) {
    model.edges[0].policy = policy(json!([{ "timeout": after }]));
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
fn a_message_of_many_segments_is_late_if_one_is() {
    let mut model = busy(500.0, "100s");
    model.links[0].loss = Loss::Independent(0.01);
    model.links[0].transport = tcp();
    model.links[0].sizes = Sizes { request: Bytes(0), answer: Bytes(3 * 1_460) };
    let late = share_above(subject(&simulate(&model, 1), "shop"), d("100ms"));
    // Three segments and one: too few behind any to tell of a loss.
    assert!((late - (1.0 - 0.99_f64.powi(4))).abs() < 0.003, "{late}");
    // Of ten, only losses among the last three are not told of; of others, those behind tell.
    model.links[0].sizes.answer = Bytes(10 * 1_460);
    let late = share_above(subject(&simulate(&model, 1), "shop"), d("100ms"));
    assert!((late - (1.0 - 0.99_f64.powi(4))).abs() < 0.003, "{late}");
    let told = share_above(subject(&simulate(&model, 1), "shop"), d("4500us"));
    assert!((told - (1.0 - 0.99_f64.powi(11))).abs() < 0.005, "{told}");
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
    let sum: u128 =
        subject(&record, "shop").slices.iter().map(|s| s.response_time_sum_ns).sum();
    assert_eq!(sum, (100 + 200 + 300 + 400) * 1_000_000);
    // With room for two, the others are dropped.
    model.links[0].bandwidth.as_mut().unwrap().queue = Some(Bytes(20_000));
    timed_out(&mut model, "500ms");
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!((total(shop, Outcome::Ok), total(shop, Outcome::Timeout)), (2, 2));
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
    let first = subject(shop, "shop").slices.iter().map(|s| s.response_time_max_ns).find(|m| *m > 0);
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

/// Four instances in turn, asked once every 10 ms.
fn four_instances(length: &str) -> Model {
    let load = Load::Open(OpenLoad {
        clients: 1,
        arrivals: Arrivals::Paced(RateProfile::constant(100.0), Start::Spread),
    });
    let mut model = one_service(load, None, None, "1ms");
    model.length = d(length);
    model.services[0].instances = 4;
    timed_out(&mut model, "9ms");
    model
}

#[test]
fn a_fault_hits_the_instances_that_it_names() {
    let zone = Portion::Turn { nth: 1, of: 2 };
    for (portion, outcome, what) in [
        (Portion::First(1), Outcome::Refused, json!({ "refuse": {} })),
        (Portion::First(1), Outcome::Timeout, json!({ "partition": {} })),
        (zone, Outcome::Timeout, json!({ "slow": { "factor": 100.0 } })),
        (zone, Outcome::Refused, json!({ "crash": {} })),
    ] {
        let mut model = four_instances("10009500us");
        let target = Target::Instances(ServiceId(0), portion);
        model.faults = vec![fault("0s", "11s", target, what.clone())];
        let record = simulate(&model, 1);
        let hit = if portion == zone { 500 } else { 250 };
        assert_eq!(total(subject(&record, "shop"), outcome), hit, "{what}");
        assert_eq!(record.faults[0].instances, if portion == zone { 2 } else { 1 }, "{what}");
        assert_eq!(record.faults[0].services, ["payment".into()]);
    }
}

#[test]
fn health_checks_see_a_partition_only_where_they_are_cut_off_too() {
    for (sees, fails) in [(false, 250), (true, 25)] {
        let mut model = four_instances("10005ms");
        let check = json!({ "plain": {
            "interval": "1s", "timeout": "10ms", "unhealthy_threshold": 1, "healthy_threshold": 1,
        } });
        model.services[0].balancer.health_check = Some(serde_json::from_value(check).unwrap());
        let cut = json!({ "partition": { "health_checks": sees } });
        let target = Target::Instances(ServiceId(0), Portion::First(1));
        model.faults = vec![fault("5ms", "11s", target, cut)];
        let failed = total(subject(&simulate(&model, 1), "shop"), Outcome::Timeout);
        assert!(failed.abs_diff(fails) <= 2, "{sees}: {failed}");
    }
}

#[test]
fn a_share_of_the_traffic_is_the_same_calls_with_all_their_attempts() {
    let hit = |share, stages: &[(f64, &str)], attempts| {
        let mut model = busy(1_000.0, "30s");
        model.edges[0].policy = policy(json!([{ "retry": {
            "max_attempts": attempts, "backoff": { "fixed": { "delay": "20ms" } }
        } }]));
        let target = Target::CallsTo(ServiceId(0), share);
        let mut errors = fault("0s", "30s", target, json!({ "errors": { "share": 1.0 } }));
        let stage = |(share, lasts): &(f64, &str)| Stage { share: *share, lasts: d(lasts) };
        errors.stages = stages.iter().map(stage).collect();
        model.faults = vec![errors];
        let record = simulate(&model, 1);
        let shop = subject(&record, "shop");
        let failed = |from: usize, to: usize| -> f64 {
            let slices = &shop.slices[from..to];
            let of = |count: fn(&OutcomeCounts) -> u64| -> u64 {
                slices.iter().map(|s| count(&s.outcomes)).sum()
            };
            of(OutcomeCounts::failed) as f64 / of(OutcomeCounts::total) as f64
        };
        (failed(0, 10), failed(10, 20), failed(20, 30))
    };
    let near = |is: f64, should: f64| assert!((is - should).abs() < 0.015, "{is} {should}");
    // Retries do not help: the call is hit, not the attempt.
    near(hit(0.1, &[], 1).0, 0.1);
    near(hit(0.1, &[], 5).0, 0.1);
    let staged = hit(1.0, &[(0.1, "10s"), (0.5, "10s"), (1.0, "10s")], 1);
    near(staged.0, 0.1);
    near(staged.1, 0.5);
    near(staged.2, 1.0);
}

fn happenings(record: &RunRecord) -> Vec<(f64, Happened)> {
    let happenings = &record.faults[0].happenings;
    happenings.iter().map(|h| (h.at.as_secs_f64(), h.what)).collect()
}

#[test]
fn a_withdrawal_that_fails_leaves_a_residue() {
    let mut model = metronome("30s");
    let slow = json!({ "latency": { "add": "500ms", "direction": "requests" } });
    model.faults = vec![fault("5500ms", "5s", LINK, slow)];
    model.faults[0].withdrawal = Withdrawal { fails: 1.0, residue: 0.3 };
    let record = simulate(&model, 1);
    let took = |slice: usize| subject(&record, "shop").slices[slice].response_time_max_ns / 1_000_000;
    assert_eq!((took(4), took(8), took(15), took(28)), (30, 530, 180, 180));
    let failed = [(5.5, Happened::Started), (10.5, Happened::WithdrawalFailed)];
    assert_eq!(happenings(&record), failed);
    model.faults[0].withdrawal.fails = 0.0;
    let record = simulate(&model, 1);
    assert_eq!(happenings(&record), [(5.5, Happened::Started), (10.5, Happened::Withdrawn)]);
    // In so many of the runs.
    model.faults[0].withdrawal.fails = 0.5;
    let fails = (0..100).filter(|seed| {
        happenings(&simulate(&model, *seed))[1].1 == Happened::WithdrawalFailed
    });
    let fails = fails.count();
    assert!((35..=65).contains(&fails), "{fails}");
}

#[test]
fn instances_whose_fault_is_not_withdrawn_stay_dead() {
    let mut model = four_instances("20005ms");
    model.faults = vec![fault("5005ms", "5s", SERVICE, json!({ "crash": { "share": 0.5 } }))];
    model.faults[0].withdrawal = Withdrawal { fails: 1.0, residue: 0.5 };
    let record = simulate(&model, 1);
    let refused = |from: usize, to: usize| -> u64 {
        let slices = &subject(&record, "shop").slices[from..to];
        slices.iter().map(|s| s.outcomes.of(Outcome::Refused)).sum()
    };
    assert_eq!((refused(0, 5), refused(6, 10), refused(11, 20)), (0, 200, 225));
    let failed = [(5.005, Happened::Started), (10.005, Happened::WithdrawalFailed)];
    assert_eq!(happenings(&record), failed);
}

fn failed_share(bound: f64) -> Watch {
    Watch {
        text: "share(shop:failed, 5s) > …".into(),
        subject: 0,
        measure: Watched::Share(Counted::Failed),
        window: d("5s"),
        side: Side::Above,
        bound,
    }
}

#[test]
fn a_fault_is_stopped_when_its_condition_comes_true() {
    let mut model = busy(100.0, "60s");
    let half = json!({ "errors": { "share": 0.5 } });
    model.faults = vec![fault("20s", "30s", SERVICE, half)];
    model.faults[0].stop_when = Some(failed_share(0.19));
    let record = simulate(&model, 1);
    // Half of a second is a tenth of 5 s; two are a fifth.
    let stopped = happenings(&record);
    assert_eq!(stopped, [(20.0, Happened::Started), (22.0, Happened::Stopped)]);
    let failed = total(subject(&record, "shop"), Outcome::ServerError);
    assert!((70..=130).contains(&failed) && failed == record.faults[0].hits, "{failed}");
    // Never, where it does not come true, and whatever happened before the fault.
    model.faults[0].stop_when = Some(failed_share(0.7));
    let record = simulate(&model, 1);
    assert_eq!(happenings(&record), [(20.0, Happened::Started), (50.0, Happened::Withdrawn)]);
    assert_eq!(record.faults[0].hits, total(subject(&record, "shop"), Outcome::ServerError));
}

#[test]
fn what_is_seen_does_not_depend_on_how_the_axis_is_cut() {
    let mut model = busy(100.0, "60s");
    model.faults = vec![fault("20s", "30s", SERVICE, json!({ "errors": { "share": 0.5 } }))];
    model.faults[0].stop_when = Some(failed_share(0.3));
    let cut = |slice: &str| {
        let plan = MeasurePlan::new(model.length, d("10ms"), d(slice), &[at("20200ms")]);
        let seed = sim_core::model::RunSeed { seed: 1, replication: 0 };
        sim_core::model::run(&model, seed, &plan).faults
    };
    assert_eq!(cut("1s"), cut("7s"));
    assert_eq!(cut("1s"), cut("60s"));
}

#[test]
fn levels_and_slow_answers_are_watched_too() {
    let stops = |measure, bound| {
        let mut model = one_service(poisson(100.0), Some(1), None, "5ms");
        model.length = d("60s");
        model.faults = vec![fault("20s", "30s", SERVICE, json!({ "slow": { "factor": 10.0 } }))];
        let watch = Watch { measure, bound, subject: 2, window: d("1s"), ..failed_share(0.0) };
        model.faults[0].stop_when = Some(watch);
        happenings(&simulate(&model, 1))
    };
    // 80 a second too many: 200 wait within three seconds.
    let queue = stops(Watched::Max(Level::QueueLength), 200.0);
    assert!(queue[1].1 == Happened::Stopped && (22.0..=23.0).contains(&queue[1].0), "{queue:?}");
    let slow = stops(Watched::SlowerThan(d("100ms")), 0.5);
    assert_eq!(slow[1], (21.0, Happened::Stopped));
    let rate = stops(Watched::Rate(Counted::Arrivals), 1_000.0);
    assert_eq!(rate[1], (50.0, Happened::Withdrawn));
}

#[test]
fn a_stopped_crash_lets_its_instances_restart() {
    let mut model = four_instances("30005ms");
    let crash = json!({ "crash": { "share": 0.5, "restart": "1s" } });
    model.faults = vec![fault("10005ms", "15s", SERVICE, crash)];
    model.faults[0].stop_when = Some(failed_share(0.2));
    let record = simulate(&model, 1);
    let (at, what) = happenings(&record)[1];
    // Half of the calls fail: 20 % of 5 s after 2 s. The looks are at 5.005 s, 6.005 s, …
    assert!(what == Happened::Stopped && (12.0..=13.1).contains(&at), "{at}");
    let last = subject(&record, "shop").slices.iter().rposition(|s| s.outcomes.failed() > 0);
    // A second later they are back.
    assert_eq!(last, Some((at + 0.99) as usize));
    assert_eq!((record.faults[0].instances, record.faults[0].hits), (2, 0));
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

/// Six instances in three zones, asked from the first zone.
fn in_zones(zone_aware: bool) -> Model {
    let load = Load::Open(OpenLoad {
        clients: 1,
        arrivals: Arrivals::Paced(RateProfile::constant(1_000.0), Start::Spread),
    });
    let mut model = one_service(load, None, None, "1ms");
    model.length = d("20s");
    model.services[0].instances = 6;
    model.zones.count = 3;
    model.zones.of_clients = vec![Some(0)];
    model.zones.of_services = vec![vec![0, 1, 2]];
    model.zones.between = d("5ms");
    model.services[0].balancer.zone_aware =
        zone_aware.then(sim_core::policy::balancing::ZoneAware::default);
    model
}

#[test]
fn it_takes_longer_between_zones() {
    let record = simulate(&in_zones(false), 1);
    let far = share_above(subject(&record, "shop"), d("6ms"));
    assert!((far - 2.0 / 3.0).abs() < 0.001, "{far}");
    assert_eq!(longest(subject(&record, "shop")), d("11ms"));
}

#[test]
fn no_zone_gets_more_than_its_share_of_callers_from_one_zone() {
    // All callers are in a zone that has a third of the instances: Envoy keeps a third there.
    let record = simulate(&in_zones(true), 1);
    let far = share_above(subject(&record, "shop"), d("6ms"));
    assert!((far - 2.0 / 3.0).abs() < 0.02, "{far}");
}

#[test]
fn a_service_in_zones_asks_its_own_zone_first() {
    // shop -> api -> payment, both in three zones: nothing crosses between the two services.
    let mut model = in_zones(true);
    model.zones.of_services.push(vec![0, 1, 2]);
    model.zones.of_clients = vec![None];
    let mut api = model.services[0].clone();
    api.name = "api".into();
    api.endpoints = vec![EndpointId(1)];
    model.services.push(api);
    model.endpoints.push(EndpointSpec {
        name: "api".into(),
        service: ServiceId(1),
        pool: 0,
        steps: vec![Step::Call { edge: EdgeId(1), optional: false }],
    });
    let mut edge = model.edges[0].clone();
    edge.name = "api->payment".into();
    model.edges.push(edge);
    model.edges[0].to = EndpointId(1);
    let record = simulate(&model, 1);
    assert_eq!(longest(subject(&record, "api->payment")), d("1ms"));
    // A zone dies: health checks take its instances out, and the callers there ask the others.
    let check = json!({ "plain": {
        "interval": "100ms", "timeout": "10ms", "unhealthy_threshold": 1, "healthy_threshold": 1,
    } });
    model.services[0].balancer.health_check = Some(serde_json::from_value(check).unwrap());
    let zone = Target::Instances(ServiceId(0), Portion::Turn { nth: 1, of: 3 });
    model.faults = vec![fault("5s", "10s", zone, json!({ "crash": {} }))];
    let record = simulate(&model, 1);
    let calls = subject(&record, "api->payment");
    let refused: u64 = calls.slices[6..15].iter().map(|s| s.outcomes.of(Outcome::Refused)).sum();
    assert_eq!(refused, 0);
    let far: u64 = calls.slices[7..14].iter().map(|s| s.response_time.above(6_000_000)).sum();
    let all: u64 = calls.slices[7..14].iter().map(|s| s.outcomes.total()).sum();
    assert!((far as f64 / all as f64 - 1.0 / 3.0).abs() < 0.02, "{far} of {all}");
}
