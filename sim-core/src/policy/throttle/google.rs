//! Google's client-side adaptive throttling.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Learning, Recent, Throttles, note_if_empty, note_if_too_short};
use crate::catalogue::Described;
use crate::kernel::draw::unit_f64;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::gate::{Released, Ticket};
use crate::policy::{Outcome, OutcomeSet, Problems};

/// Turns a call away with probability `max(0, (requests − k · accepts) / (requests + 1))`:
/// `requests` counts all calls of the last `window`, those turned away here included, and
/// `accepts` those that the backend took on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Google {
    /// How many requests the backend sees for each that it accepts, under overload: from 1 on.
    pub k: f64,
    /// How far back calls are counted, to a sixtieth of it.
    pub window: SimDuration,
    /// The outcomes after which the backend is held to have accepted the call. If not given: all
    /// that a backend answers once it works on a request.
    pub accepted: Vec<Outcome>,
}

impl Default for Google {
    fn default() -> Self {
        let accepted = vec![
            Outcome::Ok,
            Outcome::OkLate,
            Outcome::Degraded,
            Outcome::Malformed,
            Outcome::ClientError,
            Outcome::ServerError,
            Outcome::DeadlockVictim,
        ];
        Self { k: 2.0, window: SimDuration::from_secs(120), accepted }
    }
}

impl Described for Google {
    const SUMMARY: &'static str =
        "Google's adaptive throttling: sends at most twice what the backend accepts";
    const SOURCE: &'static str =
        "Beyer et al., Site Reliability Engineering (2016), chapter 21, equation 21-1";
}

impl Throttles for Google {
    type Machine = Adaptive;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.at_least_one("k", self.k);
        note_if_too_short(&mut problems, self.window);
        note_if_empty(&mut problems, "accepted", &self.accepted);
        problems
    }

    fn start(&self, _now: SimTime) -> Adaptive {
        Adaptive {
            k: self.k,
            accepted: OutcomeSet::of(&self.accepted),
            requests_and_accepts: Recent::over(self.window),
        }
    }
}

/// What a client remembers of its calls.
#[derive(Clone, Debug)]
pub struct Adaptive {
    k: f64,
    accepted: OutcomeSet,
    requests_and_accepts: Recent<2>,
}

impl Learning for Adaptive {
    fn ask<R: Rng>(&mut self, now: SimTime, _ticket: Ticket, draws: &mut R) -> Asked {
        let turned_away = unit_f64(draws.next_u64()) < self.probability(now);
        self.requests_and_accepts.add(now, [1, 0]);
        if turned_away { Asked::TurnedAway } else { Asked::Admitted }
    }

    fn probability(&mut self, now: SimTime) -> f64 {
        let [requests, accepts] = self.requests_and_accepts.sums(now);
        let (requests, accepts) = (requests as f64, accepts as f64);
        ((requests - self.k * accepts) / (requests + 1.0)).max(0.0)
    }

    fn ended(&mut self, now: SimTime, outcome: Outcome, _released: &mut Released) {
        if self.accepted.contains(outcome) {
            self.requests_and_accepts.add(now, [0, 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Even;
    use super::*;
    use crate::policy::backoff::scripted::{HIGHEST, LOWEST};

    const T0: SimTime = SimTime::ZERO;

    fn after(requests: usize, accepts: usize, k: f64) -> Adaptive {
        let mut adaptive = Google { k, ..Google::default() }.start(T0);
        for request in 0..requests {
            assert_eq!(adaptive.ask(T0, Ticket(0), &mut HIGHEST.clone()), Asked::Admitted);
            let outcome = if request < accepts { Outcome::Ok } else { Outcome::Overflow };
            adaptive.ended(T0, outcome, &mut Released::new());
        }
        adaptive
    }

    #[test]
    fn nothing_is_turned_away_while_the_backend_accepts_one_in_k() {
        assert_eq!(after(0, 0, 2.0).probability(T0), 0.0);
        assert_eq!(after(100, 50, 2.0).probability(T0), 0.0);
        assert_eq!(after(100, 49, 2.0).probability(T0), 2.0 / 101.0);
        let mut never = after(100, 50, 2.0);
        assert_eq!(never.ask(T0, Ticket(0), &mut LOWEST.clone()), Asked::Admitted);
    }

    #[test]
    fn calls_that_are_turned_away_count_as_requests() {
        let mut adaptive = after(9, 0, 2.0);
        assert_eq!(adaptive.probability(T0), 0.9);
        assert_eq!(adaptive.ask(T0, Ticket(0), &mut LOWEST.clone()), Asked::TurnedAway);
        assert_eq!(adaptive.probability(T0), 10.0 / 11.0);
    }

    #[test]
    fn a_backend_that_errs_has_accepted_and_one_that_refuses_has_not() {
        let accepts = |outcome| {
            let mut adaptive = Google::default().start(T0);
            adaptive.ended(T0, outcome, &mut Released::new());
            adaptive.requests_and_accepts.sums(T0)[1] == 1
        };
        for outcome in [Outcome::Ok, Outcome::ServerError, Outcome::ClientError] {
            assert!(accepts(outcome), "{}", outcome.name());
        }
        for outcome in
            [Outcome::Throttled, Outcome::Overflow, Outcome::Refused, Outcome::RejectedShed]
        {
            assert!(!accepts(outcome), "{}", outcome.name());
        }
        assert!(!accepts(Outcome::Timeout) && !accepts(Outcome::Lost));
    }

    #[test]
    fn two_minutes_later_all_is_forgotten() {
        let mut adaptive = after(100, 0, 2.0);
        assert!(adaptive.probability(SimTime::from_nanos(119_999_999_999)) > 0.99);
        assert_eq!(adaptive.probability(SimTime::from_nanos(120_000_000_000)), 0.0);
    }

    /// The steady state: a backend that accepts the share `a` of what is offered sees
    /// `min(offered, k · a · offered)`.
    #[test]
    fn in_the_steady_state_the_backend_sees_k_times_what_it_accepts() {
        for (k, share) in [(2.0, 0.1), (2.0, 0.3), (2.0, 0.7), (1.1, 0.1), (1.1, 0.5), (3.0, 0.2)] {
            let mut adaptive = Google { k, ..Google::default() }.start(T0);
            let mut draws = Even::default();
            let (mut sent, mut room) = (0.0, 0.0_f64);
            // 100 calls a second for ten minutes, of which the last two are looked at.
            for call in 0..60_000_u64 {
                let now = SimTime::from_nanos(call * 10_000_000);
                // The backend takes on `share` of the rate, and keeps no room for later.
                room = (room + share).min(1.0);
                if adaptive.ask(now, Ticket(call), &mut draws) != Asked::Admitted {
                    continue;
                }
                sent += if call >= 48_000 { 1.0 } else { 0.0 };
                let accepted = room >= 1.0;
                room -= if accepted { 1.0 } else { 0.0 };
                let outcome = if accepted { Outcome::Ok } else { Outcome::Overflow };
                adaptive.ended(now, outcome, &mut Released::new());
            }
            let accepts = adaptive.requests_and_accepts.sums(SimTime::from_nanos(600_000_000_000));
            let expected = (k * accepts[1] as f64).min(12_000.0);
            assert!((sent - expected).abs() <= 0.02 * expected, "{k} {share}: {sent}, {expected}");
        }
    }

    #[test]
    fn what_could_not_work_is_a_mistake() {
        let wrong = |google: Google| !google.check().0.is_empty();
        assert!(wrong(Google { k: 0.99, ..Google::default() }));
        assert!(wrong(Google { k: f64::NAN, ..Google::default() }));
        assert!(wrong(Google { window: SimDuration::from_nanos(59), ..Google::default() }));
        assert!(wrong(Google { accepted: vec![], ..Google::default() }));
        assert!(!wrong(Google { k: 1.0, ..Google::default() }));
    }
}
