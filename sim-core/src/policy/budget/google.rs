//! The retry budgets of Google's book on site reliability engineering.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::millionths::{ONE, millionths};
use super::{Budgeting, CallMemory, Deciding};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::limit::Limit;
use crate::policy::throttle::{Recent, note_if_too_short};
use crate::policy::{Outcome, Problems};

/// A retry is made while the retries of the last `window` are fewer than `ratio` of its calls, and
/// those of the last minute fewer than `retries_per_minute`. The book's third rule, three attempts
/// a call, is the retry's `max_attempts`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Google {
    /// How many retries a call allows for; six decimals count.
    pub ratio: f64,
    /// How far back calls and retries are counted, to a sixtieth of it. The book does not say;
    /// its client-side throttling looks back two minutes.
    pub window: SimDuration,
    /// How many retries may be made in a minute, all calls taken together, or "unlimited". The
    /// book means a whole process; with a state per client it is a client's.
    pub retries_per_minute: Limit,
}

impl Default for Google {
    fn default() -> Self {
        Self {
            ratio: 0.1,
            window: SimDuration::from_secs(120),
            retries_per_minute: Limit::AtMost(60),
        }
    }
}

impl Described for Google {
    const SUMMARY: &'static str =
        "Google's book: retries below 10 % of the calls of 2 minutes, and 60 a minute";
    const SOURCE: &'static str =
        "Beyer et al., Site Reliability Engineering (2016), chapters 21 and 22";
}

impl Budgeting for Google {
    type Machine = Ratio;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.within("ratio", self.ratio, 0.0, 1_000.0);
        note_if_too_short(&mut problems, self.window);
        problems
    }

    fn start(&self, _now: SimTime) -> Ratio {
        Ratio {
            ratio: millionths(self.ratio),
            calls_and_retries: Recent::over(self.window),
            per_minute: match self.retries_per_minute {
                Limit::Unlimited => u64::MAX,
                Limit::AtMost(retries) => u64::from(retries),
            },
            minute: Recent::over(SimDuration::from_secs(60)),
        }
    }
}

/// The calls and the retries of those who share the budget.
#[derive(Clone, Debug)]
pub struct Ratio {
    ratio: u64,
    calls_and_retries: Recent<2>,
    per_minute: u64,
    minute: Recent<1>,
}

impl Ratio {
    /// How many retries there could be, in millionths, and how many there are.
    fn share(&mut self, now: SimTime) -> (u64, u64) {
        let [calls, retries] = self.calls_and_retries.sums(now);
        (self.ratio.saturating_mul(calls), retries)
    }
}

impl Deciding for Ratio {
    fn call_starts(&mut self, now: SimTime, _memory: &mut CallMemory) {
        self.calls_and_retries.add(now, [1, 0]);
    }

    fn may_retry(&mut self, now: SimTime, _memory: &mut CallMemory, _outcome: Outcome) -> bool {
        let (share, retries) = self.share(now);
        let [in_a_minute] = self.minute.sums(now);
        let allowed = retries * ONE < share && in_a_minute < self.per_minute;
        if allowed {
            self.calls_and_retries.add(now, [0, 1]);
            self.minute.add(now, [1]);
        }
        allowed
    }

    /// How many retries could be made.
    fn level(&mut self, now: SimTime) -> f64 {
        let (share, retries) = self.share(now);
        let [in_a_minute] = self.minute.sums(now);
        let left = share.div_ceil(ONE).saturating_sub(retries);
        left.min(self.per_minute.saturating_sub(in_a_minute)) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Driver, driver};
    use super::*;
    use crate::policy::budget::Budget;

    fn google(ratio: f64, retries_per_minute: Limit) -> Driver {
        driver(Budget::Google(Google { ratio, retries_per_minute, ..Google::default() }))
    }

    fn allowed(google: &mut Driver, calls: usize) -> usize {
        (0..calls).filter(|_| google.fails(Outcome::ServerError)).count()
    }

    #[test]
    fn a_tenth_of_the_calls_is_retried() {
        let mut google = google(0.1, Limit::Unlimited);
        assert_eq!(allowed(&mut google, 1), 1, "none of one is below a tenth");
        assert_eq!(allowed(&mut google, 9), 0, "one of ten is not");
        assert_eq!(allowed(&mut google, 1), 1, "one of eleven is");
        assert_eq!(allowed(&mut google, 989), 98);
    }

    #[test]
    fn sixty_retries_a_minute_are_all() {
        let mut google = google(1.0, Limit::AtMost(60));
        assert_eq!(allowed(&mut google, 100), 60);
        google.now = SimTime::from_nanos(59_999_999_999);
        assert_eq!(allowed(&mut google, 100), 0);
        google.now = SimTime::from_nanos(60_000_000_000);
        assert_eq!(allowed(&mut google, 100), 60);
    }

    #[test]
    fn the_level_is_what_can_be_retried_at_once() {
        let mut google = google(0.1, Limit::AtMost(3));
        for calls in [1, 10, 20, 21] {
            let mut fresh = driver(Budget::Google(Google::default()));
            for _ in 0..calls {
                fresh.ends(Outcome::Ok);
            }
            let level = fresh.level();
            let memory = &mut CallMemory::default();
            let retry = |_: &usize| fresh.machine.may_retry(fresh.now, memory, Outcome::Reset);
            assert_eq!((0..100).take_while(retry).count() as f64, level, "{calls}");
        }
        for _ in 0..100 {
            google.ends(Outcome::Ok);
        }
        assert_eq!(google.level(), 3.0);
    }

    #[test]
    fn calls_are_forgotten_after_the_window() {
        let mut google = google(0.1, Limit::Unlimited);
        for _ in 0..100 {
            google.ends(Outcome::Ok);
        }
        google.now = SimTime::from_nanos(119_999_999_999);
        assert_eq!(google.level(), 10.0);
        google.now = SimTime::from_nanos(120_000_000_000);
        assert_eq!(google.level(), 0.0);
        let memory = &mut CallMemory::default();
        assert!(!google.machine.may_retry(google.now, memory, Outcome::Reset));
    }

    #[test]
    fn a_ratio_that_is_none_is_a_mistake() {
        let wrong = |ratio, ns| {
            let window = SimDuration::from_nanos(ns);
            !Google { ratio, window, ..Google::default() }.check().0.is_empty()
        };
        assert!(wrong(-0.1, 60) && wrong(f64::NAN, 60) && wrong(0.1, 59));
        assert!(!wrong(0.0, 60) && !wrong(1_000.0, 60));
    }
}
