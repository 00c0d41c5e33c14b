//! When a resource was saturated: see [`crate::results::Saturation`] for what that means.

use scenarios::resource::{Resource, ResourceKind, resources};
use scenarios::study::Variant;
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::record::{RunRecord, SubjectKind};
use sim_core::model::spec::ScaledSpec;
use sim_core::policy::Outcome;

use super::levels::Level;
use crate::measure::{Slices, Totals, named};
use crate::phases::{Phases, TimeRange};

/// For how much of a bin workers are busy, at least.
const BUSY: f64 = 0.95;
/// How many wait on average, at least.
const WAITING: f64 = 1.0;
/// Which share of a call's tries is turned away, at least.
const TURNED_AWAY: f64 = 0.05;
/// Which share of the time garbage is collected, at least: as long as anything else is done.
const COLLECTING: f64 = 0.5;
/// In how many bins in a row.
const BINS: usize = 2;

/// A resource made ready for one variant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SaturationMeter {
    pub(crate) resource: Resource,
    bin: SimDuration,
    /// Where the instances are counted of a service that is scaled, and how many there are at most.
    scaled: Option<(String, f64)>,
}

/// The resources of a variant, the innermost first: of those that are saturated in the same bin, it is the
/// innermost that the others wait for.
pub(super) fn meters(variant: &Variant, levels: &[Level]) -> Vec<SaturationMeter> {
    let depth = |resource: &Resource| {
        let (name, beyond) = match &resource.what {
            ResourceKind::Pool { service, .. } => (service, 0),
            // A call of a caller lies between its caller and what it reaches.
            ResourceKind::Calls { .. } => (&resource.name, 1),
            // Whoever holds a row may wait for others, but who waits for the row waits for that.
            ResourceKind::Rows => return u32::MAX,
            // Whoever works there waits for nobody.
            ResourceKind::Cores { services, .. } => {
                let levels = levels.iter().filter(|level| services.contains(&level.name));
                return levels.map(|level| 2 * level.depth + 1).max().unwrap_or(0);
            }
            ResourceKind::Memory { service, .. } => (service, 1),
            // Nobody waits for a message.
            ResourceKind::Consumers { .. } => return 0,
        };
        let level = levels.iter().find(|level| level.name == *name);
        level.map_or(0, |level| 2 * level.depth + beyond)
    };
    let mut found = resources(&variant.model);
    found.sort_by_key(|resource| std::cmp::Reverse(depth(resource)));
    let bin = variant.steady.bin;
    let scaled = |resource: &Resource| {
        let (ResourceKind::Pool { service, .. } | ResourceKind::Memory { service, .. }) =
            &resource.what
        else {
            return None;
        };
        let is_it = |scaled: &&ScaledSpec| {
            *variant.model.services[scaled.service.index()].name == **service
        };
        let found = variant.model.scaled.iter().find(is_it)?;
        let most = variant.model.services[found.service.index()].instances;
        Some((found.name.to_string(), f64::from(most)))
    };
    let meter = |resource| SaturationMeter { scaled: scaled(&resource), resource, bin };
    found.into_iter().map(meter).collect()
}

impl SaturationMeter {
    /// What it is, in words.
    pub(crate) fn what(&self) -> String {
        match &self.resource.what {
            ResourceKind::Pool { .. } => "worker pool".to_owned(),
            ResourceKind::Calls { layers } => layers.join(", "),
            ResourceKind::Rows => "row locks".to_owned(),
            ResourceKind::Cores { .. } => "processor".to_owned(),
            ResourceKind::Memory { .. } => "memory".to_owned(),
            ResourceKind::Consumers { .. } => "consumers of messages".to_owned(),
        }
    }

    /// How long after the start of the first fault (without faults: after the warm-up) the first of the
    /// bins began in which it was saturated.
    pub(crate) fn since_start(&self, record: &RunRecord, phases: &Phases) -> Option<SimDuration> {
        let start = phases.start_of_faults();
        let bins = self.bins(start, phases.end());
        let first = bins
            .windows(self.bins_in_a_row())
            .find(|bins| bins.iter().all(|bin| self.is_saturated(record, *bin)))?;
        Some(first[0].start.since(start))
    }

    /// A process that is killed for want of memory is not killed in the next bin, too.
    fn bins_in_a_row(&self) -> usize {
        match self.resource.what {
            ResourceKind::Memory { .. } => 1,
            _ => BINS,
        }
    }

    /// The bins from the one that holds `start`, of which only what follows counts, to the last whole one.
    fn bins(&self, start: SimTime, end: SimTime) -> Vec<TimeRange> {
        let width = self.bin.as_nanos().max(1);
        let bin = |k: u64| TimeRange {
            start: SimTime::from_nanos(k * width).max(start),
            end: SimTime::from_nanos((k + 1) * width),
        };
        (start.as_nanos() / width..end.as_nanos() / width).map(bin).collect()
    }

    fn is_saturated(&self, record: &RunRecord, bin: TimeRange) -> bool {
        let length_ns = bin.length().as_nanos() as f64;
        // Of a service that is scaled: which share of its instances is there.
        let present = self.scaled.as_ref().map_or(1.0, |(name, most)| {
            let there =
                Slices::within(&record.plan, &named(record, SubjectKind::Instances, name), bin);
            there.totals().in_flight_integral_ns as f64 / length_ns / most
        });
        let totals = |kind, name: &str| {
            Slices::within(&record.plan, &named(record, kind, name), bin).totals()
        };
        match &self.resource.what {
            ResourceKind::Pool { workers, measured, .. } => {
                let all = measured.iter().map(|(kind, name)| totals(*kind, name));
                let all = all.fold(Totals::default(), |sum, one| sum.with(&one));
                let waiting = all.queue_integral_ns as f64 / length_ns;
                let busy = all.busy_integral_ns as f64 / length_ns;
                let away = turned_away(&all.outcomes, &[Outcome::Overflow, Outcome::RejectedShed]);
                busy >= BUSY * workers * present && (waiting >= WAITING || away > 0)
            }
            ResourceKind::Calls { .. } => {
                let calls = totals(SubjectKind::Edge, &self.resource.name);
                let waiting = calls.queue_integral_ns as f64 / length_ns;
                let held = [Outcome::RejectedBulkhead, Outcome::RejectedLimit];
                let away = turned_away(&calls.rejections, &held) as f64;
                let tried = away + calls.arrivals as f64;
                waiting >= WAITING || (away > 0.0 && away >= TURNED_AWAY * tried)
            }
            ResourceKind::Rows => {
                let rows = totals(SubjectKind::Store, &self.resource.name);
                rows.queue_integral_ns as f64 / length_ns >= WAITING
            }
            ResourceKind::Cores { thousandths, .. } => {
                let cores = totals(SubjectKind::Cores, &self.resource.name);
                let busy = cores.busy_integral_ns as f64 / length_ns;
                let beyond = cores.queue_integral_ns as f64 / length_ns;
                busy >= BUSY * thousandths && beyond >= WAITING
            }
            ResourceKind::Memory { instances, .. } => {
                let memory = totals(SubjectKind::Memory, &self.resource.name);
                let collecting = memory.in_flight_integral_ns as f64 / length_ns;
                memory.outcomes.of(Outcome::Overflow) > 0
                    || collecting >= COLLECTING * instances * present
            }
            ResourceKind::Consumers { consumers } => {
                let messages = totals(SubjectKind::Broker, &self.resource.name);
                let busy = messages.busy_integral_ns as f64 / length_ns;
                let waiting = messages.queue_integral_ns as f64 / length_ns;
                busy >= BUSY * consumers && waiting >= WAITING
            }
        }
    }
}

fn turned_away(counts: &sim_core::model::record::OutcomeCounts, by: &[Outcome]) -> u64 {
    by.iter().map(|outcome| counts.of(*outcome)).sum()
}
