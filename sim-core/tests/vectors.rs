//! The libraries' own answers, from `tests/data/vectors.json`, against Squall's policies.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sim_core::policy::vectors::VectorFile;

const VECTORS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/vectors.json"));

fn run(vectors: &Value) -> Vec<sim_core::policy::vectors::VectorOutcome> {
    serde_json::from_value::<VectorFile>(vectors.clone()).expect("the shape of the file").run()
}

#[test]
fn every_vector_holds() {
    let outcomes = run(&serde_json::from_str(VECTORS).expect("JSON"));
    let mut by_library: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for outcome in &outcomes {
        let (held, all) = by_library.entry(outcome.library).or_default();
        *held += usize::from(outcome.held);
        *all += 1;
    }
    for (library, (held, all)) in &by_library {
        println!("{library}: {held} of {all} vectors held");
    }
    let missed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.held).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    let counts: Vec<_> = by_library.into_iter().map(|(library, (_, all))| (library, all)).collect();
    // If the reader skipped something, a count would be lower.
    assert_eq!(
        counts,
        [
            ("article4-limiter", 2),
            ("articles", 5),
            ("aws", 7),
            ("backoff-py", 2),
            ("botocore", 3),
            ("botocore-adaptive", 3),
            ("botocore-quota", 2),
            ("cockatiel", 23),
            ("concurrency-limits", 4),
            ("deadline", 2),
            ("envoy", 8),
            ("envoy-admission-control", 6),
            ("envoy-budget", 4),
            ("envoy-outlier", 12),
            ("facebook", 3),
            ("finagle", 1),
            ("finagle-budget", 8),
            ("folly", 2),
            ("gobreaker", 4),
            ("google-throttling", 8),
            ("grpc", 7),
            ("grpc-throttling", 1),
            ("npm-retry", 4),
            ("opossum", 5),
            ("polly-v8", 16),
            ("pybreaker", 4),
            ("resilience4j", 24),
            ("resilience4j-limiter", 2),
            ("tenacity", 11),
            ("tower-budget", 2),
        ]
    );
}

/// Every number of the file that a vector expects, with the path to it.
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

#[test]
fn every_number_of_the_file_is_compared() {
    let file: Value = serde_json::from_str(VECTORS).expect("JSON");
    let mut compared = 0;
    for (library, section) in file["backoff_jitter"].as_object().expect("sections") {
        // A Monte-Carlo table, which has a test of its own.
        if library == "oneshot_peaks" {
            continue;
        }
        let mut paths = Vec::new();
        numbers(section, "", &mut paths);
        compared += paths.len();
        for path in paths {
            let mut wrong = section.clone();
            let number = wrong.pointer_mut(&path).expect("a path of the section");
            *number = changed(number);
            let held = run(&json!({ "backoff_jitter": { library: wrong } }));
            // Not every input matters to every wait: a capped one does not know its number.
            let inputs = ["/U", "/cap", "/n", "/attempt"];
            let input = path.contains("/U/") || inputs.iter().any(|input| path.ends_with(input));
            let unnoticed = held.iter().all(|outcome| outcome.held) && !input;
            assert!(!unnoticed, "nothing depends on {library}{path}");
        }
    }
    println!("{compared} numbers");
    assert!(compared > 300, "{compared}");
}

/// Another number of the same kind: one that no tolerance forgives.
fn changed(number: &Value) -> Value {
    match number.as_u64() {
        Some(whole) => json!(whole + 1),
        None => json!(number.as_f64().expect("a number") * 1.02 + 0.01),
    }
}
