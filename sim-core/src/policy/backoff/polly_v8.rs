//! Polly v8's retry strategy.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{grown, nanos, nanos_or_infinite, unit, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;

/// Waits as Polly's `RetryStrategyOptions` say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PollyV8 {
    /// `Delay`: the base.
    pub delay: SimDuration,
    /// `BackoffType`.
    pub backoff_type: BackoffType,
    /// `UseJitter`: ±25 % for constant and linear; for exponential, decorrelated jitter V2.
    pub use_jitter: bool,
    /// `MaxDelay`: the longest wait, after jitter; no limit if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_delay: Option<SimDuration>,
}

/// Polly's `DelayBackoffType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackoffType {
    /// Always `delay`.
    #[default]
    Constant,
    /// `delay · n`.
    Linear,
    /// `delay · 2^(n−1)`.
    Exponential,
}

impl Default for PollyV8 {
    fn default() -> Self {
        Self {
            delay: SimDuration::from_secs(2),
            backoff_type: BackoffType::Constant,
            use_jitter: false,
            max_delay: None,
        }
    }
}

impl Described for PollyV8 {
    const SUMMARY: &'static str = "Polly v8: constant, linear or exponential, with its own jitters";
    const SOURCE: &'static str = "App-vNext/Polly @173d6d1d, Polly.Core/Retry/RetryHelper.cs";
}

impl Spacing for PollyV8 {
    fn delay<R: Rng>(&self, n: u32, state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let base = nanos(self.delay);
        let uncapped = match (self.backoff_type, self.use_jitter) {
            (BackoffType::Constant, false) => base,
            (BackoffType::Constant, true) => plus_minus_a_quarter(base, draws),
            (BackoffType::Linear, false) => base * f64::from(n),
            (BackoffType::Linear, true) => plus_minus_a_quarter(base * f64::from(n), draws),
            (BackoffType::Exponential, false) => grown(self.delay, 2.0, n - 1),
            (BackoffType::Exponential, true) => base * decorrelated_v2(2.0, n, state, draws),
        };
        wait(uncapped.min(nanos_or_infinite(self.max_delay)))
    }
}

fn plus_minus_a_quarter<R: Rng>(delay: f64, draws: &mut R) -> f64 {
    delay * (0.75 + 0.5 * unit(draws))
}

/// Polly's `DecorrelatedJitterBackoffV2`, as a multiple of the base: waits are differences of a
/// smooth curve at random places, so that their sum is the curve. The place of the curve is
/// carried from wait to wait; a cap does not feed back.
pub(super) fn decorrelated_v2<R: Rng>(
    factor: f64,
    n: u32,
    state: &mut BackoffState,
    draws: &mut R,
) -> f64 {
    const P_FACTOR: f64 = 4.0;
    const RP_SCALING_FACTOR: f64 = 1.0 / 1.4;
    let t = f64::from(n - 1) + unit(draws);
    let next = libm::pow(factor, t) * libm::tanh((P_FACTOR * t).sqrt());
    if next.is_infinite() {
        return f64::INFINITY;
    }
    let previous = std::mem::replace(&mut state.previous, next);
    (next - previous).max(0.0) * RP_SCALING_FACTOR
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    fn polly(backoff_type: BackoffType, use_jitter: bool) -> PollyV8 {
        let delay = SimDuration::from_secs(1);
        PollyV8 { delay, backoff_type, use_jitter, max_delay: None }
    }

    #[test]
    fn without_jitter_waits_follow_the_type() {
        let delays = |backoff_type| delays_ms(&polly(backoff_type, false), 0.9, 4);
        assert_eq!(delays(BackoffType::Constant), [1_000.0, 1_000.0, 1_000.0, 1_000.0]);
        assert_eq!(delays(BackoffType::Linear), [1_000.0, 2_000.0, 3_000.0, 4_000.0]);
        assert_eq!(delays(BackoffType::Exponential), [1_000.0, 2_000.0, 4_000.0, 8_000.0]);
    }

    #[test]
    fn the_cap_does_not_feed_back_into_decorrelated_jitter() {
        let free = delays_ms(&polly(BackoffType::Exponential, true), 0.5, 6);
        let capped = PollyV8 {
            max_delay: Some(SimDuration::from_secs(1)),
            ..polly(BackoffType::Exponential, true)
        };
        let expected: Vec<f64> = free.iter().map(|delay| delay.min(1_000.0)).collect();
        assert_eq!(delays_ms(&capped, 0.5, 6), expected);
    }

    #[test]
    fn decorrelated_waits_telescope() {
        // The sum of the waits is the curve at the last place, whatever was drawn before.
        let mut state = BackoffState::default();
        let mut total = 0.0;
        for (n, u) in [(1, 0.9), (2, 0.95), (3, 0.2), (4, 0.5)] {
            let mut draws = crate::policy::backoff::scripted::Always::unit(u);
            total += decorrelated_v2(2.0, n, &mut state, &mut draws);
        }
        let last = libm::pow(2.0, 3.5) * libm::tanh(14.0_f64.sqrt()) / 1.4;
        assert!((total - last).abs() < 1e-12, "{total} {last}");
    }

    #[test]
    fn waits_are_in_proportion_to_the_delay() {
        let once = polly(BackoffType::Exponential, true);
        let twice = PollyV8 { delay: SimDuration::from_secs(2), ..once };
        let (once, twice) = (delays_ms(&once, 0.5, 6), delays_ms(&twice, 0.5, 6));
        // 2^½ · tanh √(4 · ½) / 1.4 of a second.
        assert!((once[0] - 897.404_936).abs() < 1e-5, "{once:?}");
        for (once, twice) in once.iter().zip(twice) {
            assert!((twice - 2.0 * once).abs() < 1e-5, "{once} and {twice}");
        }
    }
}
