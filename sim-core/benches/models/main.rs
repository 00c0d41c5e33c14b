//! The models that engines are compared by, with everything that Squall does around them (keyed
//! draws, slices, rates at 10 ms, histograms, policy layers), each beside its yardstick.
//!
//! The mean response time of each is checked, so that a fast wrong engine is seen.

#![allow(clippy::unwrap_used)]

#[path = "../common/memory.rs"]
mod memory;
#[path = "../common/paired.rs"]
mod paired;
#[path = "../common/plain_heap.rs"]
mod plain_heap;
#[path = "../common/split_mix.rs"]
mod split_mix;
mod yardstick;

use paired::{ROUNDS, compare, is_picked, is_test};
use sim_core::kernel::{Distribution, SimDuration};
use sim_core::model::record::{MeasurePlan, RunRecord};
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::model::{RunSeed, run};
use sim_core::policy::backoff::{Backoff, immediate::Immediate};
use sim_core::policy::balancing::Balancing;
use sim_core::policy::limiter::RetryAfter;
use sim_core::policy::{OutcomeSet, Policy, ResolvedLayer, ResolvedPolicy, RetryPolicy};
use yardstick::Answer;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

fn distribution(text: &str) -> Distribution {
    Distribution::try_from(text.to_string()).unwrap_or(Distribution::Constant(SimDuration::ZERO))
}

fn service(name: &str, workers: u32, endpoint: u16) -> ServiceSpec {
    let queue = QueueSpec { discipline: Discipline::Fifo, capacity: None };
    ServiceSpec {
        name: name.into(),
        instances: 1,
        balancer: Balancing::default(),
        mode: ServiceMode::Async,
        limits: Vec::new(),
        pools: vec![PoolSpec {
            name: "main".into(),
            workers: Some(workers),
            queue,
            shedding: None,
        }],
        endpoints: vec![EndpointId(endpoint)],
        overrun: None,
        cold_start: None,
        contention: SimDuration::ZERO,
        deadlines: Deadlines::Ignored,
    }
}

fn edge(name: &str, to: u16, policy: &ResolvedPolicy) -> EdgeSpec {
    EdgeSpec {
        name: name.into(),
        to: EndpointId(to),
        policy: policy.clone(),
        link: LinkId(0),
        substitutes: Vec::new(),
        priority: None,
    }
}

fn network() -> Vec<LinkSpec> {
    let give_up = SimDuration::from_secs(127);
    vec![LinkSpec { give_up, ..LinkSpec::named("network") }]
}

fn one_service(load: Load, workers: u32, demand: &str, policy: &ResolvedPolicy) -> Model {
    Model {
        clients: vec![ClientSpec { name: "clients".into(), load, edge: EdgeId(0) }],
        services: vec![ServiceSpec {
            mode: ServiceMode::Blocking,
            ..service("server", workers, 0)
        }],
        endpoints: vec![EndpointSpec {
            name: "server".into(),
            service: ServiceId(0),
            pool: 0,
            steps: vec![Step::Work(distribution(demand))],
        }],
        edges: vec![edge("clients->server", 0, policy)],
        links: network(),
        ..Model::default()
    }
}

/// λ = 900/s, μ = 1,000/s: mean response time 10 ms.
fn mm1(seconds: u64) -> Model {
    let arrivals = Arrivals::Poisson(RateProfile::constant(900.0));
    let load = Load::Open(OpenLoad { clients: 1, arrivals });
    let model = one_service(load, 1, "exp(1ms)", &ResolvedPolicy::default());
    Model { length: SimDuration::from_secs(seconds), ..model }
}

/// Another try at once after a timeout of 200 ms.
fn impatient() -> ResolvedPolicy {
    let layers = vec![
        ResolvedLayer::Retry(RetryPolicy {
            max_attempts: None,
            backoff: Backoff::Immediate(Immediate {}),
            on: OutcomeSet::RETRYABLE,
            retry_after: RetryAfter::Ignored,
            budget: None,
        }),
        ResolvedLayer::Timeout(SimDuration::from_millis(200)),
    ];
    ResolvedPolicy { layers, ..ResolvedPolicy::default() }
}

/// The same with everything around it that a careful caller has, none of which ever holds a call back.
fn whole_stack() -> ResolvedPolicy {
    let policy: Policy = serde_json::from_value(serde_json::json!({ "layers": [
        { "fallback": { "chain": [{ "value": {} }] } },
        { "deadline": "10s" },
        { "bulkhead": { "kind": { "semaphore": { "max_concurrent": 400 } } } },
        { "breaker": { "preset": "resilience4j" } },
        { "retry": { "max_attempts": "unlimited", "backoff": { "immediate": {} },
            "budget": { "kind": { "grpc": {} } } } },
        { "timeout": "200ms" },
    ] }))
    .unwrap();
    policy.resolve().unwrap()
}

fn users(users: u32) -> Load {
    let think = distribution("exp(100ms)");
    Load::Closed(ClosedLoad { users, think, start: Start::Spread, calls_per_user: None })
}

/// One worker to eight users, exp(20 ms), think exp(100 ms), a timeout of 200 ms and another try at
/// once: a mean response time of 60 ms for 400 users.
fn retry_client(clients: u32, milliseconds: u64, policy: &ResolvedPolicy) -> Model {
    let model = one_service(users(clients), clients / 8, "exp(20ms)", policy);
    Model { length: SimDuration::from_millis(milliseconds), ..model }
}

/// Ten services, five in front of five: a call works for exp(20 ms) in front and makes a call to
/// the back that works for exp(10 ms) there, each with a timeout of 200 ms and another try at once.
fn ten_services(clients: u32, milliseconds: u64) -> Model {
    let front = |i: u16| Step::Call { edge: EdgeId(5 + i), optional: false };
    let policy = impatient();
    let endpoint = |i: u16, steps| EndpointSpec {
        name: format!("service{i}").into(),
        service: ServiceId(i),
        pool: 0,
        steps,
    };
    let (long, short) = (distribution("exp(20ms)"), distribution("exp(10ms)"));
    Model {
        length: SimDuration::from_millis(milliseconds),
        clients: (0..5)
            .map(|i| ClientSpec {
                name: format!("clients{i}").into(),
                load: users(clients / 5),
                edge: EdgeId(i),
            })
            .collect(),
        services: (0..10)
            .map(|i| service(&format!("service{i}"), clients / 5 / if i < 5 { 6 } else { 12 }, i))
            .collect(),
        endpoints: (0..5)
            .map(|i| endpoint(i, vec![Step::Work(long.clone()), front(i)]))
            .chain((5..10).map(|i| endpoint(i, vec![Step::Work(short.clone())])))
            .collect(),
        edges: (0..5)
            .map(|i| edge(&format!("clients{i}->service{i}"), i, &policy))
            .chain((0..5).map(|i| edge(&format!("service{i}->service{}", i + 5), i + 5, &policy)))
            .collect(),
        links: network(),
        ..Model::default()
    }
}

fn simulate(model: &Model) -> RunRecord {
    let (bin, slice) = (SimDuration::from_millis(10), SimDuration::from_secs(1));
    let plan = MeasurePlan::new(model.length, bin, slice, &[]);
    run(model, RunSeed { seed: 1, replication: 0 }, &plan)
}

/// How many calls of clients ended, and their mean response time.
fn answer(model: &Model, record: &RunRecord) -> Answer {
    let clients = || record.subjects[..model.clients.len()].iter().flat_map(|s| &s.slices);
    let operations = clients().map(|slice| slice.outcomes.total()).sum();
    let sum: u128 = clients().map(|slice| slice.response_time_sum_ns).sum();
    Answer { operations, mean_ms: sum as f64 / operations as f64 / 1e6 }
}

fn check(name: &str, answer: &Answer, right_ms: f64) {
    let mean = answer.mean_ms;
    // A short run of M/M/1 has seen too little to be close.
    let tolerance = if is_test() { 0.6 } else { 0.1 };
    assert!((mean / right_ms - 1.0).abs() < tolerance, "{name}: a mean of {mean} ms is wrong");
}

/// Two events each customer, which is how the yardstick counts them.
fn compare_mm1(seconds: u64) {
    let (name, model) = ("M/M/1, per event", mm1(seconds));
    let checked = |answer: Answer, events: u64| {
        check(name, &answer, 10.0);
        events
    };
    compare(
        name,
        ROUNDS,
        || {
            let answer = yardstick::mm1(seconds);
            let events = answer.operations;
            checked(answer, events)
        },
        || {
            let answer = answer(&model, &simulate(&model));
            let events = 2 * answer.operations;
            checked(answer, events)
        },
    );
}

/// A comparison of as many clients as this takes too long to be run often.
const FEW_ROUNDS: usize = 3;

fn compare_retry_client(
    name: &str,
    model: &Model,
    (clients, milliseconds): (u32, u64),
    right_ms: f64,
) {
    let checked = |answer: Answer| {
        check(name, &answer, right_ms);
        answer.operations
    };
    let rounds = if clients > 100_000 { FEW_ROUNDS } else { ROUNDS };
    let theirs = || checked(yardstick::retry_client(clients, milliseconds));
    compare(name, rounds, theirs, || checked(answer(model, &simulate(model))));
}

/// Beside the retry client of as many clients, which makes half as many requests a call.
fn compare_ten_services(name: &str, clients: u32, milliseconds: u64) {
    let model = ten_services(clients, milliseconds);
    let rounds = if clients > 100_000 { FEW_ROUNDS } else { ROUNDS };
    let theirs = || yardstick::retry_client(clients, milliseconds).operations;
    let edges = model.clients.len()..model.clients.len() + model.edges.len();
    compare(name, rounds, theirs, || {
        let record = simulate(&model);
        let slices = record.subjects[edges.clone()].iter().flat_map(|s| &s.slices);
        slices.map(|slice| slice.outcomes.total()).sum()
    });
}

fn report_memory(name: &str, clients: u32, model: &Model) {
    if is_picked("memory") {
        let (_, peak, _) = memory::used(|| simulate(model));
        let (mebibytes, each) =
            (peak as f64 / f64::from(1 << 20), peak as f64 / f64::from(clients));
        println!("memory: {name:<36} {mebibytes:>8.1} MiB at most, {each:.0} bytes a client");
    }
}

fn main() {
    let (many, seconds, milliseconds) =
        if is_test() { (10_000, 20, 400) } else { (1_000_000, 1_000, 1_000) };
    compare_mm1(seconds);
    let (few, long) = (400, 1_000 * seconds);
    let model = retry_client(few, long, &impatient());
    compare_retry_client("retry client, per request", &model, (few, long), 60.0);
    let model = retry_client(few, long, &whole_stack());
    compare_retry_client("whole policy stack, per request", &model, (few, long), 60.0);
    let model = retry_client(many, milliseconds, &impatient());
    compare_retry_client("retry client, 1e6 clients", &model, (many, milliseconds), 55.0);
    compare_ten_services("ten services, 1e6 clients", many, milliseconds);
    report_memory("retry client", many, &model);
    report_memory("ten services", many, &ten_services(many, milliseconds));
}
