//! Deadlines that travel.

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{Unit, fails, holds};
use crate::kernel::SimTime;
use crate::policy::Deadline;

/// One item of the section `deadline_propagation`; in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Travel {
    Hops {
        deadline_s: f64,
        hops: Vec<Hop>,
    },
    Dropped {
        client_deadline: f64,
        #[serde(rename = "B_spends")]
        spent: f64,
        propagated_remaining: f64,
        #[serde(rename = "C_dequeues_after")]
        dequeued_after: f64,
        expect: String,
    },
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Hop {
    spent: f64,
    remaining: f64,
}

impl Travel {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        let (name, differs) = match self {
            Self::Hops { deadline_s, hops } => ("over hops", over_hops(*deadline_s, hops)),
            Self::Dropped { .. } => ("dropped by the third", self.is_dropped()),
        };
        outcomes.push(match differs {
            None => holds("deadline", name),
            Some(detail) => fails("deadline", name, detail),
        });
    }

    fn is_dropped(&self) -> Option<String> {
        let Self::Dropped { client_deadline, spent, propagated_remaining, dequeued_after, expect } =
            self
        else {
            return None;
        };
        let seconds = |number: f64| Unit::Seconds.duration(number);
        let sent = SimTime::ZERO + seconds(*spent);
        let Some(wire) = Deadline::after(SimTime::ZERO, seconds(*client_deadline)).sent(sent)
        else {
            return Some("B sends nothing".into());
        };
        let (at_c, dequeued) = (Deadline::received(sent, wire), sent + seconds(*dequeued_after));
        if !Unit::Seconds.is(at_c.remaining(sent), *propagated_remaining) {
            return Some(format!("C is told {wire}"));
        }
        let drops = expect.starts_with("C drops immediately");
        // What C believes with a deadline of its own, hard-coded at 20 s.
        let own = Deadline::after(sent, seconds(20.0)).remaining(dequeued);
        let believes = format!("C believes {} s remain", own.as_secs_f64());
        let same = drops == at_c.has_passed(dequeued) && expect.contains(&believes);
        (!same).then(|| format!("{believes}; passed: {}", at_c.has_passed(dequeued)))
    }
}

fn over_hops(deadline: f64, hops: &[Hop]) -> Option<String> {
    let mut now = SimTime::ZERO;
    let mut deadline = Deadline::after(now, Unit::Seconds.duration(deadline));
    for (number, hop) in (1..).zip(hops) {
        now += Unit::Seconds.duration(hop.spent);
        let Some(wire) = deadline.sent(now) else { return Some(format!("hop {number}: passed")) };
        deadline = Deadline::received(now, wire);
        let remaining = deadline.remaining(now);
        if !Unit::Seconds.is(remaining, hop.remaining) {
            return Some(format!("hop {number}: {remaining}, not {}", hop.remaining));
        }
    }
    None
}
