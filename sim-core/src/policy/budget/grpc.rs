//! gRPC's retry throttling.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AttemptEnd, Budgeting, CallMemory, Deciding};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::{Outcome, Problems};

/// A failure that could be retried takes a token, a success gives back `token_ratio` of one; a
/// retry is made only while more than half of `max_tokens` are left, the failure's own deducted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Grpc {
    /// How many tokens there are at most, and at first: from 1 to 1000.
    pub max_tokens: u32,
    /// What a success gives back, of a token; decimals after the third do not count.
    pub token_ratio: f64,
}

impl Default for Grpc {
    fn default() -> Self {
        Self { max_tokens: 10, token_ratio: 0.1 }
    }
}

impl Described for Grpc {
    const SUMMARY: &'static str =
        "gRPC: a failure takes a token, a success gives 0.1; retries while more than half are left";
    const SOURCE: &'static str =
        "grpc/proposal A6; grpc-go 4793ad0, stream.go; grpc-java, RetriableStream.Throttle";
}

/// A token, in the thousandths that gRPC counts in.
const TOKEN: u32 = 1_000;

impl Budgeting for Grpc {
    type Machine = Tokens;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let wrong = !(1..=1_000).contains(&self.max_tokens);
        problems.note_if(wrong, "max_tokens", "must be from 1 to 1000");
        problems.within("token_ratio", self.token_ratio, 0.001, 1_000.0);
        problems
    }

    fn start(&self, _now: SimTime) -> Tokens {
        let max = self.max_tokens * TOKEN;
        // Truncated; but 1.001 is 1001 thousandths, whatever its nearest double is.
        let ratio = (self.token_ratio * f64::from(TOKEN) + 1e-6) as u32;
        Tokens { left: max, max, ratio }
    }
}

/// The tokens of a channel, in thousandths.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    left: u32,
    max: u32,
    ratio: u32,
}

impl Tokens {
    fn allows(self) -> bool {
        self.left > self.max / 2
    }
}

impl Deciding for Tokens {
    const FOLLOWS_CALLS: bool = false;

    #[inline(always)]
    fn attempt_ends(&mut self, _now: SimTime, _memory: &mut CallMemory, end: AttemptEnd) {
        if end.is_success() {
            self.left = (self.left + self.ratio).min(self.max);
        } else if end.retryable || end.forbidden {
            self.left = self.left.saturating_sub(TOKEN);
        }
    }

    fn may_retry(&mut self, _now: SimTime, _memory: &mut CallMemory, _outcome: Outcome) -> bool {
        self.allows()
    }

    fn may_hedge(&mut self, _now: SimTime, _memory: &mut CallMemory) -> bool {
        self.allows()
    }

    fn level(&mut self, _now: SimTime) -> f64 {
        f64::from(self.left) / f64::from(TOKEN)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{driver, end};
    use super::*;
    use crate::policy::budget::Budget;

    #[test]
    fn four_failures_may_be_retried_and_the_fifth_may_not() {
        let mut driver = driver(Budget::Grpc(Grpc::default()));
        let allowed: Vec<bool> = (0..6).map(|_| driver.fails(Outcome::ServerError)).collect();
        assert_eq!(allowed, [true, true, true, true, false, false]);
        assert_eq!(driver.level(), 4.0);
    }

    #[test]
    fn a_failure_counts_even_if_nobody_could_retry_it() {
        let mut driver = driver(Budget::Grpc(Grpc::default()));
        driver.ends(Outcome::ServerError);
        assert_eq!(driver.level(), 9.0, "without a question whether to retry");
    }

    #[test]
    fn only_what_is_retried_or_forbidden_takes_a_token() {
        let mut tokens = Grpc::default().start(SimTime::ZERO);
        let mut ends = |end| {
            tokens.attempt_ends(SimTime::ZERO, &mut CallMemory::default(), end);
            tokens.left
        };
        let failure = end(Outcome::ClientError);
        assert_eq!(ends(AttemptEnd { retryable: false, ..failure }), 10_000);
        assert_eq!(ends(AttemptEnd { retryable: false, forbidden: true, ..failure }), 9_000);
        assert_eq!(ends(AttemptEnd { retryable: true, forbidden: true, ..failure }), 8_000);
        assert_eq!(ends(end(Outcome::Ok)), 8_100);
        assert_eq!(ends(end(Outcome::Degraded)), 8_200);
    }

    #[test]
    fn tokens_stay_between_none_and_all() {
        let mut driver = driver(Budget::Grpc(Grpc::default()));
        driver.ends(Outcome::Ok);
        assert_eq!(driver.level(), 10.0);
        for _ in 0..12 {
            driver.ends(Outcome::Reset);
        }
        assert_eq!(driver.level(), 0.0);
        driver.ends(Outcome::Ok);
        assert_eq!(driver.level(), 0.1);
    }

    #[test]
    fn a_hedge_goes_out_only_above_half_and_takes_nothing() {
        let mut driver = driver(Budget::Grpc(Grpc { max_tokens: 3, token_ratio: 0.5 }));
        assert!(driver.hedges());
        assert_eq!(driver.level(), 3.0);
        driver.ends(Outcome::ServerError);
        assert!(driver.hedges(), "2 of 3");
        driver.ends(Outcome::ServerError);
        assert!(!driver.hedges(), "1 of 3");
        driver.ends(Outcome::Ok);
        assert!(!driver.hedges(), "exactly half");
        driver.ends(Outcome::Ok);
        assert!(driver.hedges());
    }

    #[test]
    fn the_ratio_has_three_decimals() {
        let ratio = |token_ratio| Grpc { max_tokens: 10, token_ratio }.start(SimTime::ZERO).ratio;
        assert_eq!(ratio(0.1), 100);
        assert_eq!(ratio(1.001), 1_001);
        assert_eq!(ratio(0.0019), 1);
        assert_eq!(ratio(0.5467), 546);
    }

    #[test]
    fn limits_of_the_service_config_are_checked() {
        let bad = |max_tokens, token_ratio| !Grpc { max_tokens, token_ratio }.check().0.is_empty();
        assert!(bad(0, 0.1) && bad(1_001, 0.1) && bad(10, 0.000_9) && bad(10, f64::NAN));
        assert!(!bad(1, 0.001) && !bad(1_000, 1_000.0));
    }
}
