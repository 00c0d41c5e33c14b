//! How an attempt, a call or a request can end: a closed list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! outcomes {
    ($( $(#[doc = $doc:literal])+ $Variant:ident = $name:literal, )+) => {
        /// How an attempt ends, from the point of view of whoever waits for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[repr(u8)]
        pub enum Outcome {
            $( $(#[doc = $doc])+ #[serde(rename = $name)] $Variant, )+
        }

        impl Outcome {
            /// Every outcome, in the order of their indices.
            pub const ALL: &'static [Self] = &[ $( Self::$Variant, )+ ];

            /// The name in files and results.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$Variant => $name, )+ }
            }
        }
    };
}

outcomes! {
    /// A good answer, in time.
    Ok = "ok",
    /// A good answer after its caller had gone.
    OkLate = "ok_late",
    /// A fallback's answer.
    Degraded = "degraded",
    /// A 200 that cannot be read.
    Malformed = "malformed",
    /// 4xx: the request itself is at fault.
    ClientError = "client_error",
    /// 5xx.
    ServerError = "server_error",
    /// 429.
    Throttled = "throttled",
    /// 503: the queue was full, or a limit of the server on requests at once was reached.
    Overflow = "overflow",
    /// Connection refused: nothing listens.
    Refused = "refused",
    /// Connection reset: the process died with the request in its hands.
    Reset = "reset",
    /// The name could not be resolved.
    Unresolved = "unresolved",
    /// The connection was not established in time.
    ConnectTimeout = "connect_timeout",
    /// No answer within the attempt's timeout.
    Timeout = "timeout",
    /// No answer within the whole call's deadline.
    Deadline = "deadline",
    /// Turned away by an open circuit breaker.
    RejectedBreaker = "rejected_breaker",
    /// Turned away by a full bulkhead.
    RejectedBulkhead = "rejected_bulkhead",
    /// Turned away by a rate or concurrency limit.
    RejectedLimit = "rejected_limit",
    /// Not retried, for want of budget.
    RejectedBudget = "rejected_budget",
    /// Shed by an overloaded server.
    RejectedShed = "rejected_shed",
    /// Called off by its caller.
    Cancelled = "cancelled",
    /// Rolled back to break a deadlock.
    DeadlockVictim = "deadlock_victim",
    /// Dropped by the network; the operating system gave up.
    Lost = "lost",
}

impl Outcome {
    /// How many outcomes there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The place of this outcome in an array of counts.
    #[inline]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether this is a good answer, in time: goodput.
    #[inline]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Ok)
    }

    /// Whether a connection can be used again after this: whether the answer to it was read.
    #[inline]
    pub const fn leaves_the_connection_open(self) -> bool {
        !matches!(
            self,
            Self::Refused
                | Self::Reset
                | Self::Unresolved
                | Self::ConnectTimeout
                | Self::Timeout
                | Self::Deadline
                | Self::Cancelled
                | Self::Lost
        )
    }

    /// Whether whoever waited was failed: neither a good nor a degraded answer.
    #[inline]
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Ok | Self::Degraded)
    }
}

/// A set of outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeSet(u32);

impl OutcomeSet {
    /// The failures that a retry can hope to cure: those of the server and of the network, and
    /// not the caller's own (4xx), nor what a policy of the caller rejected, nor a missed deadline.
    pub const RETRYABLE: Self = Self::of(&[
        Outcome::ServerError,
        Outcome::Throttled,
        Outcome::Overflow,
        Outcome::Refused,
        Outcome::Reset,
        Outcome::Unresolved,
        Outcome::ConnectTimeout,
        Outcome::Timeout,
        Outcome::DeadlockVictim,
        Outcome::Lost,
    ]);

    /// The set of these outcomes.
    pub const fn of(outcomes: &[Outcome]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < outcomes.len() {
            bits |= 1 << outcomes[i] as u32;
            i += 1;
        }
        Self(bits)
    }

    /// Whether the outcome is in the set.
    #[inline]
    pub const fn contains(self, outcome: Outcome) -> bool {
        self.0 & (1 << outcome as u32) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_counted_in_the_order_in_which_they_are_listed() {
        let places: Vec<usize> = Outcome::ALL.iter().map(|outcome| outcome.index()).collect();
        assert_eq!(places, (0..Outcome::COUNT).collect::<Vec<_>>());
    }

    #[test]
    fn only_an_answer_in_time_is_good_and_a_degraded_one_no_failure() {
        let all = || Outcome::ALL.iter().copied();
        assert_eq!(all().filter(|outcome| outcome.is_good()).collect::<Vec<_>>(), [Outcome::Ok]);
        let served: Vec<_> = all().filter(|outcome| !outcome.is_failure()).collect();
        assert_eq!(served, [Outcome::Ok, Outcome::Degraded]);
    }

    #[test]
    fn a_set_has_what_it_was_made_of_and_nothing_else() {
        let few = [Outcome::OkLate, Outcome::Throttled, Outcome::Lost];
        let set = OutcomeSet::of(&few);
        for outcome in Outcome::ALL {
            assert_eq!(set.contains(*outcome), few.contains(outcome), "{outcome:?}");
            assert!(!OutcomeSet::of(&[]).contains(*outcome));
        }
    }

    #[test]
    fn a_connection_is_of_use_again_once_the_answer_was_read() {
        use Outcome::{Cancelled, ConnectTimeout, Deadline, Lost, Refused, Reset, Timeout};
        let unread = [
            Refused,
            Reset,
            Outcome::Unresolved,
            ConnectTimeout,
            Timeout,
            Deadline,
            Cancelled,
            Lost,
        ];
        for outcome in Outcome::ALL {
            let open = outcome.leaves_the_connection_open();
            assert_eq!(open, !unread.contains(outcome), "{outcome:?}");
        }
    }
}
