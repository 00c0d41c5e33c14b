//! Locks on rows, shared and exclusive, and who waits for whom.
//!
//! Rows are granted in the order in which they were asked for: nobody overtakes one who waits, but for
//! an owner who already shares a row and wants it alone, who goes first (as InnoDB and PostgreSQL do).

use std::collections::{BTreeSet, HashMap, VecDeque};

/// A row of a store.
pub(crate) type Row = u64;

/// Whoever asks: an owner may ask in several places at a time.
pub(crate) type Owner = u32;

/// What becomes of somebody who asks for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It has it.
    Granted,
    /// It waits behind others.
    Waits,
}

/// The locks of a store.
#[derive(Debug, Default)]
pub(crate) struct LockTable {
    rows: HashMap<Row, Queue>,
    /// By owner: the rows that it holds, and those that it waits for, each in the order in which they
    /// came.
    owners: HashMap<Owner, Owned>,
}

#[derive(Debug, Default)]
struct Owned {
    held: Vec<Row>,
    awaited: Vec<Row>,
}

/// A row that somebody holds or waits for.
#[derive(Debug, Default)]
struct Queue {
    holders: Vec<Holder>,
    waiting: VecDeque<Waiter>,
}

#[derive(Clone, Copy, Debug)]
struct Holder {
    owner: Owner,
    exclusive: bool,
    /// How often it has asked for it.
    times: u32,
}

#[derive(Clone, Copy, Debug)]
struct Waiter {
    owner: Owner,
    /// The place where it waits.
    place: u32,
    exclusive: bool,
}

impl Queue {
    /// The holders beside whom one who waits cannot have it.
    fn holders_against(&self, waiter: &Waiter) -> impl Iterator<Item = Owner> {
        let (owner, exclusive) = (waiter.owner, waiter.exclusive);
        let holders = self.holders.iter().filter(move |holder| holder.owner != owner);
        holders.filter(move |holder| exclusive || holder.exclusive).map(|holder| holder.owner)
    }

    /// Whom the one at this place of the queue waits for: who holds it, then who stands in front.
    fn ahead_of(&self, own: usize) -> impl Iterator<Item = Owner> {
        let Waiter { owner, exclusive, .. } = self.waiting[own];
        let in_front = self.waiting.iter().take(own);
        let in_front = in_front
            .filter(move |other| other.owner != owner && (exclusive || other.exclusive))
            .map(|other| other.owner);
        self.holders_against(&self.waiting[own]).chain(in_front)
    }

    /// Whether an owner could hold it beside those who do.
    fn admits(&self, owner: Owner, exclusive: bool) -> bool {
        let mut others = self.holders.iter().filter(|holder| holder.owner != owner);
        others.all(|other| !exclusive && !other.exclusive)
    }

    fn grant(&mut self, owner: Owner, exclusive: bool) {
        match self.holders.iter_mut().find(|holder| holder.owner == owner) {
            Some(holder) => {
                holder.times += 1;
                holder.exclusive |= exclusive;
            }
            None => self.holders.push(Holder { owner, exclusive, times: 1 }),
        }
    }

    /// Lets those in front have it who can.
    fn serve(&mut self) -> Vec<Waiter> {
        let mut served = Vec::new();
        while let Some(next) = self.waiting.front().copied()
            && self.admits(next.owner, next.exclusive)
        {
            self.waiting.pop_front();
            self.grant(next.owner, next.exclusive);
            served.push(next);
        }
        served
    }
}

impl LockTable {
    /// An owner asks for a row, and may wait for it at that place.
    pub(crate) fn ask(&mut self, owner: Owner, place: u32, row: Row, exclusive: bool) -> Asked {
        let queue = self.rows.entry(row).or_default();
        let owned = self.owners.entry(owner).or_default();
        let holder = queue.holders.iter().find(|holder| holder.owner == owner);
        let (is_holder, has_it) =
            (holder.is_some(), holder.is_some_and(|holder| holder.exclusive || !exclusive));
        let in_front = queue.waiting.is_empty() || is_holder;
        if has_it || (in_front && queue.admits(owner, exclusive)) {
            queue.grant(owner, exclusive);
            if !is_holder {
                owned.held.push(row);
            }
            return Asked::Granted;
        }
        let waiter = Waiter { owner, place, exclusive };
        match is_holder {
            true => queue.waiting.push_front(waiter),
            false => queue.waiting.push_back(waiter),
        }
        owned.awaited.push(row);
        Asked::Waits
    }

    /// An owner gives a row back that it holds, once for each time that it has asked: the places at
    /// which others have it now.
    pub(crate) fn release(&mut self, owner: Owner, row: Row) -> Vec<u32> {
        let Some(queue) = self.rows.get_mut(&row) else { return Vec::new() };
        let Some(at) = queue.holders.iter().position(|holder| holder.owner == owner) else {
            return Vec::new();
        };
        queue.holders[at].times -= 1;
        if queue.holders[at].times > 0 {
            return Vec::new();
        }
        queue.holders.remove(at);
        if let Some(owned) = self.owners.get_mut(&owner) {
            owned.held.retain(|held| *held != row);
        }
        self.forget_if_idle(owner);
        self.serve(row)
    }

    /// An owner is gone: it gives back what it holds. It waits nowhere any more.
    pub(crate) fn release_all(&mut self, owner: Owner) -> Vec<u32> {
        let Some(owned) = self.owners.remove(&owner) else { return Vec::new() };
        let mut served = Vec::new();
        for row in owned.held {
            if let Some(queue) = self.rows.get_mut(&row) {
                queue.holders.retain(|holder| holder.owner != owner);
                served.extend(self.serve(row));
            }
        }
        served
    }

    /// Somebody who waits at a place does not wait there any more.
    pub(crate) fn withdraw(&mut self, owner: Owner, place: u32, row: Row) -> Vec<u32> {
        if let Some(queue) = self.rows.get_mut(&row) {
            queue.waiting.retain(|waiter| waiter.place != place);
        }
        self.no_longer_awaits(owner, row);
        self.serve(row)
    }

    fn no_longer_awaits(&mut self, owner: Owner, row: Row) {
        if let Some(owned) = self.owners.get_mut(&owner)
            && let Some(at) = owned.awaited.iter().position(|awaited| *awaited == row)
        {
            owned.awaited.remove(at);
        }
        self.forget_if_idle(owner);
    }

    fn forget_if_idle(&mut self, owner: Owner) {
        let idle = |owned: &Owned| owned.held.is_empty() && owned.awaited.is_empty();
        if self.owners.get(&owner).is_some_and(idle) {
            self.owners.remove(&owner);
        }
    }

    fn serve(&mut self, row: Row) -> Vec<u32> {
        let Some(queue) = self.rows.get_mut(&row) else { return Vec::new() };
        let held_before: Vec<Owner> = queue.holders.iter().map(|holder| holder.owner).collect();
        let served = queue.serve();
        if queue.holders.is_empty() {
            self.rows.remove(&row);
        }
        for waiter in &served {
            if !held_before.contains(&waiter.owner) {
                self.owners.entry(waiter.owner).or_default().held.push(row);
            }
            self.no_longer_awaits(waiter.owner, row);
        }
        served.into_iter().map(|waiter| waiter.place).collect()
    }

    /// How many rows an owner holds.
    pub(crate) fn held(&self, owner: Owner) -> usize {
        self.owners.get(&owner).map_or(0, |owned| owned.held.len())
    }

    /// The owners of a circle of waits that leads back to this one, it first; each waits for the next.
    pub(crate) fn circle(&self, owner: Owner) -> Option<Vec<Owner>> {
        // Most are in none, and that is found out faster.
        if self.is_in_circle(owner) { self.circle_of_all(owner) } else { None }
    }

    fn circle_of_all(&self, owner: Owner) -> Option<Vec<Owner>> {
        let mut seen = BTreeSet::from([owner]);
        // Each owner on the way, with those that it waits for and that are still to be followed.
        let mut way = vec![(owner, self.waits_for(owner))];
        while let Some((_, ahead)) = way.last_mut() {
            match ahead.pop() {
                None => {
                    way.pop();
                }
                Some(next) if next == owner => {
                    return Some(way.into_iter().map(|(owner, _)| owner).collect());
                }
                Some(next) if seen.insert(next) => way.push((next, self.waits_for(next))),
                Some(_) => {}
            }
        }
        None
    }

    /// Whether somebody waits, at last, for himself.
    fn is_in_circle(&self, owner: Owner) -> bool {
        let mut seen = BTreeSet::new();
        let mut ahead = Vec::new();
        self.waits_first_for(owner, &mut ahead);
        while let Some(next) = ahead.pop() {
            if next == owner {
                return true;
            }
            if seen.insert(next) {
                self.waits_first_for(next, &mut ahead);
            }
        }
        false
    }

    /// Whom an owner waits for, but for those for whom another of them waits in the same queue: behind
    /// a writer who waits that are all in front of him. So there are few in a long queue.
    fn waits_first_for(&self, owner: Owner, others: &mut Vec<Owner>) {
        let Some(owned) = self.owners.get(&owner) else { return };
        for queue in owned.awaited.iter().filter_map(|row| self.rows.get(row)) {
            let first = |owner| queue.waiting.iter().position(|waiter| waiter.owner == owner);
            let Some(own) = first(owner) else { continue };
            let exclusive = queue.waiting[own].exclusive;
            let mut in_front = (0..own).rev().map(|place| (place, &queue.waiting[place]));
            let writer = in_front.find_map(|(place, other)| {
                if exclusive || other.exclusive {
                    others.push(other.owner);
                }
                // One who stands in the queue twice waits as the first of them.
                (other.exclusive && first(other.owner) == Some(place)).then_some(place)
            });
            if writer.is_none() {
                let holders = queue.holders.iter().filter(|holder| holder.owner != owner);
                let blocking = holders.filter(|holder| exclusive || holder.exclusive);
                others.extend(blocking.map(|holder| holder.owner));
            }
        }
    }

    /// Each place where somebody waits for a row, with the owners for whom he waits first: but for those for
    /// whom another of them waits in the same queue.
    pub(crate) fn waits_for_row(&self, row: Row) -> Vec<(u32, Vec<Owner>)> {
        let Some(queue) = self.rows.get(&row) else { return Vec::new() };
        let (mut all, mut readers, mut writer) = (Vec::new(), Vec::new(), None);
        for waiter in &queue.waiting {
            let mut ahead = if waiter.exclusive { readers.clone() } else { Vec::new() };
            match writer {
                Some(writer) => ahead.push(writer),
                None => ahead.extend(queue.holders_against(waiter)),
            }
            ahead.retain(|other| *other != waiter.owner);
            all.push((waiter.place, ahead));
            match waiter.exclusive {
                true => {
                    writer = Some(waiter.owner);
                    readers.clear();
                }
                false => readers.push(waiter.owner),
            }
        }
        all
    }

    /// Whom somebody waits for who waits for a row at a place: who holds it, then who stands in front.
    pub(crate) fn blockers(&self, place: u32, row: Row) -> Vec<Owner> {
        let Some(queue) = self.rows.get(&row) else { return Vec::new() };
        let own = queue.waiting.iter().position(|waiter| waiter.place == place);
        own.map(|own| queue.ahead_of(own).collect()).unwrap_or_default()
    }

    /// Whom an owner waits for: those who hold what it wants, and those who wait for it in front.
    fn waits_for(&self, owner: Owner) -> Vec<Owner> {
        let Some(owned) = self.owners.get(&owner) else { return Vec::new() };
        let mut others = Vec::new();
        for queue in owned.awaited.iter().filter_map(|row| self.rows.get(row)) {
            if let Some(own) = queue.waiting.iter().position(|waiter| waiter.owner == owner) {
                others.extend(queue.ahead_of(own));
            }
        }
        // The first is followed first.
        others.reverse();
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const X: bool = true;
    const S: bool = false;

    #[test]
    fn readers_share_and_a_writer_waits_for_all_of_them() {
        let mut locks = LockTable::default();
        assert_eq!(locks.ask(1, 1, 9, S), Asked::Granted);
        assert_eq!(locks.ask(2, 2, 9, S), Asked::Granted);
        assert_eq!(locks.ask(3, 3, 9, X), Asked::Waits);
        // A reader that comes later does not overtake the writer.
        assert_eq!(locks.ask(4, 4, 9, S), Asked::Waits);
        assert_eq!(locks.release(1, 9), [0_u32; 0]);
        assert_eq!(locks.release(2, 9), [3]);
        assert_eq!(locks.release(3, 9), [4]);
        assert_eq!(locks.release(4, 9), [0_u32; 0]);
        assert!(locks.rows.is_empty());
    }

    #[test]
    fn an_owner_has_what_it_has_as_often_as_it_asks() {
        let mut locks = LockTable::default();
        assert_eq!(locks.ask(1, 1, 9, X), Asked::Granted);
        assert_eq!(locks.ask(1, 1, 9, S), Asked::Granted);
        assert_eq!(locks.ask(2, 2, 9, S), Asked::Waits);
        assert_eq!(locks.release(1, 9), [0_u32; 0]);
        assert_eq!(locks.release(1, 9), [2]);
        assert_eq!(locks.release(1, 9), [0_u32; 0], "it has none to give back");
    }

    #[test]
    fn whoever_shares_a_row_and_wants_it_alone_goes_first() {
        let mut locks = LockTable::default();
        for owner in [1, 2] {
            assert_eq!(locks.ask(owner, owner, 9, S), Asked::Granted);
        }
        assert_eq!(locks.ask(3, 3, 9, X), Asked::Waits);
        assert_eq!(locks.ask(1, 1, 9, X), Asked::Waits);
        assert_eq!(locks.release(2, 9), [1]);
        assert_eq!(locks.release_all(1), [3]);
    }

    #[test]
    fn two_who_share_a_row_and_both_want_it_alone_wait_for_each_other() {
        let mut locks = LockTable::default();
        for owner in [1, 2] {
            locks.ask(owner, owner, 9, S);
        }
        locks.ask(1, 1, 9, X);
        assert_eq!(locks.circle(1), None);
        locks.ask(2, 2, 9, X);
        assert_eq!(locks.circle(2), Some(vec![2, 1]));
    }

    #[test]
    fn a_circle_is_found_through_those_in_front_too() {
        let mut locks = LockTable::default();
        locks.ask(1, 1, 100, X);
        locks.ask(2, 2, 200, X);
        locks.ask(3, 3, 300, X);
        locks.ask(2, 2, 300, X);
        locks.ask(3, 3, 100, X);
        assert_eq!(locks.circle(3), None);
        locks.ask(1, 1, 200, X);
        assert_eq!(locks.circle(1), Some(vec![1, 2, 3]));
        assert_eq!(locks.circle(3), Some(vec![3, 1, 2]));
        // One who waits for them is in no circle itself.
        locks.ask(4, 4, 100, X);
        assert_eq!(locks.circle(4), None);
        // The victim goes, and the others go on.
        assert_eq!(locks.withdraw(1, 1, 200), [0_u32; 0]);
        assert_eq!(locks.release_all(1), [3]);
        assert_eq!(locks.circle(2), None);
    }

    #[test]
    fn one_who_stops_waiting_lets_those_behind_pass() {
        let mut locks = LockTable::default();
        locks.ask(1, 1, 9, S);
        locks.ask(2, 2, 9, X);
        locks.ask(3, 3, 9, S);
        assert_eq!(locks.withdraw(2, 2, 9), [3]);
        assert_eq!(locks.held(3), 1);
    }

    /// A plain list of asks, granted from the front by the rule of the book.
    #[derive(Default)]
    struct Slow {
        asks: Vec<(Owner, Row, bool, bool)>,
    }

    impl Slow {
        fn grant(&mut self) {
            for at in 0..self.asks.len() {
                let (owner, row, exclusive, granted) = self.asks[at];
                let clashes = |other: &(Owner, Row, bool, bool)| {
                    other.0 != owner && other.1 == row && (exclusive || other.2)
                };
                let held = self.asks.iter().filter(|other| other.3).any(clashes);
                let overtakes = self.asks[..at].iter().any(|other| other.1 == row && !other.3);
                self.asks[at].3 = granted || (!held && !overtakes);
            }
        }

        fn held(&self) -> Vec<(Owner, Row)> {
            let mut held: Vec<(Owner, Row)> =
                self.asks.iter().filter(|ask| ask.3).map(|ask| (ask.0, ask.1)).collect();
            held.sort_unstable();
            held
        }
    }

    proptest! {
        /// Each owner asks for a row once at most; then the two can do without re-entrance.
        #[test]
        fn rows_are_granted_as_a_plain_list_grants_them(
            steps in prop::collection::vec((0_u32..6, 0_u64..3, any::<bool>(), 0..4), 1..60)
        ) {
            let (mut locks, mut slow) = (LockTable::default(), Slow::default());
            for (owner, row, exclusive, what) in steps {
                let known = slow.asks.iter().position(|ask| (ask.0, ask.1) == (owner, row));
                match (known, what) {
                    (None, 0..3) => {
                        let asked = locks.ask(owner, owner, row, exclusive);
                        slow.asks.push((owner, row, exclusive, false));
                        slow.grant();
                        prop_assert_eq!(asked == Asked::Granted, slow.asks.last().unwrap().3);
                    }
                    (Some(at), 0) => {
                        match slow.asks[at].3 {
                            true => drop(locks.release(owner, row)),
                            false => drop(locks.withdraw(owner, owner, row)),
                        }
                        slow.asks.remove(at);
                        slow.grant();
                    }
                    (_, 3) => {
                        for ask in slow.asks.iter().filter(|ask| ask.0 == owner && !ask.3) {
                            locks.withdraw(owner, owner, ask.1);
                        }
                        locks.release_all(owner);
                        slow.asks.retain(|ask| ask.0 != owner);
                        slow.grant();
                    }
                    _ => {}
                }
                let mut held = Vec::new();
                for owner in 0..6 {
                    let rows = locks.owners.get(&owner).map_or(&[][..], |owned| &owned.held);
                    held.extend(rows.iter().map(|row| (owner, *row)));
                    let circle = locks.circle_of_all(owner);
                    prop_assert_eq!(locks.is_in_circle(owner), circle.is_some());
                }
                held.sort_unstable();
                prop_assert_eq!(held, slow.held());
            }
        }
    }
}
