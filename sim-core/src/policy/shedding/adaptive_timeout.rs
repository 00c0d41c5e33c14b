//! Facebook's adaptive queue timeout and adaptive LIFO.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{End, Entry, Manage, Next, Parameters, Shedder, Verdict};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// A request that comes may wait for `long`, but only for `short` if the queue has not been empty
/// within the last `long`. While it has not, it is served from its newest end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdaptiveTimeout {
    /// How long a request may wait while the queue stands (M).
    pub short: SimDuration,
    /// How long a request may wait otherwise, and after how long without being empty the queue
    /// counts as standing (N).
    pub long: SimDuration,
    /// Whether a standing queue is served from its newest end.
    pub adaptive_lifo: bool,
}

impl Default for AdaptiveTimeout {
    fn default() -> Self {
        let (short, long) = (SimDuration::from_millis(5), SimDuration::from_millis(100));
        Self { short, long, adaptive_lifo: true }
    }
}

impl Described for AdaptiveTimeout {
    const SUMMARY: &'static str =
        "lets requests wait for 100 ms, but for 5 ms, newest first, while the queue stands";
    const SOURCE: &'static str = "B. Maurer, Fail at Scale, ACM Queue 13(8), 2015";
}

impl Parameters for AdaptiveTimeout {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("short", self.short);
        problems.not_below("long", self.long, "short", self.short);
        problems
    }

    fn shedder(&self) -> Shedder {
        let last_empty = SimTime::ZERO;
        Shedder::AdaptiveTimeout(AdaptiveTimeoutState { parameters: *self, last_empty })
    }
}

/// When the queue was last empty.
#[derive(Clone, Copy, Debug)]
pub struct AdaptiveTimeoutState {
    parameters: AdaptiveTimeout,
    last_empty: SimTime,
}

impl AdaptiveTimeoutState {
    /// Whether the queue has not been empty for longer than `long`.
    pub fn stands(&self, now: SimTime) -> bool {
        now.since(self.last_empty) > self.parameters.long
    }

    /// How long a request that comes now may wait.
    pub fn timeout(&self, now: SimTime) -> SimDuration {
        if self.stands(now) { self.parameters.short } else { self.parameters.long }
    }

    fn note_if_empty(&mut self, now: SimTime, waiting: &[u32]) {
        if waiting.iter().all(|waiting| *waiting == 0) {
            self.last_empty = now;
        }
    }
}

impl Manage for AdaptiveTimeoutState {
    fn enters(&mut self, now: SimTime, _class: usize, waiting: &[u32]) -> Entry {
        self.note_if_empty(now, waiting);
        Entry::Keep(Some(self.timeout(now)))
    }

    fn next(&mut self, now: SimTime, waiting: &[u32]) -> Option<Next> {
        let class = waiting.iter().position(|waiting| *waiting > 0)?;
        let newest = self.parameters.adaptive_lifo && self.stands(now);
        Some(Next { class, end: if newest { End::Newest } else { End::Oldest } })
    }

    fn leaves(&mut self, now: SimTime, _waited: SimDuration, left: &[u32]) -> Verdict {
        self.note_if_empty(now, left);
        Verdict::Serve
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    fn state(adaptive_lifo: bool) -> AdaptiveTimeoutState {
        let parameters = AdaptiveTimeout { adaptive_lifo, ..AdaptiveTimeout::default() };
        let Shedder::AdaptiveTimeout(state) = parameters.shedder() else { unreachable!() };
        state
    }

    fn kept_for(state: &mut AdaptiveTimeoutState, now: u64, waiting: u32) -> u64 {
        match state.enters(at(now), 0, &[waiting]) {
            Entry::Keep(Some(timeout)) => timeout.as_nanos() / 1_000_000,
            entry => unreachable!("{entry:?}"),
        }
    }

    #[test]
    fn a_queue_stands_once_it_was_not_empty_for_longer_than_100_ms() {
        let mut state = state(true);
        assert_eq!(kept_for(&mut state, 950, 0), 100);
        assert_eq!(kept_for(&mut state, 1_050, 1), 100);
        assert_eq!(kept_for(&mut state, 1_051, 1), 5);
        // Emptied, it is not standing; a long silence after that is none of standing either.
        assert_eq!(state.leaves(at(1_060), SimDuration::ZERO, &[0]), Verdict::Serve);
        assert_eq!(kept_for(&mut state, 1_160, 1), 100);
        assert_eq!(kept_for(&mut state, 9_000, 0), 100);
    }

    #[test]
    fn a_request_that_is_left_behind_keeps_the_queue_standing() {
        let mut state = state(true);
        kept_for(&mut state, 0, 0);
        assert_eq!(state.leaves(at(60), SimDuration::ZERO, &[1]), Verdict::Serve);
        assert_eq!(kept_for(&mut state, 101, 1), 5);
    }

    #[test]
    fn a_standing_queue_is_served_from_its_newest_end_if_wanted() {
        for (adaptive_lifo, standing) in [(true, End::Newest), (false, End::Oldest)] {
            let mut state = state(adaptive_lifo);
            kept_for(&mut state, 0, 0);
            let end =
                |state: &mut AdaptiveTimeoutState, now| state.next(at(now), &[2]).unwrap().end;
            assert_eq!(end(&mut state, 100), End::Oldest);
            assert_eq!(end(&mut state, 101), standing);
            assert_eq!(state.next(at(101), &[0]), None);
        }
    }
}
