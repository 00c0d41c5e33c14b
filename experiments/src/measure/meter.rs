//! A term made ready for one model.

use scenarios::expectation::{Aggregation, MeasureTerm, Phase, Quantity, Subject};
use sim_core::kernel::SimDuration;
use sim_core::model::record::SubjectKind;
use sim_core::model::spec::Model;
use sim_core::policy::Outcome;

use super::graph::{self, Found};
use super::{FINEST_BIN, MeasureError};
use crate::phases::{self, Phases};

/// A term made ready for one model: it reads one figure off a run's record.
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    pub(super) kind: SubjectKind,
    pub(super) name: String,
    pub(super) how: How,
    pub(super) phase: Phase,
}

/// What is read, once it is known to make sense.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum How {
    Peak(SimDuration),
    Rate(Counter),
    Count(Counter),
    /// Of what ended.
    Share(Counter),
    TimeMean(Time),
    TimePercentile(Time, f64),
    TimeMax(Time),
    LevelMean(Level),
    QueueMax,
    InFlightMax,
    ConnectionsMax,
    /// Of so many workers.
    Utilization(f64),
    /// Arrivals per call of these clients.
    ArrivalsPerCall(Vec<String>),
    /// Attempts on this edge per call.
    AttemptsPerCall(String),
    /// Attempts per first attempt.
    AttemptsPerFirst,
    Wasted,
    Availability,
}

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Counter {
    Arrivals,
    Retries,
    Goodput,
    Failed,
    Ended(Outcome),
}

/// Something that takes time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Time {
    Response,
    Waiting,
}

/// Something that goes up and down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Level {
    Queue,
    Busy,
    InFlight,
    Connections,
}

impl Meter {
    /// Makes a term ready for a model and its phases.
    ///
    /// # Errors
    ///
    /// When the model has no such subject or phase, or when the aggregation makes nothing of
    /// the quantity.
    pub fn new(term: &MeasureTerm, model: &Model, phases: &Phases) -> Result<Self, MeasureError> {
        let found = graph::find(model, &term.subject.name)?;
        check_window(term)?;
        let how = how(term, model, found)?;
        check_phase(term.phase, phases)?;
        Ok(Self { kind: found.kind, name: term.subject.name.clone(), how, phase: term.phase })
    }
}

fn check_window(term: &MeasureTerm) -> Result<(), MeasureError> {
    match (term.aggregation, term.window) {
        (Aggregation::PeakRate, None) => {
            Err(MeasureError::NoWindow { subject: term.subject.name.clone() })
        }
        (Aggregation::PeakRate, Some(window)) => {
            let nanos = window.as_nanos();
            match nanos > 0 && nanos.is_multiple_of(FINEST_BIN.as_nanos()) {
                true => Ok(()),
                false => Err(MeasureError::Window { window }),
            }
        }
        (_, Some(window)) => Err(MeasureError::NeedlessWindow { window }),
        (_, None) => Ok(()),
    }
}

fn check_phase(phase: Phase, phases: &Phases) -> Result<(), MeasureError> {
    if phases.can_have(phase) {
        return Ok(());
    }
    let hint = match (phase, phases.faults_end()) {
        (Phase::Warmup, _) => "its warm-up is zero",
        (Phase::All, _) => "its warm-up lasts to its end",
        (_, None) => "it has no faults",
        (Phase::Before, _) => "the first fault starts before the warm-up ends",
        (Phase::During, _) => "the faults start after its end",
        _ => "the last fault lasts to its end",
    };
    Err(MeasureError::NoPhase { phase: phases::name(phase), hint })
}

fn how(term: &MeasureTerm, model: &Model, found: Found) -> Result<How, MeasureError> {
    match term.aggregation {
        Aggregation::PeakRate => peak(term),
        Aggregation::Rate => counter(term, found.kind).map(How::Rate),
        Aggregation::Count => counter(term, found.kind).map(How::Count),
        Aggregation::Share => share(term, found.kind),
        Aggregation::Mean => mean(term, model, found),
        Aggregation::Percentile(p) => time(term, found.kind).map(|t| How::TimePercentile(t, p)),
        Aggregation::Max => maximum(term, model, found),
        Aggregation::Amplification => amplification(term, model, found),
        Aggregation::Wasted => wasted(term, found.kind),
        Aggregation::Availability => availability(term),
    }
}

fn peak(term: &MeasureTerm) -> Result<How, MeasureError> {
    let window = term.window.filter(|_| term.subject.quantity == Quantity::Usual);
    window.map(How::Peak).ok_or_else(|| {
        refuse(term, "only arrivals are counted finely enough for a peak; leave the quantity out")
    })
}

fn counter(term: &MeasureTerm, kind: SubjectKind) -> Result<Counter, MeasureError> {
    match term.subject.quantity {
        Quantity::Usual => Ok(Counter::Arrivals),
        Quantity::Outcome(outcome) => Ok(Counter::Ended(outcome)),
        Quantity::Failed => Ok(Counter::Failed),
        Quantity::Goodput => Ok(Counter::Goodput),
        Quantity::Retries if !has_workers(kind) => Ok(Counter::Retries),
        Quantity::Retries => Err(refuse(term, "a client or a call retries; a service cannot tell")),
        _ => Err(refuse(term, "it can be counted by outcome, or as failed, goodput or retries")),
    }
}

fn share(term: &MeasureTerm, kind: SubjectKind) -> Result<How, MeasureError> {
    match counter(term, kind)? {
        counter @ (Counter::Ended(_) | Counter::Failed | Counter::Goodput) => {
            Ok(How::Share(counter))
        }
        Counter::Arrivals | Counter::Retries => {
            Err(refuse(term, "a share is of what ended: name an outcome, failed or goodput"))
        }
    }
}

fn time(term: &MeasureTerm, kind: SubjectKind) -> Result<Time, MeasureError> {
    match term.subject.quantity {
        Quantity::Usual | Quantity::ResponseTime => Ok(Time::Response),
        Quantity::WaitingTime if has_queue(kind) => Ok(Time::Waiting),
        Quantity::WaitingTime => Err(refuse(term, "nothing waits there")),
        _ => Err(refuse(term, "only response_time and waiting_time are times")),
    }
}

fn mean(term: &MeasureTerm, model: &Model, found: Found) -> Result<How, MeasureError> {
    if term.subject.quantity == Quantity::Utilization && has_queue(found.kind) {
        let no_limit = || MeasureError::NoLimit { subject: term.subject.name.clone() };
        return graph::workers(model, found).map(How::Utilization).ok_or_else(no_limit);
    }
    match level(term, model, found)? {
        Some(level) => Ok(How::LevelMean(level)),
        None => time(term, found.kind).map(How::TimeMean),
    }
}

fn maximum(term: &MeasureTerm, model: &Model, found: Found) -> Result<How, MeasureError> {
    match level(term, model, found)? {
        Some(Level::Busy) => Err(refuse(term, "busy workers have a mean, and a utilization")),
        Some(Level::Queue) => Ok(How::QueueMax),
        Some(Level::InFlight) => Ok(How::InFlightMax),
        Some(Level::Connections) => Ok(How::ConnectionsMax),
        None => time(term, found.kind).map(How::TimeMax),
    }
}

fn level(term: &MeasureTerm, model: &Model, found: Found) -> Result<Option<Level>, MeasureError> {
    Ok(match term.subject.quantity {
        Quantity::QueueLength if has_queue(found.kind) => Some(Level::Queue),
        Quantity::BusyWorkers if has_workers(found.kind) => Some(Level::Busy),
        Quantity::InFlight => Some(Level::InFlight),
        Quantity::OpenConnections if graph::has_connection_pool(model, found) => {
            Some(Level::Connections)
        }
        Quantity::OpenConnections => {
            let hint = "it is of a call with a connection pool; without one each attempt has a \
                        connection of its own, and in_flight counts them";
            return Err(refuse(term, hint));
        }
        _ => None,
    })
}

fn amplification(term: &MeasureTerm, model: &Model, found: Found) -> Result<How, MeasureError> {
    usual(term, "it is of a client, a call or a service as a whole; leave the quantity out")?;
    Ok(match found.kind {
        SubjectKind::Client => {
            let edge = model.clients[found.index].edge;
            How::AttemptsPerCall(model.edges[edge.index()].name.to_string())
        }
        SubjectKind::Edge => How::AttemptsPerFirst,
        SubjectKind::Store
        | SubjectKind::Effect
        | SubjectKind::Cache
        | SubjectKind::Broker
        | SubjectKind::Replicas
        | SubjectKind::Instances
        | SubjectKind::Cores
        | SubjectKind::Memory => {
            return Err(refuse(term, "it is of a client, a call or a service"));
        }
        SubjectKind::Service | SubjectKind::Endpoint | SubjectKind::Task => {
            let clients = graph::clients_that_reach(model, found);
            if clients.is_empty() {
                return Err(MeasureError::Unreached { subject: term.subject.name.clone() });
            }
            let name = |client: usize| model.clients[client].name.to_string();
            How::ArrivalsPerCall(clients.into_iter().map(name).collect())
        }
    })
}

fn wasted(term: &MeasureTerm, kind: SubjectKind) -> Result<How, MeasureError> {
    usual(term, "it is of a service as a whole; leave the quantity out")?;
    match has_workers(kind) {
        true => Ok(How::Wasted),
        false => Err(refuse(term, "only services and endpoints have workers")),
    }
}

fn availability(term: &MeasureTerm) -> Result<How, MeasureError> {
    usual(term, "it is good ends over all ends; leave the quantity out")?;
    Ok(How::Availability)
}

fn usual(term: &MeasureTerm, hint: &'static str) -> Result<(), MeasureError> {
    match term.subject.quantity {
        Quantity::Usual => Ok(()),
        _ => Err(refuse(term, hint)),
    }
}

fn has_workers(kind: SubjectKind) -> bool {
    matches!(kind, SubjectKind::Service | SubjectKind::Endpoint | SubjectKind::Task)
}

/// Whether something can wait there: for a worker, a row, what somebody else fetches, a consumer.
fn has_queue(kind: SubjectKind) -> bool {
    has_workers(kind)
        || matches!(
            kind,
            SubjectKind::Store
                | SubjectKind::Cache
                | SubjectKind::Broker
                | SubjectKind::Replicas
                | SubjectKind::Cores
        )
}

fn refuse(term: &MeasureTerm, hint: &'static str) -> MeasureError {
    MeasureError::NotMeasured {
        aggregation: crate::plan::aggregation_name(term.aggregation),
        subject: subject_text(&term.subject),
        hint,
    }
}

fn subject_text(subject: &Subject) -> String {
    match crate::plan::quantity_name(subject.quantity) {
        "" => subject.name.clone(),
        quantity => format!("{}:{quantity}", subject.name),
    }
}
