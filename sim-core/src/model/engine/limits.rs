//! The limits of servers: whom an instance lets in, who waits at its door, who hears how requests
//! ended.
//!
//! A request that has reached its instance asks the limits of its service in their order, before it
//! comes to a pool. Each that let it pass hears when it leaves the instance, and how it ended there.

use super::super::spec::{Model, ServiceId};
use super::super::trace::What;
use super::Engine;
use super::event::Event;
use super::guards::LazyDraws;
use super::request::{Details, Request, Stage};
use crate::kernel::draw::{Component, KeyedDraws};
use crate::kernel::{SimDuration, SimTime, Timer};
use crate::model::RunSeed;
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use crate::policy::{Guard, Outcome, ServerLimit, ServerScope};

/// The limits of all services.
#[derive(Debug)]
pub(super) struct Limits<'m> {
    running: Vec<Running>,
    /// Of each service: its limits, in the order in which they are asked.
    of_services: Vec<Vec<Limit<'m>>>,
    /// Of each edge: the draws of the limits that its requests ask.
    draws: Vec<Vec<KeyedDraws>>,
    /// How many limits a service has at most: so many places a request in `passes`.
    most: usize,
    /// Of each request: which limits have let it pass, and when.
    passes: Vec<Option<(Pass, SimTime)>>,
    /// Of each request's slot: what was said of when to come again, to the attempt of which call.
    told: Vec<Option<(Attempt, SimDuration)>>,
    released: Released,
}

/// Names an attempt for ever: its call, the generation of that slot, its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt(pub(super) u32, pub(super) u32, pub(super) u32);

/// One limit of a service.
#[derive(Clone, Copy, Debug)]
struct Limit<'m> {
    spec: &'m ServerLimit,
    /// The place of the limit among those that run; of an instance's, that of the first instance.
    first: u32,
}

/// A limit that runs.
#[derive(Debug)]
struct Running {
    guard: Guard,
    wakes_at: SimTime,
    alarm: Timer,
}

impl<'m> Limits<'m> {
    /// All limits of the model, at their start.
    pub(super) fn new(model: &'m Model, seed: RunSeed) -> Self {
        let mut running = Vec::new();
        let mut of_services = Vec::new();
        for service in &model.services {
            let mut limits = Vec::new();
            for spec in &service.limits {
                limits.push(Limit { spec, first: running.len() as u32 });
                let count = match spec.scope() {
                    ServerScope::Instance => service.instances,
                    ServerScope::Service => 1,
                };
                running.extend((0..count).map(|_| Running {
                    guard: spec.start(SimTime::ZERO),
                    wakes_at: SimTime::MAX,
                    alarm: Timer::NONE,
                }));
            }
            of_services.push(limits);
        }
        let draws = model.edges.iter().map(|edge| {
            let service = model.endpoints[edge.to.index()].service;
            let limits = 0..of_services[service.index()].len();
            let component = |nth| Component::named(&format!("{} limit {nth}", edge.name));
            limits.map(|nth| KeyedDraws::new(seed.seed, seed.replication, component(nth))).collect()
        });
        Self {
            draws: draws.collect(),
            most: of_services.iter().map(Vec::len).max().unwrap_or(0),
            running,
            of_services,
            passes: Vec::new(),
            told: Vec::new(),
            released: Released::new(),
        }
    }

    /// The limit of a service at an instance, and its place among those that run.
    fn at(&self, service: ServiceId, nth: usize, instance: u32) -> (Limit<'m>, usize) {
        let limit = self.of_services[service.index()][nth];
        let offset = match limit.spec.scope() {
            ServerScope::Instance => instance,
            ServerScope::Service => 0,
        };
        (limit, (limit.first + offset) as usize)
    }

    fn count(&self, service: ServiceId) -> usize {
        self.of_services[service.index()].len()
    }

    /// The pass that a limit has given to a request.
    fn pass(&mut self, request: u32, nth: usize) -> &mut Option<(Pass, SimTime)> {
        let place = request as usize * self.most + nth;
        if self.passes.len() <= place {
            self.passes.resize(place + 1, None);
        }
        &mut self.passes[place]
    }
}

impl Engine<'_> {
    /// A request inside its instance asks the limits from this one on, and then comes to its pool.
    pub(super) fn ask_limits(&mut self, request: u32, from: usize) {
        for nth in from..self.server_limits.count(self.route_of(request).service) {
            match self.ask_limit(request, nth) {
                Answer::Admit(pass) => {
                    *self.server_limits.pass(request, nth) = Some((pass, self.now));
                }
                Answer::Wait => {
                    self.requests[request].stage = Stage::AtLimit;
                    self.trace_step(request, What::AtLimit);
                    return;
                }
                Answer::Reject(outcome) => return self.turned_away_by(request, nth, outcome),
            }
        }
        self.comes_to_pool(request);
    }

    fn ask_limit(&mut self, request: u32, nth: usize) -> Answer {
        let Request { instance, edge, .. } = self.requests[request];
        let Details { key, attempt, class, .. } = *self.details_of(request);
        let service = self.routes[edge.index()].service;
        let (_, place) = self.server_limits.at(service, nth, instance);
        let Limits { running, draws, .. } = &mut self.server_limits;
        let mut draws = LazyDraws::new(&draws[edge.index()][nth], key, attempt);
        let ticket = ticket(request, nth);
        let answer = running[place].guard.ask_as(self.now, ticket, class, &mut draws);
        self.set_limits_alarm(place);
        answer
    }

    /// A limit has turned a request away that is inside its instance and waits nowhere.
    fn turned_away_by(&mut self, request: u32, nth: usize, rejection: Outcome) {
        let Request { call, instance, .. } = self.requests[request];
        let Details { class, generation, attempt, .. } = *self.details_of(request);
        let service = self.route_of(request).service;
        let (limit, place) = self.server_limits.at(service, nth, instance);
        let passes_after = self.server_limits.running[place].guard.retry_after(self.now, class);
        if let Some(told) = passes_after.and_then(|after| limit.spec.tells(after)) {
            let attempt = Attempt(call, generation, attempt);
            let all = &mut self.server_limits.told;
            if all.len() <= request as usize {
                all.resize(request as usize + 1, None);
            }
            all[request as usize] = Some((attempt, told));
        }
        self.goes_unserved(request, limit.spec.answer(rejection));
    }

    /// What the answer to a request that had this slot says of when to come again.
    #[inline(never)]
    pub(super) fn hear_when_to_come_again(&mut self, slot: u32, attempt: Attempt) {
        let told = self.server_limits.told.get(slot as usize).copied().flatten();
        let told = told.filter(|(told, _)| *told == attempt);
        self.told = told.map(|(_, told)| told);
    }

    /// A request leaves its instance, where it ended so: the limits that let it pass hear of it, the
    /// innermost first.
    #[inline(never)]
    pub(super) fn leave_limits(&mut self, request: u32, outcome: Outcome) {
        let (service, instance) = (self.route_of(request).service, self.requests[request].instance);
        for nth in (0..self.server_limits.count(service)).rev() {
            let Some((pass, since)) = self.server_limits.pass(request, nth).take() else {
                continue;
            };
            let (_, place) = self.server_limits.at(service, nth, instance);
            let ending = Ending { outcome, took: self.now.since(since) };
            let Limits { running, released, .. } = &mut self.server_limits;
            running[place].guard.ended(self.now, pass, ending, released);
            self.set_limits_alarm(place);
        }
    }

    /// A request that waits at a limit goes away.
    pub(super) fn withdraw_from_limit(&mut self, request: u32) {
        let (service, instance) = (self.route_of(request).service, self.requests[request].instance);
        // It waits at the first that has not let it pass.
        let limits = 0..self.server_limits.count(service);
        let mut waits_at = limits.filter(|nth| self.server_limits.pass(request, *nth).is_none());
        let Some(nth) = waits_at.next() else { return };
        let (_, place) = self.server_limits.at(service, nth, instance);
        let Limits { running, released, .. } = &mut self.server_limits;
        running[place].guard.withdrawn(self.now, ticket(request, nth), released);
        self.set_limits_alarm(place);
    }

    /// The time has come that a limit wanted to be woken at.
    #[inline(never)]
    pub(super) fn wake_limit(&mut self, limit: u32) {
        let Limits { running, released, .. } = &mut self.server_limits;
        let this = &mut running[limit as usize];
        (this.alarm, this.wakes_at) = (Timer::NONE, SimTime::MAX);
        this.guard.wake(self.now, released);
        let mut released = std::mem::take(&mut self.server_limits.released);
        for (Ticket(ticket), answer) in released.drain(..) {
            self.goes_on_from_limit(ticket as u32, (ticket >> 32) as usize, answer);
        }
        self.server_limits.released = released;
        self.set_limits_alarm(limit as usize);
    }

    fn goes_on_from_limit(&mut self, request: u32, nth: usize, answer: Answer) {
        match answer {
            Answer::Admit(pass) => {
                *self.server_limits.pass(request, nth) = Some((pass, self.now));
                self.ask_limits(request, nth + 1);
            }
            Answer::Reject(outcome) => self.turned_away_by(request, nth, outcome),
            Answer::Wait => {}
        }
    }

    /// Sees when a limit wants to be woken; at once, if it has let somebody go who waits.
    fn set_limits_alarm(&mut self, place: usize) {
        let waits = self.server_limits.released.is_empty();
        let this = &mut self.server_limits.running[place];
        let wakes_at = if waits { this.guard.wakes_at() } else { Some(self.now) };
        let wakes_at = wakes_at.unwrap_or(SimTime::MAX);
        if wakes_at == this.wakes_at {
            return;
        }
        this.wakes_at = wakes_at;
        self.queue.cancel(this.alarm);
        this.alarm = match wakes_at {
            SimTime::MAX => Timer::NONE,
            at => {
                let event = Event::LimitWakes { limit: place as u32 };
                self.queue.schedule_timer(at.max(self.now), event)
            }
        };
    }

    /// The process of an instance is a new one: its limits start anew. Nobody is inside.
    pub(super) fn restart_limits(&mut self, service: ServiceId, instance: u32) {
        for nth in 0..self.server_limits.count(service) {
            let (limit, place) = self.server_limits.at(service, nth, instance);
            if limit.spec.scope() == ServerScope::Instance {
                self.server_limits.running[place].guard = limit.spec.start(self.now);
                self.set_limits_alarm(place);
            }
        }
    }

    /// Every limit on requests at once counts those whom it has let pass and who are still inside.
    #[cfg(debug_assertions)]
    pub(super) fn assert_limits(&mut self) {
        let mut inside = vec![0; self.server_limits.running.len()];
        let requests: Vec<u32> = self.requests.slots().collect();
        for request in requests {
            let Request { instance, stage, .. } = self.requests[request];
            let service = self.route_of(request).service;
            for nth in 0..self.server_limits.count(service) {
                let (_, place) = self.server_limits.at(service, nth, instance);
                if self.server_limits.pass(request, nth).is_some() {
                    assert!(stage.is_inside(), "a request left a limit's pass behind");
                    inside[place] += 1;
                }
            }
        }
        for (running, inside) in self.server_limits.running.iter().zip(inside) {
            if let Guard::ConcurrencyLimit(limit) = &running.guard {
                assert_eq!(limit.running(), inside, "{limit:?}");
            }
        }
    }
}

/// What a limit knows a request by: its slot, and which limit of the service it is.
fn ticket(request: u32, nth: usize) -> Ticket {
    Ticket(u64::from(request) | (nth as u64) << 32)
}
