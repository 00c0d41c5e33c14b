//! Folly's controlled delay.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Manage, Parameters, Shedder, Verdict};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// Remembers the shortest wait of each interval. While that of the last one was longer than
/// `target`, sheds requests that have waited for more than twice `target`; the first request of
/// an interval is never shed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Codel {
    /// For how long the shortest wait is sought.
    pub interval: SimDuration,
    /// The longest wait that is no sign of overload.
    pub target: SimDuration,
}

impl Default for Codel {
    fn default() -> Self {
        Self { interval: SimDuration::from_millis(100), target: SimDuration::from_millis(5) }
    }
}

impl Described for Codel {
    const SUMMARY: &'static str =
        "sheds who waited for over 2 · target while nobody waits for less than target";
    const SOURCE: &'static str = "facebook/folly @ff98381, folly/executors/Codel.cpp";
}

impl Parameters for Codel {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("interval", self.interval);
        problems.above_zero("target", self.target);
        problems
    }

    fn shedder(&self) -> Shedder {
        Shedder::Codel(CodelState {
            codel: *self,
            interval_ends: SimTime::ZERO,
            shortest: SimDuration::ZERO,
            starts_anew: true,
            overloaded: false,
        })
    }
}

/// What is known of the waits.
#[derive(Clone, Copy, Debug)]
pub struct CodelState {
    codel: Codel,
    interval_ends: SimTime,
    shortest: SimDuration,
    /// Whether the next request is the first of the first interval.
    starts_anew: bool,
    overloaded: bool,
}

impl CodelState {
    /// Whether the shortest wait of the last interval was too long.
    pub fn is_overloaded(&self) -> bool {
        self.overloaded
    }

    /// The shortest wait of this interval.
    pub fn shortest_wait(&self) -> SimDuration {
        self.shortest
    }
}

impl Manage for CodelState {
    fn leaves(&mut self, now: SimTime, waited: SimDuration, _left: &[u32]) -> Verdict {
        if now > self.interval_ends && !self.starts_anew {
            self.starts_anew = true;
            self.interval_ends = now + self.codel.interval;
            self.overloaded = self.shortest > self.codel.target;
        }
        if std::mem::take(&mut self.starts_anew) {
            self.shortest = waited;
            return Verdict::Serve;
        }
        self.shortest = self.shortest.min(waited);
        match self.overloaded && waited > self.codel.target.saturating_mul(2) {
            true => Verdict::Shed,
            false => Verdict::Serve,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    fn codel() -> CodelState {
        let Shedder::Codel(codel) = Codel::default().shedder() else { unreachable!() };
        codel
    }

    fn ms(ms: u64) -> SimDuration {
        SimDuration::from_millis(ms)
    }

    /// A codel that has seen one interval of waits as long as this.
    fn after_waits_of(wait: SimDuration) -> CodelState {
        let mut codel = codel();
        for now in [1, 2, 103] {
            assert_eq!(codel.leaves(at(now), wait, &[]), Verdict::Serve);
        }
        codel
    }

    #[test]
    fn the_target_itself_is_no_overload_and_twice_it_is_not_shed() {
        assert!(!after_waits_of(ms(5)).is_overloaded());
        let mut codel = after_waits_of(ms(5) + SimDuration::from_nanos(1));
        assert!(codel.is_overloaded());
        assert_eq!(codel.leaves(at(110), ms(10), &[]), Verdict::Serve);
        let longer = ms(10) + SimDuration::from_nanos(1);
        assert_eq!(codel.leaves(at(110), longer, &[]), Verdict::Shed);
    }

    #[test]
    fn an_interval_ends_after_its_last_instant() {
        let mut codel = after_waits_of(ms(6));
        // From the request at 103 ms, the first of its interval, to 203 ms.
        assert_eq!(codel.leaves(at(203), ms(20), &[]), Verdict::Shed);
        assert_eq!(codel.leaves(at(204), ms(20), &[]), Verdict::Serve);
        assert_eq!(codel.shortest_wait(), ms(20));
    }

    #[test]
    fn one_short_wait_ends_the_overload_with_the_interval() {
        let mut codel = after_waits_of(ms(6));
        assert_eq!(codel.leaves(at(110), ms(3), &[]), Verdict::Serve);
        assert_eq!(codel.leaves(at(111), ms(20), &[]), Verdict::Shed);
        assert_eq!(codel.leaves(at(210), ms(20), &[]), Verdict::Serve);
        assert_eq!(codel.leaves(at(211), ms(20), &[]), Verdict::Serve);
    }
}
