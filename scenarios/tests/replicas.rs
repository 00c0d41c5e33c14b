//! Primaries and replicas, from the file to what is measured.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

mod common;

use common::{count, ended, goodput, mean_response_ms, run, subject, wrong};
use sim_core::policy::Outcome;

/// A store with three instances: four writes a second, from 250 ms on, and one read.
fn replicated(how: &str, rest: &str) -> String {
    format!(
        r#"
title = "Replicas"
run = {{ length = "100s", replications = 1 }}
allow = ["queue_outlasts_caller"]
effects.order = {{}}
[clients.shop]
load = {{ open = {{ rate = "4/s", arrivals = "paced", clients = 4 }} }}
call = {{ to = "db.write" }}
[clients.browser]
load = {{ open = {{ rate = "10/s" }} }}
call = {{ to = "db.read" }}
[services.db]
instances = 3
replication = {{ failover = "10s", {how} }}
[services.db.endpoints.write]
role = "primary"
steps = [{{ work = "1ms" }}, {{ apply = {{ effect = "order" }} }}]
[services.db.endpoints.read]
role = "replica"
steps = [{{ work = "1ms" }}]
{rest}
"#
    )
}

/// Whichever instance is the primary dies at 50.1 s.
fn dies(lasts: &str) -> String {
    format!(
        r#"[[faults]]
           name = "dies"
           at = "50.1s"
           for = "{lasts}"
           on = {{ primary = "db" }}
           fault = {{ crash = {{}} }}"#
    )
}

#[test]
fn writes_go_to_the_primary_and_reads_to_the_others_until_it_dies() {
    let record = run(&replicated("", &dies("30s")));
    // 50.25 s to 60 s; a replica has taken the place from 60.1 s on.
    assert_eq!(ended(&record, "shop", Outcome::Refused), 40);
    assert_eq!(ended(&record, "shop", Outcome::ServerError), 0);
    // Reads go to the other two; when one of them is the primary, to the one that is left, and to the dead
    // one, since nobody tells the balancer: 20 s of half of 10 a second.
    let refused = |seconds: std::ops::Range<usize>| -> u64 {
        let slices = &subject(&record, "browser").slices[seconds];
        slices.iter().map(|slice| slice.outcomes.of(Outcome::Refused)).sum()
    };
    assert_eq!(refused(0..60) + refused(81..100), 0);
    assert!((85..=115).contains(&refused(60..81)), "{}", refused(60..81));
    // Without a lag nothing is stale, and nothing is lost.
    assert_eq!(ended(&record, "db.replicas", Outcome::Ok), ended(&record, "browser", Outcome::Ok));
    assert_eq!(count(&record, "db.replicas"), ended(&record, "browser", Outcome::Ok));
    assert_eq!(goodput(&record, "order"), ended(&record, "shop", Outcome::Ok));
    assert_eq!(count(&record, "order"), ended(&record, "shop", Outcome::Ok));
}

#[test]
fn a_primary_that_is_back_before_the_failover_stays_it_and_loses_nothing() {
    let record = run(&replicated(r#"lag = "900ms""#, &dies("9s")));
    // 50.25 s to 59 s.
    assert_eq!(ended(&record, "shop", Outcome::Refused), 36);
    assert_eq!(ended(&record, "db.replicas", Outcome::Lost), 0);
    assert_eq!(ended(&record, "order", Outcome::Lost), 0);
}

#[test]
fn what_the_replicas_do_not_have_is_lost_with_the_primary() {
    // Acknowledged at 49.501, 49.751 and 50.001 s, and not there at 50.1 s.
    let record = run(&replicated(r#"lag = "700ms""#, &dies("30s")));
    assert_eq!(ended(&record, "db.replicas", Outcome::Lost), 3);
    assert_eq!(ended(&record, "order", Outcome::Lost), 3);
    assert_eq!(ended(&record, "order", Outcome::Reset), 0);
    // The boundary: what is there at that instant is not lost.
    let at = |lag: &str| run(&replicated(&format!("lag = \"{lag}\""), &dies("30s")));
    assert_eq!(ended(&at("599ms"), "db.replicas", Outcome::Lost), 2);
    assert_eq!(ended(&at("599.000001ms"), "db.replicas", Outcome::Lost), 3);
    // Those on their way: on average as many as come in the lag (Little).
    let queue: u128 =
        subject(&record, "db.replicas").slices[10..40].iter().map(|s| s.queue_integral_ns).sum();
    assert!((queue as f64 / 30e9 - 4.0 * 0.7).abs() < 1e-9);
}

#[test]
fn a_write_that_waits_for_the_replicas_is_not_lost_but_takes_as_long() {
    let record = run(&replicated(r#"lag = "700ms", commit = "synchronous""#, &dies("30s")));
    assert_eq!(ended(&record, "db.replicas", Outcome::Lost), 0);
    assert_eq!(ended(&record, "order", Outcome::Lost), 0);
    // The three that waited were reset, and what they had done was undone before anybody knew.
    assert_eq!(ended(&record, "shop", Outcome::Reset), 3);
    assert_eq!(ended(&record, "order", Outcome::Reset), 3);
    let calm = run(&replicated(r#"lag = "700ms", commit = "synchronous""#, ""));
    assert_eq!(mean_response_ms(&calm, "shop"), 701.0);
    assert_eq!(ended(&calm, "db.replicas", Outcome::Degraded), 0);
}

#[test]
fn reads_are_stale_as_often_as_a_write_is_on_its_way() {
    // Four a second that take 100 ms each: 40 % of the time; with a rate of Poisson 1 − e^(−0.4).
    let stale = |record: &sim_core::model::record::RunRecord| {
        let of = |outcome| ended(record, "db.replicas", outcome) as f64;
        of(Outcome::Degraded) / (of(Outcome::Degraded) + of(Outcome::Ok))
    };
    let long = |text: String| text.replace("length = \"100s\"", "length = \"3000s\"");
    let paced = long(replicated(r#"lag = "100ms""#, ""));
    assert!((stale(&run(&paced)) - 0.4).abs() < 0.012);
    let poisson = paced.replace(r#"arrivals = "paced", "#, "");
    let theory = 1.0 - libm::exp(-0.4);
    assert!((stale(&run(&poisson)) - theory).abs() < 0.015, "{}", stale(&run(&poisson)));
    // Each about one of ten rows: a tenth of the writes matters to a read.
    let keys = "key = \"uniform(10)\", to = \"db";
    let rows = poisson.replace("to = \"db", keys);
    let theory = 1.0 - libm::exp(-0.04);
    assert!((stale(&run(&rows)) - theory).abs() < 0.005, "{}", stale(&run(&rows)));
}

#[test]
fn a_slow_write_holds_up_those_behind_it() {
    // Every fifth takes 1.1 s on average: those behind it come with it, and not before.
    let text = replicated(r#"lag = "mix(0.8: 0s, 0.2: 1100ms)""#, "");
    let record = run(&text);
    let integral: u128 =
        subject(&record, "db.replicas").slices.iter().map(|s| s.queue_integral_ns).sum();
    let on_the_way = integral as f64 / 100e9;
    // Alone each would be there after 220 ms: 0.88 on their way.
    assert!(on_the_way > 1.1, "{on_the_way}");
}

#[test]
fn callers_that_follow_a_name_come_later_and_the_pinned_never() {
    // Four clients that look the name up every 20 s: at 60, 65, 70 and 75 s, one call a second each.
    let follow = replicated(r#"callers = { follow = { ttl = "20s" } }"#, &dies("45s"));
    let record = run(&follow);
    // At 60.1 s the first has just looked: it looks again at 80 s; the others at 65, 70, 75 s.
    let refused = ended(&record, "shop", Outcome::Refused);
    assert_eq!(refused, 40 + 20 + 5 + 10 + 15 - 1);
    // The old primary is back at 95.1 s, as a replica: it does not write.
    let pinned = run(&replicated(r#"callers = "pinned""#, &dies("45s")));
    assert_eq!(ended(&pinned, "shop", Outcome::Refused), 180);
    assert_eq!(ended(&pinned, "shop", Outcome::ServerError), 19);
    assert_eq!(goodput(&pinned, "order"), 200);
}

#[test]
fn an_effect_is_not_there_yet_where_it_has_not_come_to() {
    // Who writes reads at once: at a replica it is not there before the lag is over.
    let text = |lag: &str, role: &str| {
        format!(
            r#"
title = "Read your writes"
run = {{ length = "100s", replications = 1 }}
effects = {{ order = {{ per = "key" }}, missed = {{}} }}
[clients.shop]
load = {{ open = {{ rate = "1/s", arrivals = "paced" }} }}
call = {{ to = "api", key = "uniform(1000000)" }}
[services.api]
steps = [{{ call = {{ to = "db.write" }} }}, {{ work = "100ms" }}, {{ call = {{ to = "db.read" }} }}]
[services.db]
instances = 2
replication = {{ failover = "10s", lag = "{lag}" }}
[services.db.endpoints.write]
role = "primary"
steps = [{{ apply = {{ effect = "order" }} }}]
[services.db.endpoints.read]
role = "{role}"
steps = [{{ if_applied = {{ effect = "order", otherwise = [{{ apply = {{ effect = "missed" }} }}] }} }}]
"#
        )
    };
    let missed = |lag: &str, role: &str| count(&run(&text(lag, role)), "missed");
    assert_eq!(missed("99ms", "replica"), 0);
    assert_eq!(missed("101ms", "replica"), 99);
    // At the primary it is.
    assert_eq!(missed("101ms", "primary"), 0);
}

#[test]
fn if_no_replica_is_up_the_first_that_comes_takes_its_place() {
    let all = r#"
[[faults]]
name = "replicas"
at = "40s"
for = "30s"
on = { instances = { of = "db", number = 3 } }
fault = { crash = { restart = "5s" } }
"#;
    // All are down from 40 s on, until at 75 s the primary is the first to come.
    let record = run(&replicated("", all));
    assert_eq!(ended(&record, "shop", Outcome::Refused), 35 * 4);
    assert_eq!(ended(&record, "shop", Outcome::ServerError), 0);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let says = |text: &str, what: &str| {
        let said = wrong(text);
        assert!(said.contains(what), "{said}");
    };
    let text = replicated("", "");
    says(
        &text.replace("instances = 3", "instances = 1"),
        "`db` has one instance: nobody follows it",
    );
    says(&text.replace("role = \"primary\"", ""), "the service takes no writes");
    says(&text.replace("replication =", "# replication ="), "has no `replication`");
    says(&text.replace("\"primary\"", "\"primry\""), "did you mean");
    let elsewhere = dies("1s").replace("primary = \"db\"", "primary = \"d\"");
    says(&replicated("", &elsewhere), "did you mean `db`");
    let slow = dies("1s").replace("crash = {}", "slow = { factor = 2.0 }");
    says(&replicated("", &slow), "`slow` hits");
}
