//! gobreaker's counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MARK_BITS, Sample, Tally, Totals, TripRule};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;
use crate::policy::breaker::rates::Rates;

/// Opens after so many failures in a row or, if the breaker has a `failure_rate`, at that. With an
/// `interval` everything counted is wiped each time it has passed; with a `bucket_period` besides,
/// only the oldest bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gobreaker {
    /// `Interval`: after it, counting starts again; if not given, nothing is ever wiped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<SimDuration>,
    /// `BucketPeriod`: the interval rolls in buckets of this length, rounded up to whole ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_period: Option<SimDuration>,
    /// How many failures in a row open it; 6 if neither this nor a `failure_rate` is given: the
    /// library's own rule asks for more than 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consecutive_failures: Option<u32>,
}

const FAILURES_IN_A_ROW: u32 = 6;
/// More buckets than anybody keeps.
const MOST_BUCKETS: u64 = 100_000;

impl Described for Gobreaker {
    const SUMMARY: &'static str =
        "gobreaker: opens after failures in a row or at a rate, counted anew each interval";
    const SOURCE: &'static str = "sony/gobreaker v2 @fed8e9e, v2/gobreaker.go and v2/counter.go";
}

impl Gobreaker {
    /// How many buckets, and how long a cycle is until everything is wiped, if it is.
    fn shape(&self) -> (u64, Option<SimDuration>) {
        match (self.interval, self.bucket_period) {
            (None, _) => (1, None),
            (Some(interval), None) => (1, Some(interval)),
            (Some(interval), Some(period)) => {
                let buckets = interval.as_nanos().div_ceil(period.as_nanos().max(1));
                (buckets, (buckets == 1).then_some(period))
            }
        }
    }
}

impl TripRule for Gobreaker {
    type Tally = Counts;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let zero = |given: Option<SimDuration>| given.is_some_and(SimDuration::is_zero);
        problems.note_if(zero(self.interval), "interval", "must be above zero");
        problems.note_if(zero(self.bucket_period), "bucket_period", "must be above zero");
        let alone = self.bucket_period.is_some() && self.interval.is_none();
        problems.note_if(alone, "bucket_period", "needs an `interval`");
        let buckets = self.shape().0;
        let message = format!("makes {buckets} buckets; there may be {MOST_BUCKETS}");
        problems.note_if(buckets > MOST_BUCKETS, "bucket_period", message);
        let never = self.consecutive_failures == Some(0);
        problems.note_if(never, "consecutive_failures", "must be at least 1");
        problems
    }

    fn start(&self) -> Counts {
        let (buckets, cycle) = self.shape();
        Counts {
            in_a_row: self.consecutive_failures,
            cycle,
            period: self.bucket_period.unwrap_or(SimDuration::MAX),
            buckets: vec![Totals::default(); buckets as usize].into(),
            started: SimTime::ZERO,
            age: 0,
            totals: Totals::default(),
        }
    }

    fn trips_without_rates(&self) -> bool {
        true
    }
}

/// gobreaker's counts: one bucket that is wiped each cycle, or a ring of buckets.
#[derive(Clone, Debug)]
pub struct Counts {
    in_a_row: Option<u32>,
    cycle: Option<SimDuration>,
    period: SimDuration,
    buckets: Box<[Totals]>,
    started: SimTime,
    /// How many cycles were wiped, or how many buckets have begun: a result carries its call's.
    age: u64,
    totals: Totals,
}

impl Counts {
    fn rolls(&self) -> bool {
        self.buckets.len() >= 2
    }

    fn place(&self, age: u64) -> usize {
        (age % self.buckets.len() as u64) as usize
    }

    /// Wipes what is over, if something is. The library does it when it is asked or told something.
    fn refresh(&mut self, now: SimTime) {
        if self.rolls() {
            self.grow(now.since(self.started).as_nanos() / self.period.as_nanos());
        } else if self.cycle.is_some_and(|cycle| self.started + cycle < now) {
            self.wipe();
            self.started = now;
            self.age += 1;
        }
    }

    fn grow(&mut self, age: u64) {
        if age - self.age >= self.buckets.len() as u64 {
            self.wipe();
            self.age = age;
        }
        while self.age < age {
            self.age += 1;
            self.drop_oldest();
        }
    }

    /// Empties the oldest bucket, in whose place the newest starts. A run of successes or of
    /// failures that reaches back into it loses what it had there.
    fn drop_oldest(&mut self) {
        let place = self.place(self.age);
        let oldest = std::mem::take(&mut self.buckets[place]);
        let others = |of: fn(&Totals) -> u32| self.buckets.iter().map(of).sum::<u32>();
        let (successes, failures) = (others(|b| b.successes), others(|b| b.failures));
        let totals = &mut self.totals;
        if totals.consecutive_successes == oldest.consecutive_successes + successes {
            totals.consecutive_successes -= oldest.consecutive_successes;
        }
        if totals.consecutive_failures == oldest.consecutive_failures + failures {
            totals.consecutive_failures -= oldest.consecutive_failures;
        }
        totals.subtract(&oldest);
    }

    fn wipe(&mut self) {
        self.totals = Totals::default();
        self.buckets.fill(Totals::default());
    }

    /// The bucket that a call of this mark is counted in, if it is still there.
    fn bucket_of(&self, mark: u32) -> Option<usize> {
        let since = u64::from((self.age as u32).wrapping_sub(mark) & MARK_BITS);
        let age = self.age.checked_sub(since)?;
        (since < self.buckets.len() as u64).then(|| self.place(age))
    }
}

fn count(totals: &mut Totals, sample: Sample) {
    totals.add(sample);
    if sample.failed {
        totals.consecutive_failures += 1;
        totals.consecutive_successes = 0;
    } else {
        totals.consecutive_successes += 1;
        totals.consecutive_failures = 0;
    }
}

impl Tally for Counts {
    fn mark(&mut self, now: SimTime) -> u32 {
        self.refresh(now);
        self.age as u32 & MARK_BITS
    }

    fn call(&mut self, now: SimTime) {
        self.refresh(now);
        let place = self.place(self.age);
        self.buckets[place].calls += 1;
        self.totals.calls += 1;
    }

    fn record(&mut self, now: SimTime, mark: u32, sample: Sample) {
        self.refresh(now);
        if let Some(place) = self.bucket_of(mark) {
            count(&mut self.buckets[place], sample);
            count(&mut self.totals, sample);
        }
    }

    fn totals(&mut self, now: SimTime) -> Totals {
        self.refresh(now);
        self.totals
    }

    fn trips(&mut self, _now: SimTime, rates: &Rates) -> bool {
        let in_a_row = match rates.failure.or(rates.slow) {
            Some(_) => self.in_a_row,
            None => Some(self.in_a_row.unwrap_or(FAILURES_IN_A_ROW)),
        };
        in_a_row.is_some_and(|limit| self.totals.consecutive_failures >= limit)
            || rates.exceeded(&self.totals, rates.minimum_calls)
    }

    fn forget(&mut self, now: SimTime) {
        self.wipe();
        self.started = now;
        self.age = 0;
    }
}
