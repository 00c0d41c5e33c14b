//! The memory of an instance: what it holds, what leaks, what is garbage, and when that is too much.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Bytes, SimDuration};

/// The memory that an instance of a service takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// What it takes with no request in it.
    #[serde(default)]
    pub base: Bytes,
    /// What each request takes as long as it is inside the instance, waiting or worked on.
    #[serde(default)]
    pub per_request: Bytes,
    /// What each request that came leaves behind for ever, up to a restart.
    #[serde(default)]
    pub leak_per_request: Bytes,
    /// Above which an instance is killed (a memory limit, and the kernel's OOM killer), with all that is
    /// in it; without, only the machine's memory limits it.
    #[serde(default)]
    pub limit: Option<Bytes>,
    /// How long it is down after that.
    #[serde(default = "ten_seconds")]
    pub restart: SimDuration,
    /// How garbage is collected, if it is: then what requests took stays until it is.
    #[serde(default)]
    pub collector: Option<Collector>,
}

/// A garbage collector that stops the world: when the heap is full, nothing of the instance works for a
/// time that grows with what is still in use. The more requests are in flight, the less is free after a
/// collection, and the sooner comes the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Collector {
    /// The size of the heap. When what is in use after a collection leaves less than 2 % of it free, the
    /// instance is killed (`GC overhead limit exceeded`).
    pub heap: Bytes,
    /// How long a collection takes at least.
    #[serde(default)]
    pub pause: SimDuration,
    /// How much longer for each gigabyte that is in use.
    #[serde(default)]
    pub pause_per_gigabyte: SimDuration,
}

fn ten_seconds() -> SimDuration {
    SimDuration::from_secs(10)
}

/// The memory of one instance in a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// How many requests have come since the process began, and since the last collection.
    came: u64,
    since_collection: u64,
    /// How many were inside at the last collection.
    kept: u64,
}

/// What happens to an instance whose memory has grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressure {
    /// Nothing.
    None,
    /// Its garbage is collected, which takes so long.
    Collects(SimDuration),
    /// It is killed.
    Killed,
}

impl Memory {
    /// How much is in use with so many requests inside.
    fn live(&self, used: &Used, inside: u64) -> u64 {
        let held = self.per_request.0.saturating_mul(inside);
        let leaked = self.leak_per_request.0.saturating_mul(used.came);
        self.base.0.saturating_add(held).saturating_add(leaked)
    }

    /// How much is taken, garbage included.
    pub(crate) fn taken(&self, used: &Used, inside: u32) -> u64 {
        let inside = u64::from(inside);
        match self.collector {
            None => self.live(used, inside),
            Some(_) => self.live(used, (used.kept + used.since_collection).max(inside)),
        }
    }

    /// A request comes into an instance in which so many are, it included.
    pub(crate) fn comes(&self, used: &mut Used, inside: u32) -> Pressure {
        used.came += 1;
        used.since_collection += 1;
        if let Some(collector) = self.collector
            && self.taken(used, inside) >= collector.heap.0
        {
            used.since_collection = 0;
            used.kept = u64::from(inside);
            let live = self.live(used, u64::from(inside));
            // A fiftieth, in whole bytes.
            if live > collector.heap.0 - collector.heap.0 / 50 {
                return Pressure::Killed;
            }
            let longer = collector.pause_per_gigabyte.mul_f64(live as f64 / 1e9);
            return Pressure::Collects(collector.pause + longer);
        }
        match self.limit.is_some_and(|limit| self.taken(used, inside) > limit.0) {
            true => Pressure::Killed,
            false => Pressure::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn megabytes(n: u64) -> Bytes {
        Bytes(n * 1_000_000)
    }

    fn memory() -> Memory {
        Memory {
            base: megabytes(100),
            per_request: megabytes(10),
            leak_per_request: Bytes(0),
            limit: None,
            restart: ten_seconds(),
            collector: None,
        }
    }

    #[test]
    fn an_instance_is_killed_above_its_limit_and_not_at_it() {
        let memory = Memory { limit: Some(megabytes(200)), ..memory() };
        let mut used = Used::default();
        assert_eq!(memory.comes(&mut used, 10), Pressure::None);
        assert_eq!(memory.comes(&mut used, 11), Pressure::Killed);
    }

    #[test]
    fn what_leaks_is_there_whoever_has_gone() {
        let memory =
            Memory { limit: Some(megabytes(120)), leak_per_request: megabytes(1), ..memory() };
        let mut used = Used::default();
        for _ in 0..10 {
            assert_eq!(memory.comes(&mut used, 1), Pressure::None);
        }
        assert_eq!(memory.comes(&mut used, 1), Pressure::Killed);
    }

    #[test]
    fn garbage_stays_until_the_heap_is_full_and_a_collection_takes_longer_the_more_is_in_use() {
        let collector = Collector {
            heap: megabytes(200),
            pause: SimDuration::from_millis(10),
            pause_per_gigabyte: SimDuration::from_secs(1),
        };
        let memory = Memory { collector: Some(collector), ..memory() };
        let mut used = Used::default();
        // 100 MB are free: the tenth fills them. Two are inside: 120 MB are in use, and 80 are free.
        for _ in 0..9 {
            assert_eq!(memory.comes(&mut used, 2), Pressure::None);
        }
        let pause = SimDuration::from_millis(10 + 120);
        assert_eq!(memory.comes(&mut used, 2), Pressure::Collects(pause));
        for _ in 0..7 {
            assert_eq!(memory.comes(&mut used, 2), Pressure::None);
        }
        // With nine inside, next to nothing is free; with ten, less than a fiftieth.
        let pause = SimDuration::from_millis(10 + 190);
        assert_eq!(memory.comes(&mut used, 9), Pressure::Collects(pause));
        assert_eq!(memory.comes(&mut used, 10), Pressure::Killed);
    }
}
