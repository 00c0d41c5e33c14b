//! The engine: runs a checked model, event by event.
//!
//! [`Engine`] holds the whole state of a run; the files beside it hold one part of its behaviour
//! each: [`calls`] what is known of a call, [`call`] its way through the layers of its policy,
//! [`guards`] what layers remember beyond it, [`deadlines`] those that travel, [`destinations`] where calls go, [`wire`] the network,
//! [`front`] and [`zoned`] the balancers, [`health`] checks of the instances, [`admission`] and [`limits`] whom an
//! instance lets in, [`shedding`] its queues that shed, [`server`] what happens inside, [`crash`] its
//! death and restart, [`replicas`] and [`roles`] those that follow a primary, [`scaling`] those that come and go, [`users`] closed loops, [`source`] open loops, [`injection`] the faults,
//! [`faults`] when they come and go, [`convey`] and [`links`] what they, loss and bandwidth make of
//! messages, [`watches`] what stops a fault, [`standstill`] who waits for each other, [`meter`] what is measured, [`tracer`] who follows some of the calls.

mod abouts;
mod admission;
mod branches;
mod brokers;
mod caches;
mod call;
mod calls;
mod convey;
mod crash;
mod deadlines;
mod destinations;
mod disks;
mod effects;
mod event;
mod faults;
mod front;
mod guards;
mod health;
mod injection;
mod instance;
mod layer;
mod limits;
mod links;
mod liveness;
mod locks;
mod lookahead;
mod machines;
mod memory;
mod meter;
mod replicas;
mod request;
mod roles;
mod route;
mod scaling;
mod server;
mod shedding;
mod slab;
mod source;
mod standstill;
mod steps;
mod tasks;
mod tracer;
mod users;
mod watches;
mod wire;
mod zoned;

use super::record::{MeasurePlan, RunEnd, RunRecord, Runaway};
use super::spec::{ClientId, EdgeId, Limits, Model, ServiceId};
use super::{RunSeed, workload::Load};
use crate::kernel::draw::{Component, DrawBlock, KeyedDraws, Slot};
use crate::kernel::{EventQueue, SimDuration, SimTime, Timer};
use branches::Branches;
use calls::{Call, LayerState, LayerTimes, Origin};
use deadlines::Deadlines;
use event::Event;
use front::Front;
use guards::Guards;
use health::HealthChecks;
use injection::Injection;
use instance::{Instance, Pool};
use links::Links;
use meter::Meters;
use request::{Details, Request, Stage};
pub(super) use route::Route;
use slab::{Beside, Slab};
use source::Source;
use tracer::Tracer;
pub(super) use tracer::trace;
use users::Users;
use watches::Watches;
use wire::{Ahead, Drawn};
use zoned::Zoned;

/// The state of a run.
pub(super) struct Engine<'m> {
    model: &'m Model,
    now: SimTime,
    queue: EventQueue<Event>,
    calls: Slab<Call>,
    requests: Slab<Request>,
    details: Beside<Details>,
    branches: Branches,
    abouts: abouts::Abouts,
    locks: locks::Locks,
    effects: effects::Effects,
    caches: caches::Caches,
    brokers: brokers::Brokers,
    machines: machines::Machines,
    memories: memory::Memories,
    disks: disks::Disks,
    replicas: replicas::Replicas,
    scaling: scaling::Scaling,
    /// The states of the layers of a call, `layers_per_call` a slot of `calls`.
    layer_states: Vec<LayerState>,
    layers_per_call: usize,
    layer_times: LayerTimes,
    /// By slot of `calls`: where those go that know before they are sent.
    destinations: Beside<destinations::Destination>,
    /// By slot of `calls`: the wait of its retry that waits, of which there is one at most.
    waits: Beside<Timer>,
    sources: Vec<Source>,
    users: Vec<Users<'m>>,
    fronts: Vec<Front>,
    /// The instances of all services, the pools of all instances, and where those of each service
    /// start.
    instances: Vec<Instance>,
    pools: Vec<Pool>,
    first_instances: Vec<u32>,
    first_pools: Vec<u32>,
    rows: Vec<u32>,
    guards: Guards,
    health: HealthChecks,
    liveness: liveness::Lives,
    deadlines: Deadlines,
    server_limits: limits::Limits<'m>,
    injection: Injection,
    links: Links,
    zoned: Zoned,
    watches: Watches,
    meters: Meters,
    tracer: Tracer,
    /// Of each edge: the draws of its calls, what tells them from those of other edges, where its
    /// requests go.
    draws: Vec<KeyedDraws>,
    sites: Vec<u64>,
    routes: &'m [Route<'m>],
    /// What the last answer that was not good said of when to come again.
    told: Option<SimDuration>,
    ahead: Ahead,
    /// Whether a pool is letting the requests that wait in it take its workers.
    serving: bool,
    events: u64,
    limits: Limits,
}

impl<'m> Engine<'m> {
    /// An engine at time zero; `routes` are those of the model.
    pub(super) fn new(
        model: &'m Model,
        routes: &'m [Route<'m>],
        seed: RunSeed,
        plan: &MeasurePlan,
    ) -> Self {
        let mut queue = EventQueue::new();
        routes.iter().flat_map(|route| &route.layers).for_each(|l| l.make_lane(&mut queue));
        let component = |edge: usize| Component::named(&model.edges[edge].name);
        let edges = 0..model.edges.len();
        let draws: Vec<KeyedDraws> = edges
            .clone()
            .map(|e| KeyedDraws::new(seed.seed, seed.replication, component(e)))
            .collect();
        let layers = model.edges.iter().map(|edge| edge.policy.layers.len());
        let layers_per_call = layers.max().unwrap_or(0);
        let (first_instances, first_pools) = route::places(model);
        let classes = model.classes();
        Self {
            model,
            now: SimTime::ZERO,
            queue,
            calls: Slab::new(),
            requests: Slab::new(),
            details: Beside::new(Details::NONE),
            branches: Branches::new(),
            abouts: abouts::Abouts::new(model),
            locks: locks::Locks::new(model),
            effects: effects::Effects::new(model),
            caches: caches::Caches::new(model, seed),
            brokers: brokers::Brokers::new(model),
            layer_states: Vec::new(),
            layers_per_call,
            layer_times: LayerTimes::new(SimTime::MAX),
            destinations: destinations::Destination::none(),
            waits: Beside::new(Timer::NONE),
            sources: Source::all(model, seed),
            users: Users::all(model, routes, &draws),
            fronts: Front::all(model, seed),
            instances: model
                .services
                .iter()
                .flat_map(|s| (0..s.instances).map(|_| Instance::new()))
                .collect(),
            pools: model
                .services
                .iter()
                .flat_map(|s| {
                    (0..s.instances).flat_map(|_| s.pools.iter().map(|p| Pool::new(p, classes)))
                })
                .collect(),
            machines: machines::Machines::new(model, &first_instances),
            memories: memory::Memories::new(model),
            disks: disks::Disks::new(model),
            replicas: replicas::Replicas::new(model),
            scaling: scaling::Scaling::new(model),
            first_instances,
            first_pools,
            rows: vec![0; model.rows.len()],
            guards: Guards::new(model, seed),
            health: HealthChecks::new(model),
            liveness: liveness::Lives::new(model),
            deadlines: Deadlines::new(routes),
            server_limits: limits::Limits::new(model, seed),
            injection: Injection::new(model, seed),
            links: Links::new(model, seed),
            zoned: Zoned::new(model),
            watches: Watches::new(model),
            meters: Meters::new(model, plan),
            tracer: Tracer::default(),
            ahead: Ahead { edge: EdgeId(u16::MAX), key: 0, drawn: Drawn::Block(DrawBlock::UNUSED) },
            draws,
            sites: edges.map(|e| component(e).id()).collect(),
            routes,
            told: None,
            serving: false,
            events: 0,
            limits: model.limits,
        }
    }

    /// Runs to the end of the model's length, until nothing is left to happen, or until the run
    /// has run away.
    pub(super) fn run(self) -> RunRecord {
        self.run_to_the_end().0
    }

    fn run_to_the_end(mut self) -> (RunRecord, Tracer) {
        // Faults first: at one time, a fault is there before the call.
        self.schedule_faults();
        self.schedule_sweeps();
        self.schedule_health_checks();
        self.schedule_liveness_probes();
        self.schedule_scaling();
        self.schedule_looks_for_circles();
        self.start_users();
        for source in 0..self.sources.len() {
            self.schedule_arrival(source as u16);
        }
        let end = SimTime::ZERO + self.model.length;
        while let Some((time, event)) = self.queue.pop() {
            if time >= end {
                break;
            }
            self.now = time;
            if time >= self.meters.boundary() {
                self.meters.pass_boundaries(time);
            }
            self.events += 1;
            self.handle(event);
            if self.guards.has_released() {
                self.let_released_go_on();
            }
            if let Some(cause) = self.runs_away() {
                let place = self.meters.busiest();
                let how = RunEnd::Aborted { at: time, place, cause };
                return self.close(time, how);
            }
        }
        self.assert_conservation();
        self.close(end, RunEnd::Completed)
    }

    fn close(mut self, end: SimTime, how: RunEnd) -> (RunRecord, Tracer) {
        self.tell_of_the_end(end);
        let faults = self.injection.records(self.model, end);
        let mut record = self.meters.finish(end, how, self.events, faults);
        record.wait_cycles = self.locks.circles;
        record.deadlocks = self.locks.deadlocks;
        (record, self.tracer)
    }

    #[inline(always)]
    fn handle(&mut self, event: Event) {
        match event {
            Event::Arrival { source } => self.arrival(source),
            Event::UserCalls { client, user } => self.user_calls(ClientId(client), user),
            Event::LayerTimer { layer, call } => self.layer_timer_fires(call, layer),
            Event::Reaches { request } if self.is_due(request) => self.reaches(request),
            Event::WorkDone { request } if self.is_due(request) => self.work_done(request),
            Event::AnswerReaches { request } if self.is_due(request) => {
                self.answer_reaches(request)
            }
            Event::GivesUp { request } if self.is_due(request) => self.gives_up(request),
            Event::CancelReaches { request } if self.is_due(request) => {
                self.cancel_reaches(request)
            }
            Event::Transmits { request } if self.is_due(request) => self.transmits(request),
            Event::Reaches { .. }
            | Event::WorkDone { .. }
            | Event::AnswerReaches { .. }
            | Event::GivesUp { .. }
            | Event::CancelReaches { .. }
            | Event::Transmits { .. } => {}
            Event::DeadlinePasses { request } => self.deadline_passes(request),
            Event::GuardWakes { guard } => self.wake_guard(guard),
            Event::LimitWakes { limit } => self.wake_limit(limit),
            Event::QueueTimeout { request } => self.queue_timeout(request),
            Event::RowTimeout { request } => self.row_timeout(request),
            Event::DeadlockCheck { request } => self.deadlock_check(request),
            Event::CollectionEnds { service, place } => {
                self.collection_ends(ServiceId(service), place);
            }
            Event::MachineTurns { machine } => self.machine_turns(machine),
            Event::Redelivers { message } => self.comes_to_queue(message),
            Event::FaultStarts { .. }
            | Event::FaultEnds { .. }
            | Event::Watches { .. }
            | Event::Crashes { .. }
            | Event::LooksForCircles
            | Event::Sweeps { .. }
            | Event::HealthCheck { .. }
            | Event::HealthCheckEnds { .. }
            | Event::LivenessProbe { .. }
            | Event::Replicated { .. }
            | Event::FailsOver { .. }
            | Event::Scales { .. }
            | Event::Joins { .. }
            | Event::Restarts { .. } => self.handle_rare(event),
        }
    }

    /// As [`Engine::handle`], of what happens a few times in a run.
    #[cold]
    fn handle_rare(&mut self, event: Event) {
        match event {
            Event::FaultStarts { fault } => self.fault_starts(fault),
            Event::FaultEnds { fault } => self.fault_ends(fault),
            Event::Watches { fault } => self.look_at_condition(fault),
            Event::Crashes { fault, instance } => self.fault_kills(fault, instance),
            Event::LooksForCircles => self.look_for_circles(),
            Event::Sweeps { service } => self.sweep(ServiceId(service)),
            Event::HealthCheck { service, instance } => {
                self.health_check(ServiceId(service), instance);
            }
            Event::HealthCheckEnds { well, service, instance } => {
                self.hear_of_health(ServiceId(service), instance, well);
            }
            Event::LivenessProbe { service, instance } => {
                self.liveness_probe(ServiceId(service), instance);
            }
            Event::Replicated { group } => self.replicated_by_now(group),
            Event::FailsOver { group } => self.fails_over(group),
            Event::Scales { place } => self.scales(place),
            Event::Joins { place, instance } => self.joins(place, instance),
            Event::Restarts { service, instance } => self.restarts(ServiceId(service), instance),
            _ => {}
        }
    }

    /// One event that names a request is over; whether the request is still there to hear of it.
    pub(super) fn is_due(&mut self, request: u32) -> bool {
        let state = &mut self.requests[request];
        state.pending -= 1;
        if state.stage != Stage::Dead {
            return true;
        }
        if state.pending == 0 {
            self.requests.remove(request);
        }
        false
    }

    fn arrival(&mut self, source: u16) {
        let state = &mut self.sources[usize::from(source)];
        let (client, key) = (state.client, state.take_call());
        let edge = self.model.clients[client.index()].edge;
        let route = &self.routes[edge.index()];
        if route.draws_more {
            let drawn = Drawn::Block(state.first_attempt());
            self.ahead = Ahead { edge, key, drawn };
        } else if let (true, Some(demand)) = (route.draws, route.first_demand) {
            let demand = demand.sample(&mut state.first_attempt().slot(Slot::Demand));
            self.ahead = Ahead { edge, key, drawn: Drawn::Demand(demand) };
        }
        let spec = &self.model.clients[client.index()];
        let user = match &spec.load {
            Load::Open(load) => (key % u64::from(load.clients)) as u32,
            Load::Closed(_) => 0,
        };
        self.start_call(edge, key, Origin::Client { client, user }, SimDuration::ZERO);
        self.schedule_arrival(source);
    }

    #[inline]
    fn schedule_arrival(&mut self, source: u16) {
        if let Some(due) = self.sources[usize::from(source)].next() {
            self.queue.schedule(due, Event::Arrival { source });
        }
    }

    #[inline]
    fn runs_away(&self) -> Option<Runaway> {
        if self.events >= self.limits.events {
            return Some(Runaway::Events);
        }
        let limit = self.limits.in_flight as usize;
        // Mostly there have never been so many.
        if self.calls.most() + self.requests.most() <= limit {
            return None;
        }
        let in_flight = self.calls.len() + self.requests.len();
        (in_flight > limit).then_some(Runaway::InFlight)
    }

    /// Each resource that was taken is given back or held by somebody who is still there; each
    /// attempt is in progress or has ended once.
    #[cfg(debug_assertions)]
    fn assert_conservation(&mut self) {
        self.assert_guards();
        self.assert_limits();
        self.assert_replicas();
        self.assert_scaling();
        let open: Vec<Request> = self.requests.slots().map(|slot| self.requests[slot]).collect();
        for index in 0..self.model.edges.len() {
            let edge = EdgeId(index as u16);
            let on_the_wire = open
                .iter()
                .filter(|r| {
                    r.edge == edge && r.stage != Stage::Dead && !r.is_closed() && !r.is_branch()
                })
                .count();
            assert_eq!(self.meters.edge(edge).in_flight.get() as usize, on_the_wire);
        }
        let (mut instances, mut pools) = (self.instances.iter(), self.pools.iter());
        for (index, spec) in self.model.services.iter().enumerate() {
            let service = ServiceId(index as u16);
            let served_by = |r: &Request| self.routes[r.edge.index()].service;
            let inside =
                |r: &&Request| served_by(r) == service && r.stage.is_inside() && !r.is_branch();
            let working = open.iter().filter(inside).filter(|r| r.has_worker()).count();
            let all_pools = spec.instances as usize * spec.pools.len();
            let busy: u32 = pools.by_ref().take(all_pools).map(Pool::busy).sum();
            assert_eq!(busy as usize, working, "workers of {}", spec.name);
            let counted: u32 =
                instances.by_ref().take(spec.instances as usize).map(|i| i.inside).sum();
            assert_eq!(counted as usize, open.iter().filter(inside).count());
            let is_watched = |r: &&Request| self.routes[r.edge.index()].is_watched;
            let sent = |r: &&Request| {
                let alive = r.stage != Stage::Dead && !r.is_closed();
                served_by(r) == service && alive && !r.is_branch() && is_watched(r)
            };
            let outstanding = open.iter().filter(sent).count() as u32;
            assert_eq!(self.fronts[index].outstanding().unwrap_or(outstanding), outstanding);
            let (mut in_flight, mut at_work) = (0, 0);
            for meter in self.meters.all_of(self.model, service) {
                in_flight += meter.in_flight.get();
                at_work += meter.busy.get();
            }
            assert_eq!((in_flight, at_work), (counted, busy));
        }
    }

    #[cfg(not(debug_assertions))]
    fn assert_conservation(&mut self) {}
}
