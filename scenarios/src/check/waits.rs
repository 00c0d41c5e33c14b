//! How long the waits of a retry can be.

use std::convert::Infallible;

use rand::TryRng;
use sim_core::kernel::SimDuration;
use sim_core::policy::{BackoffState, RetryPolicy};

/// Waits are looked at one by one up to here; the rest are taken to be as long as the last.
const MOST_LOOKED_AT: u32 = 250;

/// How many courses of draws are tried: the largest draws there are, and some others.
const COURSES: usize = 4;

/// The waits of a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waits {
    /// How long all waits together can be; without a limit on attempts, the first 250.
    pub(super) longest: SimDuration,
    /// Whether some wait is always nothing.
    pub(super) some_is_nothing: bool,
}

impl Waits {
    /// Whether every wait is always nothing.
    pub(super) fn are_nothing(self) -> bool {
        self.longest.is_zero()
    }
}

/// The waits of a retry, as its backoff answers to a few courses of draws: no formula is
/// repeated here.
pub(super) fn waits(retry: &RetryPolicy) -> Waits {
    let retries = retry.max_attempts.map_or(u32::MAX, |attempts| attempts.get() - 1);
    let looked_at = retries.min(MOST_LOOKED_AT);
    let mut states = [BackoffState::default(); COURSES];
    let mut sums = [SimDuration::ZERO; COURSES];
    let (mut last, mut some_is_nothing) = (SimDuration::ZERO, false);
    for n in 1..=looked_at {
        last = SimDuration::ZERO;
        for course in 0..COURSES {
            let mut draws = Draws { course: course as u64, n: u64::from(n) };
            let wait = retry.backoff.delay(n, &mut states[course], &mut draws);
            sums[course] += wait;
            last = last.max(wait);
        }
        some_is_nothing |= last.is_zero();
    }
    let rest = retry.max_attempts.map_or(0, |_| retries - looked_at);
    let longest = sums.into_iter().max().unwrap_or_default() + last.saturating_mul(rest.into());
    Waits { longest: rounded(longest), some_is_nothing }
}

/// To six digits: the largest draw is a little below one, and nobody wants to read by how much.
fn rounded(time: SimDuration) -> SimDuration {
    let nanos = time.as_nanos();
    let digits = nanos.checked_ilog10().map_or(0, |log| log + 1);
    let step = 10_u64.pow(digits.saturating_sub(6));
    let up = nanos % step >= step.div_ceil(2);
    let steps = (nanos / step).saturating_add(u64::from(up));
    SimDuration::from_nanos(steps.saturating_mul(step))
}

/// Draws of no randomness: the largest in course 0, spread out evenly in the others.
struct Draws {
    course: u64,
    n: u64,
}

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|draw| (draw >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        // Multiples of the golden ratio are spread as evenly as can be (Weyl).
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        self.n += 1;
        Ok(match self.course {
            0 => u64::MAX,
            course => (course * 1_000_003 + self.n).wrapping_mul(GOLDEN),
        })
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = (self.try_next_u64()? >> 56) as u8;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sim_core::policy::Policy;

    use super::*;

    fn waits_of(retry: &str) -> Waits {
        let text = format!("layers = [{{ retry = {retry} }}]");
        let policy: Policy = toml::from_str(&text).unwrap();
        match &policy.resolve().unwrap().layers[0] {
            sim_core::policy::ResolvedLayer::Retry(retry) => waits(retry),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_waits_are_those_of_the_backoff_at_their_longest() {
        let longest = |retry: &str| waits_of(retry).longest.to_string();
        let exponential = |attempts: u32, more: &str| {
            format!(
                "{{ max_attempts = {attempts}, backoff = {{ exponential = {{ base = '2s', cap = '16s'{more} }} }} }}"
            )
        };
        assert_eq!(longest(&exponential(4, "")), "14s");
        assert_eq!(longest(&exponential(4, ", jitter = 'full'")), "14s");
        assert_eq!(longest(&exponential(1, "")), "0s");
        assert_eq!(longest(&exponential(6, "")), "46s");
        assert_eq!(longest(&exponential(1_004, "")), "16014s");
        let for_ages = "{ max_attempts = 9999, backoff = { fixed = { delay = '5000000h' } } }";
        assert!(waits_of(for_ages).longest > SimDuration::from_secs(18_000_000_000));
        assert_eq!(longest("{ max_retries = 3, backoff = { fixed = { delay = '30s' } } }"), "90s");
    }

    #[test]
    fn no_wait_is_told_from_one_that_may_be_short() {
        let immediate = waits_of("{ max_attempts = 3, backoff = { immediate = {} } }");
        assert!(immediate.are_nothing() && immediate.some_is_nothing);
        let full = waits_of(
            "{ max_attempts = 'unlimited', backoff = { exponential = { base = '1ms', jitter = 'full' } } }",
        );
        assert!(!full.are_nothing() && !full.some_is_nothing);
        let once = waits_of("{ max_attempts = 1, backoff = { immediate = {} } }");
        assert!(!once.some_is_nothing, "there is no wait to be nothing");
    }
}
