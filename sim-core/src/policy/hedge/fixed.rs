//! A further copy after a fixed time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cancel, Delay, Parameters, Plan};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Sends a further copy of a request each time `delay` has passed without a good answer. A copy
/// that fails is one less; the call fails with the last.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// How long after one copy the next is sent; at 0 they are sent together.
    pub delay: SimDuration,
    /// How many copies there are at most, the first included; at least 2.
    #[serde(default = "two")]
    pub max_attempts: u32,
    /// Which copy cancels the others: the one that is answered first, or (tied requests) the one
    /// that a server begins to work on first.
    #[serde(default)]
    pub cancel: Cancel,
}

pub(super) fn two() -> u32 {
    2
}

impl Described for Fixed {
    const SUMMARY: &'static str = "a further copy after a fixed time; tied, if wanted";
    const SOURCE: &'static str = "J. Dean, L. A. Barroso, The Tail at Scale, CACM 56(2), 2013";
}

impl Parameters for Fixed {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.max_attempts < 2, "max_attempts", "must be at least 2");
        problems
    }

    fn plan(&self) -> Plan {
        let (max_attempts, tied) = (self.max_attempts, self.cancel == Cancel::OnStart);
        Plan { max_attempts, non_fatal: None, tied }
    }

    fn delay(&self) -> Delay {
        Delay::Fixed(self.delay)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, ms};
    use super::super::{Do, Hedge};
    use super::*;
    use crate::policy::Outcome;

    fn fixed(max_attempts: u32, cancel: Cancel) -> Hedge {
        Hedge::Fixed(Fixed { delay: ms(10), max_attempts, cancel })
    }

    #[test]
    fn copies_are_sent_at_the_delay_and_its_multiples() {
        let mut call = fixed(3, Cancel::OnAnswer).hedger().call(at(5));
        assert_eq!(call.sends_at(), Some(at(15)));
        assert_eq!(call.due(at(14), || true), Do::Wait);
        assert_eq!(call.due(at(15), || true), Do::Send);
        assert_eq!(call.due(at(25), || true), Do::Send);
        assert_eq!((call.sends_at(), call.sent(), call.out()), (None, 3, 3));
        assert_eq!(call.due(at(35), || true), Do::Wait);
        assert_eq!(call.succeeded(Outcome::Ok), Do::End(Outcome::Ok));
    }

    #[test]
    fn a_copy_that_fails_is_one_less_and_sends_none() {
        let mut call = fixed(3, Cancel::OnAnswer).hedger().call(at(0));
        assert_eq!(call.due(at(10), || true), Do::Send);
        let failed = call.failed(at(11), Outcome::Timeout, None, || unreachable!("none is sent"));
        assert_eq!((failed, call.sends_at()), (Do::Wait, Some(at(20))));
        let failed = call.failed(at(12), Outcome::Reset, None, || unreachable!("none is sent"));
        assert_eq!((failed, call.sends_at()), (Do::End(Outcome::Reset), None));
    }

    #[test]
    fn without_budget_no_more_copies_are_sent() {
        let mut call = fixed(3, Cancel::OnAnswer).hedger().call(at(0));
        assert_eq!(call.due(at(10), || false), Do::Wait);
        assert_eq!((call.sends_at(), call.sent(), call.out()), (None, 1, 1));
    }

    #[test]
    fn the_tied_copy_that_starts_first_cancels_the_others() {
        let mut call = fixed(3, Cancel::OnStart).hedger().call(at(0));
        assert_eq!(call.due(at(10), || true), Do::Send);
        assert_eq!(call.started(), Do::CancelOthers);
        assert_eq!((call.sends_at(), call.out()), (None, 1));
        let failed =
            call.failed(at(11), Outcome::ServerError, None, || unreachable!("none is left"));
        assert_eq!(failed, Do::End(Outcome::ServerError));
    }

    #[test]
    fn a_tied_copy_that_starts_before_another_is_sent_keeps_it_from_being_sent() {
        let mut call = fixed(2, Cancel::OnStart).hedger().call(at(0));
        assert_eq!(call.started(), Do::Wait);
        assert_eq!(call.sends_at(), None);
    }

    #[test]
    fn what_is_not_tied_may_start_twice() {
        let mut call = fixed(2, Cancel::OnAnswer).hedger().call(at(0));
        assert_eq!(call.due(at(10), || true), Do::Send);
        assert_eq!((call.started(), call.out()), (Do::Wait, 2));
    }
}
