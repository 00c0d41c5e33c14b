//! The horizontal pod autoscaler of Kubernetes.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bounds, Metric, Parameters, Seen};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::problem::Problems;

/// As Kubernetes does: as many instances as would bring the metric to its target, if it is further from it
/// than the tolerance; at most twice as many as there are, or four more, a look; and no fewer than it would
/// have wanted at any time of the window. Instances that are not ready do not count, but on the way up,
/// where they count as idle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kubernetes {
    /// What is measured, and how much of it an instance should have: `{ busy = 0.6 }`. Of busy workers whole
    /// hundredths count.
    pub metric: Metric,
    /// How many instances there are at least; at least 1.
    #[serde(default = "one")]
    pub min: u32,
    /// How many there are at most.
    #[schemars(range(min = 1, max = 100_000))]
    pub max: u32,
    /// From one look to the next; each looks at what was since the last.
    #[serde(default = "fifteen_seconds")]
    pub every: SimDuration,
    /// How far from its target the metric may be, as a share of it.
    #[serde(default = "a_tenth")]
    pub tolerance: f64,
    /// How long it looks back before it takes instances away.
    #[serde(default = "five_minutes")]
    pub stabilisation: SimDuration,
    /// How long it takes a new instance to be ready: a machine, an image, a start. Then it is as cold as the
    /// service's `cold_start` says.
    #[serde(default = "one_minute")]
    pub start_up: SimDuration,
}

fn one() -> u32 {
    1
}

fn fifteen_seconds() -> SimDuration {
    SimDuration::from_secs(15)
}

fn a_tenth() -> f64 {
    0.1
}

fn five_minutes() -> SimDuration {
    SimDuration::from_secs(300)
}

fn one_minute() -> SimDuration {
    SimDuration::from_secs(60)
}

impl Described for Kubernetes {
    const SUMMARY: &'static str =
        "Kubernetes: every 15 s, ceil(instances · metric / target); down only after 5 min";
    const SOURCE: &'static str = "kubernetes.io, Horizontal Pod Autoscaling, Algorithm details; \
        kubernetes (2026), pkg/controller/podautoscaler/replica_calculator.go, horizontal.go";
}

impl Parameters for Kubernetes {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let (target, most) = match self.metric {
            Metric::Busy(share) => (share, 1.0),
            Metric::Requests(rate) => (rate, f64::MAX),
        };
        let wrong = !(target > 0.0 && target <= most);
        problems.note_if(wrong, "metric", "needs a target above 0, of a share at most 1");
        problems.note_if(self.min == 0, "min", "must be at least 1");
        let message = format_args!("must not be below `min`, {}", self.min);
        problems.note_if(self.max < self.min, "max", message);
        problems.above_zero("every", self.every);
        problems.within("tolerance", self.tolerance, 0.0, 1.0);
        problems
    }

    fn metric(&self) -> Metric {
        self.metric
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: self.min, max: self.max, start_up: self.start_up }
    }

    fn every(&self) -> SimDuration {
        self.every
    }
}

impl Kubernetes {
    /// How many instances what was seen calls for.
    fn recommends(&self, seen: Seen) -> u32 {
        let current = seen.ready + seen.unready;
        if seen.ready == 0 {
            return current;
        }
        let ratio = self.ratio(seen.total, seen.ready);
        if ratio <= 1.0 || seen.unready == 0 {
            return if self.is_near(ratio) { current } else { ceil(ratio, seen.ready) };
        }
        // Those that are not ready will help, too; but none is taken away for that.
        let idle = self.ratio(seen.total, current);
        if self.is_near(idle) { current } else { ceil(idle, current).max(current) }
    }

    /// How many times its target the metric is, over so many instances.
    fn ratio(&self, total: f64, instances: u32) -> f64 {
        let each = total / f64::from(instances);
        match self.metric {
            // A utilization is a whole percentage.
            Metric::Busy(target) => (100.0 * each + 1e-9).floor() / (100.0 * target),
            Metric::Requests(target) => each / target,
        }
    }

    fn is_near(&self, ratio: f64) -> bool {
        // What is just as far is near, whatever the last bit says.
        (ratio - 1.0).abs() <= self.tolerance + 1e-9
    }
}

fn ceil(ratio: f64, instances: u32) -> u32 {
    // 1.2 times 5 is 6, whatever the last bit says.
    (ratio * f64::from(instances) - 1e-9).ceil().max(0.0) as u32
}

/// What it would have wanted lately.
#[derive(Clone, Debug)]
pub(super) struct Recommendations {
    rules: Kubernetes,
    lately: VecDeque<(SimTime, u32)>,
}

impl Recommendations {
    pub(super) fn new(rules: Kubernetes) -> Self {
        Self { rules, lately: VecDeque::new() }
    }

    pub(super) fn look(&mut self, now: SimTime, seen: Seen) -> u32 {
        let Kubernetes { min, max, stabilisation, .. } = self.rules;
        let current = seen.ready + seen.unready;
        if self.lately.is_empty() {
            self.lately.push_back((now, current));
        }
        let wanted = self.rules.recommends(seen);
        self.lately.push_back((now, wanted));
        let is_over = |(at, _): &(SimTime, u32)| *at + stabilisation <= now;
        while self.lately.front().is_some_and(is_over) {
            self.lately.pop_front();
        }
        let most_lately = self.lately.iter().map(|(_, wanted)| *wanted).max().unwrap_or(wanted);
        // Up at once; down to what was wanted most of late.
        let stabilised = most_lately.min(current).max(wanted);
        let most = current.saturating_mul(2).max(current.saturating_add(4)).min(max);
        stabilised.clamp(min, most.max(min))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(metric: Metric) -> Kubernetes {
        Kubernetes {
            metric,
            min: 1,
            max: 100,
            every: fifteen_seconds(),
            tolerance: a_tenth(),
            stabilisation: five_minutes(),
            start_up: one_minute(),
        }
    }

    fn seen(ready: u32, unready: u32, each: f64) -> Seen {
        Seen { ready, unready, total: each * f64::from(ready) }
    }

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    /// The examples of the documentation: 200m for a target of 100m doubles, 50m halves.
    #[test]
    fn the_documentation_doubles_and_halves() {
        let requests = rules(Metric::Requests(0.1));
        assert_eq!(requests.recommends(seen(4, 0, 0.2)), 8);
        assert_eq!(requests.recommends(seen(4, 0, 0.05)), 2);
        // 50 at 90 % of which 75 % are wanted: 60.
        assert_eq!(rules(Metric::Busy(0.75)).recommends(seen(50, 0, 0.9)), 60);
    }

    #[test]
    fn within_a_tenth_nothing_happens_and_just_beyond_it_does() {
        let busy = rules(Metric::Busy(0.5));
        let recommends = |each| busy.recommends(seen(10, 0, each));
        assert_eq!([0.45, 0.5, 0.55].map(recommends), [10, 10, 10]);
        assert_eq!([0.44, 0.56].map(recommends), [9, 12]);
        // 55.9 % are 55 %: a percentage is whole.
        assert_eq!(recommends(0.559), 10);
        let requests = rules(Metric::Requests(50.0));
        assert_eq!(requests.recommends(seen(10, 0, 55.0)), 10);
        assert_eq!(requests.recommends(seen(10, 0, 55.01)), 12);
    }

    #[test]
    fn those_that_start_are_idle_on_the_way_up_and_not_there_on_the_way_down() {
        let rules = rules(Metric::Busy(0.5));
        // Two at 100 %: four; with two starting there are four.
        assert_eq!(rules.recommends(seen(2, 0, 1.0)), 4);
        assert_eq!(rules.recommends(seen(2, 2, 1.0)), 4);
        assert_eq!(rules.recommends(seen(2, 1, 1.0)), 4);
        // With three starting two at 100 % are 40 % each: too few to want more, and none is taken away.
        assert_eq!(rules.recommends(seen(2, 3, 1.0)), 5);
        // Down by those that are ready alone.
        assert_eq!(rules.recommends(seen(4, 2, 0.25)), 2);
        // Nobody is ready: nothing is known.
        assert_eq!(rules.recommends(seen(0, 3, 0.0)), 3);
    }

    #[test]
    fn at_most_twice_as_many_or_four_more_a_look() {
        let mut scaler = Recommendations::new(rules(Metric::Busy(0.1)));
        assert_eq!(scaler.look(at(0), seen(1, 0, 1.0)), 5);
        assert_eq!(scaler.look(at(15), seen(5, 0, 1.0)), 10);
        assert_eq!(scaler.look(at(30), seen(60, 0, 1.0)), 100);
    }

    #[test]
    fn fewer_only_when_fewer_were_wanted_for_the_whole_window() {
        let mut scaler = Recommendations::new(rules(Metric::Busy(0.5)));
        assert_eq!(scaler.look(at(0), seen(8, 0, 0.5)), 8);
        for second in (15..300).step_by(15) {
            assert_eq!(scaler.look(at(second), seen(8, 0, 0.25)), 8, "{second}");
        }
        // What was wanted 300 s ago is just forgotten.
        assert_eq!(scaler.look(at(300), seen(8, 0, 0.25)), 4);
        // And up at once.
        assert_eq!(scaler.look(at(315), seen(4, 0, 1.0)), 8);
        // Those that start are there, too.
        assert_eq!(scaler.look(at(330), seen(6, 3, 0.5)), 9);
    }

    #[test]
    fn there_are_never_fewer_than_the_least_or_more_than_the_most() {
        let own = Kubernetes { min: 2, max: 5, ..rules(Metric::Busy(0.5)) };
        let mut scaler = Recommendations::new(own);
        assert_eq!(scaler.look(at(0), seen(4, 0, 1.0)), 5);
        let mut scaler = Recommendations::new(Kubernetes {
            stabilisation: SimDuration::ZERO,
            min: 2,
            max: 5,
            ..rules(Metric::Busy(0.5))
        });
        assert_eq!(scaler.look(at(0), seen(4, 0, 0.0)), 2);
    }

    #[test]
    fn what_cannot_be_is_a_mistake() {
        let fields = |rules: Kubernetes| {
            rules.check().0.into_iter().map(|problem| problem.path).collect::<Vec<_>>()
        };
        assert!(fields(rules(Metric::Busy(1.0))).is_empty());
        assert_eq!(fields(rules(Metric::Busy(1.1))), ["metric"]);
        assert_eq!(fields(rules(Metric::Requests(0.0))), ["metric"]);
        let wrong = Kubernetes {
            min: 0,
            max: 0,
            every: SimDuration::ZERO,
            tolerance: 2.0,
            ..rules(Metric::Requests(1.0))
        };
        assert_eq!(fields(wrong), ["min", "every", "tolerance"]);
        let wrong = Kubernetes { min: 3, max: 2, ..rules(Metric::Requests(1.0)) };
        assert_eq!(fields(wrong), ["max"]);
    }
}
