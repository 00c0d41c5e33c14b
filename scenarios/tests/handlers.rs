//! What the steps of a handler do, from the file to what is measured.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

mod common;

use common::{count, ended, mean_response_ms, run, wrong};
use sim_core::policy::Outcome;

/// 100 calls, one a second, of a handler with these steps; `slow` takes 300 ms, `fast` 100 ms, `bad`
/// fails after 50 ms.
fn handler(rest: &str) -> String {
    format!(
        r#"
title = "Steps"
run = {{ length = "100.5s", replications = 1 }}
clients.shop = {{ load = {{ open = {{ rate = "1/s", arrivals = "paced" }} }}, call = {{ to = "api" }} }}
services.fast.steps = [{{ work = "100ms" }}]
services.slow.steps = [{{ work = "300ms" }}]
services.bad.steps = [{{ work = "50ms" }}, {{ call = {{ to = "gone" }} }}]
services.gone.steps = [{{ work = "0s" }}]
allow = ["unused_service"]
[[faults]]
name = "gone"
at = "0s"
for = "100.4s"
on = {{ service = "gone" }}
fault = {{ refuse = {{}} }}
[services.api]
{rest}
"#
    )
}

fn api(steps: &str) -> String {
    handler(&format!("steps = {steps}"))
}

#[test]
fn branches_side_by_side_take_as_long_as_the_longest() {
    let record = run(&api(r#"[{ parallel = { branches = [
            [{ call = { to = "slow" } }],
            [{ call = { to = "fast" } }, { work = "50ms" }],
        ] } }, { work = "10ms" }]"#));
    assert_eq!(ended(&record, "shop", Outcome::Ok), 100);
    assert_eq!(mean_response_ms(&record, "shop"), 310.0);
    assert_eq!(count(&record, "fast") + count(&record, "slow"), 200);
}

#[test]
fn the_first_of_any_is_enough_and_the_others_stop() {
    let steps = |rest: &str| {
        api(&format!(
            r#"[{{ parallel = {{ wait_for = "any", rest = "{rest}", branches = [
                [{{ call = {{ to = "slow" }} }}, {{ call = {{ to = "fast" }} }}],
                [{{ call = {{ to = "fast" }} }}],
                [{{ call = {{ to = "bad" }} }}],
            ] }} }}]"#
        ))
    };
    // What has been sent goes on at its service, unless the policy of the call cancels it; what comes
    // after it is not begun.
    let record = run(&steps("stopped"));
    assert_eq!(mean_response_ms(&record, "shop"), 100.0);
    assert_eq!(ended(&record, "shop", Outcome::Ok), 100);
    assert_eq!((count(&record, "slow"), count(&record, "fast")), (100, 100));
    assert_eq!(ended(&record, "api->slow", Outcome::Cancelled), 100);
    let record = run(&steps("goes_on"));
    assert_eq!(mean_response_ms(&record, "shop"), 100.0);
    assert_eq!((count(&record, "slow"), count(&record, "fast")), (100, 200));
    assert_eq!(ended(&record, "api->slow", Outcome::Ok), 100);
}

#[test]
fn a_quorum_waits_for_so_many_and_fails_once_too_few_are_left() {
    let steps = |quorum: u16| {
        api(&format!(
            r#"[{{ parallel = {{ wait_for = {{ quorum = {quorum} }}, branches = [
                [{{ call = {{ to = "slow" }} }}],
                [{{ call = {{ to = "fast" }} }}],
                [{{ call = {{ to = "bad" }} }}],
            ] }} }}]"#
        ))
    };
    let record = run(&steps(2));
    assert_eq!(
        (mean_response_ms(&record, "shop"), ended(&record, "shop", Outcome::Ok)),
        (300.0, 100)
    );
    let record = run(&steps(3));
    assert_eq!(mean_response_ms(&record, "shop"), 50.0);
    assert_eq!(ended(&record, "shop", Outcome::ServerError), 100);
}

#[test]
fn branches_within_branches_end_within_them() {
    let record = run(&api(r#"[{ parallel = { branches = [
            [{ parallel = { wait_for = "any", branches = [[{ work = "20ms" }], [{ work = "40ms" }]] } }],
            [{ work = "30ms" }],
        ] } }]"#));
    assert_eq!(mean_response_ms(&record, "shop"), 30.0);
}

#[test]
fn branches_that_take_no_time_end_at_once() {
    let record =
        run(&api(r#"[{ parallel = { branches = [[], [{ work = "0s" }], []] } }, { work = "7ms" },
            { parallel = { wait_for = "any", branches = [[], [{ work = "1s" }]] } }]"#));
    assert_eq!(
        (mean_response_ms(&record, "shop"), ended(&record, "shop", Outcome::Ok)),
        (7.0, 100)
    );
}

#[test]
fn a_blocking_service_keeps_its_worker_while_its_branches_run() {
    for (mode, busy) in [("blocking", 10_000), ("async", 0)] {
        let record = run(&handler(&format!(
            r#"mode = "{mode}"
               pools.main.workers = 1
               steps = [{{ parallel = {{ branches = [[{{ call = {{ to = "fast" }} }}]] }} }}]"#
        )));
        let api = record.subjects.iter().find(|s| &*s.name == "api").unwrap();
        let held: u128 = api.slices.iter().map(|slice| slice.busy_integral_ns).sum();
        assert_eq!(held / 1_000_000, busy, "{mode}");
    }
}

#[test]
fn a_request_goes_each_way_as_often_as_its_share_says() {
    let record = run(&api(r#"[{ branch = [
            { share = 0.3, steps = [{ call = { to = "fast" } }] },
            { share = 0.5, steps = [{ call = { to = "slow" } }, { work = "1ms" }] },
        ] }]"#));
    let (fast, slow) = (count(&record, "fast"), count(&record, "slow"));
    // Binomial: 4.5 standard deviations of 100 calls are 21 and 23.
    assert!(fast.abs_diff(30) <= 21 && slow.abs_diff(50) <= 23, "{fast} {slow}");
    assert!(fast + slow < 100);
}

#[test]
fn nobody_hears_how_a_task_ends_and_its_name_tells() {
    let record = run(&api(r#"[{ work = "10ms" },
            { spawn = { name = "mail", steps = [{ work = "1ms" }, { call = { to = "bad" } }] } }]"#));
    assert_eq!(
        (mean_response_ms(&record, "shop"), ended(&record, "shop", Outcome::Ok)),
        (10.0, 100)
    );
    assert_eq!((count(&record, "api"), ended(&record, "api", Outcome::Ok)), (100, 100));
    assert_eq!(count(&record, "api.mail"), 100);
    assert_eq!(ended(&record, "api.mail", Outcome::ServerError), 100);
    assert_eq!(ended(&record, "api.mail->bad", Outcome::ServerError), 100);
    assert_eq!(mean_response_ms(&record, "api.mail"), 51.0);
}

#[test]
fn tasks_wait_for_the_workers_of_their_pool() {
    let record = run(&handler(
        r#"pools.main.workers = 1
           pools.background = { workers = 1, queue = { fifo = { capacity = 3 } } }
           steps = [{ spawn = { name = "mail", pool = "background", steps = [{ work = "10s" }] } }]"#,
    ));
    // One ends every 10 s, and three wait; all others find no room.
    assert_eq!(ended(&record, "api.mail", Outcome::Ok), 9);
    assert_eq!(ended(&record, "api.mail", Outcome::Overflow), 100 - 9 - 4);
}

#[test]
fn tasks_and_branches_die_with_their_instance() {
    let text = handler(
        r#"steps = [{ spawn = { name = "mail", steps = [{ work = "700ms" }] } },
                    { parallel = { wait_for = "any", rest = "goes_on", branches = [
                        [{ work = "10ms" }], [{ work = "600ms" }, { call = { to = "fast" } }],
                    ] } }]"#,
    ) + r#"
[[faults]]
name = "dies"
at = "50.5s"
for = "10s"
on = { service = "api" }
fault = { crash = {} }
"#;
    let record = run(&text);
    assert_eq!(ended(&record, "shop", Outcome::Refused), 10);
    // Of the request that came at 50 s, the task and the branch that went on alone died.
    assert_eq!((count(&record, "api.mail"), ended(&record, "api.mail", Outcome::Reset)), (90, 1));
    // The one that came at 100 s has not come to its call.
    assert_eq!(count(&record, "fast"), 88);
}

#[test]
fn mistakes_in_steps_are_shown_where_they_are() {
    let shares = wrong(&api("[{ branch = [{ share = 0.7 }, { share = 0.4 }] }]"));
    assert!(shares.contains("the shares add up to 1.1"), "{shares}");
    let quorum = wrong(&api("[{ parallel = { wait_for = { quorum = 3 }, branches = [[], []] } }]"));
    assert!(quorum.contains("3 of 2 branches can never end well"), "{quorum}");
    let pool = wrong(&handler(
        r#"pools.main.workers = 1
           steps = [{ spawn = { name = "mail", pool = "main", steps = [] } }]"#,
    ));
    assert!(pool.contains("requests work in the pool `main`"), "{pool}");
    let twice = wrong(&api(
        r#"[{ spawn = { name = "mail", steps = [] } }, { spawn = { name = "mail", steps = [] } }]"#,
    ));
    assert!(twice.contains("there are two `api.mail`"), "{twice}");
    let unknown = wrong(&api(r#"[{ paralel = { branches = [] } }]"#));
    assert!(unknown.contains("parallel"), "{unknown}");
    let ring =
        wrong(&api(r#"[{ spawn = { name = "again", steps = [{ call = { to = "api" } }] } }]"#));
    assert!(ring.contains("nothing can end this cycle of calls"), "{ring}");
}
