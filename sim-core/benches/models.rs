//! The models that engines are compared by: M/M/1 and the retry client, with everything that
//! Squall does around them (keyed draws, slices, rates at 10 ms, histograms, policy layers).
//!
//! The mean response time of each is checked first, so that a fast wrong engine is seen.

#![allow(clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sim_core::kernel::{Distribution, SimDuration};
use sim_core::model::balancer::Balancer;
use sim_core::model::record::{MeasurePlan, RunRecord};
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::model::{RunSeed, run};
use sim_core::policy::backoff::{Backoff, immediate::Immediate};
use sim_core::policy::{OutcomeSet, ResolvedLayer, ResolvedPolicy, RetryPolicy};

fn distribution(text: &str) -> Distribution {
    Distribution::try_from(text.to_string()).unwrap_or(Distribution::Constant(SimDuration::ZERO))
}

fn one_service(load: Load, workers: u32, demand: &str, policy: ResolvedPolicy) -> Model {
    let queue = QueueSpec { discipline: Discipline::Fifo, capacity: None };
    Model {
        length: SimDuration::from_secs(1000),
        clients: vec![ClientSpec { name: "clients".into(), load, edge: EdgeId(0) }],
        services: vec![ServiceSpec {
            name: "server".into(),
            instances: 1,
            balancer: Balancer::RoundRobin,
            mode: ServiceMode::Blocking,
            pools: vec![PoolSpec { name: "main".into(), workers: Some(workers), queue }],
            endpoints: vec![EndpointId(0)],
            overrun: None,
            cold_start: None,
        }],
        endpoints: vec![EndpointSpec {
            name: "server".into(),
            service: ServiceId(0),
            pool: 0,
            steps: vec![Step::Work(distribution(demand))],
        }],
        edges: vec![EdgeSpec {
            name: "clients->server".into(),
            to: EndpointId(0),
            policy,
            link: LinkId(0),
        }],
        links: vec![LinkSpec {
            name: "network".into(),
            latency: distribution("0s"),
            loss: 0.0,
            give_up: SimDuration::from_secs(127),
        }],
        ..Model::default()
    }
}

/// λ = 900/s, μ = 1,000/s: mean response time 10 ms.
fn mm1() -> Model {
    let arrivals = Arrivals::Poisson(RateProfile::constant(900.0));
    let load = Load::Open(OpenLoad { clients: 1, arrivals });
    one_service(load, 1, "exp(1ms)", ResolvedPolicy::default())
}

/// 400 users, 50 workers, exp(20 ms), think exp(100 ms), a timeout of 200 ms and another try at
/// once: about 2.5 million requests, mean response time 60 ms.
fn retry_client() -> Model {
    let load = Load::Closed(ClosedLoad {
        users: 400,
        think: distribution("exp(100ms)"),
        start: Start::Spread,
        calls_per_user: None,
    });
    let layers = vec![
        ResolvedLayer::Retry(RetryPolicy {
            max_attempts: None,
            backoff: Backoff::Immediate(Immediate {}),
            on: OutcomeSet::RETRYABLE,
        }),
        ResolvedLayer::Timeout(SimDuration::from_millis(200)),
    ];
    one_service(load, 50, "exp(20ms)", ResolvedPolicy { layers, ..ResolvedPolicy::default() })
}

fn simulate(model: &Model) -> RunRecord {
    let (bin, slice) = (SimDuration::from_millis(10), SimDuration::from_secs(1));
    let plan = MeasurePlan::new(model.length, bin, slice, &[]);
    run(model, RunSeed { seed: 1, replication: 0 }, &plan)
}

/// How many calls ended, and their mean response time in milliseconds.
fn answer(record: &RunRecord) -> (u64, f64) {
    let slices = &record.subjects[0].slices;
    let ended: u64 = slices.iter().map(|slice| slice.outcomes.total()).sum();
    let sum: u128 = slices.iter().map(|slice| slice.response_time_sum_ns).sum();
    (ended, sum as f64 / ended as f64 / 1e6)
}

fn bench(criterion: &mut Criterion, name: &str, model: &Model, right: f64) {
    let record = simulate(model);
    let (ended, mean) = answer(&record);
    assert!((mean / right - 1.0).abs() < 0.1, "{name}: a mean of {mean} ms is wrong");
    eprintln!("{name}: {ended} calls, {} events, mean response time {mean:.2} ms", record.events);
    let mut group = criterion.benchmark_group("models");
    group.sample_size(10).throughput(Throughput::Elements(ended));
    group.bench_function(name, |bencher| {
        bencher.iter_batched(|| (), |()| simulate(model), BatchSize::LargeInput);
    });
    group.finish();
}

fn models(criterion: &mut Criterion) {
    bench(criterion, "M/M/1", &mm1(), 10.0);
    bench(criterion, "retry client", &retry_client(), 60.0);
}

criterion_group!(benches, models);
criterion_main!(benches);
