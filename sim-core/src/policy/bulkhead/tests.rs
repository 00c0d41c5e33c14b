//! What holds for every bulkhead, and a hand to drive one with.

use proptest::prelude::*;
use serde_json::json;

use super::oracle::Oracle;
use super::*;
use crate::kernel::SimDuration;
use crate::policy::Outcome;
use crate::policy::backoff::scripted::LOWEST;

pub(super) fn ms(ms: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_millis(ms)
}

/// A bulkhead whose answers read as words.
pub(super) struct Driven {
    pub(super) gate: BulkheadGate,
}

impl Driven {
    pub(super) fn new(bulkhead: &Bulkhead) -> Self {
        Self { gate: bulkhead.gate() }
    }

    pub(super) fn ask(&mut self, at_ms: u64, call: u64) -> String {
        word(self.gate.ask(ms(at_ms), Ticket(call), &mut { LOWEST })).into()
    }

    pub(super) fn end(&mut self, at_ms: u64) -> Vec<String> {
        let ending = Ending { outcome: Outcome::Ok, took: SimDuration::ZERO };
        let mut released = Released::new();
        self.gate.ended(ms(at_ms), Pass::default(), ending, &mut released);
        words(&released)
    }

    pub(super) fn wake(&mut self, at_ms: u64) -> Vec<String> {
        let mut released = Released::new();
        self.gate.wake(ms(at_ms), &mut released);
        words(&released)
    }

    pub(super) fn withdraw(&mut self, at_ms: u64, call: u64) {
        let mut released = Released::new();
        self.gate.withdrawn(ms(at_ms), Ticket(call), &mut released);
        assert_eq!(released, []);
    }
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Admit(_) => "admitted",
        Answer::Reject(Outcome::RejectedBulkhead) => "rejected",
        Answer::Reject(_) => "rejected by something else",
        Answer::Wait => "waits",
    }
}

fn words(released: &Released) -> Vec<String> {
    released.iter().map(|(ticket, answer)| format!("{} {}", ticket.0, word(*answer))).collect()
}

fn every_bulkhead() -> Vec<Bulkhead> {
    let needed = |name: &str| match name {
        "thread-pool" => json!({ "core_threads": 2, "max_threads": 4 }),
        "cockatiel" => json!({ "limit": 3, "queue": 2 }),
        _ => json!({}),
    };
    let read = |name: &str| serde_json::from_value(json!({ name: needed(name) })).unwrap();
    Bulkhead::CATALOGUE.iter().map(|entry| read(entry.name)).collect()
}

#[test]
fn every_bulkhead_is_written_as_it_is_read_and_right_by_default() {
    for bulkhead in every_bulkhead() {
        let mut value = serde_json::to_value(&bulkhead).unwrap();
        assert_eq!(serde_json::from_value::<Bulkhead>(value.clone()).unwrap(), bulkhead);
        assert_eq!(bulkhead.check(), Ok(()));
        value[bulkhead.name()]["typo"] = json!(1);
        let error = serde_json::from_value::<Bulkhead>(value).unwrap_err().to_string();
        assert!(error.contains("unknown field `typo`"), "{error}");
    }
}

#[test]
fn every_parameter_is_described() {
    for entry in Bulkhead::CATALOGUE {
        let schema = (entry.parameters)(&mut schemars::SchemaGenerator::default());
        let fields = schema.get("properties").and_then(|fields| fields.as_object()).unwrap();
        for (field, schema) in fields {
            assert!(schema.get("description").is_some(), "{}.{field}", entry.name);
        }
    }
}

#[test]
fn mistakes_name_the_field() {
    let bulkhead: Bulkhead = serde_json::from_str(r#"{"cockatiel":{"limit":0}}"#).unwrap();
    let problems = bulkhead.check().unwrap_err();
    assert_eq!(problems.to_string(), "`cockatiel.limit` must be at least 1");
}

/// One thing done to a bulkhead.
#[derive(Clone, Copy, Debug)]
enum Act {
    Ask,
    End,
    GiveUp(prop::sample::Index),
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        5 => Just(Act::Ask),
        3 => Just(Act::End),
        1 => any::<prop::sample::Index>().prop_map(Act::GiveUp),
    ];
    prop::collection::vec((0_u64..8, act), 0..120)
}

fn bulkheads() -> impl Strategy<Value = Bulkhead> {
    let duration = |ms| SimDuration::from_millis(ms);
    prop_oneof![
        (0_u32..4, 0_u64..20).prop_map(move |(max_concurrent, wait)| Bulkhead::Semaphore(
            semaphore::Semaphore { max_concurrent, max_wait: duration(wait) }
        )),
        (1_u32..4, 0_u32..4)
            .prop_map(|(limit, queue)| Bulkhead::Cockatiel(cockatiel::Cockatiel { limit, queue })),
        (1_u32..4, 0_u32..3, 0_u32..4, 0_u64..20).prop_map(move |(core, more, queue, idle)| {
            Bulkhead::ThreadPool(thread_pool::ThreadPool {
                core_threads: core,
                max_threads: core + more,
                queue,
                keep_alive: duration(idle),
            })
        }),
    ]
}

proptest! {
    /// The bulkhead and the slow model answer alike, and everybody is answered once.
    #[test]
    fn every_bulkhead_does_what_the_slow_model_does(bulkhead in bulkheads(), acts in acts()) {
        let (mut gate, mut oracle) = (bulkhead.gate(), Oracle::new(&bulkhead));
        let (mut at, mut next) = (0, 0);
        let mut waiting: Vec<u64> = Vec::new();
        for (pause, act) in acts {
            // Every millisecond on the way: the model has no timers, it looks at the clock.
            for _ in 0..pause {
                at += 1;
                let (mut released, due) = (Released::new(), gate.wakes_at());
                if due.is_some_and(|due| due <= ms(at)) {
                    gate.wake(ms(at), &mut released);
                }
                let expected = oracle.tick(at);
                prop_assert_eq!(words(&released), expected);
                waiting.retain(|call| released.iter().all(|(ticket, _)| ticket.0 != *call));
            }
            let mut released = Released::new();
            match act {
                Act::Ask => {
                    next += 1;
                    let answer = word(gate.ask(ms(at), Ticket(next), &mut { LOWEST }));
                    prop_assert_eq!(answer, oracle.ask(at, next));
                    if answer == "waits" {
                        waiting.push(next);
                    }
                }
                Act::End if oracle.running() > 0 => {
                    let ending = Ending { outcome: Outcome::Ok, took: SimDuration::ZERO };
                    gate.ended(ms(at), Pass::default(), ending, &mut released);
                    prop_assert_eq!(words(&released), oracle.end(at));
                }
                Act::GiveUp(which) if !waiting.is_empty() => {
                    let call = waiting.remove(which.index(waiting.len()));
                    gate.withdrawn(ms(at), Ticket(call), &mut released);
                    oracle.give_up(call);
                    prop_assert_eq!(words(&released), Vec::<String>::new());
                }
                _ => {}
            }
            waiting.retain(|call| released.iter().all(|(ticket, _)| ticket.0 != *call));
            prop_assert_eq!(gate.running() as usize, oracle.running());
            prop_assert_eq!(gate.waiting(), waiting.len());
        }
    }
}

#[test]
fn a_bulkhead_says_how_many_calls_may_be_under_way() {
    for (bulkhead, most) in [
        (json!({ "semaphore": { "max_concurrent": 7 } }), 7),
        (json!({ "semaphore": {} }), 25),
        (json!({ "cockatiel": { "limit": 6 } }), 6),
        (json!({ "thread-pool": { "core_threads": 3, "max_threads": 5 } }), 5),
    ] {
        let read: Bulkhead = serde_json::from_value(bulkhead.clone()).unwrap();
        assert_eq!(read.most_at_once(), most, "{bulkhead}");
    }
}

#[test]
fn a_thread_pool_has_the_librarys_queue_of_a_hundred() {
    let pool = json!({ "thread-pool": { "core_threads": 1, "max_threads": 1 } });
    let mut driven = Driven::new(&serde_json::from_value(pool).unwrap());
    let answers: Vec<String> = (0..102).map(|call| driven.ask(0, call)).collect();
    let same = |a: &String, b: &String| a == b;
    // One runs, a hundred wait, the next is turned away.
    assert!(answers[1..101].windows(2).all(|pair| same(&pair[0], &pair[1])), "{answers:?}");
    assert!(!same(&answers[0], &answers[1]) && !same(&answers[100], &answers[101]), "{answers:?}");
}
