//! The words of the grammar.

use sim_core::policy::Outcome;

use super::{Aggregation, Finding, Op, Phase, Quantity, Verdict};

pub(super) const TIME_TO_RECOVER: &str = "time_to_recover";
pub(super) const VERDICT: &str = "verdict";
pub(super) const HYPOTHESIS: &str = "hypothesis";
pub(super) const ALERT: &str = "alert";
pub(super) const FALSE_ALARMS: &str = "false_alarms";
pub(super) const SATURATED: &str = "saturated";
pub(super) const DEADLOCK: &str = "deadlock";
pub(super) const NEVER: &str = "never";

const AGGREGATIONS: &[(&str, Aggregation)] = &[
    ("peak_rate", Aggregation::PeakRate),
    ("rate", Aggregation::Rate),
    ("count", Aggregation::Count),
    ("share", Aggregation::Share),
    ("mean", Aggregation::Mean),
    ("max", Aggregation::Max),
    ("amplification", Aggregation::Amplification),
    ("wasted", Aggregation::Wasted),
    ("availability", Aggregation::Availability),
];

const QUANTITIES: &[(&str, Quantity)] = &[
    ("failed", Quantity::Failed),
    ("goodput", Quantity::Goodput),
    ("retries", Quantity::Retries),
    ("response_time", Quantity::ResponseTime),
    ("waiting_time", Quantity::WaitingTime),
    ("queue_length", Quantity::QueueLength),
    ("busy_workers", Quantity::BusyWorkers),
    ("utilization", Quantity::Utilization),
    ("in_flight", Quantity::InFlight),
    ("open_connections", Quantity::OpenConnections),
];

/// The phases, but for `after`, which may have a length.
const PHASES: &[(&str, Phase)] = &[
    ("warmup", Phase::Warmup),
    ("before", Phase::Before),
    ("during", Phase::During),
    ("until_steady", Phase::UntilSteady),
    ("rest", Phase::Rest),
    ("all", Phase::All),
];

/// The operators; longer ones first, so that `<=` is not read as `<`.
pub(super) const OPS: &[(&str, Op)] = &[
    ("<=", Op::LessOrEqual),
    (">=", Op::GreaterOrEqual),
    ("==", Op::Equal),
    ("<", Op::Less),
    (">", Op::Greater),
    ("before", Op::Before),
];

const VERDICTS: &[(&str, Verdict)] = &[
    ("held", Verdict::Held),
    ("recovered", Verdict::Recovered),
    ("degraded", Verdict::Degraded),
    ("metastable", Verdict::Metastable),
    ("aborted", Verdict::Aborted),
];

const FINDINGS: &[(&str, Finding)] = &[
    ("confirmed", Finding::Confirmed),
    ("refuted", Finding::Refuted),
    ("not_steady", Finding::NotSteady),
    ("undecided", Finding::Undecided),
];

fn find<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

fn names<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(name, _)| *name).collect()
}

/// An aggregation by name; `p99.9` is the 99.9th percentile.
pub(super) fn aggregation(word: &str) -> Option<Aggregation> {
    find(AGGREGATIONS, word).or_else(|| percentile(word).map(Aggregation::Percentile))
}

fn percentile(word: &str) -> Option<f64> {
    let digits = word.strip_prefix('p')?;
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let p: f64 = digits.parse().ok().filter(|_| plain)?;
    (p > 0.0 && p < 100.0).then_some(p)
}

/// What a term can start with.
pub(super) fn terms() -> Vec<&'static str> {
    let mut words = names(AGGREGATIONS);
    words.extend(["p50", "p99", "p99.9", TIME_TO_RECOVER, VERDICT]);
    words.extend([ALERT, FALSE_ALARMS, SATURATED, DEADLOCK, HYPOTHESIS]);
    words
}

/// What a figure can start with: a term that is a number.
pub(super) fn figures() -> Vec<&'static str> {
    let mut words = terms();
    words.retain(|word| !matches!(*word, VERDICT | HYPOTHESIS));
    words
}

/// What a course over time can start with.
pub(super) fn courses() -> Vec<&'static str> {
    let mut words = aggregations();
    words.retain(|word| aggregation(word) != Some(Aggregation::PeakRate));
    words
}

/// What a condition or a probe can start with.
pub(super) fn aggregations() -> Vec<&'static str> {
    let mut words = names(AGGREGATIONS);
    words.extend(["p50", "p99", "p99.9"]);
    words
}

pub(super) fn quantity(word: &str) -> Option<Quantity> {
    let outcome = || Outcome::ALL.iter().find(|outcome| outcome.name() == word);
    find(QUANTITIES, word).or_else(|| outcome().map(|outcome| Quantity::Outcome(*outcome)))
}

pub(super) fn quantities() -> Vec<&'static str> {
    let mut words = names(QUANTITIES);
    words.extend(Outcome::ALL.iter().map(|outcome| outcome.name()));
    words
}

pub(super) fn phase(word: &str) -> Option<Phase> {
    find(PHASES, word)
}

pub(super) fn phases() -> Vec<&'static str> {
    let mut words = names(PHASES);
    words.insert(3, "after");
    words
}

pub(super) fn verdict(word: &str) -> Option<Verdict> {
    find(VERDICTS, word)
}

pub(super) fn verdicts() -> Vec<&'static str> {
    names(VERDICTS)
}

pub(super) fn finding(word: &str) -> Option<Finding> {
    find(FINDINGS, word)
}

pub(super) fn findings() -> Vec<&'static str> {
    names(FINDINGS)
}

/// How an aggregation is written.
pub(super) fn aggregation_name(aggregation: Aggregation) -> String {
    let named = AGGREGATIONS.iter().find(|(_, a)| *a == aggregation);
    match (named, aggregation) {
        (Some((name, _)), _) => (*name).to_owned(),
        (None, Aggregation::Percentile(p)) => format!("p{p}"),
        (None, _) => String::new(),
    }
}
