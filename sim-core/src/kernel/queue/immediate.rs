//! What is due at once: the events that are scheduled for the time that it is.

use std::collections::VecDeque;

/// A first-in-first-out list of events and their orders.
///
/// Invariant: all of them are due at the queue's `now`, and time does not pass while there are
/// any. So none is sorted among later ones, and only what waits elsewhere for the same time can
/// come before the first of them.
#[derive(Clone, Debug)]
pub(super) struct Immediate<E> {
    events: VecDeque<(u32, E)>,
}

impl<E: Copy> Immediate<E> {
    pub(super) fn new() -> Self {
        Self { events: VecDeque::new() }
    }

    /// Adds an event, which was scheduled after all others.
    #[inline]
    pub(super) fn push(&mut self, order: u32, event: E) {
        self.events.push_back((order, event));
    }

    /// The order of the first event.
    #[inline]
    pub(super) fn first(&self) -> Option<u32> {
        self.events.front().map(|(order, _)| *order)
    }

    /// Takes the first event off.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<E> {
        self.events.pop_front().map(|(_, event)| event)
    }

    /// The orders of all events, to be changed.
    pub(super) fn orders(&mut self) -> impl Iterator<Item = &mut u32> {
        self.events.iter_mut().map(|(order, _)| order)
    }
}
