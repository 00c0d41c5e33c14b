//! What holds for every hedge.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::policy::Outcome;

pub(super) fn at(ms: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_millis(ms)
}

pub(super) fn ms(ms: u64) -> SimDuration {
    SimDuration::from_millis(ms)
}

fn every_hedge() -> Vec<Hedge> {
    let needed = |name: &str| match name {
        "fixed" => json!({ "delay": "50ms" }),
        "finagle-backup" => json!({ "max_extra_load": 0.01 }),
        _ => json!({}),
    };
    let read = |name: &str| serde_json::from_value(json!({ name: needed(name) })).unwrap();
    Hedge::CATALOGUE.iter().map(|entry| read(entry.name)).collect()
}

#[test]
fn every_hedge_is_written_as_it_is_read_and_right_by_default() {
    for hedge in every_hedge() {
        let mut value = serde_json::to_value(&hedge).unwrap();
        assert_eq!(serde_json::from_value::<Hedge>(value.clone()).unwrap(), hedge);
        assert_eq!(hedge.check(), Ok(()));
        value[hedge.name()]["typo"] = json!(1);
        let error = serde_json::from_value::<Hedge>(value).unwrap_err().to_string();
        assert!(error.contains("unknown field `typo`"), "{error}");
    }
}

#[test]
fn every_parameter_is_described() {
    for entry in Hedge::CATALOGUE {
        let schema = (entry.parameters)(&mut schemars::SchemaGenerator::default());
        let fields = schema.get("properties").and_then(|fields| fields.as_object()).unwrap();
        for (field, schema) in fields {
            assert!(schema.get("description").is_some(), "{}.{field}", entry.name);
        }
    }
}

#[test]
fn mistakes_name_the_field() {
    let places = |value: serde_json::Value| -> Vec<String> {
        let hedge: Hedge = serde_json::from_value(value).unwrap();
        let problems = hedge.check().err().unwrap_or_default();
        problems.0.into_iter().map(|problem| problem.path).collect()
    };
    assert_eq!(
        places(json!({ "fixed": { "delay": "1s", "max_attempts": 1 } })),
        ["fixed.max_attempts"]
    );
    assert_eq!(places(json!({ "grpc": { "max_attempts": 1 } })), ["grpc.max_attempts"]);
    let wrong = json!({ "share": 1.0, "window": "2ms", "refresh": "0s", "max_attempts": 1 });
    assert_eq!(
        places(json!({ "percentile": wrong })),
        ["percentile.share", "percentile.window", "percentile.refresh", "percentile.max_attempts"]
    );
    assert_eq!(places(json!({ "percentile": { "share": 0.0 } })), ["percentile.share"]);
    let edge = json!({ "window": "3ms", "refresh": "1ms", "max_attempts": 2 });
    assert_eq!(places(json!({ "percentile": edge })), [""; 0]);
    let backup = json!({ "max_extra_load": 1.0, "min_delay": "999us" });
    assert_eq!(
        places(json!({ "finagle-backup": backup })),
        ["finagle-backup.max_extra_load", "finagle-backup.min_delay"]
    );
    assert_eq!(places(json!({ "finagle-backup": { "max_extra_load": 0.0 } })), [""; 0]);
}

/// What may happen to a call.
#[derive(Clone, Copy, Debug)]
enum Event {
    Pass(u64),
    Fail(usize, Option<u64>),
    Start,
}

fn events() -> impl Strategy<Value = Vec<(Event, bool)>> {
    let pushback = prop_oneof![3 => Just(None), 1 => (0..30_u64).prop_map(Some)];
    let event = prop_oneof![
        3 => (0..40_u64).prop_map(Event::Pass),
        2 => (0..Outcome::COUNT, pushback).prop_map(|(outcome, wait)| Event::Fail(outcome, wait)),
        1 => Just(Event::Start),
    ];
    prop::collection::vec((event, prop::bool::weighted(0.8)), 0..40)
}

proptest! {
    /// Copies are counted; a call that has none out and none to come has ended, and no other has
    /// unless its copies were called off.
    #[test]
    fn every_call_ends_and_no_copy_is_lost(
        which in 0..3_usize,
        max_attempts in 2..7_u32,
        events in events(),
    ) {
        let hedge = match which {
            0 => Hedge::Fixed(fixed::Fixed { delay: ms(10), max_attempts, cancel: Cancel::OnAnswer }),
            1 => Hedge::Fixed(fixed::Fixed { delay: ms(10), max_attempts, cancel: Cancel::OnStart }),
            _ => Hedge::Grpc(grpc::Grpc { max_attempts, hedging_delay: ms(10), ..Default::default() }),
        };
        let mut call = hedge.hedger().call(at(0));
        let (mut now, mut sent, mut out, mut ended) = (0, 1_u32, 1_u32, false);
        for (event, budget) in events {
            let done = match event {
                Event::Pass(pause) => {
                    now += pause;
                    call.due(at(now), || budget)
                }
                Event::Fail(outcome, wait) if out > 0 => {
                    out -= 1;
                    let wait = wait.map(|wait| Pushback::After(ms(wait)));
                    call.failed(at(now), Outcome::ALL[outcome], wait, || budget)
                }
                Event::Start if out > 0 => call.started(),
                _ => Do::Wait,
            };
            match done {
                Do::Wait => {}
                Do::Send => (sent, out) = (sent + 1, out + 1),
                Do::CancelOthers => out = 1,
                Do::End(_) => ended = true,
            }
            prop_assert!(done != Do::Send || budget);
            let most = if which == 2 { 5 } else { 6 };
            prop_assert!(sent <= max_attempts.min(most));
            if ended {
                prop_assert_eq!(call.sends_at(), None);
                break;
            }
            prop_assert_eq!((call.sent(), call.out()), (sent, out));
            prop_assert!(out > 0 || call.sends_at().is_some());
        }
    }
}

fn grpc(non_fatal: serde_json::Value) -> HedgedCall {
    let hedge = json!({ "grpc": {
        "max_attempts": 3, "hedging_delay": "10ms", "non_fatal": non_fatal,
    } });
    serde_json::from_value::<Hedge>(hedge).unwrap().hedger().call(at(0))
}

#[test]
fn a_copy_fails_without_ending_the_call_where_its_outcome_is_not_fatal() {
    let call = grpc(json!(["refused", "overflow"]));
    assert!(call.is_non_fatal(Outcome::Refused));
    assert!(!call.is_non_fatal(Outcome::ServerError), "it is fatal");
    assert!(!call.is_non_fatal(Outcome::Ok), "it is no failure");
    // Without such a list no failure ends the call while a copy is out.
    let fixed: Hedge = serde_json::from_value(json!({ "fixed": { "delay": "10ms" } })).unwrap();
    let call = fixed.hedger().call(at(0));
    assert!(call.is_non_fatal(Outcome::ServerError) && !call.is_non_fatal(Outcome::Ok));
}

#[test]
fn a_server_that_wants_no_further_copy_gets_none() {
    // A6: the copies that are out go on, and the call ends with the last of them.
    let mut call = grpc(json!(["refused"]));
    assert_eq!(call.due(at(10), || true), Do::Send);
    let never = Some(Pushback::Never);
    assert_eq!(call.failed(at(12), Outcome::Refused, never, || true), Do::Wait);
    assert_eq!((call.sends_at(), call.out()), (None, 1));
    // A fatal outcome ends the call whatever the server says of further copies (grpc-java,
    // RetriableStream.makeHedgingDecision).
    let mut call = grpc(json!(["refused"]));
    assert_eq!(call.due(at(10), || true), Do::Send);
    let fatal = Outcome::ServerError;
    assert_eq!(call.failed(at(12), fatal, never, || true), Do::End(fatal));
}

#[test]
fn a_good_answer_ends_the_call_and_leaves_the_others_out() {
    let mut call = grpc(json!([]));
    assert_eq!(call.due(at(10), || true), Do::Send);
    assert_eq!(call.due(at(20), || true), Do::Send);
    assert_eq!(call.succeeded(Outcome::Ok), Do::End(Outcome::Ok));
    assert_eq!((call.out(), call.sends_at()), (2, None));
}

#[test]
fn the_least_number_of_copies_is_right_and_tied_copies_are_those_cancelled_on_start() {
    let read = |hedge| serde_json::from_value::<Hedge>(hedge).unwrap();
    assert_eq!(read(json!({ "grpc": { "max_attempts": 2 } })).check(), Ok(()));
    assert!(!read(json!({ "percentile": {} })).is_tied());
    assert!(read(json!({ "percentile": { "cancel": "on_start" } })).is_tied());
}
