//! The queue of pending events: what happens next, and in which order.
//!
//! Events come out by time, and events of one time in the order in which they were scheduled,
//! whichever way they were scheduled. A [`Timer`] takes an event back before it is due; a *lane*
//! ([`LaneId`]) holds the events of one constant delay, such as a timeout, more cheaply than the
//! general way.
//!
//! [`RadixQueue`] is the queue in use. Its parts, each with its invariant: a radix `ladder` of
//! `chunks` over a sorted `bottom`, the slots of its `timers`, `lanes`, and what is due
//! `immediate`ly. [`HeapQueue`] is the same without any art: the oracle and the yardstick.

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

/// Where the event of a timer waits.
#[derive(Clone, Copy, Debug)]
enum Home {
    Lane(LaneTimer),
    Ladder { generation: u32, slot: u32 },
}

/// An event in a lane, by its number there.
#[derive(Clone, Copy, Debug)]
struct LaneTimer {
    lane: u32,
    number: u64,
}

impl Timer {
    /// No timer: cancelling it does nothing.
    pub const NONE: Self = Self(u64::MAX);

    /// Of an event in a lane; others have a generation with this bit free.
    const IN_LANE: u64 = 1 << 63;
    /// Bits of the number of an event in its lane: those of the lane are above them.
    const NUMBER: u32 = 43;

    #[inline]
    fn in_lane(LaneTimer { lane, number }: LaneTimer) -> Self {
        debug_assert!(number >> Self::NUMBER == 0 && lane < 1 << (63 - Self::NUMBER));
        Self(Self::IN_LANE | u64::from(lane) << Self::NUMBER | number)
    }

    #[inline]
    fn in_ladder(generation: u32, slot: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(slot))
    }

    #[inline]
    fn home(self) -> Home {
        if self.0 & Self::IN_LANE == 0 {
            return Home::Ladder { generation: (self.0 >> 32) as u32, slot: self.0 as u32 };
        }
        let lane = (self.0 & !Self::IN_LANE) >> Self::NUMBER;
        Home::Lane(LaneTimer { lane: lane as u32, number: self.0 & ((1 << Self::NUMBER) - 1) })
    }

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
