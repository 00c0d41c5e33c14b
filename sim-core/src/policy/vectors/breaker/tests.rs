//! The data file against the breakers, and the runner against data that is wrong.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Breakers;
use crate::policy::vectors::VectorOutcome;

const VECTORS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/vectors.json"));

fn section() -> Value {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    file["circuit_breakers"].clone()
}

fn run(section: Value) -> Vec<VectorOutcome> {
    let mut outcomes = Vec::new();
    serde_json::from_value::<Breakers>(section).unwrap().run(&mut outcomes);
    outcomes
}

#[test]
fn every_vector_holds() {
    let outcomes = run(section());
    let missed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.held).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    let mut ran: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in &outcomes {
        *ran.entry(outcome.library).or_default() += 1;
    }
    let expected = [
        ("cockatiel", 3),
        ("envoy-outlier", 12),
        ("gobreaker", 4),
        ("opossum", 5),
        ("polly-v8", 7),
        ("pybreaker", 4),
        ("resilience4j", 5),
    ];
    assert_eq!(ran.into_iter().collect::<Vec<_>>(), expected);
}

/// The section with the value at a pointer replaced.
fn with(pointer: &str, value: Value) -> Value {
    let mut section = section();
    *section.pointer_mut(pointer).unwrap() = value;
    section
}

fn missed(section: Value) -> Vec<String> {
    let outcomes = run(section).into_iter().filter(|outcome| !outcome.held);
    outcomes.map(|outcome| format!("{}: {}", outcome.library, outcome.detail)).collect()
}

#[test]
fn a_vector_that_is_wrong_is_found_out_with_the_event() {
    for (pointer, value, found) in [
        ("/pybreaker/vectors/0/events/2/state", json!("closed"), "event 3: state is Open"),
        ("/pybreaker/vectors/0/events/3/called", json!(true), "event 4: called is false"),
        ("/pybreaker/vectors/2/events/2/success_counter", json!(0), "event 3: success_counter"),
        ("/gobreaker/vectors/0/events/3/counts/TotalFailures", json!(3), "event 4: counts"),
        ("/gobreaker/vectors/2/events/8/counts/Requests", json!(2), "event 9: counts"),
        ("/gobreaker/vectors/0/config/ready_to_trip", json!("ever"), "no rule `ever`"),
        ("/opossum/vectors/3/events/5/fires", json!(5), "event 6: fires"),
        ("/opossum/vectors/4/events/14/state", json!("closed"), "event 15: state"),
        ("/cockatiel/vectors/1/events/10/state", json!("Closed"), "event 11: state"),
        ("/cockatiel/vectors/0/config/breaker", json!("Other"), "no breaker `Other`"),
        ("/resilience4j/vectors/3/events/4/buffered", json!(4), "event 5: buffered"),
        ("/resilience4j/vectors/0/events/9/failure_rate", json!(49.0), "event 10: failure_rate"),
        ("/resilience4j/vectors/0/config/type", json!("TIDE_BASED"), "no window `TIDE_BASED`"),
        ("/polly_v8/vectors/0/events/9/failure_rate", json!(0.51), "event 10: failure rate"),
        ("/polly_v8/lib_test_tables/0/rows/0/4", json!(true), "breaks: false"),
        ("/envoy_outlier/success_rate/vectors/0/threshold", json!(52.1), "threshold is 52"),
        ("/envoy_outlier/success_rate/vectors/0/ejected", json!([]), "ejected is [50]"),
        ("/envoy_outlier/max_ejection/0/allowed", json!(false), "allowed is true"),
        ("/envoy_outlier/ejection_time/consecutive_ejections_s/2", json!(80), "ejection 3 took"),
        ("/pybreaker/vectors/0/events", json!([]), "has no events"),
    ] {
        let missed = missed(with(pointer, value));
        assert_eq!(missed.len(), 1, "{pointer}: {missed:?}");
        assert!(missed[0].contains(found), "{pointer}: {missed:?}");
    }
}

/// What of an event is compared; the rest is an input, or follows from these.
const COMPARED: [&str; 20] = [
    "called",
    "permitted",
    "state",
    "fail_counter",
    "success_counter",
    "Requests",
    "TotalSuccesses",
    "TotalFailures",
    "ConsecutiveSuccesses",
    "ConsecutiveFailures",
    "fires",
    "failures",
    "successes",
    "failure_rate",
    "slow_rate",
    "buffered",
    "failed",
    "not_permitted",
    "throughput",
    "allowed",
];

fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                leaves(item, &format!("{path}/{place}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                leaves(field, &format!("{path}/{name}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn every_answer_of_the_libraries_is_compared() {
    let whole = section();
    let mut compared = 0;
    for (library, vectors) in whole.as_object().unwrap() {
        let mut paths = Vec::new();
        leaves(vectors, "", &mut paths);
        // The bulkhead has its vectors in the same section.
        let bulkhead = |path: &str| library == "cockatiel" && path.starts_with("/vectors/2");
        let answer = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or_default();
            COMPARED.contains(&name) && !path.contains("config") && !bulkhead(path)
        };
        for path in paths.into_iter().filter(|path| answer(path)) {
            let mut wrong = vectors.clone();
            let leaf = wrong.pointer_mut(&path).unwrap();
            *leaf = match &*leaf {
                Value::Bool(is) => json!(!is),
                Value::String(_) => json!("elsewhere"),
                number => json!(number.as_f64().unwrap().round() as i64 + 3),
            };
            let held = run(json!({ library: wrong })).iter().all(|outcome| outcome.held);
            assert!(!held, "nothing depends on {library}{path}");
            compared += 1;
        }
    }
    println!("{compared} answers");
    assert!(compared > 900, "{compared}");
}
