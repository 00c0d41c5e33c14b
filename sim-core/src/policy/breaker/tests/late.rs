//! What late results do, by each rule.

use super::*;

fn breaker(late: &str) -> Bench {
    Bench::of(json!({
        "trip": { "consecutive": { "failures": 2 } }, "open_for": "1s", "judged_on": "failures",
        "half_open_calls": 2, "half_open_verdict": "all_succeed", "late_results": late,
        "probes": "counted", "forgets": "never",
    }))
}

/// The state after a late result of a call that was admitted while the breaker was closed.
fn after_late(late: &str, state: BreakerState, good: bool) -> BreakerState {
    let mut bench = breaker(late);
    let old = bench.begin(0);
    assert_eq!(bench.calls(0, "ff"), Open);
    if state == HalfOpen {
        assert_eq!(bench.asks(1_000), ADMITTED);
    }
    bench.ends(if state == HalfOpen { 1_000 } else { 500 }, old, good);
    bench.state()
}

#[test]
fn each_rule_treats_late_results_in_its_way() {
    for (late, open_good, open_bad, half_good, half_bad) in [
        ("dropped", Open, Open, HalfOpen, HalfOpen),
        ("counted", Open, Open, HalfOpen, Open),
        ("acting", Closed, Open, HalfOpen, Open),
        ("by_admission", Open, Open, HalfOpen, Open),
    ] {
        assert_eq!(after_late(late, Open, true), open_good, "{late}");
        assert_eq!(after_late(late, Open, false), open_bad, "{late}");
        assert_eq!(after_late(late, HalfOpen, true), half_good, "{late}");
        assert_eq!(after_late(late, HalfOpen, false), half_bad, "{late}");
    }
}

#[test]
fn a_late_success_is_one_of_those_that_close_only_if_it_is_counted() {
    for (late, state) in [("counted", Closed), ("dropped", HalfOpen), ("by_admission", HalfOpen)] {
        let mut bench = breaker(late);
        let old = bench.begin(0);
        bench.calls(0, "ff");
        let probe = bench.begin(1_000);
        bench.ends(1_001, old, true);
        assert_eq!(bench.state(), HalfOpen);
        bench.ends(1_002, probe, true);
        assert_eq!(bench.state(), state, "{late}");
    }
}

#[test]
fn a_rule_that_drops_a_late_result_looks_at_the_clock_all_the_same() {
    let mut bench = breaker("dropped");
    let old = [bench.begin(0), bench.begin(0)];
    bench.calls(0, "ff");
    bench.ends(999, old[0], true);
    assert_eq!(bench.state(), Open);
    bench.ends(1_000, old[1], true);
    assert_eq!(bench.state(), HalfOpen);
    assert_eq!(bench.machine.since(), ms(1_000));
}

#[test]
fn a_late_failure_opens_from_half_open_only_if_the_trip_rule_says_so() {
    // cockatiel's: a success in between has zeroed the count, so one late failure is one.
    let mut bench = breaker("by_admission");
    let old = [0, 0, 0].map(|at| bench.begin(at));
    bench.calls(0, "ff");
    bench.ends(500, old[0], true);
    assert_eq!(bench.asks(1_000), ADMITTED);
    bench.ends(1_001, old[1], false);
    assert_eq!(bench.state(), HalfOpen);
    bench.ends(1_002, old[2], false);
    assert_eq!(bench.state(), Open);
}

#[test]
fn a_probe_of_an_earlier_trial_decides_by_admission() {
    let given = |trip: Value| json!({ "preset": "cockatiel", "trip": trip, "open_for": "1s", "half_open_surplus": "rejected" });
    // The late failure opens while the probe is out; the probe's success then closes the next trial.
    for (good, state) in [(true, Closed), (false, Open)] {
        let mut bench = Bench::of(given(json!({ "consecutive": { "failures": 1 } })));
        let old = bench.begin(0);
        bench.call(0, false);
        let probe = bench.begin(1_000);
        bench.ends(1_001, old, false);
        assert_eq!(bench.state(), Open);
        assert_eq!(bench.asks(2_001), ADMITTED);
        bench.ends(2_002, probe, good);
        assert_eq!(bench.state(), state);
    }
    // While it is open the success is counted, and closes nothing; a failure neither opens it again.
    for good in [true, false] {
        let mut bench = Bench::of(given(json!({ "consecutive": { "failures": 1 } })));
        let old = bench.begin(0);
        bench.call(0, false);
        let probe = bench.begin(1_000);
        bench.ends(1_001, old, false);
        bench.ends(1_002, probe, good);
        assert_eq!((bench.state(), bench.machine.changes().opened), (Open, 2));
        let run = bench.machine.counted(ms(1_002)).consecutive_failures;
        assert_eq!(run, if good { 0 } else { 3 });
    }
}

#[test]
fn a_probe_that_fails_after_another_closed_the_breaker_opens_it_by_admission() {
    let trip = json!({ "consecutive": { "failures": 5 } });
    let mut bench = Bench::of(json!({
        "preset": "cockatiel", "trip": trip, "open_for": "1s", "half_open_calls": 2,
    }));
    bench.calls(0, "fffff");
    let probes = [1_000, 1_000].map(|at| bench.begin(at));
    bench.ends(1_001, probes[0], true);
    assert_eq!(bench.state(), Closed);
    bench.ends(1_002, probes[1], false);
    assert_eq!(bench.state(), Open);
}

#[test]
fn an_ignored_result_gives_back_a_permit_of_its_own_trial() {
    for (late, stray) in [
        ("dropped", REJECTED),
        ("by_admission", REJECTED),
        ("counted", ADMITTED),
        ("acting", ADMITTED),
    ] {
        let mut bench = breaker(late);
        let old = bench.begin(0);
        bench.calls(0, "ff");
        let probes = [1_000, 1_000].map(|at| bench.begin(at));
        assert_eq!(bench.asks(1_000), REJECTED);
        bench.ends_so(1_001, probes[0], Outcome::Cancelled);
        assert_eq!((bench.asks(1_001), bench.asks(1_001)), (ADMITTED, REJECTED), "{late}");
        // One that never took a permit gives one, where libraries do not look whose it is.
        bench.ends_so(1_002, old, Outcome::Cancelled);
        assert_eq!(bench.asks(1_002), stray, "{late}");
    }
}

#[test]
fn an_ignored_result_means_nothing_to_a_closed_or_open_breaker() {
    let mut bench = breaker("counted");
    bench.call(0, false);
    let pass = bench.begin(0);
    bench.ends_so(0, pass, Outcome::Cancelled);
    assert_eq!(bench.machine.counted(ms(0)).consecutive_failures, 1);
    let old = bench.begin(0);
    assert_eq!(bench.call(0, false), Open);
    bench.ends_so(1, old, Outcome::RejectedBulkhead);
    assert_eq!(
        (bench.asks(1_000), bench.asks(1_000), bench.asks(1_000)),
        (ADMITTED, ADMITTED, REJECTED)
    );
}

#[test]
fn a_call_of_a_closed_breaker_is_no_probe_whatever_its_trip_rule_marks_it_with() {
    // gobreaker marks calls with their bucket; here one failure is one of the six in a row.
    let mut bench = Bench::of(json!({
        "trip": { "gobreaker": { "interval": "2s", "bucket_period": "1s" } }, "open_for": "1s",
        "late_results": "by_admission",
    }));
    for at in [1_500, 2_500, 3_500] {
        assert_eq!(bench.call(at, false), Closed, "{at}");
    }
    // A probe that failed late would open it at once.
    assert_eq!(bench.machine.changes(), Changes::default());
}
