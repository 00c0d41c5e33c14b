//! Small models for the tests of the engine.

#![allow(clippy::unwrap_used)]
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod instances;
pub(crate) mod links;

use sim_core::kernel::{Distribution, SimDuration, SimTime};
use sim_core::model::fault::Fault;
use sim_core::model::record::{MeasurePlan, RunRecord, SubjectRecord};
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::model::{RunSeed, run};
use sim_core::policy::balancing::Balancing;
use sim_core::policy::{Layer, Outcome, Policy, ResolvedPolicy};

pub(crate) const LINK: Target = Target::Link(LinkId(0));
pub(crate) const SERVICE: Target = Target::Service(ServiceId(0));

/// `"250ms"`.
pub(crate) fn d(text: &str) -> SimDuration {
    text.parse().unwrap()
}

/// `"exp(20ms)"`.
pub(crate) fn dist(text: &str) -> Distribution {
    Distribution::try_from(text.to_string()).unwrap()
}

pub(crate) fn at(text: &str) -> SimTime {
    SimTime::ZERO + d(text)
}

pub(crate) fn poisson(per_second: f64) -> Load {
    let arrivals = Arrivals::Poisson(RateProfile::constant(per_second));
    Load::Open(OpenLoad { clients: 1, arrivals })
}

pub(crate) fn closed(users: u32, think: &str) -> Load {
    Load::Closed(ClosedLoad {
        users,
        think: dist(think),
        start: Start::Spread,
        calls_per_user: None,
    })
}

/// A policy from the JSON form of its layers.
pub(crate) fn policy(layers: serde_json::Value) -> ResolvedPolicy {
    let layers: Vec<Layer> = serde_json::from_value(layers).unwrap();
    Policy { layers, ..Policy::default() }.resolve().unwrap()
}

/// One population of clients that calls one service.
pub(crate) fn one_service(
    load: Load,
    workers: Option<u32>,
    capacity: Option<u32>,
    demand: &str,
) -> Model {
    let queue = QueueSpec { discipline: Discipline::Fifo, capacity };
    Model {
        length: d("100s"),
        clients: vec![ClientSpec { name: "shop".into(), load, edge: EdgeId(0) }],
        services: vec![ServiceSpec {
            name: "payment".into(),
            instances: 1,
            balancer: Balancing::default(),
            mode: ServiceMode::Blocking,
            limits: Vec::new(),
            pools: vec![PoolSpec { name: "main".into(), workers, queue, shedding: None }],
            endpoints: vec![EndpointId(0)],
            overrun: None,
            cold_start: None,
            contention: SimDuration::ZERO,
            deadlines: Deadlines::Ignored,
        }],
        endpoints: vec![EndpointSpec {
            name: "payment".into(),
            service: ServiceId(0),
            pool: 0,
            steps: vec![Step::Work(dist(demand))],
        }],
        edges: vec![EdgeSpec {
            name: "shop->payment".into(),
            to: EndpointId(0),
            policy: ResolvedPolicy::default(),
            link: LinkId(0),
            substitutes: Vec::new(),
            priority: None,
        }],
        links: vec![LinkSpec::named("network")],
        ..Model::default()
    }
}

pub(crate) fn fault(
    from: &str,
    lasts: &str,
    target: Target,
    fault: serde_json::Value,
) -> FaultSpec {
    let fault: Fault = serde_json::from_value(fault).unwrap();
    FaultSpec::new("outage", at(from), d(lasts), target, fault)
}

pub(crate) fn simulate(model: &Model, seed: u64) -> RunRecord {
    let plan = MeasurePlan::new(model.length, d("10ms"), d("1s"), &[]);
    run(model, RunSeed { seed, replication: 0 }, &plan)
}

pub(crate) fn subject<'r>(record: &'r RunRecord, name: &str) -> &'r SubjectRecord {
    record.subjects.iter().find(|s| &*s.name == name).unwrap()
}

pub(crate) fn total(subject: &SubjectRecord, outcome: Outcome) -> u64 {
    subject.slices.iter().map(|slice| slice.outcomes.of(outcome)).sum()
}

pub(crate) fn longest(subject: &SubjectRecord) -> SimDuration {
    SimDuration::from_nanos(subject.slices.iter().map(|s| s.response_time_max_ns).max().unwrap())
}

/// The share of a subject's ends that took longer than this.
pub(crate) fn share_above(subject: &SubjectRecord, time: SimDuration) -> f64 {
    let above: u64 = subject.slices.iter().map(|s| s.response_time.above(time.as_nanos())).sum();
    let all: u64 = subject.slices.iter().map(|s| s.outcomes.total()).sum();
    above as f64 / all as f64
}

/// One call a second, the first at 1 s; each takes a latency of 10 ms there, 10 ms of work, and
/// 10 ms back.
pub(crate) fn metronome(length: &str) -> Model {
    let load = Load::Open(OpenLoad {
        clients: 1,
        arrivals: Arrivals::Paced(RateProfile::constant(1.0), Start::Spread),
    });
    let mut model = one_service(load, None, None, "10ms");
    model.length = d(length);
    model.links[0].latency = dist("10ms");
    model
}

pub(crate) fn busy(per_second: f64, length: &str) -> Model {
    let mut model = one_service(poisson(per_second), None, None, "1ms");
    model.length = d(length);
    model.links[0].latency = dist("1ms");
    model
}

pub(crate) fn timed_out(model: &mut Model, after: &str) {
    model.edges[0].policy = policy(serde_json::json!([{ "timeout": after }]));
}
