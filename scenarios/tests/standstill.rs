//! Circles of waits through workers, connections and rows: who is told to wait for whom.

mod common;

use common::{ended, run};
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::record::{RunRecord, WaitCycle};
use sim_core::policy::Outcome;

/// The circles, and when they closed, in milliseconds.
fn circles(record: &RunRecord) -> Vec<(u64, Vec<&str>)> {
    let told = |cycle: &WaitCycle| cycle.at.as_nanos() / 1_000_000;
    record.wait_cycles.iter().map(|c| (told(c), c.who.iter().map(|w| &**w).collect())).collect()
}

/// Two users who hold a connection of a pool, and want another of it.
fn a_connection_in_hand(connections: u32) -> String {
    format!(
        r#"
title = "a connection in hand"
run = {{ length = "20s", replications = 1 }}
allow = ["queue_outlasts_caller"]
[clients.users]
load = {{ closed = {{ users = 2, start = "synchronized", calls_per_user = 1 }} }}
call = {{ to = "shop" }}
[services.shop]
steps = [{{ call = {{ to = "transaction", policy = "pool" }} }}]
[services.transaction]
steps = [{{ work = "1500ms" }}, {{ call = {{ to = "database", policy = "pool" }} }}]
[services.database]
steps = [{{ work = "10ms" }}]
[policies.pool]
layers = [{{ connection_pool = {{ kind = {{ plain = {{ max_open = {connections} }} }}, scope = "shared" }} }}]
"#
    )
}

#[test]
fn those_who_hold_a_connection_and_wait_for_another_are_told_of_once() {
    let record = run(&a_connection_in_hand(2));
    assert_eq!(ended(&record, "users", Outcome::Ok), 0);
    let circle = vec!["transaction->database, for a connection", "shop->transaction"];
    assert_eq!(circles(&record), [(1_500, circle)]);
    // Seen at each second from then on.
    let at = |ms| SimTime::ZERO + SimDuration::from_millis(ms);
    assert_eq!(record.deadlocks, [(at(1_500), at(19_000))]);
}

#[test]
fn with_a_connection_more_than_there_are_holders_nobody_waits_in_a_circle() {
    let record = run(&a_connection_in_hand(3));
    assert_eq!(ended(&record, "users", Outcome::Ok), 2);
    assert_eq!(circles(&record), []);
}

#[test]
fn a_service_that_is_called_back_while_its_only_worker_waits_stands_still() {
    let text = |mode: &str, workers: u32| {
        format!(
            r#"
title = "called back"
run = {{ length = "10s", replications = 1 }}
allow = ["queue_outlasts_caller"]
[clients.user]
load = {{ closed = {{ users = 1, calls_per_user = 1 }} }}
call = {{ to = "orders.place" }}
[services.orders]
mode = "{mode}"
pools.main = {{ workers = {workers} }}
endpoints.place.steps = [{{ call = {{ to = "payment" }} }}]
endpoints.confirm.steps = [{{ work = "10ms" }}]
[services.payment]
steps = [{{ call = {{ to = "orders.confirm" }} }}]
"#
        )
    };
    let record = run(&text("blocking", 1));
    assert_eq!(ended(&record, "user", Outcome::Ok), 0);
    assert_eq!(circles(&record), [(0, vec!["orders.confirm, for a worker", "orders.place"])]);
    for (mode, workers) in [("blocking", 2), ("async", 1)] {
        let record = run(&text(mode, workers));
        assert_eq!(ended(&record, "user", Outcome::Ok), 1, "{mode}");
        assert_eq!(circles(&record), [], "{mode}");
    }
}

#[test]
fn one_who_has_a_row_and_one_who_has_the_connection_wait_for_each_other() {
    let record = run(r#"
title = "a row and a connection"
run = { length = "10s", replications = 1 }
allow = ["queue_outlasts_caller"]
stores.db = { deadlocks = {} }
[clients.ones]
load = { closed = { users = 1, start = "synchronized", calls_per_user = 1 } }
call = { to = "one" }
[clients.twos]
load = { closed = { users = 1, start = "synchronized", calls_per_user = 1 } }
call = { to = "two" }
[services.one]
steps = [{ lock = { in = "db", steps = [{ work = "1s" }, { call = { to = "store", policy = "pool" } }] } }]
[services.two]
steps = [{ call = { to = "writer", policy = "pool" } }]
[services.writer]
steps = [{ work = "1s" }, { lock = { in = "db", steps = [{ work = "1s" }] } }]
[services.store]
steps = [{ work = "1s" }]
[policies.pool]
layers = [{ connection_pool = { kind = { plain = { max_open = 1 } }, scope = "shared" } }]
"#);
    // The store sees no circle among its rows.
    assert_eq!(ended(&record, "db", Outcome::DeadlockVictim), 0);
    let circle = vec!["writer, for db", "one", "one->store, for a connection", "two->writer"];
    assert_eq!(circles(&record), [(1_000, circle)]);
}

#[test]
fn whoever_waits_for_one_who_works_or_hangs_is_in_no_circle() {
    // Two of three connections are in hand, and the third goes from one to the other.
    let record = run(r#"
title = "slow and not stuck"
run = { length = "20s", replications = 1 }
allow = ["queue_outlasts_caller"]
[clients.users]
load = { closed = { users = 2, start = "synchronized", calls_per_user = 1 } }
call = { to = "shop" }
[services.shop]
steps = [{ call = { to = "transaction", policy = "pool" } }]
[services.transaction]
steps = [{ call = { to = "database" } }, { call = { to = "database", policy = "pool" } }]
[services.database]
steps = [{ work = "5s" }]
[policies.pool]
layers = [{ connection_pool = { kind = { plain = { max_open = 3 } }, scope = "shared" } }]
"#);
    assert_eq!(ended(&record, "users", Outcome::Ok), 2);
    assert_eq!(circles(&record), []);
}

#[test]
fn rows_that_nobody_watches_are_looked_at_too() {
    let record = run(r#"
title = "AB-BA"
run = { length = "10s", replications = 1 }
allow = ["queue_outlasts_caller"]
stores.db = { tables = ["a", "b"] }
[clients.one]
load = { closed = { users = 1, start = "synchronized", calls_per_user = 1 } }
call = { to = "api.one" }
[clients.two]
load = { closed = { users = 1, start = "synchronized", calls_per_user = 1 } }
call = { to = "api.two" }
[services.api.endpoints.one]
steps = [{ lock = { in = "db", table = "a", steps = [{ work = "1s" }, { lock = { in = "db", table = "b" } }] } }]
[services.api.endpoints.two]
steps = [{ lock = { in = "db", table = "b", steps = [{ work = "1s" }, { lock = { in = "db", table = "a" } }] } }]
"#);
    assert_eq!(circles(&record), [(1_000, vec!["api.one, for db.b", "api.two, for db.a"])]);
}

/// A service with one worker, which this policy of a call leads back to.
fn called_back(policy: &str, payment: &str) -> RunRecord {
    run(&format!(
        r#"
title = "called back"
run = {{ length = "10s", replications = 1 }}
allow = ["queue_outlasts_caller"]
network.latency = "0s"
[clients.user]
load = {{ closed = {{ users = 1, calls_per_user = 1 }} }}
call = {{ to = "orders.place" }}
[services.orders]
pools.main = {{ workers = 1 }}
endpoints.place.steps = [{{ call = {{ to = "payment", policy = "around" }} }}]
endpoints.confirm.steps = [{{ work = "10ms" }}]
[services.payment]
steps = [{payment}]
[policies.around]
layers = [{policy}]
[[faults]]
name = "payment"
at = "0s"
for = "10s"
on = {{ service = "payment" }}
fault = {{ errors = {{ share = 0.0 }} }}
"#
    ))
}

#[test]
fn a_hedge_and_a_fallback_wait_as_what_they_have_sent_does() {
    let told = [(0, vec!["orders.confirm, for a worker", "orders.place"])];
    let hedged = r#"{ hedge = { kind = { fixed = { delay = "50ms" } } } }"#;
    let record = called_back(hedged, r#"{ call = { to = "orders.confirm" } }"#);
    assert_eq!(circles(&record), told);
    let fallback = r#"{ fallback = { chain = [{ call = { to = "orders.confirm" } }] } }, { timeout = "500ms" }"#;
    let record = called_back(fallback, r#"{ work = "600ms" }"#);
    assert_eq!(circles(&record), [(500, vec!["orders.confirm, for a worker", "orders.place"])]);
}

#[test]
fn whoever_fetches_for_others_may_wait_for_what_they_hold() {
    let record = run(r#"
title = "single flight"
run = { length = "10s", replications = 1 }
allow = ["queue_outlasts_caller"]
[clients.user]
load = { closed = { users = 3, start = "synchronized", calls_per_user = 1 } }
call = { to = "orders.place", key = "uniform(1)" }
[caches.c]
single_flight = true
contents = { keys = {} }
[services.orders]
pools.main = { workers = 3 }
endpoints.place.steps = [{ cache = { in = "c", otherwise = [{ call = { to = "payment" } }] } }]
endpoints.confirm.steps = [{ work = "10ms" }]
[services.payment]
steps = [{ call = { to = "orders.confirm" } }]
"#);
    assert_eq!(ended(&record, "user", Outcome::Ok), 0);
    assert!(!circles(&record).is_empty());
}

/// One who has a row and wants others in branches, one who has one of them and wants the first, one who
/// works on the third.
fn branches(wait_for: &str, third: &str) -> RunRecord {
    run(&format!(
        r#"
title = "branches"
run = {{ length = "20s", replications = 1 }}
allow = ["queue_outlasts_caller"]
network.latency = "0s"
stores.db = {{ tables = ["a", "b", "c"] }}
[clients.one]
load = {{ closed = {{ users = 1, start = "synchronized", calls_per_user = 1 }} }}
call = {{ to = "api.one" }}
[clients.two]
load = {{ closed = {{ users = 1, start = "synchronized", calls_per_user = 1 }} }}
call = {{ to = "api.two" }}
[clients.zhree]
load = {{ closed = {{ users = 1, start = "synchronized", calls_per_user = 1 }} }}
call = {{ to = "api.three" }}
[services.api.endpoints.one]
steps = [{{ lock = {{ in = "db", table = "a", steps = [{{ work = "1s" }}, {{ parallel = {{ wait_for = "{wait_for}", branches = [
  [{{ lock = {{ in = "db", table = "b" }} }}],
  [{{ lock = {{ in = "db", table = "c" }} }}]
] }} }}] }} }}]
[services.api.endpoints.two]
steps = [{{ lock = {{ in = "db", table = "b", steps = [{{ work = "1s" }}, {{ lock = {{ in = "db", table = "a" }} }}] }} }}]
[services.api.endpoints.three]
steps = [{{ lock = {{ in = "db", table = "c", steps = [{{ work = "{third}" }}] }} }}]
"#
    ))
}

#[test]
fn one_branch_that_gets_on_is_enough_where_any_will_do() {
    let record = branches("any", "8s");
    assert_eq!(circles(&record), []);
    assert_eq!(ended(&record, "one", Outcome::Ok) + ended(&record, "two", Outcome::Ok), 2);
}

#[test]
fn one_branch_that_does_not_get_on_is_enough_where_all_have_to() {
    let circle = vec!["api.two, for db.a", "api.one", "api.one, for db.b"];
    let record = branches("all", "8s");
    assert_eq!(record.wait_cycles.len(), 1);
    let (at, mut who) = circles(&record).remove(0);
    while who[0] != circle[0] {
        who.rotate_left(1);
    }
    assert_eq!((at, who), (1_000, circle));
}

#[test]
fn circles_that_have_nothing_to_do_with_each_other_are_both_told_of() {
    let shop = |name: &str, first: &str| {
        format!(
            r#"
[clients.of-{name}]
load = {{ closed = {{ users = 1, calls_per_user = 1 }} }}
call = {{ to = "{name}.place" }}
[services.{name}]
pools.main = {{ workers = 1 }}
endpoints.place.steps = [{{ work = "{first}" }}, {{ call = {{ to = "{name}.confirm" }} }}]
endpoints.confirm.steps = [{{ work = "10ms" }}]
"#
        )
    };
    let both = shop("tea", "1ms") + &shop("coffee", "5s");
    let record = run(&format!(
        "title = \"two\"\nrun = {{ length = \"10s\", replications = 1 }}\nallow = [\"queue_outlasts_caller\"]\n{both}"
    ));
    let circles = circles(&record);
    assert_eq!(circles.len(), 2);
    assert_eq!(circles[0].1, ["tea.confirm, for a worker", "tea.place"]);
    assert_eq!(circles[1].1, ["coffee.confirm, for a worker", "coffee.place"]);
}
