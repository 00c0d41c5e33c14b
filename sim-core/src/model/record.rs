//! What a run leaves behind: counts per rate bin and per slice, as plain data.
//!
//! The time axis is cut into **slices**: at every whole steady-state bin (1 s unless the
//! scenario says otherwise) and at every boundary of a phase. Whatever phase is asked for later
//! is a union of slices, so nothing needs to be known in advance about how a run will go.
//! Arrivals are counted, besides, in fine **rate bins** for peak rates.

use std::sync::Arc;

use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;
use crate::stats::SparseHistogram;

/// How the time axis of a run is cut.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasurePlan {
    /// The width of the rate bins: bin `k` is `[k·w, (k+1)·w)`.
    pub rate_bin: SimDuration,
    /// The ends of the slices, ascending; the last is the end of the run. The first slice
    /// starts at zero.
    pub slice_ends: Arc<[SimTime]>,
}

impl MeasurePlan {
    /// Cuts `[0, length)` at every multiple of `slice` and at every one of `boundaries`.
    pub fn new(
        length: SimDuration,
        rate_bin: SimDuration,
        slice: SimDuration,
        boundaries: &[SimTime],
    ) -> Self {
        let end = SimTime::ZERO + length;
        let step = slice.as_nanos().max(1);
        let mut ends: Vec<SimTime> = (1..=length.as_nanos() / step)
            .map(|k| SimTime::from_nanos(k * step))
            .chain(boundaries.iter().copied().filter(|t| *t > SimTime::ZERO && *t < end))
            .chain([end])
            .collect();
        ends.sort_unstable();
        ends.dedup();
        Self { rate_bin, slice_ends: ends.into() }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEnd {
    /// It reached its length, or nothing was left to happen.
    Completed,
    /// It ran away and was given up.
    Aborted {
        /// When.
        at: SimTime,
        /// The busiest place: a client, service or call.
        place: Arc<str>,
        /// Which bound was passed.
        cause: Runaway,
    },
}

/// Which bound a run that was given up passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runaway {
    /// [`super::spec::Limits::events`].
    Events,
    /// [`super::spec::Limits::in_flight`].
    InFlight,
}

/// Everything that was measured in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// How it ended.
    pub end: RunEnd,
    /// How many events were handled.
    pub events: u64,
    /// How the time axis was cut.
    pub plan: MeasurePlan,
    /// One record a subject: first the clients, then the edges, the services, the endpoints and
    /// tasks, the stores, the effects, the caches, the brokers, the replicas, the instances that are scaled,
    /// the cores of machines and the memories of services, each in the order of the model.
    pub subjects: Vec<SubjectRecord>,
    /// The circles in which threads, locks or connections waited for one another, in the order in which
    /// they were found.
    pub wait_cycles: Vec<WaitCycle>,
    /// When circles were there, told of or not: from and until, in no order.
    pub deadlocks: Vec<(SimTime, SimTime)>,
    /// What became of each fault of the model, in its order.
    pub faults: Vec<FaultRecord>,
}

/// A circle of waiting: each of them waits for the next, and the last for the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitCycle {
    /// When it closed.
    pub at: SimTime,
    /// Who waits, by name: a worker, a transaction, a lock.
    pub who: Vec<Arc<str>>,
}

/// What became of a fault, and what it hit: its blast radius.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRecord {
    /// Its name.
    pub name: Arc<str>,
    /// What happened to it, in order.
    pub happenings: Vec<Happening>,
    /// How many attempts it hit; none of a fault that kills or brings more load.
    pub hits: u64,
    /// How many instances it hit, or the attempts to which it hit.
    pub instances: u32,
    /// The services that these belong to.
    pub services: Vec<Arc<str>>,
}

/// Something that happened to a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: SimTime,
    /// What.
    pub what: Happened,
}

/// See [`Happening`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It started.
    Started,
    /// It was withdrawn when its time was over.
    Withdrawn,
    /// Its condition withdrew it before.
    Stopped,
    /// Its withdrawal failed when its time was over.
    WithdrawalFailed,
}

/// What a record is about; ordered from the outside in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// A population of clients; its arrivals are its calls, its outcomes those of whole calls.
    Client,
    /// A caller and what it calls; its arrivals are the attempts that the policy let out onto
    /// the wire, its outcomes those of attempts, as the caller saw them.
    Edge,
    /// A service; its arrivals are the requests that reached it over the network, refused or
    /// not, its outcomes those it answered.
    Service,
    /// An endpoint of a service with several; counted as a service is.
    Endpoint,
    /// A kind of background tasks of a service, which are counted nowhere else; as a service is.
    Task,
    /// A store; its arrivals are the rows that were asked for, its outcomes what became of that (`ok`
    /// is a row that was granted), its response time how long it took, its queue who waits.
    Store,
    /// An effect; its arrivals are those that were applied or known again (`cancelled`); goodput is what
    /// came about for the first time, retries what came about once more. A failover may undo it, which is a
    /// further arrival: `lost` if its write had been acknowledged, `reset` if not.
    Effect,
    /// A cache; its arrivals are lookups, of which some hit (`ok`), are served something stale
    /// (`degraded`) or miss (`unresolved`); its response times are the ages of what was served, its
    /// queue those who wait for what somebody else fetches.
    Cache,
    /// A broker; its arrivals are messages, its retries deliveries after the first, its outcomes those of
    /// the last delivery, its response time that from the publishing to the end of the last delivery;
    /// its queue is what waits, and busy workers are deliveries that are under way.
    Broker,
    /// The replicas of a service; its arrivals are reads that they have answered, of which some missed a
    /// write that had been acknowledged (`degraded`: stale) and others did not (`ok`), and writes that a
    /// failover has undone: `lost` had been acknowledged, `reset` had not. Its queue is the writes that the
    /// primary has and they do not.
    Replicas,
    /// The instances of a service that is scaled; its arrivals are those that were started, its ends those
    /// that were taken away, and in progress are those that there are, ready or not.
    Instances,
    /// The cores of a kind of machines; their arrivals are pieces of work, which end `ok` or are given up
    /// (`cancelled`), their busy workers thousandths of cores, and their queue the pieces of work beyond the
    /// cores that work: the run queue. Nobody stands in line there, all work is slower for it.
    Cores,
    /// The memory of a service's instances; its arrivals are collections of garbage, which end `ok` or with
    /// the process (`reset`), and kills for want of memory (`overflow`); in progress are the collections that
    /// are under way, of an instance that stands still for each.
    Memory,
}

/// Everything that was measured of one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectRecord {
    /// Its name: `shop`, `shop->payment`, `payment`, `payment.checkout`.
    pub name: Arc<str>,
    /// What it is.
    pub kind: SubjectKind,
    /// Arrivals per rate bin; bins after the last arrival may be absent.
    pub arrivals_per_bin: Vec<u32>,
    /// One entry a slice of the plan.
    pub slices: Vec<SliceRecord>,
}

/// What was measured of one subject in one slice of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SliceRecord {
    /// Calls, attempts or requests that arrived.
    pub arrivals: u64,
    /// Of a client or an edge: attempts that were not the first of their call.
    pub retries: u64,
    /// Ended calls, attempts or requests, by [`Outcome::index`].
    pub outcomes: OutcomeCounts,
    /// Of an edge: what a layer of its policy turned away before it went out onto the wire.
    pub rejections: OutcomeCounts,
    /// Of a service: good answers that still found somebody waiting. Of others: outcome `ok`.
    pub goodput: u64,
    /// Response times of what ended in this slice, whatever the outcome, in nanoseconds.
    pub response_time: SparseHistogram,
    /// The exact sum of those response times, in nanoseconds.
    pub response_time_sum_ns: u128,
    /// The longest of them, in nanoseconds.
    pub response_time_max_ns: u64,
    /// Of a service: times in the queue of the requests that left it for a worker, in nanoseconds.
    pub waiting_time: SparseHistogram,
    /// The exact sum of those waiting times, in nanoseconds.
    pub waiting_time_sum_ns: u128,
    /// The time integral of the number waiting for a worker, in request-nanoseconds. Of an edge: of the
    /// number of its calls that a layer of the policy holds back.
    pub queue_integral_ns: u128,
    /// The largest number waiting for a worker; of an edge, held back.
    pub queue_max: u32,
    /// The time integral of the number of busy workers, in worker-nanoseconds; of cores, in thousandths.
    pub busy_integral_ns: u128,
    /// Worker time in this slice for requests whose callers had gone by the time that they ended, in
    /// worker-nanoseconds. It is known only then: a fault may waste what was done before it.
    pub wasted_ns: u128,
    /// The time integral of the number of calls, attempts or requests in progress (of an edge:
    /// open connections), in nanoseconds.
    pub in_flight_integral_ns: u128,
    /// The largest number in progress.
    pub in_flight_max: u32,
    /// Of an edge with a connection pool: the time integral of the number of its connections that are
    /// open, in use or idle, in connection-nanoseconds.
    pub connections_integral_ns: u128,
    /// The largest number of open connections.
    pub connections_max: u32,
}

/// Counts by outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeCounts(pub [u64; Outcome::COUNT]);

impl Default for OutcomeCounts {
    fn default() -> Self {
        Self([0; Outcome::COUNT])
    }
}

impl OutcomeCounts {
    /// How many ended so.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome.index()]
    }

    /// Adds other counts to these.
    pub fn add(&mut self, other: &Self) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum += count;
        }
    }

    /// How many ended at all.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// How many failed: neither good nor degraded.
    pub fn failed(&self) -> u64 {
        Outcome::ALL.iter().filter(|o| o.is_failure()).map(|o| self.of(*o)).sum()
    }
}
