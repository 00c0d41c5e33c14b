//! One service and those who call it: the model behind every closed form of a queue.

use std::sync::Arc;

use sim_core::kernel::SimTime;
use sim_core::kernel::{Distribution, SimDuration};
use sim_core::model::fault::Fault;
use sim_core::model::machine::{MachineSpec, Tenant};
use sim_core::model::spec::{
    ClientSpec, Deadlines, Discipline, EdgeId, EdgeSpec, EndpointId, EndpointSpec, FaultSpec,
    LinkId, LinkSpec, Model, PoolSpec, QueueSpec, ServiceId, ServiceMode, ServiceSpec, Step,
    Target,
};
use sim_core::model::workload::{Arrivals, ClosedLoad, Load, OpenLoad, RateProfile, Start};
use sim_core::policy::balancing::{Algorithm, Balancing};
use sim_core::policy::{ResolvedPolicy, ServerLimit, Shedding};

/// A station: who calls, how many servers work how long, and how many may wait.
#[derive(Clone, Debug)]
pub(super) struct Station {
    pub(super) load: Load,
    /// How many stations alike there are, each with servers and a waiting room of its own.
    pub(super) instances: u32,
    /// Who of them is asked.
    pub(super) balancer: Algorithm,
    /// Who is turned away at the door.
    pub(super) limits: Vec<ServerLimit>,
    /// `None` is as many as there are requests.
    pub(super) servers: Option<u32>,
    pub(super) demand: Distribution,
    /// Whether those who work share one server, side by side; then there is no limit to their number.
    pub(super) shares: bool,
    /// Who leaves the queue before it is served.
    pub(super) shedding: Option<Shedding>,
    /// How many may wait; `None` is no limit.
    pub(super) waiting_room: Option<u32>,
    pub(super) policy: ResolvedPolicy,
    /// What is wrong with the station from start to end.
    pub(super) fault: Option<Fault>,
}

/// A Poisson process of so many calls a second.
pub(super) fn poisson(per_second: f64) -> Load {
    let arrivals = Arrivals::Poisson(RateProfile::constant(per_second));
    Load::Open(OpenLoad { clients: 1, arrivals })
}

/// So many users who think between their calls.
pub(super) fn users(users: u32, think: Distribution) -> Load {
    Load::Closed(ClosedLoad { users, think, start: Start::Spread, calls_per_user: None })
}

impl Station {
    /// One station with one server that knows no policy.
    pub(super) fn of(load: Load, demand: Distribution) -> Self {
        Self {
            load,
            instances: 1,
            balancer: Algorithm::default(),
            limits: Vec::new(),
            servers: Some(1),
            demand,
            shares: false,
            shedding: None,
            waiting_room: None,
            policy: ResolvedPolicy::default(),
            fault: None,
        }
    }

    /// The model, to be run for `length`.
    pub(super) fn model(self, length: SimDuration) -> Model {
        let name: Arc<str> = "station".into();
        let link: Arc<str> = "link".into();
        let queue = QueueSpec { discipline: Discipline::Fifo, capacity: self.waiting_room };
        let workers = self.servers.filter(|_| !self.shares);
        let pool = PoolSpec { name: "main".into(), workers, queue, shedding: self.shedding };
        let tenant = Tenant { service: ServiceId(0), limit: None, weight: None };
        let machine = self.shares.then(|| MachineSpec {
            name: "machine".into(),
            count: 1,
            cores: 1.0,
            speed: 1.0,
            memory: None,
            tenants: vec![tenant],
        });
        let faults = self.fault.map(|fault| always(fault, length));
        Model {
            length,
            clients: vec![ClientSpec { name: "users".into(), load: self.load, edge: EdgeId(0) }],
            services: vec![ServiceSpec {
                name: name.clone(),
                instances: self.instances,
                balancer: Balancing::by(self.balancer),
                mode: ServiceMode::Blocking,
                limits: self.limits,
                pools: vec![pool],
                endpoints: vec![EndpointId(0)],
                overrun: None,
                cold_start: None,
                contention: SimDuration::ZERO,
                deadlines: Deadlines::Ignored,
            }],
            endpoints: vec![EndpointSpec {
                name,
                service: ServiceId(0),
                pool: 0,
                steps: vec![Step::Work(self.demand)],
            }],
            edges: vec![EdgeSpec {
                name: "users->station".into(),
                to: EndpointId(0),
                policy: self.policy,
                link: LinkId(0),
                substitutes: Vec::new(),
                priority: None,
            }],
            links: vec![LinkSpec { give_up: SimDuration::MAX, ..LinkSpec::named(link) }],
            machines: machine.into_iter().collect(),
            faults: faults.into_iter().collect(),
            ..Model::default()
        }
    }
}

fn always(fault: Fault, length: SimDuration) -> FaultSpec {
    FaultSpec::new("always", SimTime::ZERO, length, Target::Service(ServiceId(0)), fault)
}
