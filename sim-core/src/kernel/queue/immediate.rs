//! What is due at once: the events that are scheduled for the time that it is.

use std::collections::VecDeque;

/// A first-in-first-out list of events and their orders.
///
/// Invariant: all of them are due at the queue's `now`, and time does not pass while there are
/// any. So none is sorted among later ones, and only what waits elsewhere for the same time can
/// come before the first of them. There is a `first` if there is any: mostly it is alone, and the
/// deque is not touched.
#[derive(Clone, Debug)]
pub(super) struct Immediate<E> {
    first: Option<(u32, E)>,
    others: VecDeque<(u32, E)>,
}

impl<E: Copy> Immediate<E> {
    pub(super) fn new() -> Self {
        Self { first: None, others: VecDeque::new() }
    }

    /// Adds an event, which was scheduled after all others.
    #[inline]
    pub(super) fn push(&mut self, order: u32, event: E) {
        if self.first.is_none() {
            self.first = Some((order, event));
        } else {
            self.others.push_back((order, event));
        }
    }

    /// How many events there are.
    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }

    /// The order of the first event.
    #[inline]
    pub(super) fn first(&self) -> Option<u32> {
        self.first.map(|(order, _)| order)
    }

    /// Takes the first event off.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<E> {
        let next = if self.others.is_empty() { None } else { self.others.pop_front() };
        std::mem::replace(&mut self.first, next).map(|(_, event)| event)
    }

    /// The orders of all events, to be changed.
    pub(super) fn orders(&mut self) -> impl Iterator<Item = &mut u32> {
        self.first.iter_mut().chain(&mut self.others).map(|(order, _)| order)
    }
}
