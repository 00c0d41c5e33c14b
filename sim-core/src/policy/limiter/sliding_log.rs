//! The sliding window that remembers every call.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Counting, Demand, Limits, Ticket, note_if_none};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// Up to `limit` calls pass in any stretch of time of this length: exact, and it remembers each
/// call that passed for that long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SlidingLog {
    /// How many calls pass in any window.
    pub limit: u32,
    /// The length of the window: who passed exactly as long ago no longer counts.
    pub window: SimDuration,
}

impl Default for SlidingLog {
    fn default() -> Self {
        Self { limit: 100, window: SimDuration::from_secs(1) }
    }
}

impl Described for SlidingLog {
    const SUMMARY: &'static str = "Sliding window with a log: 100 calls in any second";
    const SOURCE: &'static str = "the definition of a rate limit";
}

impl Limits for SlidingLog {
    type Machine = Log;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        note_if_none(&mut problems, "limit", self.limit);
        problems.above_zero("window", self.window);
        problems
    }

    fn most(&self) -> Option<u32> {
        Some(self.limit)
    }

    fn start(&self, _now: SimTime) -> Log {
        Log { of: *self, passed: VecDeque::new(), used: 0 }
    }
}

/// Those who passed in the last window, with what they cost.
#[derive(Clone, Debug)]
pub struct Log {
    of: SlidingLog,
    passed: VecDeque<(SimTime, u32)>,
    used: u64,
}

impl Log {
    fn forget(&mut self, now: SimTime) {
        while let Some((at, cost)) = self.passed.front()
            && now.since(*at) >= self.of.window
        {
            self.used -= u64::from(*cost);
            self.passed.pop_front();
        }
    }
}

impl Counting for Log {
    fn ask(&mut self, now: SimTime, _ticket: Ticket, demand: Demand) -> Asked {
        self.forget(now);
        if self.used + demand.permits() > u64::from(self.of.limit) {
            return Asked::TurnedAway;
        }
        self.used += u64::from(demand.cost);
        self.passed.push_back((now, demand.cost));
        Asked::Admitted
    }

    fn retry_after(&mut self, now: SimTime, demand: Demand) -> SimDuration {
        self.forget(now);
        let limit = u64::from(self.of.limit);
        if demand.permits() > limit {
            return SimDuration::MAX;
        }
        let mut used = self.used;
        let mut wait = SimDuration::ZERO;
        for (at, cost) in &self.passed {
            if used + demand.permits() <= limit {
                break;
            }
            used -= u64::from(*cost);
            wait = (*at + self.of.window).since(now);
        }
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, at_ms, in_ms};
    use super::*;

    fn log() -> Log {
        SlidingLog { limit: 3, window: SimDuration::from_secs(1) }.start(at_ms(0))
    }

    #[test]
    fn no_window_holds_more_than_the_limit() {
        let mut log = log();
        assert_eq!(admitted(&mut log, at_ms(0), 1), 1);
        assert_eq!(admitted(&mut log, at_ms(900), 5), 2);
        assert_eq!(admitted(&mut log, SimTime::from_nanos(999_999_999), 5), 0);
        assert_eq!(admitted(&mut log, at_ms(1_000), 5), 1, "the first no longer counts");
        assert_eq!(admitted(&mut log, at_ms(1_900), 5), 2);
    }

    #[test]
    fn it_tells_how_long_until_enough_have_left() {
        let mut log = log();
        assert_eq!(log.retry_after(at_ms(0), Demand { cost: 3, leaves: 0 }), in_ms(0));
        assert_eq!(log.retry_after(at_ms(0), Demand { cost: 3, leaves: 1 }), SimDuration::MAX);
        admitted(&mut log, at_ms(0), 1);
        admitted(&mut log, at_ms(300), 2);
        assert_eq!(log.retry_after(at_ms(400), Demand::ONE), in_ms(600));
        assert_eq!(log.retry_after(at_ms(400), Demand { cost: 1, leaves: 1 }), in_ms(900));
        assert_eq!(log.retry_after(at_ms(1_000), Demand::ONE), in_ms(0));
    }
}
