//! Resilience4j's `SemaphoreBulkhead`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::slots::{Room, Slots};
use super::{BulkheadGate, Parameters};
use crate::catalogue::Described;
use crate::kernel::SimDuration;

/// Lets so many calls pass at once; the others wait in the order in which they came, for at most
/// `max_wait`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Semaphore {
    /// How many calls may be under way at once; at 0 none ever passes.
    pub max_concurrent: u32,
    /// How long a call waits for others to end before it is rejected; at 0 it is rejected at once.
    /// However many there are, all may wait.
    pub max_wait: SimDuration,
}

impl Default for Semaphore {
    /// `BulkheadConfig.ofDefaults()`.
    fn default() -> Self {
        Self { max_concurrent: 25, max_wait: SimDuration::ZERO }
    }
}

impl Described for Semaphore {
    const SUMMARY: &'static str =
        "so many calls at once; the others wait in order, for a time, then are rejected";
    const SOURCE: &'static str =
        "Resilience4j 2.4.0, SemaphoreBulkhead.java (fair), BulkheadConfig.java";
}

impl Parameters for Semaphore {
    fn most_at_once(&self) -> u32 {
        self.max_concurrent
    }

    fn gate(&self) -> BulkheadGate {
        BulkheadGate::Slots(Slots::new(self.max_concurrent, Room::ForAtMost(self.max_wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Driven, ms};
    use super::*;
    use crate::policy::bulkhead::Bulkhead;
    use crate::policy::gate::Gate;

    fn semaphore(max_concurrent: u32, max_wait_ms: u64) -> Driven {
        let max_wait = SimDuration::from_millis(max_wait_ms);
        Driven::new(&Bulkhead::Semaphore(Semaphore { max_concurrent, max_wait }))
    }

    #[test]
    fn the_defaults_are_25_at_once_and_no_waiting() {
        let mut driven = Driven::new(&Bulkhead::Semaphore(Semaphore::default()));
        for call in 0..25 {
            assert_eq!(driven.ask(0, call), "admitted");
        }
        assert_eq!(driven.ask(0, 25), "rejected");
    }

    #[test]
    fn who_waits_is_admitted_in_the_order_in_which_it_came() {
        let mut driven = semaphore(1, 500);
        assert_eq!(driven.ask(0, 1), "admitted");
        assert_eq!(driven.ask(0, 2), "waits");
        assert_eq!(driven.ask(1, 3), "waits");
        assert_eq!(driven.end(10), ["2 admitted"]);
        assert_eq!(driven.end(20), ["3 admitted"]);
        assert_eq!(driven.end(30), Vec::<String>::new());
        assert_eq!(driven.ask(30, 4), "admitted");
    }

    #[test]
    fn a_wait_ends_at_its_last_instant_and_a_slot_freed_in_it_counts() {
        let mut driven = semaphore(1, 500);
        driven.ask(0, 1);
        driven.ask(100, 2);
        driven.ask(101, 3);
        assert_eq!(driven.gate.wakes_at(), Some(ms(600)));
        assert_eq!(driven.wake(599), Vec::<String>::new());
        assert_eq!(driven.wake(600), ["2 rejected"]);
        assert_eq!(driven.gate.wakes_at(), Some(ms(601)));
        // The slot is freed at the very end of the wait, before the timer of the wait is heard.
        assert_eq!(driven.end(601), ["3 admitted"]);
        assert_eq!(driven.gate.wakes_at(), None);
    }

    #[test]
    fn who_gives_up_leaves_the_queue() {
        let mut driven = semaphore(1, 500);
        driven.ask(0, 1);
        driven.ask(0, 2);
        driven.ask(0, 3);
        driven.withdraw(5, 2);
        assert_eq!(driven.gate.waiting(), 1);
        assert_eq!(driven.end(10), ["3 admitted"]);
        // It was released already: nothing happens.
        driven.withdraw(11, 3);
        assert_eq!((driven.gate.running(), driven.gate.waiting()), (1, 0));
    }

    #[test]
    fn without_a_slot_nobody_passes() {
        let mut driven = semaphore(0, 5);
        assert_eq!(driven.ask(0, 1), "waits");
        assert_eq!(driven.wake(5), ["1 rejected"]);
    }
}
