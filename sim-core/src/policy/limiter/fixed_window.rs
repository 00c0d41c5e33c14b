//! The fixed window.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Counting, Demand, Limits, Ticket, note_if_none};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// Up to `limit` calls pass in each window; windows follow one another from the start of the run
/// on. Around the edge of two of them twice as many can pass in no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FixedWindow {
    /// How many calls pass in a window.
    pub limit: u32,
    /// The length of a window.
    pub window: SimDuration,
}

impl Default for FixedWindow {
    fn default() -> Self {
        Self { limit: 100, window: SimDuration::from_secs(1) }
    }
}

impl Described for FixedWindow {
    const SUMMARY: &'static str = "Fixed window: 100 calls in each second, twice that at its edge";
    const SOURCE: &'static str = "Redis documentation, INCR, pattern: rate limiter";
}

impl Limits for FixedWindow {
    type Machine = Window;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        note_if_none(&mut problems, "limit", self.limit);
        problems.above_zero("window", self.window);
        problems
    }

    fn most(&self) -> Option<u32> {
        Some(self.limit)
    }

    fn start(&self, _now: SimTime) -> Window {
        Window { of: *self, index: 0, used: 0 }
    }
}

/// The window of now.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    of: FixedWindow,
    index: u64,
    used: u64,
}

impl Window {
    fn fits(&mut self, now: SimTime, demand: Demand) -> bool {
        let index = now.as_nanos() / self.of.window.as_nanos();
        if index != self.index {
            (self.index, self.used) = (index, 0);
        }
        self.used + demand.permits() <= u64::from(self.of.limit)
    }
}

impl Counting for Window {
    fn ask(&mut self, now: SimTime, _ticket: Ticket, demand: Demand) -> Asked {
        if !self.fits(now, demand) {
            return Asked::TurnedAway;
        }
        self.used += u64::from(demand.cost);
        Asked::Admitted
    }

    fn retry_after(&mut self, now: SimTime, demand: Demand) -> SimDuration {
        if demand.permits() > u64::from(self.of.limit) {
            return SimDuration::MAX;
        }
        if self.fits(now, demand) {
            return SimDuration::ZERO;
        }
        let window = self.of.window.as_nanos();
        SimDuration::from_nanos(window - now.as_nanos() % window)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, at_ms, in_ms};
    use super::*;

    fn window() -> Window {
        FixedWindow { limit: 3, window: SimDuration::from_secs(1) }.start(at_ms(0))
    }

    #[test]
    fn twice_the_limit_passes_around_an_edge() {
        let mut window = window();
        assert_eq!(admitted(&mut window, at_ms(999), 5), 3);
        assert_eq!(admitted(&mut window, SimTime::from_nanos(999_999_999), 5), 0);
        assert_eq!(admitted(&mut window, at_ms(1_000), 5), 3);
        assert_eq!(admitted(&mut window, at_ms(1_999), 5), 0);
        assert_eq!(admitted(&mut window, at_ms(9_000), 5), 3, "nothing is saved up");
    }

    #[test]
    fn it_tells_how_long_the_window_lasts() {
        let mut window = window();
        assert_eq!(window.retry_after(at_ms(100), Demand { cost: 3, leaves: 0 }), in_ms(0));
        assert_eq!(window.retry_after(at_ms(100), Demand { cost: 3, leaves: 1 }), SimDuration::MAX);
        admitted(&mut window, at_ms(100), 3);
        assert_eq!(window.retry_after(at_ms(100), Demand::ONE), in_ms(900));
        assert_eq!(window.retry_after(at_ms(999), Demand::ONE), in_ms(1));
        assert_eq!(window.retry_after(at_ms(1_000), Demand::ONE), in_ms(0));
    }
}
