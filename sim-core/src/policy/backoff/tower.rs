//! tower's exponential backoff.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::unit;
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `base = min · 2^(n−1)`, `max` at most, and up to `jitter · base` more, as far as that
/// does not pass `max`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tower {
    /// The first wait, before jitter.
    pub min: SimDuration,
    /// The longest wait, jitter included; no limit if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<SimDuration>,
    /// The share of a wait that may be added to it, 0 to 100.
    pub jitter: f64,
}

impl Default for Tower {
    fn default() -> Self {
        Self { min: SimDuration::from_millis(50), max: None, jitter: 0.99 }
    }
}

impl Described for Tower {
    const SUMMARY: &'static str = "tower and linkerd2: min · 2^(n−1), and up to 99 % of it more";
    const SOURCE: &'static str =
        "tower-rs/tower @8358ee7, retry/backoff.rs; linkerd2-proxy, exp-backoff";
}

impl Spacing for Tower {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.not_below("max", self.max, "min", self.min);
        problems.note_if(self.max.is_some_and(SimDuration::is_zero), "max", "must be above zero");
        problems.within("jitter", self.jitter, 0.0, 100.0);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let max = self.max.unwrap_or(SimDuration::MAX);
        let growth = 2_u32.saturating_pow(n - 1);
        let base = self.min.saturating_mul(u64::from(growth)).min(max);
        base + self.added(base, draws).min(max - base)
    }
}

impl Tower {
    /// The jitter. The library multiplies whole seconds and the rest apart and drops what is
    /// less than a second of the first: from 1 s on, most of the jitter is in whole seconds.
    fn added<R: Rng>(&self, base: SimDuration, draws: &mut R) -> SimDuration {
        let share = unit(draws) * self.jitter;
        let (secs, rest) = (base.as_nanos() / 1_000_000_000, base.as_nanos() % 1_000_000_000);
        let secs = (secs as f64 * share) as u64;
        let rest = (rest as f64 * share) as u32;
        SimDuration::from_secs(secs) + SimDuration::from_nanos(u64::from(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn waits_double_and_up_to_their_share_is_added() {
        let (max, jitter) = (Some(SimDuration::from_millis(350)), 0.5);
        let tower = Tower { max, jitter, ..Tower::default() };
        assert_eq!(delays_ms(&tower, 0.0, 5), [50.0, 100.0, 200.0, 350.0, 350.0]);
        assert_eq!(delays_ms(&tower, 0.8, 5), [70.0, 140.0, 280.0, 350.0, 350.0]);
        // 200 + 0.5 · 200 · 1.6 would pass the maximum.
        assert_eq!(delays_ms(&Tower { jitter: 1.6, ..tower }, 0.5, 3), [90.0, 180.0, 350.0]);
    }

    #[test]
    fn fractions_of_seconds_are_lost_as_in_the_library() {
        let min = SimDuration::from_millis(1_500);
        let tower = Tower { min, max: None, jitter: 0.5 };
        // 1 s · 0.4 → 0 s; 0.5 s · 0.4 → 0.2 s. Then 3 s · 0.4 → 1 s; 6 s · 0.4 → 2 s.
        assert_eq!(delays_ms(&tower, 0.8, 3), [1_700.0, 4_000.0, 8_000.0]);
    }

    #[test]
    fn growth_without_a_cap_ends_at_the_longest_duration() {
        assert_eq!(delays_ms(&Tower::default(), 0.0, 80)[79], 50.0 * f64::from(u32::MAX));
        let hours = Tower { min: SimDuration::from_secs(36_000), ..Tower::default() };
        assert_eq!(delays_ms(&hours, 0.5, 80)[79], SimDuration::MAX.as_millis_f64());
    }
}
