//! Finagle's backup requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::latencies::{Latencies, Rule};
use super::{Delay, Parameters, Plan};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Sends one backup of a request that takes longer than all but `max_extra_load` of them. The delay
/// is renewed every 3 s from what was observed in the last three full 10 s; in whole
/// milliseconds, at least `min_delay`. A delay of 2 s or more sends none, and so do the first 3 s;
/// until the first 10 s are full it is `min_delay`, so that only the budget holds backups back.
///
/// The budget that goes with it: `finagle`, with `max_extra_load` as its share and no minimum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FinagleBackup {
    /// The share of the requests for which a backup may be sent; from 0 to below 1.
    pub max_extra_load: f64,
    /// The least delay; at least 1 ms.
    #[serde(default = "one_millisecond")]
    pub min_delay: SimDuration,
}

fn one_millisecond() -> SimDuration {
    SimDuration::from_millis(1)
}

impl Described for FinagleBackup {
    const SUMMARY: &'static str = "Finagle: one backup at the (1 − max_extra_load) quantile";
    const SOURCE: &'static str =
        "twitter/finagle @4feb34c, BackupRequestFilter.scala, WindowedPercentileHistogram.scala";
}

impl Parameters for FinagleBackup {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let within = (0.0..1.0).contains(&self.max_extra_load);
        let message = format_args!("must be from 0 to below 1, not {}", self.max_extra_load);
        problems.note_if(!within, "max_extra_load", message);
        let wrong = self.min_delay < one_millisecond();
        problems.note_if(wrong, "min_delay", "must be at least 1ms");
        problems
    }

    fn plan(&self) -> Plan {
        Plan { max_attempts: 2, non_fatal: None, tied: false }
    }

    fn delay(&self) -> Delay {
        Delay::Observed(Box::new(Latencies::new(Rule {
            share: 1.0 - self.max_extra_load,
            refresh: SimDuration::from_secs(3),
            bucket: SimDuration::from_secs(10),
            buckets: 3,
            unit: SimDuration::from_millis(1),
            longest: SimDuration::from_secs(2),
            least: self.min_delay,
            unknown: Some(self.min_delay),
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, ms};
    use super::super::{Do, Hedge, Hedger};
    use super::*;
    use crate::policy::Outcome;

    fn hedger(max_extra_load: f64) -> Hedger {
        let min_delay = one_millisecond();
        Hedge::FinagleBackup(FinagleBackup { max_extra_load, min_delay }).hedger()
    }

    #[test]
    fn the_delay_is_the_quantile_renewed_every_three_seconds() {
        let mut hedger = hedger(0.01);
        (1..=100).for_each(|n| hedger.observed(at(0), at(n)));
        assert_eq!(hedger.delay(at(2_999)), None);
        // Known from the first renewal on, but nothing is in it before the first 10 s are full.
        assert_eq!(hedger.delay(at(3_000)), Some(ms(1)));
        assert_eq!(hedger.delay(at(11_999)), Some(ms(1)));
        assert_eq!(hedger.delay(at(12_000)), Some(ms(99)));
        // Empty again, as at the start.
        assert_eq!(hedger.delay(at(42_000)), Some(ms(1)));
    }

    #[test]
    fn a_delay_of_two_seconds_sends_none() {
        for (took, delay) in [(1_999, Some(ms(1_999))), (2_000, None), (9_000, None)] {
            let mut hedger = hedger(0.01);
            hedger.observed(at(0), at(took));
            assert_eq!(hedger.delay(at(12_000)), delay, "{took}");
        }
    }

    #[test]
    fn one_backup_is_sent_and_the_later_failure_is_the_call_s() {
        let mut hedger = hedger(0.01);
        hedger.observed(at(0), at(40));
        let mut call = hedger.call(at(12_000));
        assert_eq!(call.sends_at(), Some(at(12_040)));
        assert_eq!(call.due(at(12_040), || true), Do::Send);
        assert_eq!(call.sends_at(), None);
        assert_eq!(call.failed(at(12_050), Outcome::Reset, None, || true), Do::Wait);
        assert_eq!(
            call.failed(at(12_060), Outcome::Timeout, None, || true),
            Do::End(Outcome::Timeout)
        );
    }

    #[test]
    fn a_failure_before_the_backup_ends_the_call() {
        let mut hedger = hedger(0.01);
        hedger.observed(at(0), at(40));
        let mut call = hedger.call(at(12_000));
        let failed = call.failed(at(12_039), Outcome::Reset, None, || true);
        assert_eq!((failed, call.sends_at()), (Do::End(Outcome::Reset), None));
    }
}
