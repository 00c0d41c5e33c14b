//! Cockatiel's `bulkhead`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::slots::{Room, Slots};
use super::{BulkheadGate, Parameters};
use crate::catalogue::Described;
use crate::policy::Problems;

/// Lets so many calls pass at once; so many others wait in the order in which they came, for as
/// long as it takes; the rest is rejected.
///
/// The library hands a slot on one microtask after it was freed; in simulated time that is at once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cockatiel {
    /// How many calls may be under way at once; at least 1.
    pub limit: u32,
    /// How many calls may wait.
    #[serde(default)]
    pub queue: u32,
}

impl Described for Cockatiel {
    const SUMMARY: &'static str =
        "so many calls at once, so many others wait without end, the rest is rejected";
    const SOURCE: &'static str = "cockatiel 3.2.1, BulkheadPolicy.ts";
}

impl Parameters for Cockatiel {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.limit == 0, "limit", "must be at least 1");
        problems
    }

    fn most_at_once(&self) -> u32 {
        self.limit
    }

    fn gate(&self) -> BulkheadGate {
        BulkheadGate::Slots(Slots::new(self.limit, Room::ForSoMany(self.queue)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Driven;
    use super::*;
    use crate::policy::bulkhead::Bulkhead;
    use crate::policy::gate::Gate;

    #[test]
    fn the_queue_is_bounded_and_patient() {
        let mut driven = Driven::new(&Bulkhead::Cockatiel(Cockatiel { limit: 1, queue: 2 }));
        let answers: Vec<_> = (1..=4).map(|call| driven.ask(0, call)).collect();
        assert_eq!(answers, ["admitted", "waits", "waits", "rejected"]);
        assert_eq!(driven.gate.wakes_at(), None);
        driven.withdraw(1, 2);
        assert_eq!(driven.ask(2, 5), "waits");
        assert_eq!(driven.end(1_000_000), ["3 admitted"]);
        assert_eq!(driven.end(1_000_000), ["5 admitted"]);
    }

    #[test]
    fn without_a_queue_the_rest_is_rejected() {
        let bulkhead: Bulkhead = serde_json::from_str(r#"{"cockatiel":{"limit":1}}"#).unwrap();
        let mut driven = Driven::new(&bulkhead);
        assert_eq!(driven.ask(0, 1), "admitted");
        assert_eq!(driven.ask(0, 2), "rejected");
    }
}
