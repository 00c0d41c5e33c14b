//! Bulkheads written as plainly as can be, to compare the others with: lists that are searched,
//! threads that are looked at one by one, and a clock that is read every millisecond.

use super::Bulkhead;

/// A thread, and the calls it may run.
#[derive(Clone, Copy, Debug)]
enum Thread {
    Busy,
    IdleSince(u64),
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    call: u64,
    since: u64,
    gave_up: bool,
}

/// The slow model; times are milliseconds.
#[derive(Debug)]
pub(super) struct Oracle {
    core: usize,
    max: usize,
    queue: usize,
    max_wait: Option<u64>,
    keep_alive: u64,
    keeps_places: bool,
    threads: Vec<Thread>,
    waiting: Vec<Waiting>,
}

impl Oracle {
    pub(super) fn new(bulkhead: &Bulkhead) -> Self {
        let whole_ms = |duration: crate::kernel::SimDuration| duration.as_nanos() / 1_000_000;
        let empty = Self {
            core: 0,
            max: 0,
            queue: usize::MAX,
            max_wait: None,
            keep_alive: u64::MAX,
            keeps_places: false,
            threads: Vec::new(),
            waiting: Vec::new(),
        };
        match bulkhead {
            Bulkhead::Semaphore(semaphore) => Self {
                core: semaphore.max_concurrent as usize,
                max: semaphore.max_concurrent as usize,
                max_wait: Some(whole_ms(semaphore.max_wait)),
                queue: if semaphore.max_wait.is_zero() { 0 } else { usize::MAX },
                ..empty
            },
            Bulkhead::Cockatiel(cockatiel) => Self {
                core: cockatiel.limit as usize,
                max: cockatiel.limit as usize,
                queue: cockatiel.queue as usize,
                ..empty
            },
            Bulkhead::ThreadPool(pool) => Self {
                core: pool.core_threads as usize,
                max: pool.max_threads as usize,
                queue: pool.queue as usize,
                keep_alive: whole_ms(pool.keep_alive),
                keeps_places: true,
                ..empty
            },
        }
    }

    pub(super) fn running(&self) -> usize {
        self.threads.iter().filter(|thread| matches!(thread, Thread::Busy)).count()
    }

    pub(super) fn tick(&mut self, now: u64) -> Vec<String> {
        let Some(max_wait) = self.max_wait else { return Vec::new() };
        let (over, rest) = self.waiting.iter().partition(|w: &&Waiting| now >= w.since + max_wait);
        self.waiting = rest;
        let over: Vec<Waiting> = over;
        over.iter().map(|w| format!("{} rejected", w.call)).collect()
    }

    fn end_idle_threads(&mut self, now: u64) {
        loop {
            let oldest = self.idle().min_by_key(|(_, since)| *since);
            match oldest {
                Some((place, since))
                    if self.threads.len() > self.core && now - since >= self.keep_alive =>
                {
                    self.threads.remove(place);
                }
                _ => return,
            }
        }
    }

    fn idle(&self) -> impl Iterator<Item = (usize, u64)> {
        self.threads.iter().enumerate().filter_map(|(place, thread)| match thread {
            Thread::Busy => None,
            Thread::IdleSince(since) => Some((place, *since)),
        })
    }

    pub(super) fn ask(&mut self, now: u64, call: u64) -> &'static str {
        self.end_idle_threads(now);
        let idle = self.idle().min_by_key(|(_, since)| *since);
        if self.threads.len() < self.core {
            self.threads.push(Thread::Busy);
            "admitted"
        } else if let Some((place, _)) = idle {
            self.threads[place] = Thread::Busy;
            "admitted"
        } else if self.waiting.len() < self.queue {
            self.waiting.push(Waiting { call, since: now, gave_up: false });
            "waits"
        } else if self.threads.len() < self.max {
            self.threads.push(Thread::Busy);
            "admitted"
        } else {
            "rejected"
        }
    }

    pub(super) fn end(&mut self, now: u64) -> Vec<String> {
        while !self.waiting.is_empty() {
            let first = self.waiting.remove(0);
            if !first.gave_up {
                return vec![format!("{} admitted", first.call)];
            }
        }
        let busy = self.threads.iter_mut().find(|thread| matches!(thread, Thread::Busy));
        *busy.unwrap() = Thread::IdleSince(now);
        Vec::new()
    }

    pub(super) fn give_up(&mut self, call: u64) {
        match self.keeps_places {
            true => {
                self.waiting.iter_mut().filter(|w| w.call == call).for_each(|w| w.gave_up = true)
            }
            false => self.waiting.retain(|w| w.call != call),
        }
    }
}
