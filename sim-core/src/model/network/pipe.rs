//! Bandwidth: messages leave one after another, and those that find the queue full are dropped.

use crate::kernel::{ByteRate, Bytes, SimDuration, SimTime};

/// How much a link carries in each direction, and how much may wait in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// How many bytes a second leave.
    pub rate: ByteRate,
    /// How many bytes may wait or be leaving; a message that does not fit is dropped (drop-tail).
    /// `None` is no limit.
    pub queue: Option<Bytes>,
}

/// One direction of a link that takes its time: whoever comes leaves behind those who came before.
///
/// Nothing happens in it that anybody would have to be told of: when a message leaves is known when
/// it comes. Where the rate changes meanwhile, what has come before leaves at the old one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pipe {
    /// When the last message has left.
    free: SimTime,
}

impl Pipe {
    /// A message comes: how long it takes until it has left; `None` if there is no room for it.
    pub(crate) fn takes(
        &mut self,
        now: SimTime,
        size: Bytes,
        bandwidth: Bandwidth,
    ) -> Option<SimDuration> {
        let begins = self.free.max(now);
        let waiting = bandwidth.rate.in_time(begins.since(now));
        if bandwidth.queue.is_some_and(|room| waiting.0.saturating_add(size.0) > room.0) {
            return None;
        }
        self.free = begins + bandwidth.rate.time_for(size);
        Some(self.free.since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_leave_one_after_another() {
        let ms = SimDuration::from_millis;
        let at = |n| SimTime::ZERO + ms(n);
        let bandwidth = Bandwidth { rate: ByteRate(1_000_000), queue: Some(Bytes(3_000)) };
        let mut pipe = Pipe::default();
        let mut come = |n, size| pipe.takes(at(n), Bytes(size), bandwidth);
        assert_eq!(come(0, 1_000), Some(ms(1)));
        assert_eq!(come(0, 2_000), Some(ms(3)));
        // 3,000 bytes are there: not one more has room, until some have left.
        assert_eq!(come(0, 1), None);
        assert_eq!(come(1, 1_000), Some(ms(3)));
        assert_eq!(come(1, 1), None);
        assert_eq!(come(10, 500), Some(SimDuration::from_micros(500)));
    }
}
