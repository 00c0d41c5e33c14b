//! A layer of the policy of an edge, as the engine meets it.

use super::super::spec::Model;
use super::event::Event;
use super::guards::{Layout, Place, Places, budget_of};
use crate::kernel::{EventQueue, LaneId};
use crate::policy::ResolvedLayer;

/// A layer, with what is asked of it at every visit looked up once.
///
/// As the route that it belongs to, it is made before the run and lent to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer<'m> {
    pub(super) policy: &'m ResolvedLayer,
    /// Its number among the layers of all edges.
    pub(super) number: u32,
    /// The lane of its timer.
    pub(super) lane: Option<LaneId>,
    /// Where the guard lies, what a fallback remembers, or the hedger.
    pub(super) own: Option<Place>,
    /// Where its budget lies.
    pub(super) budget: Option<Place>,
    /// Whether its budget hears of more than how attempts end, and remembers something of each call.
    pub(super) follows_calls: bool,
    /// Whether its guard is told how long calls took.
    pub(super) times_calls: bool,
}

impl<'m> Layer<'m> {
    /// Those of all edges.
    pub(super) fn all(model: &'m Model) -> Vec<Box<[Self]>> {
        let places = Layout::of(model).places;
        let (mut queue, mut numbers) = (EventQueue::<Event>::new(), 0..);
        let mut layer = |(policy, Places { own, budget })| Self {
            policy,
            number: numbers.next().unwrap_or(0),
            lane: lane_of(policy, &mut queue),
            own,
            budget,
            follows_calls: budget_of(policy).is_some_and(|budget| budget.kind.follows_calls()),
            times_calls: matches!(policy, ResolvedLayer::Guard(guard) if guard.kind.times_calls()),
        };
        let edges = model.edges.iter().zip(places);
        edges
            .map(|(edge, places)| edge.policy.layers.iter().zip(places).map(&mut layer).collect())
            .collect()
    }
}

/// The lane of the timer of a layer, if it has one that takes a constant time. New queues that are asked the
/// same give the same.
pub(super) fn lane_of<E: Copy>(layer: &ResolvedLayer, queue: &mut EventQueue<E>) -> Option<LaneId> {
    match layer {
        ResolvedLayer::Timeout(time) | ResolvedLayer::Deadline(time) => Some(queue.lane(*time)),
        _ => None,
    }
}
