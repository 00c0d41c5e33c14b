//! Studies and records made by hand, for tests of this floor without an engine below it.

use std::sync::Arc;

use scenarios::study::{Steady, Study, Variant};
use sim_core::kernel::{Distribution, SimDuration, SimTime};
use sim_core::model::fault::{Fault, Refuse};
use sim_core::model::record::{
    MeasurePlan, RunEnd, RunRecord, SliceRecord, SubjectKind, SubjectRecord,
};
use sim_core::model::spec::{
    ClientSpec, Deadlines, Discipline, EdgeId, EdgeSpec, EndpointId, EndpointSpec, FaultSpec,
    LinkId, LinkSpec, Model, PoolSpec, QueueSpec, ServiceId, ServiceMode, ServiceSpec, Step,
    Target,
};
use sim_core::model::workload::{Arrivals, Load, OpenLoad, RateProfile};
use sim_core::policy::balancing::Balancing;
use sim_core::policy::{Outcome, Policy};
use sim_core::stats::Recorder;

use crate::cell::CellResult;
use crate::results::Verdict;

/// So many seconds after the start.
pub(crate) fn seconds(n: u64) -> SimTime {
    SimTime::from_nanos(n * 1_000_000_000)
}

/// 400 calls a second from `shop` to `payment`, 180 s with 20 s of warm-up; `payment` refuses
/// everything from 60 s to 90 s. Two variants, `base` and `other`, and three replications.
pub(crate) fn study_with_outage() -> Study {
    let variant = |name: &str| Variant {
        name: name.into(),
        model: model_with_outage(),
        warmup: SimDuration::from_secs(20),
        steady: Steady::default(),
        baseline_per_s: None,
        alerts: Vec::new(),
    };
    Study {
        name: "outage".into(),
        title: "An outage".into(),
        description: String::new(),
        from: String::new(),
        moral: String::new(),
        claims: Vec::new(),
        hash: "ab12".into(),
        seed: 1,
        replications: 3,
        variants: vec![variant("base"), variant("other")],
        expectations: Vec::new(),
        hypothesis: None,
        charts: Vec::new(),
        focus_client: "shop".into(),
        focus_service: "payment".into(),
        text: String::new(),
        overrides: Vec::new(),
    }
}

fn model_with_outage() -> Model {
    let constant = |ms| Distribution::Constant(SimDuration::from_millis(ms));
    let load = OpenLoad { clients: 400, arrivals: Arrivals::Poisson(RateProfile::constant(400.0)) };
    let pool = PoolSpec {
        name: "main".into(),
        workers: Some(3),
        queue: QueueSpec { discipline: Discipline::Fifo, capacity: Some(200) },
        shedding: None,
    };
    Model {
        length: SimDuration::from_secs(180),
        clients: vec![ClientSpec { name: "shop".into(), load: Load::Open(load), edge: EdgeId(0) }],
        services: vec![ServiceSpec {
            name: "payment".into(),
            instances: 4,
            balancer: Balancing::default(),
            mode: ServiceMode::Blocking,
            limits: Vec::new(),
            pools: vec![pool],
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
            steps: vec![Step::Work(constant(20))],
        }],
        edges: vec![EdgeSpec {
            name: "shop->payment".into(),
            to: EndpointId(0),
            policy: Policy::default().resolve().unwrap(),
            link: LinkId(0),
            substitutes: Vec::new(),
            priority: None,
        }],
        links: vec![LinkSpec::named("shop->payment")],
        faults: vec![FaultSpec::new(
            "outage",
            seconds(60),
            SimDuration::from_secs(30),
            Target::Service(ServiceId(0)),
            Fault::Refuse(Refuse { share: 1.0 }),
        )],
        ..Model::default()
    }
}

/// A record that is written by hand: calls of the client, attempts on its edge and requests at
/// its service.
pub(crate) struct Recording {
    record: RunRecord,
    recorder: Recorder,
}

impl Recording {
    /// An empty record of the subjects of [`study_with_outage`].
    pub(crate) fn new(plan: &MeasurePlan) -> Self {
        let subject = |(kind, name): (SubjectKind, &str)| SubjectRecord {
            name: Arc::from(name),
            kind,
            arrivals_per_bin: Vec::new(),
            slices: vec![SliceRecord::default(); plan.slice_ends.len()],
        };
        let subjects = [
            (SubjectKind::Client, "shop"),
            (SubjectKind::Edge, "shop->payment"),
            (SubjectKind::Service, "payment"),
        ];
        let record = RunRecord {
            end: RunEnd::Completed,
            events: 1000,
            plan: plan.clone(),
            subjects: subjects.into_iter().map(subject).collect(),
            wait_cycles: Vec::new(),
            deadlocks: Vec::new(),
            faults: Vec::new(),
        };
        Self { record, recorder: Recorder::new() }
    }

    /// `count` arrivals at once.
    pub(crate) fn arrive(&mut self, subject: &str, at: SimTime, count: u32) -> &mut Self {
        let bin = (at.as_nanos() / self.record.plan.rate_bin.as_nanos()) as usize;
        let counts = &mut self.subject(subject).arrivals_per_bin;
        counts.resize(counts.len().max(bin + 1), 0);
        counts[bin] += count;
        self.slice(subject, at).arrivals += u64::from(count);
        self
    }

    /// `count` ends at once, each after `response_ms`.
    pub(crate) fn end(
        &mut self,
        subject: &str,
        at: SimTime,
        count: u64,
        outcome: Outcome,
        response_ms: u64,
    ) -> &mut Self {
        if count == 0 {
            return self;
        }
        (0..count).for_each(|_| self.recorder.record(response_ms * 1_000_000));
        let recorded = self.recorder.close();
        let slice = self.slice(subject, at);
        slice.outcomes.0[outcome.index()] += count;
        if outcome == Outcome::Ok {
            slice.goodput += count;
        }
        slice.response_time.merge(&recorded.histogram);
        slice.response_time_sum_ns += recorded.sum_ns;
        slice.response_time_max_ns = slice.response_time_max_ns.max(recorded.max_ns);
        self
    }

    /// The slice of a subject at a time, to be written to.
    pub(crate) fn slice(&mut self, subject: &str, at: SimTime) -> &mut SliceRecord {
        let place = self.record.plan.slice_ends.partition_point(|end| *end <= at);
        &mut self.subject(subject).slices[place]
    }

    fn subject(&mut self, name: &str) -> &mut SubjectRecord {
        self.record.subjects.iter_mut().find(|s| &*s.name == name).unwrap()
    }

    /// The record.
    pub(crate) fn finish(&self) -> RunRecord {
        self.record.clone()
    }
}

/// A made-up run of [`study_with_outage`]: every second 400 calls arrive and, unless the fault
/// is active, end well; until `ill_until` seconds only half of them do. `noise` more calls
/// arrive in the 95th second.
pub(crate) fn made_up_run(
    plan: &MeasurePlan,
    is_control: bool,
    ill_until: u64,
    noise: u32,
) -> RunRecord {
    let mut run = Recording::new(plan);
    for s in 0..180 {
        let at = seconds(s);
        let (good, failed) = match s {
            _ if is_control => (400, 0),
            60..90 => (0, 400),
            s if s >= 90 && s < ill_until => (200, 200),
            _ => (400, 0),
        };
        for subject in ["shop", "shop->payment", "payment"] {
            let storm = if s == 95 && !is_control { noise } else { 0 };
            run.arrive(subject, at, 400 + storm);
            run.end(subject, at, good, Outcome::Ok, 20);
            run.end(subject, at, failed, Outcome::Refused, 1);
        }
    }
    run.finish()
}

/// The result of a cell with these values and nothing else.
pub(crate) fn cell(variant: &str, replication: u32, values: &[Option<f64>]) -> CellResult {
    CellResult {
        point: 0,
        variant: variant.into(),
        replication,
        verdict: Verdict::Recovered,
        values: values.to_vec(),
        control: vec![None; values.len()],
        baselines: vec![None; values.len()],
        control_baselines: vec![None; values.len()],
        series: Vec::new(),
        alerts: Vec::new(),
        why: None,
        events: 10,
        aborted: None,
        faults: Vec::new(),
        charts: Vec::new(),
    }
}
