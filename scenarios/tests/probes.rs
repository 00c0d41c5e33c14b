//! Probes that ask an endpoint, and probes that restart.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

mod common;

use common::{count, ended, run, warnings, wrong};
use sim_core::policy::Outcome;

/// Four instances that answer calls themselves; `deep` asks a database, which is gone from 20 s to 40 s.
fn api(probes: &str) -> String {
    format!(
        r#"
title = "Probes"
run = {{ length = "100s", replications = 1 }}
clients.shop = {{ load = {{ open = {{ rate = "10/s", arrivals = "paced" }} }}, call = {{ to = "api.page" }} }}
services.database.steps = [{{ work = "1ms" }}]
[services.api]
instances = 4
pools.main = {{ workers = 2, queue = {{ fifo = {{ capacity = 100 }} }} }}
balancer = {{ panic_threshold = 0.0, health_check = {{ plain = {{ interval = "1s", timeout = "500ms", unhealthy_threshold = 2, healthy_threshold = 1 }} }} }}
endpoints.page.steps = [{{ work = "10ms" }}]
endpoints.shallow.steps = []
endpoints.deep.steps = [{{ call = {{ to = "database" }} }}]
{probes}
[[faults]]
name = "database"
at = "20s"
for = "20s"
on = {{ service = "database" }}
fault = {{ refuse = {{}} }}
"#
    )
}

#[test]
fn a_deep_check_takes_all_instances_out_when_what_they_ask_fails() {
    let shallow = run(&api(r#"probes.readiness = "shallow""#));
    assert_eq!(ended(&shallow, "shop", Outcome::Ok), count(&shallow, "shop"));
    assert_eq!(count(&shallow, "api.shallow"), 400);
    let deep = run(&api(r#"probes.readiness = "deep""#));
    // Out from 21 s to 40 s, one after the other within a second.
    let refused = ended(&deep, "shop", Outcome::Refused);
    assert!((180..=200).contains(&refused), "{refused}");
    assert_eq!(ended(&deep, "shop", Outcome::Ok) + refused, count(&deep, "shop"));
}

const LIVENESS: &str = r#"probes.liveness = { endpoint = "deep", check = { plain = { interval = "1s", timeout = "500ms", unhealthy_threshold = 3, healthy_threshold = 1 } }, restart = "2s", LIMIT }"#;

#[test]
fn a_probe_of_life_restarts_what_does_not_answer_as_long_as_enough_are_left() {
    let all = run(&api(&LIVENESS.replace("LIMIT", "at_most_down = 1.0")));
    // Down for 2 s after every third failure, again and again while the database is gone.
    let lost = ended(&all, "shop", Outcome::Refused);
    assert!((60..=120).contains(&lost), "{lost}");
    let half = run(&api(&LIVENESS.replace("LIMIT", "at_most_down = 0.5")));
    let fewer = ended(&half, "shop", Outcome::Refused);
    assert!(fewer > 0 && fewer * 3 < lost * 2, "{fewer} of {lost}");
    let none = run(&api(&LIVENESS.replace("LIMIT", "at_most_down = 0.2")));
    assert_eq!(ended(&none, "shop", Outcome::Ok), count(&none, "shop"));
}

#[test]
fn a_probe_waits_for_a_worker_and_restarts_what_is_busy() {
    // 10 requests a second of 1 s each for 8 workers: queues grow until a probe waits for too long.
    let text = api(
        r#"probes.liveness = { endpoint = "shallow", check = { plain = { interval = "1s", timeout = "500ms", unhealthy_threshold = 3, healthy_threshold = 1 } }, restart = "2s" }"#,
    );
    let calm = run(&text);
    assert_eq!(ended(&calm, "api", Outcome::Reset), 0);
    let busy = run(&text.replace("work = \"10ms\"", "work = \"1s\""));
    assert!(ended(&busy, "api", Outcome::Reset) > 100);
}

#[test]
fn probes_that_ask_others_are_traps() {
    let deep = warnings(&api(r#"probes.readiness = "deep""#));
    assert!(deep.contains("this probe asks `database`, too"), "{deep}");
    let breaker = api(&LIVENESS.replace("LIMIT", "at_most_down = 1.0"))
        .replace(r#"{ to = "database" }"#, r#"{ to = "database", policy = "guarded" }"#)
        + r#"
[policies.guarded]
layers = [{ breaker = { preset = "gobreaker" } }, { timeout = "1s" }]
"#;
    let breaker = warnings(&breaker);
    assert!(
        breaker.contains("this probe asks through the breaker of `api.deep->database`"),
        "{breaker}"
    );
    assert!(!warnings(&api(r#"probes.readiness = "shallow""#)).contains("this probe"));
}

#[test]
fn mistakes_in_probes_are_shown_where_they_are() {
    let endpoint = wrong(&api(r#"probes.readiness = "shalow""#));
    assert!(endpoint.contains("did you mean `shallow`"), "{endpoint}");
    let nobody = api(r#"probes.readiness = "shallow""#);
    let check = nobody.find("balancer").unwrap()..nobody.find("endpoints.page").unwrap();
    let nobody = wrong(&nobody.replace(&nobody[check].to_owned(), ""));
    assert!(nobody.contains("the balancer has no health check"), "{nobody}");
}

#[test]
fn a_deploy_restarts_all_instances_in_turn_and_stops_where_it_is_told() {
    let text = |rest: &str| {
        api(&format!(
            r#"[[faults]]
name = "rollout"
at = "50s"
for = "40s"
on = {{ service = "api" }}
fault = {{ deploy = {{ down = "5s" }} }}
{rest}"#
        ))
        // Nobody looks which instance is there.
        .replace("balancer =", "# balancer =")
    };
    // One of four is down for half of the time: 25 of each 50 calls of five seconds go elsewhere.
    let all = ended(&run(&text("")), "shop", Outcome::Refused);
    assert!(all.abs_diff(4 * 50 / 4) <= 4, "{all}");
    let stopped = run(&text(r#"stop_when = "share(shop:failed, 4s) > 10%""#));
    let some = ended(&stopped, "shop", Outcome::Refused);
    assert!(some.abs_diff(50 / 4) <= 2, "{some}");
}
