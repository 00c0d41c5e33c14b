//! Classes of requests, with places in the queue that are kept for them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{End, Entry, Manage, Next, Parameters, Shedder};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::Problems;

/// A queue for several classes, the most important first. Each class has places that no other can
/// take; the rest is for everybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Priority {
    /// How many requests may wait, all classes together; at least 1.
    pub capacity: u32,
    /// The share of the capacity that is kept for each class, the most important class first: one
    /// number a class, at most 1 together. Places are rounded down.
    pub reserved: Vec<f64>,
    /// Whom a free worker takes.
    #[serde(default)]
    pub order: Order,
    /// Whether a request that finds no place takes that of the newest request of the least
    /// important class below its own that has more than its kept places.
    #[serde(default)]
    pub displaces: bool,
}

/// Whom a free worker takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The most important class that waits, always.
    #[default]
    Strict,
    /// The classes in proportion to their shares; a class without a share only when no other
    /// waits.
    ByShare,
}

impl Described for Priority {
    const SUMMARY: &'static str =
        "classes with places of their own; the most important, or each by its share, is served";
    const SOURCE: &'static str = "Site Reliability Engineering, chapter 21, Criticality; \
                                  Stripe, Scaling your API with rate limiters (2017)";
}

impl Parameters for Priority {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.capacity == 0, "capacity", "must be at least 1");
        problems.note_if(self.reserved.is_empty(), "reserved", "must have a number a class");
        let within = self.reserved.iter().all(|share| (0.0..=1.0).contains(share));
        problems.note_if(!within, "reserved", "must be shares from 0 to 1");
        // Shares such as ten times 0.1 may come to a hair more than 1.
        let too_much = self.reserved.iter().sum::<f64>() > 1.0 + 1e-9;
        problems.note_if(too_much, "reserved", "must be at most 1 together");
        problems
    }

    fn shedder(&self) -> Shedder {
        let places = |share: &f64| (share * f64::from(self.capacity) + 1e-9) as u32;
        Shedder::Priority(PriorityState {
            kept: self.reserved.iter().map(places).collect(),
            served: vec![0.0; self.reserved.len()],
            waited: vec![false; self.reserved.len()],
            clock: 0.0,
            parameters: self.clone(),
        })
    }
}

/// The places of each class, and how much of its share each was served.
#[derive(Clone, Debug)]
pub struct PriorityState {
    kept: Vec<u32>,
    /// For each class, requests served by share: who has least is next.
    served: Vec<f64>,
    /// Which classes waited when a worker last came.
    waited: Vec<bool>,
    /// `served` of the class that was served last.
    clock: f64,
    parameters: Priority,
}

impl PriorityState {
    fn kept(&self, class: usize) -> u32 {
        self.kept.get(class).copied().unwrap_or(0)
    }

    fn share(&self, class: usize) -> f64 {
        self.parameters.reserved.get(class).copied().unwrap_or(0.0)
    }

    /// Whether a place is free for the class: one of its own, or one that is kept for nobody.
    fn has_place(&self, class: usize, waiting: &[u32]) -> bool {
        let of = |other: usize| waiting.get(other).copied().unwrap_or(0);
        let taken: u64 = waiting.iter().map(|waiting| u64::from(*waiting)).sum();
        let kept_for_others: u64 = (0..self.kept.len())
            .filter(|other| *other != class)
            .map(|other| u64::from(self.kept(other).saturating_sub(of(other))))
            .sum();
        taken + kept_for_others < u64::from(self.parameters.capacity)
    }

    /// The least important class below this one with more than its kept places.
    fn displaced_by(&self, class: usize, waiting: &[u32]) -> Option<usize> {
        (class + 1..waiting.len()).rev().find(|other| waiting[*other] > self.kept(*other))
    }

    /// The waiting class that was served least of its share; the more important among equals.
    fn by_share(&mut self, waiting: &[u32]) -> Option<usize> {
        // Who comes back after not waiting has no claim on what it did not use.
        for class in 0..self.served.len() {
            let waits = waiting.get(class).is_some_and(|waiting| *waiting > 0);
            if waits && !self.waited[class] {
                self.served[class] = self.served[class].max(self.clock);
            }
            self.waited[class] = waits;
        }
        let waits = |class: &usize| waiting[*class] > 0;
        let finish = |class: usize| self.served[class] + 1.0 / self.share(class);
        let with_share = (0..waiting.len().min(self.served.len()))
            .filter(waits)
            .filter(|class| self.share(*class) > 0.0)
            .min_by(|a, b| finish(*a).total_cmp(&finish(*b)));
        if let Some(class) = with_share {
            let finished = finish(class);
            self.clock = self.served[class];
            self.served[class] = finished;
        }
        with_share.or_else(|| (0..waiting.len()).find(waits))
    }
}

impl Manage for PriorityState {
    fn enters(&mut self, _now: SimTime, class: usize, waiting: &[u32]) -> Entry {
        if self.has_place(class, waiting) {
            return Entry::Keep(None);
        }
        let displaced = self.parameters.displaces.then(|| self.displaced_by(class, waiting));
        displaced.flatten().map_or(Entry::Shed, Entry::Displace)
    }

    fn next(&mut self, _now: SimTime, waiting: &[u32]) -> Option<Next> {
        let class = match self.parameters.order {
            Order::Strict => waiting.iter().position(|waiting| *waiting > 0),
            Order::ByShare => self.by_share(waiting),
        };
        class.map(|class| Next { class, end: End::Oldest })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    fn state(capacity: u32, reserved: &[f64], order: Order, displaces: bool) -> PriorityState {
        let priority = Priority { capacity, reserved: reserved.to_vec(), order, displaces };
        assert_eq!(priority.check().or_none(), Ok(()));
        let Shedder::Priority(state) = priority.shedder() else { unreachable!() };
        state
    }

    #[test]
    fn nobody_takes_a_place_that_is_kept_for_another() {
        let mut state = state(10, &[0.5, 0.2, 0.0], Order::Strict, false);
        let mut enters = |class, waiting: [u32; 3]| state.enters(at(0), class, &waiting);
        // Three places are kept for nobody.
        assert_eq!(enters(2, [0, 0, 2]), Entry::Keep(None));
        assert_eq!(enters(2, [0, 0, 3]), Entry::Shed);
        assert_eq!(enters(1, [0, 0, 3]), Entry::Keep(None));
        assert_eq!(enters(1, [0, 2, 3]), Entry::Shed);
        assert_eq!(enters(0, [4, 2, 3]), Entry::Keep(None));
        assert_eq!(enters(0, [5, 2, 3]), Entry::Shed);
        // What a class has beyond its own places takes none that is kept for it.
        assert_eq!(enters(1, [7, 0, 0]), Entry::Keep(None));
        assert_eq!(enters(0, [8, 0, 0]), Entry::Shed);
        assert_eq!(enters(0, [7, 0, 0]), Entry::Keep(None));
    }

    #[test]
    fn the_more_important_displaces_the_least_important_that_has_more_than_its_own() {
        let mut state = state(10, &[0.0, 0.2, 0.2], Order::Strict, true);
        let mut enters = |class, waiting: [u32; 3]| state.enters(at(0), class, &waiting);
        assert_eq!(enters(0, [4, 3, 3]), Entry::Displace(2));
        assert_eq!(enters(0, [5, 3, 2]), Entry::Displace(1));
        assert_eq!(enters(0, [6, 2, 2]), Entry::Shed);
        assert_eq!(enters(1, [4, 3, 3]), Entry::Displace(2));
        assert_eq!(enters(2, [4, 3, 3]), Entry::Shed);
        assert_eq!(enters(1, [5, 3, 2]), Entry::Shed);
    }

    #[test]
    fn strictly_the_most_important_is_served_first() {
        let mut state = state(10, &[0.0, 0.0], Order::Strict, false);
        let class = |state: &mut PriorityState, waiting: [u32; 2]| {
            state.next(at(0), &waiting).map(|next| next.class)
        };
        assert_eq!(class(&mut state, [1, 9]), Some(0));
        assert_eq!(class(&mut state, [0, 9]), Some(1));
        assert_eq!(class(&mut state, [0, 0]), None);
    }

    #[test]
    fn by_share_each_is_served_in_proportion_and_who_has_none_last() {
        let mut state = state(10, &[0.6, 0.3, 0.0], Order::ByShare, false);
        let mut counts = [0; 3];
        for _ in 0..900 {
            counts[state.next(at(0), &[5, 5, 5]).unwrap().class] += 1;
        }
        assert_eq!(counts, [600, 300, 0]);
        assert_eq!(state.next(at(0), &[0, 0, 5]).unwrap().class, 2);
        assert_eq!(state.next(at(0), &[0, 0, 0]), None);
    }

    #[test]
    fn who_did_not_wait_saves_nothing_up() {
        let mut state = state(10, &[0.5, 0.5], Order::ByShare, false);
        for _ in 0..100 {
            assert_eq!(state.next(at(0), &[5, 0]).unwrap().class, 0);
        }
        let classes: Vec<_> = (0..6).map(|_| state.next(at(0), &[5, 5]).unwrap().class).collect();
        assert_eq!(classes.iter().filter(|class| **class == 1).count(), 3, "{classes:?}");
    }

    #[test]
    fn shares_are_checked_together() {
        let check = |reserved: &[f64]| {
            let (order, displaces) = (Order::Strict, false);
            let priority = Priority { capacity: 10, reserved: reserved.to_vec(), order, displaces };
            priority.check().or_none().map_err(|problems| problems.to_string())
        };
        assert_eq!(check(&[0.1; 10]), Ok(()));
        // A hair is a billionth.
        assert_eq!(check(&[0.5, 0.5 + 1e-9]), Ok(()));
        assert!(check(&[0.5, 0.5 + 2e-9]).is_err());
        assert_eq!(check(&[0.5, 0.6]).unwrap_err(), "`reserved` must be at most 1 together");
        assert_eq!(check(&[-0.1]).unwrap_err(), "`reserved` must be shares from 0 to 1");
        assert_eq!(check(&[]).unwrap_err(), "`reserved` must have a number a class");
    }

    #[test]
    fn a_class_without_a_share_is_behind_one_that_comes_back() {
        let mut state = state(10, &[0.0, 1.0], Order::ByShare, false);
        for _ in 0..3 {
            assert_eq!(state.next(at(0), &[5, 0]).unwrap().class, 0);
        }
        assert_eq!(state.next(at(0), &[5, 5]).unwrap().class, 1);
    }
}
