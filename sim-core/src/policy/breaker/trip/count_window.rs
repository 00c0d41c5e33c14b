//! The rates of the last N results.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::rates::Rates;
use super::{Sample, Tally, Totals, TripRule};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::Problems;

/// Opens at a rate over the last `size` results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountWindow {
    /// How many results the window holds; from 1 to 1,000,000.
    pub size: u32,
}

/// More results than anybody keeps: a byte each.
const MOST: u32 = 1_000_000;

impl Described for CountWindow {
    const SUMMARY: &'static str = "opens at a rate of failures or slow calls of the last results";
    const SOURCE: &'static str =
        "resilience4j 2.4.0, FixedSizeSlidingWindowMetrics.java; cockatiel 3.2.1, CountBreaker.ts";
}

impl TripRule for CountWindow {
    type Tally = LastResults;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.within("size", f64::from(self.size), 1.0, f64::from(MOST));
        problems
    }

    fn start(&self) -> LastResults {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        LastResults { ring: vec![EMPTY; size].into(), next: 0, totals: Totals::default() }
    }

    fn most_calls(&self) -> Option<u32> {
        Some(self.size)
    }
}

/// The last results, the oldest of which the next one replaces.
#[derive(Clone, Debug)]
pub struct LastResults {
    ring: Box<[u8]>,
    next: usize,
    totals: Totals,
}

const EMPTY: u8 = 0;
const FULL: u8 = 1;
const FAILED: u8 = 2;
const SLOW: u8 = 4;

fn packed(sample: Sample) -> u8 {
    FULL | if sample.failed { FAILED } else { 0 } | if sample.slow { SLOW } else { 0 }
}

fn unpacked(result: u8) -> Totals {
    let mut totals = Totals::default();
    if result != EMPTY {
        let (failed, slow) = (result & FAILED != 0, result & SLOW != 0);
        totals.add(Sample { failed, slow, new_call: true });
    }
    totals
}

impl Tally for LastResults {
    fn call(&mut self, _now: SimTime) {}

    #[inline(always)]
    fn record(&mut self, _now: SimTime, _mark: u32, sample: Sample) {
        let Some(slot) = self.ring.get_mut(self.next) else { return };
        let newest = packed(sample);
        let oldest = std::mem::replace(slot, newest);
        // Mostly one success follows another.
        if oldest != newest {
            self.totals.subtract(&unpacked(oldest));
            self.totals.add(Sample { new_call: true, ..sample });
        }
        self.next = if self.next + 1 == self.ring.len() { 0 } else { self.next + 1 };
    }

    fn totals(&mut self, _now: SimTime) -> Totals {
        self.totals
    }

    /// As of any tally, but inlined: this is the window that most use.
    #[inline(always)]
    fn judges(&mut self, now: SimTime, mark: u32, sample: Sample, rates: Option<&Rates>) -> bool {
        self.record(now, mark, sample);
        rates.is_some_and(|rates| self.trips(now, rates))
    }

    #[inline(always)]
    fn trips(&mut self, _now: SimTime, rates: &Rates) -> bool {
        rates.exceeded(&self.totals, rates.minimum_calls)
    }

    fn forget(&mut self, _now: SimTime) {
        self.ring.fill(EMPTY);
        self.next = 0;
        self.totals = Totals::default();
    }
}
