//! Where calls come from: the runtime of the workload.

use super::super::fault::Fault;
use super::super::profile::{ProfileCursor, RateProfile};
use super::super::spec::{ClientId, FaultSpec, Model, Target};
use super::super::workload::{Arrivals, Load, OpenLoad, Start};
use crate::kernel::draw::{
    Component, DrawBlock, FirstAttempts, KeyedDraws, Purpose, Stream, unit_f64,
};
use crate::kernel::sample::standard_exponential;
use crate::kernel::{SimDuration, SimTime};
use crate::model::RunSeed;
use rand::Rng;

/// A process of calls that no answer can delay: an open loop, or what a load spike adds to one.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) client: ClientId,
    /// Calls of this source are numbered from here, so that a spike renumbers nobody.
    first_call: u64,
    calls: u64,
    process: Process,
    draws: Stream,
    /// The draws of its calls' first attempts.
    attempts: FirstAttempts,
}

#[derive(Debug)]
enum Process {
    Poisson {
        cursor: ProfileCursor,
        integral: f64,
    },
    Paced {
        cursor: ProfileCursor,
        at_once: u32,
        left: u32,
        due: SimTime,
        instants: u64,
    },
    Bursts {
        size: BurstSize,
        every: SimDuration,
        spread: SimDuration,
        bursts: u64,
        offsets: Vec<SimDuration>,
    },
}

/// How many calls a burst has.
#[derive(Debug)]
enum BurstSize {
    /// Always as many.
    Constant(u32),
    /// So many at the full intensity of a fault, none when it is over.
    While { at_most: f64, fault: Box<FaultSpec> },
}

impl BurstSize {
    /// The calls of a burst that starts then; `None` if no burst from then on has any.
    fn at(&self, start: SimTime) -> Option<u32> {
        match self {
            Self::Constant(size) => Some(*size),
            Self::While { fault, .. } if start >= fault.ends() => None,
            Self::While { fault, .. } if start < fault.at => Some(0),
            Self::While { at_most, fault } => {
                Some(libm::round(at_most * fault.intensity(start)) as u32)
            }
        }
    }
}

/// Calls of a load spike are numbered from here: no open loop makes so many calls of its own.
const SPIKE_CALLS: u64 = 1 << 48;

impl Source {
    /// Every open loop of the model, and what each spike adds to it.
    pub(super) fn all(model: &Model, seed: RunSeed) -> Vec<Self> {
        let mut sources = Vec::new();
        for (index, client) in model.clients.iter().enumerate() {
            let id = ClientId(index as u16);
            let Load::Open(load) = &client.load else { continue };
            let attempts = |first_call| {
                let component = Component::named(&model.edges[client.edge.index()].name);
                let draws = KeyedDraws::new(seed.seed, seed.replication, component);
                draws.first_attempts_from(first_call)
            };
            let calls = (0, attempts(0));
            sources.push(Self::new(id, Process::of(load), calls, &client.name, seed));
            for (nth, fault) in model.faults.iter().enumerate() {
                let (Fault::Spike(spike), true) = (&fault.fault, fault.hits(Target::Client(id)))
                else {
                    continue;
                };
                let extra = spiked(load, spike.factor, fault);
                let name = format!("{}+{}", client.name, fault.name);
                let first_call = SPIKE_CALLS * (nth as u64 + 1);
                let calls = (first_call, attempts(first_call));
                sources.push(Self::new(id, extra, calls, &name, seed));
            }
        }
        sources
    }

    fn new(
        client: ClientId,
        process: Process,
        (first_call, attempts): (u64, FirstAttempts),
        name: &str,
        seed: RunSeed,
    ) -> Self {
        let component = Component::named(name);
        let draws = Stream::new(seed.seed, seed.replication, component, Purpose::Arrivals);
        Self { client, first_call, calls: 0, process, draws, attempts }
    }

    /// The number of the call that is due, and on to the next.
    pub(super) fn take_call(&mut self) -> u64 {
        let call = self.first_call + self.calls;
        self.calls += 1;
        call
    }

    /// The draws of the first attempt of the call that [`Source::take_call`] is about to give: asked
    /// for every call, or for none.
    #[inline]
    pub(super) fn first_attempt(&mut self) -> DrawBlock {
        self.attempts.next_call()
    }

    /// When the next call is due; `None` if there is none.
    #[inline]
    pub(super) fn next(&mut self) -> Option<SimTime> {
        match &mut self.process {
            Process::Poisson { cursor, integral } => {
                *integral += standard_exponential(&mut self.draws);
                cursor.reaches(*integral)
            }
            Process::Paced { cursor, at_once, left, due, instants } => {
                if *left == 0 {
                    *instants += 1;
                    *left = *at_once;
                    *due = cursor.reaches(*instants as f64 * f64::from(*at_once))?;
                }
                *left -= 1;
                Some(*due)
            }
            Process::Bursts { size, every, spread, bursts, offsets } => {
                while offsets.is_empty() {
                    *bursts += 1;
                    let size = size.at(SimTime::ZERO + every.saturating_mul(*bursts))?;
                    offsets
                        .extend((0..size).map(|_| spread.mul_f64(unit_f64(self.draws.next_u64()))));
                    // The last is taken first.
                    offsets.sort_unstable_by(|a, b| b.cmp(a));
                }
                let start = SimTime::ZERO + every.saturating_mul(*bursts);
                offsets.pop().map(|offset| start + offset)
            }
        }
    }
}

impl Process {
    /// The process of an open loop.
    fn of(load: &OpenLoad) -> Self {
        match load.arrivals.clone() {
            Arrivals::Poisson(profile) => Self::poisson(profile),
            Arrivals::Paced(profile, start) => Self::paced(profile, start, load.clients),
            Arrivals::Bursts { size, every, spread } => {
                Self::bursts(BurstSize::Constant(size), every, spread)
            }
        }
    }

    fn poisson(profile: RateProfile) -> Self {
        Self::Poisson { cursor: ProfileCursor::new(profile), integral: 0.0 }
    }

    fn paced(profile: RateProfile, start: Start, clients: u32) -> Self {
        let at_once = if start == Start::Synchronized { clients } else { 1 };
        let cursor = ProfileCursor::new(profile);
        Self::Paced { cursor, at_once, left: 0, due: SimTime::ZERO, instants: 0 }
    }

    fn bursts(size: BurstSize, every: SimDuration, spread: SimDuration) -> Self {
        Self::Bursts { size, every, spread, bursts: 0, offsets: Vec::new() }
    }
}

/// What a spike adds to an open loop: the same process at `factor - 1` times its rate or, of
/// bursts, their size, while the fault lasts and with its ramp.
fn spiked(load: &OpenLoad, factor: f64, fault: &FaultSpec) -> Process {
    match &load.arrivals {
        Arrivals::Poisson(profile) => Process::poisson(extra_rate(profile, factor, fault)),
        Arrivals::Paced(profile, start) => {
            Process::paced(extra_rate(profile, factor, fault), *start, load.clients)
        }
        Arrivals::Bursts { size, every, spread } => {
            let at_most = f64::from(*size) * (factor - 1.0);
            let size = BurstSize::While { at_most, fault: Box::new(fault.clone()) };
            Process::bursts(size, *every, *spread)
        }
    }
}

/// Into how many pieces a ramp is cut where the rate changes as well: the product of two straight
/// lines is none.
const RAMP_PIECES: u64 = 32;

fn extra_rate(profile: &RateProfile, factor: f64, fault: &FaultSpec) -> RateProfile {
    let (start, end) = (fault.at, fault.ends());
    let mut times: Vec<SimTime> = profile.points.iter().map(|(t, _)| *t).collect();
    times.extend(
        (0..=RAMP_PIECES)
            .map(|k| start + SimDuration::from_nanos(fault.ramp.as_nanos() / RAMP_PIECES * k)),
    );
    times.push(start + fault.ramp);
    times.retain(|t| *t > start && *t < end);
    times.sort_unstable();
    times.dedup();
    let extra = |t: SimTime| (factor - 1.0) * fault.intensity(t) * profile.at(t);
    // Just before a jump of the profile its rate is the one it came from.
    let before = |t: SimTime| {
        let just = SimTime::from_nanos(t.as_nanos().saturating_sub(1));
        (factor - 1.0) * fault.intensity(t) * profile.at(just)
    };
    let mut points = vec![(SimTime::ZERO, 0.0), (start, 0.0), (start, extra(start))];
    points.extend(times.iter().flat_map(|t| [(*t, before(*t)), (*t, extra(*t))]));
    points.extend([(end, before(end)), (end, 0.0)]);
    RateProfile { points: points.into() }
}
