//! Envoy's jittered backoff as it was before 2020 and as its documentation has it.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::whole_ms;
use super::{BackoffState, Spacing, envoy::Envoy};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits a whole number of milliseconds below `(2^n − 1) · base_interval`, and `max_interval` at
/// most; the window stops to grow once it is longer than that.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnvoyPre2020 {
    /// The first window; at least 1 ms.
    pub base_interval: SimDuration,
    /// The longest wait; ten times `base_interval` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_interval: Option<SimDuration>,
}

impl Default for EnvoyPre2020 {
    fn default() -> Self {
        Self { base_interval: SimDuration::from_millis(25), max_interval: None }
    }
}

impl Described for EnvoyPre2020 {
    const SUMMARY: &'static str =
        "Envoy before 2020: windows of (2^n − 1) · 25 ms, capped after the draw";
    const SOURCE: &'static str = "envoy @18a4509c, source/common/common/backoff_strategy.cc";
}

impl Spacing for EnvoyPre2020 {
    fn check(&self) -> Problems {
        self.current().check()
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let drawn = draws.next_u64() % self.window_ms(n).max(1);
        SimDuration::from_millis(drawn.min(self.current().max_ms()))
    }
}

impl EnvoyPre2020 {
    fn current(&self) -> Envoy {
        Envoy { base_interval: self.base_interval, max_interval: self.max_interval }
    }

    fn window_ms(&self, n: u32) -> u64 {
        let (base, max) = (whole_ms(self.base_interval), self.current().max_ms());
        let mut window = base;
        for _ in 1..n {
            if window > max {
                break;
            }
            window = window.saturating_mul(2).saturating_add(base);
        }
        window
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Always;
    use super::*;

    #[test]
    fn windows_are_one_less_than_a_power_of_two_until_one_is_too_long() {
        let envoy = EnvoyPre2020::default();
        assert_eq!([1, 2, 3, 4, 5, 9].map(|n| envoy.window_ms(n)), [25, 75, 175, 375, 375, 375]);
    }

    #[test]
    fn the_cap_comes_after_the_draw() {
        let envoy = EnvoyPre2020::default();
        let wait = |n, bits| {
            let wait = envoy.delay(n, &mut BackoffState::default(), &mut Always(bits));
            wait.as_millis_f64()
        };
        assert_eq!(
            (wait(4, 249), wait(4, 251), wait(4, 374), wait(4, 375)),
            (249.0, 250.0, 250.0, 0.0)
        );
    }
}
