//! Who waits for whom, and who of them gets on.

use std::collections::BTreeMap;

/// Whoever holds something, or waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Party {
    Request(u32),
    Call(u32),
}

/// Something of which there are only so many, and that comes back when its holder ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    /// The workers of a pool.
    Workers(usize),
    /// The places of a guard.
    Places(usize),
}

/// What somebody waits for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Awaits {
    /// That any of those who hold such a thing gives it back.
    Thing(Thing),
    /// That all of these get on: those who have a row, and those who wait for it in front.
    All(Vec<Party>),
    /// That so many of these end: his own call, copies of it, or branches.
    Some(usize, Vec<Party>),
}

/// All who wait, and all who hold what somebody waits for.
#[derive(Debug, Default)]
pub(super) struct Waits {
    pub(super) awaits: BTreeMap<Party, Awaits>,
    pub(super) holders: BTreeMap<Thing, Vec<Party>>,
}

/// Somebody who waits, or a thing that is waited for: how many of those it depends on have to get on still,
/// and who depends on it.
#[derive(Debug, Default)]
struct Node {
    needs: usize,
    dependents: Vec<usize>,
}

impl Waits {
    /// Those who wait and do not get on, in their order.
    ///
    /// Whoever waits for nobody gets on; so does, in the end, whoever waits only for such. Each of those who
    /// get on is looked at once.
    pub(super) fn stuck(&self) -> Vec<Party> {
        let parties: Vec<Party> = self.awaits.keys().copied().collect();
        let things: Vec<Thing> = self.holders.keys().copied().collect();
        let place_of = |party: &Party| parties.binary_search(party).ok();
        let mut nodes: Vec<Node> = Vec::new();
        nodes.resize_with(parties.len() + things.len(), Node::default);
        let mut depend =
            |node: usize, needs: usize, on: &mut dyn Iterator<Item = Option<usize>>| {
                let mut waiting = 0;
                let mut all = 0;
                for other in on {
                    all += 1;
                    if let Some(other) = other {
                        nodes[other].dependents.push(node);
                        waiting += 1;
                    }
                }
                // Those who do not wait get on.
                nodes[node].needs = needs.min(all).saturating_sub(all - waiting);
            };
        for (node, party) in parties.iter().enumerate() {
            match &self.awaits[party] {
                Awaits::Thing(thing) => {
                    let thing = things.binary_search(thing).ok().map(|at| parties.len() + at);
                    depend(node, 1, &mut std::iter::once(thing));
                }
                Awaits::All(others) => depend(node, others.len(), &mut others.iter().map(place_of)),
                Awaits::Some(needs, others) => {
                    depend(node, *needs, &mut others.iter().map(place_of));
                }
            }
        }
        for (at, thing) in things.iter().enumerate() {
            depend(parties.len() + at, 1, &mut self.holders[thing].iter().map(place_of));
        }
        let mut gets_on: Vec<usize> =
            (0..nodes.len()).filter(|node| nodes[*node].needs == 0).collect();
        let mut next = 0;
        while let Some(node) = gets_on.get(next).copied() {
            next += 1;
            for dependent in std::mem::take(&mut nodes[node].dependents) {
                if nodes[dependent].needs > 0 {
                    nodes[dependent].needs -= 1;
                    if nodes[dependent].needs == 0 {
                        gets_on.push(dependent);
                    }
                }
            }
        }
        let is_stuck = |(node, _): &(usize, &Party)| nodes[*node].needs > 0;
        parties.iter().enumerate().filter(is_stuck).map(|(_, party)| *party).collect()
    }

    /// Whether somebody waits for what another has, and not for what he has begun himself.
    pub(super) fn waits_for_others(&self, party: Party) -> bool {
        matches!(self.awaits.get(&party), Some(Awaits::Thing(_) | Awaits::All(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn party(slot: u32) -> Party {
        Party::Request(slot)
    }

    fn waits(awaits: &[(u32, Awaits)], holders: &[(usize, &[u32])]) -> Waits {
        let held = |(thing, by): &(usize, &[u32])| {
            (Thing::Workers(*thing), by.iter().copied().map(party).collect())
        };
        Waits {
            awaits: awaits.iter().map(|(slot, awaits)| (party(*slot), awaits.clone())).collect(),
            holders: holders.iter().map(held).collect(),
        }
    }

    fn workers(pool: usize) -> Awaits {
        Awaits::Thing(Thing::Workers(pool))
    }

    #[test]
    fn one_holder_who_gets_on_is_enough_for_all_who_wait_for_such_a_thing() {
        let crosswise = [(1, workers(2)), (2, workers(1))];
        let stuck = waits(&crosswise, &[(1, &[1]), (2, &[2])]).stuck();
        assert_eq!(stuck, [party(1), party(2)]);
        // The third has a worker of the second pool, and works.
        assert_eq!(waits(&crosswise, &[(1, &[1]), (2, &[2, 3])]).stuck(), []);
    }

    #[test]
    fn of_a_row_all_have_to_let_go_and_of_branches_as_many_as_are_needed() {
        let stuck = [(1, workers(1)), (2, Awaits::All(vec![party(1), party(9)]))];
        assert_eq!(waits(&stuck, &[(1, &[1])]).stuck(), [party(1), party(2)]);
        let some = |needs| {
            let branches = Awaits::Some(needs, vec![party(1), party(9)]);
            waits(&[(1, workers(1)), (2, branches)], &[(1, &[1])]).stuck()
        };
        assert_eq!(some(1), [party(1)]);
        assert_eq!(some(2), [party(1), party(2)]);
    }

    /// Strikes out whoever gets on, again and again, until nobody more does.
    fn slowly(waits: &Waits) -> Vec<Party> {
        let mut stuck: BTreeSet<Party> = waits.awaits.keys().copied().collect();
        loop {
            let on = |party: &Party| !stuck.contains(party);
            let free = |party: &Party| match &waits.awaits[party] {
                Awaits::Thing(thing) => match waits.holders.get(thing) {
                    Some(holders) => holders.is_empty() || holders.iter().any(on),
                    None => true,
                },
                Awaits::All(others) => others.iter().all(on),
                Awaits::Some(needs, others) => {
                    others.iter().filter(|o| on(o)).count() >= (*needs).min(others.len())
                }
            };
            let still: BTreeSet<Party> = stuck.iter().copied().filter(|p| !free(p)).collect();
            if still.len() == stuck.len() {
                return still.into_iter().collect();
            }
            stuck = still;
        }
    }

    fn anything() -> impl Strategy<Value = Waits> {
        let parties = || prop::collection::vec((0_u32..12).prop_map(party), 0..4);
        let awaits = prop_oneof![
            (0_usize..4).prop_map(workers),
            parties().prop_map(Awaits::All),
            (1_usize..3, parties()).prop_map(|(needs, others)| Awaits::Some(needs, others)),
        ];
        let all = prop::collection::btree_map((0_u32..12).prop_map(party), awaits, 0..12);
        let holders =
            prop::collection::btree_map((0_usize..4).prop_map(Thing::Workers), parties(), 0..4);
        (all, holders).prop_map(|(awaits, holders)| Waits { awaits, holders })
    }

    proptest! {
        #[test]
        fn those_are_stuck_whom_striking_out_leaves(waits in anything()) {
            prop_assert_eq!(waits.stuck(), slowly(&waits));
        }
    }
}
