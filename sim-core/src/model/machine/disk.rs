//! The disk of an instance, which fills.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Bytes, SimDuration, SimTime};

/// The disk of an instance: each request that comes leaves something there, such as lines of a log. It
/// outlives the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// How much there is room for.
    pub size: Bytes,
    /// How much of it is taken at the start, and stays so.
    #[serde(default)]
    pub base: Bytes,
    /// What each request leaves there.
    pub per_request: Bytes,
    /// What becomes of a request for which there is no room.
    #[serde(default)]
    pub when_full: WhenFull,
    /// How often everything but the base is removed (logs are rotated), counted from the start; never, if
    /// not given.
    #[serde(default)]
    pub emptied_every: Option<SimDuration>,
    /// Of `when_full = "dies"`: how long the instance is down.
    #[serde(default = "ten_seconds")]
    pub restart: SimDuration,
}

/// What becomes of a request for which there is no room on a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// Writing fails, and so does the request: `server_error`.
    #[default]
    Fails,
    /// Nothing is written, and nobody hears of it.
    Drops,
    /// The process dies with all that is in it, and dies again when it is back and a request comes.
    Dies,
}

fn ten_seconds() -> SimDuration {
    SimDuration::from_secs(10)
}

/// What is on the disk of one instance in a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filled {
    requests: u64,
    /// How often it had been emptied when that was last looked at.
    emptied: u64,
}

impl Disk {
    /// A request comes: whether there is room for what it leaves.
    pub(crate) fn comes(&self, filled: &mut Filled, now: SimTime) -> bool {
        let every = self.emptied_every.map_or(u64::MAX, SimDuration::as_nanos).max(1);
        let emptied = now.as_nanos() / every;
        if emptied > filled.emptied {
            *filled = Filled { requests: 0, emptied };
        }
        let with_it = self.per_request.0.saturating_mul(filled.requests + 1);
        let has_room = self.base.0.saturating_add(with_it) <= self.size.0;
        filled.requests += u64::from(has_room);
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(emptied_every: Option<SimDuration>) -> Disk {
        let (size, base, per_request) = (Bytes(1_000), Bytes(100), Bytes(300));
        let when_full = WhenFull::Fails;
        Disk { size, base, per_request, when_full, emptied_every, restart: ten_seconds() }
    }

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    #[test]
    fn what_just_fits_is_there_and_what_does_not_is_not() {
        let mut filled = Filled::default();
        let fits: Vec<bool> = (0..5).map(|s| disk(None).comes(&mut filled, at(s))).collect();
        assert_eq!(fits, [true, true, true, false, false]);
    }

    #[test]
    fn a_disk_that_is_emptied_has_room_again() {
        let disk = disk(Some(SimDuration::from_secs(10)));
        let mut filled = Filled::default();
        let times = [0, 1, 2, 9, 10, 11, 19, 20];
        let fits = times.map(|s| disk.comes(&mut filled, at(s)));
        assert_eq!(fits, [true, true, true, false, true, true, true, true]);
    }
}
