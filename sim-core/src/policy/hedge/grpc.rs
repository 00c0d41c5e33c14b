//! gRPC's hedging policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Delay, Parameters, Plan};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::{Outcome, OutcomeSet, Problems};

/// Sends a copy every `hedging_delay` until one is answered. A non-fatal failure sends the next at
/// once, and the delay starts again; any other failure ends the call. A server can push the next
/// copy back, or forbid any. A copy that the throttle refuses is the last of the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Grpc {
    /// How many copies there are at most, the first included; at least 2; above 5 counts as 5.
    pub max_attempts: u32,
    /// How long after one copy the next is sent; at 0 they are sent together.
    pub hedging_delay: SimDuration,
    /// The failures after which the next copy is sent at once. (The library's default is none.)
    pub non_fatal: Vec<Outcome>,
}

impl Default for Grpc {
    /// The example of the proposal: UNAVAILABLE, INTERNAL and ABORTED are not fatal.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            hedging_delay: SimDuration::from_millis(500),
            non_fatal: vec![
                Outcome::ServerError,
                Outcome::Throttled,
                Outcome::Overflow,
                Outcome::Refused,
                Outcome::Reset,
                Outcome::Unresolved,
                Outcome::ConnectTimeout,
                Outcome::RejectedShed,
                Outcome::DeadlockVictim,
                Outcome::Lost,
            ],
        }
    }
}

/// The most copies that a client sends, whatever it is told.
const MOST_ATTEMPTS: u32 = 5;

impl Described for Grpc {
    const SUMMARY: &'static str =
        "gRPC: a copy every 500 ms, the next at once after a non-fatal failure";
    const SOURCE: &'static str = "grpc/proposal A6-client-retries.md, Hedging Policy";
}

impl Parameters for Grpc {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.max_attempts < 2, "max_attempts", "must be at least 2");
        problems
    }

    fn plan(&self) -> Plan {
        let max_attempts = self.max_attempts.min(MOST_ATTEMPTS);
        Plan { max_attempts, non_fatal: Some(OutcomeSet::of(&self.non_fatal)), tied: false }
    }

    fn delay(&self) -> Delay {
        Delay::Fixed(self.hedging_delay)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, ms};
    use super::super::{Do, Hedge, HedgedCall, Pushback};
    use super::*;

    fn call(max_attempts: u32) -> HedgedCall {
        Hedge::Grpc(Grpc { max_attempts, ..Grpc::default() }).hedger().call(at(0))
    }

    fn fail(call: &mut HedgedCall, now: u64, pushback: Option<Pushback>) -> Do {
        call.failed(at(now), Outcome::ServerError, pushback, || true)
    }

    #[test]
    fn a_non_fatal_failure_sends_the_next_at_once_and_the_delay_starts_again() {
        let mut call = call(4);
        assert_eq!(fail(&mut call, 100, None), Do::Send);
        assert_eq!(call.sends_at(), Some(at(600)));
        assert_eq!(call.due(at(600), || true), Do::Send);
        assert_eq!(fail(&mut call, 700, None), Do::Send);
        assert_eq!((call.sends_at(), call.out()), (None, 2));
        // None is left to be sent: the call ends with the last.
        assert_eq!(fail(&mut call, 800, None), Do::Wait);
        assert_eq!(fail(&mut call, 801, None), Do::End(Outcome::ServerError));
    }

    #[test]
    fn a_fatal_failure_ends_the_call() {
        let mut call = call(4);
        assert_eq!(call.due(at(500), || true), Do::Send);
        let failed = call.failed(at(600), Outcome::ClientError, None, || unreachable!("fatal"));
        assert_eq!((failed, call.sends_at()), (Do::End(Outcome::ClientError), None));
    }

    #[test]
    fn pushback_moves_the_next_copy_and_the_delay_starts_from_there() {
        let mut call = call(4);
        assert_eq!(fail(&mut call, 100, Some(Pushback::After(ms(2_000)))), Do::Wait);
        assert_eq!((call.sends_at(), call.out()), (Some(at(2_100)), 0));
        assert_eq!(call.due(at(2_100), || true), Do::Send);
        assert_eq!(call.sends_at(), Some(at(2_600)));
        assert_eq!(fail(&mut call, 2_200, Some(Pushback::After(SimDuration::ZERO))), Do::Wait);
        assert_eq!(call.sends_at(), Some(at(2_200)));
    }

    #[test]
    fn pushback_cannot_send_more_copies_than_there_are() {
        let mut call = call(2);
        assert_eq!(call.due(at(500), || true), Do::Send);
        assert_eq!(fail(&mut call, 600, Some(Pushback::After(ms(1)))), Do::Wait);
        assert_eq!(call.sends_at(), None);
        let end = fail(&mut call, 700, Some(Pushback::After(ms(1))));
        assert_eq!(end, Do::End(Outcome::ServerError));
    }

    #[test]
    fn pushback_can_forbid_further_copies() {
        let mut call = call(4);
        assert_eq!(call.due(at(500), || true), Do::Send);
        assert_eq!(fail(&mut call, 600, Some(Pushback::Never)), Do::Wait);
        assert_eq!((call.sends_at(), call.out()), (None, 1));
        assert_eq!(fail(&mut call, 700, None), Do::End(Outcome::ServerError));
    }

    #[test]
    fn the_throttle_is_asked_only_when_a_copy_is_about_to_be_sent() {
        let mut asked = 0;
        let mut call = call(4);
        assert_eq!(call.due(at(499), || unreachable!("too early")), Do::Wait);
        let mut throttle = |answer| {
            asked += 1;
            answer
        };
        assert_eq!(call.due(at(500), || throttle(true)), Do::Send);
        let failed = call.failed(at(600), Outcome::ServerError, None, || throttle(false));
        assert_eq!((failed, call.sends_at()), (Do::Wait, None));
        assert_eq!(asked, 2);
        // The first copy is answered after all.
        assert_eq!(call.succeeded(Outcome::Ok), Do::End(Outcome::Ok));
    }

    #[test]
    fn a_throttled_call_whose_only_copy_failed_fails() {
        let mut call = call(4);
        let failed = call.failed(at(1), Outcome::Refused, None, || false);
        assert_eq!(failed, Do::End(Outcome::Refused));
    }

    #[test]
    fn there_are_five_copies_at_most() {
        for (given, sent) in [(4, 4), (5, 5), (6, 5)] {
            let mut call = call(given);
            while let Some(at) = call.sends_at() {
                assert_eq!(call.due(at, || true), Do::Send);
            }
            assert_eq!(call.sent(), sent);
        }
    }
}
