//! Active health checks: asking an instance again and again whether it is well.
//!
//! A [`HealthChecker`] knows no events: whoever drives it asks the instance each
//! [`interval`](HealthChecker::interval), waits no longer than its
//! [`timeout`](HealthChecker::timeout), and tells it what came of it.

use super::problem::Problems;
use crate::catalogue::{Described, registry};
use crate::kernel::SimDuration;

pub mod aws_alb;
pub mod haproxy;
pub mod kubernetes;
pub mod plain;

registry! {
    ($)
    /// How an instance is asked whether it is well, and when it is believed.
    pub enum HealthCheck as "health-check", dispatch each_check {
        "plain" => Plain(plain::Plain),
        "aws-alb" => AwsAlb(aws_alb::AwsAlb),
        "haproxy" => Haproxy(haproxy::Haproxy),
        "kubernetes" => Kubernetes(kubernetes::Kubernetes),
    }
}

/// What the parameters of a health check come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rules {
    interval: SimDuration,
    timeout: SimDuration,
    /// How many bad answers in a row make an instance unhealthy.
    falls_after: u32,
    /// How many good answers in a row make it healthy again.
    rises_after: u32,
}

/// The parameters of a health check.
trait Parameters: Described {
    /// What they come to.
    fn rules(&self) -> Rules;

    /// The names of the interval, the timeout and the two thresholds.
    const NAMES: [&'static str; 4];
}

impl HealthCheck {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `kubernetes.period`.
    pub fn check(&self) -> Result<(), Problems> {
        fn problems<P: Parameters>(check: &P) -> Problems {
            let Rules { interval, timeout, falls_after, rises_after } = check.rules();
            let [of_interval, of_timeout, of_falls, of_rises] = P::NAMES;
            let mut problems = Problems::default();
            problems.above_zero(of_interval, interval);
            problems.above_zero(of_timeout, timeout);
            problems.note_if(falls_after == 0, of_falls, "must be at least 1");
            problems.note_if(rises_after == 0, of_rises, "must be at least 1");
            problems
        }
        each_check!(self, check => problems(check)).inside(self.name()).or_none()
    }

    /// A checker of one instance, which is taken to be healthy at the start of the run.
    pub fn checker(&self) -> HealthChecker {
        let rules = each_check!(self, check => check.rules());
        HealthChecker { rules, is_healthy: true, against: 0 }
    }
}

/// What is known of one instance.
#[derive(Clone, Copy, Debug)]
pub struct HealthChecker {
    rules: Rules,
    is_healthy: bool,
    /// How many answers in a row have spoken against what is believed.
    against: u32,
}

impl HealthChecker {
    /// From the start of one check to that of the next.
    pub fn interval(&self) -> SimDuration {
        self.rules.interval
    }

    /// After which time a check without an answer has failed.
    pub fn timeout(&self) -> SimDuration {
        self.rules.timeout
    }

    /// Whether the instance is believed to be healthy.
    pub fn is_healthy(&self) -> bool {
        self.is_healthy
    }

    /// A check was answered well or has failed; whether the instance is believed to be healthy.
    pub fn hear(&mut self, well: bool) -> bool {
        if well == self.is_healthy {
            self.against = 0;
            return self.is_healthy;
        }
        self.against += 1;
        let enough = if self.is_healthy { self.rules.falls_after } else { self.rules.rises_after };
        if self.against >= enough {
            (self.is_healthy, self.against) = (well, 0);
        }
        self.is_healthy
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checker(check: serde_json::Value) -> HealthChecker {
        let check: HealthCheck = serde_json::from_value(check).unwrap();
        check.check().unwrap();
        check.checker()
    }

    /// What is believed after each answer.
    fn beliefs(checker: &mut HealthChecker, answers: &str) -> String {
        let hears = |answer| if checker.hear(answer == '+') { '+' } else { '-' };
        answers.chars().map(hears).collect()
    }

    #[test]
    fn a_belief_changes_after_so_many_answers_in_a_row() {
        let check = json!({ "plain": {
            "interval": "1s", "timeout": "1s", "unhealthy_threshold": 3, "healthy_threshold": 2,
        } });
        let heard = beliefs(&mut checker(check), "--+---+-++-");
        assert_eq!(heard, "+++++----++");
    }

    #[test]
    fn defaults_are_those_of_the_libraries() {
        for (name, interval, timeout, falls, rises) in
            [("kubernetes", 10, 1, 3, 1), ("haproxy", 2, 2, 3, 2), ("aws-alb", 30, 5, 2, 5)]
        {
            let mut checker = checker(json!({ name: {} }));
            assert_eq!(checker.interval(), SimDuration::from_secs(interval), "{name}");
            assert_eq!(checker.timeout(), SimDuration::from_secs(timeout), "{name}");
            let bad = beliefs(&mut checker, "-----").find('-').unwrap() + 1;
            let good = beliefs(&mut checker, "+++++").find('+').unwrap() + 1;
            assert_eq!((bad, good), (falls, rises), "{name}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_places() {
        let wrong = json!({ "haproxy": { "inter": "0s", "fall": 0 } });
        let check: HealthCheck = serde_json::from_value(wrong).unwrap();
        assert_eq!(
            check.check().unwrap_err().to_string(),
            "`haproxy.inter` must be above zero; `haproxy.inter` must be above zero; \
             `haproxy.fall` must be at least 1"
        );
    }

    #[test]
    fn what_is_believed_is_what_was_last_answered() {
        let mut plain = checker(
            json!({ "plain": { "interval": "1s", "timeout": "1s", "unhealthy_threshold": 2, "healthy_threshold": 1 } }),
        );
        assert!(plain.is_healthy());
        for well in [false, false, true, false] {
            let believed = plain.hear(well);
            assert_eq!(plain.is_healthy(), believed);
        }
    }
}
