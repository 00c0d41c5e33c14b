//! The rules of pools, and a random drive against them.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::json;

use super::*;
use crate::kernel::SimDuration;
use crate::policy::Outcome;

fn ms(ms: u64) -> SimDuration {
    SimDuration::from_millis(ms)
}

fn at(milliseconds: u64) -> SimTime {
    SimTime::ZERO + ms(milliseconds)
}

/// A pool, driven by hand.
struct Driven {
    pool: Connections,
    draws: ChaCha8Rng,
    released: Released,
}

impl Driven {
    fn new(pool: serde_json::Value) -> Self {
        let pool: ConnectionPool = serde_json::from_value(pool).unwrap();
        pool.check().unwrap();
        let (draws, released) = (ChaCha8Rng::seed_from_u64(1), Released::new());
        Self { pool: pool.gate(), draws, released }
    }

    fn ask(&mut self, time: u64, call: u64) -> &'static str {
        named(self.pool.ask(at(time), Ticket(call), &mut self.draws))
    }

    fn end(&mut self, time: u64, outcome: Outcome) {
        let ending = Ending { outcome, took: SimDuration::ZERO };
        self.pool.ended(at(time), Pass::default(), ending, &mut self.released);
    }

    /// Wakes the pool whenever it wants to be, up to this time.
    fn run_to(&mut self, time: u64) {
        while let Some(next) = self.pool.wakes_at().filter(|next| *next <= at(time)) {
            self.pool.wake(next, &mut self.released);
        }
    }

    fn released(&mut self) -> Vec<(u64, &'static str)> {
        self.released.drain(..).map(|(Ticket(call), answer)| (call, named(answer))).collect()
    }
}

fn named(answer: Answer) -> &'static str {
    match answer {
        Answer::Admit(_) => "has one",
        Answer::Wait => "waits",
        Answer::Reject(outcome) => outcome.name(),
    }
}

#[test]
fn an_idle_connection_is_used_before_another_is_opened() {
    let mut pool = Driven::new(json!({ "plain": { "connect": "10ms" } }));
    assert_eq!(pool.ask(0, 1), "waits");
    pool.run_to(10);
    assert_eq!(pool.released(), [(1, "has one")]);
    pool.end(20, Outcome::ServerError);
    assert_eq!((pool.pool.open(), pool.pool.running()), (1, 0));
    assert_eq!(pool.ask(30, 2), "has one", "an answer was read, if a bad one");
    pool.end(40, Outcome::Timeout);
    assert_eq!(pool.pool.open(), 0, "nobody knows what would come next over it");
    assert_eq!(pool.ask(50, 3), "waits");
}

#[test]
fn whoever_waits_longest_has_what_becomes_free() {
    let mut pool = Driven::new(json!({ "plain": { "max_open": 2, "connect": "10ms" } }));
    assert_eq!((pool.ask(0, 1), pool.ask(4, 2), pool.ask(5, 3)), ("waits", "waits", "waits"));
    pool.run_to(10);
    assert_eq!(pool.released(), [(1, "has one")]);
    pool.end(12, Outcome::Ok);
    assert_eq!(pool.released(), [(2, "has one")], "before the one that was opened for it");
    pool.run_to(14);
    assert_eq!(pool.released(), [(3, "has one")]);
    assert_eq!((pool.pool.open(), pool.pool.waiting()), (2, 0));
}

#[test]
fn another_is_opened_in_place_of_one_that_was_closed_while_somebody_waits() {
    let mut pool = Driven::new(json!({ "plain": { "max_open": 1, "connect": "10ms" } }));
    pool.ask(0, 1);
    pool.run_to(10);
    assert_eq!(pool.ask(11, 2), "waits");
    pool.end(20, Outcome::Reset);
    assert_eq!(pool.pool.open(), 0);
    pool.run_to(29);
    assert_eq!(pool.released(), [(1, "has one")]);
    pool.run_to(30);
    assert_eq!(pool.released(), [(2, "has one")]);
}

#[test]
fn a_call_waits_no_longer_than_it_may_and_what_was_opened_for_it_stays() {
    let pool = json!({ "plain": { "max_wait": "10ms", "connect": "11ms" } });
    let mut pool = Driven::new(pool);
    pool.ask(0, 1);
    pool.run_to(10);
    assert_eq!(pool.released(), [(1, "connect_timeout")]);
    pool.run_to(11);
    assert_eq!((pool.pool.open(), pool.ask(12, 2)), (1, "has one"));

    let mut just = Driven::new(json!({ "plain": { "max_wait": "10ms", "connect": "10ms" } }));
    just.ask(0, 1);
    just.run_to(10);
    assert_eq!(just.released(), [(1, "has one")], "just in time");
}

#[test]
fn nobody_waits_where_nobody_may() {
    let pool = json!({ "plain": { "max_open": 1, "max_wait": "0s" } });
    let mut pool = Driven::new(pool);
    assert_eq!((pool.ask(0, 1), pool.ask(0, 2)), ("has one", "connect_timeout"));
    let pool = json!({ "plain": { "max_open": 1, "max_waiting": 1 } });
    let mut pool = Driven::new(pool);
    let answers = (pool.ask(0, 1), pool.ask(0, 2), pool.ask(0, 3));
    assert_eq!(answers, ("has one", "waits", "overflow"));
}

#[test]
fn an_idle_connection_is_closed_when_its_life_is_over() {
    let pool = json!({ "plain": { "max_idle": 2, "idle_life": "100ms" } });
    let mut pool = Driven::new(pool);
    (1..=4).for_each(|call| assert_eq!(pool.ask(0, call), "has one"));
    assert_eq!(pool.pool.open(), 4);
    (0..4).for_each(|nth| pool.end(10 + nth, Outcome::Ok));
    assert_eq!(pool.pool.open(), 2, "two of four are kept");
    pool.run_to(109);
    assert_eq!(pool.pool.open(), 2);
    pool.run_to(110);
    assert_eq!(pool.pool.open(), 1);
    pool.run_to(111);
    assert_eq!((pool.pool.open(), pool.pool.wakes_at()), (0, None));
}

#[test]
fn the_youngest_of_the_idle_is_used_so_that_others_can_grow_old() {
    let mut pool = Driven::new(json!({ "plain": { "idle_life": "100ms" } }));
    (1..=2).for_each(|call| assert_eq!(pool.ask(0, call), "has one"));
    pool.end(10, Outcome::Ok);
    pool.end(20, Outcome::Ok);
    assert_eq!(pool.ask(105, 3), "has one");
    pool.end(109, Outcome::Ok);
    pool.run_to(110);
    assert_eq!(pool.pool.open(), 1);
}

#[test]
fn envoy_fails_everything_that_is_pending_with_a_connection() {
    let pool = json!({ "envoy": {
        "max_connections": 1, "max_pending_requests": 2, "connect": "9s",
    } });
    let mut pool = Driven::new(pool);
    let answers = (pool.ask(0, 1), pool.ask(1_000, 2), pool.ask(2_000, 3));
    assert_eq!(answers, ("waits", "waits", "overflow"));
    pool.run_to(4_999);
    assert_eq!(pool.released(), []);
    pool.run_to(5_000);
    assert_eq!(pool.released(), [(1, "connect_timeout"), (2, "connect_timeout")]);
}

#[test]
fn a_connection_that_is_open_just_when_its_time_is_up_is_open() {
    for (timeout, answer) in [("10ms", "has one"), ("9.999999ms", "connect_timeout")] {
        let pool = json!({ "plain": { "connect": "10ms", "connect_timeout": timeout } });
        let mut pool = Driven::new(pool);
        assert_eq!(pool.ask(0, 1), "waits");
        pool.run_to(10);
        assert_eq!(pool.released()[0], (1, answer));
    }
}

#[test]
fn who_goes_away_leaves_its_place_in_the_line() {
    let mut pool = Driven::new(json!({ "plain": { "max_open": 1 } }));
    assert_eq!((pool.ask(0, 1), pool.ask(0, 2), pool.ask(0, 3)), ("has one", "waits", "waits"));
    pool.pool.withdrawn(at(1), Ticket(2), &mut pool.released);
    pool.pool.withdrawn(at(1), Ticket(9), &mut pool.released);
    assert_eq!(pool.pool.waiting(), 1);
    pool.end(2, Outcome::Ok);
    assert_eq!(pool.released(), [(3, "has one")]);
}

#[test]
fn who_may_wait_for_ever_needs_no_waking() {
    let mut pool = Driven::new(json!({ "plain": { "max_open": 1 } }));
    assert_eq!((pool.ask(0, 1), pool.ask(0, 2)), ("has one", "waits"));
    assert_eq!(pool.pool.wakes_at(), None);
}

#[test]
fn hikari_tries_again_until_the_time_of_the_call_is_over() {
    let pool = json!({ "hikaricp": { "connection_timeout": "1s", "connect": "2s" } });
    let mut pool = Driven::new(pool);
    assert_eq!((pool.ask(0, 1), pool.ask(600, 2)), ("waits", "waits"));
    pool.run_to(1_000);
    assert_eq!(pool.released(), [(1, "connect_timeout")]);
    pool.run_to(1_600);
    assert_eq!(pool.released(), [(2, "connect_timeout")]);
    assert_eq!(pool.pool.waiting(), 0);
}

#[test]
fn go_keeps_two_connections_and_opens_the_others_anew() {
    let mut pool = Driven::new(json!({ "go-http": {} }));
    (1..=10).for_each(|call| assert_eq!(pool.ask(0, call), "has one"));
    (1..=10).for_each(|_| pool.end(5, Outcome::Ok));
    assert_eq!(pool.pool.open(), 2);
    pool.run_to(90_005);
    assert_eq!(pool.pool.open(), 0, "after 90 s");
}

#[test]
fn mistakes_are_named_with_their_places() {
    let wrong = |pool: serde_json::Value| {
        let pool: ConnectionPool = serde_json::from_value(pool).unwrap();
        pool.check().unwrap_err().to_string()
    };
    assert_eq!(
        wrong(json!({ "plain": { "max_open": 0, "connect": "empirical(a.csv)" } })),
        "`plain.max_open` must be at least 1; \
         `plain.connect` draws from a file, which a policy does not read"
    );
    assert_eq!(
        wrong(json!({ "hikaricp": { "connection_timeout": "100ms" } })),
        "`hikaricp.connection_timeout` must be at least 250ms"
    );
}

proptest! {
    #[test]
    fn nobody_waits_beside_an_idle_connection_and_no_bound_is_passed(
        max_open in prop::option::of(1_u32..4),
        max_idle in prop::option::of(0_u32..3),
        max_waiting in prop::option::of(0_u32..4),
        connect in prop_oneof![Just("0s"), Just("exp(5ms)")],
        steps in prop::collection::vec((0_u64..8, 0_u32..4), 1..200),
    ) {
        let mut driven = Driven::new(json!({ "plain": {
            "max_open": max_open, "max_idle": max_idle, "max_waiting": max_waiting,
            "max_wait": "12ms", "connect": connect, "connect_timeout": "9ms", "idle_life": "20ms",
        } }));
        let (mut time, mut asked, mut answered, mut running) = (0, 0_u64, 0_u64, 0_u32);
        for (passes, what) in steps {
            time += passes;
            driven.run_to(time);
            let has_one = |(_, answer): &(u64, &str)| *answer == "has one";
            let released = driven.released();
            answered += released.len() as u64;
            running += released.iter().filter(|r| has_one(r)).count() as u32;
            match what {
                0 if running > 0 => { running -= 1; driven.end(time, Outcome::Ok); }
                1 if running > 0 => { running -= 1; driven.end(time, Outcome::Timeout); }
                _ => {
                    asked += 1;
                    let answer = driven.ask(time, asked);
                    answered += u64::from(answer != "waits");
                    running += u32::from(answer == "has one");
                }
            }
            let released = driven.released();
            answered += released.len() as u64;
            running += released.iter().filter(|r| has_one(r)).count() as u32;
            let pool = &driven.pool;
            prop_assert_eq!(pool.running(), running);
            prop_assert_eq!(pool.waiting() as u64, asked - answered);
            prop_assert!(max_open.is_none_or(|most| pool.open() <= most));
            prop_assert!(max_waiting.is_none_or(|most| pool.waiting() <= most as usize));
            let idle = pool.open() - pool.running();
            prop_assert!(idle == 0 || pool.waiting() == 0);
            prop_assert!(max_idle.is_none_or(|most| idle <= most));
        }
    }
}

#[test]
fn a_pool_says_how_many_connections_may_be_open() {
    for (pool, most) in [
        (json!({ "plain": {} }), None),
        (json!({ "plain": { "max_open": 4 } }), Some(4)),
        (json!({ "envoy": { "max_connections": 9 } }), Some(9)),
        (json!({ "hikaricp": {} }), Some(10)),
        (json!({ "go-http": {} }), None),
        (json!({ "go-http": { "max_conns_per_host": 3 } }), Some(3)),
    ] {
        let read: ConnectionPool = serde_json::from_value(pool.clone()).unwrap();
        assert_eq!(read.most_at_once(), most, "{pool}");
    }
}

#[test]
fn bounds_of_pools_are_where_the_libraries_have_them() {
    let check = |pool: serde_json::Value| -> Vec<String> {
        let pool: ConnectionPool = serde_json::from_value(pool).unwrap();
        let problems = pool.check().err().unwrap_or_default();
        problems.0.into_iter().map(|problem| problem.path).collect()
    };
    // HikariConfig: SOFT_TIMEOUT_FLOOR.
    assert_eq!(check(json!({ "hikaricp": { "connection_timeout": "250ms" } })), [""; 0]);
    let short = json!({ "hikaricp": { "connection_timeout": "249ms" } });
    assert_eq!(check(short), ["hikaricp.connection_timeout"]);
    assert_eq!(check(json!({ "envoy": { "connect_timeout": "0s" } })), ["envoy.connect_timeout"]);
}

#[test]
fn an_idle_timeout_of_nought_keeps_envoys_connections_for_ever() {
    let open_after_a_day = |timeout: &str| {
        let mut driven = Driven::new(json!({ "envoy": { "idle_timeout": timeout } }));
        let Answer::Admit(pass) = driven.pool.take(at(0), Ticket(1), &mut driven.draws) else {
            panic!("there is room")
        };
        driven.pool.give_back(at(10), pass, Outcome::Ok, &mut driven.released);
        while let Some(change) = driven.pool.next_change().filter(|change| *change < at(86_400_000))
        {
            driven.pool.pass(change, &mut driven.released);
        }
        driven.pool.open()
    };
    assert_eq!(open_after_a_day("0s"), 1);
    assert_eq!(open_after_a_day("1h"), 0);
}

#[test]
fn a_pool_is_used_up_when_none_is_idle_or_being_opened_and_there_may_be_no_more() {
    let mut pool = Driven::new(json!({ "plain": { "max_open": 2, "connect": "10ms" } }));
    assert!(!pool.pool.is_used_up(), "there is room for two");
    pool.ask(0, 1);
    pool.ask(0, 2);
    assert!(!pool.pool.is_used_up(), "two are being opened");
    pool.run_to(10);
    assert!(pool.pool.is_used_up());
    pool.end(20, Outcome::Ok);
    assert!(!pool.pool.is_used_up(), "one is idle");
    assert_eq!(pool.ask(21, 3), "has one");
    assert!(pool.pool.is_used_up());
    pool.end(30, Outcome::Reset);
    assert!(!pool.pool.is_used_up(), "there is room for one");
}
