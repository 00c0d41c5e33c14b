//! Envoy's admission control.

use std::collections::VecDeque;

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Learning, Throttles, note_if_empty};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::gate::{Released, Ticket};
use crate::policy::{Outcome, OutcomeSet, Problems};

/// Turns a call away with probability `((n − s / success_rate_threshold) / (n + 1))^(1 /
/// aggression)`, at most `max_rejection_probability`: `n` counts the calls that ended in the last
/// `sampling_window`, `s` the good ones among them. Calls that were turned away do not count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnvoyAdmissionControl {
    /// The share of good calls below which calls are turned away: above 0, up to 1.
    pub success_rate_threshold: f64,
    /// How much the probability rises at once; what is below 1 counts as 1.
    pub aggression: f64,
    /// The highest probability: from 0 to 1.
    pub max_rejection_probability: f64,
    /// How far back calls are counted, by the second: at least 1 s.
    pub sampling_window: SimDuration,
    /// How many calls a second there must have been on average before any is turned away.
    pub rps_threshold: u32,
    /// The outcomes that are good. If not given: all answers but 5xx.
    pub success: Vec<Outcome>,
}

impl Default for EnvoyAdmissionControl {
    fn default() -> Self {
        let success = vec![
            Outcome::Ok,
            Outcome::OkLate,
            Outcome::Degraded,
            Outcome::Malformed,
            Outcome::ClientError,
            Outcome::Throttled,
        ];
        Self {
            success_rate_threshold: 0.95,
            aggression: 1.0,
            max_rejection_probability: 0.8,
            sampling_window: SimDuration::from_secs(30),
            rps_threshold: 0,
            success,
        }
    }
}

impl Described for EnvoyAdmissionControl {
    const SUMMARY: &'static str = "Envoy's admission control: turns calls away as far as fewer than 95 % succeed, at most 80 %";
    const SOURCE: &'static str = "envoy (2026), source/extensions/filters/http/admission_control/\
                                  admission_control.cc, thread_local_controller.cc";
}

/// How finely Envoy keeps its history.
const SAMPLE: SimDuration = SimDuration::from_secs(1);
/// Envoy compares the probability with a draw of four digits.
const ACCURACY: u64 = 10_000;

impl Throttles for EnvoyAdmissionControl {
    type Machine = Controller;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let threshold = self.success_rate_threshold;
        let wrong = !(threshold > 0.0 && threshold <= 1.0);
        let message = format!("must be above 0 and up to 1, not {threshold}");
        problems.note_if(wrong, "success_rate_threshold", message);
        problems.within("aggression", self.aggression, 0.0, f64::MAX);
        problems.within("max_rejection_probability", self.max_rejection_probability, 0.0, 1.0);
        let too_short = self.sampling_window < SAMPLE;
        problems.note_if(too_short, "sampling_window", "must be at least 1s");
        note_if_empty(&mut problems, "success", &self.success);
        problems
    }

    fn start(&self, _now: SimTime) -> Controller {
        Controller {
            threshold: self.success_rate_threshold,
            aggression: self.aggression.max(1.0),
            highest: self.max_rejection_probability,
            window: self.sampling_window,
            rps_threshold: u64::from(self.rps_threshold),
            success: OutcomeSet::of(&self.success),
            samples: VecDeque::new(),
            total: Counts::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    requests: u64,
    successes: u64,
}

/// What a filter remembers of the calls that it let through.
#[derive(Clone, Debug)]
pub struct Controller {
    threshold: f64,
    aggression: f64,
    highest: f64,
    window: SimDuration,
    rps_threshold: u64,
    success: OutcomeSet,
    /// The counts of each second with calls, with its start; the oldest first.
    samples: VecDeque<(SimTime, Counts)>,
    total: Counts,
}

impl Controller {
    /// Forgets samples that are as old as the window, and begins a new one after a second.
    fn update(&mut self, now: SimTime) {
        while let Some((start, counts)) = self.samples.front()
            && now.since(*start) >= self.window
        {
            self.total.requests -= counts.requests;
            self.total.successes -= counts.successes;
            self.samples.pop_front();
        }
        if self.samples.back().is_none_or(|(start, _)| now.since(*start) >= SAMPLE) {
            self.samples.push_back((now, Counts::default()));
        }
    }

    /// Calls per whole second; what is older than the window is not forgotten for this.
    fn average_rps(&self, now: SimTime) -> u64 {
        let oldest = self.samples.front().map_or(now, |(start, _)| *start);
        let seconds = |duration: SimDuration| duration.as_nanos() / SAMPLE.as_nanos();
        self.total.requests / seconds(self.window).max(seconds(now.since(oldest)))
    }
}

impl Learning for Controller {
    fn ask<R: Rng>(&mut self, now: SimTime, _ticket: Ticket, draws: &mut R) -> Asked {
        let draw = (draws.next_u64() % ACCURACY) as f64;
        if self.average_rps(now) < self.rps_threshold {
            return Asked::Admitted;
        }
        let turned_away = ACCURACY as f64 * self.probability(now) > draw;
        if turned_away { Asked::TurnedAway } else { Asked::Admitted }
    }

    /// Whether there are calls enough is not looked at.
    fn probability(&mut self, now: SimTime) -> f64 {
        self.update(now);
        let (requests, successes) = (self.total.requests as f64, self.total.successes as f64);
        let mut probability = (requests - successes / self.threshold) / (requests + 1.0);
        if self.aggression != 1.0 {
            // Not a number for a negative base: `max` below makes it zero.
            probability = libm::pow(probability, 1.0 / self.aggression);
        }
        probability.max(0.0).min(self.highest)
    }

    fn ended(&mut self, now: SimTime, outcome: Outcome, _released: &mut Released) {
        self.update(now);
        let success = u64::from(self.success.contains(outcome));
        let newest = self.samples.back_mut().map(|(_, counts)| counts);
        for counts in newest.into_iter().chain([&mut self.total]) {
            counts.requests += 1;
            counts.successes += success;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::backoff::scripted::Always;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    fn ended(controller: &mut Controller, now: SimTime, good: u64, bad: u64) {
        let outcomes = [(Outcome::Ok, good), (Outcome::ServerError, bad)];
        for (outcome, times) in outcomes {
            (0..times).for_each(|_| controller.ended(now, outcome, &mut Released::new()));
        }
    }

    fn controller(envoy: EnvoyAdmissionControl) -> Controller {
        assert_eq!(envoy.check(), Problems::default());
        envoy.start(at(0))
    }

    #[test]
    fn nothing_is_turned_away_at_the_threshold_or_without_calls() {
        let mut all = controller(EnvoyAdmissionControl::default());
        assert_eq!(all.probability(at(0)), 0.0);
        ended(&mut all, at(0), 95, 5);
        assert_eq!(all.probability(at(0)), 0.0);
        ended(&mut all, at(0), 0, 95);
        assert!(all.probability(at(0)) > 0.47);
    }

    #[test]
    fn more_good_calls_than_needed_are_no_root_of_a_negative_number() {
        let mut all = controller(EnvoyAdmissionControl {
            aggression: 2.0,
            ..EnvoyAdmissionControl::default()
        });
        ended(&mut all, at(0), 100, 0);
        assert_eq!(all.probability(at(0)), 0.0);
        assert_eq!(all.ask(at(0), Ticket(0), &mut Always(0)), Asked::Admitted);
    }

    #[test]
    fn the_draw_has_four_digits_and_must_lie_below() {
        let mut dead = controller(EnvoyAdmissionControl::default());
        ended(&mut dead, at(0), 0, 100);
        assert_eq!(dead.probability(at(0)), 0.8);
        let mut ask = |draw| dead.ask(at(0), Ticket(0), &mut Always(draw));
        assert_eq!(ask(7_999), Asked::TurnedAway);
        assert_eq!(ask(17_999), Asked::TurnedAway);
        assert_eq!(ask(8_000), Asked::Admitted);
        assert_eq!(ask(0), Asked::TurnedAway);
    }

    #[test]
    fn calls_that_are_turned_away_do_not_count() {
        let mut dead = controller(EnvoyAdmissionControl::default());
        ended(&mut dead, at(0), 0, 1);
        for _ in 0..100 {
            assert_eq!(dead.ask(at(0), Ticket(0), &mut Always(0)), Asked::TurnedAway);
        }
        assert_eq!(dead.probability(at(0)), 0.5);
    }

    #[test]
    fn an_aggression_below_one_is_one() {
        let mut mild = controller(EnvoyAdmissionControl {
            aggression: 0.5,
            ..EnvoyAdmissionControl::default()
        });
        ended(&mut mild, at(0), 0, 1);
        assert_eq!(mild.probability(at(0)), 0.5);
    }

    #[test]
    fn what_is_as_old_as_the_window_is_forgotten() {
        let mut all = controller(EnvoyAdmissionControl::default());
        ended(&mut all, at(0), 0, 1);
        ended(&mut all, at(999), 0, 1);
        ended(&mut all, at(1_000), 0, 1);
        assert_eq!(all.samples.len(), 2, "a sample lasts a second");
        all.probability(at(29_999));
        assert_eq!(all.total.requests, 3);
        all.probability(at(30_000));
        assert_eq!(all.total.requests, 1, "both of the first sample");
        all.probability(at(31_000));
        assert_eq!(all.total.requests, 0);
    }

    #[test]
    fn below_the_rate_nothing_is_turned_away() {
        let mut all = controller(EnvoyAdmissionControl {
            rps_threshold: 2,
            ..EnvoyAdmissionControl::default()
        });
        ended(&mut all, at(0), 0, 59);
        assert_eq!(all.ask(at(0), Ticket(0), &mut Always(0)), Asked::Admitted, "1.97 in 30 s");
        ended(&mut all, at(0), 0, 1);
        assert_eq!(all.ask(at(0), Ticket(0), &mut Always(0)), Asked::TurnedAway, "2 in 30 s");
        assert_eq!(all.ask(at(30_999), Ticket(0), &mut Always(0)), Asked::Admitted, "forgotten");
    }

    #[test]
    fn the_rate_is_over_the_age_of_the_oldest_sample_if_that_is_more() {
        let mut all = controller(EnvoyAdmissionControl::default());
        ended(&mut all, at(0), 0, 90);
        assert_eq!(all.average_rps(at(30_999)), 3);
        assert_eq!(all.average_rps(at(31_000)), 2);
    }

    #[test]
    fn its_bounds_are_checked() {
        let wrong = |envoy: EnvoyAdmissionControl| !envoy.check().0.is_empty();
        let default = EnvoyAdmissionControl::default;
        assert!(wrong(EnvoyAdmissionControl { success_rate_threshold: 0.0, ..default() }));
        assert!(wrong(EnvoyAdmissionControl { success_rate_threshold: 1.01, ..default() }));
        assert!(wrong(EnvoyAdmissionControl { success_rate_threshold: f64::NAN, ..default() }));
        assert!(wrong(EnvoyAdmissionControl { aggression: -1.0, ..default() }));
        assert!(wrong(EnvoyAdmissionControl { max_rejection_probability: 1.1, ..default() }));
        let short = SimDuration::from_millis(999);
        assert!(wrong(EnvoyAdmissionControl { sampling_window: short, ..default() }));
        assert!(wrong(EnvoyAdmissionControl { success: vec![], ..default() }));
        assert!(!wrong(EnvoyAdmissionControl { success_rate_threshold: 1.0, ..default() }));
        let second = SimDuration::from_secs(1);
        assert!(!wrong(EnvoyAdmissionControl { sampling_window: second, ..default() }));
    }

    #[test]
    fn good_calls_are_forgotten_with_their_window() {
        let mut all = controller(EnvoyAdmissionControl::default());
        ended(&mut all, at(0), 100, 0);
        ended(&mut all, at(31_000), 0, 9);
        // (9 − 0) / (9 + 1), but at most 0.8.
        assert_eq!(all.probability(at(31_000)), 0.8);
    }
}
