//! What the parts of the fast queue hold.

use super::timers::Slot;

/// What is due at `time`, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<T> {
    pub(super) time: u64,
    pub(super) item: T,
}

/// A scheduled event of the ladder: 16 bytes if the event takes 8.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<E> {
    /// The lower was scheduled the earlier. Decides ties between the ladder and the lanes.
    pub(super) order: u32,
    /// The slot of its timer.
    pub(super) timer: Slot,
    pub(super) event: E,
}

/// A scheduled event of a lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due<E> {
    /// As that of an [`Item`].
    pub(super) order: u32,
    pub(super) event: E,
}
