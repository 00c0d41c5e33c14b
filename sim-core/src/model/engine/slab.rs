//! A slab: values in one vector, addressed by a small slot number that is reused.
//!
//! A value's generation and the link of a free slot lie beside the value, so that whoever comes to a
//! slot that has long left the cache waits for it once.
//!
//! Invariants: a slot is occupied exactly while its generation is odd. A reference that may
//! outlive its value keeps the generation beside the slot and asks [`Slab::is_current`]. The free slots
//! are a list, the one emptied last in front.

/// Values addressed by slot, with a generation for each slot.
#[derive(Debug)]
pub(super) struct Slab<T> {
    /// What lies in a slot before its first value.
    blank: T,
    slots: Vec<Slot<T>>,
    first_free: u32,
    occupied: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot<T> {
    value: T,
    generation: u32,
    /// The next free slot, of a free one.
    next_free: u32,
}

/// No free slot.
const END: u32 = u32::MAX;

impl<T: Copy> Slab<T> {
    /// An empty slab; it takes any value to fill a new slot with.
    pub(super) fn new(blank: T) -> Self {
        Self { blank, slots: Vec::new(), first_free: END, occupied: 0 }
    }

    /// How many slots are occupied.
    pub(super) fn len(&self) -> usize {
        self.occupied as usize
    }

    /// How many slots have ever been occupied at one time.
    #[inline]
    pub(super) fn most(&self) -> usize {
        self.slots.len()
    }

    /// Puts a value into a free slot.
    #[inline(always)]
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if self.first_free == END {
            self.add_slot();
        }
        let number = self.first_free;
        let slot = &mut self.slots[number as usize];
        self.first_free = slot.next_free;
        slot.generation = slot.generation.wrapping_add(1);
        // One place that writes it, so that it is built there and not moved there.
        slot.value = value;
        self.occupied += 1;
        number
    }

    #[cold]
    fn add_slot(&mut self) {
        self.first_free = self.slots.len() as u32;
        self.slots.push(Slot { value: self.blank, generation: 0, next_free: END });
    }

    /// Empties a slot. Every value is removed exactly once.
    #[inline(always)]
    pub(super) fn remove(&mut self, number: u32) {
        debug_assert!(self.is_occupied(number), "slot {number} is emptied twice");
        let slot = &mut self.slots[number as usize];
        slot.generation = slot.generation.wrapping_add(1);
        slot.next_free = self.first_free;
        self.first_free = number;
        self.occupied -= 1;
    }

    /// The generation of an occupied slot, to be kept beside a reference that may outlive it.
    #[inline]
    pub(super) fn generation(&self, slot: u32) -> u32 {
        debug_assert!(self.is_occupied(slot));
        self.slots[slot as usize].generation
    }

    /// Whether the slot still holds the value that it held at this generation.
    #[inline]
    pub(super) fn is_current(&self, slot: u32, generation: u32) -> bool {
        self.slots[slot as usize].generation == generation
    }

    /// The occupied slots, ascending.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.slots.len() as u32).filter(|slot| self.is_occupied(*slot))
    }

    #[inline]
    fn is_occupied(&self, slot: u32) -> bool {
        self.slots[slot as usize].generation & 1 == 1
    }
}

impl<T: Copy> std::ops::Index<u32> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, slot: u32) -> &T {
        debug_assert!(self.is_occupied(slot), "slot {slot} is empty");
        &self.slots[slot as usize].value
    }
}

impl<T: Copy> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut T {
        debug_assert!(self.is_occupied(slot), "slot {slot} is empty");
        &mut self.slots[slot as usize].value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_reused_under_a_new_generation() {
        let mut slab = Slab::new(' ');
        let a = slab.insert('a');
        let generation = slab.generation(a);
        assert!(slab.is_current(a, generation));
        slab.remove(a);
        assert!(!slab.is_current(a, generation));
        let b = slab.insert('b');
        assert_eq!(a, b);
        assert!(!slab.is_current(a, generation));
        assert_eq!((slab[b], slab.len()), ('b', 1));
        assert_eq!(slab.slots().collect::<Vec<_>>(), [b]);
    }

    #[test]
    #[should_panic(expected = "emptied twice")]
    #[cfg(debug_assertions)]
    fn nothing_is_removed_twice() {
        let mut slab = Slab::new(0);
        let a = slab.insert(1);
        slab.remove(a);
        slab.remove(a);
    }
}
