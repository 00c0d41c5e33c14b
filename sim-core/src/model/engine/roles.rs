//! Which instance of a replicated service is asked: the primary as a caller knows it, a replica, or any.

use super::super::replication::{Callers, ReplicationSpec, Role};
use super::super::spec::{EdgeId, Model};
use crate::kernel::{SimDuration, SimTime};

/// What the callers of a replicated service know of its primary.
#[derive(Debug)]
pub(super) struct Roles {
    callers: Callers,
    /// Of each edge: which of the instances it asks.
    of_edges: Vec<Role>,
    /// Who is the primary from when on, the first first.
    primaries: Vec<(SimTime, u32)>,
}

/// Which of so many callers calls.
pub(super) type Caller = (u32, u32);

impl Roles {
    pub(super) fn new(spec: &ReplicationSpec, model: &Model) -> Self {
        Self {
            callers: spec.how.callers,
            of_edges: model.edges.iter().map(|edge| spec.role_of(edge.to)).collect(),
            primaries: vec![(SimTime::ZERO, 0)],
        }
    }

    pub(super) fn of(&self, edge: EdgeId) -> Role {
        self.of_edges[edge.index()]
    }

    /// From now on this is the primary.
    pub(super) fn promote(&mut self, now: SimTime, instance: u32) {
        self.primaries.push((now, instance));
    }

    /// What a caller takes for the primary.
    pub(super) fn primary(&self, now: SimTime, caller: Caller) -> u32 {
        let heard = self.looked_up(now, caller);
        let known = self.primaries.iter().rev().find(|(since, _)| *since <= heard);
        known.map_or(0, |(_, instance)| *instance)
    }

    /// When a caller last looked the name up: callers do so evenly, one after another.
    fn looked_up(&self, now: SimTime, (nth, of): Caller) -> SimTime {
        let ttl = match self.callers {
            Callers::Pinned => return SimTime::ZERO,
            Callers::Follow(lookups) if lookups.ttl.is_zero() => return now,
            Callers::Follow(lookups) => lookups.ttl.as_nanos(),
        };
        let own = (u128::from(ttl) * u128::from(nth) / u128::from(of.max(1))) as u64;
        let phase = now.as_nanos() % ttl;
        let age = if phase >= own { phase - own } else { phase + ttl - own };
        SimTime::ZERO + now.since(SimTime::ZERO + SimDuration::from_nanos(age))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::replication::Lookups;
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    fn roles(callers: Callers) -> Roles {
        let mut roles = Roles { callers, of_edges: Vec::new(), primaries: vec![(at(0), 0)] };
        roles.promote(at(100), 2);
        roles
    }

    #[test]
    fn those_who_follow_know_when_they_look_again_and_the_pinned_never() {
        let ttl = SimDuration::from_secs(10);
        let follow = roles(Callers::Follow(Lookups { ttl }));
        // The first looks at 100, 110, …, the third of five at 94, 104, …
        let first = [99, 100, 109].map(|s| follow.primary(at(s), (0, 5)));
        assert_eq!(first, [0, 2, 2]);
        let third = [100, 103, 104, 113].map(|s| follow.primary(at(s), (2, 5)));
        assert_eq!(third, [0, 0, 2, 2]);
        assert_eq!(roles(Callers::default()).primary(at(100), (2, 5)), 2);
        assert_eq!(roles(Callers::Pinned).primary(at(10_000), (0, 1)), 0);
        // Before it looks for the first time it knows what was there at the start.
        assert_eq!(follow.primary(at(3), (4, 5)), 0);
    }
}
