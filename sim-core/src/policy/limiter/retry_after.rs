//! What a caller makes of a `Retry-After`.

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
    /// It waits as long as it is told, instead (gRPC's pushback, A6).
    Instead,
    /// Envoy's rate-limited backoff: the time that it is told and up to half as much again, in
    /// whole milliseconds; more than 300 s are ignored.
    Envoy,
    /// The AWS SDKs of 2026: what it is told, but not less than its backoff, nor 5 s more.
    AwsSdk2026,
}

/// What the AWS SDKs add to their backoff at most.
const AWS_MOST: SimDuration = SimDuration::from_secs(5);
/// Envoy's default for the `max_interval` of its rate-limited backoff.
const ENVOY_MOST: SimDuration = SimDuration::from_secs(300);
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

impl RetryAfter {
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

    /// What a header in whole seconds says of a time: rounded up, so that who comes then is not
    /// too early (RFC 9110, delay-seconds).
    pub fn header(time: SimDuration) -> SimDuration {
        SimDuration::from_secs(time.as_nanos().div_ceil(SECOND))
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
        let header = |ms| RetryAfter::header(in_ms(ms));
        assert_eq!([0, 1, 1_000, 1_001].map(header), [0, 1_000, 1_000, 2_000].map(in_ms));
    }
}
