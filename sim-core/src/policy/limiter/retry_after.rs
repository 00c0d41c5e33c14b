//! `Retry-After`: what a server says of it, and what a caller makes of it.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::SimDuration;

/// What a caller that is told when to come again makes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    /// Nothing: it waits as its backoff says.
    #[default]
    Ignored,
    /// It waits as long as its backoff says, and at least as long as it is told.
    AtLeast,
    /// It waits as long as it is told, instead, and its backoff starts anew (gRPC's pushback, A6).
    Instead,
    /// Envoy's rate-limited backoff: the time that it is told and up to half as much again, in
    /// whole milliseconds; more than 300 s are ignored.
    Envoy,
    /// The AWS SDKs of 2026: what it is told, but not less than its backoff, nor 5 s more.
    #[serde(rename = "aws-sdk-2026")]
    AwsSdk2026,
}

/// What a server says of when to come again to those whom it turns away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfterHeader {
    /// Nothing.
    #[serde(rename = "none")]
    Unsaid,
    /// Whole seconds, rounded up (RFC 9110: `Retry-After`).
    #[default]
    Seconds,
    /// Whole milliseconds, rounded up (gRPC's `grpc-retry-pushback-ms`, AWS's
    /// `x-amz-retry-after`).
    Milliseconds,
}

impl RetryAfterHeader {
    /// What it says to a call that would pass after this time; nothing if that is never.
    pub fn says(self, passes_after: SimDuration) -> Option<SimDuration> {
        let whole = |unit: u64| {
            let units = passes_after.as_nanos().div_ceil(unit);
            (passes_after != SimDuration::MAX)
                .then(|| SimDuration::from_nanos(units.saturating_mul(unit)))
        };
        match self {
            Self::Unsaid => None,
            Self::Seconds => whole(SECOND),
            Self::Milliseconds => whole(MILLISECOND),
        }
    }
}

/// What the AWS SDKs add to their backoff at most.
const AWS_MOST: SimDuration = SimDuration::from_secs(5);
/// Envoy's default for the `max_interval` of its rate-limited backoff.
const ENVOY_MOST: SimDuration = SimDuration::from_secs(300);
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

impl RetryAfter {
    /// Whether the backoff starts anew after such a wait: the next wait that nobody tells is as the
    /// first.
    pub const fn starts_anew(self) -> bool {
        matches!(self, Self::Instead)
    }

    /// How long to wait, if the backoff says `own` and the server `told`. Takes at most one draw.
    pub fn wait<R: Rng>(self, own: SimDuration, told: SimDuration, draws: &mut R) -> SimDuration {
        match self {
            Self::Ignored => own,
            Self::AtLeast => own.max(told),
            Self::Instead => told,
            Self::Envoy if told > ENVOY_MOST => own,
            Self::Envoy => {
                let ms = told.as_nanos() / MILLISECOND;
                SimDuration::from_millis(ms + draws.next_u64() % (ms / 2).max(1))
            }
            Self::AwsSdk2026 => own.max(told.min(own + AWS_MOST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::in_ms;
    use super::*;
    use crate::policy::backoff::scripted::Always;

    fn waits(rule: RetryAfter, own: u64, told: u64, draw: u64) -> SimDuration {
        rule.wait(in_ms(own), in_ms(told), &mut Always(draw))
    }

    #[test]
    fn it_is_ignored_or_kept() {
        for (own, told) in [(100, 2_000), (2_000, 100)] {
            assert_eq!(waits(RetryAfter::Ignored, own, told, 0), in_ms(own));
            assert_eq!(waits(RetryAfter::AtLeast, own, told, 0), in_ms(2_000));
            assert_eq!(waits(RetryAfter::Instead, own, told, 0), in_ms(told));
        }
    }

    #[test]
    fn envoy_adds_up_to_half() {
        let longest = waits(RetryAfter::Envoy, 7, 2_000, 1_999);
        assert_eq!((waits(RetryAfter::Envoy, 7, 2_000, 0), longest), (in_ms(2_000), in_ms(2_999)));
        assert_eq!(waits(RetryAfter::Envoy, 7, 2_000, 1_000), in_ms(2_000));
        assert_eq!(waits(RetryAfter::Envoy, 7, 1, 5), in_ms(1));
        assert_eq!(waits(RetryAfter::Envoy, 7, 300_000, 0), in_ms(300_000));
        assert_eq!(waits(RetryAfter::Envoy, 7, 300_001, 0), in_ms(7));
    }

    #[test]
    fn the_aws_sdks_add_at_most_five_seconds_and_never_take_away() {
        let aws = |told| waits(RetryAfter::AwsSdk2026, 100, told, 0);
        assert_eq!(aws(50), in_ms(100));
        assert_eq!(aws(1_000), in_ms(1_000));
        assert_eq!(aws(60_000), in_ms(5_100));
    }

    #[test]
    fn a_header_says_whole_seconds() {
        let header = |ms| RetryAfterHeader::Seconds.says(in_ms(ms));
        let some = |ms| Some(in_ms(ms));
        assert_eq!([0, 1, 1_000, 1_001].map(header), [0, 1_000, 1_000, 2_000].map(some));
    }

    #[test]
    fn a_server_may_say_milliseconds_or_nothing_and_never_says_never() {
        let time = in_ms(7) + SimDuration::from_nanos(1);
        assert_eq!(RetryAfterHeader::Milliseconds.says(time), Some(in_ms(8)));
        assert_eq!(RetryAfterHeader::Unsaid.says(time), None);
        assert_eq!(RetryAfterHeader::Seconds.says(SimDuration::MAX), None);
        assert_eq!(serde_json::to_value(RetryAfter::AwsSdk2026).unwrap(), "aws-sdk-2026");
    }

    #[test]
    fn only_a_wait_instead_of_the_backoffs_own_starts_it_anew() {
        let all = [
            RetryAfter::Ignored,
            RetryAfter::AtLeast,
            RetryAfter::Instead,
            RetryAfter::Envoy,
            RetryAfter::AwsSdk2026,
        ];
        assert_eq!(all.map(RetryAfter::starts_anew), [false, false, true, false, false]);
    }
}
