//! Machines that services share, from the file to what is measured.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

mod common;

use common::{count, ended, mean_response_ms, run, subject, wrong};
use sim_core::model::record::RunRecord;
use sim_core::policy::Outcome;

fn shared(rest: &str) -> String {
    format!(
        r#"
title = "Machines"
run = {{ length = "100.5s", replications = 1 }}
allow = ["unused_service"]
clients.shop = {{ load = {{ open = {{ rate = "1/s", arrivals = "paced" }} }}, call = {{ to = "api" }} }}
{rest}
"#
    )
}

#[test]
fn those_who_work_at_a_time_share_the_cores() {
    let text = |cores: u32| {
        shared(&format!(
            r#"machines.node = {{ cores = {cores} }}
               [services.api]
               runs_on = "node"
               steps = [{{ parallel = {{ branches = [[{{ work = "300ms" }}], [{{ work = "100ms" }}]] }} }}]"#
        ))
    };
    // Side by side for 200 ms, then the longer one alone for 200 ms; or each on a core of its own.
    let (one, two) = (run(&text(1)), run(&text(2)));
    assert_eq!(mean_response_ms(&one, "shop"), 400.0);
    assert_eq!(mean_response_ms(&two, "shop"), 300.0);
    // A request is 400 ms of work, of which one piece has to wait for the other on average.
    assert_eq!(worked(&one), (40_000, 20.0, 200, 300.0));
    assert_eq!(worked(&two), (40_000, 0.0, 200, 200.0));
}

/// Of the cores of `node`: thousandths of cores times seconds, the seconds that work was beyond them, how
/// many pieces of work came to their end, and after how many milliseconds on average.
fn worked(record: &RunRecord) -> (u64, f64, u64, f64) {
    let slices = &subject(record, "node.cores").slices;
    let busy: u128 = slices.iter().map(|slice| slice.busy_integral_ns).sum();
    let beyond: u128 = slices.iter().map(|slice| slice.queue_integral_ns).sum();
    let ended = ended(record, "node.cores", Outcome::Ok);
    let mean = mean_response_ms(record, "node.cores");
    ((busy / 1_000_000_000) as u64, beyond as f64 / 1e9, ended, mean)
}

#[test]
fn a_neighbour_that_never_stops_takes_its_share_unless_it_is_limited() {
    let text = |limit: &str| {
        shared(&format!(
            r#"machines.node = {{ cores = 1 }}
               services.api = {{ runs_on = "node", steps = [{{ work = "100ms" }}] }}
               [services.batch]
               runs_on = "node"
               {limit}
               steps = [{{ work = "1000s" }}]
               [clients.operator]
               load = {{ closed = {{ users = 4, start = "synchronized" }} }}
               call = {{ to = "batch" }}"#
        ))
    };
    // One of five; one of two groups of the same weight; what a limit of 0.2 cores leaves.
    assert_eq!(mean_response_ms(&run(&text("")), "shop"), 500.0);
    let weights =
        text("cpu_shares = 1.0").replace("\"node\", steps", "\"node\", cpu_shares = 1.0, steps");
    assert_eq!(mean_response_ms(&run(&weights), "shop"), 200.0);
    assert_eq!(mean_response_ms(&run(&text("cpu_limit = 0.2")), "shop"), 125.0);
}

#[test]
fn instances_are_placed_in_turn_and_what_dies_works_no_more() {
    let text = shared(
        r#"machines.node = { count = 2, cores = 1 }
           services.api = { instances = 4, runs_on = "node", steps = [{ work = "1500ms" }] }
           [[faults]]
           name = "dies"
           at = "50.5s"
           for = "10s"
           on = { service = "api" }
           fault = { crash = {} }"#,
    );
    let record = run(&text);
    // One a second in turn, two machines: nobody shares, though each works for longer than a second.
    assert_eq!(ended(&record, "shop", Outcome::Reset), 2);
    assert_eq!(ended(&record, "node.cores", Outcome::Cancelled), 2);
    // Two are still at work at the end.
    assert_eq!(ended(&record, "api", Outcome::Ok) + 2 + 10, count(&record, "api") - 2);
    let alive: f64 = mean_response_ms(&record, "api");
    assert!(alive < 1_500.0, "{alive}");
    let one = run(&text.replace("count = 2", "count = 1"));
    assert!(ended(&one, "api", Outcome::Ok) < ended(&record, "api", Outcome::Ok));
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let says = |text: &str, what: &str| {
        let said = wrong(&shared(text));
        assert!(said.contains(what), "{said}");
    };
    says("services.api = { cpu_limit = 1.0, steps = [] }", "the service runs on none");
    says(
        "machines.node = {}\nservices.api = { runs_on = \"nod\", steps = [] }",
        "did you mean `node`",
    );
    says(
        "machines.node = { cores = 0.0 }\nservices.api = { runs_on = \"node\", steps = [] }",
        "must be a finite number above 0",
    );
}

#[test]
fn an_instance_that_takes_too_much_memory_is_killed_and_begins_anew() {
    // 100 MB, and 10 MB for each that has come: killed by the 11th, at 11 s, and so on; down for 5 s.
    let text = shared(
        r#"[services.api]
           memory = { base = "100MB", leak_per_request = "10MB", limit = "200MB", restart = "5500ms" }
           steps = [{ work = "10ms" }]"#,
    );
    let record = run(&text);
    // A round: ten go well, one is reset, five are refused: 16 s. Six of them, and four more.
    assert_eq!(ended(&record, "shop", Outcome::Reset), 6);
    assert_eq!(ended(&record, "shop", Outcome::Refused), 30);
    assert_eq!(ended(&record, "shop", Outcome::Ok), 64);
    assert_eq!(ended(&record, "api.memory", Outcome::Overflow), 6);
    assert_eq!(count(&record, "api.memory"), 6);
}

#[test]
fn on_a_machine_without_limits_whoever_takes_most_is_killed() {
    let text = |limit: &str| {
        shared(&format!(
            r#"machines.node = {{ memory = "1GB" }}
               services.api = {{ runs_on = "node", memory = {{ base = "600MB" }}, steps = [{{ work = "10ms" }}] }}
               [services.leaky]
               runs_on = "node"
               memory = {{ base = "100MB", leak_per_request = "10MB" {limit} }}
               steps = [{{ work = "1ms" }}]
               [clients.other]
               load = {{ open = {{ rate = "1/s", arrivals = "paced" }} }}
               call = {{ to = "leaky" }}"#
        ))
    };
    // The leak fills the machine at 310 MB more, when it is not yet the larger of the two.
    let shared = run(&text(""));
    assert!(ended(&shared, "shop", Outcome::Refused) > 0);
    assert_eq!(ended(&shared, "leaky", Outcome::Reset), 0);
    // With a limit of its own it is the one that goes.
    let limited = run(&text(r#", limit = "350MB""#));
    assert_eq!(ended(&limited, "shop", Outcome::Ok), count(&limited, "shop"));
    assert!(ended(&limited, "other", Outcome::Reset) > 0);
}

#[test]
fn nothing_works_while_garbage_is_collected() {
    // 10 MB a request, 100 MB free: every tenth collects for 200 ms while it and nobody else is inside.
    let record = run(&shared(
        r#"machines.node = {}
           [services.api]
           runs_on = "node"
           memory = { base = "100MB", per_request = "10MB", collector = { heap = "200MB", pause = "200ms" } }
           steps = [{ work = "10ms" }]"#,
    ));
    // The first collection comes with the tenth, after which 90 MB are free: with each ninth.
    let collections = 1_u32 + (100 - 10) / 9;
    let mean = (100.0 * 10.0 + f64::from(collections) * 200.0) / 100.0;
    assert!((mean_response_ms(&record, "shop") - mean).abs() < 1e-6);
    assert_eq!(ended(&record, "api.memory", Outcome::Ok), u64::from(collections));
    assert_eq!(mean_response_ms(&record, "api.memory"), 200.0);
    assert_eq!(ended(&record, "node.cores", Outcome::Ok), 100);
}

#[test]
fn a_process_that_dies_while_it_collects_collects_no_more() {
    // The tenth comes at 10 s and collects for 5 s; at 12 s all that is over.
    let record = run(&shared(
        r#"machines.node = {}
           [services.api]
           runs_on = "node"
           memory = { base = "100MB", per_request = "10MB", collector = { heap = "200MB", pause = "5s" } }
           steps = [{ work = "10ms" }]
           [[faults]]
           name = "dies"
           at = "12s"
           for = "80s"
           on = { service = "api" }
           fault = { crash = {} }"#,
    ));
    assert_eq!(count(&record, "api.memory"), 1);
    assert_eq!(ended(&record, "api.memory", Outcome::Reset), 1);
    assert_eq!(mean_response_ms(&record, "api.memory"), 2_000.0);
}

#[test]
fn whoever_has_what_there_is_of_a_core_does_not_wait_for_more() {
    let text = |cores: f64, users: u32| {
        shared(&format!(
            r#"machines.node = {{ cores = {cores} }}
               services.api = {{ runs_on = "node", steps = [{{ work = "1ms" }}] }}
               services.batch = {{ runs_on = "node", steps = [{{ work = "1000s" }}] }}
               [clients.operator]
               load = {{ closed = {{ users = {users}, start = "synchronized" }} }}
               call = {{ to = "batch" }}"#
        ))
        .replace("1/s", "0.001/s")
    };
    let beyond = |cores, users| worked(&run(&text(cores, users))).1.floor();
    assert_eq!((beyond(0.4, 1), beyond(0.6, 1), beyond(1.5, 2)), (0.0, 0.0, 0.0));
    assert_eq!((beyond(0.4, 2), beyond(2.0, 3)), (100.0, 100.0));
}

/// Three instances on three machines, one a second in turn, and this fault from 50.2 s on.
fn on_three(fault: &str, rest: &str) -> String {
    shared(&format!(
        r#"machines.node = {{ count = 3 }}
           network.give_up = "7s"
           services.api = {{ instances = 3, runs_on = "node", steps = [{{ work = "600ms" }}] {rest} }}
           [[faults]]
           name = "dies"
           at = "50.2s"
           for = "30s"
           {fault}"#
    ))
}

#[test]
fn a_machine_dies_with_all_that_runs_on_it() {
    let one = run(&on_three(
        "on = { machines = { of = \"node\", number = 1 } }\nfault = { crash = {} }",
        "",
    ));
    // 51 to 80 s, one in three.
    assert_eq!(ended(&one, "shop", Outcome::Refused), 10);
    let all = run(&on_three("on = { machine = \"node\" }\nfault = { crash = {} }", ""));
    assert_eq!(ended(&all, "shop", Outcome::Refused), 30);
    assert_eq!(ended(&all, "shop", Outcome::Reset), 1);
    let share = run(&on_three(
        "on = { machines = { of = \"node\", share = 0.5 } }\nfault = { crash = {} }",
        "",
    ));
    assert_eq!(ended(&share, "shop", Outcome::Refused), 20);
}

#[test]
fn of_a_machine_that_is_gone_nobody_resets_or_refuses() {
    let text = on_three("on = { machine = \"node\" }\nfault = { crash = { silent = true } }", "");
    let record = run(&text);
    assert_eq!(ended(&record, "shop", Outcome::Lost), 31);
    assert_eq!(
        ended(&record, "shop", Outcome::Refused) + ended(&record, "shop", Outcome::Reset),
        0
    );
    // The one inside is told of after 0.2 + 7 s, the others after 7 s each; the last is still at work.
    let all = 31.0 * 7_000.0 + 200.0 + 68.0 * 600.0;
    assert!((mean_response_ms(&record, "shop") - all / 99.0).abs() < 1e-6);
}

#[test]
fn a_rollout_waits_for_as_many_instances_as_have_to_be_up() {
    let text = |least: &str| {
        on_three(
            "on = { machine = \"node\" }\nfault = { deploy = { batch = 3, down = \"10s\" } }",
            least,
        )
    };
    let refused = |text: &str, seconds: std::ops::Range<usize>| -> u64 {
        let record = run(text);
        let slices = &common::subject(&record, "shop").slices[seconds];
        slices.iter().map(|slice| slice.outcomes.of(Outcome::Refused)).sum()
    };
    assert_eq!(refused(&text(""), 51..61), 10);
    assert_eq!(refused(&text(""), 61..100), 0);
    // One after another, for 10 s each: of three in a row one is refused, the second, fifth and eighth.
    let two = text(", min_available = 2");
    assert_eq!(refused(&two, 51..60), 3);
    assert_eq!(refused(&two, 51..81), 9);
    assert_eq!(refused(&two, 81..100), 0);
    // As many as there are: the rollout never gets anywhere.
    assert_eq!(refused(&text(", min_available = 3"), 0..100), 0);
}

#[test]
fn mistakes_about_machines_and_rollouts_are_shown() {
    let says = |text: &str, what: &str| {
        let said = wrong(text);
        assert!(said.contains(what), "{said}");
    };
    let on = |on: &str| on_three(&format!("on = {on}\nfault = {{ crash = {{}} }}"), "");
    says(&on(r#"{ machines = { of = "node", number = 4 } }"#), "`node` has 3 machines, not 4");
    says(&on(r#"{ machines = { of = "node" } }"#), "which machines");
    says(&on(r#"{ machine = "nod" }"#), "did you mean `node`");
    let nobody = on(r#"{ machine = "node" }"#).replace("runs_on = \"node\", ", "");
    says(&nobody, "no service runs on `node`");
    let least =
        on_three("on = { machine = \"node\" }\nfault = { crash = {} }", ", min_available = 4");
    says(&least, "`api` has 3 instances, not 4");
}

#[test]
fn a_disk_fills_with_what_requests_leave_there() {
    // Room for 40 requests beside what is there; one a second.
    let text = |rest: &str| {
        shared(&format!(
            r#"services.api = {{ disk = {{ size = "50MB", base = "10MB", per_request = "1MB" {rest} }}, steps = [{{ work = "10ms" }}] }}"#
        ))
    };
    let full = run(&text(""));
    assert_eq!(ended(&full, "shop", Outcome::Ok), 40);
    assert_eq!(ended(&full, "shop", Outcome::ServerError), 60);
    let rotated = run(&text(r#", emptied_every = "30s""#));
    assert_eq!(ended(&rotated, "shop", Outcome::Ok), 100);
    // Of each minute 40 s: 40 of the first 59, those from 60 to 99 s.
    let seldom = run(&text(r#", emptied_every = "60s""#));
    assert_eq!(ended(&seldom, "shop", Outcome::Ok), 80);
    let dropped = run(&text(r#", when_full = "drops""#));
    assert_eq!(ended(&dropped, "shop", Outcome::Ok), 100);
    // It dies, is away for 4.5 s, and dies again: a disk outlives its process.
    let dies = run(&text(r#", when_full = "dies", restart = "4500ms""#));
    assert_eq!(ended(&dies, "shop", Outcome::Ok), 40);
    assert_eq!(ended(&dies, "shop", Outcome::Reset), 12);
    assert_eq!(ended(&dies, "shop", Outcome::Refused), 48);
    let more = text("").replace("10MB", "60MB");
    assert!(wrong(&more).contains("are taken of"), "{}", wrong(&more));
}

#[test]
fn a_process_that_dies_takes_what_it_has_learnt_of_others_with_it() {
    // The breaker of each cart opens for good at 10 s; all carts are started again at 60 s.
    let record = run(r#"
title = "A restarted caller"
run = { length = "100s", replications = 1 }
clients.shop = { load = { open = { rate = "10/s", arrivals = "paced" } }, call = { to = "cart" } }
services.cart = { instances = 2, steps = [{ call = { to = "payment", policy = "guarded" } }] }
services.payment.steps = [{ work = "10ms" }]
[policies.guarded]
layers = [
  { breaker = { trip = { consecutive = { failures = 5 } }, open_for = "forever" } },
  { timeout = "500ms" },
  { connection_pool = { kind = { plain = {} } } },
]
[[faults]]
name = "payment"
at = "10s"
for = "10s"
on = { service = "payment" }
fault = { refuse = {} }
[[faults]]
name = "carts"
at = "40s"
for = "20s"
on = { service = "cart" }
fault = { crash = {} }
"#);
    let ok = |from: usize, to: usize| -> u64 {
        let slices = &subject(&record, "shop").slices[from..to];
        slices.iter().map(|slice| slice.outcomes.of(Outcome::Ok)).sum()
    };
    assert_eq!(ok(21, 40), 0);
    assert!((380..=400).contains(&ok(61, 100)), "{}", ok(61, 100));
    let held = |second: usize| subject(&record, "cart->payment").slices[second].connections_max;
    assert_eq!(held(45), 0, "they are closed when it dies, not when it comes back");
}
