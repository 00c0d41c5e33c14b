//! What faults hit, when, and what stops them; and zones.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

mod common;

use common::*;
use serde_json::json;
use sim_core::model::record::*;
use sim_core::model::spec::*;
use sim_core::model::watch::{Counted, Level, Side, Watch, Watched};
use sim_core::model::workload::*;
use sim_core::policy::{LateAnswers, Outcome};

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
    let took =
        |slice: usize| subject(&record, "shop").slices[slice].response_time_max_ns / 1_000_000;
    assert_eq!((took(4), took(8), took(15), took(28)), (30, 530, 180, 180));
    let failed = [(5.5, Happened::Started), (10.5, Happened::WithdrawalFailed)];
    assert_eq!(happenings(&record), failed);
    model.faults[0].withdrawal.fails = 0.0;
    let record = simulate(&model, 1);
    assert_eq!(happenings(&record), [(5.5, Happened::Started), (10.5, Happened::Withdrawn)]);
    // In so many of the runs.
    model.faults[0].withdrawal.fails = 0.5;
    let fails = (0..100)
        .filter(|seed| happenings(&simulate(&model, *seed))[1].1 == Happened::WithdrawalFailed);
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
    // A run that ends before that does not know of it.
    model.length = d("8s");
    assert_eq!(happenings(&simulate(&model, 1)), [(5.005, Happened::Started)]);
    // Nor does a fault whose condition brings its instances back before that.
    model.length = d("20005ms");
    model.faults[0].stop_when = Some(Watch { window: d("1s"), ..failed_share(0.3) });
    let stopped = happenings(&simulate(&model, 1));
    assert!(matches!(stopped[..], [(_, Happened::Started), (t, Happened::Stopped)] if t < 10.0));
}

#[test]
fn over_a_connection_that_was_reset_no_late_answer_comes() {
    let mut model = metronome("3500ms");
    // Calls at 1, 2 and 3 s; the first is under way when connections are reset, and tried again at once.
    model.edges[0].policy = policy(json!([{ "retry": {
        "max_attempts": 2, "backoff": { "fixed": { "delay": "300ms" } },
    } }]));
    model.edges[0].policy.late_answers = LateAnswers::Accepted;
    model.faults = vec![fault("1015ms", "100ms", LINK, json!({ "reset": {} }))];
    let record = simulate(&model, 1);
    let (shop, edge) = (subject(&record, "shop"), subject(&record, "shop->payment"));
    assert_eq!((total(shop, Outcome::Ok), total(edge, Outcome::Reset)), (3, 1));
    assert_eq!(longest(shop), d("345ms"));
    let good: u64 = edge.slices.iter().map(|slice| slice.goodput).sum();
    assert_eq!(good, 3);
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
