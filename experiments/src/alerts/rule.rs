//! The states of an alert, as Prometheus has them (3.12, `rules/alerting.go`, `AlertingRule.Eval`).

use sim_core::kernel::{SimDuration, SimTime};

use crate::results::Firing;

/// When a condition makes an alert fire, and when it resolves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// `for`: how long after the first evaluation at which it held it fires, if it held at all
    /// evaluations between.
    pub(super) pending: SimDuration,
    /// `keep_firing_for`, counted from the first evaluation at which it does not hold.
    pub(super) keep_firing_for: SimDuration,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Inactive,
    Pending { since: SimTime },
    Firing { missed_since: Option<SimTime> },
}

impl Rule {
    /// The firings, given whether the condition held at each evaluation, in the order of time.
    pub(super) fn firings(self, evaluations: impl Iterator<Item = (SimTime, bool)>) -> Vec<Firing> {
        let mut firings: Vec<Firing> = Vec::new();
        let mut state = State::Inactive;
        for (now, holds) in evaluations {
            state = match (state, holds) {
                (State::Inactive, true) => State::Pending { since: now },
                (State::Inactive | State::Pending { .. }, false) => State::Inactive,
                (State::Firing { missed_since }, false) => {
                    let since = missed_since.unwrap_or(now);
                    if now.since(since) < self.keep_firing_for {
                        State::Firing { missed_since: Some(since) }
                    } else {
                        if let Some(firing) = firings.last_mut() {
                            firing.resolved_ns = Some(now.as_nanos());
                        }
                        State::Inactive
                    }
                }
                (State::Firing { .. }, true) => State::Firing { missed_since: None },
                (pending @ State::Pending { .. }, true) => pending,
            };
            // One that has nothing to wait for fires at the evaluation that made it pending.
            if let State::Pending { since } = state
                && now.since(since) >= self.pending
            {
                let (pending_ns, fired_ns) = (since.as_nanos(), now.as_nanos());
                firings.push(Firing { pending_ns, fired_ns, resolved_ns: None });
                state = State::Firing { missed_since: None };
            }
        }
        firings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::seconds;

    /// Firings in seconds of a rule that is evaluated every 15 s: `x` where its condition held.
    fn fired(pending_s: u64, keep_s: u64, course: &str) -> Vec<(u64, u64, Option<u64>)> {
        let rule = Rule {
            pending: SimDuration::from_secs(pending_s),
            keep_firing_for: SimDuration::from_secs(keep_s),
        };
        let course = course.chars().zip(0..).map(|(c, k)| (seconds(15 * k), c == 'x'));
        let in_s = |ns: u64| ns / 1_000_000_000;
        let firings = rule.firings(course);
        let one = |f: &Firing| (in_s(f.pending_ns), in_s(f.fired_ns), f.resolved_ns.map(in_s));
        firings.iter().map(one).collect()
    }

    #[test]
    fn without_a_pending_time_it_fires_at_the_first_evaluation_that_holds() {
        assert_eq!(fired(0, 0, "..xx.."), [(30, 30, Some(60))]);
        assert_eq!(fired(0, 0, "x"), [(0, 0, None)]);
        assert!(fired(0, 0, "....").is_empty());
    }

    #[test]
    fn it_is_pending_until_the_time_has_passed_and_not_one_evaluation_less() {
        // Pending at 15 s: 30 s have passed at 45 s.
        assert_eq!(fired(30, 0, ".xxx."), [(15, 45, Some(60))]);
        assert!(fired(30, 0, ".xx..").is_empty());
        // 31 s have passed only at the next evaluation.
        assert_eq!(fired(31, 0, ".xxxx"), [(15, 60, None)]);
    }

    #[test]
    fn one_evaluation_that_does_not_hold_starts_the_pending_time_afresh() {
        assert_eq!(fired(30, 0, "xx.xxx"), [(45, 75, None)]);
    }

    #[test]
    fn it_fires_again_after_it_was_resolved() {
        assert_eq!(fired(0, 0, "x.x."), [(0, 0, Some(15)), (30, 30, Some(45))]);
    }

    #[test]
    fn it_keeps_firing_counted_from_the_first_evaluation_that_missed() {
        // Missed at 15 s; 15 s later it is 30 s.
        assert_eq!(fired(0, 15, "x....."), [(0, 0, Some(30))]);
        assert_eq!(fired(0, 16, "x....."), [(0, 0, Some(45))]);
        // What holds again in between starts that afresh.
        assert_eq!(fired(0, 30, "x.x...."), [(0, 0, Some(75))]);
        // Only what fires is kept: a pending alert is not.
        assert!(fired(15, 60, "x.x.x.").is_empty());
    }
}
