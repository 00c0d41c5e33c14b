//! Slices of a record, added up over a range of time.

use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::record::{MeasurePlan, OutcomeCounts, SliceRecord, SubjectRecord};
use sim_core::policy::Outcome;
use sim_core::stats::SparseHistogram;

use crate::phases::TimeRange;

/// The slices of some records that lie in a range: one record, or several of one name.
#[derive(Clone, Debug)]
pub(crate) struct Slices<'a> {
    /// How long the range is.
    pub(crate) length: SimDuration,
    slices: Vec<&'a SliceRecord>,
}

impl<'a> Slices<'a> {
    /// The slices of `records` that lie wholly in `range`.
    pub(crate) fn within(
        plan: &MeasurePlan,
        records: &[&'a SubjectRecord],
        range: TimeRange,
    ) -> Self {
        let places = places_within(plan, range);
        let of = |record: &&'a SubjectRecord| {
            let end = places.end.min(record.slices.len());
            &record.slices[places.start.min(end)..end]
        };
        Self { length: range.length(), slices: records.iter().flat_map(of).collect() }
    }

    /// All counts and integrals.
    pub(crate) fn totals(&self) -> Totals {
        self.slices.iter().fold(Totals::default(), |sum, slice| sum.with(&Totals::of(slice)))
    }

    /// All response times.
    pub(crate) fn response_time(&self) -> SparseHistogram {
        self.merged(|slice| &slice.response_time)
    }

    /// All waiting times.
    pub(crate) fn waiting_time(&self) -> SparseHistogram {
        self.merged(|slice| &slice.waiting_time)
    }

    fn merged(&self, times: impl Fn(&'a SliceRecord) -> &'a SparseHistogram) -> SparseHistogram {
        match self.slices[..] {
            // Most bins are a single slice; there is nothing to merge.
            [slice] => times(slice).clone(),
            _ => SparseHistogram::merged(self.slices.iter().map(|slice| times(slice))),
        }
    }
}

/// Which slices of a plan lie wholly in a range: they are neighbours.
fn places_within(plan: &MeasurePlan, range: TimeRange) -> std::ops::Range<usize> {
    let ends = &plan.slice_ends;
    // A slice starts where the one before it ends, the first at zero.
    let start = match range.start {
        SimTime::ZERO => 0,
        start => ends.partition_point(|end| *end < start) + 1,
    };
    let end = ends.partition_point(|end| *end <= range.end);
    start..end.max(start)
}

/// Counts and integrals of several slices.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) arrivals: u64,
    pub(crate) retries: u64,
    pub(crate) goodput: u64,
    pub(crate) outcomes: OutcomeCounts,
    pub(crate) rejections: OutcomeCounts,
    pub(crate) response_time_count: u64,
    pub(crate) response_time_sum_ns: u128,
    pub(crate) response_time_max_ns: u64,
    pub(crate) waiting_time_count: u64,
    pub(crate) waiting_time_sum_ns: u128,
    pub(crate) queue_integral_ns: u128,
    pub(crate) queue_max: u32,
    pub(crate) busy_integral_ns: u128,
    pub(crate) wasted_ns: u128,
    pub(crate) in_flight_integral_ns: u128,
    pub(crate) in_flight_max: u32,
    pub(crate) connections_integral_ns: u128,
    pub(crate) connections_max: u32,
}

impl Totals {
    fn of(slice: &SliceRecord) -> Self {
        Self {
            arrivals: slice.arrivals,
            retries: slice.retries,
            goodput: slice.goodput,
            outcomes: slice.outcomes,
            rejections: slice.rejections,
            response_time_count: slice.response_time.count(),
            response_time_sum_ns: slice.response_time_sum_ns,
            response_time_max_ns: slice.response_time_max_ns,
            waiting_time_count: slice.waiting_time.count(),
            waiting_time_sum_ns: slice.waiting_time_sum_ns,
            queue_integral_ns: slice.queue_integral_ns,
            queue_max: slice.queue_max,
            busy_integral_ns: slice.busy_integral_ns,
            wasted_ns: slice.wasted_ns,
            in_flight_integral_ns: slice.in_flight_integral_ns,
            in_flight_max: slice.in_flight_max,
            connections_integral_ns: slice.connections_integral_ns,
            connections_max: slice.connections_max,
        }
    }

    /// The sum; of maxima, the larger.
    pub(crate) fn with(mut self, other: &Self) -> Self {
        self.outcomes.add(&other.outcomes);
        self.rejections.add(&other.rejections);
        Self {
            arrivals: self.arrivals + other.arrivals,
            retries: self.retries + other.retries,
            goodput: self.goodput + other.goodput,
            outcomes: self.outcomes,
            rejections: self.rejections,
            response_time_count: self.response_time_count + other.response_time_count,
            response_time_sum_ns: self.response_time_sum_ns + other.response_time_sum_ns,
            response_time_max_ns: self.response_time_max_ns.max(other.response_time_max_ns),
            waiting_time_count: self.waiting_time_count + other.waiting_time_count,
            waiting_time_sum_ns: self.waiting_time_sum_ns + other.waiting_time_sum_ns,
            queue_integral_ns: self.queue_integral_ns + other.queue_integral_ns,
            queue_max: self.queue_max.max(other.queue_max),
            busy_integral_ns: self.busy_integral_ns + other.busy_integral_ns,
            wasted_ns: self.wasted_ns + other.wasted_ns,
            in_flight_integral_ns: self.in_flight_integral_ns + other.in_flight_integral_ns,
            in_flight_max: self.in_flight_max.max(other.in_flight_max),
            connections_integral_ns: self.connections_integral_ns + other.connections_integral_ns,
            connections_max: self.connections_max.max(other.connections_max),
        }
    }

    /// How many ended.
    pub(crate) fn ended(&self) -> u64 {
        self.outcomes.total()
    }

    /// How many ended neither well nor degraded.
    pub(crate) fn failed(&self) -> u64 {
        self.outcomes.failed()
    }

    /// How many ended well.
    pub(crate) fn good(&self) -> u64 {
        self.outcomes.of(Outcome::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::seconds;

    #[test]
    fn a_range_holds_the_slices_that_lie_wholly_in_it() {
        let ms = |n: u64| SimTime::from_nanos(n * 1_000_000);
        let second = SimDuration::from_secs(1);
        let plan = MeasurePlan::new(SimDuration::from_secs(4), second, second, &[ms(1500)]);
        // Slices end at 1, 1.5, 2, 3 and 4 s.
        let places = |start, end| places_within(&plan, TimeRange { start, end });
        assert_eq!(places(seconds(0), seconds(4)), 0..5);
        assert_eq!(places(seconds(0), seconds(1)), 0..1);
        assert_eq!(places(seconds(1), ms(1500)), 1..2);
        assert_eq!(places(ms(1500), seconds(3)), 2..4);
        assert_eq!(places(seconds(3), seconds(3)), 4..4);
        assert_eq!(places(ms(3200), ms(3900)), 5..5);
    }
}
