//! The leaky bucket as a meter: the generic cell rate algorithm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Counting, Demand, Limits, Ticket, duration, note_if_none};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// A call passes if it is not too early: calls are due `per / rate` apart, and may come up to
/// `burst` of them ahead. The same automaton as a token bucket of that capacity, kept as one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LeakyBucketMeter {
    /// How many calls may come at once.
    pub burst: u32,
    /// How many calls leak out in `per` time.
    pub rate: u32,
    /// The time in which `rate` calls leak out.
    pub per: SimDuration,
}

impl Default for LeakyBucketMeter {
    fn default() -> Self {
        Self { burst: 100, rate: 10, per: SimDuration::from_secs(1) }
    }
}

impl Described for LeakyBucketMeter {
    const SUMMARY: &'static str =
        "Leaky bucket as a meter (GCRA): a token bucket that remembers one time";
    const SOURCE: &'static str = "ITU-T I.371, generic cell rate algorithm";
}

impl Limits for LeakyBucketMeter {
    type Machine = Arrival;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        note_if_none(&mut problems, "burst", self.burst);
        note_if_none(&mut problems, "rate", self.rate);
        problems.above_zero("per", self.per);
        problems
    }

    fn most(&self) -> Option<u32> {
        Some(self.burst)
    }

    fn start(&self, _now: SimTime) -> Arrival {
        Arrival {
            rate: u128::from(self.rate),
            interval: u128::from(self.per.as_nanos()),
            burst: u128::from(self.burst),
            due: 0,
        }
    }
}

/// When the next call is due, all times in parts of a nanosecond, `rate` of them each.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    rate: u128,
    /// The time from one call to the next.
    interval: u128,
    burst: u128,
    /// The theoretical arrival time of the next call; whatever has passed is now.
    due: u128,
}

impl Arrival {
    fn scaled(&self, now: SimTime) -> u128 {
        u128::from(now.as_nanos()) * self.rate
    }
}

impl Counting for Arrival {
    fn ask(&mut self, now: SimTime, _ticket: Ticket, demand: Demand) -> Asked {
        if !self.retry_after(now, demand).is_zero() {
            return Asked::TurnedAway;
        }
        self.due = self.due.max(self.scaled(now)) + u128::from(demand.cost) * self.interval;
        Asked::Admitted
    }

    fn retry_after(&mut self, now: SimTime, demand: Demand) -> SimDuration {
        let wanted = u128::from(demand.permits());
        if wanted > self.burst {
            return SimDuration::MAX;
        }
        let now = self.scaled(now);
        let ahead = self.due.max(now) - now;
        let tolerance = (self.burst - wanted) * self.interval;
        duration(ahead.saturating_sub(tolerance).div_ceil(self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, at_ms, in_ms};
    use super::*;

    fn meter() -> Arrival {
        LeakyBucketMeter { burst: 3, rate: 2, per: SimDuration::from_secs(1) }.start(at_ms(0))
    }

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let mut meter = meter();
        assert_eq!(admitted(&mut meter, at_ms(0), 5), 3);
        assert_eq!(admitted(&mut meter, SimTime::from_nanos(499_999_999), 1), 0);
        assert_eq!(admitted(&mut meter, at_ms(500), 5), 1);
        assert_eq!(admitted(&mut meter, at_ms(100_000), 5), 3);
    }

    #[test]
    fn it_tells_how_long_until_a_call_is_not_too_early() {
        let mut meter = meter();
        assert_eq!(meter.retry_after(at_ms(0), Demand { cost: 3, leaves: 0 }), in_ms(0));
        assert_eq!(meter.retry_after(at_ms(0), Demand { cost: 3, leaves: 1 }), SimDuration::MAX);
        admitted(&mut meter, at_ms(0), 3);
        assert_eq!(meter.retry_after(at_ms(100), Demand::ONE), in_ms(400));
        assert_eq!(meter.retry_after(at_ms(100), Demand { cost: 2, leaves: 0 }), in_ms(900));
    }
}
