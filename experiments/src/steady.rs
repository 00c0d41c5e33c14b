//! The steady state: which bins of a run are as good as the same bins of its control.
//!
//! A bin holds when three things do, each judged on the calls of the client population the
//! scenario is about: goodput is at least a share (95 %) of the control's; the share of failed
//! calls is at most the control's and a little (1 point); the p99 response time is at most a
//! factor (2) of the control's.
//!
//! Run and control meet the same arrivals and the same demands, so what differs is the fault's
//! doing, but for calls that end on the other side of a bin's edge. Where a bin holds so few
//! calls that this shows, three rules keep it from being taken for an outage:
//!
//! * goodput may always fall short by one call (which matters below 20 calls a bin);
//! * a control that fails calls of its own is noisy: one more failed call is then within the
//!   noise (which matters below 100 calls a bin). Of a control that fails none, none is excused;
//! * where the control ended fewer than 100 calls, its p99 is just its slowest call, which may
//!   lie in the next bin: the slowest of the bin and its two neighbours is taken.
//!
//! A bin in which nothing ended holds if the control had next to no goodput in it, and is out
//! otherwise. A control's bin in which nothing ended has no p99 to keep to. The last bin is left
//! out if the run ends within it, and so are bins that begin before the warm-up ends.

use scenarios::study::Steady;
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::record::{RunRecord, SubjectKind};

use crate::measure::{Slices, named};
use crate::phases::{Phases, TimeRange};

/// Below this many calls a p99 is the slowest of them.
const CALLS_FOR_A_P99: u64 = 100;

/// What the calls of one bin came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Good answers in time.
    pub goodput: u64,
    /// Calls that ended neither well nor degraded.
    pub failed: u64,
    /// Calls that ended.
    pub ended: u64,
    /// The 99th percentile of their response times, in nanoseconds; `None` if none ended.
    pub p99_ns: Option<f64>,
}

/// The judged bins of a run and of its control: bin `k` is `[first + k·width, first + (k+1)·width)`.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedBins {
    first: SimTime,
    width: SimDuration,
    run: Vec<Bin>,
    control: Vec<Bin>,
    /// Whether the bin held.
    pub holds: Vec<bool>,
}

impl JudgedBins {
    /// Judges a run of the client population `client` against its control.
    pub fn of(
        run: &RunRecord,
        control: &RunRecord,
        client: &str,
        phases: &Phases,
        steady: &Steady,
    ) -> Self {
        let width = steady.bin.as_nanos().max(1);
        let first = phases.warmup_end().as_nanos().div_ceil(width);
        let places = first..(phases.end().as_nanos() / width).max(first);
        let bins = |record| -> Vec<Bin> {
            places.clone().map(|k| bin(record, client, k * width, width)).collect()
        };
        let first = SimTime::from_nanos(first * width);
        Self::judge(first, bins(run), bins(control), steady)
    }

    /// Judges bins, the first of which starts at `first`.
    pub fn judge(first: SimTime, run: Vec<Bin>, control: Vec<Bin>, steady: &Steady) -> Self {
        let control_fails = control.iter().any(|bin| bin.failed > 0);
        let holds = (0..run.len())
            .map(|k| {
                goodput_holds(&run[k], &control[k], steady)
                    && failures_hold(&run[k], &control[k], control_fails, steady)
                    && p99_holds(&run[k], &control, k, steady)
            })
            .collect();
        Self { first, width: steady.bin, run, control, holds }
    }

    /// When bin `k` starts.
    pub fn start(&self, k: usize) -> SimTime {
        self.first + self.width.saturating_mul(k as u64)
    }

    /// The bin that holds `time`, or the first one if `time` is before it.
    pub fn at(&self, time: SimTime) -> usize {
        let bin = time.since(self.first).as_nanos() / self.width.as_nanos().max(1);
        usize::try_from(bin).unwrap_or(usize::MAX)
    }

    /// The goodput of the last `bins` bins and that of the control.
    pub fn last_goodput(&self, bins: u32) -> (u64, u64) {
        let last = |all: &[Bin]| {
            let start = all.len().saturating_sub(bins as usize);
            all[start..].iter().map(|bin| bin.goodput).sum()
        };
        (last(&self.run), last(&self.control))
    }
}

fn bin(record: &RunRecord, client: &str, start_ns: u64, width_ns: u64) -> Bin {
    let start = SimTime::from_nanos(start_ns);
    let range = TimeRange { start, end: start + SimDuration::from_nanos(width_ns) };
    let subjects = named(record, SubjectKind::Client, client);
    let slices = Slices::within(&record.plan, &subjects, range);
    let totals = slices.totals();
    Bin {
        goodput: totals.goodput,
        failed: totals.failed(),
        ended: totals.ended(),
        p99_ns: slices.response_time().percentile(99.0),
    }
}

fn goodput_holds(run: &Bin, control: &Bin, steady: &Steady) -> bool {
    let allowed = ((1.0 - steady.goodput_share) * control.goodput as f64).max(1.0);
    run.goodput as f64 + allowed >= control.goodput as f64
}

fn failures_hold(run: &Bin, control: &Bin, control_fails: bool, steady: &Steady) -> bool {
    let control_share = control.failed as f64 / control.ended.max(1) as f64;
    let ended = run.ended as f64;
    let noise = if control_fails { 1.0 } else { 0.0 };
    let excess = (steady.failed_excess * ended).max(noise);
    run.failed as f64 <= control_share * ended + excess
}

fn p99_holds(run: &Bin, control: &[Bin], k: usize, steady: &Steady) -> bool {
    let Some(p99) = run.p99_ns else { return true };
    let near = match control[k].ended < CALLS_FOR_A_P99 {
        true => &control[k.saturating_sub(1)..(k + 2).min(control.len())],
        false => &control[k..=k],
    };
    let reference = near.iter().filter_map(|bin| bin.p99_ns).reduce(f64::max);
    reference.is_none_or(|reference| p99 <= steady.p99_factor * reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: f64 = 1e6;

    fn bin(goodput: u64, failed: u64, p99_ms: f64) -> Bin {
        Bin { goodput, failed, ended: goodput + failed, p99_ns: Some(p99_ms * MS) }
    }

    fn holds(run: Bin, control: Bin) -> bool {
        JudgedBins::judge(SimTime::ZERO, vec![run], vec![control], &Steady::default()).holds[0]
    }

    #[test]
    fn each_threshold_is_met_exactly_and_missed_by_one_call() {
        let control = bin(400, 0, 50.0);
        assert!(holds(bin(380, 0, 50.0), control));
        assert!(!holds(bin(379, 0, 50.0), control));
        assert!(holds(bin(396, 4, 50.0), control));
        assert!(!holds(bin(396, 5, 50.0), control));
        assert!(holds(bin(400, 0, 100.0), control));
        assert!(!holds(bin(400, 0, 100.1), control));
    }

    #[test]
    fn one_call_more_or_less_is_no_outage_where_calls_are_few() {
        assert!(holds(bin(11, 0, 50.0), bin(12, 0, 50.0)));
        assert!(!holds(bin(10, 0, 50.0), bin(12, 0, 50.0)));
        assert!(!holds(bin(12, 1, 50.0), bin(12, 0, 50.0)), "the control fails none");
        assert!(holds(bin(11, 2, 50.0), bin(12, 1, 50.0)), "the control is noisy itself");
        assert!(!holds(bin(11, 3, 50.0), bin(12, 1, 50.0)));
    }

    #[test]
    fn bins_in_which_nothing_ended_are_judged_by_what_should_have() {
        let nothing = Bin::default();
        assert!(holds(nothing, nothing));
        assert!(holds(nothing, bin(1, 0, 50.0)));
        assert!(!holds(nothing, bin(2, 0, 50.0)));
        assert!(holds(bin(5, 0, 5000.0), nothing), "there is no p99 to keep to");
        assert!(!holds(bin(5, 1, 50.0), nothing));
    }

    #[test]
    fn a_slow_call_may_lie_in_the_next_bin_where_calls_are_few() {
        let judge = |scale: u64| {
            let control = vec![bin(scale, 0, 10.0), bin(scale, 0, 90.0)];
            let run = vec![bin(scale, 0, 90.0), bin(scale, 0, 10.0)];
            JudgedBins::judge(SimTime::ZERO, run, control, &Steady::default()).holds
        };
        assert_eq!(judge(20), [true, true]);
        assert_eq!(judge(100), [false, true]);
    }
}
