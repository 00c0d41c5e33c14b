//! What is due at once: the events that are scheduled for the time that it is.

/// A first-in-first-out list of events and their orders.
///
/// Invariant: all from `next` on are due at the queue's `now`; those before it were taken off. Time does
/// not pass while there are any, so none is sorted among later ones, and only what waits elsewhere for
/// the same time can come before the first of them.
#[derive(Clone, Debug)]
pub(super) struct Immediate<E> {
    events: Vec<(u32, E)>,
    next: usize,
}

impl<E: Copy> Immediate<E> {
    pub(super) fn new() -> Self {
        Self { events: Vec::new(), next: 0 }
    }

    /// How many events there are.
    pub(super) fn len(&self) -> usize {
        self.events.len() - self.next
    }

    /// Adds an event, which was scheduled after all others.
    #[inline]
    pub(super) fn push(&mut self, order: u32, event: E) {
        if self.next == self.events.len() {
            self.events.clear();
            self.next = 0;
        }
        self.events.push((order, event));
    }

    /// The first event and its order.
    #[inline]
    pub(super) fn first(&self) -> Option<&(u32, E)> {
        self.events.get(self.next)
    }

    /// Takes the first event off: there must be one.
    #[inline]
    pub(super) fn pass_first(&mut self) {
        debug_assert!(self.next < self.events.len(), "nothing is there to be taken off");
        self.next += 1;
    }

    /// The orders of all events, to be changed.
    pub(super) fn orders(&mut self) -> impl Iterator<Item = &mut u32> {
        self.events[self.next..].iter_mut().map(|(order, _)| order)
    }
}
