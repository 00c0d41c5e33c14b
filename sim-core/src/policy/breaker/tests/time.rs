//! Open times, their instants, and what is forgotten when.

use super::*;

fn breaker(more: Value) -> Bench {
    let mut given = json!({ "trip": { "consecutive": { "failures": 1 } }, "open_for": "1s" });
    let fields = more.as_object().unwrap().clone();
    given.as_object_mut().unwrap().extend(fields);
    Bench::of(given)
}

#[test]
fn the_open_time_is_over_at_its_instant_or_strictly_after() {
    let mut at = breaker(json!({}));
    at.call(5, false);
    assert_eq!((at.asks(1_004), at.asks(1_005)), (REJECTED, ADMITTED));
    let mut after = breaker(json!({ "due": "after" }));
    after.call(5, false);
    assert_eq!((after.asks(1_005), after.asks(1_006)), (REJECTED, ADMITTED));
}

#[test]
fn a_lazy_breaker_wants_no_waking_and_an_automatic_one_does() {
    let mut lazy = breaker(json!({}));
    lazy.call(0, false);
    assert_eq!((lazy.machine.wakes_at(), lazy.wake(1_000)), (None, Open));
    for due in ["at", "after"] {
        let mut timed = breaker(json!({ "transition": "automatic", "due": due }));
        assert_eq!(timed.machine.wakes_at(), None);
        timed.call(0, false);
        assert_eq!(timed.machine.wakes_at(), Some(ms(1_000)));
        assert_eq!((timed.wake(999), timed.wake(1_000)), (Open, HalfOpen));
        assert_eq!((timed.machine.wakes_at(), timed.machine.since()), (None, ms(1_000)));
    }
}

#[test]
fn a_timer_that_never_comes_is_not_set() {
    let mut bench = breaker(json!({ "open_for": "forever", "transition": "automatic" }));
    bench.call(0, false);
    assert_eq!((bench.state(), bench.machine.wakes_at()), (Open, None));
}

#[test]
fn open_times_grow_until_it_closes_and_are_spread_by_the_last_callers_draw() {
    let jittered = json!({ "exponential": { "base": "1s", "jitter": "full" } });
    let policy = resolve(json!({
        "trip": { "consecutive": { "failures": 1 } }, "open_backoff": jittered,
        "transition": "automatic",
    }));
    let mut machine = Arc::new(policy.unwrap()).start();
    let mut released = Vec::new();
    let mut fails = |at: SimTime, unit: f64| {
        machine.wake(at, &mut released);
        let answer = machine.ask(at, Ticket(1), &mut Always::unit(unit));
        let Answer::Admit(pass) = answer else { panic!("not admitted") };
        let ending = Ending { outcome: Outcome::Timeout, took: SimDuration::ZERO };
        machine.ended(at, pass, ending, &mut released);
        machine.wakes_at().unwrap()
    };
    let first = fails(SimTime::ZERO, 0.5);
    assert_eq!(first, ms(500));
    let second = fails(first, 0.25);
    assert_eq!(second, ms(1_000), "a quarter of 2 s");
    assert_eq!(fails(second, 0.75), ms(4_000), "three quarters of 4 s");
}

#[test]
fn an_ejection_multiplier_is_a_linear_backoff() {
    let mut bench = breaker(json!({
        "open_for": null, "open_backoff": { "linear": { "base": "30s", "cap": "60s" } },
        "transition": "automatic",
    }));
    let mut at = 0;
    for wait in [30_000, 60_000, 60_000] {
        bench.call(at, false);
        at += wait;
        assert_eq!(bench.machine.wakes_at(), Some(ms(at)));
        bench.wake(at);
    }
}

#[test]
fn it_forgets_when_it_is_told_to() {
    let counted = |forgets: &str, at_open: u32, at_close: u32| {
        let mut bench = breaker(json!({
            "trip": { "count-window": { "size": 10 } }, "failure_rate": 0.5, "minimum_calls": 4,
            "forgets": forgets,
        }));
        assert_eq!(bench.calls(0, "ssff"), Open);
        assert_eq!(bench.machine.counted(ms(0)).calls, at_open, "{forgets}");
        assert_eq!(bench.call(1_000, true), Closed);
        assert_eq!(bench.machine.counted(ms(1_000)).calls, at_close, "{forgets}");
    };
    counted("never", 4, 4);
    counted("on_close", 4, 0);
    counted("on_every_change", 0, 0);
}

#[test]
fn probes_are_counted_apart_or_among_the_others() {
    for (probes, failures) in [("apart", 1), ("counted", 2)] {
        let mut bench = breaker(json!({ "probes": probes }));
        bench.call(0, false);
        assert_eq!(bench.call(1_000, false), Open);
        assert_eq!(bench.machine.counted(ms(1_000)).consecutive_failures, failures);
        assert_eq!(bench.machine.tried().failures, 1);
    }
    // The success that closes it is the first that is counted after forgetting.
    let window = json!({ "count-window": { "size": 10 } });
    let mut bench = breaker(json!({ "trip": window, "failure_rate": 1.0, "probes": "counted" }));
    bench.call(0, false);
    bench.call(1_000, true);
    let counted = bench.machine.counted(ms(1_000));
    assert_eq!((counted.calls, counted.successes, counted.failures), (1, 1, 0));
}

#[test]
fn a_probe_is_counted_once_when_the_denominator_says_and_only_if_probes_are() {
    for (probes, denominator, under_way, ended) in [
        ("counted", "results", 2, 3),
        ("counted", "admitted", 3, 3),
        ("counted", "asked", 3, 3),
        ("apart", "results", 2, 2),
        ("apart", "admitted", 2, 2),
    ] {
        let mut bench = breaker(json!({
            "trip": { "time-window": { "buckets": 10 } }, "failure_rate": 1.0, "minimum_calls": 2,
            "denominator": denominator, "probes": probes, "forgets": "never",
        }));
        assert_eq!(bench.calls(0, "ff"), Open);
        let probe = bench.begin(1_000);
        let counted = bench.machine.counted(ms(1_000)).calls;
        assert_eq!(counted, under_way, "{probes}, {denominator}: under way");
        bench.ends(1_000, probe, true);
        let counted = bench.machine.counted(ms(1_000)).calls;
        assert_eq!(counted, ended, "{probes}, {denominator}: ended");
    }
}

#[test]
fn a_trial_counts_its_results_whatever_the_denominator_of_the_closed_breaker() {
    for denominator in ["results", "admitted", "asked"] {
        let mut bench = breaker(json!({
            "trip": { "time-window": { "buckets": 10 } }, "failure_rate": 1.0, "minimum_calls": 2,
            "denominator": denominator, "half_open_verdict": "rate", "half_open_calls": 2,
        }));
        assert_eq!(bench.calls(0, "ff"), Open);
        assert_eq!(bench.call(1_000, true), HalfOpen, "{denominator}");
        assert_eq!(bench.machine.tried().calls, 1, "{denominator}");
        assert_eq!(bench.call(1_000, true), Closed, "{denominator}");
    }
}

#[test]
fn its_state_and_changes_are_told() {
    let mut bench = breaker(json!({}));
    assert_eq!((bench.state(), bench.machine.since()), (Closed, ms(0)));
    bench.call(7, false);
    assert_eq!((bench.asks(8), bench.asks(9), bench.machine.rejected()), (REJECTED, REJECTED, 2));
    assert_eq!((bench.state(), bench.machine.since()), (Open, ms(7)));
    let probe = bench.begin(1_500);
    assert_eq!((bench.machine.probes(), bench.machine.rejected()), (1, 0));
    assert_eq!((bench.asks(1_501), bench.machine.rejected()), (REJECTED, 1));
    bench.ends(1_600, probe, true);
    assert_eq!((bench.machine.since(), bench.machine.rejected()), (ms(1_600), 0));
    let names = [Closed, Open, HalfOpen].map(BreakerState::name);
    assert_eq!(names, ["closed", "open", "half_open"]);
    let changes = bench.machine.changes();
    assert_eq!(changes, Changes { opened: 1, half_opened: 1, closed: 1 });
}
