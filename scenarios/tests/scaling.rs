//! Instances that come and go, from the file to what is measured.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

mod common;

use common::{count, ended, run, subject, wrong};
use sim_core::model::record::RunRecord;
use sim_core::policy::Outcome;

/// A service whose instances do a hundred calls a second each, ten at a time, and this load.
fn scaled(stages: &str, scaler: &str) -> String {
    format!(
        r#"
title = "Scaled"
run = {{ length = "900s", replications = 1 }}
[clients.shop]
load = {{ open = {{ stages = [{stages}], arrivals = "paced" }} }}
call = {{ to = "api" }}
[services.api]
pools.main = {{ workers = 10 }}
autoscaler = {{ kubernetes = {{ {scaler} }} }}
steps = [{{ work = "100ms" }}]
"#
    )
}

const UP_AND_DOWN: &str = r#"{ for = "400s", rate = "80/s" }, { for = "500s", rate = "20/s" }"#;

/// How many instances there are in each second, on average.
fn there(record: &RunRecord) -> Vec<f64> {
    let slices = &subject(record, "api.instances").slices;
    slices.iter().map(|slice| slice.in_flight_integral_ns as f64 / 1e9).collect()
}

#[test]
fn instances_come_when_too_many_workers_are_busy_and_go_five_minutes_after_they_were_wanted() {
    let record = run(&scaled(UP_AND_DOWN, "metric = { busy = 0.5 }, max = 10"));
    let there = there(&record);
    // 80 % of ten at 15 s: two; when both are there, 40 % each call for no fewer than two. From 405 s on 10 %
    // call for one: the look at 405 s has still seen five seconds of the load before, and is over at 705 s.
    for (second, number) in
        [(0, 1.0), (14, 1.0), (15, 2.0), (200, 2.0), (704, 2.0), (705, 1.0), (899, 1.0)]
    {
        assert_eq!(there[second], number, "{second}");
    }
    assert_eq!(count(&record, "api.instances"), 2);
    assert_eq!(ended(&record, "api.instances", Outcome::Ok), 1);
    // Whoever is inside an instance that goes is served.
    let shop = subject(&record, "shop");
    let open: u64 = shop.slices.iter().map(|slice| slice.arrivals).sum::<u64>()
        - ended(&record, "shop", Outcome::Ok);
    assert!(open <= 2, "{open}");
}

#[test]
fn a_new_instance_is_asked_when_it_has_started_and_is_cold_then() {
    // 240 a second are too many for two; the second is there 15 + 60 s after the start.
    let load = r#"{ for = "900s", rate = "240/s" }"#;
    let text = scaled(load, "metric = { busy = 0.8 }, max = 2");
    let record = run(&text);
    let done = |record: &RunRecord, second: usize| {
        subject(record, "api").slices[second].outcomes.of(Outcome::Ok)
    };
    assert_eq!(done(&record, 74), 100);
    assert_eq!(done(&record, 76), 200);
    let sooner = run(&text.replace("max = 2", "max = 2, start_up = \"1s\""));
    assert_eq!((done(&sooner, 15), done(&sooner, 17)), (100, 200));
    // Four times as slow at first: a quarter of its hundred, and a little more.
    let cold =
        text.replace("steps =", "cold_start = { factor = 4.0, warm_up = \"1000s\" }\nsteps =");
    let record = run(&cold);
    let while_cold: u64 = (76..86).map(|second| done(&record, second)).sum();
    assert!((1_240..=1_275).contains(&while_cold), "{while_cold}");
}

#[test]
fn requests_can_be_counted_instead() {
    let text = scaled(UP_AND_DOWN, "metric = { requests = 30.0 }, max = 10, start_up = \"5s\"");
    let there = there(&run(&text));
    // 80 a second are three times 30, and 20 are one; what was seen at 405 s, 60 a second, are two.
    let seen = [14, 15, 399, 689, 690, 704, 705].map(|second| there[second]);
    assert_eq!(seen, [1.0, 3.0, 3.0, 3.0, 2.0, 2.0, 1.0]);
}

#[test]
fn what_is_dead_does_not_count_as_ready() {
    // Both are wanted; one dies from 100 s on: the other is busy for 80 %, and one more is idle there.
    let text = scaled(r#"{ for = "900s", rate = "80/s" }"#, "metric = { busy = 0.5 }, max = 10");
    let dies = r#"
[[faults]]
name = "dies"
at = "100s"
for = "500s"
on = { instances = { of = "api", number = 1 } }
fault = { crash = {} }
"#;
    let record = run(&format!("{text}{dies}"));
    // Half of the calls are refused, and the other sees no more than before.
    assert_eq!(there(&record)[300], 2.0);
    assert!(ended(&record, "shop", Outcome::Refused) > 10_000);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let says = |text: &str, what: &str| {
        let said = wrong(text);
        assert!(said.contains(what), "{said}");
    };
    let text = scaled(UP_AND_DOWN, "metric = { busy = 0.5 }, max = 10");
    says(&text.replace("max = 10", "min = 3, max = 2"), "must not be below `min`");
    says(&text.replace("max = 10", "min = 2, max = 10"), "begins with 1 instances");
    says(&text.replace("workers = 10", ""), "nobody knows which share of them is busy");
    says(&text.replace("busy = 0.5", "busy = 1.5"), "needs a target above 0");
    says(&text.replace("kubernetes", "kubernets"), "did you mean `kubernetes`");
}
