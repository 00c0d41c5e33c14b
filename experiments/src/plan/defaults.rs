//! What is measured of every study, whether or not an expectation asks for it.

use scenarios::expectation::{Aggregation, MeasureTerm, Phase, Quantity, Subject, Term};
use scenarios::study::Study;
use sim_core::kernel::SimDuration;
use sim_core::model::spec::Model;
use sim_core::policy::Outcome;

use super::{AFTER, Measure, names};

use Aggregation::{Amplification, Availability, Max, Mean, PeakRate, Percentile, Rate, Wasted};

const WINDOWS: [(SimDuration, &str); 3] = [
    (SimDuration::from_millis(10), "10 ms"),
    (SimDuration::from_millis(100), "100 ms"),
    (SimDuration::from_secs(1), "1 s"),
];

/// The measures of the table, then those that only the files hold.
pub(super) fn measures(study: &Study) -> Vec<Measure> {
    let has_faults = study.variants.iter().any(|v| !v.model.faults.is_empty());
    let mut measures = match has_faults {
        true => table_around_a_fault(study),
        false => table_without_faults(study),
    };
    let phases: &[Phase] = match has_faults {
        true => &[Phase::Before, Phase::During, Phase::After(AFTER), Phase::All],
        false => &[Phase::All],
    };
    for term in file_terms(study, phases) {
        super::add_term(&mut measures, &Term::Measure(term));
    }
    measures
}

/// How late each alert fires, and how often without need: only in files.
pub(super) fn add_alerts(study: &Study, measures: &mut Vec<Measure>) {
    for alert in study.variants.iter().flat_map(|variant| &variant.alerts) {
        super::add_term(measures, &Term::Alert(alert.name.clone()));
        super::add_term(measures, &Term::FalseAlarms(alert.name.clone()));
    }
}

/// Each probe of the hypothesis in each of its phases: only in files.
pub(super) fn add_probes(study: &Study, measures: &mut Vec<Measure>) {
    let Some(hypothesis) = &study.hypothesis else { return };
    for probe in &hypothesis.probes {
        for phase in &hypothesis.phases {
            super::add_term(measures, &hypothesis.expectation(probe, *phase).term);
        }
    }
}

fn table_around_a_fault(study: &Study) -> Vec<Measure> {
    let service = &*study.focus_service;
    let mut table = vec![column(term(Rate, service, Phase::Before), "baseline")];
    for (window, text) in WINDOWS {
        let peak = peak(service, window, Phase::After(AFTER));
        table.push(column(peak, &format!("peak / {text}")));
    }
    let during = peak(service, SimDuration::from_secs(1), Phase::During);
    table.push(column(during, "peak in fault / 1 s"));
    table.extend(how_it_went(study));
    table.push(names::measure(Term::TimeToRecover, None));
    table
}

fn table_without_faults(study: &Study) -> Vec<Measure> {
    let service = &*study.focus_service;
    let mut table = vec![column(term(Rate, service, Phase::All), "rate")];
    for (window, text) in WINDOWS {
        table.push(column(peak(service, window, Phase::All), &format!("peak / {text}")));
    }
    table.extend(how_it_went(study));
    table
}

fn how_it_went(study: &Study) -> [Measure; 5] {
    let (service, client) = (&*study.focus_service, &*study.focus_client);
    let goodput = quantity_term(Rate, client, Quantity::Goodput, Phase::All);
    [
        column(term(Amplification, service, Phase::All), "amplification"),
        column(term(Availability, client, Phase::All), "success"),
        column(goodput, "goodput"),
        column(term(Percentile(50.0), client, Phase::All), "response p50"),
        column(term(Percentile(99.0), client, Phase::All), "response p99"),
    ]
}

/// Everything else worth a column of a file: by subject, then by phase.
fn file_terms(study: &Study, phases: &[Phase]) -> Vec<MeasureTerm> {
    let Some(variant) = study.variants.first() else { return Vec::new() };
    let model = &variant.model;
    let mut terms = Vec::new();
    let mut add = |subject: &str, list: &[(Aggregation, Quantity)]| {
        for (aggregation, quantity) in list {
            terms
                .extend(phases.iter().map(|p| quantity_term(*aggregation, subject, *quantity, *p)));
        }
    };
    for client in &model.clients {
        add(&client.name, &OF_CLIENTS);
    }
    for edge in distinct_edges(model) {
        add(edge, &OF_EDGES);
    }
    for service in &model.services {
        add(&service.name, &OF_SERVICES);
        if service.pools.iter().all(|pool| pool.workers.is_some()) {
            add(&service.name, &[(Mean, Quantity::Utilization)]);
        }
    }
    terms.extend(finer_peaks_in_the_fault(study, phases));
    terms
}

const OF_CLIENTS: [(Aggregation, Quantity); 9] = [
    (Rate, Quantity::Usual),
    (Rate, Quantity::Goodput),
    (Rate, Quantity::Failed),
    (Availability, Quantity::Usual),
    (Amplification, Quantity::Usual),
    (Mean, Quantity::Usual),
    (Percentile(50.0), Quantity::Usual),
    (Percentile(99.0), Quantity::Usual),
    (Max, Quantity::InFlight),
];

const OF_EDGES: [(Aggregation, Quantity); 4] = [
    (Rate, Quantity::Usual),
    (Aggregation::Count, Quantity::Retries),
    (Amplification, Quantity::Usual),
    (Aggregation::Share, Quantity::Failed),
];

const OF_SERVICES: [(Aggregation, Quantity); 8] = [
    (Rate, Quantity::Usual),
    (Rate, Quantity::Goodput),
    (Mean, Quantity::WaitingTime),
    (Percentile(99.0), Quantity::WaitingTime),
    (Max, Quantity::QueueLength),
    (Wasted, Quantity::Usual),
    (Aggregation::Count, Quantity::Outcome(Outcome::Overflow)),
    (Aggregation::Count, Quantity::Outcome(Outcome::Refused)),
];

fn distinct_edges(model: &Model) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for edge in &model.edges {
        if !names.contains(&&*edge.name) {
            names.push(&edge.name);
        }
    }
    names
}

fn finer_peaks_in_the_fault(study: &Study, phases: &[Phase]) -> Vec<MeasureTerm> {
    let during = phases.contains(&Phase::During).then_some(Phase::During);
    let windows = WINDOWS.iter().map(|(window, _)| *window);
    let service = &study.focus_service;
    windows.filter_map(|w| Some(peak(service, w, during?))).collect()
}

fn column(term: MeasureTerm, label: &str) -> Measure {
    names::measure(Term::Measure(term), Some(label))
}

fn term(aggregation: Aggregation, subject: &str, phase: Phase) -> MeasureTerm {
    quantity_term(aggregation, subject, Quantity::Usual, phase)
}

fn peak(subject: &str, window: SimDuration, phase: Phase) -> MeasureTerm {
    MeasureTerm { window: Some(window), ..term(PeakRate, subject, phase) }
}

fn quantity_term(
    aggregation: Aggregation,
    subject: &str,
    quantity: Quantity,
    phase: Phase,
) -> MeasureTerm {
    let subject = Subject { name: subject.into(), quantity };
    MeasureTerm { aggregation, subject, window: None, phase }
}
