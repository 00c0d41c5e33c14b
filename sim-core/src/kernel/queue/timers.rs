//! The slots behind the timers: which scheduled events are cancelled.

use super::Timer;

/// The number of a timer's slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u32);

impl Slot {
    /// The slot of an event that cannot be cancelled.
    pub(super) const NONE: Self = Self(u32::MAX);
}

/// Where the event of a timer waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home(u32);

impl Home {
    pub(super) const LADDER: Self = Self(u32::MAX);

    pub(super) const fn lane(lane: u32) -> Self {
        Self(lane)
    }

    /// The number of the lane; nothing for the ladder.
    #[inline]
    pub(super) fn as_lane(self) -> Option<u32> {
        (self != Self::LADDER).then_some(self.0)
    }
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

/// `link` is the home of the event of a taken slot, and the next slot of a free one.
#[derive(Clone, Copy, Debug)]
struct State {
    generation: u32,
    link: u32,
}

/// No free slot.
const END: u32 = u32::MAX;
/// The generation at which a slot is used up: it is never taken again, so that no timer, however
/// old, comes to mean another event.
const USED_UP: u32 = u32::MAX - 1;

impl Timers {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), first_free: END }
    }

    /// Takes a slot for an event that waits at `home`.
    #[inline]
    pub(super) fn take(&mut self, home: Home) -> (Slot, Timer) {
        if self.first_free == END {
            self.add_slot();
        }
        let number = self.first_free;
        let slot = &mut self.slots[number as usize];
        self.first_free = std::mem::replace(&mut slot.link, home.0);
        let timer = Timer(u64::from(slot.generation) << 32 | u64::from(number));
        (Slot(number), timer)
    }

    /// Marks the event of `timer` as cancelled and says where it waits; nothing if it no longer
    /// waits or was cancelled before.
    #[inline]
    pub(super) fn cancel(&mut self, timer: Timer) -> Option<Home> {
        let slot = self.slots.get_mut(timer.0 as u32 as usize)?;
        if slot.generation != (timer.0 >> 32) as u32 {
            return None;
        }
        slot.generation += 1;
        Some(Home(slot.link))
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
            state.link = self.first_free;
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
        self.slots.push(State { generation: 0, link: END });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_means_one_event_for_ever() {
        let mut timers = Timers::new();
        let (slot, old) = timers.take(Home::LADDER);
        assert!(timers.release(slot));
        let (again, new) = timers.take(Home::lane(3));
        assert_eq!(again, slot);
        assert_eq!(timers.cancel(old), None);
        assert_eq!(timers.cancel(new), Some(Home::lane(3)));
        assert_eq!(timers.cancel(new), None);
        assert!(timers.is_cancelled(again));
        assert!(!timers.release(again));
        assert_eq!(timers.cancel(Timer::NONE), None);
    }

    #[test]
    fn a_used_up_slot_is_never_taken_again() {
        let mut timers = Timers::new();
        let (slot, _) = timers.take(Home::LADDER);
        timers.slots[0].generation = USED_UP - 2;
        let last = Timer(u64::from(USED_UP - 2) << 32);
        assert!(timers.release(slot));
        assert_ne!(timers.take(Home::LADDER).0, slot);
        assert_eq!(timers.cancel(last), None);
    }
}
