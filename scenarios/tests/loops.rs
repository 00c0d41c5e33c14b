//! Which loops take no time, and which only look like it.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

use scenarios::{NoFiles, load};

const FILE: &str = r#"
title = "loops"
[run]
length = "60s"
[clients.users]
load = { closed = { users = 10, think = "THINK"LEAVE } }
call = { to = "front", policy = "again" }
[services.front]
pools.main = { workers = 4, queue = { fifo = { QUEUE } } }
steps = [{ work = "FRONT" }, { call = { to = "back" } }]
[services.back]
steps = [{ work = "BACK" }]
contention = "CONTENTION"
[policies.again]
layers = [{ retry = { max_attempts = ATTEMPTS, backoff = { immediate = {} }OUTCOMES } }]
[network]
latency = "LATENCY"
"#;

const FAULT: &str = r#"
[[faults]]
name = "down"
at = "10s"
for = "10s"
on = { service = "back" }
fault = "#;

/// The scenario with these parts filled in; others are harmless.
fn titles(parts: &[(&str, &str)], fault: &str) -> Vec<String> {
    let harmless = [
        ("THINK", "exp(1s)"),
        ("LEAVE", ""),
        ("QUEUE", ""),
        ("FRONT", "1ms"),
        ("BACK", "1ms"),
        ("CONTENTION", "0s"),
        ("ATTEMPTS", "3"),
        ("OUTCOMES", ""),
        ("LATENCY", "0s"),
    ];
    let mut text = FILE.to_owned();
    for (part, value) in parts.iter().chain(&harmless) {
        text = text.replace(part, value);
    }
    if !fault.is_empty() {
        text = format!("{text}{FAULT}{fault}");
    }
    match load("loops.toml", text.as_bytes(), &NoFiles, &[]) {
        Ok(_) => Vec::new(),
        Err(wrong) => wrong
            .iter()
            .filter(|d| d.trap.is_none())
            .map(|d| format!("{}: {}", d.title, d.notes.join("; ")))
            .collect(),
    }
}

fn is_good(parts: &[(&str, &str)], fault: &str) {
    let found = titles(parts, fault);
    assert!(found.is_empty(), "{parts:?} {fault}: {found:?}");
}

fn is_endless(parts: &[(&str, &str)], fault: &str, why: &str) {
    let found = titles(parts, fault);
    assert!(
        found.iter().any(|title| title.contains("takes no time") && title.contains(why)),
        "{parts:?} {fault}: {found:?}"
    );
}

#[test]
fn users_who_never_think_need_calls_that_take_time() {
    let never = ("THINK", "0s");
    is_good(&[], "");
    is_good(&[never], "");
    is_endless(&[never, ("FRONT", "0s"), ("BACK", "0s")], "", "`front` takes no time");
    is_good(&[never, ("FRONT", "0s")], "");
    is_good(&[never, ("FRONT", "0s"), ("BACK", "0s"), ("CONTENTION", "1us")], "");
    is_good(&[never, ("FRONT", "0s"), ("BACK", "0s"), ("LATENCY", "1us")], "");
    is_good(&[never, ("FRONT", "0s"), ("BACK", "0s"), ("LEAVE", ", calls_per_user = 5")], "");
    is_endless(&[never, ("QUEUE", "capacity = 1")], "", "full queue of `front`");
    is_good(&[never, ("QUEUE", "capacity = 1"), ("LATENCY", "exp(1ms)")], "");
    is_good(&[("THINK", "1ns"), ("QUEUE", "capacity = 1")], "");
}

#[test]
fn users_who_never_think_can_be_caught_by_a_fault_behind_what_they_call() {
    let parts = [("THINK", "0s"), ("FRONT", "0s")];
    is_endless(&parts, "{ refuse = {} }", "`back` refuses at once during `down`");
    is_endless(&parts, "{ crash = {} }", "`back` refuses at once during `down`");
    is_endless(&parts, "{ errors = { share = 1 } }", "`back` fails at once during `down`");
    is_good(&parts, "{ refuse = { share = 0.9 } }");
    is_good(&parts, "{ hang = {} }");
    is_good(&[("THINK", "0s")], "{ refuse = {} }");
}

#[test]
fn retries_without_end_and_without_a_wait_need_failures_that_take_time() {
    let endless = ("ATTEMPTS", "\"unlimited\"");
    is_good(&[endless], "");
    is_endless(&[endless, ("QUEUE", "capacity = 1")], "", "full queue of `front`");
    is_good(&[("ATTEMPTS", "1000"), ("QUEUE", "capacity = 1")], "");
    is_endless(&[("ATTEMPTS", "1001"), ("QUEUE", "capacity = 1")], "", "1001 times");
    is_good(&[endless, ("QUEUE", "capacity = 1"), ("LATENCY", "1us")], "");
    is_good(&[endless, ("QUEUE", "capacity = 1"), ("OUTCOMES", ", on = [\"timeout\"]")], "");
    is_endless(&[endless, ("FRONT", "0s")], "{ refuse = {} }", "`back` refuses at once");
    is_good(&[endless], "{ refuse = {} }");
}

#[test]
fn a_machine_takes_all_that_runs_on_it_and_one_of_two_leaves_the_other() {
    let spins = |count: u32, target: &str, crash: &str| {
        let text = format!(
            r#"
title = "nobody there"
run = {{ length = "90s" }}
clients.threads = {{ load = {{ closed = {{ users = 4, start = "synchronized" }} }}, call = {{ to = "batch" }} }}
machines.node = {{ cores = 4, count = {count} }}
services.batch = {{ instances = 2, runs_on = "node", steps = [{{ work = "100ms" }}] }}
[[faults]]
name = "dies"
at = "10s"
for = "10s"
on = {target}
fault = {{ crash = {{ {crash} }} }}
"#
        );
        load("loops.toml", text.as_bytes(), &NoFiles, &[]).is_err()
    };
    assert!(spins(1, r#"{ machine = "node" }"#, ""));
    assert!(spins(1, r#"{ instances = { of = "batch", number = 2 } }"#, ""));
    assert!(!spins(2, r#"{ machines = { of = "node", number = 1 } }"#, ""));
    assert!(!spins(1, r#"{ machine = "node" }"#, "silent = true"), "silence takes its time");
}
