//! Whether every number of the sections on budgets, limiters and throttles is compared.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{VectorFile, VectorOutcome};

const VECTORS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/vectors.json"));

fn run(vectors: &Value) -> Vec<VectorOutcome> {
    serde_json::from_value::<VectorFile>(vectors.clone()).unwrap().run()
}

/// The parts of the file that are run here.
fn sections() -> Vec<(&'static str, &'static str)> {
    vec![
        ("retry_budgets", "grpc_throttling"),
        ("retry_budgets", "finagle"),
        ("retry_budgets", "tower"),
        ("retry_budgets", "envoy_retry_budget"),
        ("retry_budgets", "aws_standard"),
        ("rate_limiters", "resilience4j"),
        ("rate_limiters", "aws_adaptive"),
        ("rate_limiters", "token_bucket_article4"),
        ("load_shedding", "google_adaptive_throttling"),
        ("load_shedding", "envoy_admission_control"),
    ]
}

#[test]
fn every_vector_of_budgets_limiters_and_throttles_holds() {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let mut counts = BTreeMap::new();
    for (section, part) in sections() {
        for outcome in run(&json!({ section: { part: file[section][part] } })) {
            assert!(outcome.held, "{outcome:#?}");
            *counts.entry(outcome.library).or_insert(0) += 1;
        }
    }
    let counts: Vec<_> = counts.into_iter().collect();
    assert_eq!(
        counts,
        [
            ("article4-limiter", 2),
            ("botocore-adaptive", 3),
            ("botocore-quota", 2),
            ("envoy-admission-control", 6),
            ("envoy-budget", 4),
            ("finagle-budget", 8),
            ("google-throttling", 8),
            ("grpc-throttling", 1),
            ("resilience4j-limiter", 2),
            ("tower-budget", 2),
        ]
    );
}

/// Every number below a value, with the path to it.
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
                numbers(field, &format!("{path}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// Inputs, which need not matter to every answer: how much a limit is before it is reached.
const INPUTS: [&str; 17] = [
    "/aggr",
    "/thr",
    "/v",
    "/t",
    "/t_ms",
    "/requests",
    "/timeout_ms",
    "/active",
    "/pending",
    "/pct",
    "/ttl_s",
    "/min",
    "/n",
    "/accepts",
    "/K",
    "/total",
    "/success",
];

#[test]
fn every_number_that_is_an_answer_is_compared() {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let mut compared = 0;
    for (section, part) in sections() {
        let right = &file[section][part];
        let mut paths = Vec::new();
        numbers(right, "", &mut paths);
        for path in paths {
            let is_input = INPUTS.iter().any(|input| path.ends_with(input));
            let defaults = path.starts_with("/defaults");
            if is_input && !defaults {
                continue;
            }
            let mut wrong = right.clone();
            let number = wrong.pointer_mut(&path).unwrap();
            *number = match number.as_u64() {
                Some(whole) => json!(whole + 1),
                None => json!(number.as_f64().unwrap() * 1.02 + 0.01),
            };
            let outcomes = run(&json!({ section: { part: wrong } }));
            let noticed = outcomes.iter().any(|outcome| !outcome.held);
            assert!(noticed, "nothing depends on {section}/{part}{path}");
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}
