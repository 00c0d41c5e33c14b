//! The slots behind the timers of the ladder: which of its events are cancelled.

use super::Timer;

/// The number of a timer's slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u32);

impl Slot {
    /// The slot of an event that cannot be cancelled.
    pub(super) const NONE: Self = Self(u32::MAX);
}

/// The slots, each with a generation that counts its uses by two.
///
/// A slot is taken when a timer is given out and freed when its event leaves the queue, which for
/// a cancelled event may be later than the cancelling.
///
/// Invariant: a taken slot has the generation that its timer names, and the next, odd one once
/// it is cancelled; the generation of a free slot was never given out.
#[derive(Clone, Debug)]
pub(super) struct Timers {
    slots: Vec<State>,
    first_free: u32,
}

#[derive(Clone, Copy, Debug)]
struct State {
    generation: u32,
    /// The next free slot, of a free one.
    next: u32,
}

/// No free slot.
const END: u32 = u32::MAX;
/// The generation at which a slot is used up: it is never taken again, so that no timer, however
/// old, comes to mean another event. The highest bit is that of the timers of lanes.
const USED_UP: u32 = (1 << 31) - 2;

impl Timers {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), first_free: END }
    }

    /// Takes a slot for an event.
    #[inline]
    pub(super) fn take(&mut self) -> (Slot, Timer) {
        if self.first_free == END {
            self.add_slot();
        }
        let number = self.first_free;
        let slot = &self.slots[number as usize];
        self.first_free = slot.next;
        (Slot(number), Timer::in_ladder(slot.generation, number))
    }

    /// Marks the event of a slot as cancelled, if it is that of the timer of this generation, and still
    /// waits: whether it is so.
    #[inline]
    pub(super) fn cancel(&mut self, generation: u32, slot: u32) -> bool {
        let Some(slot) = self.slots.get_mut(slot as usize) else { return false };
        let waits = slot.generation == generation;
        slot.generation += u32::from(waits);
        waits
    }

    #[inline]
    pub(super) fn is_cancelled(&self, slot: Slot) -> bool {
        slot != Slot::NONE && !self.slots[slot.0 as usize].generation.is_multiple_of(2)
    }

    /// Frees the slot of an event that leaves the queue; whether the event was still pending.
    #[inline]
    pub(super) fn release(&mut self, slot: Slot) -> bool {
        if slot == Slot::NONE {
            return true;
        }
        let state = &mut self.slots[slot.0 as usize];
        let pending = state.generation.is_multiple_of(2);
        state.generation = (state.generation | 1) + 1;
        if state.generation != USED_UP {
            state.next = self.first_free;
            self.first_free = slot.0;
        }
        pending
    }

    /// How many slots there are, taken and free.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    #[cold]
    fn add_slot(&mut self) {
        self.first_free = self.slots.len() as u32;
        self.slots.push(State { generation: 0, next: END });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_means_one_event_for_ever() {
        let mut timers = Timers::new();
        let (slot, old) = timers.take();
        assert!(timers.release(slot));
        let (again, new) = timers.take();
        assert_eq!(again, slot);
        assert_ne!(new, old);
        assert!(!timers.cancel(0, 0));
        assert!(timers.cancel(2, 0));
        assert!(!timers.cancel(2, 0));
        assert!(timers.is_cancelled(again));
        assert!(!timers.release(again));
        assert!(!timers.cancel(0, 1), "there is no such slot");
    }

    #[test]
    fn a_used_up_slot_is_never_taken_again() {
        let mut timers = Timers::new();
        let (slot, _) = timers.take();
        timers.slots[0].generation = USED_UP - 2;
        assert!(timers.release(slot));
        assert_ne!(timers.take().0, slot);
        assert!(!timers.cancel(USED_UP - 2, 0));
    }
}
