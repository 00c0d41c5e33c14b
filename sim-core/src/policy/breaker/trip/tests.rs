//! Each window against a slow, plainly correct model that keeps every result; and its bounds.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::kernel::SimDuration;
use crate::policy::breaker::axes::{Arithmetic, Threshold};

fn ms(n: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_millis(n)
}

fn rule(rule: Value) -> Trip {
    let rule: Trip = serde_json::from_value(rule).unwrap();
    assert_eq!(rule.check(), Ok(()));
    rule
}

fn sample(failed: bool, slow: bool) -> Sample {
    Sample { failed, slow, new_call: true }
}

const FAILED: Sample = Sample { failed: true, slow: false, new_call: true };
const GOOD: Sample = Sample { failed: false, slow: false, new_call: true };

fn calls_and_failures(tally: &mut AnyTally, at: u64) -> (u32, u32) {
    let totals = tally.totals(ms(at));
    (totals.calls, totals.failures)
}

/// Results with the milliseconds since the one before: mostly short, at times a long pause.
fn results() -> impl Strategy<Value = Vec<(u64, bool, bool)>> {
    let pause = prop_oneof![8 => 0..400_u64, 2 => 0..3_000_u64, 1 => 0..30_000_u64];
    prop::collection::vec((pause, any::<bool>(), any::<bool>()), 1..120)
}

/// What a list of results adds up to.
fn sum<'a>(results: impl Iterator<Item = &'a Sample>) -> (u32, u32, u32, u32) {
    let mut totals = Totals::default();
    results.for_each(|sample| totals.add(*sample));
    (totals.calls, totals.successes, totals.failures, totals.slow)
}

/// Feeds results to a tally and to a list of all results with what the model calls their place;
/// after each, those whose place is `kept` at its time must be what the tally has.
fn agrees(
    trip: &Trip,
    results: &[(u64, bool, bool)],
    mut place: impl FnMut(u64) -> u64,
    kept: impl Fn(usize, usize, u64, u64) -> bool,
) {
    let mut tally = trip.start();
    let mut all: Vec<(u64, Sample)> = Vec::new();
    let mut now = 0;
    for (pause, failed, slow) in results {
        now += pause;
        let sample = sample(*failed, *slow);
        let mark = tally.mark(ms(now));
        tally.record(ms(now), mark, sample);
        all.push((place(now), sample));
        let (count, newest) = (all.len(), all.last().unwrap().0);
        let inside = all.iter().enumerate();
        let inside = inside.filter(|(n, (place, _))| kept(*n, count, *place, newest));
        let expected = sum(inside.map(|(_, (_, sample))| sample));
        let totals = tally.totals(ms(now));
        let ours = (totals.calls, totals.successes, totals.failures, totals.slow);
        assert_eq!(ours, expected, "{} at {now} ms", trip.name());
    }
}

proptest! {
    #[test]
    fn a_count_window_holds_the_last_results(results in results(), size in 1..20_u32) {
        let trip = rule(json!({ "count-window": { "size": size } }));
        agrees(&trip, &results, |_| 0, |n, count, _, _| n + size as usize >= count);
    }

    #[test]
    fn a_time_window_holds_the_last_buckets(results in results(), buckets in 1..12_u64) {
        let trip = rule(json!({ "time-window": { "buckets": buckets, "bucket": "700ms" } }));
        agrees(&trip, &results, |now| now / 700, |_, _, place, newest| place + buckets > newest);
    }

    #[test]
    fn gobreaker_rolls_in_buckets(results in results(), buckets in 2..8_u64) {
        let interval = format!("{}ms", buckets * 500);
        let trip = rule(json!({ "gobreaker": { "interval": interval, "bucket_period": "500ms" } }));
        agrees(&trip, &results, |now| now / 500, |_, _, place, newest| place + buckets > newest);
    }

    #[test]
    fn gobreaker_wipes_each_interval(results in results()) {
        let trip = rule(json!({ "gobreaker": { "interval": "2s" } }));
        let (mut cycle, mut started) = (0, 0);
        let place = |now| {
            if now > started + 2_000 {
                (cycle, started) = (cycle + 1, now);
            }
            cycle
        };
        agrees(&trip, &results, place, |_, _, place, newest| place == newest);
    }

    #[test]
    fn pollys_windows_start_with_a_result(results in results()) {
        // The model keeps with each result when its window started.
        let mut tally = rule(json!({ "polly-v8": { "sampling": "3s" } })).start();
        let mut all: Vec<(u64, Sample)> = Vec::new();
        let mut now = 0;
        for (pause, failed, slow) in results {
            now += pause;
            let newest = all.last().map(|(started, _)| *started);
            let started = newest.filter(|started| now - started < 300).unwrap_or(now);
            all.push((started, sample(failed, slow)));
            tally.record(ms(now), 0, sample(failed, slow));
            let inside = all.iter().filter(|(started, _)| now - started < 3_000);
            let totals = tally.totals(ms(now));
            let ours = (totals.calls, totals.successes, totals.failures, totals.slow);
            prop_assert_eq!(ours, sum(inside.map(|(_, sample)| sample)));
        }
    }

    #[test]
    fn cockatiels_windows_move_by_one_with_a_result(results in results()) {
        // 6 s: six windows of a second; old results stay until six later windows have begun.
        let trip = rule(json!({ "cockatiel-sampling": { "duration": "6s" } }));
        let (mut window, mut started) = (0, None);
        let place = |now: u64| {
            if started.is_none_or(|started| now - started >= 1_000) {
                (window, started) = (window + 1, Some(now));
            }
            window
        };
        agrees(&trip, &results, place, |_, _, place, newest| place + 6 > newest);
    }

    #[test]
    fn a_run_of_failures_is_counted(results in results(), limit in 1..6_u32) {
        let trip = rule(json!({ "consecutive": { "failures": limit } }));
        let mut tally = trip.start();
        for n in 0..results.len() {
            tally.record(ms(0), 0, sample(results[n].1, false));
            let run = results[..=n].iter().rev().take_while(|result| result.1).count() as u32;
            prop_assert_eq!(tally.totals(ms(0)).consecutive_failures, run);
            prop_assert_eq!(tally.trips(ms(0), &Rates::default()), run >= limit);
        }
    }
}

#[test]
fn a_bucket_of_time_ends_where_the_next_begins() {
    let mut tally = rule(json!({ "time-window": { "buckets": 10 } })).start();
    tally.record(ms(999), 0, FAILED);
    tally.record(ms(1_000), 0, GOOD);
    assert_eq!(calls_and_failures(&mut tally, 9_999), (2, 1));
    assert_eq!(calls_and_failures(&mut tally, 10_000), (1, 0));
    assert_eq!(calls_and_failures(&mut tally, 10_999), (1, 0));
    assert_eq!(calls_and_failures(&mut tally, 11_000), (0, 0));
}

#[test]
fn calls_count_when_they_are_made_and_failures_when_they_end() {
    let late = Sample { new_call: false, ..FAILED };
    for window in [
        json!({ "time-window": { "buckets": 2 } }),
        json!({ "gobreaker": { "interval": "2s", "bucket_period": "1s" } }),
        json!({ "polly-v8": { "sampling": "10s" } }),
    ] {
        let mut tally = rule(window).start();
        tally.call(ms(0));
        let mark = tally.mark(ms(0));
        assert_eq!(calls_and_failures(&mut tally, 500), (1, 0));
        tally.record(ms(500), mark, late);
        assert_eq!(calls_and_failures(&mut tally, 500), (1, 1));
    }
    let mut tally = rule(json!({ "cockatiel-sampling": { "duration": "5s" } })).start();
    tally.call(ms(0));
    tally.record(ms(1_000), 0, late);
    assert_eq!(calls_and_failures(&mut tally, 1_000), (1, 1));
}

#[test]
fn a_call_that_counted_when_it_was_made_leaves_with_its_window() {
    for (window, leaves) in [
        (json!({ "time-window": { "buckets": 2 } }), 2_000),
        (json!({ "gobreaker": { "interval": "2s", "bucket_period": "1s" } }), 2_000),
        (json!({ "polly-v8": { "sampling": "10s" } }), 10_000),
    ] {
        let mut tally = rule(window).start();
        (0..3).for_each(|_| tally.call(ms(0)));
        assert_eq!(calls_and_failures(&mut tally, leaves - 1), (3, 0));
        assert_eq!(calls_and_failures(&mut tally, leaves), (0, 0));
    }
    // Cockatiel's windows move with calls only: five of a second.
    let mut tally = rule(json!({ "cockatiel-sampling": { "duration": "5s" } })).start();
    (0..3).for_each(|_| tally.call(ms(0)));
    (1..5).for_each(|n| tally.call(ms(n * 1_000)));
    assert_eq!(calls_and_failures(&mut tally, 4_000), (7, 0));
    tally.call(ms(5_000));
    assert_eq!(calls_and_failures(&mut tally, 5_000), (5, 0));
}

#[test]
fn a_count_window_counts_results_whatever_has_been_counted_before() {
    let mut tally = rule(json!({ "count-window": { "size": 2 } })).start();
    tally.call(ms(0));
    assert_eq!(calls_and_failures(&mut tally, 0), (0, 0));
    (0..3).for_each(|_| tally.record(ms(0), 0, Sample { new_call: false, ..FAILED }));
    assert_eq!(calls_and_failures(&mut tally, 0), (2, 2));
}

#[test]
fn what_is_forgotten_is_gone_and_counting_goes_on() {
    for window in [
        json!({ "consecutive": { "failures": 3 } }),
        json!({ "count-window": { "size": 3 } }),
        json!({ "time-window": { "buckets": 3 } }),
        json!({ "gobreaker": { "interval": "30s" } }),
        json!({ "gobreaker": { "interval": "30s", "bucket_period": "10s" } }),
        json!({ "polly-v8": { "sampling": "3s" } }),
        json!({ "polly-v8": { "sampling": "100ms" } }),
        json!({ "cockatiel-sampling": { "duration": "3s" } }),
    ] {
        let trip = rule(window);
        let mut tally = trip.start();
        (0..5).for_each(|_| tally.record(ms(2_500), 0, FAILED));
        tally.forget(ms(2_600));
        assert_eq!(tally.totals(ms(2_600)), Totals::default(), "{}", trip.name());
        let mark = tally.mark(ms(2_700));
        tally.record(ms(2_700), mark, FAILED);
        let totals = tally.totals(ms(2_700));
        assert_eq!(totals.failures.max(totals.consecutive_failures), 1, "{}", trip.name());
    }
}

#[test]
fn gobreakers_interval_starts_again_when_something_is_asked_after_its_end() {
    let mut tally = rule(json!({ "gobreaker": { "interval": "10s" } })).start();
    tally.record(ms(9_000), 0, FAILED);
    assert_eq!(calls_and_failures(&mut tally, 10_000), (1, 1), "not after its end");
    let mark = tally.mark(ms(15_000));
    tally.record(ms(15_000), mark, FAILED);
    // The next one runs from 15 s, when somebody asked, and not from 10 s.
    assert_eq!(calls_and_failures(&mut tally, 25_000), (1, 1));
    assert_eq!(calls_and_failures(&mut tally, 25_001), (0, 0));
}

#[test]
fn gobreakers_buckets_are_rounded_up_and_count_what_they_admitted() {
    // An interval of 25 s in buckets of 10 s is three of them.
    let window = json!({ "gobreaker": { "interval": "25s", "bucket_period": "10s" } });
    let mut tally = rule(window.clone()).start();
    tally.record(ms(0), 0, FAILED);
    assert_eq!(calls_and_failures(&mut tally, 29_999), (1, 1));
    assert_eq!(calls_and_failures(&mut tally, 30_000), (0, 0));
    // A result belongs to the bucket that admitted its call, as long as that is there.
    let mut tally = rule(window).start();
    let mark = tally.mark(ms(9_999));
    tally.record(ms(29_999), mark, FAILED);
    assert_eq!(calls_and_failures(&mut tally, 29_999), (1, 1));
    tally.record(ms(30_000), mark, FAILED);
    assert_eq!(calls_and_failures(&mut tally, 30_000), (0, 0));
    // An interval of one bucket is as long as the bucket, and wiped.
    let window = json!({ "gobreaker": { "interval": "5s", "bucket_period": "10s" } });
    let mut tally = rule(window).start();
    tally.record(ms(9_000), 0, FAILED);
    assert_eq!(calls_and_failures(&mut tally, 10_000), (1, 1));
    assert_eq!(calls_and_failures(&mut tally, 10_001), (0, 0));
}

#[test]
fn gobreakers_runs_lose_what_a_dropped_bucket_had() {
    let window = json!({ "gobreaker": { "interval": "3s", "bucket_period": "1s" } });
    let runs = |tally: &mut AnyTally, at| {
        let totals = tally.totals(ms(at));
        (totals.consecutive_successes, totals.consecutive_failures)
    };
    let mut tally = rule(window.clone()).start();
    for at in [0, 500, 1_000, 2_000] {
        let mark = tally.mark(ms(at));
        tally.record(ms(at), mark, FAILED);
    }
    assert_eq!(runs(&mut tally, 2_999), (0, 4));
    assert_eq!(runs(&mut tally, 3_000), (0, 2));
    assert_eq!(runs(&mut tally, 4_000), (0, 1));
    // A run that does not reach back into the bucket keeps its length.
    let mut tally = rule(window.clone()).start();
    for (at, sample) in [(0, FAILED), (500, GOOD), (1_000, FAILED), (1_500, FAILED)] {
        let mark = tally.mark(ms(at));
        tally.record(ms(at), mark, sample);
    }
    assert_eq!(runs(&mut tally, 3_000), (0, 2));
    let mut tally = rule(window).start();
    for (at, sample) in [(0, GOOD), (1_000, GOOD), (1_500, GOOD)] {
        let mark = tally.mark(ms(at));
        tally.record(ms(at), mark, sample);
    }
    assert_eq!(runs(&mut tally, 3_000), (2, 0));
}

#[test]
fn gobreaker_trips_in_a_row_at_a_rate_or_by_its_own_rule() {
    let trips = |parameters: Value, rate: Option<f64>, failures: u32| {
        let mut tally = rule(json!({ "gobreaker": parameters })).start();
        (0..failures).for_each(|_| tally.record(ms(0), 0, FAILED));
        let rates = Rates { failure: rate, minimum_calls: 20, ..Rates::default() };
        tally.trips(ms(0), &rates)
    };
    assert!(!trips(json!({}), None, 5) && trips(json!({}), None, 6));
    let three = json!({ "consecutive_failures": 3 });
    assert!(!trips(three.clone(), None, 2) && trips(three.clone(), None, 3));
    assert!(!trips(json!({}), Some(0.5), 19) && trips(json!({}), Some(0.5), 20));
    assert!(trips(three, Some(0.5), 3));
}

#[test]
fn cockatiel_wants_enough_results_a_second() {
    let trips = |minimum: Value, results: u32| {
        let parameters = json!({ "duration": "10s", "minimum_rps": minimum });
        let mut tally = rule(json!({ "cockatiel-sampling": parameters })).start();
        (0..results).for_each(|_| tally.record(ms(0), 0, FAILED));
        let rates = Rates {
            failure: Some(0.5),
            threshold: Threshold::Above,
            arithmetic: Arithmetic::Product,
            ..Rates::default()
        };
        tally.trips(ms(0), &rates)
    };
    assert!(!trips(json!(1.0), 9) && trips(json!(1.0), 10));
    // By default 5 / 0.5 a second.
    assert!(!trips(Value::Null, 99) && trips(Value::Null, 100));
}

#[test]
fn cockatiel_rounds_its_windows_to_milliseconds() {
    // 5 windows at least: of 1001.2 ms / 5, which is 200; old results leave after 5 of them.
    let mut tally = rule(json!({ "cockatiel-sampling": { "duration": "999ms" } })).start();
    tally.record(ms(0), 0, FAILED);
    tally.record(ms(199), 0, GOOD);
    for n in 1..5 {
        tally.record(ms(n * 200), 0, GOOD);
    }
    assert_eq!(calls_and_failures(&mut tally, 999), (6, 1));
    tally.record(ms(1_000), 0, GOOD);
    assert_eq!(calls_and_failures(&mut tally, 1_000), (5, 0));
}

#[test]
fn a_short_sampling_of_polly_is_one_window() {
    let mut tally = rule(json!({ "polly-v8": { "sampling": "199ms" } })).start();
    tally.record(ms(150), 0, FAILED);
    tally.record(ms(198), 0, FAILED);
    assert_eq!(calls_and_failures(&mut tally, 198), (2, 2));
    assert_eq!(calls_and_failures(&mut tally, 199), (0, 0), "199 ms after the start of the run");
    tally.record(ms(250), 0, FAILED);
    assert_eq!(calls_and_failures(&mut tally, 397), (1, 1));
    assert_eq!(calls_and_failures(&mut tally, 398), (0, 0));
    // From 200 ms on they are ten: a result leaves after its window has been in for 200 ms.
    let mut tally = rule(json!({ "polly-v8": { "sampling": "200ms" } })).start();
    tally.record(ms(150), 0, FAILED);
    assert_eq!(calls_and_failures(&mut tally, 349), (1, 1));
    assert_eq!(calls_and_failures(&mut tally, 350), (0, 0));
}

#[test]
fn pollys_windows_are_whole_ticks() {
    // A tenth of 1.00000099 s is 100.000099 ms; in ticks of 100 ns it is 100 ms.
    let mut tally = rule(json!({ "polly-v8": { "sampling": "1.00000099s" } })).start();
    tally.record(ms(0), 0, FAILED);
    tally.record(ms(100), 0, GOOD);
    assert_eq!(calls_and_failures(&mut tally, 1_000), (2, 1));
    assert_eq!(calls_and_failures(&mut tally, 1_001), (1, 0));
}

#[test]
fn cockatiels_windows_are_a_second_at_most_and_halves_are_rounded_up() {
    // Results that begin a window each: the first leaves when as many later ones have begun.
    let windows = |duration: &str, width: u64| {
        let mut tally = rule(json!({ "cockatiel-sampling": { "duration": duration } })).start();
        tally.record(ms(0), 0, FAILED);
        (1..).find(|n| {
            tally.record(ms(n * width), 0, GOOD);
            tally.totals(ms(n * width)).failures == 0
        })
    };
    assert_eq!(windows("6s", 1_000), Some(6));
    assert_eq!(windows("6.001s", 857), Some(7));
    assert_eq!(windows("6.001s", 856), Some(14), "every other result begins one");
    assert_eq!(windows("1002.5ms", 201), Some(5), "200.5 ms are 201");
    assert_eq!(windows("1002.5ms", 200), Some(10));
    assert_eq!(windows("1002.4ms", 200), Some(5));
}

#[test]
fn mistakes_name_the_field() {
    let paths = |rule: Value| -> Vec<String> {
        let rule: Trip = serde_json::from_value(rule).unwrap();
        rule.check().unwrap_err().0.into_iter().map(|problem| problem.path).collect()
    };
    assert_eq!(paths(json!({ "consecutive": { "failures": 0 } })), ["consecutive.failures"]);
    assert_eq!(paths(json!({ "count-window": { "size": 1_000_001 } })), ["count-window.size"]);
    assert_eq!(
        paths(json!({ "time-window": { "buckets": 0, "bucket": "0s" } })),
        ["time-window.buckets", "time-window.bucket"]
    );
    assert_eq!(paths(json!({ "polly-v8": { "sampling": "0s" } })), ["polly-v8.sampling"]);
    for (duration, rps) in [("4.9ms", 0.0), ("100001s", -1.0)] {
        assert_eq!(
            paths(json!({ "cockatiel-sampling": { "duration": duration, "minimum_rps": rps } })),
            ["cockatiel-sampling.duration", "cockatiel-sampling.minimum_rps"]
        );
    }
    assert_eq!(
        paths(json!({ "gobreaker": { "interval": "0s", "consecutive_failures": 0 } })),
        ["gobreaker.interval", "gobreaker.consecutive_failures"]
    );
    assert_eq!(
        paths(json!({ "gobreaker": { "bucket_period": "1s" } })),
        ["gobreaker.bucket_period"]
    );
    assert_eq!(
        paths(json!({ "gobreaker": { "interval": "100001s", "bucket_period": "1s" } })),
        ["gobreaker.bucket_period"]
    );
    for right in [
        json!({ "count-window": { "size": 1_000_000 } }),
        json!({ "time-window": { "buckets": 100_000 } }),
        json!({ "cockatiel-sampling": { "duration": "5ms", "minimum_rps": 0.1 } }),
        json!({ "cockatiel-sampling": { "duration": "100000s" } }),
        json!({ "gobreaker": { "interval": "100000s", "bucket_period": "1s" } }),
    ] {
        rule(right);
    }
}
