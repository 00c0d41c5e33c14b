//! Counting, not logging: what is measured while a run goes on.
//!
//! An arrival costs one add, a response time one add, a level that changes one add; bins, slices and
//! integrals are worked out when they are closed. The loop tells the meters whenever time passes a boundary, so no counter
//! looks at the clock.

mod level;
mod seen;
mod subjects;

use std::sync::Arc;

use super::super::record::{
    FaultRecord, MeasurePlan, OutcomeCounts, RunEnd, RunRecord, SliceRecord, SubjectKind,
    SubjectRecord,
};
use super::super::spec::{ClientId, EdgeId, EffectId, EndpointId, Model, ServiceId};
use crate::kernel::SimTime;
use crate::policy::Outcome;
use crate::stats::{Recorded, Recorder};
pub(super) use level::Level;
pub(super) use subjects::{Subjects, subjects_of_endpoints};

/// The meters of all subjects, and the place on the time axis.
#[derive(Debug)]
pub(super) struct Meters {
    plan: MeasurePlan,
    subjects: Vec<Meter>,
    /// Where those of each kind start in `subjects`.
    edges: usize,
    stores: usize,
    effects: usize,
    caches: usize,
    brokers: usize,
    replicas: usize,
    instances: usize,
    cores: usize,
    memories: usize,
    services: usize,
    slice: usize,
    bin: usize,
    bin_end: SimTime,
    /// The next end of a bin or of a slice.
    boundary: SimTime,
}

impl Meters {
    pub(super) fn new(model: &Model, plan: &MeasurePlan) -> Self {
        let named = |kind, name: &Arc<str>| Meter::new(kind, name.clone());
        let mut subjects: Vec<Meter> = Vec::new();
        subjects.extend(model.clients.iter().map(|c| named(SubjectKind::Client, &c.name)));
        let edges = subjects.len();
        subjects.extend(model.edges.iter().map(|e| named(SubjectKind::Edge, &e.name)));
        let services = subjects.len();
        subjects.extend(model.services.iter().map(|s| named(SubjectKind::Service, &s.name)));
        for (index, subject) in subjects_of_endpoints(model).into_iter().enumerate() {
            let kind = match model.is_task(EndpointId(index as u16)) {
                true => SubjectKind::Task,
                false => SubjectKind::Endpoint,
            };
            if subject.is_some() {
                subjects.push(named(kind, &model.endpoints[index].name));
            }
        }
        let stores = subjects.len();
        subjects.extend(model.stores.iter().map(|s| named(SubjectKind::Store, &s.name)));
        let effects = subjects.len();
        subjects.extend(model.effects.iter().map(|e| named(SubjectKind::Effect, &e.name)));
        let caches = subjects.len();
        subjects.extend(model.caches.iter().map(|c| named(SubjectKind::Cache, &c.name)));
        let brokers = subjects.len();
        subjects.extend(model.brokers.iter().map(|b| named(SubjectKind::Broker, &b.name)));
        let replicas = subjects.len();
        subjects.extend(model.replications.iter().map(|r| named(SubjectKind::Replicas, &r.name)));
        let instances = subjects.len();
        subjects.extend(model.scaled.iter().map(|s| named(SubjectKind::Instances, &s.name)));
        let cores = subjects.len();
        subjects.extend(
            model.machines.iter().map(|m| named(SubjectKind::Cores, &m.cores_name().into())),
        );
        let memories = subjects.len();
        let names = model.memories.iter().map(|(service, _)| model.memory_name(*service));
        subjects.extend(names.map(|name| named(SubjectKind::Memory, &name.into())));
        let mut meters = Self {
            plan: plan.clone(),
            subjects,
            edges,
            stores,
            effects,
            caches,
            brokers,
            replicas,
            instances,
            cores,
            memories,
            services,
            slice: 0,
            bin: 0,
            bin_end: SimTime::ZERO + plan.rate_bin,
            boundary: SimTime::ZERO,
        };
        meters.set_boundary();
        meters
    }

    /// The time up to which nothing has to be cut.
    #[inline]
    pub(super) fn boundary(&self) -> SimTime {
        self.boundary
    }

    #[inline]
    pub(super) fn client(&mut self, id: ClientId) -> &mut Meter {
        &mut self.subjects[id.index()]
    }

    #[inline]
    pub(super) fn edge(&mut self, id: EdgeId) -> &mut Meter {
        &mut self.subjects[self.edges + id.index()]
    }

    pub(super) fn store(&mut self, store: u16) -> &mut Meter {
        &mut self.subjects[self.stores + usize::from(store)]
    }

    pub(super) fn cache(&mut self, cache: u16) -> &mut Meter {
        &mut self.subjects[self.caches + usize::from(cache)]
    }

    pub(super) fn broker(&mut self, broker: u16) -> &mut Meter {
        &mut self.subjects[self.brokers + usize::from(broker)]
    }

    pub(super) fn instances(&mut self, place: u16) -> &mut Meter {
        &mut self.subjects[self.instances + usize::from(place)]
    }

    pub(super) fn cores(&mut self, kind: u16) -> &mut Meter {
        &mut self.subjects[self.cores + usize::from(kind)]
    }

    pub(super) fn memory(&mut self, memory: usize) -> &mut Meter {
        &mut self.subjects[self.memories + memory]
    }

    pub(super) fn service(&mut self, service: ServiceId) -> &mut Meter {
        &mut self.subjects[self.services + service.index()]
    }

    pub(super) fn replicas(&mut self, group: u16) -> &mut Meter {
        &mut self.subjects[self.replicas + usize::from(group)]
    }

    pub(super) fn effect(&mut self, effect: EffectId) -> &mut Meter {
        &mut self.subjects[self.effects + effect.index()]
    }

    /// The meters of a service and of its tasks, at which all is counted that its instances hold.
    #[cfg(debug_assertions)]
    pub(super) fn all_of(&self, model: &Model, id: ServiceId) -> impl Iterator<Item = &Meter> {
        let tasks =
            subjects_of_endpoints(model).into_iter().enumerate().filter(move |(index, _)| {
                model.endpoints[*index].service == id && model.is_task(EndpointId(*index as u16))
            });
        let subjects: Vec<usize> =
            tasks.filter_map(|(_, subject)| Some(subject? as usize)).collect();
        let own = self.services + id.index();
        std::iter::once(own).chain(subjects).map(|subject| &self.subjects[subject])
    }

    /// Books at a service and, where it is measured apart, at its endpoint.
    #[inline(always)]
    pub(super) fn book(&mut self, at: Subjects, mut book: impl FnMut(&mut Meter)) {
        for subject in at {
            book(self.at(subject));
        }
    }

    /// The meter of one of the [`Subjects`].
    #[inline(always)]
    pub(super) fn at(&mut self, subject: u32) -> &mut Meter {
        &mut self.subjects[subject as usize]
    }

    /// Closes every bin and slice that ends at or before `now`.
    #[cold]
    pub(super) fn pass_boundaries(&mut self, now: SimTime) {
        while self.slice < self.plan.slice_ends.len() && self.plan.slice_ends[self.slice] <= now {
            let end = self.plan.slice_ends[self.slice];
            self.subjects.iter_mut().for_each(|meter| meter.close_slice(end));
            self.slice += 1;
        }
        if self.bin_end <= now {
            self.close_bin();
            let width = self.plan.rate_bin.as_nanos();
            self.bin = (now.as_nanos() / width) as usize;
            self.bin_end = SimTime::from_nanos((self.bin as u64 + 1).saturating_mul(width));
        }
        self.set_boundary();
    }

    fn close_bin(&mut self) {
        self.subjects.iter_mut().for_each(|meter| meter.close_bin(self.bin));
    }

    fn set_boundary(&mut self) {
        let slice_end = self.plan.slice_ends.get(self.slice).copied().unwrap_or(SimTime::MAX);
        self.boundary = slice_end.min(self.bin_end);
    }

    /// The name of the place where a run ran away: the innermost subject that holds nearly all that
    /// is in progress, since what waits in a service is in progress at its callers too.
    pub(super) fn busiest(&self) -> Arc<str> {
        let most = self.subjects.iter().map(|meter| meter.in_flight.get()).max().unwrap_or(0);
        let nearly_all = most - most / 10;
        let holders = self.subjects.iter().filter(|meter| meter.in_flight.get() >= nearly_all);
        let innermost = holders.max_by_key(|meter| (meter.kind, meter.in_flight.get()));
        innermost.map_or_else(|| "nowhere".into(), |meter| meter.name.clone())
    }

    /// Ends the run: `end` is the time up to which it went.
    pub(super) fn finish(
        mut self,
        end: SimTime,
        how: RunEnd,
        events: u64,
        faults: Vec<FaultRecord>,
    ) -> RunRecord {
        self.pass_boundaries(end);
        self.close_bin();
        if self.slice < self.plan.slice_ends.len() {
            self.subjects.iter_mut().for_each(|meter| meter.close_slice(end));
        }
        let slices = self.plan.slice_ends.len();
        let subjects = self.subjects.into_iter().map(|meter| meter.finish(slices)).collect();
        let (wait_cycles, deadlocks) = (Vec::new(), Vec::new());
        RunRecord { end: how, events, plan: self.plan, subjects, wait_cycles, deadlocks, faults }
    }
}

/// The meter of one subject.
#[derive(Debug)]
pub(super) struct Meter {
    name: Arc<str>,
    kind: SubjectKind,
    per_bin: Vec<u32>,
    /// Of the whole run; before the open slice; before the open bin.
    arrivals: u64,
    arrivals_before_slice: u64,
    arrivals_before_bin: u64,
    retries: u64,
    goodput: u64,
    outcomes: OutcomeCounts,
    rejections: OutcomeCounts,
    response_time: Recorder,
    /// Of services and endpoints only; it is large.
    waiting_time: Option<Recorder>,
    /// How many are in progress.
    pub(super) in_flight: Level,
    /// How many connections the pools of an edge hold open.
    pub(super) connections: Level,
    /// How many wait for a worker; of an edge, how many calls a layer of its policy holds back.
    pub(super) queue: Level,
    /// How many workers are busy.
    pub(super) busy: Level,
    wasted_ns: u128,
    /// When the open slice began.
    slice_began: SimTime,
    closed: Vec<SliceRecord>,
    /// When each of the closed ones began.
    began: Vec<SimTime>,
}

impl Meter {
    fn new(kind: SubjectKind, name: Arc<str>) -> Self {
        let serves = !matches!(kind, SubjectKind::Client | SubjectKind::Edge);
        Self {
            name,
            kind,
            per_bin: Vec::new(),
            arrivals: 0,
            arrivals_before_slice: 0,
            arrivals_before_bin: 0,
            retries: 0,
            goodput: 0,
            outcomes: OutcomeCounts::default(),
            rejections: OutcomeCounts::default(),
            response_time: Recorder::new(),
            waiting_time: serves.then(Recorder::new),
            in_flight: Level::default(),
            connections: Level::default(),
            queue: Level::default(),
            busy: Level::default(),
            wasted_ns: 0,
            slice_began: SimTime::ZERO,
            closed: Vec::new(),
            began: Vec::new(),
        }
    }

    /// A call, an attempt or a request arrives.
    #[inline]
    pub(super) fn arrives(&mut self, now: SimTime) {
        self.arrivals += 1;
        self.in_flight.up(now);
    }

    /// What arrived was not the first attempt of its call.
    #[inline]
    pub(super) fn was_retry(&mut self) {
        self.retries += 1;
    }

    /// A layer of the policy turned something away before it could arrive.
    #[inline]
    pub(super) fn was_rejected(&mut self, outcome: Outcome) {
        self.rejections.0[outcome.index()] += 1;
    }

    /// Something ends so, having arrived then.
    #[inline]
    pub(super) fn ends(&mut self, outcome: Outcome, arrived: SimTime, now: SimTime) {
        self.outcomes.0[outcome.index()] += 1;
        self.response_time.record(now.since(arrived).as_nanos());
    }

    /// How many have arrived since the start.
    pub(super) fn arrivals_so_far(&self) -> u64 {
        self.arrivals
    }

    /// The time integral of the number of busy workers since the start, in worker-nanoseconds.
    pub(super) fn busy_so_far(&self, now: SimTime) -> u128 {
        let closed: u128 = self.closed.iter().map(|slice| slice.busy_integral_ns).sum();
        closed + self.busy.integral(now)
    }

    /// Something ends so that takes no time.
    pub(super) fn ends_untimed(&mut self, outcome: Outcome) {
        self.outcomes.0[outcome.index()] += 1;
    }

    /// A good answer found somebody waiting.
    #[inline]
    pub(super) fn was_good(&mut self) {
        self.goodput += 1;
    }

    /// A request leaves the queue for a worker, having arrived then.
    #[inline]
    pub(super) fn waited(&mut self, arrived: SimTime, now: SimTime) {
        if let Some(waiting_time) = &mut self.waiting_time {
            waiting_time.record(now.since(arrived).as_nanos());
        }
    }

    /// A worker was held since then for a caller that has gone: that is known only now, and booked in the
    /// slices in which it was held.
    #[inline(never)]
    pub(super) fn wasted(&mut self, since: SimTime, now: SimTime) {
        let open = since.max(self.slice_began);
        self.wasted_ns += u128::from(now.since(open).as_nanos());
        let mut end = self.slice_began;
        for (slice, began) in self.closed.iter_mut().zip(&self.began).rev() {
            if since >= end {
                return;
            }
            slice.wasted_ns += u128::from(end.since(since.max(*began)).as_nanos());
            end = *began;
        }
    }

    /// What arrived since the last bin was closed, arrived in this one.
    fn close_bin(&mut self, bin: usize) {
        let arrived = self.arrivals - self.arrivals_before_bin;
        if arrived == 0 {
            return;
        }
        self.arrivals_before_bin = self.arrivals;
        if bin >= self.per_bin.len() {
            self.per_bin.resize(bin + 1, 0);
        }
        self.per_bin[bin] += arrived as u32;
    }

    fn close_slice(&mut self, end: SimTime) {
        let response = self.response_time.close();
        let waiting = self.waiting_time.as_mut().map_or_else(Recorded::default, Recorder::close);
        let (in_flight_integral_ns, in_flight_max) = self.in_flight.close(end);
        let (connections_integral_ns, connections_max) = self.connections.close(end);
        let (queue_integral_ns, queue_max) = self.queue.close(end);
        let (busy_integral_ns, _) = self.busy.close(end);
        let before = std::mem::replace(&mut self.arrivals_before_slice, self.arrivals);
        self.began.push(std::mem::replace(&mut self.slice_began, end));
        self.closed.push(SliceRecord {
            arrivals: self.arrivals - before,
            retries: std::mem::take(&mut self.retries),
            outcomes: std::mem::take(&mut self.outcomes),
            rejections: std::mem::take(&mut self.rejections),
            goodput: std::mem::take(&mut self.goodput),
            response_time: response.histogram,
            response_time_sum_ns: response.sum_ns,
            response_time_max_ns: response.max_ns,
            waiting_time: waiting.histogram,
            waiting_time_sum_ns: waiting.sum_ns,
            queue_integral_ns,
            queue_max,
            busy_integral_ns,
            wasted_ns: std::mem::take(&mut self.wasted_ns),
            in_flight_integral_ns,
            in_flight_max,
            connections_integral_ns,
            connections_max,
        });
    }

    fn finish(mut self, slices: usize) -> SubjectRecord {
        // A run that was given up leaves empty slices behind.
        self.closed.resize_with(slices, SliceRecord::default);
        SubjectRecord {
            name: self.name,
            kind: self.kind,
            arrivals_per_bin: self.per_bin,
            slices: self.closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;

    #[test]
    fn what_was_wasted_is_booked_when_it_was_done() {
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        let mut meter = Meter::new(SubjectKind::Service, "api".into());
        [10, 20, 30].into_iter().for_each(|end| meter.close_slice(at(end)));
        meter.wasted(at(15), at(32));
        meter.wasted(at(30), at(31));
        meter.close_slice(at(40));
        meter.wasted(at(40), at(41));
        let record = meter.finish(5);
        let seconds = record.slices.iter().map(|slice| slice.wasted_ns / 1_000_000_000);
        assert_eq!(seconds.collect::<Vec<_>>(), [0, 5, 10, 3, 0]);
    }
}
