//! The queue of pending events: what happens next, and in which order.
//!
//! Events come out by time, and events of one time in the order in which they were scheduled,
//! whichever way they were scheduled. A [`Timer`] takes an event back before it is due; a *lane*
//! ([`LaneId`]) holds the events of one constant delay, such as a timeout, more cheaply than the
//! general way.
//!
//! [`RadixQueue`] is the queue in use. Its parts, each with its invariant: a radix `ladder` of
//! `chunks` over a sorted `bottom`, `lanes`, what is due `immediate`ly, and the slots of the
//! `timers`. [`HeapQueue`] is the
//! same without any art: the oracle and the yardstick.

mod bottom;
mod chunks;
mod entry;
mod heap;
mod immediate;
mod ladder;
mod lanes;
mod radix;
mod timers;

pub use heap::HeapQueue;
pub use radix::RadixQueue;

/// The queue that the simulator uses.
pub type EventQueue<E> = RadixQueue<E>;

/// The right to cancel one scheduled event, as [`EventQueue::schedule_timer`] and
/// [`EventQueue::schedule_in_lane`] give it out.
///
/// A timer whose event was popped or cancelled is *stale*: it never comes to mean another event,
/// and cancelling it does nothing. It belongs to the queue that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timer(u64);

impl Timer {
    /// No timer: cancelling it does nothing.
    pub const NONE: Self = Self(u64::MAX);

    /// Whether this is [`Timer::NONE`]. A stale timer is not.
    #[inline]
    pub const fn is_none(self) -> bool {
        self.0 == Self::NONE.0
    }
}

impl Default for Timer {
    fn default() -> Self {
        Self::NONE
    }
}

/// A lane of one queue: the events that are due one constant delay after they are scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LaneId(u32);
