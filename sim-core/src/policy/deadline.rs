//! Deadlines that travel with a call.
//!
//! Inside a process a deadline is a point in time; on the wire it is what is left of it
//! (`grpc-timeout`), because clocks differ. Every stage of the work asks whether it is worth
//! starting. (Site Reliability Engineering, chapter 22, Latency and Deadlines; gRPC over HTTP/2,
//! PROTOCOL-HTTP2.md, `Timeout`.)

use std::fmt;
use std::str::FromStr;

use crate::kernel::{SimDuration, SimTime};

/// When a call has to be answered at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(SimTime);

impl Deadline {
    /// The deadline of a call that starts now and may take this long.
    pub fn after(now: SimTime, timeout: SimDuration) -> Self {
        Self(now + timeout)
    }

    /// The deadline at a point in time.
    pub fn at_time(at: SimTime) -> Self {
        Self(at)
    }

    /// The deadline of a call that arrives now and says how much is left.
    pub fn received(now: SimTime, left: GrpcTimeout) -> Self {
        Self::after(now, left.duration())
    }

    /// The point in time.
    pub fn at(self) -> SimTime {
        self.0
    }

    /// What is left of it; zero once it has passed.
    pub fn remaining(self, now: SimTime) -> SimDuration {
        self.0.since(now)
    }

    /// Whether it has come: nothing that starts now can be answered in time.
    pub fn has_passed(self, now: SimTime) -> bool {
        now >= self.0
    }

    /// The earlier of this one and that of a call from within, which may take this long by itself.
    #[must_use]
    pub fn for_call_within(self, now: SimTime, timeout: SimDuration) -> Self {
        self.min(Self::after(now, timeout))
    }

    /// What goes onto the wire with a call that is sent now; `None` if it has passed, and the call
    /// is not to be sent.
    pub fn sent(self, now: SimTime) -> Option<GrpcTimeout> {
        (!self.has_passed(now)).then(|| GrpcTimeout::of(self.remaining(now)))
    }
}

/// What is left of a deadline, as `grpc-timeout` has it: a whole number of at most eight digits
/// and a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrpcTimeout {
    value: u32,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unit {
    letter: char,
    nanos: u64,
}

const UNITS: [Unit; 6] = [
    Unit { letter: 'n', nanos: 1 },
    Unit { letter: 'u', nanos: 1_000 },
    Unit { letter: 'm', nanos: 1_000_000 },
    Unit { letter: 'S', nanos: 1_000_000_000 },
    Unit { letter: 'M', nanos: 60_000_000_000 },
    Unit { letter: 'H', nanos: 3_600_000_000_000 },
];

/// The largest number of eight digits.
const LARGEST: u64 = 99_999_999;

impl GrpcTimeout {
    /// The duration in the finest unit that holds it, rounded up as grpc-go does.
    pub fn of(left: SimDuration) -> Self {
        let within = |unit: &&Unit| left.as_nanos().div_ceil(unit.nanos) <= LARGEST;
        // In hours every duration has fewer than eight digits.
        let unit = *UNITS.iter().find(within).unwrap_or(&UNITS[5]);
        Self { value: left.as_nanos().div_ceil(unit.nanos).min(LARGEST) as u32, unit }
    }

    /// As a duration.
    pub fn duration(self) -> SimDuration {
        SimDuration::from_nanos(self.unit.nanos).saturating_mul(u64::from(self.value))
    }
}

impl fmt::Display for GrpcTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.unit.letter)
    }
}

/// Why a text is no `grpc-timeout`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no grpc-timeout: one to eight digits and one of H, M, S, m, u, n")]
pub struct ParseTimeoutError(String);

impl FromStr for GrpcTimeout {
    type Err = ParseTimeoutError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let unit = *UNITS.iter().find(|unit| text.ends_with(unit.letter))?;
            let digits = text.strip_suffix(unit.letter)?;
            let right = (1..=8).contains(&digits.len())
                && digits.bytes().all(|digit| digit.is_ascii_digit());
            Some(Self { value: digits.parse().ok().filter(|_| right)?, unit })
        };
        parsed().ok_or_else(|| ParseTimeoutError(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + secs(seconds)
    }

    fn secs(seconds: u64) -> SimDuration {
        SimDuration::from_secs(seconds)
    }

    #[test]
    fn what_is_left_shrinks_and_ends_at_the_deadline_itself() {
        let deadline = Deadline::after(at(5), secs(30));
        assert_eq!(deadline.at(), at(35));
        assert_eq!(deadline.remaining(at(12)), secs(23));
        let last = at(35) - SimDuration::from_nanos(1);
        assert!(!deadline.has_passed(last) && deadline.sent(last).is_some());
        assert!(deadline.has_passed(at(35)) && deadline.sent(at(35)).is_none());
        assert_eq!(deadline.remaining(at(36)), SimDuration::ZERO);
    }

    #[test]
    fn a_call_within_has_no_longer_than_what_is_left() {
        let deadline = Deadline::after(at(0), secs(10));
        assert_eq!(deadline.for_call_within(at(8), secs(20)).remaining(at(8)), secs(2));
        assert_eq!(deadline.for_call_within(at(3), secs(4)).remaining(at(3)), secs(4));
    }

    #[test]
    fn the_wire_has_the_finest_unit_of_eight_digits_rounded_up() {
        for (nanos, text) in [
            (0, "0n"),
            (99_999_999, "99999999n"),
            (100_000_000, "100000u"),
            (100_000_001, "100001u"),
            (99_999_999_000, "99999999u"),
            (99_999_999_001, "100000m"),
            (30_000_000_000, "30000000u"),
        ] {
            let timeout = GrpcTimeout::of(SimDuration::from_nanos(nanos));
            assert_eq!(timeout.to_string(), text);
            assert_eq!(text.parse(), Ok(timeout));
            assert!(timeout.duration().as_nanos() >= nanos);
        }
        assert_eq!(GrpcTimeout::of(SimDuration::MAX).unit.letter, 'H');
    }

    #[test]
    fn what_arrives_is_relative() {
        let sent = Deadline::after(at(0), secs(30)).sent(at(7)).unwrap();
        // The message takes a second: the callee's deadline is later by it.
        assert_eq!(Deadline::received(at(8), sent).remaining(at(8)), secs(23));
    }

    #[test]
    fn what_is_no_timeout_says_so() {
        for text in ["", "5", "S", "123456789S", "+5S", "5s", "5.0S"] {
            assert!(text.parse::<GrpcTimeout>().is_err(), "{text}");
        }
        assert_eq!("5S".parse::<GrpcTimeout>().unwrap().duration(), secs(5));
        assert_eq!("2H".parse::<GrpcTimeout>().unwrap().duration(), secs(7_200));
        assert_eq!("5m".parse::<GrpcTimeout>().unwrap().duration(), SimDuration::from_millis(5));
    }
}
