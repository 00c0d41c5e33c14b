//! Traces against arithmetic: calls whose course can be worked out by hand, span by span.

#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Write as _;

use common::*;
use serde_json::json;
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::handler::Fork;
use sim_core::model::record::MeasurePlan;
use sim_core::model::spec::*;
use sim_core::model::trace::{Choice, Sampling, Span, Trace};
use sim_core::model::workload::*;
use sim_core::model::{RunSeed, run, trace};
use sim_core::policy::{Abandoned, Outcome};

const SEED: RunSeed = RunSeed { seed: 1, replication: 0 };

fn all() -> Sampling {
    let until = SimTime::MAX;
    let (from, client) = (SimTime::ZERO, None);
    Sampling { choice: Choice::Spread, from, until, client, calls: 100, spans: 10_000 }
}

/// Traces a run; what is measured is what is measured without that.
fn traced(model: &Model, sampling: &Sampling) -> Trace {
    let plan = MeasurePlan::new(model.length, d("10ms"), d("1s"), &[]);
    let (record, trace) = trace(model, SEED, &plan, sampling);
    assert_eq!(record, run(model, SEED, &plan));
    trace
}

/// So many calls at 1 s, to one worker who takes 100 ms for each, 10 ms away.
fn burst(size: u32, layers: serde_json::Value) -> Model {
    let arrivals = Arrivals::Bursts { size, every: d("1s"), spread: SimDuration::ZERO };
    let load = Load::Open(OpenLoad { clients: 1, arrivals });
    let mut model = one_service(load, Some(1), None, "100ms");
    model.links[0].latency = dist("10ms");
    model.length = d("1.9s");
    model.edges[0].policy = policy(layers);
    model
}

/// The spans of each call as an indented list, in milliseconds.
fn tree(model: &Model, trace: &Trace) -> String {
    let mut text = String::new();
    for (call, _) in trace.calls.iter().enumerate() {
        for (place, span) in trace.spans.iter().enumerate() {
            if span.call as usize == call && span.parent.is_none() {
                branch(model, trace, place as u32, 0, &mut text);
            }
        }
    }
    text
}

fn branch(model: &Model, trace: &Trace, place: u32, depth: usize, text: &mut String) {
    let span = &trace.spans[place as usize];
    let ms = |time: SimTime| time.since(SimTime::ZERO).as_nanos() / 1_000_000;
    let (start, end) =
        (ms(span.start), if span.has_ended { ms(span.end).to_string() } else { "…".into() });
    let outcome = span.outcome.map_or(String::new(), |outcome| format!(" {}", outcome.name()));
    write!(text, "{:1$}{2} {start}–{end}{outcome}", "", 2 * depth, span.name(model)).unwrap();
    for event in &span.events {
        write!(text, " [{} {}]", ms(event.at), span.event_name(event, model)).unwrap();
    }
    text.push('\n');
    for (child, span) in trace.spans.iter().enumerate() {
        if span.parent == Some(place) {
            branch(model, trace, child as u32, depth + 1, text);
        }
    }
}

fn assert_tree(model: &Model, expected: &str) {
    let found = tree(model, &traced(model, &all()));
    let expected: Vec<&str> = expected.lines().filter(|line| !line.trim().is_empty()).collect();
    let margin = expected[0].len() - expected[0].trim_start().len();
    let expected: String = expected.iter().map(|line| format!("{}\n", &line[margin..])).collect();
    assert!(found == expected, "found:\n{found}\nexpected:\n{expected}");
}

#[test]
fn a_call_that_waits_behind_another_times_out_and_is_retried() {
    let retry = json!({ "max_attempts": 2, "backoff": { "fixed": { "delay": "50ms" } } });
    let model = burst(2, json!([{ "retry": retry }, { "timeout": "150ms" }]));
    // The second waits until 1110, so that its answer would come at 1220.
    assert_tree(
        &model,
        "
        shop->payment 1000–1120 ok
          attempt 1 1000–1120 ok
            network out 1000–1010
            payment 1010–1110 ok
              work 1010–1110
            network back 1110–1120
        shop->payment 1000–1320 ok [1150 timeout]
          attempt 1 1000–1150 timeout
            network out 1000–1010
            payment 1010–1210 ok_late
              queue main 1010–1110
              work 1110–1210
            network back 1210–1220 [1220 late answer]
          backoff 1150–1200
          attempt 2 1200–1320 ok
            network out 1200–1210
            payment 1210–1310 ok
              work 1210–1310
            network back 1310–1320
        ",
    );
}

#[test]
fn a_caller_that_gives_up_cancels_what_is_done_for_it() {
    let mut model = burst(1, json!([{ "timeout": "50ms" }]));
    model.edges[0].policy.abandoned = Abandoned::Cancelled;
    assert_tree(
        &model,
        "
        shop->payment 1000–1050 timeout [1050 timeout]
          attempt 1 1000–1050 timeout
            network out 1000–1010
            payment 1010–1060 cancelled
              work 1010–1060
        ",
    );
}

#[test]
fn a_breaker_turns_away_what_comes_after_a_failure() {
    let breaker = json!({ "trip": { "consecutive": { "failures": 1 } }, "open_for": "10s" });
    let mut model = burst(1, json!([{ "breaker": breaker }]));
    model.length = d("2.9s");
    model.faults = vec![fault("0.5s", "1s", Target::Service(ServiceId(0)), json!({"refuse": {}}))];
    assert_tree(
        &model,
        "
        shop->payment 1000–1020 refused
          attempt 1 1000–1020 refused
            network out 1000–1010
            payment 1010–1010 refused [1010 fault outage]
            network back 1010–1020
        shop->payment 2000–2000 rejected_breaker [2000 rejected_breaker by breaker]
        ",
    );
}

#[test]
fn a_bulkhead_holds_back_who_finds_it_full_until_there_is_room() {
    let bulkhead = json!({ "semaphore": { "max_concurrent": 1, "max_wait": "150ms" } });
    let model = burst(3, json!([{ "bulkhead": { "kind": bulkhead } }]));
    let text = tree(&model, &traced(&model, &all()));
    assert!(text.contains("  bulkhead 1000–1120\n  attempt 1 1120–1240 ok\n"), "{text}");
    let turned_away = "shop->payment 1000–1150 rejected_bulkhead [1150 rejected_bulkhead by bulkhead]\n  bulkhead 1000–1150\n";
    assert!(text.contains(turned_away), "{text}");
}

#[test]
fn a_lost_message_ends_on_the_way_and_its_attempt_with_the_patience_of_the_caller() {
    let mut model = burst(1, json!([{ "timeout": "50ms" }]));
    model.links[0].loss = sim_core::model::network::Loss::Independent(1.0);
    assert_tree(
        &model,
        "
        shop->payment 1000–1050 timeout [1050 timeout]
          attempt 1 1000–1050 timeout
            network out 1000–1000 lost [1000 lost]
        ",
    );
}

#[test]
fn what_a_handler_does_side_by_side_and_what_it_calls_is_part_of_its_request() {
    let mut model = burst(1, json!([]));
    model.endpoints.push(EndpointSpec {
        steps: vec![Step::Work(dist("30ms"))],
        name: "stock".into(),
        ..model.endpoints[0].clone()
    });
    model.services.push(ServiceSpec {
        name: "stock".into(),
        endpoints: vec![EndpointId(1)],
        ..model.services[0].clone()
    });
    model.endpoints[1].service = ServiceId(1);
    model.edges.push(EdgeSpec {
        name: "payment->stock".into(),
        to: EndpointId(1),
        ..model.edges[0].clone()
    });
    let fork = Fork { branches: [2, 4].into(), needed: 2, next: 6, rest: Default::default() };
    let call = Step::Call { edge: EdgeId(1), optional: false };
    model.endpoints[0].steps = vec![
        Step::Work(dist("5ms")),
        Step::Fork(Box::new(fork)),
        Step::Work(dist("20ms")),
        Step::Join,
        call,
        Step::Join,
        Step::Work(dist("7ms")),
    ];
    assert_tree(
        &model,
        "
        shop->payment 1000–1082 ok
          attempt 1 1000–1082 ok
            network out 1000–1010
            payment 1010–1072 ok
              work 1010–1015
              branch from step 2 1015–1035 ok
                work 1015–1035
              branch from step 4 1015–1065 ok
                payment->stock 1015–1065 ok
                  attempt 1 1015–1065 ok
                    network out 1015–1025
                    stock 1025–1055 ok
                      work 1025–1055
                    network back 1055–1065
              work 1065–1072
            network back 1072–1082
        ",
    );
}

#[test]
fn the_copies_of_a_hedge_are_parts_of_the_call() {
    let hedge = json!({ "fixed": { "delay": "50ms", "max_attempts": 2 } });
    let mut model = burst(1, json!([{ "hedge": { "kind": hedge } }]));
    model.services[0].pools[0].workers = None;
    let text = tree(&model, &traced(&model, &all()));
    assert!(
        text.starts_with("shop->payment 1000–1120 ok\n  shop->payment copy 1 1000–1120 ok\n"),
        "{text}"
    );
    assert!(text.contains("  shop->payment copy 2 1050–1120 cancelled\n"), "{text}");
}

#[test]
fn what_is_under_way_at_the_end_of_the_run_has_not_ended() {
    let mut model = burst(1, json!([]));
    model.length = d("1.05s");
    let trace = traced(&model, &all());
    let open: Vec<_> =
        trace.spans.iter().filter(|s| !s.has_ended).map(|s| s.name(&model)).collect();
    assert_eq!(open, ["shop->payment", "attempt 1", "payment", "work"]);
    assert!(trace.spans.iter().all(|s| s.has_ended || (s.end, s.outcome) == (at("1.05s"), None)));
}

/// A loaded service, whose callers try again.
fn busy() -> Model {
    let retry = json!({ "max_attempts": 3, "backoff": { "fixed": { "delay": "50ms" } } });
    let mut model = one_service(poisson(50.0), Some(1), Some(20), "exp(18ms)");
    model.edges[0].policy = policy(json!([{ "retry": retry }, { "timeout": "100ms" }]));
    model.links[0].latency = dist("exp(1ms)");
    model.length = d("20s");
    model
}

fn well_formed(trace: &Trace) {
    let mut ids = std::collections::BTreeSet::new();
    for (place, span) in trace.spans.iter().enumerate() {
        assert!(span.start <= span.end && ids.insert((span.call, span.id)) && span.id != 0);
        let Some(parent) = span.parent else { continue };
        let parent: &Span = &trace.spans[parent as usize];
        assert!(span.parent.unwrap() < place as u32 && parent.call == span.call);
        assert!(parent.start <= span.start, "{span:?} starts before {parent:?}");
        assert!(span.events.iter().all(|e| span.start <= e.at && e.at <= span.end), "{span:?}");
    }
}

#[test]
fn a_trace_is_bounded_in_calls_and_in_spans_and_says_what_is_left_out() {
    let whole = traced(&busy(), &Sampling { calls: 5_000, spans: 100_000, ..all() });
    assert_eq!(whole.calls.len() as u64, whole.among);
    assert_eq!(whole.spans_left_out, 0);
    let some = traced(&busy(), &Sampling { calls: 7, ..all() });
    assert_eq!((some.calls.len(), some.among), (7, whole.among));
    let short = traced(&busy(), &Sampling { calls: 5_000, spans: 1_000, ..all() });
    assert_eq!(short.spans.len(), 1_000);
    // What is left out is counted, as far as it hangs on what is followed.
    assert_eq!(
        short.spans[..],
        whole.spans[..1_000]
            .iter()
            .zip(&short.spans)
            .map(|(w, s)| Span { id: s.id, ..w.clone() })
            .collect::<Vec<_>>()[..]
    );
    assert_eq!(short.spans.len() as u64 + short.spans_left_out, whole.spans.len() as u64);
    [whole, some, short].iter().for_each(well_formed);
}

#[test]
fn a_sample_is_the_same_calls_under_every_policy() {
    let named = |model: &Model| {
        let trace = traced(model, &Sampling { calls: 20, ..all() });
        trace.calls.iter().map(|call| (call.key, call.id)).collect::<Vec<_>>()
    };
    let mut other = busy();
    other.edges[0].policy = policy(json!([{ "timeout": "30ms" }]));
    assert_eq!(named(&busy()), named(&other));
    let second = RunSeed { replication: 1, ..SEED };
    let plan = MeasurePlan::new(d("20s"), d("10ms"), d("1s"), &[]);
    let (_, elsewhere) = trace(&busy(), second, &plan, &Sampling { calls: 20, ..all() });
    assert!(elsewhere.calls.iter().all(|call| !named(&busy()).contains(&(call.key, call.id))));
}

#[test]
fn those_that_failed_and_the_slowest_can_be_asked_for() {
    let roots = |choice| {
        let trace = traced(&busy(), &Sampling { choice, calls: 10, ..all() });
        let roots = trace.spans.into_iter().filter(|span| span.parent.is_none());
        roots.collect::<Vec<_>>()
    };
    let failed = roots(Choice::Failed);
    assert!(
        failed.len() == 10 && failed.iter().all(|s| s.outcome.is_some_and(Outcome::is_failure))
    );
    let took = |span: &Span| span.end.since(span.start);
    let slowest = roots(Choice::Slowest).iter().map(took).min().unwrap();
    let whole = traced(&busy(), &Sampling { calls: 5_000, spans: 100_000, ..all() });
    let slower = whole.spans.iter().filter(|s| s.parent.is_none() && took(s) > slowest);
    assert!(slower.count() < 10);
}
