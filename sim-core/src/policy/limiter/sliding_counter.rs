//! The sliding window that remembers two counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Counting, Demand, Limits, Ticket, duration, note_if_none};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// Up to about `limit` calls pass in any stretch of time of this length: those of the fixed window
/// before count as if they had come evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SlidingCounter {
    /// How many calls pass in a window.
    pub limit: u32,
    /// The length of a window; they follow one another from the start of the run on.
    pub window: SimDuration,
}

impl Default for SlidingCounter {
    fn default() -> Self {
        Self { limit: 100, window: SimDuration::from_secs(1) }
    }
}

impl Described for SlidingCounter {
    const SUMMARY: &'static str =
        "Sliding window with counters: 100 calls in about any second, from two counts";
    const SOURCE: &'static str = "J. Desgats, \"How we built rate limiting capable of scaling to millions of domains\", \
         Cloudflare (2017)";
}

impl Limits for SlidingCounter {
    type Machine = Windows;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        note_if_none(&mut problems, "limit", self.limit);
        problems.above_zero("window", self.window);
        problems
    }

    fn most(&self) -> Option<u32> {
        Some(self.limit)
    }

    fn start(&self, _now: SimTime) -> Windows {
        Windows { of: *self, index: 0, before: 0, used: 0 }
    }
}

/// The window of now and the one before.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    of: SlidingCounter,
    index: u64,
    before: u64,
    used: u64,
}

impl Windows {
    fn window(&self) -> u64 {
        self.of.window.as_nanos()
    }

    fn advance(&mut self, now: SimTime) {
        let index = now.as_nanos() / self.window();
        match index - self.index {
            0 => {}
            1 => (self.before, self.used) = (self.used, 0),
            _ => (self.before, self.used) = (0, 0),
        }
        self.index = index;
    }

    /// How far into a window it must be, in nanoseconds, for a demand to fit beside the counts, at
    /// most all of it; `None` if it does not even when those before have gone.
    fn fits_from(&self, before: u64, used: u64, demand: Demand) -> Option<u64> {
        // before · (window − e) / window + used + demand ≤ limit, solved for the smallest e.
        let room = u64::from(self.of.limit).checked_sub(used + demand.permits())?;
        let window = u128::from(self.window());
        let (before, room) = (u128::from(before), u128::from(room));
        let too_much = before.saturating_sub(room) * window;
        let from = too_much
            .checked_div(before)
            .map_or(0, |whole| whole + u128::from(!too_much.is_multiple_of(before)));
        u64::try_from(from).ok()
    }
}

impl Counting for Windows {
    fn ask(&mut self, now: SimTime, _ticket: Ticket, demand: Demand) -> Asked {
        if !self.retry_after(now, demand).is_zero() {
            return Asked::TurnedAway;
        }
        self.used += u64::from(demand.cost);
        Asked::Admitted
    }

    fn retry_after(&mut self, now: SimTime, demand: Demand) -> SimDuration {
        self.advance(now);
        let elapsed = now.as_nanos() % self.window();
        if let Some(from) = self.fits_from(self.before, self.used, demand) {
            return SimDuration::from_nanos(from.saturating_sub(elapsed));
        }
        // In the window after this one, these are the calls before.
        match self.fits_from(self.used, 0, demand) {
            None => SimDuration::MAX,
            Some(from) => duration(u128::from(self.window() - elapsed) + u128::from(from)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, at_ms, in_ms};
    use super::*;

    fn windows() -> Windows {
        SlidingCounter { limit: 10, window: SimDuration::from_secs(1) }.start(at_ms(0))
    }

    #[test]
    fn the_calls_of_the_window_before_fade() {
        let mut windows = windows();
        assert_eq!(admitted(&mut windows, at_ms(999), 20), 10);
        assert_eq!(admitted(&mut windows, at_ms(1_000), 20), 0);
        assert_eq!(admitted(&mut windows, SimTime::from_nanos(1_099_999_999), 20), 0);
        assert_eq!(admitted(&mut windows, at_ms(1_100), 20), 1);
        assert_eq!(admitted(&mut windows, at_ms(1_550), 20), 4, "5.5 have left, one has come");
        assert_eq!(admitted(&mut windows, at_ms(2_000), 20), 5);
    }

    #[test]
    fn after_a_whole_window_of_silence_nothing_counts() {
        let mut windows = windows();
        admitted(&mut windows, at_ms(999), 20);
        assert_eq!(admitted(&mut windows, at_ms(2_000), 20), 10);
        assert_eq!(admitted(&mut windows, at_ms(9_000), 20), 10);
    }

    #[test]
    fn it_tells_how_long_until_there_is_room() {
        let mut windows = windows();
        assert_eq!(windows.retry_after(at_ms(0), Demand { cost: 10, leaves: 0 }), in_ms(0));
        assert_eq!(windows.retry_after(at_ms(0), Demand { cost: 10, leaves: 1 }), SimDuration::MAX);
        admitted(&mut windows, at_ms(400), 10);
        assert_eq!(windows.retry_after(at_ms(400), Demand::ONE), in_ms(700));
        assert_eq!(windows.retry_after(at_ms(1_000), Demand { cost: 4, leaves: 1 }), in_ms(500));
        let all = Demand { cost: 10, leaves: 0 };
        assert_eq!(windows.retry_after(at_ms(1_250), all), in_ms(750), "the end of the window");
    }
}
