//! The simulator against theory, published tables and the libraries' own decisions, by the same
//! code and with the same tolerance as `squall validate`.

#![allow(clippy::unwrap_used)]

use squall::validation::{Suite, VECTORS, run_vectors};

/// Chosen before looking.
const SEED: u64 = 20_261_121;

fn holds(suite: Suite) {
    let validation = suite.run(SEED).unwrap();
    let off: Vec<String> = validation
        .comparisons
        .iter()
        .filter(|c| c.z.abs() > 3.0)
        .map(|c| format!("{} {}: {} for {}, z = {}", c.case, c.figure, c.simulation, c.theory, c.z))
        .collect();
    assert!(
        validation.passes(),
        "{}: of {} figures these lie beyond 3 standard errors:\n{}",
        suite.title(),
        validation.comparisons.len(),
        off.join("\n")
    );
}

#[test]
fn the_closed_forms_of_queueing_theory_come_out() {
    holds(Suite::Queueing);
}

#[test]
fn balancers_answer_as_fast_as_theory_says() {
    holds(Suite::Balancing);
}

#[test]
fn throttles_and_budgets_come_to_what_their_rules_say() {
    holds(Suite::Admission);
}

#[test]
fn the_backoff_and_jitter_study_comes_out() {
    holds(Suite::AwsJitter);
}

#[test]
fn the_study_of_retries_token_buckets_and_breakers_comes_out() {
    holds(Suite::BrookerRetries);
}

#[test]
fn the_study_of_collapse_comes_out() {
    holds(Suite::BrookerCollapse);
}

#[test]
fn the_libraries_delays_come_out() {
    for library in run_vectors(VECTORS).unwrap() {
        println!("{}: {} of {} vectors hold", library.name, library.held, library.ran);
        assert_eq!(library.held, library.ran, "{}: {:#?}", library.name, library.misses);
    }
}
