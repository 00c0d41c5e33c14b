//! Which calls are worth following: known when they have ended.

use std::collections::BTreeSet;

use crate::kernel::SimTime;
use crate::kernel::draw::lineage;
use crate::model::spec::ClientId;
use crate::model::trace::{Choice, Sampling};
use crate::policy::Outcome;

/// A call of a client.
pub(super) type CallName = (ClientId, u64);

/// Calls that are chosen, and among how many.
#[derive(Debug, Default)]
pub(in crate::model) struct Chosen {
    pub(super) calls: BTreeSet<CallName>,
    pub(super) among: u64,
}

/// Chooses calls as they end.
#[derive(Debug)]
pub(super) struct Scout {
    sampling: Sampling,
    /// The best so far, by rank: the lowest are kept.
    best: BTreeSet<(u64, CallName)>,
    among: u64,
}

impl Scout {
    pub(super) fn new(sampling: Sampling) -> Self {
        Self { sampling, best: BTreeSet::new(), among: 0 }
    }

    /// A call that started then has ended so; it is still under way at the end of the run if it has no
    /// outcome.
    pub(super) fn ended(
        &mut self,
        call: CallName,
        started: SimTime,
        now: SimTime,
        outcome: Option<Outcome>,
    ) {
        let Sampling { choice, from, until, client, calls, .. } = self.sampling;
        let (of, key) = call;
        if started < from || started >= until || client.is_some_and(|client| client != of) {
            return;
        }
        if choice == Choice::Failed && !outcome.is_some_and(Outcome::is_failure) {
            return;
        }
        self.among += 1;
        let rank = match choice {
            Choice::Slowest => u64::MAX - now.since(started).as_nanos(),
            Choice::Spread | Choice::Failed => lineage(key, of.index() as u64, 0),
        };
        self.best.insert((rank, call));
        if self.best.len() > calls as usize {
            self.best.pop_last();
        }
    }

    /// The calls that are chosen.
    pub(super) fn chosen(self) -> Chosen {
        Chosen { calls: self.best.into_iter().map(|(_, call)| call).collect(), among: self.among }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;

    const SHOP: ClientId = ClientId(0);

    fn sampling(choice: Choice, calls: u32) -> Sampling {
        let until = SimTime::MAX;
        Sampling { choice, from: SimTime::ZERO, until, client: None, calls, spans: 0 }
    }

    /// Scouts ten calls: the n-th starts at n s, takes 10 − n ms, and fails if n is odd.
    fn scouted(sampling: Sampling, order: impl Iterator<Item = u64>) -> (Vec<u64>, u64) {
        let mut scout = Scout::new(sampling);
        for key in order {
            let started = SimTime::ZERO + SimDuration::from_secs(key);
            let ends = started + SimDuration::from_millis(10 - key);
            let outcome = if key % 2 == 1 { Outcome::Timeout } else { Outcome::Ok };
            scout.ended((SHOP, key), started, ends, Some(outcome));
        }
        let Chosen { calls, among } = scout.chosen();
        (calls.into_iter().map(|(_, key)| key).collect(), among)
    }

    #[test]
    fn the_slowest_are_those_that_took_longest() {
        assert_eq!(scouted(sampling(Choice::Slowest, 3), 0..10), ([0, 1, 2].into(), 10));
    }

    #[test]
    fn only_those_that_failed_are_chosen_if_they_are_asked_for() {
        assert_eq!(scouted(sampling(Choice::Failed, 9), 0..10), ([1, 3, 5, 7, 9].into(), 5));
    }

    #[test]
    fn a_sample_does_not_depend_on_the_order_in_which_calls_end_and_grows_with_its_size() {
        let (three, among) = scouted(sampling(Choice::Spread, 3), 0..10);
        assert_eq!((three.len(), among), (3, 10));
        assert_eq!(scouted(sampling(Choice::Spread, 3), (0..10).rev()).0, three);
        let (five, _) = scouted(sampling(Choice::Spread, 5), 0..10);
        assert!(three.iter().all(|key| five.contains(key)) && five.len() == 5);
    }

    #[test]
    fn a_window_holds_its_start_and_not_its_end() {
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        let window = Sampling { from: at(2), until: at(4), ..sampling(Choice::Spread, 9) };
        assert_eq!(scouted(window, 0..10), ([2, 3].into(), 2));
        let others = Sampling { client: Some(ClientId(1)), ..window };
        assert_eq!(scouted(others, 0..10), (vec![], 0));
    }

    #[test]
    fn one_still_under_way_is_among_the_slowest_and_has_not_failed() {
        let ends = |choice| {
            let mut scout = Scout::new(sampling(choice, 1));
            let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
            scout.ended((SHOP, 1), at(1), at(3), Some(Outcome::Timeout));
            scout.ended((SHOP, 2), at(2), at(9), None);
            scout.chosen().calls.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(ends(Choice::Slowest), [(SHOP, 2)]);
        assert_eq!(ends(Choice::Failed), [(SHOP, 1)]);
    }
}
