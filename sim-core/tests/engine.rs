//! The engine against arithmetic: small models whose course can be worked out by hand.

mod common;

use common::*;
use serde_json::json;
use sim_core::kernel::SimDuration;
use sim_core::model::network::Loss;
use sim_core::model::record::{RunEnd, Runaway, SubjectRecord};
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::policy::{Abandoned, LateAnswers, Outcome};

fn arrivals(subject: &SubjectRecord) -> u64 {
    subject.slices.iter().map(|slice| slice.arrivals).sum()
}

/// One call a second, the first at 1 s, for 10 s: nine calls start before the end.
fn metronome(demand: &str) -> Model {
    let load = Load::Open(OpenLoad {
        clients: 1,
        arrivals: Arrivals::Paced(RateProfile::constant(1.0), Start::Spread),
    });
    let mut model = one_service(load, Some(1), None, demand);
    model.length = d("10s");
    model
}

#[test]
fn a_call_takes_two_latencies_and_its_demand() {
    let mut model = metronome("200ms");
    model.links[0].latency = dist("50ms");
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!((arrivals(shop), total(shop, Outcome::Ok)), (9, 9));
    let longest = shop.slices.iter().map(|s| s.response_time_max_ns).max().unwrap();
    assert_eq!(SimDuration::from_nanos(longest), d("300ms"));
    let payment = subject(&record, "payment");
    let busy: u128 = payment.slices.iter().map(|s| s.busy_integral_ns).sum();
    assert_eq!(busy, 9 * 200_000_000);
    assert_eq!(payment.arrivals_per_bin.iter().sum::<u32>(), 9);
    assert_eq!(payment.arrivals_per_bin[105], 1);
}

#[test]
fn each_request_inside_makes_the_work_of_one_that_begins_longer() {
    let load = Load::Open(OpenLoad {
        clients: 1,
        arrivals: Arrivals::Bursts { size: 4, every: d("1s"), spread: SimDuration::ZERO },
    });
    let longest = |workers, length: &str| {
        let mut model = one_service(load.clone(), workers, None, "100ms");
        model.services[0].contention = d("10ms");
        model.length = d(length);
        let record = simulate(&model, 1);
        let shop = subject(&record, "shop");
        let sum: u128 = shop.slices.iter().map(|s| s.response_time_sum_ns).sum();
        (total(shop, Outcome::Ok), sum)
    };
    // Each finds those before it, and its work is not changed by those after it.
    assert_eq!(longest(None, "1.9s"), (4, (110 + 120 + 130 + 140) * 1_000_000));
    // With one worker the first begins alone; the others begin with all who still wait inside:
    // 3, 2, 1 with themselves.
    let (first, second, third, fourth) = (110, 110 + 130, 110 + 130 + 120, 110 + 130 + 120 + 110);
    assert_eq!(longest(Some(1), "1.9s"), (4, (first + second + third + fourth) * 1_000_000));
    // They leave no trace: the second burst is as the first.
    assert_eq!(longest(None, "2.9s"), (8, 2 * 500 * 1_000_000));
}

#[test]
fn a_slow_instance_is_slow_with_its_contention_too() {
    let mut model = metronome("100ms");
    model.services[0].contention = d("100ms");
    let slow = json!({ "slow": { "factor": 3.0 } });
    model.faults = vec![fault("0s", "10s", Target::Service(ServiceId(0)), slow)];
    let record = simulate(&model, 1);
    let longest = subject(&record, "shop").slices.iter().map(|s| s.response_time_max_ns).max();
    assert_eq!(longest, Some(600_000_000));
}

#[test]
fn refused_calls_are_retried_until_the_attempts_are_used_up() {
    let mut model = metronome("1ms");
    model.edges[0].policy = policy(json!([{ "retry": {
        "max_attempts": 3, "backoff": { "fixed": { "delay": "100ms" } }
    } }]));
    model.faults = vec![fault("1.5s", "2s", Target::Service(ServiceId(0)), json!({"refuse": {}}))];
    let record = simulate(&model, 1);
    let (shop, edge) = (subject(&record, "shop"), subject(&record, "shop->payment"));
    assert_eq!((total(shop, Outcome::Ok), total(shop, Outcome::Refused)), (7, 2));
    assert_eq!(total(edge, Outcome::Refused), 6);
    assert_eq!(edge.slices.iter().map(|s| s.retries).sum::<u64>(), 4);
    // The last of three attempts 200 ms after the first, and no wait after it.
    let longest = shop.slices.iter().map(|s| s.response_time_max_ns).max().unwrap();
    assert_eq!(SimDuration::from_nanos(longest), d("200ms"));
}

#[test]
fn abandoned_work_is_done_all_the_same_unless_it_is_cancelled() {
    for (abandoned, busy_ms, late, cancelled) in
        [(Abandoned::NotTold, 9 * 800, 9, 0), (Abandoned::Cancelled, 9 * 500, 0, 9)]
    {
        let mut model = metronome("800ms");
        model.edges[0].policy = policy(json!([{ "timeout": "500ms" }]));
        model.edges[0].policy.abandoned = abandoned;
        let record = simulate(&model, 1);
        let payment = subject(&record, "payment");
        assert_eq!(total(subject(&record, "shop"), Outcome::Timeout), 9);
        assert_eq!(total(payment, Outcome::OkLate), late);
        assert_eq!(total(payment, Outcome::Cancelled), cancelled);
        let busy: u128 = payment.slices.iter().map(|s| s.busy_integral_ns).sum();
        let wasted: u128 = payment.slices.iter().map(|s| s.wasted_ns).sum();
        assert_eq!(busy, busy_ms * 1_000_000);
        assert_eq!(wasted, busy);
        assert_eq!(payment.slices.iter().map(|s| s.goodput).sum::<u64>(), 0);
    }
}

#[test]
fn a_late_answer_ends_the_call_where_the_policy_accepts_it() {
    for (late_answers, outcome) in
        [(LateAnswers::Dropped, Outcome::Timeout), (LateAnswers::Accepted, Outcome::Ok)]
    {
        let mut model = metronome("600ms");
        model.services[0].pools[0].workers = None;
        model.edges[0].policy = policy(json!([
            { "retry": { "max_attempts": 2, "backoff": { "immediate": {} } } },
            { "timeout": "400ms" },
        ]));
        model.edges[0].policy.late_answers = late_answers;
        let record = simulate(&model, 1);
        assert_eq!(total(subject(&record, "shop"), outcome), 9);
    }
}

#[test]
fn a_full_queue_overflows_and_lifo_serves_the_newest() {
    let burst = Arrivals::Bursts { size: 4, every: d("1s"), spread: SimDuration::ZERO };
    let load = Load::Open(OpenLoad { clients: 4, arrivals: burst });
    let mut model = one_service(load, Some(1), Some(2), "100ms");
    model.length = d("1.9s");
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!((total(shop, Outcome::Ok), total(shop, Outcome::Overflow)), (3, 1));
    assert_eq!(subject(&record, "payment").slices[1].queue_max, 2);
}

#[test]
fn a_deadline_counts_from_the_start_of_the_call_and_stops_retries_that_would_pass_it() {
    let mut model = metronome("1ms");
    model.edges[0].policy = policy(json!([
        { "deadline": "250ms" },
        { "retry": { "max_attempts": 10, "backoff": { "fixed": { "delay": "100ms" } } } },
    ]));
    model.faults = vec![fault("0s", "10s", Target::Service(ServiceId(0)), json!({"refuse": {}}))];
    let record = simulate(&model, 1);
    // Attempts at 0, 100 and 200 ms; the next could only start at 300 ms.
    assert_eq!(arrivals(subject(&record, "shop->payment")), 27);
    assert_eq!(total(subject(&record, "shop"), Outcome::Refused), 9);
}

#[test]
fn a_hanging_service_holds_its_workers_until_the_fault_ends() {
    let mut model = metronome("1ms");
    model.services[0].pools[0].workers = Some(2);
    model.faults = vec![fault("1.5s", "4s", Target::Service(ServiceId(0)), json!({"hang": {}}))];
    let record = simulate(&model, 1);
    let payment = subject(&record, "payment");
    // Calls at 2 and 3 s take the two workers, those at 4 and 5 s wait; all are done at 5.5 s.
    assert_eq!(payment.slices[5].queue_max, 2);
    assert_eq!(total(subject(&record, "shop"), Outcome::Ok), 9);
    assert_eq!(payment.slices[4].busy_integral_ns, 2_000_000_000);
}

#[test]
fn a_crash_resets_what_is_inside_and_refuses_until_the_restart() {
    let mut model = metronome("700ms");
    let crash = json!({ "crash": { "restart": "2s" } });
    model.faults = vec![fault("2.5s", "1s", Target::Service(ServiceId(0)), crash)];
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    // The call of 2 s is reset, those of 3, 4 and 5 s are refused: it is up again at 5.5 s.
    assert_eq!((total(shop, Outcome::Reset), total(shop, Outcome::Refused)), (1, 3));
}

#[test]
fn an_overrun_instance_crashes_and_restarts_cold() {
    let burst = Arrivals::Bursts { size: 5, every: d("1s"), spread: SimDuration::ZERO };
    let load = Load::Open(OpenLoad { clients: 1, arrivals: burst });
    let mut model = one_service(load, Some(1), None, "10ms");
    model.length = d("3.9s");
    model.services[0].overrun = Some(Overrun { requests_above: 4, restart: d("1.5s") });
    model.services[0].cold_start = Some(ColdStart { factor: 3.0, warm_up: d("10s") });
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    // At 1 s the fifth request overruns it; at 2 s it is down; at 3 s it is overrun again.
    assert_eq!((total(shop, Outcome::Reset), total(shop, Outcome::Refused)), (10, 5));
}

#[test]
fn a_lost_message_is_given_up_by_the_operating_system() {
    let mut model = metronome("1ms");
    model.links[0].loss = Loss::Independent(1.0);
    model.links[0].give_up = d("3s");
    let record = simulate(&model, 1);
    assert_eq!(total(subject(&record, "shop"), Outcome::Lost), 6);
    assert_eq!(subject(&record, "shop->payment").slices[8].in_flight_max, 3);
    assert_eq!(arrivals(subject(&record, "payment")), 0);
}

/// `shop -> api -> payment`, with one worker in the api.
fn two_tiers(mode: ServiceMode) -> Model {
    let mut model = metronome("100ms");
    let mut api = model.services[0].clone();
    api.name = "api".into();
    api.mode = mode;
    api.endpoints = vec![EndpointId(1)];
    model.services.push(api);
    model.services[0].pools[0].workers = None;
    model.endpoints.push(EndpointSpec {
        name: "api".into(),
        service: ServiceId(1),
        pool: 0,
        steps: vec![Step::Work(dist("50ms")), Step::Call { edge: EdgeId(1), optional: false }],
    });
    let mut edge = model.edges[0].clone();
    edge.name = "api->payment".into();
    model.edges.push(edge);
    model.edges[0].to = EndpointId(1);
    model.edges[0].name = "shop->api".into();
    model
}

#[test]
fn a_blocking_service_holds_its_worker_through_the_call_and_an_async_one_does_not() {
    for (mode, busy_ms) in [(ServiceMode::Blocking, 150), (ServiceMode::Async, 50)] {
        let record = simulate(&two_tiers(mode), 1);
        assert_eq!(total(subject(&record, "shop"), Outcome::Ok), 9);
        let api = subject(&record, "api");
        let busy: u128 = api.slices.iter().map(|s| s.busy_integral_ns).sum();
        assert_eq!(busy, 9 * busy_ms * 1_000_000, "{mode:?}");
    }
}

#[test]
fn a_failed_call_fails_its_handler_unless_it_is_optional() {
    for (optional, outcome) in [(false, Outcome::ServerError), (true, Outcome::Ok)] {
        let mut model = two_tiers(ServiceMode::Blocking);
        model.endpoints[1].steps[1] = Step::Call { edge: EdgeId(1), optional };
        let refuse = json!({"refuse": {}});
        model.faults = vec![fault("0s", "10s", Target::Service(ServiceId(0)), refuse)];
        assert_eq!(total(subject(&simulate(&model, 1), "shop"), outcome), 9);
    }
}

#[test]
fn cancelling_a_request_cancels_the_call_of_its_handler() {
    let mut model = two_tiers(ServiceMode::Blocking);
    for edge in &mut model.edges {
        edge.policy.abandoned = Abandoned::Cancelled;
    }
    model.edges[0].policy.layers = policy(json!([{ "timeout": "100ms" }])).layers;
    let record = simulate(&model, 1);
    assert_eq!(total(subject(&record, "api"), Outcome::Cancelled), 9);
    assert_eq!(total(subject(&record, "payment"), Outcome::Cancelled), 9);
    assert_eq!(total(subject(&record, "api->payment"), Outcome::Cancelled), 9);
}

#[test]
fn of_two_writers_who_read_the_same_version_one_wins() {
    let burst = Arrivals::Bursts { size: 2, every: d("1s"), spread: SimDuration::ZERO };
    let mut model = two_tiers(ServiceMode::Blocking);
    model.clients[0].load = Load::Open(OpenLoad { clients: 2, arrivals: burst });
    model.services[1].pools[0].workers = None;
    model.rows = vec!["item".into()];
    model.endpoints[0].steps = vec![Step::Read(RowId(0))];
    let mut write = model.endpoints[0].clone();
    write.name = "payment.write".into();
    write.steps = vec![Step::WriteIfUnchanged(RowId(0))];
    model.endpoints.push(write);
    model.services[0].endpoints.push(EndpointId(2));
    let mut edge = model.edges[1].clone();
    edge.to = EndpointId(2);
    edge.name = "api->payment.write".into();
    model.edges.push(edge);
    model.endpoints[1].steps = vec![
        Step::Call { edge: EdgeId(1), optional: false },
        Step::Call { edge: EdgeId(2), optional: false },
    ];
    let record = simulate(&model, 1);
    let shop = subject(&record, "shop");
    assert_eq!((total(shop, Outcome::Ok), total(shop, Outcome::ServerError)), (9, 9));
    assert_eq!(total(subject(&record, "api->payment.write"), Outcome::ClientError), 9);
}

#[test]
fn a_spike_adds_calls_and_leaves_those_of_the_normal_load_alone() {
    let mut model = one_service(poisson(100.0), None, None, "1ms");
    let normal = simulate(&model, 5);
    let spike = json!({ "spike": { "factor": 3.0 } });
    model.faults = vec![fault("20s", "20s", Target::Client(ClientId(0)), spike)];
    let spiked = simulate(&model, 5);
    let rate = |record: &_, range: std::ops::Range<usize>| {
        let slices = &subject(record, "shop").slices[range];
        slices.iter().map(|s| s.arrivals as f64).sum::<f64>() / slices.len() as f64
    };
    assert_eq!(rate(&normal, 0..20), rate(&spiked, 0..20));
    assert_eq!(rate(&normal, 40..100), rate(&spiked, 40..100));
    // 4,000 calls are expected on top; 4.5 standard errors of a Poisson count are 285.
    let extra = (rate(&spiked, 20..40) - rate(&normal, 20..40)) * 20.0;
    assert!((extra - 4000.0).abs() < 285.0, "{extra}");
}

#[test]
fn a_spike_on_bursts_makes_them_larger_while_it_lasts() {
    let (size, every, spread) = (10, d("1s"), d("0s"));
    let load =
        Load::Open(OpenLoad { clients: 1, arrivals: Arrivals::Bursts { size, every, spread } });
    let mut model = one_service(load, None, None, "1ms");
    let spike = json!({ "spike": { "factor": 3.0 } });
    let mut spike = fault("20s", "20s", Target::Client(ClientId(0)), spike);
    spike.ramp = d("10s");
    model.faults = vec![spike];
    let record = simulate(&model, 5);
    let calls: Vec<u64> = subject(&record, "shop").slices.iter().map(|s| s.arrivals).collect();
    assert_eq!(calls[19], 10);
    assert_eq!(calls[20], 10, "the ramp starts from nothing");
    assert_eq!(calls[25], 20, "half of the way up");
    assert_eq!(calls[30..40], [30; 10]);
    assert_eq!(calls[40..50], [10; 10]);
}

#[test]
fn a_spike_on_a_closed_loop_adds_users_who_leave_when_it_ends() {
    let mut model = one_service(closed(100, "exp(1s)"), None, None, "1ms");
    let spike = json!({ "spike": { "factor": 2.0 } });
    model.faults = vec![fault("20s", "20s", Target::Client(ClientId(0)), spike)];
    let record = simulate(&model, 5);
    let calls = |range: std::ops::Range<usize>| -> u64 {
        subject(&record, "shop").slices[range].iter().map(|s| s.arrivals).sum()
    };
    // About 100, 200, then 100 calls a second.
    assert!((1850..2150).contains(&calls(0..20)), "{}", calls(0..20));
    assert!((3800..4350).contains(&calls(20..40)), "{}", calls(20..40));
    assert!((1850..2150).contains(&calls(45..65)), "{}", calls(45..65));
}

#[test]
fn a_run_that_runs_away_ends_as_aborted() {
    let mut model = one_service(poisson(1000.0), Some(1), None, "10ms");
    model.limits = Limits { events: 10_000_000, in_flight: 5_000 };
    let RunEnd::Aborted { place, cause, .. } = simulate(&model, 1).end else {
        panic!("it has to be given up");
    };
    assert_eq!((&*place, cause), ("payment", Runaway::InFlight));
    model.limits = Limits { events: 5_000, in_flight: 5_000_000 };
    assert!(matches!(simulate(&model, 1).end, RunEnd::Aborted { cause: Runaway::Events, .. }));
}
