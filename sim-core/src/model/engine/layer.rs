//! A layer of the policy of an edge, as the engine meets it.

use super::super::spec::Model;
use super::event::Event;
use super::guards::{Layout, Place, Places, budget_of};
use crate::kernel::{EventQueue, LaneId, SimDuration};
use crate::policy::{FallbackPolicy, ResolvedLayer, RetryPolicy};

/// A layer, with what is asked of it at every visit looked up once.
///
/// As the route that it belongs to, it is made before the run and lent to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer<'m> {
    pub(super) policy: &'m ResolvedLayer,
    pub(super) role: Role<'m>,
    /// Its number among the layers of all edges.
    pub(super) number: u32,
    /// Where the guard lies, what a fallback remembers, or the hedger.
    pub(super) own: Place,
    /// Where its budget lies.
    pub(super) budget: Place,
    /// Whether its budget hears of more than how attempts end, and remembers something of each call.
    pub(super) follows_calls: bool,
    /// Whether its guard is told how long calls took.
    pub(super) times_calls: bool,
}

/// What is done at a layer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role<'m> {
    Retry(&'m RetryPolicy),
    Timeout { lane: LaneId, after: SimDuration },
    Deadline { lane: LaneId, after: SimDuration },
    Fallback(&'m FallbackPolicy),
    Hedge,
    Guard,
}

impl<'m> Role<'m> {
    /// That of a layer whose timer has its lane in a queue.
    fn of(layer: &'m ResolvedLayer, queue: &mut EventQueue<Event>) -> Self {
        match layer {
            ResolvedLayer::Retry(retry) => Self::Retry(retry),
            ResolvedLayer::Timeout(after) => {
                Self::Timeout { lane: queue.lane(*after), after: *after }
            }
            ResolvedLayer::Deadline(after) => {
                Self::Deadline { lane: queue.lane(*after), after: *after }
            }
            ResolvedLayer::Fallback(fallback) => Self::Fallback(fallback),
            ResolvedLayer::Hedge(_) => Self::Hedge,
            ResolvedLayer::Guard(_) => Self::Guard,
        }
    }
}

impl<'m> Layer<'m> {
    /// Makes the lane of its timer in the queue of a run, which has those of the layers before it.
    pub(super) fn make_lane(&self, queue: &mut EventQueue<Event>) {
        if let Role::Timeout { lane, after } | Role::Deadline { lane, after } = self.role {
            let made = queue.lane(after);
            debug_assert_eq!(made, lane, "the lanes of a run are not those of its routes");
        }
    }

    /// Those of all edges.
    pub(super) fn all(model: &'m Model) -> Vec<Box<[Self]>> {
        let places = Layout::of(model).places;
        let (mut queue, mut number) = (EventQueue::new(), 0);
        let mut layer = |(policy, Places { own, budget })| {
            number += 1;
            Self {
                policy,
                role: Role::of(policy, &mut queue),
                number: number - 1,
                own,
                budget,
                follows_calls: budget_of(policy).is_some_and(|budget| budget.kind.follows_calls()),
                times_calls: matches!(policy, ResolvedLayer::Guard(guard) if guard.kind.times_calls()),
            }
        };
        let edges = model.edges.iter().zip(places);
        edges
            .map(|(edge, places)| edge.policy.layers.iter().zip(places).map(&mut layer).collect())
            .collect()
    }
}
