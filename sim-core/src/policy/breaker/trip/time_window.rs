//! The rates of the last N buckets of time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Sample, Tally, Totals, TripRule};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// Opens at a rate over the last `buckets` buckets of time, the present one included. Buckets start
/// at whole multiples of their length: whole seconds of the clock, for Resilience4j.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeWindow {
    /// How many buckets the window has; from 1 to 100,000.
    pub buckets: u32,
    /// How long each of them is.
    #[serde(default = "one_second")]
    pub bucket: SimDuration,
}

/// More buckets than anybody keeps.
const MOST: u32 = 100_000;

fn one_second() -> SimDuration {
    SimDuration::from_secs(1)
}

impl Described for TimeWindow {
    const SUMMARY: &'static str =
        "opens at a rate of failures or slow calls of the last buckets of time";
    const SOURCE: &'static str =
        "resilience4j 2.4.0, SlidingTimeWindowMetrics.java; opossum 9.0.0, lib/status.js";
}

impl TripRule for TimeWindow {
    type Tally = Buckets;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.within("buckets", f64::from(self.buckets), 1.0, f64::from(MOST));
        problems.above_zero("bucket", self.bucket);
        problems
    }

    fn start(&self) -> Buckets {
        let count = usize::try_from(self.buckets).unwrap_or(usize::MAX);
        Buckets {
            ring: vec![Totals::default(); count].into(),
            length: self.bucket,
            present: 0,
            totals: Totals::default(),
        }
    }
}

/// The last buckets of time: the bucket of number `n` lies at `n` modulo their count.
#[derive(Clone, Debug)]
pub struct Buckets {
    ring: Box<[Totals]>,
    length: SimDuration,
    /// The number of the present bucket since the start of the run.
    present: u64,
    totals: Totals,
}

impl Buckets {
    fn at(&mut self, number: u64) -> &mut Totals {
        let count = self.ring.len() as u64;
        &mut self.ring[(number % count) as usize]
    }

    /// Moves the window to the present: buckets that have left it are emptied.
    fn roll(&mut self, now: SimTime) {
        let number = now.as_nanos() / self.length.as_nanos();
        let passed = number - self.present;
        for step in 1..=passed.min(self.ring.len() as u64) {
            let left = std::mem::take(self.at(self.present + step));
            self.totals.subtract(&left);
        }
        self.present = number;
    }
}

impl Tally for Buckets {
    fn call(&mut self, now: SimTime) {
        self.roll(now);
        self.at(self.present).calls += 1;
        self.totals.calls += 1;
    }

    fn record(&mut self, now: SimTime, _mark: u32, sample: Sample) {
        self.roll(now);
        self.at(self.present).add(sample);
        self.totals.add(sample);
    }

    fn totals(&mut self, now: SimTime) -> Totals {
        self.roll(now);
        self.totals
    }

    fn forget(&mut self, _now: SimTime) {
        self.ring.fill(Totals::default());
        self.totals = Totals::default();
    }
}
