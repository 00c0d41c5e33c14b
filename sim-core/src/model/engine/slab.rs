//! A slab: values in one vector, addressed by a small slot number that is reused.
//!
//! Invariant: a slot is occupied exactly while its generation is odd. A reference that may
//! outlive its value keeps the generation beside the slot and asks [`Slab::is_current`].

/// Values addressed by slot, with a generation for each slot.
#[derive(Debug)]
pub(super) struct Slab<T> {
    /// What lies in a slot before its first value.
    blank: T,
    values: Vec<T>,
    generations: Vec<u32>,
    free: Vec<u32>,
}

impl<T: Copy> Slab<T> {
    /// An empty slab; it takes any value to fill a new slot with.
    pub(super) fn new(blank: T) -> Self {
        Self { blank, values: Vec::new(), generations: Vec::new(), free: Vec::new() }
    }

    /// How many slots are occupied.
    pub(super) fn len(&self) -> usize {
        self.values.len() - self.free.len()
    }

    /// How many slots have ever been occupied at one time.
    #[inline]
    pub(super) fn most(&self) -> usize {
        self.values.len()
    }

    /// Puts a value into a free slot.
    #[inline(always)]
    pub(super) fn insert(&mut self, value: T) -> u32 {
        // One place that writes it, so that it is built there and not moved there.
        let slot = self.free.pop().unwrap_or_else(|| self.add_slot());
        self.values[slot as usize] = value;
        self.generations[slot as usize] = self.generations[slot as usize].wrapping_add(1);
        slot
    }

    #[cold]
    fn add_slot(&mut self) -> u32 {
        self.values.push(self.blank);
        self.generations.push(0);
        (self.values.len() - 1) as u32
    }

    /// Empties a slot. Every value is removed exactly once.
    #[inline(always)]
    pub(super) fn remove(&mut self, slot: u32) {
        debug_assert!(self.is_occupied(slot), "slot {slot} is emptied twice");
        self.generations[slot as usize] = self.generations[slot as usize].wrapping_add(1);
        self.free.push(slot);
    }

    /// The generation of an occupied slot, to be kept beside a reference that may outlive it.
    #[inline]
    pub(super) fn generation(&self, slot: u32) -> u32 {
        debug_assert!(self.is_occupied(slot));
        self.generations[slot as usize]
    }

    /// Whether the slot still holds the value that it held at this generation.
    #[inline]
    pub(super) fn is_current(&self, slot: u32, generation: u32) -> bool {
        self.generations[slot as usize] == generation
    }

    /// The occupied slots, ascending.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.values.len() as u32).filter(|slot| self.is_occupied(*slot))
    }

    #[inline]
    fn is_occupied(&self, slot: u32) -> bool {
        self.generations[slot as usize] & 1 == 1
    }
}

impl<T: Copy> std::ops::Index<u32> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, slot: u32) -> &T {
        debug_assert!(self.is_occupied(slot), "slot {slot} is empty");
        &self.values[slot as usize]
    }
}

impl<T: Copy> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut T {
        debug_assert!(self.is_occupied(slot), "slot {slot} is empty");
        &mut self.values[slot as usize]
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
