//! What is known of one host.

use crate::kernel::{SimDuration, SimTime};

/// What is known of one host.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Host {
    /// When it was ejected, if it is.
    pub(super) ejected: Option<SimTime>,
    /// When it last came back, if it has ever been ejected.
    pub(super) returned: Option<SimTime>,
    /// How many times the base the present or the next ejection lasts.
    pub(super) multiplier: u32,
    /// What is added to the present ejection.
    pub(super) jitter: SimDuration,
    /// Failures since the last success, the last ejection or the last return.
    pub(super) in_a_row: u32,
    /// Results of the present interval.
    pub(super) present: Volume,
    /// Results of the interval that the last sweep ended.
    pub(super) last: Volume,
}

/// Results of one interval.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Volume {
    pub(super) requests: u32,
    pub(super) successes: u32,
}

impl Volume {
    /// The percentage of successes, if enough requests say so.
    pub(super) fn success_rate(self, enough: u32) -> Option<f64> {
        let rated = self.requests > 0 && self.requests >= enough;
        rated.then(|| f64::from(self.successes) * 100.0 / f64::from(self.requests))
    }
}
