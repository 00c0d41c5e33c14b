//! Callers that wait: for the lock, and for the verdict.

use super::*;

fn cockatiel() -> Bench {
    let trip = json!({ "consecutive": { "failures": 1 } });
    Bench::of(json!({ "preset": "cockatiel", "trip": trip, "open_for": "1s" }))
}

#[test]
fn callers_wait_for_the_verdict_of_the_probe_and_then_ask_again() {
    for (good, admitted) in [(true, true), (false, false)] {
        let mut bench = cockatiel();
        bench.call(0, false);
        let probe = bench.begin(1_000);
        assert_eq!([1_001, 1_002, 1_003].map(|at| bench.asks(at)), [WAITS; 3]);
        assert_eq!(bench.machine.waiting(), 3);
        bench.ends(1_500, probe, good);
        assert_eq!(bench.released(), [(3, admitted), (4, admitted), (5, admitted)]);
        assert_eq!(bench.machine.waiting(), 0);
    }
}

#[test]
fn the_open_time_of_an_open_breaker_still_turns_callers_away() {
    let mut bench = cockatiel();
    bench.call(0, false);
    assert_eq!(
        (bench.asks(999), bench.asks(1_000), bench.asks(1_000)),
        (REJECTED, ADMITTED, WAITS)
    );
}

#[test]
fn a_caller_that_gives_up_waits_no_more() {
    let mut bench = cockatiel();
    bench.call(0, false);
    let probe = bench.begin(1_000);
    assert_eq!([1_000, 1_000, 1_000].map(|at| bench.asks(at)), [WAITS; 3]);
    let mut released = Vec::new();
    bench.machine.withdrawn(ms(1_001), Ticket(4), &mut released);
    bench.machine.withdrawn(ms(1_001), Ticket(99), &mut released);
    assert!(released.is_empty());
    bench.ends(1_002, probe, true);
    assert_eq!(bench.released(), [(3, true), (5, true)]);
    bench.machine.withdrawn(ms(1_003), Ticket(3), &mut released);
    assert_eq!(bench.state(), Closed);
}

#[test]
fn a_permit_that_is_given_back_goes_to_whoever_waits_first() {
    let trip = json!({ "consecutive": { "failures": 1 } });
    let mut bench = Bench::of(json!({
        "preset": "cockatiel", "trip": trip, "open_for": "1s", "ignored": ["cancelled"],
        "failures": ["server_error"],
    }));
    bench.call(0, false);
    let probe = bench.begin(1_000);
    assert_eq!([1_000, 1_000].map(|at| bench.asks(at)), [WAITS; 2]);
    bench.ends_so(1_001, probe, Outcome::Cancelled);
    assert_eq!((bench.state(), bench.released()), (HalfOpen, vec![(3, true)]));
    assert_eq!(bench.machine.waiting(), 1);
}

#[test]
fn those_who_wait_are_turned_away_when_the_half_open_time_is_over() {
    let trip = json!({ "consecutive": { "failures": 1 } });
    let mut bench = Bench::of(json!({
        "preset": "cockatiel", "trip": trip, "open_for": "1s", "half_open_for": "5s",
    }));
    bench.call(0, false);
    let _probe = bench.begin(1_000);
    assert_eq!(bench.asks(1_000), WAITS);
    assert_eq!(bench.wake(6_000), Open);
    assert_eq!(bench.released(), [(3, false)]);
}

#[test]
fn the_lock_goes_to_callers_in_the_order_in_which_they_came() {
    let mut bench = Bench::of(json!({ "preset": "pybreaker" }));
    let first = bench.begin(0);
    assert_eq!([0, 0, 0].map(|at| bench.asks(at)), [WAITS; 3]);
    bench.machine.withdrawn(ms(1), Ticket(2), &mut Vec::new());
    bench.ends(10, first, true);
    assert_eq!(bench.released(), [(3, true)]);
    assert_eq!((bench.asks(11), bench.machine.waiting()), (WAITS, 2));
}

#[test]
fn a_call_that_is_ignored_frees_the_lock_as_well() {
    let given = json!({ "preset": "pybreaker", "failures": ["timeout"], "ignored": ["cancelled"] });
    let mut bench = Bench::of(given);
    let first = bench.begin(0);
    assert_eq!(bench.asks(0), WAITS);
    bench.ends_so(1, first, Outcome::Cancelled);
    assert_eq!(bench.released(), [(2, true)]);
}

#[test]
fn behind_the_lock_one_probe_is_made_at_a_time() {
    let trip = json!({ "consecutive": { "failures": 1 } });
    let mut bench = Bench::of(json!({
        "preset": "pybreaker", "trip": trip, "half_open_verdict": { "successes": 2 },
    }));
    bench.call(0, false);
    let probe = bench.begin(60_000);
    assert_eq!([60_000, 60_000].map(|at| bench.asks(at)), [WAITS; 2]);
    bench.ends(62_000, probe, true);
    assert_eq!((bench.state(), bench.released.len()), (HalfOpen, 1));
    let Some((Ticket(3), Answer::Admit(probe))) = bench.released.pop() else { panic!() };
    bench.ends(64_000, probe, true);
    assert_eq!((bench.state(), bench.released()), (Closed, vec![(4, true)]));
}
