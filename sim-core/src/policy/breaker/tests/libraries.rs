//! The rules of the libraries that stand in prose.

use super::*;

#[test]
fn resilience4j_closes_though_a_probe_failed() {
    for (results, state) in [("fss", Closed), ("ffs", Open), ("sff", Open), ("ssf", Closed)] {
        let mut bench = Bench::of(json!({
            "preset": "resilience4j", "trip": { "count-window": { "size": 2 } },
            "open_for": "1s", "half_open_calls": 3,
        }));
        assert_eq!(bench.calls(0, "ff"), Open);
        let probes: Vec<Pass> = (0..3).map(|_| bench.begin(1_001)).collect();
        for (probe, result) in probes.into_iter().zip(results.chars()) {
            assert_eq!(bench.state(), HalfOpen);
            bench.ends(1_002, probe, result == 's');
        }
        assert_eq!(bench.state(), state, "{results}");
    }
}

#[test]
fn resilience4j_opens_on_the_success_that_completes_the_minimum() {
    let size = json!({ "count-window": { "size": 100 } });
    let mut bench =
        Bench::of(json!({ "preset": "resilience4j", "trip": size, "minimum_calls": 10 }));
    assert_eq!(bench.calls(0, "fffffffff"), Closed);
    assert_eq!(bench.call(0, true), Open);
}

#[test]
fn resilience4j_lowers_its_minimum_to_the_window_and_to_the_permits() {
    // 100 calls at least, but the window holds 10; half-open, 10 calls decide.
    let trip = json!({ "count-window": { "size": 10 } });
    let mut bench = Bench::of(json!({ "preset": "resilience4j", "trip": trip }));
    assert_eq!(bench.calls(0, "sssssfffff"), Open);
    let mut half_open = |good: bool| bench.call(60_001, good);
    for _ in 0..9 {
        assert_eq!(half_open(true), HalfOpen);
    }
    assert_eq!(half_open(true), Closed);
    // A time window does not lower it.
    let trip = json!({ "time-window": { "buckets": 10 } });
    let mut bench = Bench::of(json!({ "preset": "resilience4j", "trip": trip }));
    assert_eq!(bench.calls(0, &"f".repeat(99)), Closed);
    assert_eq!(bench.call(0, false), Open);
}

#[test]
fn resilience4j_counts_slow_calls_strictly_and_their_rate_inclusively() {
    let breaker = || {
        Bench::of(json!({
            "preset": "resilience4j", "trip": { "count-window": { "size": 4 } },
            "slow_after": "100ms", "slow_rate": 0.5,
        }))
    };
    let took = |bench: &mut Bench, ns: u64| {
        let pass = bench.begin(0);
        let ending = Ending { outcome: Outcome::Ok, took: SimDuration::from_nanos(ns) };
        bench.machine.ended(ms(0), pass, ending, &mut Vec::new());
        bench.state()
    };
    let (slow, quick) = (100_000_001, 100_000_000);
    let mut bench = breaker();
    assert_eq!([slow, quick, slow, quick].map(|ns| took(&mut bench, ns)).last(), Some(&Open));
    assert_eq!(bench.machine.counted(ms(0)).slow, 2);
    let mut bench = breaker();
    assert_eq!([slow, quick, quick, quick].map(|ns| took(&mut bench, ns)).last(), Some(&Closed));
}

#[test]
fn resilience4j_waits_in_half_open_as_long_as_it_is_told() {
    let breaker = |time: Value| {
        let trip = json!({ "count-window": { "size": 1 } });
        let mut bench = Bench::of(
            json!({ "preset": "resilience4j", "trip": trip, "open_for": "1s", "half_open_for": time }),
        );
        assert_eq!(bench.call(0, false), Open);
        assert_eq!(bench.asks(1_001), ADMITTED);
        bench
    };
    assert_eq!(breaker(Value::Null).machine.wakes_at(), None);
    let mut bench = breaker(json!("2s"));
    assert_eq!(bench.machine.wakes_at(), Some(ms(3_001)));
    assert_eq!(bench.wake(3_000), HalfOpen);
    assert_eq!(bench.wake(3_001), Open);
    assert_eq!(bench.asks(4_001), REJECTED);
    assert_eq!(bench.asks(4_002), ADMITTED);
}

#[test]
fn resilience4j_returns_the_permit_of_a_call_that_was_called_off() {
    let trip = json!({ "count-window": { "size": 1 } });
    let mut bench =
        Bench::of(json!({ "preset": "resilience4j", "trip": trip, "half_open_calls": 1 }));
    bench.call(0, false);
    let probe = bench.begin(60_001);
    assert_eq!(bench.asks(60_001), REJECTED);
    bench.ends_so(60_002, probe, Outcome::Cancelled);
    assert_eq!((bench.state(), bench.asks(60_002)), (HalfOpen, ADMITTED));
    assert_eq!(bench.asks(60_002), REJECTED);
}

#[test]
fn opossum_opens_above_half_of_what_was_fired() {
    let mut bench = Bench::of(json!({ "preset": "opossum" }));
    assert_eq!(bench.call(0, false), Open, "the first failure, without a volume threshold");
    let mut bench = Bench::of(json!({ "preset": "opossum" }));
    assert_eq!(bench.calls(0, "sf"), Closed, "exactly 50 %");
    // Calls in flight are fired: two failures of four are not above half.
    let in_flight = [bench.begin(0), bench.begin(0)];
    bench.ends(1, in_flight[0], false);
    assert_eq!(bench.state(), Closed);
    bench.ends(2, in_flight[1], false);
    assert_eq!(bench.state(), Open);
    let mut bench = Bench::of(json!({ "preset": "opossum", "minimum_calls": 5 }));
    assert_eq!(bench.calls(0, "ffff"), Closed);
    assert_eq!(bench.call(0, false), Open);
}

#[test]
fn opossum_becomes_half_open_by_itself_and_lets_one_try() {
    let mut bench = Bench::of(json!({ "preset": "opossum" }));
    bench.call(0, false);
    assert_eq!(bench.machine.wakes_at(), Some(ms(30_000)));
    assert_eq!(bench.wake(29_999), Open);
    assert_eq!(bench.wake(30_000), HalfOpen);
    assert_eq!((bench.asks(30_000), bench.asks(30_000)), (ADMITTED, REJECTED));
}

#[test]
fn opossum_keeps_its_statistics_when_it_closes() {
    let mut bench = Bench::of(json!({ "preset": "opossum", "open_for": "500ms" }));
    assert_eq!(bench.calls(0, "f"), Open);
    bench.wake(500);
    assert_eq!(bench.call(500, true), Closed);
    let counted = bench.machine.counted(ms(500));
    assert_eq!((counted.calls, counted.failures, counted.successes), (2, 1, 1));
    assert_eq!(bench.call(600, false), Open, "2 of 3");
}

#[test]
fn gobreaker_wipes_failures_in_a_row_with_the_interval() {
    let trip = json!({ "gobreaker": { "interval": "60s" } });
    let mut bench = Bench::of(json!({ "preset": "gobreaker", "trip": trip }));
    assert_eq!(bench.calls(59_000, "fffff"), Closed);
    assert_eq!(bench.calls(60_001, "fffff"), Closed);
    assert_eq!(bench.call(60_002, false), Open);
    // Exactly at its end the interval is not over.
    let trip = json!({ "gobreaker": { "interval": "60s" } });
    let mut bench = Bench::of(json!({ "preset": "gobreaker", "trip": trip }));
    assert_eq!(bench.calls(59_000, "fffff"), Closed);
    assert_eq!(bench.call(60_000, false), Open);
}

#[test]
fn gobreaker_drops_the_result_of_a_call_from_before_the_wipe() {
    let trip = json!({ "gobreaker": { "interval": "10s", "consecutive_failures": 1 } });
    let mut bench = Bench::of(json!({ "preset": "gobreaker", "trip": trip }));
    let old = bench.begin(9_999);
    let in_time = bench.begin(9_999);
    bench.ends(10_000, in_time, true);
    bench.ends(10_001, old, false);
    assert_eq!((bench.state(), bench.machine.counted(ms(10_001)).failures), (Closed, 0));
}

#[test]
fn gobreaker_permits_as_many_as_must_succeed() {
    let mut bench = Bench::of(json!({ "preset": "gobreaker", "half_open_calls": 3 }));
    assert_eq!(bench.calls(0, "ffffff"), Open);
    assert_eq!((bench.asks(60_000), bench.state()), (REJECTED, Open));
    let probes = [60_001, 60_001, 60_001].map(|at| bench.begin(at));
    assert_eq!(bench.asks(60_001), REJECTED);
    bench.ends(60_002, probes[0], true);
    bench.ends(60_002, probes[1], true);
    assert_eq!((bench.state(), bench.asks(60_002)), (HalfOpen, REJECTED));
    bench.ends(60_003, probes[2], true);
    assert_eq!(bench.state(), Closed);
    // Any failure opens it again, and then the others' results are of an older generation.
    let mut bench = Bench::of(json!({ "preset": "gobreaker", "half_open_calls": 3 }));
    bench.calls(0, "ffffff");
    let probes = [60_001, 60_001].map(|at| bench.begin(at));
    bench.ends(60_002, probes[0], false);
    bench.ends(60_003, probes[1], true);
    assert_eq!(bench.state(), Open);
}

#[test]
fn pybreaker_lets_one_call_at_a_time_through_its_lock() {
    // 20 threads, failing calls of 200 ms, fail_max 3: errors at 200 and 400, open at 600, and the
    // other 17 fail fast then.
    let trip = json!({ "consecutive": { "failures": 3 } });
    let mut bench = Bench::of(json!({ "preset": "pybreaker", "trip": trip }));
    let mut pass = bench.begin(0);
    for _ in 1..20 {
        assert_eq!(bench.asks(0), WAITS);
    }
    for (at, next) in [(200, 2), (400, 3)] {
        bench.ends(at, pass, false);
        assert_eq!(bench.state(), Closed);
        let [(ticket, Answer::Admit(admitted))] = bench.released[..] else { panic!("not one") };
        assert_eq!(ticket, Ticket(next));
        pass = admitted;
        bench.released.clear();
    }
    bench.ends(600, pass, false);
    assert_eq!(bench.state(), Open);
    let failed_fast: Vec<_> = (4..=20).map(|ticket| (ticket, false)).collect();
    assert_eq!(bench.released(), failed_fast);
    assert_eq!((bench.asks(700), bench.machine.waiting()), (REJECTED, 0));
}

#[test]
fn polly_opens_only_on_a_failure() {
    let polly = || {
        let given = json!({ "preset": "polly-v8", "failure_rate": 0.5, "minimum_calls": 4 });
        Bench::of(given)
    };
    assert_eq!(polly().calls(0, "fffs"), Closed, "a success completes the minimum");
    assert_eq!(polly().calls(0, "fffsf"), Open);
    assert_eq!(polly().calls(0, "sfsf"), Open, "exactly the ratio");
    assert_eq!(polly().calls(0, "sssff"), Closed);
}

#[test]
fn polly_stays_half_open_until_an_outcome_arrives() {
    let mut bench = Bench::of(json!({ "preset": "polly-v8", "minimum_calls": 2 }));
    bench.calls(0, "ff");
    assert_eq!(bench.asks(4_999), REJECTED);
    let probe = bench.begin(5_000);
    assert_eq!((bench.asks(1_000_000), bench.state()), (REJECTED, HalfOpen));
    assert_eq!(bench.machine.wakes_at(), None);
    bench.ends(1_000_001, probe, true);
    assert_eq!(bench.state(), Closed);
    assert_eq!(bench.machine.counted(ms(1_000_001)), Totals::default(), "forgotten");
}

#[test]
fn linkerd2_admits_one_request_after_ever_longer_times() {
    let backoff = json!({ "exponential": { "base": "1s", "cap": "3s" } });
    let trip = json!({ "consecutive": { "failures": 2 } });
    let mut bench =
        Bench::of(json!({ "preset": "linkerd2", "trip": trip, "open_backoff": backoff }));
    assert_eq!(bench.calls(0, "ff"), Open);
    let mut at = 0;
    for wait in [1_000, 2_000, 3_000, 3_000] {
        at += wait;
        assert_eq!(bench.machine.wakes_at(), Some(ms(at)));
        assert_eq!(bench.wake(at), HalfOpen);
        let probe = bench.begin(at);
        assert_eq!(bench.asks(at), REJECTED);
        bench.ends(at, probe, false);
        assert_eq!(bench.state(), Open);
    }
    bench.wake(at + 3_000);
    assert_eq!(bench.call(at + 3_000, true), Closed);
    // It starts at the base again, and counts from none.
    assert_eq!(bench.call(at + 3_000, false), Closed);
    assert_eq!(bench.call(at + 3_000, false), Open);
    assert_eq!(bench.machine.wakes_at(), Some(ms(at + 4_000)));
}

#[test]
fn linkerd2_ignores_results_while_it_is_shut_and_lets_any_decide_in_probation() {
    let trip = json!({ "consecutive": { "failures": 2 } });
    let backoff = json!({ "fixed": { "delay": "1s" } });
    let mut bench =
        Bench::of(json!({ "preset": "linkerd2", "trip": trip, "open_backoff": backoff }));
    let late = [0, 0, 0].map(|at| bench.begin(at));
    bench.calls(0, "ff");
    bench.ends(500, late[0], true);
    assert_eq!(bench.state(), Open);
    bench.wake(1_000);
    bench.ends(1_001, late[1], false);
    assert_eq!(bench.state(), Open);
    bench.wake(2_001);
    bench.ends(2_002, late[2], true);
    assert_eq!(bench.state(), Closed);
}

#[test]
fn the_fourth_articles_breaker_admits_everybody_until_the_first_result() {
    let mut bench = Bench::of(json!({ "preset": "article-4" }));
    assert_eq!(bench.calls(0, "ffff"), Closed);
    assert_eq!(bench.call(0, false), Open);
    assert_eq!(bench.asks(30_000), REJECTED, "strictly after 30 s");
    let probes: Vec<Pass> = (0..50).map(|_| bench.begin(30_001)).collect();
    // The count was not reset: any failure is above the threshold.
    bench.ends(30_002, probes[0], false);
    assert_eq!((bench.state(), bench.asks(30_002)), (Open, REJECTED));
    // A late failure while it is open extends that, and a late success closes it.
    bench.ends(31_000, probes[1], false);
    assert_eq!(bench.asks(61_000), REJECTED);
    bench.ends(61_000, probes[2], true);
    assert_eq!(bench.state(), Closed);
    assert_eq!(bench.calls(61_000, "ffff"), Closed, "counted from none");
    assert_eq!(bench.call(61_000, false), Open);
    let changes = bench.machine.changes();
    assert_eq!((changes.opened, changes.half_opened, changes.closed), (3, 1, 1));
}

#[test]
fn the_fourth_articles_open_time_runs_from_the_last_failure() {
    let mut bench = Bench::of(json!({ "preset": "article-4" }));
    let late = bench.begin(0);
    bench.calls(0, "fffff");
    bench.ends(20_000, late, false);
    assert_eq!(bench.asks(50_000), REJECTED);
    assert_eq!(bench.asks(50_001), ADMITTED);
}

#[test]
fn the_first_articles_breaker_never_closes_again() {
    let mut bench = Bench::of(json!({ "preset": "article-1" }));
    let late = bench.begin(0);
    assert_eq!(bench.calls(0, "fffff"), Open);
    bench.ends(1, late, true);
    for at in [1_000, 3_600_000, u64::MAX / 1_000_000] {
        assert_eq!(bench.asks(at), REJECTED);
    }
    let answer = bench.machine.ask(SimTime::MAX, Ticket(0), &mut { MIDDLE });
    assert_eq!(answer, Answer::Reject(Outcome::RejectedBreaker));
    assert_eq!((bench.state(), bench.machine.wakes_at()), (Open, None));
}

#[test]
fn libraries_differ_in_what_a_failure_is() {
    let fails = |name: &str, outcome| {
        let mut given = json!({ "preset": name, "open_for": "1s" });
        if name == "cockatiel" {
            given["trip"] = json!({ "consecutive": { "failures": 1 } });
        }
        let policy = resolve(given).unwrap();
        let ending = Ending { outcome, took: SimDuration::ZERO };
        policy.sample(ending).map(|sample| sample.failed)
    };
    for preset in BreakerPreset::ALL {
        let name = preset.name();
        assert_eq!(fails(name, Outcome::Ok), Some(false), "{name}");
        assert_eq!(fails(name, Outcome::Timeout), Some(true), "{name}");
        let client_error = fails(name, Outcome::ClientError);
        assert_eq!(client_error, Some(name != "linkerd2"), "{name}");
    }
    assert_eq!(fails("resilience4j", Outcome::Cancelled), None);
    assert_eq!(fails("polly-v8", Outcome::Cancelled), Some(false));
    assert_eq!(fails("gobreaker", Outcome::Cancelled), Some(true));
    assert_eq!(fails("linkerd2", Outcome::Throttled), Some(false));
}
