//! Circles of waits through workers, connections and rows: who is told to wait for whom.

mod common;

use common::{ended, run};
use sim_core::model::record::RunRecord;
use sim_core::policy::Outcome;

/// The circles, and when they were found, in seconds.
fn circles(record: &RunRecord) -> Vec<(u64, Vec<&str>)> {
    let told = |cycle: &'_ sim_core::model::record::WaitCycle| cycle.at.as_nanos() / 1_000_000_000;
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
    assert_eq!(circles(&record), [(2, circle)]);
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
    assert_eq!(circles(&record), [(1, vec!["orders.confirm, for a worker", "orders.place"])]);
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
    assert_eq!(circles(&record), [(2, circle)]);
}

#[test]
fn whoever_waits_for_one_who_works_or_hangs_is_in_no_circle() {
    // All connections are held by those whom the database lets wait for ten seconds.
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
    assert_eq!(circles(&record), [(2, vec!["api.one, for db.b", "api.two, for db.a"])]);
}
