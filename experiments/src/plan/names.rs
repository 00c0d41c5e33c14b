//! What a measure is called: its key in files, its label for people, its unit.

use scenarios::expectation::{Aggregation, MeasureTerm, Phase, Quantity, Term};
use sim_core::kernel::SimDuration;

use super::{AFTER, Measure};
use crate::phases;
use crate::results::{MeasureInfo, Unit};

/// Names a measure. Those of the table bring their label; all others are labelled by their
/// term, and their key starts with their subject.
pub(super) fn measure(term: Term, table_label: Option<&str>) -> Measure {
    let info = match &term {
        Term::Measure(measured) => MeasureInfo {
            key: key(measured, table_label.is_some()),
            label: table_label.map_or_else(|| label(measured), String::from),
            unit: unit(measured),
            subject: measured.subject.name.clone(),
            phase: phases::name(measured.phase),
            window_s: measured.window.map(SimDuration::as_secs_f64),
            in_table: table_label.is_some(),
        },
        Term::Alert(name) => moment_info("alert", name, "delay_s", Unit::Seconds),
        Term::FalseAlarms(name) => moment_info("false_alarms", name, "", Unit::Count),
        Term::Deadlock => MeasureInfo {
            label: "deadlock".into(),
            ..moment_info("deadlock", "", "s", Unit::Seconds)
        },
        Term::Saturated(name) => moment_info("saturated", name, "s", Unit::Seconds),
        Term::TimeToRecover | Term::Verdict | Term::Hypothesis => time_to_recover_info(),
    };
    Measure { info, term }
}

/// `alert_errors_delay_s`, `saturated_payment_s`.
fn moment_info(word: &str, name: &str, end: &str, unit: Unit) -> MeasureInfo {
    let words = [word, &plain(name), end];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    MeasureInfo {
        key: words.join("_"),
        label: format!("{word}({name})"),
        unit,
        subject: String::new(),
        phase: String::new(),
        window_s: None,
        in_table: false,
    }
}

fn time_to_recover_info() -> MeasureInfo {
    MeasureInfo {
        key: "time_to_recover_s".into(),
        label: "time to recover".into(),
        unit: Unit::Seconds,
        subject: String::new(),
        phase: phases::name(Phase::UntilSteady),
        window_s: None,
        in_table: true,
    }
}

/// `peak_rate_100ms_after_per_s`, `payment_utilization_mean_during`.
fn key(term: &MeasureTerm, in_table: bool) -> String {
    let subject = if in_table { String::new() } else { plain(&term.subject.name) };
    let quantity = match (quantity_name(term.subject.quantity), term.aggregation) {
        ("", Aggregation::Mean | Aggregation::Percentile(_) | Aggregation::Max) => "response_time",
        (name, _) => name,
    };
    let window = term.window.map(|w| w.to_string()).unwrap_or_default();
    let words = [
        subject,
        quantity.into(),
        plain(&aggregation_text(term.aggregation)),
        plain(&window),
        phase_key(term.phase),
        unit_key(unit(term)).into(),
    ];
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join("_")
}

/// `p99(shop:waiting_time, after(30s))`: the term as an expectation writes it.
fn label(term: &MeasureTerm) -> String {
    let subject = match quantity_name(term.subject.quantity) {
        "" => term.subject.name.clone(),
        quantity => format!("{}:{quantity}", term.subject.name),
    };
    let window = term.window.map(|w| format!(", {w}")).unwrap_or_default();
    let aggregation = aggregation_text(term.aggregation);
    format!("{aggregation}({subject}{window}, {})", phases::name(term.phase))
}

fn phase_key(phase: Phase) -> String {
    match phase {
        Phase::After(w) if w == AFTER => "after".into(),
        Phase::After(w) => format!("after_{}", plain(&w.to_string())),
        other => phases::name(other),
    }
}

fn unit_key(unit: Unit) -> &'static str {
    match unit {
        Unit::PerSecond => "per_s",
        Unit::Seconds => "s",
        Unit::Count | Unit::Share | Unit::Factor => "",
    }
}

/// The unit of a term's figure.
fn unit(term: &MeasureTerm) -> Unit {
    match (term.aggregation, term.subject.quantity) {
        (Aggregation::PeakRate | Aggregation::Rate, _) => Unit::PerSecond,
        (Aggregation::Count, _) => Unit::Count,
        (Aggregation::Share | Aggregation::Wasted | Aggregation::Availability, _) => Unit::Share,
        (Aggregation::Amplification, _) => Unit::Factor,
        (_, Quantity::Utilization) => Unit::Share,
        (
            _,
            Quantity::QueueLength
            | Quantity::BusyWorkers
            | Quantity::InFlight
            | Quantity::OpenConnections,
        ) => Unit::Count,
        (Aggregation::Mean | Aggregation::Percentile(_) | Aggregation::Max, _) => Unit::Seconds,
    }
}

/// The key itself, or with the first number behind it that makes it unlike all others.
pub(super) fn unused(key: String, measures: &[Measure]) -> String {
    let is_used = |key: &str| measures.iter().any(|m| m.info.key == key);
    let numbered = (2..).map(|n| format!("{key}_{n}"));
    let mut candidates = [key.clone()].into_iter().chain(numbered);
    candidates.find(|candidate| !is_used(candidate)).unwrap_or(key)
}

/// Letters, digits and underscores only: `shop->payment` becomes `shop_to_payment`.
fn plain(text: &str) -> String {
    let text = text.replace("->", "_to_");
    text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

fn aggregation_text(aggregation: Aggregation) -> String {
    match aggregation {
        Aggregation::Percentile(p) => format!("p{p}"),
        other => aggregation_name(other).into(),
    }
}

/// The name of an aggregation as expectations write it; of all percentiles: `percentile`.
pub(crate) fn aggregation_name(aggregation: Aggregation) -> &'static str {
    match aggregation {
        Aggregation::PeakRate => "peak_rate",
        Aggregation::Rate => "rate",
        Aggregation::Count => "count",
        Aggregation::Share => "share",
        Aggregation::Mean => "mean",
        Aggregation::Percentile(_) => "percentile",
        Aggregation::Max => "max",
        Aggregation::Amplification => "amplification",
        Aggregation::Wasted => "wasted",
        Aggregation::Availability => "availability",
    }
}

/// The name of a quantity as expectations write it; empty for the usual one.
pub(crate) fn quantity_name(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Usual => "",
        Quantity::Outcome(outcome) => outcome.name(),
        Quantity::Failed => "failed",
        Quantity::Goodput => "goodput",
        Quantity::Retries => "retries",
        Quantity::ResponseTime => "response_time",
        Quantity::WaitingTime => "waiting_time",
        Quantity::QueueLength => "queue_length",
        Quantity::BusyWorkers => "busy_workers",
        Quantity::Utilization => "utilization",
        Quantity::InFlight => "in_flight",
        Quantity::OpenConnections => "open_connections",
    }
}
