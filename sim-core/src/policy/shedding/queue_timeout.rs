//! A timeout for the time in the queue.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{End, Entry, Manage, Next, Parameters, Shedder, Verdict};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// Sheds a request that has waited for longer than `timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueTimeout {
    /// The longest time in the queue.
    pub timeout: SimDuration,
    /// From which end the queue is served.
    #[serde(default)]
    pub serve: End,
    /// Whether a request is shed as soon as its time is over; otherwise it stays in the queue, and
    /// is shed when a worker comes to it.
    #[serde(default = "yes")]
    pub at_once: bool,
}

fn yes() -> bool {
    true
}

impl Described for QueueTimeout {
    const SUMMARY: &'static str =
        "sheds who has waited for too long, at once or when its turn comes";
    const SOURCE: &'static str = "Site Reliability Engineering, chapter 22, Load Shedding";
}

impl Parameters for QueueTimeout {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("timeout", self.timeout);
        problems
    }

    fn shedder(&self) -> Shedder {
        Shedder::QueueTimeout(*self)
    }
}

impl Manage for QueueTimeout {
    fn enters(&mut self, _now: SimTime, _class: usize, _waiting: &[u32]) -> Entry {
        Entry::Keep(self.at_once.then_some(self.timeout))
    }

    fn next(&mut self, _now: SimTime, waiting: &[u32]) -> Option<Next> {
        let class = waiting.iter().position(|waiting| *waiting > 0)?;
        Some(Next { class, end: self.serve })
    }

    fn leaves(&mut self, _now: SimTime, waited: SimDuration, _left: &[u32]) -> Verdict {
        if waited > self.timeout { Verdict::Shed } else { Verdict::Serve }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    #[test]
    fn exactly_the_timeout_is_in_time() {
        let timeout = SimDuration::from_millis(50);
        let mut queue = QueueTimeout { timeout, serve: End::Newest, at_once: true };
        assert_eq!(queue.enters(at(0), 0, &[9]), Entry::Keep(Some(timeout)));
        assert_eq!(queue.leaves(at(50), timeout, &[0]), Verdict::Serve);
        let longer = timeout + SimDuration::from_nanos(1);
        assert_eq!(queue.leaves(at(51), longer, &[0]), Verdict::Shed);
        assert_eq!(queue.next(at(0), &[0, 3]), Some(Next { class: 1, end: End::Newest }));
    }

    #[test]
    fn it_can_wait_until_a_worker_comes() {
        let mut queue: QueueTimeout =
            serde_json::from_str(r#"{"timeout":"50ms","at_once":false}"#).unwrap();
        assert_eq!(queue.enters(at(0), 0, &[9]), Entry::Keep(None));
        assert_eq!(queue.next(at(0), &[3]).unwrap().end, End::Oldest);
    }
}
