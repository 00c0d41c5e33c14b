//! Presets: what a retry leaves open is as in a library.
//!
//! A library's preset is one file, one `mod` line and one row of the table below.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backoff::Backoff;
use super::limit::Limit;
use super::limiter::RetryAfter;
use super::outcome::{Outcome, OutcomeSet};
use crate::catalogue::{Described, Entry};

mod aws_sdk;
mod aws_sdk_2026;
mod aws_sdk_2026_dynamodb;
mod backoff_py;
mod cockatiel;
mod envoy;
mod finagle;
mod grpc;
mod npm_retry;
mod polly_v8;
mod resilience4j;
mod tenacity;
mod tower;

/// A library's retry, as far as it has defaults.
pub(super) struct RetryDefaults {
    /// How many attempts, the first included; `None` if the library wants to be told.
    pub(super) max_attempts: Option<Limit>,
    /// The most attempts that the library makes, whatever it is told.
    pub(super) most_attempts: Option<u32>,
    /// How long it waits.
    pub(super) backoff: Backoff,
    /// What it retries.
    pub(super) on: OutcomeSet,
}

/// A library whose retry is described.
trait LibraryRetry: Described {
    /// Its defaults.
    fn defaults() -> RetryDefaults;

    /// What it makes of a `Retry-After`, unless it is told.
    const RETRY_AFTER: RetryAfter = RetryAfter::Ignored;
}

macro_rules! presets {
    ($( $name:literal => $Variant:ident($Library:ty), )+) => {
        /// A library whose defaults fill what a retry leaves open: the number of attempts, the
        /// backoff, the outcomes that are retried, and what is made of a `Retry-After`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum Preset {
            $(
                #[doc = concat!("`", $name, "` in the scenario file.")]
                #[serde(rename = $name)]
                $Variant,
            )+
        }

        impl Preset {
            /// Every preset, in the order of the table.
            pub const ALL: &'static [Self] = &[ $( Self::$Variant, )+ ];

            /// Every preset, as `squall list` shows it.
            pub const CATALOGUE: &'static [Entry] = &[ $( Entry {
                kind: "retry-preset",
                name: $name,
                summary: <$Library>::SUMMARY,
                source: <$Library>::SOURCE,
                parameters: <() as JsonSchema>::json_schema,
            }, )+ ];

            /// The name in the scenario file.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$Variant => $name, )+ }
            }

            pub(super) fn retry_after(self) -> RetryAfter {
                match self { $( Self::$Variant => <$Library>::RETRY_AFTER, )+ }
            }

            pub(super) fn defaults(self) -> RetryDefaults {
                match self { $( Self::$Variant => <$Library>::defaults(), )+ }
            }
        }
    };
}

presets! {
    "aws-sdk" => AwsSdk(aws_sdk::AwsSdk),
    "aws-sdk-2026" => AwsSdk2026(aws_sdk_2026::AwsSdk2026),
    "aws-sdk-2026-dynamodb" => AwsSdk2026Dynamodb(aws_sdk_2026_dynamodb::AwsSdk2026Dynamodb),
    "backoff-py" => BackoffPy(backoff_py::BackoffPy),
    "cockatiel" => Cockatiel(cockatiel::Cockatiel),
    "envoy" => Envoy(envoy::Envoy),
    "finagle" => Finagle(finagle::Finagle),
    "grpc" => Grpc(grpc::Grpc),
    "npm-retry" => NpmRetry(npm_retry::NpmRetry),
    "polly-v8" => PollyV8(polly_v8::PollyV8),
    "resilience4j" => Resilience4j(resilience4j::Resilience4j),
    "tenacity" => Tenacity(tenacity::Tenacity),
    "tower" => Tower(tower::Tower),
}

/// For libraries that retry whatever the wrapped call throws: every failure, the caller's own
/// mistakes and the rejections of inner layers included. Whether a client throws on a 4xx is its
/// own affair; most do.
const WHATEVER_IS_THROWN: OutcomeSet = OutcomeSet::of(&[
    Outcome::Malformed,
    Outcome::ClientError,
    Outcome::ServerError,
    Outcome::Throttled,
    Outcome::Overflow,
    Outcome::Refused,
    Outcome::Reset,
    Outcome::Unresolved,
    Outcome::ConnectTimeout,
    Outcome::Timeout,
    Outcome::Deadline,
    Outcome::RejectedBreaker,
    Outcome::RejectedBulkhead,
    Outcome::RejectedLimit,
    Outcome::RejectedBudget,
    Outcome::RejectedShed,
    Outcome::DeadlockVictim,
    Outcome::Lost,
]);

#[cfg(test)]
mod tests;
