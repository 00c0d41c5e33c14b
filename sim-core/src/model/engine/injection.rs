//! The faults that are active, and what they do to a request.

use super::super::fault::Fault;
use super::super::fault::wire::{Fate, Message, Way};
use super::super::record::{FaultRecord, Happened, Happening};
use super::super::spec::{EdgeId, FaultSpec, LinkId, Model, ServiceId, Target};
use crate::kernel::draw::{Component, DrawBlock, KeyedDraws, Purpose, Slot, Stream};
use crate::kernel::draw::{lineage, unit_f64};
use crate::kernel::{SimDuration, SimTime};
use crate::model::RunSeed;
use crate::policy::Outcome;
use rand::Rng;

/// Which faults are active on what, their draws, and what they have hit.
///
/// A fault draws from a component of its own, keyed by the call and the attempt: adding a fault
/// changes no other draw, and the same attempt is hit whatever the policy does elsewhere.
#[derive(Debug)]
pub(super) struct Injection {
    /// By service: those that are active inside its instances, and those that cut its health checks
    /// off.
    active: Vec<Vec<u16>>,
    on_checks: Vec<Vec<u16>>,
    /// By link: those that are active on it.
    on_links: Vec<Vec<u16>>,
    /// How many are active inside all services.
    running: usize,
    draws: Vec<KeyedDraws>,
    /// What tells the calls of one edge from those of another.
    sites: Vec<u64>,
    states: Vec<State>,
}

/// How a fault goes.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) is_active: bool,
    /// What is left of its intensity, if its withdrawal has failed.
    residue: Option<f64>,
    /// Whether its withdrawal fails, if it is not stopped before.
    pub(super) sticks: bool,
    /// How many attempts it hit, and which instances of which services.
    hits: u64,
    instances: Vec<(ServiceId, u32)>,
    pub(super) happenings: Vec<Happening>,
}

/// What a fault may hit, named for its draws: an attempt, or a health check.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) service: ServiceId,
    pub(super) instance: u32,
    /// Along which it was sent; none for a health check.
    pub(super) edge: Option<EdgeId>,
    /// The call, or the instance that is checked, and what tells it from those of others.
    pub(super) key: u64,
    pub(super) site: u64,
    pub(super) attempt: u32,
}

/// A message of an attempt, as faults of the network see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    pub(super) hit: Hit,
    pub(super) link: LinkId,
    pub(super) way: Way,
    pub(super) caller: (u32, u32),
    pub(super) opened: SimTime,
}

impl Injection {
    pub(super) fn new(model: &Model, seed: RunSeed) -> Self {
        let draws = |fault: &FaultSpec| {
            let component = Component::named(&format!("fault {}", fault.name));
            KeyedDraws::new(seed.seed, seed.replication, component)
        };
        let state = |fault: &FaultSpec| {
            let component = Component::named(&format!("fault {}", fault.name));
            let mut luck = Stream::new(seed.seed, seed.replication, component, Purpose::Faults);
            State { sticks: unit_f64(luck.next_u64()) < fault.withdrawal.fails, ..State::default() }
        };
        Self {
            active: vec![Vec::new(); model.services.len()],
            on_checks: vec![Vec::new(); model.services.len()],
            on_links: vec![Vec::new(); model.links.len()],
            running: 0,
            draws: model.faults.iter().map(draws).collect(),
            sites: model.edges.iter().map(|e| Component::named(&e.name).id()).collect(),
            states: model.faults.iter().map(state).collect(),
        }
    }

    /// A fault starts, on all that it hits.
    pub(super) fn start(&mut self, model: &Model, fault: u16) {
        let spec = &model.faults[usize::from(fault)];
        self.states[usize::from(fault)].is_active = true;
        for target in &spec.targets {
            if spec.fault.is_on_the_wire(*target) {
                for link in links_of(model, *target) {
                    add(&mut self.on_links[link], fault);
                }
            } else if let Some(service) = service_of(model, *target) {
                self.running += usize::from(add(&mut self.active[service.index()], fault));
            }
            if spec.fault.cuts_health_checks()
                && let Some(service) = service_of(model, *target)
            {
                add(&mut self.on_checks[service.index()], fault);
            }
        }
    }

    /// A fault is withdrawn from all that it hits.
    pub(super) fn end(&mut self, fault: u16) {
        self.states[usize::from(fault)].is_active = false;
        for list in self.on_links.iter_mut().chain(&mut self.on_checks) {
            list.retain(|f| *f != fault);
        }
        for list in &mut self.active {
            let before = list.len();
            list.retain(|f| *f != fault);
            self.running -= before - list.len();
        }
    }

    /// The withdrawal of a fault fails: so much of its intensity is left.
    pub(super) fn leave(&mut self, fault: u16, residue: f64) {
        self.states[usize::from(fault)].residue = Some(residue);
    }

    pub(super) fn state(&mut self, fault: u16) -> &mut State {
        &mut self.states[usize::from(fault)]
    }

    /// Whether no fault is active inside any service.
    #[inline]
    pub(super) fn is_calm(&self) -> bool {
        self.running == 0
    }

    /// How much of its full intensity a fault has, 0 to 1.
    pub(super) fn intensity(&self, model: &Model, fault: u16, now: SimTime) -> f64 {
        let state = &self.states[usize::from(fault)];
        state.residue.unwrap_or_else(|| model.faults[usize::from(fault)].intensity(now))
    }

    /// What tells the calls of an edge from those of another.
    #[inline]
    pub(super) fn site(&self, edge: EdgeId) -> u64 {
        self.sites[edge.index()]
    }

    /// Whether what reaches a service is turned away there, and how.
    #[inline]
    pub(super) fn turns_away(&mut self, model: &Model, hit: Hit, now: SimTime) -> Option<Outcome> {
        self.turns_away_so(model, hit, now, |_| true)
    }

    /// Whether the connection of a request is refused at an instance that is there.
    pub(super) fn refuses(&mut self, model: &Model, hit: Hit, now: SimTime) -> bool {
        self.turns_away_so(model, hit, now, |outcome| outcome == Outcome::Refused).is_some()
    }

    fn turns_away_so(
        &mut self,
        model: &Model,
        hit: Hit,
        now: SimTime,
        is_meant: impl Fn(Outcome) -> bool,
    ) -> Option<Outcome> {
        let (by, outcome) = self.active[hit.service.index()].iter().find_map(|index| {
            if !self.is_among(model, *index, &hit, now) {
                return None;
            }
            let spec = &model.faults[usize::from(*index)];
            let (share, outcome) = spec.fault.turns_away(self.intensity(model, *index, now))?;
            (is_meant(outcome) && self.hits(*index, hit, share)).then_some((*index, outcome))
        })?;
        self.touch(by, &hit);
        Some(outcome)
    }

    /// The active faults that may hit what is here.
    pub(super) fn befalling(&self, model: &Model, hit: Hit, now: SimTime) -> Vec<u16> {
        let active = self.active[hit.service.index()].iter().copied();
        active.filter(|fault| self.is_among(model, *fault, &hit, now)).collect()
    }

    /// How long a request is held up before its first step, while it holds its worker.
    #[inline]
    pub(super) fn holds_up(&mut self, model: &Model, hit: Hit, now: SimTime) -> SimDuration {
        let mut held_up = SimDuration::ZERO;
        for nth in 0..self.active[hit.service.index()].len() {
            let index = self.active[hit.service.index()][nth];
            if !self.is_among(model, index, &hit, now) {
                continue;
            }
            let spec = &model.faults[usize::from(index)];
            let intensity = self.intensity(model, index, now);
            let ends = match self.states[usize::from(index)].residue {
                Some(_) => SimTime::ZERO + model.length,
                None => spec.ends(),
            };
            let held = spec.fault.holds_up(intensity, ends.since(now), || self.block(index, hit));
            let slows = spec.fault.slowness(intensity) > 1.0;
            if !held.is_zero() || slows {
                self.touch(index, &hit);
            }
            held_up += held;
        }
        held_up
    }

    /// How many times as long work takes for a request.
    #[inline]
    pub(super) fn slowness(&self, model: &Model, hit: Hit, now: SimTime) -> f64 {
        let mut slowness = 1.0;
        for index in &self.active[hit.service.index()] {
            if self.is_among(model, *index, &hit, now) {
                let spec = &model.faults[usize::from(*index)];
                slowness *= spec.fault.slowness(self.intensity(model, *index, now));
            }
        }
        slowness
    }

    /// Whether a health check gets no answer.
    pub(super) fn cuts_off(&self, model: &Model, check: &Hit, now: SimTime) -> bool {
        let faults = &self.on_checks[check.service.index()];
        faults.iter().any(|fault| {
            self.intensity(model, *fault, now) > 0.0 && self.is_among(model, *fault, check, now)
        })
    }

    /// The n-th of the faults on a link, if there are so many.
    pub(super) fn on_link(&self, link: LinkId, nth: usize) -> Option<u16> {
        self.on_links[link.index()].get(nth).copied()
    }

    /// What a fault makes of a message that it may hit: whether it does anything.
    pub(super) fn befalls(
        &self,
        model: &Model,
        fault: u16,
        sight: &Sight,
        now: SimTime,
        fate: &mut Fate,
    ) -> bool {
        if !self.may_hit(model, fault, sight, now) {
            return false;
        }
        let spec = &model.faults[usize::from(fault)];
        let (way, caller) = (sight.way, sight.caller);
        let (intensity, draws) = (self.intensity(model, fault, now), self.block(fault, sight.hit));
        let before = *fate;
        spec.fault.befalls(&Message { way, caller, intensity, draws: &draws }, fate);
        *fate != before
    }

    /// Whether a fault of the network may hit a message: it goes over what the fault hits, and not
    /// over a connection that the fault spares.
    pub(super) fn may_hit(&self, model: &Model, fault: u16, sight: &Sight, now: SimTime) -> bool {
        let spec = &model.faults[usize::from(fault)];
        let is_spared = spec.spares_open_connections && sight.opened < spec.at;
        let over = |target: &Target| match target {
            Target::Link(link) => *link == sight.link,
            other => self.is_in_target(fault, other, &sight.hit),
        };
        !is_spared
            && spec.targets.iter().any(over)
            && self.is_in_stage(spec, fault, &sight.hit, now)
    }

    /// The luck of the n-th segment of an attempt with a fault that loses segments.
    pub(super) fn luck(&self, fault: u16, sight: &Sight, way: Way, nth: u32) -> f64 {
        let Hit { key, site, attempt, .. } = sight.hit;
        let draws = &self.draws[usize::from(fault)];
        let block = draws.block_of_step(lineage(key, site, 0), attempt, nth);
        let slot = if way == Way::Answer { Slot::LossBack } else { Slot::LossOut };
        unit_f64(block.bits(slot))
    }

    /// Whether a fault that resets connections resets that of an attempt, as it starts.
    pub(super) fn resets(&self, model: &Model, fault: u16, sight: &Sight, now: SimTime) -> bool {
        let mut fate = Fate::PLAIN;
        self.befalls(model, fault, sight, now, &mut fate)
    }

    /// A fault has hit this.
    pub(super) fn touch(&mut self, fault: u16, hit: &Hit) {
        let state = &mut self.states[usize::from(fault)];
        state.hits += u64::from(hit.edge.is_some());
        self.touch_instance(fault, hit.service, hit.instance);
    }

    /// The instances that a fault has hit.
    pub(super) fn touched(&self, fault: u16) -> &[(ServiceId, u32)] {
        &self.states[usize::from(fault)].instances
    }

    /// A fault has hit an instance.
    pub(super) fn touch_instance(&mut self, fault: u16, service: ServiceId, instance: u32) {
        let instances = &mut self.states[usize::from(fault)].instances;
        if let Err(place) = instances.binary_search(&(service, instance)) {
            instances.insert(place, (service, instance));
        }
    }

    /// Whether what a fault hits inside its service is this.
    #[inline]
    fn is_among(&self, model: &Model, fault: u16, hit: &Hit, now: SimTime) -> bool {
        let spec = &model.faults[usize::from(fault)];
        if let ([Target::Service(_)], true) = (&*spec.targets, spec.stages.is_empty()) {
            return true;
        }
        let inside = |target: &Target| self.is_in_target(fault, target, hit);
        spec.targets.iter().any(inside) && self.is_in_stage(spec, fault, hit, now)
    }

    fn is_in_target(&self, fault: u16, target: &Target, hit: &Hit) -> bool {
        match *target {
            Target::Service(service) => service == hit.service,
            Target::Instances(service, portion) => {
                service == hit.service && portion.holds(hit.instance)
            }
            Target::CallsTo(service, share) => {
                service == hit.service
                    && hit.edge.is_some()
                    && self.of_call(fault, hit, Slot::Branch) < share
            }
            Target::CallsAlong(edge, share) => {
                hit.edge == Some(edge) && self.of_call(fault, hit, Slot::Branch) < share
            }
            Target::Client(_)
            | Target::Link(_)
            | Target::Cache(_)
            | Target::Broker(_)
            | Target::Primary(_) => false,
        }
    }

    /// Whether the stage of a fault has come to the call of an attempt.
    fn is_in_stage(&self, spec: &FaultSpec, fault: u16, hit: &Hit, now: SimTime) -> bool {
        let share = spec.share(now);
        share >= 1.0 || self.of_call(fault, hit, Slot::Think) < share
    }

    /// A fault's draw for a whole call: that of an attempt before the first.
    fn of_call(&self, fault: u16, hit: &Hit, slot: Slot) -> f64 {
        let call = Hit { attempt: 0, ..*hit };
        unit_f64(self.block(fault, call).bits(slot))
    }

    fn hits(&self, fault: u16, hit: Hit, share: f64) -> bool {
        share >= 1.0 || {
            let draw = self.block(fault, hit).slot(Slot::Branch).next_u64();
            unit_f64(draw) < share
        }
    }

    fn block(&self, fault: u16, hit: Hit) -> DrawBlock {
        self.draws[usize::from(fault)].block(lineage(hit.key, hit.site, 0), hit.attempt)
    }

    /// What became of each fault in a run that went to this time.
    pub(super) fn records(self, model: &Model, end: SimTime) -> Vec<FaultRecord> {
        let record = |(spec, state): (&FaultSpec, State)| {
            let mut happenings = state.happenings;
            if spec.at < end {
                happenings.insert(0, Happening { at: spec.at, what: Happened::Started });
            }
            let is_over = happenings.len() > 1 || spec.ends() >= end;
            if !is_over {
                // Of a fault that kills, no event says that its time is over.
                let kills = matches!(spec.fault, Fault::Crash(_)) && !state.instances.is_empty();
                let what = match kills && state.sticks {
                    true => Happened::WithdrawalFailed,
                    false => Happened::Withdrawn,
                };
                happenings.push(Happening { at: spec.ends(), what });
            }
            let mut services: Vec<ServiceId> = state.instances.iter().map(|(s, _)| *s).collect();
            services.dedup();
            FaultRecord {
                name: spec.name.clone(),
                happenings,
                hits: state.hits,
                instances: state.instances.len() as u32,
                services: services.iter().map(|s| model.services[s.index()].name.clone()).collect(),
            }
        };
        model.faults.iter().zip(self.states).map(record).collect()
    }
}

/// Adds a fault to a list once; whether it was not there.
fn add(list: &mut Vec<u16>, fault: u16) -> bool {
    let is_new = !list.contains(&fault);
    if is_new {
        list.push(fault);
    }
    is_new
}

/// The service inside which, or to which, a target is.
fn service_of(model: &Model, target: Target) -> Option<ServiceId> {
    match target {
        Target::CallsAlong(edge, _) => {
            let to = model.edges[edge.index()].to;
            Some(model.endpoints[to.index()].service)
        }
        Target::Link(link) => {
            let edge = model.edges.iter().find(|edge| edge.link == link)?;
            Some(model.endpoints[edge.to.index()].service)
        }
        other => other.service(),
    }
}

/// The links over which a target is reached.
pub(super) fn links_of(model: &Model, target: Target) -> impl Iterator<Item = usize> + '_ {
    let service = target.service();
    let of_edge = match target {
        Target::CallsAlong(edge, _) => Some(model.edges[edge.index()].link),
        Target::Link(link) => Some(link),
        _ => None,
    };
    let reaches = move |link: &usize| {
        of_edge.is_some_and(|own| own.index() == *link)
            || model.edges.iter().any(|edge| {
                edge.link.index() == *link
                    && Some(model.endpoints[edge.to.index()].service) == service
            })
    };
    (0..model.links.len()).filter(reaches)
}

/// Whether a fault of a model happens on a link at some time.
pub(super) fn is_disturbed(model: &Model, link: LinkId) -> bool {
    model.faults.iter().any(|spec| {
        let on_the_wire = |target: &&Target| spec.fault.is_on_the_wire(**target);
        let mut targets = spec.targets.iter().filter(on_the_wire);
        targets.any(|target| links_of(model, *target).any(|other| other == link.index()))
    })
}

/// Whether a fault resets connections that are in use.
pub(super) fn is_reset(fault: &Fault) -> bool {
    matches!(fault, Fault::Reset(_))
}
