//! Locks, transactions, effects, caches and brokers, from the file to what is measured.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

mod common;

use common::{count, ended, goodput, mean_response_ms, retries, run, wrong};
use sim_core::policy::Outcome;

/// `calls` calls of `api` at once, after 1 s, that are about the same thing.
fn at_once(calls: u32, rest: &str) -> String {
    format!(
        r#"
title = "Stores"
run = {{ length = "1000s", replications = 1 }}
clients.shop = {{ load = {{ closed = {{ users = {calls}, start = "synchronized", think = "1s", calls_per_user = 1 }} }}, call = {{ to = "api" }} }}
{rest}
"#
    )
}

#[test]
fn one_row_is_a_convoy_and_no_deadlock() {
    let text = at_once(
        50,
        r#"stores.db.deadlocks = {}
           services.api.steps = [{ lock = { in = "db", steps = [{ work = "5s" }] } }]"#,
    );
    let record = run(&text);
    // The k-th waits for (k − 1) · 5 s: the last is done after 250 s.
    assert_eq!(ended(&record, "shop", Outcome::Ok), 50);
    assert_eq!(mean_response_ms(&record, "shop"), 5_000.0 * 51.0 / 2.0);
    assert_eq!(ended(&record, "db", Outcome::Ok), 50);
    assert_eq!(ended(&record, "db", Outcome::DeadlockVictim), 0);
    assert_eq!(mean_response_ms(&record, "db"), 5_000.0 * 49.0 / 2.0);
}

#[test]
fn one_waits_for_a_row_as_long_as_the_lock_says_or_the_store() {
    let text = |store: &str, lock: &str| {
        at_once(
            50,
            &format!(
                r#"stores.db = {{ {store} }}
                   services.api.steps = [{{ lock = {{ in = "db", {lock} steps = [{{ work = "5s" }}] }} }}]"#
            ),
        )
    };
    // The seventh waits for 30 s, the eighth would for 35 s.
    for record in [run(&text("", r#"wait = "31s","#)), run(&text(r#"lock_wait = "31s""#, ""))] {
        assert_eq!(ended(&record, "shop", Outcome::Ok), 7);
        assert_eq!(ended(&record, "shop", Outcome::ServerError), 43);
        assert_eq!(ended(&record, "db", Outcome::Timeout), 43);
    }
    let record = run(&text("", r#"wait = "0s","#));
    assert_eq!(ended(&record, "shop", Outcome::Ok), 1);
    assert_eq!(ended(&record, "db", Outcome::RejectedLimit), 49);
}

#[test]
fn readers_share_a_row() {
    let record = run(&at_once(
        50,
        r#"stores.db = {}
           services.api.steps = [{ lock = { in = "db", mode = "shared", steps = [{ work = "5s" }] } }]"#,
    ));
    assert_eq!(mean_response_ms(&record, "shop"), 5_000.0);
}

/// Two that lock two rows in opposite order.
fn crosswise(deadlocks: &str) -> String {
    format!(
        r#"
title = "AB-BA"
run = {{ length = "100s", replications = 1 }}
allow = ["queue_outlasts_caller"]
stores.db = {{ tables = ["a", "b"], {deadlocks} }}
[clients.one]
load = {{ closed = {{ users = 1, start = "synchronized", think = "1s", calls_per_user = 1 }} }}
call = {{ to = "api.one" }}
[clients.two]
load = {{ closed = {{ users = 1, start = "synchronized", think = "1s", calls_per_user = 1 }} }}
call = {{ to = "api.two" }}
[services.api.endpoints.one]
steps = [{{ lock = {{ in = "db", table = "a", steps = [{{ work = "1s" }}, {{ lock = {{ in = "db", table = "b", steps = [{{ work = "1s" }}] }} }}] }} }}]
[services.api.endpoints.two]
steps = [{{ work = "10ms" }}, {{ lock = {{ in = "db", table = "b", steps = [{{ work = "1s" }}, {{ lock = {{ in = "db", table = "a", steps = [{{ work = "1s" }}] }} }}] }} }}]
"#
    )
}

#[test]
fn two_rows_in_opposite_order_are_a_deadlock_and_one_has_to_go() {
    // Found at once, by the one that closes the circle at 1.01 s.
    let record = run(&crosswise("deadlocks = {}"));
    assert_eq!(ended(&record, "two", Outcome::DeadlockVictim), 1);
    assert_eq!(mean_response_ms(&record, "two"), 1_010.0);
    assert_eq!(ended(&record, "one", Outcome::Ok), 1);
    assert_eq!(mean_response_ms(&record, "one"), 2_010.0);
    // Looked for after 1 s, the first to wait finds it, and goes.
    let record = run(&crosswise(r#"deadlocks = { after = "1s" }"#));
    assert_eq!(ended(&record, "one", Outcome::DeadlockVictim), 1);
    assert_eq!(mean_response_ms(&record, "one"), 2_000.0);
    assert_eq!(ended(&record, "two", Outcome::Ok), 1);
    // Both came at the same time, with one row each; the one counted as later goes.
    let record = run(&crosswise(r#"deadlocks = { after = "1s", victim = "youngest" }"#));
    assert_eq!(ended(&record, "two", Outcome::DeadlockVictim), 1);
    // Nobody looks: both wait for ever.
    let record = run(&crosswise(""));
    assert_eq!(ended(&record, "one", Outcome::Ok) + ended(&record, "two", Outcome::Ok), 0);
}

#[test]
fn rows_of_a_transaction_are_held_to_its_end_and_its_effects_are_there_then_or_never() {
    let text = |transaction: bool| {
        let steps = r#"{ lock = { in = "db", steps = [{ work = "1s" }] } }, { apply = { effect = "charge" } }, { call = { to = "bad", optional = FLAG } }, { work = "1s" }"#;
        let steps = match transaction {
            true => format!("[{{ transaction = {{ steps = [{steps}] }} }}]"),
            false => format!("[{steps}]"),
        };
        at_once(
            3,
            &format!(
                r#"stores.db = {{}}
                   effects.charge = {{}}
                   services.bad = {{ pools.main = {{ workers = 1, queue = {{ fifo = {{ capacity = 0 }} }} }}, steps = [{{ work = "1s" }}] }}
                   services.api.steps = {steps}"#
            ),
        )
    };
    let in_it = run(&text(true).replace("FLAG", "true"));
    // 1 s with the row, 1 s for the call or none if it is rejected, 1 s more, one after the other.
    assert_eq!(ended(&in_it, "shop", Outcome::Ok), 3);
    assert_eq!(mean_response_ms(&in_it, "shop"), (3_000.0 + 6_000.0 + 9_000.0) / 3.0);
    assert_eq!(goodput(&in_it, "charge"), 3);
    let without = run(&text(false).replace("FLAG", "false"));
    // The row is free after 1 s: the calls of the three come 1 s after each other.
    assert_eq!(ended(&without, "shop", Outcome::Ok), 3);
    assert_eq!(mean_response_ms(&without, "shop"), (3_000.0 + 4_000.0 + 5_000.0) / 3.0);
    // A call that fails in it takes the effect with it, and frees the row.
    let hit = r#"
[[faults]]
name = "refused"
at = "0s"
for = "999s"
on = { service = "bad" }
fault = { refuse = {} }
"#;
    let failed = run(&(text(true).replace("FLAG", "false") + hit));
    assert_eq!(ended(&failed, "shop", Outcome::ServerError), 3);
    assert_eq!(mean_response_ms(&failed, "shop"), (1_000.0 + 2_000.0 + 3_000.0) / 3.0);
    assert_eq!(count(&failed, "charge"), 0);
    let failed = run(&(text(false).replace("FLAG", "false") + hit));
    assert_eq!(count(&failed, "charge"), 3);
}

/// A charge that takes longer than its caller waits, tried three times.
fn charges(effect: &str, key: bool) -> String {
    format!(
        r#"
title = "Charges"
run = {{ length = "100s", replications = 1 }}
allow = ["unused_policy", "retries_outlast_timeout"]
clients.shop = {{ load = {{ closed = {{ users = 10, start = "synchronized", think = "1s", calls_per_user = 1 }} }}, call = {{ to = "api", policy = "again", idempotency_key = {key} }} }}
effects.charge = {{ {effect} }}
services.api.steps = [{{ call = {{ to = "bank", idempotency_key = {key} }} }}]
services.bank.steps = [{{ work = "3s" }}, {{ apply = {{ effect = "charge" }} }}]
policies.again.layers = [{{ retry = {{ max_attempts = 3, backoff = {{ fixed = {{ delay = "1s" }} }} }} }}, {{ timeout = "2s" }}]
"#
    )
}

#[test]
fn what_is_tried_again_comes_about_again_unless_a_key_tells() {
    let record = run(&charges("", false));
    assert_eq!((count(&record, "charge"), goodput(&record, "charge")), (30, 10));
    assert_eq!(retries(&record, "charge"), 20);
    // A key that nobody looks at does not help, nor does one that is not sent.
    assert_eq!(retries(&run(&charges("", true)), "charge"), 20);
    assert_eq!(retries(&run(&charges("recognises_keys = true", false)), "charge"), 20);
    let record = run(&charges("recognises_keys = true", true));
    assert_eq!((goodput(&record, "charge"), retries(&record, "charge")), (10, 0));
    assert_eq!(ended(&record, "charge", Outcome::Cancelled), 20);
}

#[test]
fn a_look_before_the_lock_is_too_early() {
    let text = |steps: &str| {
        at_once(
            5,
            &format!(
                r#"stores.db = {{}}
                   effects.paid = {{ per = "key" }}
                   services.api.steps = {steps}"#
            ),
        )
    };
    let locked =
        r#"{ lock = { in = "db", steps = [{ work = "1s" }, { apply = { effect = "paid" } }] } }"#;
    let record = run(&text(&format!(
        r#"[{{ if_applied = {{ effect = "paid", otherwise = [{locked}] }} }}]"#
    )));
    assert_eq!(retries(&record, "paid"), 4);
    let record = run(&text(
        r#"[{ lock = { in = "db", steps = [{ if_applied = { effect = "paid", then = [{ work = "1ms" }], otherwise = [{ work = "1s" }, { apply = { effect = "paid" } }] } }] } }]"#,
    ));
    assert_eq!(retries(&record, "paid"), 0);
    assert_eq!(mean_response_ms(&record, "shop"), 1_002.0);
}

fn cached(cache: &str, database: &str) -> String {
    format!(
        r#"
title = "Cache"
run = {{ length = "100.5s", replications = 1 }}
clients.shop = {{ load = {{ open = {{ rate = "10/s", arrivals = "paced" }} }}, call = {{ to = "api" }} }}
caches.products = {{ {cache} }}
services.api.steps = [{{ cache = {{ in = "products", otherwise = [{{ call = {{ to = "database" }} }}] }} }}]
services.database.steps = {database}
"#
    )
}

#[test]
fn a_hit_ratio_is_the_share_that_never_reaches_the_database() {
    let record = run(&cached("contents = { hit_ratio = 0.85 }", r#"[{ work = "1ms" }]"#));
    let (looks, hits) = (count(&record, "products"), ended(&record, "products", Outcome::Ok));
    assert_eq!(count(&record, "database"), looks - hits);
    // 1,005 calls: 4.5 standard deviations are 51.
    assert!(hits.abs_diff(854) <= 51, "{hits}");
}

#[test]
fn an_entry_is_fetched_once_a_ttl_and_by_everybody_who_comes_meanwhile() {
    let database = r#"[{ work = "450ms" }]"#;
    let every_10s = "contents = { keys = { ttl = \"10s\" } }";
    // Those of 0.45 s miss together: five of ten a second, ten times in 100 s (every 10.45 s).
    let record = run(&cached(every_10s, database));
    assert_eq!(count(&record, "database"), 5 * 10);
    let record = run(&cached(&format!("{every_10s}, single_flight = true"), database));
    assert_eq!(count(&record, "database"), 10);
    assert_eq!(ended(&record, "products", Outcome::Unresolved), 10);
    // Served stale meanwhile, nobody waits but the first of all, and who comes with it.
    let swr = format!("{every_10s}, single_flight = true, stale_while_revalidate = \"1s\"");
    let record = run(&cached(&swr, database));
    assert_eq!(ended(&record, "products", Outcome::Unresolved), 1);
    let served_stale = ended(&record, "products", Outcome::Degraded);
    assert_eq!(served_stale, 5 * (count(&record, "database") - 1));
    assert_eq!(ended(&record, "shop", Outcome::Ok), count(&record, "shop"));
}

#[test]
fn something_stale_will_do_if_fetching_fails() {
    let fails = r#"
[[faults]]
name = "refused"
at = "5s"
for = "50s"
on = { service = "database" }
fault = { refuse = {} }
"#;
    let database = r#"[{ work = "10ms" }]"#;
    let text = |rest: &str| {
        cached(&format!("contents = {{ keys = {{ ttl = \"10s\" }} }}, {rest}"), database) + fails
    };
    let record = run(&text("single_flight = true"));
    let failed = ended(&record, "shop", Outcome::ServerError);
    // From 10.11 s, when it is too old, to 55 s: all but those of the first 10 s.
    assert!(failed.abs_diff(449) <= 2, "{failed}");
    let record = run(&text("stale_if_error = \"20s\""));
    let degraded = ended(&record, "shop", Outcome::Degraded);
    assert!(degraded.abs_diff(200) <= 2, "{degraded}");
    let failed = ended(&record, "shop", Outcome::ServerError);
    assert!(failed.abs_diff(249) <= 2, "{failed}");
}

#[test]
fn the_one_used_least_recently_goes_and_a_warm_cache_has_the_first_keys() {
    let text = |entries: &str| {
        cached(&format!("contents = {{ keys = {{ {entries} }} }}"), r#"[{ work = "0s" }]"#)
            .replace(r#"to = "api""#, r#"to = "api", key = "uniform(100)""#)
    };
    // Of 100 keys, used alike, a share of room/100 is there when asked for.
    let record = run(&text("capacity = 40, warm = 40"));
    let hits = ended(&record, "products", Outcome::Ok);
    // 1,005 looks, which are not quite independent: 402 ± 4.5 · 16.
    assert!(hits.abs_diff(402) <= 72, "{hits}");
    assert_eq!(ended(&run(&text("warm = 100")), "products", Outcome::Unresolved), 0);
    let cold = run(&text(""));
    let misses = ended(&cold, "products", Outcome::Unresolved);
    assert!((95..=100).contains(&misses), "each key once: {misses}");
}

fn orders(broker: &str, worker: &str) -> String {
    format!(
        r#"
title = "Orders"
run = {{ length = "1000s", replications = 1 }}
clients.shop = {{ load = {{ closed = {{ users = 100, start = "synchronized", think = "1s", calls_per_user = 1 }} }}, call = {{ to = "api" }} }}
services.api.steps = [{{ publish = {{ to = "orders" }} }}]
brokers.orders = {{ deliver = {{ to = "worker" }}, {broker} }}
[services.worker]
{worker}
"#
    )
}

#[test]
fn messages_wait_until_a_consumer_has_handled_them() {
    let record = run(&orders("consumers = 4", r#"steps = [{ work = "2s" }]"#));
    assert_eq!(
        (mean_response_ms(&record, "shop"), ended(&record, "shop", Outcome::Ok)),
        (0.0, 100)
    );
    assert_eq!(ended(&record, "orders", Outcome::Ok), 100);
    // 25 rounds of 2 s.
    assert_eq!(mean_response_ms(&record, "orders"), 2_000.0 * 26.0 / 2.0);
    let record = run(&orders("capacity = 30", r#"steps = [{ work = "2s" }]"#));
    assert_eq!(ended(&record, "orders", Outcome::Ok), 31);
    assert_eq!(ended(&record, "orders", Outcome::Overflow), 69);
    assert_eq!(ended(&record, "shop", Outcome::ServerError), 69);
}

#[test]
fn a_message_that_fails_comes_again_until_it_is_a_dead_letter() {
    let down = |until: &str| {
        format!(
            r#"steps = [{{ work = "0s" }}]
[[faults]]
name = "down"
at = "0s"
for = "{until}"
on = {{ service = "worker" }}
fault = {{ refuse = {{}} }}
"#
        )
    };
    let broker = r#"consumers = 100, redelivery = { max_deliveries = 3, delay = "10s" }"#;
    let record = run(&orders(broker, &down("15s")));
    assert_eq!(ended(&record, "orders", Outcome::Ok), 100);
    assert_eq!(retries(&record, "orders"), 200);
    assert_eq!(mean_response_ms(&record, "orders"), 20_000.0);
    let record = run(&orders(broker, &down("25s")));
    assert_eq!(ended(&record, "orders", Outcome::Refused), 100);
    assert_eq!(count(&record, "worker"), 300);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let says = |text: &str, what: &str| {
        let said = wrong(text);
        assert!(said.contains(what), "{said}");
    };
    let lock = |store: &str, lock: &str| {
        at_once(
            1,
            &format!("stores.db = {{ {store} }}\nservices.api.steps = [{{ lock = {{ {lock} }} }}]"),
        )
    };
    says(&lock("", r#"in = "dba""#), "there is no store `dba`");
    says(&lock(r#"tables = ["a", "b"]"#, r#"in = "db""#), "names none of them");
    says(
        &lock(r#"tables = ["account"]"#, r#"in = "db", table = "acount""#),
        "did you mean `account`",
    );
    says(&cached("contents = { hit_ratio = 1.5 }", "[]"), "a hit ratio is from 0 to 1");
    says(
        &cached("contents = { hit_ratio = 0.5 }, single_flight = true", "[]"),
        "`single_flight` needs entries",
    );
    says(
        &cached("contents = { keys = {} }, stale_if_error = \"1s\"", "[]"),
        "nothing is ever stale",
    );
    says(
        &cached("contents = { keys = {} }", "[]")
            .replace(r#"to = "api""#, r#"to = "api", key = "zip(1, 2)""#),
        "are no keys",
    );
    says(&orders(r#"redelivery = { delay = "0s" }"#, "steps = []"), "without end at one instant");
    says(
        &at_once(
            1,
            r#"stores.db = {}
               services.api.steps = [{ lock = { in = "db", steps = [{ transaction = { steps = [] } }] } }]"#,
        ),
        "a transaction while a row is held",
    );
    says(
        &orders("", r#"steps = [{ publish = { to = "orders" } }]"#),
        "nothing can end this cycle of calls",
    );
    says(&at_once(1, "stores.shop = {}\nservices.api.steps = []"), "`shop` names two things");
}

#[test]
fn what_cannot_be_done_now_is_done_later() {
    let text = r#"
title = "Queue for later"
run = { length = "100s", replications = 1 }
[clients.shop]
load = { open = { rate = "1/s", arrivals = "paced" } }
call = { to = "api" }
[services.api]
steps = [{ call = { to = "bank", policy = "or-later" } }]
[services.bank]
steps = [{ work = "10ms" }, { apply = { effect = "charge" } }]
[effects.charge]
[brokers.later]
deliver = { to = "bank" }
redelivery = { delay = "5s" }
capacity = 3
[policies.or-later]
layers = [{ fallback = { chain = [{ queue = { at = "later" } }, { value = {} }] } }, { timeout = "1s" }]
[[faults]]
name = "refused"
at = "20.5s"
for = "20s"
on = { service = "bank" }
fault = { refuse = {} }
"#;
    let record = run(text);
    // Twenty charges fail. Three wait and one is being delivered again and again, in five seconds each;
    // what finds no room is a value, and never charged.
    assert_eq!(ended(&record, "shop", Outcome::Degraded), 20);
    let (accepted, late) =
        (ended(&record, "later", Outcome::Ok), ended(&record, "later", Outcome::Overflow));
    assert_eq!(accepted + late, 20);
    assert_eq!(goodput(&record, "charge"), 79 + accepted);
    assert_eq!(retries(&record, "charge"), 0);
    assert!(
        wrong(&text.replace("at = \"later\"", "at = \"latter\"")).contains("did you mean `later`")
    );
}

#[test]
fn a_cache_that_is_gone_comes_back_warm_or_cold() {
    let text = |contents: &str| {
        cached("contents = { keys = {} }", r#"[{ work = "1ms" }]"#)
            .replace(r#"to = "api""#, r#"to = "api", key = "uniform(10)""#)
            + &format!(
                r#"
[[faults]]
name = "gone"
at = "50s"
for = "10s"
on = {{ cache = "products" }}
fault = {{ outage = {{ contents = "{contents}" }} }}
"#
            )
    };
    // Ten keys once, a hundred calls while it is gone, and ten keys again if it comes back cold.
    let warm = ended(&run(&text("kept")), "products", Outcome::Unresolved);
    let cold = ended(&run(&text("lost")), "products", Outcome::Unresolved);
    assert_eq!((warm, cold), (10 + 100, 10 + 100 + 10));
    let wrong_target =
        wrong(&text("kept").replace("cache = \"products\" }\nfault", "service = \"api\" }\nfault"));
    assert!(
        wrong_target.contains("`outage` hits a cache or a broker, not a service"),
        "{wrong_target}"
    );
}

#[test]
fn a_broker_that_is_gone_takes_nothing_and_loses_what_waits_or_not() {
    let text = |contents: &str| {
        orders("consumers = 10", r#"steps = [{ work = "10s" }]"#)
            + &format!(
                r#"
[[faults]]
name = "gone"
at = "15s"
for = "100s"
on = {{ broker = "orders" }}
fault = {{ outage = {{ contents = "{contents}" }} }}
"#
            )
    };
    let kept = run(&text("kept"));
    assert_eq!(ended(&kept, "orders", Outcome::Ok), 100);
    let lost = run(&text("lost"));
    // Twenty have been delivered, or are being.
    assert_eq!(ended(&lost, "orders", Outcome::Ok), 20);
    assert_eq!(ended(&lost, "orders", Outcome::Lost), 80);
}

#[test]
fn a_circle_of_waits_is_told_by_name() {
    let record = run(&crosswise("deadlocks = {}"));
    let told: Vec<Vec<&str>> =
        record.wait_cycles.iter().map(|c| c.who.iter().map(|w| &**w).collect()).collect();
    assert_eq!(told, [["api.two, for db.a", "api.one, for db.b"]]);
}
