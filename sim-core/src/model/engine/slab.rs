//! A slab: values in one vector, addressed by a small slot number that is reused; and what lies
//! beside them.
//!
//! A value says itself whether its slot is free, so that a slot has nothing but the value. The numbers
//! of the free slots are a stack, the one emptied last on top: it is as long as slots are free, and its
//! top is warm.

/// A value of a slab, which says itself whether it is gone.
pub(super) trait Slotted: Copy {
    /// What lies in a slot before its first value: one that is gone.
    const GONE: Self;

    /// Whether the value is gone, and its slot free.
    fn is_gone(&self) -> bool;

    /// Another value comes into the slot of this one, which is gone.
    fn give_way_to(&mut self, value: Self);

    /// The value goes.
    fn go(&mut self);
}

/// Values addressed by slot.
#[derive(Debug)]
pub(super) struct Slab<T> {
    slots: Vec<T>,
    free: Vec<u32>,
}

impl<T: Slotted> Slab<T> {
    /// An empty slab.
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }

    /// How many slots are occupied.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// How many slots have ever been occupied at one time.
    #[inline]
    pub(super) fn most(&self) -> usize {
        self.slots.len()
    }

    /// Puts a value into a free slot.
    #[inline(always)]
    pub(super) fn insert(&mut self, value: T) -> u32 {
        let number = match self.free.pop() {
            Some(number) => number,
            None => self.add_slot(),
        };
        // One place that writes it, so that it is built there and not moved there.
        self.slots[number as usize].give_way_to(value);
        number
    }

    #[cold]
    fn add_slot(&mut self) -> u32 {
        self.slots.push(T::GONE);
        self.slots.len() as u32 - 1
    }

    /// Empties a slot. Every value is removed exactly once.
    #[inline(always)]
    pub(super) fn remove(&mut self, number: u32) {
        let value = &mut self.slots[number as usize];
        debug_assert!(!value.is_gone(), "slot {number} is emptied twice");
        value.go();
        self.free.push(number);
    }

    /// The value in a slot, if it is not free.
    #[inline]
    pub(super) fn get(&self, slot: u32) -> Option<&T> {
        self.slots.get(slot as usize).filter(|value| !value.is_gone())
    }

    /// The occupied slots, ascending.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.slots.len() as u32).filter(|slot| self.get(*slot).is_some())
    }
}

impl<T: Slotted> std::ops::Index<u32> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, slot: u32) -> &T {
        let value = &self.slots[slot as usize];
        debug_assert!(!value.is_gone(), "slot {slot} is empty");
        value
    }
}

impl<T: Slotted> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut T {
        let value = &mut self.slots[slot as usize];
        debug_assert!(!value.is_gone(), "slot {slot} is empty");
        value
    }
}

/// What lies beside some values of a slab, by the same numbers: what not every model, or not every
/// value, needs. It takes no memory until somebody puts something there.
#[derive(Debug)]
pub(super) struct Beside<T> {
    blank: T,
    values: Vec<T>,
}

impl<T: Copy> Beside<T> {
    /// Nothing, which is `blank` wherever it is needed.
    pub(super) fn new(blank: T) -> Self {
        Self { blank, values: Vec::new() }
    }

    /// Puts something beside a slot.
    #[inline]
    pub(super) fn put(&mut self, slot: u32, value: T) {
        *self.at(slot) = value;
    }

    /// What lies beside a slot, to be changed.
    #[inline]
    pub(super) fn at(&mut self, slot: u32) -> &mut T {
        if self.values.len() <= slot as usize {
            self.make_room(slot);
        }
        &mut self.values[slot as usize]
    }

    #[cold]
    fn make_room(&mut self, slot: u32) {
        self.values.resize(slot as usize + 1, self.blank);
    }
}

impl<T> std::ops::Index<u32> for Beside<T> {
    type Output = T;
    #[inline]
    fn index(&self, slot: u32) -> &T {
        self.values.get(slot as usize).unwrap_or(&self.blank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Slotted for char {
        const GONE: Self = ' ';

        fn is_gone(&self) -> bool {
            *self == Self::GONE
        }

        fn give_way_to(&mut self, value: Self) {
            *self = value;
        }

        fn go(&mut self) {
            *self = Self::GONE;
        }
    }

    #[test]
    fn the_slot_that_was_emptied_last_is_taken_first() {
        let mut slab = Slab::new();
        let [a, b, c] = ['a', 'b', 'c'].map(|value| slab.insert(value));
        slab.remove(a);
        slab.remove(c);
        assert_eq!((slab.get(a), slab.get(b), slab.len(), slab.most()), (None, Some(&'b'), 1, 3));
        assert_eq!(slab.insert('d'), c);
        assert_eq!(slab.insert('e'), a);
        assert_eq!((slab[a], slab[c], slab.insert('f')), ('e', 'd', 3));
        assert_eq!(slab.slots().collect::<Vec<_>>(), [0, 1, 2, 3]);
    }

    #[test]
    #[should_panic(expected = "emptied twice")]
    #[cfg(debug_assertions)]
    fn nothing_is_removed_twice() {
        let mut slab = Slab::new();
        let a = slab.insert('a');
        slab.remove(a);
        slab.remove(a);
    }

    #[test]
    fn nothing_lies_beside_a_slot_until_it_is_put_there() {
        let mut beside = Beside::new(0);
        beside.put(2, 7);
        assert_eq!((beside[0], beside[2], beside[9]), (0, 7, 0));
        beside.put(2, 8);
        assert_eq!(beside[2], 8);
    }
}
