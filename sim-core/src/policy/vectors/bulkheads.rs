//! Bulkheads: Resilience4j's, and cockatiel's, which stands among its breakers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{Unit, fails, holds};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;
use crate::policy::backoff::scripted::LOWEST;
use crate::policy::bulkhead::cockatiel::Cockatiel;
use crate::policy::bulkhead::semaphore::Semaphore;
use crate::policy::bulkhead::thread_pool::ThreadPool;
use crate::policy::bulkhead::{Bulkhead, BulkheadGate};
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};

/// The section `bulkheads`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Bulkheads {
    r4j_semaphore: SemaphoreSection,
    r4j_threadpool: PoolSection,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct SemaphoreSection {
    config: SemaphoreConfig,
    vectors: Vec<SemaphoreVector>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct SemaphoreConfig {
    max_concurrent: u32,
    max_wait_ms: f64,
}

/// Who asks when, in words, and what becomes of `c`.
#[derive(Clone, Debug, Deserialize)]
struct SemaphoreVector {
    max_wait_ms: Option<f64>,
    events: String,
    c: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PoolSection {
    config: PoolConfig,
    vector: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct PoolConfig {
    core: u32,
    max: u32,
    queue: u32,
}

impl Bulkheads {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        for vector in &self.r4j_semaphore.vectors {
            let name = format!("SemaphoreBulkhead: {}", vector.events);
            let found = vector.becomes_of_c(self.r4j_semaphore.config);
            outcomes.push(judged("resilience4j", name, &found, &vector.c));
        }
        if !self.r4j_threadpool.vector.is_empty() {
            outcomes.push(self.r4j_threadpool.judge());
        }
    }
}

fn judged(library: &'static str, name: String, found: &str, expected: &str) -> VectorOutcome {
    match found == expected {
        true => holds(library, name),
        false => fails(library, name, format!("{found}, not {expected}")),
    }
}

impl SemaphoreVector {
    fn becomes_of_c(&self, config: SemaphoreConfig) -> String {
        let max_wait = self.max_wait_ms.unwrap_or(config.max_wait_ms);
        let max_wait = Unit::Milliseconds.duration(max_wait);
        let bulkhead = Semaphore { max_concurrent: config.max_concurrent, max_wait };
        let mut gate = Bulkhead::Semaphore(bulkhead).gate();
        let holds = held(&self.events);
        let mut ends: BTreeMap<SimTime, u32> = BTreeMap::new();
        let c = holds.len() as u64;
        for hold in holds {
            if ask(&mut gate, SimTime::ZERO, 0) == "admitted" {
                *ends.entry(SimTime::ZERO + hold).or_default() += 1;
            }
        }
        let at_once = ask(&mut gate, SimTime::ZERO, c);
        if at_once != "waits" {
            return format!("{at_once} at 0");
        }
        // Whatever comes first: the end of a call or the end of a wait.
        while let Some(next) = ends.keys().next().copied().into_iter().chain(gate.wakes_at()).min()
        {
            let mut released = Released::new();
            for _ in 0..ends.remove(&next).unwrap_or(0) {
                end(&mut gate, next, &mut released);
            }
            if gate.wakes_at().is_some_and(|at| at <= next) {
                gate.wake(next, &mut released);
            }
            if let Some((_, answer)) = released.iter().find(|(ticket, _)| ticket.0 == c) {
                let at = next.since(SimTime::ZERO).as_millis_f64();
                return format!("{} at {at}", word(*answer));
            }
        }
        "waits".into()
    }
}

/// How long each call before `c` holds its slot: "a,b at 0 (hold 1000 ms), c at 0", or
/// "a hold 300, b hold 1000, c at 0".
fn held(events: &str) -> Vec<SimDuration> {
    let number = |text: &str| -> Option<f64> {
        let rest = text.split("hold ").nth(1)?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    let parts: Vec<&str> = events.split(',').map(str::trim).collect();
    let mut holds: Vec<Option<f64>> = Vec::new();
    for part in parts.iter().filter(|part| !part.starts_with('c')) {
        holds.push(number(part));
    }
    // What is said of several calls stands after the last of them.
    let last = holds.iter().rev().flatten().next().copied().unwrap_or(f64::INFINITY);
    holds.iter().map(|hold| Unit::Milliseconds.duration(hold.unwrap_or(last))).collect()
}

impl PoolSection {
    fn judge(&self) -> VectorOutcome {
        let PoolConfig { core, max, queue } = self.config;
        let pool = ThreadPool {
            core_threads: core,
            max_threads: max,
            queue,
            keep_alive: SimDuration::from_millis(20),
        };
        let mut gate = Bulkhead::ThreadPool(pool).gate();
        let expected = ["->core thread", "->queue", "->2nd thread", "->rejected"];
        let mut found = Vec::new();
        for task in 1..=expected.len() as u64 {
            let threads = gate.running();
            found.push(match ask(&mut gate, SimTime::ZERO, task) {
                "admitted" if threads == 0 => "->core thread",
                "admitted" => "->2nd thread",
                "waits" => "->queue",
                _ => "->rejected",
            });
        }
        let said = (1..)
            .zip(&found)
            .all(|(task, place)| self.vector.contains(&format!("task{task}{place}")));
        let name = "ThreadPoolBulkhead: core, queue, maximum, reject";
        match said {
            true => holds("resilience4j", name),
            false => fails("resilience4j", name, format!("{found:?}, not {}", self.vector)),
        }
    }
}

fn ask(gate: &mut BulkheadGate, now: SimTime, call: u64) -> &'static str {
    word(gate.ask(now, Ticket(call), &mut { LOWEST }))
}

fn end(gate: &mut BulkheadGate, now: SimTime, released: &mut Released) {
    let ending = Ending { outcome: Outcome::Ok, took: SimDuration::ZERO };
    gate.ended(now, Pass::default(), ending, released);
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Admit(_) => "admitted",
        Answer::Reject(_) => "rejected",
        Answer::Wait => "waits",
    }
}

/// A bulkhead among the breakers of cockatiel.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CockatielVector {
    name: String,
    config: CockatielConfig,
    events: Vec<CockatielEvent>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct CockatielConfig {
    /// How many at once, and how many wait.
    bulkhead: [u32; 2],
}

#[derive(Clone, Debug, Deserialize)]
struct CockatielEvent {
    t: f64,
    op: String,
    id: String,
    called: bool,
    result: String,
    execution_slots: u32,
    queue_slots: u32,
}

impl CockatielVector {
    pub(super) fn run(&self) -> VectorOutcome {
        match self.differs() {
            None => holds("cockatiel", &self.name),
            Some(detail) => fails("cockatiel", &self.name, detail),
        }
    }

    fn differs(&self) -> Option<String> {
        let [limit, queue] = self.config.bulkhead;
        let mut gate = Bulkhead::Cockatiel(Cockatiel { limit, queue }).gate();
        let mut running: Vec<&str> = Vec::new();
        for (number, event) in self.events.iter().enumerate() {
            let now = SimTime::ZERO + Unit::Seconds.duration(event.t);
            let id = event.id.as_str();
            let (called, result) = if event.op == "begin" {
                match ask(&mut gate, now, number as u64) {
                    "admitted" => {
                        running.push(id);
                        (true, "pending")
                    }
                    "waits" => (false, "pending"),
                    _ => (false, "BulkheadRejectedError"),
                }
            } else {
                if !running.contains(&id) {
                    return Some(format!("event {number}: {id} does not run"));
                }
                running.retain(|other| *other != id);
                let mut released = Released::new();
                end(&mut gate, now, &mut released);
                running.extend(released.iter().map(|(ticket, _)| self.id_of(*ticket)));
                (false, if event.op == "endok" { "resolved" } else { "Error" })
            };
            let slots =
                (limit.checked_sub(gate.running()), queue.checked_sub(gate.waiting() as u32));
            let found = (called, result, slots);
            let expected = (Some(event.execution_slots), Some(event.queue_slots));
            if found != (event.called, event.result.as_str(), expected) {
                return Some(format!("event {number}: {found:?}"));
            }
        }
        None
    }

    fn id_of(&self, ticket: Ticket) -> &str {
        self.events.get(ticket.0 as usize).map_or("", |event| event.id.as_str())
    }
}
