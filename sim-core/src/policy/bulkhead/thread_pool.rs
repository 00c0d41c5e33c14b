//! Resilience4j's `ThreadPoolBulkhead`: Java's `ThreadPoolExecutor`.

use std::collections::VecDeque;

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BulkheadGate, Parameters};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use crate::policy::{Outcome, Problems};

/// Starts a thread a call up to `core_threads`; then calls wait in the queue; only when that is
/// full are further threads started, up to `max_threads`; the rest is rejected.
///
/// A thread that is started when the queue is full runs the call that came last, not the one
/// that has waited longest. A call whose caller gives up keeps its place in the queue until a
/// thread comes to it and passes it over, as a cancelled `FutureTask` does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadPool {
    /// How many threads are started before anybody waits, and then kept; at least 1. (The
    /// library's default is the number of processors, less one.)
    pub core_threads: u32,
    /// How many threads there are at most; not below `core_threads`. (The library's default is
    /// the number of processors.)
    pub max_threads: u32,
    /// How many calls may wait; at 0 a call is handed to an idle thread, or else a thread is
    /// started for it (`SynchronousQueue`).
    #[serde(default = "a_hundred")]
    pub queue: u32,
    /// How long a thread above `core_threads` is idle before it ends.
    #[serde(default = "twenty_milliseconds")]
    pub keep_alive: SimDuration,
}

fn a_hundred() -> u32 {
    100
}

fn twenty_milliseconds() -> SimDuration {
    SimDuration::from_millis(20)
}

impl Described for ThreadPool {
    const SUMMARY: &'static str =
        "threads up to the core, then a queue, and only when it is full further threads";
    const SOURCE: &'static str = "Resilience4j 2.4.0, FixedThreadPoolBulkhead.java, \
                                  ThreadPoolBulkheadConfig.java; java.util.concurrent.ThreadPoolExecutor";
}

impl Parameters for ThreadPool {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.core_threads == 0, "core_threads", "must be at least 1");
        problems.note_if(
            self.max_threads < self.core_threads,
            "max_threads",
            format_args!("must not be below `core_threads`, {}", self.core_threads),
        );
        problems
    }

    fn most_at_once(&self) -> u32 {
        self.max_threads
    }

    fn gate(&self) -> BulkheadGate {
        BulkheadGate::Threads(Threads {
            parameters: *self,
            running: 0,
            idle: VecDeque::new(),
            queue: VecDeque::new(),
            cancelled: 0,
        })
    }
}

/// A running thread pool.
#[derive(Clone, Debug)]
pub struct Threads {
    parameters: ThreadPool,
    running: u32,
    /// Since when the idle threads are idle, longest first.
    idle: VecDeque<SimTime>,
    /// Who waits; `None` is one who gave up.
    queue: VecDeque<Option<Ticket>>,
    cancelled: usize,
}

impl Threads {
    /// How many calls are under way.
    pub fn running(&self) -> u32 {
        self.running
    }

    /// How many calls wait.
    pub fn waiting(&self) -> usize {
        self.queue.len() - self.cancelled
    }

    fn threads(&self) -> u32 {
        self.running + self.idle.len() as u32
    }

    /// Ends the threads above the core that were idle for too long. Nobody sees one end but the
    /// next call, so it is done when that comes.
    fn let_idle_threads_end(&mut self, now: SimTime) {
        let keep_alive = self.parameters.keep_alive;
        while self.threads() > self.parameters.core_threads
            && self.idle.front().is_some_and(|since| *since + keep_alive <= now)
        {
            self.idle.pop_front();
        }
    }

    /// Takes the thread that has been idle for longest, as a bounded queue does. (A
    /// `SynchronousQueue` wakes the one that came last; but without a queue a call that finds no
    /// idle thread has one started, and it does not show which threads are idle.)
    fn take_idle_thread(&mut self) -> bool {
        self.idle.pop_front().is_some()
    }

    fn run(&mut self) -> Answer {
        self.running += 1;
        Answer::Admit(Pass::default())
    }
}

impl Gate for Threads {
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, _draws: &mut R) -> Answer {
        self.let_idle_threads_end(now);
        // Below the core a thread is started even while another one is idle.
        if self.threads() < self.parameters.core_threads || self.take_idle_thread() {
            return self.run();
        }
        if self.queue.len() < self.parameters.queue as usize {
            self.queue.push_back(Some(ticket));
            return Answer::Wait;
        }
        match self.threads() < self.parameters.max_threads {
            true => self.run(),
            false => Answer::Reject(Outcome::RejectedBulkhead),
        }
    }

    fn ended(&mut self, now: SimTime, _pass: Pass, _ending: Ending, released: &mut Released) {
        debug_assert!(self.running > 0, "an end without a start");
        while let Some(next) = self.queue.pop_front() {
            if let Some(ticket) = next {
                released.push((ticket, Answer::Admit(Pass::default())));
                return;
            }
            self.cancelled -= 1;
        }
        self.running -= 1;
        self.idle.push_back(now);
    }

    fn may_wake(&self) -> bool {
        false
    }

    fn withdrawn(&mut self, _now: SimTime, ticket: Ticket, _released: &mut Released) {
        if let Some(place) = self.queue.iter_mut().find(|place| **place == Some(ticket)) {
            *place = None;
            self.cancelled += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Driven;
    use super::*;
    use crate::policy::bulkhead::Bulkhead;

    fn pool(core_threads: u32, max_threads: u32, queue: u32) -> Driven {
        let keep_alive = twenty_milliseconds();
        let pool = ThreadPool { core_threads, max_threads, queue, keep_alive };
        Driven::new(&Bulkhead::ThreadPool(pool))
    }

    #[test]
    fn the_fourth_article_s_threads_above_the_core_start_when_25_are_in_the_system() {
        let mut driven = pool(5, 10, 20);
        let answers: Vec<_> = (1..=31).map(|call| driven.ask(0, call)).collect();
        let runs = |calls: std::ops::RangeInclusive<usize>| {
            calls.map(|call| &answers[call - 1]).all(|answer| answer == "admitted")
        };
        assert!(runs(1..=5) && runs(26..=30), "{answers:?}");
        assert!(answers[5..25].iter().all(|answer| answer == "waits"), "{answers:?}");
        assert_eq!(answers[30], "rejected");
    }

    #[test]
    fn a_thread_above_the_core_overtakes_the_queue() {
        let mut driven = pool(1, 2, 1);
        let answers: Vec<_> = (1..=4).map(|call| driven.ask(0, call)).collect();
        assert_eq!(answers, ["admitted", "waits", "admitted", "rejected"]);
        assert_eq!(driven.end(10), ["2 admitted"]);
    }

    #[test]
    fn an_idle_thread_above_the_core_takes_a_call_until_its_time_is_over() {
        for (at, answer) in [(29, "admitted"), (30, "waits")] {
            let mut driven = pool(1, 2, 1);
            (1..=3).for_each(|call| {
                driven.ask(0, call);
            });
            // Thread 1 goes on with call 2; the thread of call 3 is idle from 10 ms on.
            driven.end(9);
            driven.end(10);
            assert_eq!(driven.ask(at, 4), answer, "{at}");
        }
    }

    #[test]
    fn threads_of_the_core_never_end() {
        let mut driven = pool(2, 2, 1);
        driven.ask(0, 1);
        driven.ask(0, 2);
        driven.end(1);
        driven.end(1);
        assert_eq!(driven.ask(3_600_000, 3), "admitted");
        assert_eq!(driven.ask(3_600_000, 4), "admitted");
        assert_eq!(driven.ask(3_600_000, 5), "waits");
    }

    #[test]
    fn below_the_core_a_thread_is_started_even_while_another_is_idle() {
        let mut driven = pool(2, 3, 0);
        driven.ask(0, 1);
        driven.end(1);
        driven.ask(2, 2);
        // Two threads now, one of them idle: a third and a fourth call find one thread each.
        assert_eq!(driven.ask(2, 3), "admitted");
        assert_eq!(driven.ask(2, 4), "admitted");
        assert_eq!(driven.ask(2, 5), "rejected");
    }

    #[test]
    fn the_thread_that_was_idle_for_longest_takes_the_next_call() {
        let mut driven = pool(1, 3, 1);
        (1..=4).for_each(|call| {
            driven.ask(0, call);
        });
        // Call 2 leaves the queue; two threads are idle, since 10 and since 20 ms.
        for at in [5, 10, 20] {
            driven.end(at);
        }
        assert_eq!(driven.ask(25, 5), "admitted");
        driven.end(26);
        // Were the thread still idle that was since 10 ms, it would have ended.
        let answers: Vec<_> = (6..9).map(|call| driven.ask(35, call)).collect();
        assert_eq!(answers, ["admitted", "admitted", "waits"]);
    }

    #[test]
    fn who_gives_up_keeps_its_place_until_a_thread_passes_it_over() {
        let mut driven = pool(1, 1, 2);
        (1..=3).for_each(|call| {
            driven.ask(0, call);
        });
        driven.withdraw(1, 2);
        assert_eq!(driven.gate.waiting(), 1);
        assert_eq!(driven.ask(2, 4), "rejected");
        assert_eq!(driven.end(3), ["3 admitted"]);
        assert_eq!(driven.gate.waiting(), 0);
        assert_eq!(driven.ask(4, 5), "waits");
        assert_eq!(driven.ask(4, 6), "waits");
        driven.withdraw(5, 5);
        driven.withdraw(5, 6);
        assert_eq!(driven.end(6), Vec::<String>::new());
        assert_eq!((driven.gate.running(), driven.gate.waiting()), (0, 0));
    }

    #[test]
    fn the_maximum_is_not_below_the_core() {
        let check = |text: &str| serde_json::from_str::<Bulkhead>(text).unwrap().check();
        let error = check(r#"{"thread-pool":{"core_threads":3,"max_threads":2}}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`thread-pool.max_threads` must not be below `core_threads`, 3"
        );
        let error = check(r#"{"thread-pool":{"core_threads":0,"max_threads":0}}"#).unwrap_err();
        assert_eq!(error.to_string(), "`thread-pool.core_threads` must be at least 1");
        assert_eq!(check(r#"{"thread-pool":{"core_threads":3,"max_threads":3}}"#), Ok(()));
    }
}
