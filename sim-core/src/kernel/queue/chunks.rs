//! First-in-first-out lists in fixed chunks, which all come from one pool.

/// Elements per chunk: enough that a list is written and read in sequence, few enough that the
/// many lists of a ladder stay in the cache.
const CHUNK: usize = 16;

/// No chunk.
const END: u32 = u32::MAX;

/// A list in a [`Chunks`] pool. Only the pool that filled it can read it.
///
/// Invariant: `len` elements lie from place `start` to the end of its chunk and on through the
/// following chunks; `end` is the place of the next element if the last chunk has room for it,
/// else a multiple of [`CHUNK`]. An empty list has no chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    start: u32,
    end: u32,
    len: u32,
}

impl List {
    pub(super) const EMPTY: Self = Self { start: 0, end: 0, len: 0 };

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is left of the list and lies in one chunk.
    #[inline]
    fn run(&self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start + (self.len as usize).min(CHUNK - start % CHUNK)
    }
}

/// The pool: chunk `c` is `elements[c * CHUNK..][..CHUNK]`, and `next[c]` follows it in its list
/// or among the free chunks.
#[derive(Clone, Debug)]
pub(super) struct Chunks<T> {
    elements: Vec<T>,
    next: Vec<u32>,
    free: u32,
}

impl<T: Copy> Chunks<T> {
    pub(super) fn new() -> Self {
        Self { elements: Vec::new(), next: Vec::new(), free: END }
    }

    /// Puts `element` at the end of `list`.
    #[inline]
    pub(super) fn push(&mut self, list: &mut List, element: T) {
        if (list.end as usize).is_multiple_of(CHUNK) {
            self.extend(list, element);
        }
        self.elements[list.end as usize] = element;
        list.end += 1;
        list.len += 1;
    }

    /// The first element of `list`.
    #[inline]
    pub(super) fn front(&self, list: &List) -> Option<&T> {
        (!list.is_empty()).then(|| &self.elements[list.start as usize])
    }

    /// Takes the first element off `list`.
    #[inline]
    pub(super) fn pop_front(&mut self, list: &mut List) -> Option<T> {
        let element = *self.front(list)?;
        list.start += 1;
        list.len -= 1;
        if list.is_empty() || (list.start as usize).is_multiple_of(CHUNK) {
            self.drop_chunk(list, (list.start - 1) / CHUNK as u32);
        }
        Some(element)
    }

    /// The elements of `list`, run by run, without taking them off.
    #[inline]
    pub(super) fn runs(&self, mut list: List) -> impl Iterator<Item = &[T]> {
        std::iter::from_fn(move || {
            let run = list.run();
            if run.is_empty() {
                return None;
            }
            list.len -= run.len() as u32;
            list.start = self.next[run.start / CHUNK].wrapping_mul(CHUNK as u32);
            Some(&self.elements[run])
        })
    }

    /// Takes all elements off `list`, at once.
    #[inline]
    pub(super) fn clear(&mut self, list: List) {
        if !list.is_empty() {
            self.next[(list.end as usize - 1) / CHUNK] = self.free;
            self.free = list.start / CHUNK as u32;
        }
    }

    /// Frees a chunk of `list` that is read to its end, and goes on to the one after it.
    #[inline]
    fn drop_chunk(&mut self, list: &mut List, chunk: u32) {
        let next = std::mem::replace(&mut self.next[chunk as usize], self.free);
        self.free = chunk;
        if list.is_empty() {
            *list = List::EMPTY;
        } else {
            list.start = next * CHUNK as u32;
        }
    }

    /// Adds a chunk to the end of a list whose chunks are full.
    #[inline(never)]
    fn extend(&mut self, list: &mut List, filler: T) {
        if self.free == END {
            self.grow(filler);
        }
        let chunk = self.free;
        self.free = self.next[chunk as usize];
        let place = chunk * CHUNK as u32;
        if list.is_empty() {
            list.start = place;
        } else {
            self.next[(list.end as usize - 1) / CHUNK] = chunk;
        }
        list.end = place;
    }

    /// Adds a chunk to the pool. The room grows by a quarter, for doubling would waste more
    /// memory than it saves time.
    #[cold]
    fn grow(&mut self, filler: T) {
        let chunk = self.next.len();
        if self.elements.len() == self.elements.capacity() {
            self.elements.reserve_exact((chunk / 4 + 4) * CHUNK);
        }
        self.elements.resize((chunk + 1) * CHUNK, filler);
        self.next.push(self.free);
        self.free = chunk as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_one_pool_keep_their_elements_in_order() {
        let mut chunks = Chunks::new();
        let mut lists = [List::EMPTY; 3];
        for n in 0..1_000 {
            chunks.push(&mut lists[n % 3], n);
        }
        for (remainder, list) in lists.iter_mut().enumerate() {
            let expected: Vec<usize> = (remainder..1_000).step_by(3).collect();
            assert_eq!(chunks.runs(*list).collect::<Vec<_>>().concat(), expected);
            let popped = std::iter::from_fn(|| chunks.pop_front(list));
            assert_eq!(popped.collect::<Vec<_>>(), expected);
            assert!(list.is_empty());
        }
        assert_eq!(chunks.next.len(), 63);
    }

    #[test]
    fn freed_chunks_are_used_again() {
        let mut chunks = Chunks::new();
        let mut list = List::EMPTY;
        for round in 0..1_000 {
            for n in 0..CHUNK + 3 {
                chunks.push(&mut list, round + n);
            }
            if round % 2 == 0 {
                chunks.clear(std::mem::replace(&mut list, List::EMPTY));
                continue;
            }
            for n in 0..CHUNK + 3 {
                assert_eq!(chunks.pop_front(&mut list), Some(round + n));
            }
        }
        assert_eq!(chunks.next.len(), 2);
    }
}
