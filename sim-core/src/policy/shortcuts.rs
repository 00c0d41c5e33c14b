//! What a driver need not do for some guards and budgets makes no difference to them: each is driven
//! twice through the same random calls, once with and once without.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::budget::{AttemptEnd, Budget, CallMemory};
use super::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use super::{BreakerPreset, Guard, GuardKind, Outcome, Policy, ResolvedLayer};
use crate::kernel::{SimDuration, SimTime};

/// One guard of each sort, and each in the ways that decide what may be left out.
fn every_guard() -> Vec<(Value, GuardKind)> {
    let presets = BreakerPreset::ALL.iter().map(|preset| match preset {
        BreakerPreset::Cockatiel => json!({
            "preset": "cockatiel", "trip": { "consecutive": { "failures": 3 } }, "open_for": "20ms",
        }),
        preset => json!({ "preset": preset.name() }),
    });
    let own = [
        json!({ "denominator": "admitted" }),
        json!({ "denominator": "asked" }),
        json!({ "transition": "automatic" }),
        json!({ "half_open_for": "30ms" }),
        json!({ "late_results": "by_admission" }),
        json!({ "late_results": "acting" }),
        json!({ "serialised": true }),
        json!({ "slow_after": "5ms", "slow_rate": 0.5 }),
    ];
    let own = own.map(|mut axis| {
        axis["preset"] = json!("resilience4j");
        axis["open_for"] = json!("20ms");
        axis["trip"] = match axis.get("denominator") {
            Some(_) => json!({ "time-window": { "buckets": 10, "bucket": "100ms" } }),
            None => json!({ "count-window": { "size": 6 } }),
        };
        axis["minimum_calls"] = json!(3);
        axis
    });
    let breakers = presets.chain(own).map(|breaker| json!({ "breaker": breaker }));
    let bulkheads = [
        json!({ "semaphore": { "max_concurrent": 3 } }),
        json!({ "semaphore": { "max_concurrent": 3, "max_wait": "0s" } }),
        json!({ "semaphore": { "max_concurrent": 3, "max_wait": "10ms" } }),
        json!({ "thread-pool": { "core_threads": 1, "max_threads": 3, "queue": 2 } }),
        json!({ "cockatiel": { "limit": 2, "queue": 2 } }),
    ];
    let bulkheads = bulkheads.map(|kind| json!({ "bulkhead": { "kind": kind } }));
    let others = [
        json!({ "connection_pool": { "kind": { "plain": { "max_open": 3 } } } }),
        json!({ "throttle": { "kind": { "aws-adaptive": {} } } }),
        json!({ "throttle": { "kind": { "google": {} } } }),
        json!({ "concurrency_limit": { "kind": { "vegas": {} } } }),
        json!({ "rate_limit": { "limiter": { "token-bucket": { "capacity": 3, "refill": 50 } } } }),
    ];
    let resolved = |layer: Value| {
        let layers = vec![serde_json::from_value(layer.clone()).unwrap()];
        let policy = Policy { layers, ..Policy::default() }.resolve().unwrap();
        match policy.layers.into_iter().next().unwrap() {
            ResolvedLayer::Guard(guard) => (layer, guard.kind),
            other => panic!("{other:?} is no guard"),
        }
    };
    breakers.chain(bulkheads).chain(others).map(resolved).collect()
}

/// What happens to a guard: who comes and goes, and how much later.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Asks,
    Ends(usize, bool, u64),
    Wakes,
    Passes(u64),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        5 => Just(Happens::Asks),
        4 => (any::<usize>(), prop::bool::weighted(0.4), 0..20_u64)
            .prop_map(|(who, fails, took)| Happens::Ends(who, fails, took)),
        1 => Just(Happens::Wakes),
        3 => (1..15_u64).prop_map(Happens::Passes),
    ]
}

/// What a driver leaves out.
#[derive(Clone, Copy, Debug, Default)]
struct LeavesOut {
    asking_closely: bool,
    times: bool,
    waking: bool,
}

/// A guard through a course of events: all that it ever said, and what became of it.
fn driven(kind: &GuardKind, course: &[Happens], leaves_out: LeavesOut) -> (Vec<String>, String) {
    let (mut guard, mut now) = (kind.start(), SimTime::ZERO);
    let mut draws = ChaCha8Rng::seed_from_u64(1);
    let (mut inside, mut said): (Vec<Pass>, Vec<String>) = (Vec::new(), Vec::new());
    let mut tickets = 0..;
    for event in course {
        let mut released = Released::new();
        match *event {
            Happens::Passes(ms) => now += SimDuration::from_millis(ms),
            Happens::Wakes if leaves_out.waking => {}
            Happens::Wakes => {
                if guard.wakes_at().is_some_and(|at| at <= now) {
                    guard.wake(now, &mut released);
                }
            }
            Happens::Asks => {
                let ticket = Ticket(tickets.next().unwrap());
                let answer = asked(&mut guard, now, ticket, leaves_out, &mut draws);
                if let Answer::Admit(pass) = answer {
                    inside.push(pass);
                }
                said.push(format!("{answer:?}"));
            }
            Happens::Ends(who, fails, took) if !inside.is_empty() => {
                let pass = inside.swap_remove(who % inside.len());
                let outcome = if fails { Outcome::ServerError } else { Outcome::Ok };
                let took = SimDuration::from_millis(if leaves_out.times { 0 } else { took });
                guard.ended(now, pass, Ending { outcome, took }, &mut released);
            }
            Happens::Ends(..) => {}
        }
        said.push(format!("{released:?}"));
        inside.extend(released.into_iter().filter_map(|(_, answer)| match answer {
            Answer::Admit(pass) => Some(pass),
            _ => None,
        }));
    }
    (said, format!("{guard:?}"))
}

fn asked(
    guard: &mut Guard,
    now: SimTime,
    ticket: Ticket,
    leaves_out: LeavesOut,
    draws: &mut ChaCha8Rng,
) -> Answer {
    let at_once = if leaves_out.asking_closely { guard.admits_at_once(now) } else { None };
    at_once.map_or_else(|| guard.ask_as(now, ticket, 0, draws), Answer::Admit)
}

fn courses() -> impl Strategy<Value = Vec<Happens>> {
    prop::collection::vec(happens(), 0..200)
}

/// Nothing changes for the guards that it concerns if a driver leaves something out.
fn makes_no_difference(
    course: &[Happens],
    leaves_out: LeavesOut,
    concerns: fn(&GuardKind) -> bool,
) -> Result<(), TestCaseError> {
    for (layer, kind) in every_guard().into_iter().filter(|(_, kind)| concerns(kind)) {
        let whole = driven(&kind, course, LeavesOut::default());
        prop_assert_eq!(driven(&kind, course, leaves_out), whole, "{}", layer);
    }
    Ok(())
}

proptest! {
    #[test]
    fn who_is_let_pass_at_once_passes_as_if_it_had_asked(course in courses()) {
        let at_once = LeavesOut { asking_closely: true, ..LeavesOut::default() };
        makes_no_difference(&course, at_once, |_| true)?;
    }

    #[test]
    fn a_guard_that_times_no_calls_does_not_ask_how_long_they_took(course in courses()) {
        let untimed = LeavesOut { times: true, ..LeavesOut::default() };
        makes_no_difference(&course, untimed, |kind| !kind.times_calls())?;
    }

    #[test]
    fn a_guard_that_may_not_wake_never_wants_to(course in courses()) {
        let asleep = LeavesOut { waking: true, ..LeavesOut::default() };
        makes_no_difference(&course, asleep, |kind| !kind.start().may_wake())?;
    }
}

#[test]
fn so_many_guards_are_spared_something() {
    let guards = every_guard();
    let count =
        |is_so: fn(&GuardKind) -> bool| guards.iter().filter(|(_, kind)| is_so(kind)).count();
    let (all, timed) = (guards.len(), count(GuardKind::times_calls));
    let woken = count(|kind| kind.start().may_wake());
    let at_once = count(|kind| kind.start().admits_at_once(SimTime::ZERO).is_some());
    assert_eq!((all, timed, woken, at_once), (27, 10, 10, 14));
}

#[test]
fn a_budget_that_follows_no_calls_learns_nothing_from_them() {
    // With its defaults, and paid in at each call where it can be.
    let ways = [json!({}), json!({ "on": "each_call" })];
    let budgets = Budget::CATALOGUE.iter().flat_map(|entry| {
        ways.iter().filter_map(|way| serde_json::from_value(json!({ entry.name: way })).ok())
    });
    let mut spared = 0;
    for budget in budgets.filter(|budget: &Budget| !budget.follows_calls()) {
        spared += 1;
        let (now, mut machine) = (SimTime::ZERO, budget.start(SimTime::ZERO));
        let mut memory = CallMemory::default();
        for outcome in [Outcome::Ok, Outcome::ServerError, Outcome::Timeout] {
            let before = format!("{machine:?}");
            machine.call_starts(now, &mut memory);
            machine.attempt_starts(now, &mut memory);
            machine.call_ends(now, &mut memory, outcome);
            assert_eq!(format!("{machine:?}"), before, "{budget:?}");
            machine.attempt_ends(
                now,
                &mut memory,
                AttemptEnd { outcome, retryable: true, forbidden: false },
            );
            let _ = machine.may_retry(now, &mut memory, outcome);
            let _ = machine.may_hedge(now, &mut memory);
            assert_eq!(memory, CallMemory::default(), "{budget:?} remembers something of a call");
        }
    }
    assert!(spared > 0);
}
