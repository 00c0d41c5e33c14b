//! How long to wait before the next attempt.
//!
//! The first five are Squall's own: their waits grow from `base`, whatever library is simulated.
//! The others each reproduce a library's formula under its own parameters: its origin of the
//! exponent, its rounding, its order of capping and jitter.

use rand::Rng;

use super::outcome::Outcome;
use super::problem::Problems;
use crate::catalogue::{Described, registry};
use crate::kernel::SimDuration;

mod arithmetic;
/// The worked example of `CONTRIBUTING.md`, in the place that it is written for.
#[cfg(test)]
#[path = "../../../../docs/examples/doubling.rs"]
pub mod doubling;
pub mod jitter;
pub mod scripted;
#[cfg(test)]
mod tests;

pub mod aws_sdk;
pub mod aws_sdk_2026;
pub mod aws_simulator;
pub mod backoff_py_expo;
pub mod backoff_py_fibo;
pub mod cockatiel;
pub mod decorrelated;
pub mod envoy;
pub mod envoy_pre_2020;
pub mod exponential;
pub mod finagle_decorrelated;
pub mod finagle_equal;
pub mod finagle_exponential;
pub mod fixed;
pub mod grpc;
pub mod grpc_connection;
pub mod immediate;
pub mod linear;
pub mod npm_retry;
pub mod polly_v8;
pub mod resilience4j;
pub mod tenacity_exponential;
pub mod tenacity_exponential_jitter;
pub mod tenacity_fixed_plus_random;
pub mod tenacity_incrementing;
pub mod tenacity_random_exponential;
pub mod tower;

pub use jitter::Jitter;

registry! {
    ($)
    /// How long to wait before the next attempt.
    pub enum Backoff as "backoff", dispatch each_backoff {
        "immediate" => Immediate(immediate::Immediate),
        "fixed" => Fixed(fixed::Fixed),
        "linear" => Linear(linear::Linear),
        "exponential" => Exponential(exponential::Exponential),
        "decorrelated" => Decorrelated(decorrelated::Decorrelated),
        "aws-simulator" => AwsSimulator(aws_simulator::AwsSimulator),
        "aws-sdk" => AwsSdk(aws_sdk::AwsSdk),
        "aws-sdk-2026" => AwsSdk2026(aws_sdk_2026::AwsSdk2026),
        "backoff-py-expo" => BackoffPyExpo(backoff_py_expo::BackoffPyExpo),
        "backoff-py-fibo" => BackoffPyFibo(backoff_py_fibo::BackoffPyFibo),
        "cockatiel" => Cockatiel(cockatiel::Cockatiel),
        "envoy" => Envoy(envoy::Envoy),
        "envoy-pre-2020" => EnvoyPre2020(envoy_pre_2020::EnvoyPre2020),
        "finagle-equal" => FinagleEqual(finagle_equal::FinagleEqual),
        "finagle-exponential" => FinagleExponential(finagle_exponential::FinagleExponential),
        "finagle-decorrelated" => FinagleDecorrelated(finagle_decorrelated::FinagleDecorrelated),
        "grpc" => Grpc(grpc::Grpc),
        "grpc-connection" => GrpcConnection(grpc_connection::GrpcConnection),
        "npm-retry" => NpmRetry(npm_retry::NpmRetry),
        "polly-v8" => PollyV8(polly_v8::PollyV8),
        "resilience4j" => Resilience4j(resilience4j::Resilience4j),
        "tenacity-exponential" => TenacityExponential(tenacity_exponential::TenacityExponential),
        "tenacity-exponential-jitter" =>
            TenacityExponentialJitter(tenacity_exponential_jitter::TenacityExponentialJitter),
        "tenacity-fixed-plus-random" =>
            TenacityFixedPlusRandom(tenacity_fixed_plus_random::TenacityFixedPlusRandom),
        "tenacity-incrementing" =>
            TenacityIncrementing(tenacity_incrementing::TenacityIncrementing),
        "tenacity-random-exponential" =>
            TenacityRandomExponential(tenacity_random_exponential::TenacityRandomExponential),
        "tower" => Tower(tower::Tower),
    }
}

/// What a backoff remembers between the waits of one call; a new call starts with the default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BackoffState {
    /// The previous wait in nanoseconds or, for formulas that carry something else, that.
    pub previous: f64,
}

/// A way to space the attempts of a call.
trait Spacing: Described {
    /// What is wrong with the parameters.
    fn check(&self) -> Problems {
        Problems::default()
    }

    /// The wait before retry `n` (the first retry is 1). Takes at most one draw.
    fn delay<R: Rng>(&self, n: u32, state: &mut BackoffState, draws: &mut R) -> SimDuration;

    /// The wait before retry `n`, for a backoff to which the outcome that is retried matters.
    fn delay_after<R: Rng>(
        &self,
        _outcome: Outcome,
        n: u32,
        state: &mut BackoffState,
        draws: &mut R,
    ) -> SimDuration {
        self.delay(n, state, draws)
    }
}

impl Backoff {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `exponential.factor`.
    pub fn check(&self) -> Result<(), Problems> {
        let problems = each_backoff!(self, backoff => backoff.check());
        problems.inside(self.name()).or_none()
    }

    /// The wait before retry `n` (the first retry is 1), after a failure that is nothing special
    /// to any backoff.
    pub fn delay<R: Rng>(&self, n: u32, state: &mut BackoffState, draws: &mut R) -> SimDuration {
        each_backoff!(self, backoff => backoff.delay(n, state, draws))
    }

    /// The wait before retry `n` (the first retry is 1) of an attempt that ended so.
    pub fn delay_after<R: Rng>(
        &self,
        outcome: Outcome,
        n: u32,
        state: &mut BackoffState,
        draws: &mut R,
    ) -> SimDuration {
        each_backoff!(self, backoff => backoff.delay_after(outcome, n, state, draws))
    }

    /// Whether no wait is ever above zero, whatever is drawn.
    pub fn never_waits(&self) -> bool {
        // Two draws next to each other: a remainder that a formula takes of them is zero for
        // both only if it always is.
        let draws = [scripted::HIGHEST, scripted::Always(u64::MAX - 1)];
        draws.into_iter().all(|mut draws| self.is_zero_with(&mut draws))
    }

    fn is_zero_with<R: Rng>(&self, draws: &mut R) -> bool {
        // Further than any backoff is from the start of its growth.
        const RETRIES: u32 = 64;
        let mut state = BackoffState::default();
        (1..=RETRIES).all(|n| self.delay(n, &mut state, draws).is_zero())
    }
}
