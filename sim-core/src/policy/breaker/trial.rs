//! A half-open breaker: who may try, and what the results say.

use super::axes::Verdict;
use super::policy::BreakerPolicy;
use super::trip::{Sample, Totals};

/// What a half-open breaker knows of those who try.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trial {
    permits_left: u32,
    pub(super) admitted: u32,
    /// Results of this trial; `calls` counts them.
    pub(super) results: Totals,
}

impl Trial {
    pub(super) fn new(permits: u32) -> Self {
        Self { permits_left: permits, ..Self::default() }
    }

    /// Takes a permit, if one is left.
    pub(super) fn admits(&mut self) -> bool {
        let admits = self.permits_left > 0;
        if admits {
            self.permits_left -= 1;
            self.admitted += 1;
        }
        admits
    }

    /// A call ended in a way that counts as nothing: another may try.
    pub(super) fn give_back(&mut self) {
        self.permits_left = self.permits_left.saturating_add(1);
        self.admitted = self.admitted.saturating_sub(1);
    }

    pub(super) fn record(&mut self, sample: Sample) {
        self.results.add(Sample { new_call: true, ..sample });
        let successes = self.results.consecutive_successes;
        self.results.consecutive_successes = if sample.failed { 0 } else { successes + 1 };
    }

    /// Whether the callee is well, if the results so far say so or the opposite.
    pub(super) fn verdict(&self, policy: &BreakerPolicy) -> Option<bool> {
        let results = &self.results;
        let failed = results.failures > 0;
        match policy.half_open_verdict {
            Verdict::FirstResult => Some(!failed),
            Verdict::AllSucceed => decided(failed, results.successes >= policy.half_open_calls),
            Verdict::Successes(n) => decided(failed, results.successes >= n),
            Verdict::Rate => {
                let minimum = policy.half_open_minimum.min(policy.half_open_calls);
                let enough = results.calls >= minimum;
                enough.then(|| !policy.rates.exceeded(results, minimum))
            }
        }
    }
}

fn decided(failed: bool, enough: bool) -> Option<bool> {
    if failed { Some(false) } else { enough.then_some(true) }
}
