//! Retry budgets: whether a retry may be made, whatever the call's own limits say.
//!
//! A budget is a state machine that knows no events. Whoever drives it tells it of a call in this
//! order, and `now` never goes back:
//!
//! 1. [`call_starts`](BudgetMachine::call_starts), once, before the first attempt.
//! 2. [`attempt_starts`](BudgetMachine::attempt_starts) for every attempt, when it goes out: for a
//!    retry that is after its backoff.
//! 3. [`attempt_ends`](BudgetMachine::attempt_ends) for every attempt whose outcome is known,
//!    good or bad, **before** it is looked at whether attempts are left: gRPC counts a failure
//!    even if nobody could retry it.
//! 4. [`may_retry`](BudgetMachine::may_retry), at the same instant, only if the outcome is retried
//!    and attempts are left; `true` is a permission that was paid for, and the backoff starts.
//!    A hedge asks [`may_hedge`](BudgetMachine::may_hedge) instead, whenever it is due.
//! 5. [`call_ends`](BudgetMachine::call_ends), once: after its last attempt, or when its caller
//!    gives up, which also ends the attempts and the backoff that are still under way.
//!
//! What has to be known again of one call is in its [`CallMemory`], which the driver keeps.

use super::outcome::Outcome;
use super::problem::Problems;
use crate::catalogue::Described;
use crate::kernel::SimTime;

pub(in crate::policy) mod started;
#[cfg(test)]
mod tests;

pub mod aws_sdk;
pub mod aws_sdk_2026;
pub mod brooker;
pub mod brooker_breaker;
mod concurrency;
pub mod envoy;
pub mod envoy_budget;
pub mod finagle;
pub mod google;
pub mod grpc;
mod millionths;
mod quota;
pub mod token_bucket;
pub mod tower;

pub use concurrency::Concurrency;
pub use quota::Quota;

started::started! {
    ($)
    /// Whether a retry may be made.
    pub enum Budget as "budget", dispatch each_budget;
    /// A budget that runs: its state, which calls share.
    pub enum BudgetMachine, dispatch each_machine;
    "token-bucket" => TokenBucket(token_bucket::TokenBucket) runs token_bucket::Tokens,
    "aws-sdk" => AwsSdk(aws_sdk::AwsSdk) runs aws_sdk::AwsSdkQuota,
    "aws-sdk-2026" => AwsSdk2026(aws_sdk_2026::AwsSdk2026) runs aws_sdk_2026::AwsSdk2026Quota,
    "brooker" => Brooker(brooker::Brooker) runs brooker::Bucket,
    "brooker-breaker" => BrookerBreaker(brooker_breaker::BrookerBreaker) runs brooker_breaker::FailureRate,
    "envoy" => Envoy(envoy::Envoy) runs envoy::MaxRetries,
    "envoy-budget" => EnvoyBudget(envoy_budget::EnvoyBudget) runs envoy_budget::RetryShare,
    "finagle" => Finagle(finagle::Finagle) runs finagle::WindowedTokens,
    "google" => Google(google::Google) runs google::Ratio,
    "grpc" => Grpc(grpc::Grpc) runs grpc::Tokens,
    "tower" => Tower(tower::Tower) runs tower::WindowedTokens,
}

/// What a budget remembers of one call; a new call starts with the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallMemory {
    /// What the call's last retry took, for budgets that give it back; 0 if there was none.
    taken: u32,
    /// Retries that were permitted and are still in their backoff.
    in_backoff: u16,
    /// Retries that are counted as under way.
    retrying: u16,
    /// Attempts on the wire.
    attempts: u16,
}

/// How an attempt ended, as far as budgets want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptEnd {
    /// Its outcome.
    pub outcome: Outcome,
    /// Whether the policy retries this outcome, attempts left or not.
    pub retryable: bool,
    /// Whether the server asked not to be tried again (gRPC's negative pushback).
    pub forbidden: bool,
}

impl AttemptEnd {
    /// Whether whoever waited was served.
    fn is_success(self) -> bool {
        !self.outcome.is_failure()
    }
}

/// When a budget is paid in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Deposit {
    /// At the start of every call.
    EachCall,
    /// At every attempt that succeeds.
    EachSuccess,
}

/// The parameters of a budget.
trait Budgeting: Described {
    /// What decides.
    type Machine: Deciding;

    /// What is wrong with the parameters.
    fn check(&self) -> Problems {
        Problems::default()
    }

    /// The machine that follows them, from `now` on.
    fn start(&self, now: SimTime) -> Self::Machine;
}

/// What decides; see the module for the order of the calls.
trait Deciding {
    /// Whether it hears of more than how attempts end, or remembers something of a call.
    const FOLLOWS_CALLS: bool = true;

    /// A call starts.
    fn call_starts(&mut self, _now: SimTime, _memory: &mut CallMemory) {}

    /// An attempt goes out.
    fn attempt_starts(&mut self, _now: SimTime, _memory: &mut CallMemory) {}

    /// An attempt has ended.
    fn attempt_ends(&mut self, _now: SimTime, _memory: &mut CallMemory, _end: AttemptEnd) {}

    /// Whether an attempt that ended so may be retried; if so, it is paid for.
    fn may_retry(&mut self, now: SimTime, memory: &mut CallMemory, outcome: Outcome) -> bool;

    /// Whether a hedge may go out; if so, it is paid for.
    fn may_hedge(&mut self, now: SimTime, memory: &mut CallMemory) -> bool {
        self.may_retry(now, memory, Outcome::Timeout)
    }

    /// A call has ended.
    fn call_ends(&mut self, _now: SimTime, _memory: &mut CallMemory, _outcome: Outcome) {}

    /// What is left, in the budget's own unit.
    fn level(&mut self, now: SimTime) -> f64;
}

impl Budget {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `grpc.max_tokens`.
    pub fn check(&self) -> Result<(), Problems> {
        let problems = each_budget!(self, budget => budget.check());
        problems.inside(self.name()).or_none()
    }

    /// Whether its machine must be told when calls and attempts start, and when calls end, and needs
    /// the same [`CallMemory`] each time: others need only hear how attempts end.
    pub fn follows_calls(&self) -> bool {
        fn follows<B: Budgeting>(_: &B) -> bool {
            B::Machine::FOLLOWS_CALLS
        }
        each_budget!(self, budget => follows(budget))
    }
}

impl BudgetMachine {
    /// A call starts: told once, before its first attempt.
    pub fn call_starts(&mut self, now: SimTime, memory: &mut CallMemory) {
        each_machine!(self, machine => machine.call_starts(now, memory));
    }

    /// An attempt goes out: the first, a retry after its backoff, or a hedge.
    pub fn attempt_starts(&mut self, now: SimTime, memory: &mut CallMemory) {
        each_machine!(self, machine => machine.attempt_starts(now, memory));
    }

    /// An attempt has ended, good or bad: told before it is looked at whether attempts are left.
    pub fn attempt_ends(&mut self, now: SimTime, memory: &mut CallMemory, end: AttemptEnd) {
        each_machine!(self, machine => machine.attempt_ends(now, memory, end));
    }

    /// Whether the attempt that has just ended so may be retried. If so, the retry is paid for:
    /// asked at most once an attempt, and only if its outcome is retried and attempts are left.
    #[must_use = "a permitted retry is paid for"]
    pub fn may_retry(&mut self, now: SimTime, memory: &mut CallMemory, outcome: Outcome) -> bool {
        each_machine!(self, machine => machine.may_retry(now, memory, outcome))
    }

    /// Whether a hedge may go out beside the attempts that are under way. If so, it is paid for:
    /// as the retry of an attempt that timed out, unless the library says otherwise.
    #[must_use = "a permitted hedge is paid for"]
    pub fn may_hedge(&mut self, now: SimTime, memory: &mut CallMemory) -> bool {
        each_machine!(self, machine => machine.may_hedge(now, memory))
    }

    /// A call has ended, and with it every attempt and backoff of it that is under way.
    pub fn call_ends(&mut self, now: SimTime, memory: &mut CallMemory, outcome: Outcome) {
        each_machine!(self, machine => machine.call_ends(now, memory, outcome));
    }

    /// What is left, in the budget's own unit: tokens, capacity, or retries that could be made.
    pub fn level(&mut self, now: SimTime) -> f64 {
        each_machine!(self, machine => machine.level(now))
    }
}
