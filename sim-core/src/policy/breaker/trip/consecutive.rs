//! So many failures in a row.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Sample, Tally, Totals, TripRule};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::Problems;
use crate::policy::breaker::rates::Rates;

/// Opens after so many failures in a row; any success between them starts the count again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consecutive {
    /// How many failures in a row open it; at least 1.
    pub failures: u32,
}

impl Described for Consecutive {
    const SUMMARY: &'static str = "opens after so many failures in a row";
    const SOURCE: &'static str =
        "Nygard, Release It!; pybreaker 1.4.1, cockatiel 3.2.1 ConsecutiveBreaker, linkerd2-proxy";
}

impl TripRule for Consecutive {
    type Tally = Run;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.failures == 0, "failures", "must be at least 1");
        problems
    }

    fn start(&self) -> Run {
        Run { limit: self.failures, totals: Totals::default() }
    }

    fn trips_without_rates(&self) -> bool {
        true
    }

    fn takes_rates(&self) -> bool {
        false
    }
}

/// A run of failures.
#[derive(Clone, Debug)]
pub struct Run {
    limit: u32,
    totals: Totals,
}

impl Tally for Run {
    fn call(&mut self, _now: SimTime) {}

    fn record(&mut self, _now: SimTime, _mark: u32, sample: Sample) {
        let failures = self.totals.consecutive_failures;
        self.totals = match sample.failed {
            true => {
                Totals { consecutive_failures: failures.saturating_add(1), ..Totals::default() }
            }
            false => Totals::default(),
        };
    }

    fn totals(&mut self, _now: SimTime) -> Totals {
        self.totals
    }

    fn trips(&mut self, _now: SimTime, _rates: &Rates) -> bool {
        self.totals.consecutive_failures >= self.limit
    }

    fn forget(&mut self, _now: SimTime) {
        self.totals = Totals::default();
    }
}
