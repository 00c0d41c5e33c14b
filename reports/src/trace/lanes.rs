//! Where spans are drawn: lanes on which each span lies inside another or beside all others, as
//! Perfetto's tracks ask for.
//!
//! A span is drawn on the lane of what it is a part of, if there is room; else on the first of its place
//! that is free.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sim_core::kernel::SimTime;
use sim_core::model::trace::{Place, Span, Trace};

/// Where the spans of a trace are drawn.
pub(super) struct Lanes {
    /// The spans in the order in which they are drawn: a span comes after those that it lies inside.
    pub(super) order: Vec<usize>,
    /// By span: the number of its lane in its place, from 0.
    pub(super) of: Vec<usize>,
}

/// Spans that lie inside one another, the innermost last.
type Lane = Vec<(usize, SimTime)>;

const NOT_DRAWN: usize = usize::MAX;

impl Lanes {
    pub(super) fn of(trace: &Trace) -> Self {
        let spans = &trace.spans;
        let mut order: Vec<usize> = (0..spans.len()).collect();
        // What lasts longer is drawn first, so that the rest finds room inside.
        order.sort_by_key(|number| (spans[*number].start, Reverse(spans[*number].end), *number));
        let mut of = vec![NOT_DRAWN; spans.len()];
        let mut places: BTreeMap<Place, Vec<Lane>> = BTreeMap::new();
        for number in order.iter().copied() {
            let span = &spans[number];
            let lanes = places.entry(span.at).or_default();
            let parent = span.parent.map(|parent| parent as usize);
            let parent = parent.filter(|p| spans[*p].at == span.at && of[*p] != NOT_DRAWN);
            let has_room = |lane: &usize| match innermost(&lanes[*lane], span.start) {
                None => true,
                Some((other, end)) => end >= span.end && is_part_of(span, other, spans),
            };
            let is_free = |lane: &Lane| innermost(lane, span.start).is_none();
            let lane = parent.map(|parent| of[parent]).filter(has_room);
            let lane = lane.or_else(|| lanes.iter().position(is_free)).unwrap_or(lanes.len());
            if lane == lanes.len() {
                lanes.push(Lane::new());
            }
            lanes[lane].retain(|(_, end)| *end > span.start);
            lanes[lane].push((number, span.end));
            of[number] = lane;
        }
        Self { order, of }
    }
}

/// What a lane shows at a time, the innermost of it.
fn innermost(lane: &Lane, at: SimTime) -> Option<(usize, SimTime)> {
    lane.iter().rev().copied().find(|(_, end)| *end > at)
}

fn is_part_of(span: &Span, other: usize, spans: &[Span]) -> bool {
    let parent = |above: &u32| spans[*above as usize].parent;
    std::iter::successors(span.parent, parent).any(|above| above as usize == other)
}
