//! cockatiel's sampling breaker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Sample, Tally, Totals, TripRule};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;
use crate::policy::breaker::rates::Rates;

/// Opens at a rate over `duration`, in windows of a second at most and five at least. A result moves
/// the windows on by one, however long the last is ago: after a pause, old results still count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CockatielSampling {
    /// `duration`, rounded to windows of whole milliseconds; from 5 ms to 100,000 s.
    pub duration: SimDuration,
    /// `minimumRps`: how many results a second there must be; if not given, so many that five
    /// failures a second reach the threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_rps: Option<f64>,
}

impl Described for CockatielSampling {
    const SUMMARY: &'static str = "cockatiel: opens at a rate over a duration of enough results";
    const SOURCE: &'static str = "connor4312/cockatiel 3.2.1, src/breaker/SamplingBreaker.ts";
}

const FEWEST_WINDOWS: u64 = 5;
const NANOS_PER_MS: u64 = 1_000_000;
const SHORTEST: SimDuration = SimDuration::from_millis(5);
const LONGEST: SimDuration = SimDuration::from_secs(100_000);

impl TripRule for CockatielSampling {
    type Tally = Windows;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let duration = self.duration;
        let wrong = duration < SHORTEST || duration > LONGEST;
        let message = format!("must be from {SHORTEST} to {LONGEST}, not {duration}");
        problems.note_if(wrong, "duration", message);
        let rps = self.minimum_rps;
        let wrong = rps.is_some_and(|rps| !(rps.is_finite() && rps > 0.0));
        problems.note_if(wrong, "minimum_rps", "must be a number above zero");
        problems
    }

    fn start(&self) -> Windows {
        let count = self.duration.as_nanos().div_ceil(1_000 * NANOS_PER_MS).max(FEWEST_WINDOWS);
        // Rounded to the nearest millisecond, halves up, as `Math.round` does.
        let width_ms = (self.duration.as_nanos() * 2 / count + NANOS_PER_MS) / (2 * NANOS_PER_MS);
        Windows {
            ring: vec![Totals::default(); count as usize].into(),
            present: 0,
            started_ms: None,
            width_ms,
            duration_ms: (width_ms * count) as f64,
            minimum_rps: self.minimum_rps,
            totals: Totals::default(),
        }
    }
}

/// cockatiel's ring of windows.
#[derive(Clone, Debug)]
pub struct Windows {
    ring: Box<[Totals]>,
    present: usize,
    /// When the present window started; `None` is long ago.
    started_ms: Option<u64>,
    width_ms: u64,
    duration_ms: f64,
    minimum_rps: Option<f64>,
    totals: Totals,
}

impl Windows {
    fn move_on(&mut self, now: SimTime) {
        let now_ms = now.as_nanos() / NANOS_PER_MS;
        if self.started_ms.is_some_and(|started| now_ms - started < self.width_ms) {
            return;
        }
        self.present = (self.present + 1) % self.ring.len();
        let oldest = std::mem::take(&mut self.ring[self.present]);
        self.totals.subtract(&oldest);
        self.started_ms = Some(now_ms);
    }

    fn fewest_results(&self, rates: &Rates) -> f64 {
        // Requests per millisecond, in the order in which cockatiel divides.
        let per_ms = match self.minimum_rps {
            Some(rps) => rps / 1_000.0,
            None => 5.0 / (rates.failure.unwrap_or(1.0) * 1_000.0),
        };
        self.duration_ms * per_ms
    }
}

impl Tally for Windows {
    fn call(&mut self, now: SimTime) {
        self.move_on(now);
        self.ring[self.present].calls += 1;
        self.totals.calls += 1;
    }

    fn record(&mut self, now: SimTime, _mark: u32, sample: Sample) {
        self.move_on(now);
        self.ring[self.present].add(sample);
        self.totals.add(sample);
    }

    fn totals(&mut self, _now: SimTime) -> Totals {
        self.totals
    }

    fn trips(&mut self, _now: SimTime, rates: &Rates) -> bool {
        f64::from(self.totals.calls) >= self.fewest_results(rates)
            && rates.exceeded(&self.totals, rates.minimum_calls)
    }

    fn forget(&mut self, _now: SimTime) {
        self.ring.fill(Totals::default());
        self.totals = Totals::default();
        self.started_ms = None;
    }
}
