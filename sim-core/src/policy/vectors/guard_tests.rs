//! That every vector about holding back, shedding, hedging and balancing is run and holds, and that
//! no number of it goes unread.

use serde_json::{Value, json};

use super::{VectorFile, VectorOutcome};

const VECTORS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/vectors.json"));

/// Only the sections of this kind, each as a file of its own.
fn sections() -> Vec<(&'static str, Value)> {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let whole = ["bulkheads", "concurrency_limits", "hedging", "deadline_propagation"];
    let mut sections: Vec<_> =
        whole.into_iter().map(|name| (name, json!({ name: file[name] }))).collect();
    let shedding = &file["load_shedding"];
    let queues = json!({
        "folly_codel": shedding["folly_codel"],
        "facebook_queue_timeout": shedding["facebook_queue_timeout"],
    });
    sections.push(("load_shedding", json!({ "load_shedding": queues })));
    let ewma = json!({ "peak_ewma": file["load_balancing"]["peak_ewma"] });
    sections.push(("load_balancing", json!({ "load_balancing": ewma })));
    let cockatiel = file["circuit_breakers"]["cockatiel"]["vectors"].as_array().unwrap();
    let bulkhead = cockatiel.iter().find(|vector| vector["name"] == "bulkhead_2_queue_2").unwrap();
    let cockatiel = json!({ "cockatiel": { "vectors": [bulkhead] } });
    sections.push(("circuit_breakers", json!({ "circuit_breakers": cockatiel })));
    sections
}

fn run(file: &Value) -> Vec<VectorOutcome> {
    serde_json::from_value::<VectorFile>(file.clone()).unwrap().run()
}

#[test]
fn every_vector_of_the_guards_holds() {
    let mut counts = Vec::new();
    for (name, file) in sections() {
        let outcomes = run(&file);
        let missed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.held).collect();
        assert!(missed.is_empty(), "{name}: {missed:#?}");
        counts.push((name, outcomes.len()));
    }
    assert_eq!(
        counts,
        [
            ("bulkheads", 4),
            ("concurrency_limits", 10),
            ("hedging", 1),
            ("deadline_propagation", 2),
            ("load_shedding", 5),
            ("load_balancing", 1),
            ("circuit_breakers", 1),
        ]
    );
}

fn numbers(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(path.to_owned()),
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                numbers(item, &format!("{path}/{place}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                numbers(field, &format!("{path}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// Inputs that need not matter: a time of an event that only orders it, a response time or a count
/// beyond a bound, a capacity that is not reached.
fn is_input(path: &str) -> bool {
    let inputs = [
        "/t",
        "/now_ms",
        "/queue_delay_ms",
        "/now",
        "/last_empty",
        "/rtt_ms",
        "/inflight",
        "/sample_rtt",
        "/min_rtt",
        "/interval_ms",
        "/target_ms",
        "/max_wait_ms",
        "/queue",
        "/C_dequeues_after",
        "/interval_end_initial_ms",
    ];
    let limit_before = path.contains("envoy_gradient") && path.ends_with("/limit");
    limit_before || inputs.iter().any(|input| path.ends_with(input))
}

#[test]
fn every_number_that_the_guards_are_held_to_is_compared() {
    let mut compared = 0;
    for (name, file) in sections() {
        let mut paths = Vec::new();
        numbers(&file, "", &mut paths);
        for path in paths.iter().filter(|path| !is_input(path)) {
            let mut wrong = file.clone();
            let number = wrong.pointer_mut(path).unwrap();
            *number = match number.as_u64() {
                Some(whole) => json!(whole + 1),
                None => json!(number.as_f64().unwrap() * 1.02 + 0.01),
            };
            compared += 1;
            let unnoticed = run(&wrong).iter().all(|outcome| outcome.held);
            assert!(!unnoticed, "{name}: nothing depends on {path}");
        }
    }
    assert!(compared > 80, "{compared}");
}
