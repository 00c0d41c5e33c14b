//! Whether what an expectation asks for exists in its variant: subjects, phases, references.

use std::borrow::Cow;

use sim_core::kernel::SimTime;
use sim_core::model::record::SubjectKind;
use sim_core::model::spec::{EndpointId, FaultSpec, Model};

use super::Facts;
use crate::diagnostic::Diagnostic;
use crate::expectation::{
    Aggregation, Bound, Expectation, MeasureTerm, Phase, Quantity, Reference, Term,
};
use crate::resource::resources;
use crate::schema::within_string;
use crate::source::{Sources, Span};
use crate::study::Hypothesis;
use crate::suggest::{did_you_mean, one_of};
use crate::tree::Place;

/// Checks the expectation at a position of the file against its variant.
pub(crate) fn expectation(
    facts: &Facts<'_>,
    position: usize,
    expectation: &Expectation,
    variants: &[&str],
    sources: &Sources,
) -> Vec<Diagnostic> {
    let place = Place::keys(["expect"]).index(position).key("that");
    let check = Check { facts, text: &expectation.text, whole: place.value(facts.root), sources };
    let mut found = check.term(&expectation.term);
    found.extend(check.bound(expectation, variants));
    found
}

/// Checks the probes of the hypothesis against a variant that has faults.
pub(crate) fn hypothesis(
    facts: &Facts<'_>,
    hypothesis: &Hypothesis,
    sources: &Sources,
) -> Vec<Diagnostic> {
    let place = Place::keys(["hypothesis"]);
    let check = Check { facts, text: "", whole: place.key("phases").value(facts.root), sources };
    let phases = hypothesis.phases.iter().map(|phase| hypothesis.phase(*phase));
    let mut found: Vec<Diagnostic> = phases.filter_map(|phase| check.phase(phase, "")).collect();
    for (probe, index) in hypothesis.probes.iter().zip(0..) {
        let whole = place.key("probes").index(index).key("that").value(facts.root);
        let check = Check { facts, text: &probe.that.text, whole, sources };
        if let Term::Measure(term) = &probe.that.term {
            found.extend(check.subject(term));
        }
        found.extend(check.bound(&probe.that, &[]));
    }
    found
}

/// A text that asks for measures, and where it stands.
pub(super) struct Check<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) text: &'a str,
    pub(super) whole: Span,
    pub(super) sources: &'a Sources,
}

impl Check<'_> {
    /// An error at a word of the expectation: the last such word, since the subject comes first
    /// and may hold any.
    pub(super) fn error(&self, word: &str, title: impl Into<String>) -> Diagnostic {
        self.error_at(self.text.rfind(word), word, title)
    }

    fn error_at(&self, at: Option<usize>, word: &str, title: impl Into<String>) -> Diagnostic {
        let span = match at {
            Some(at) if !word.is_empty() => {
                within_string(self.sources, self.whole, self.text, at..at + word.len())
            }
            _ => self.whole,
        };
        Diagnostic::error(title).at(span, "")
    }

    fn model(&self) -> &Model {
        &self.facts.compiled.model
    }

    pub(super) fn term(&self, term: &Term) -> Vec<Diagnostic> {
        match term {
            Term::Measure(term) => {
                self.subject(term).into_iter().chain(self.phase(term.phase, "")).collect()
            }
            Term::TimeToRecover if self.model().faults.is_empty() => {
                vec![self.error("time_to_recover", "there is no fault to recover from")]
            }
            Term::TimeToRecover | Term::Verdict | Term::Deadlock => Vec::new(),
            Term::Alert(name) | Term::FalseAlarms(name) => self.alert(name).into_iter().collect(),
            Term::Saturated(name) => self.resource(name).into_iter().collect(),
            Term::Hypothesis => self.has_hypothesis().into_iter().collect(),
        }
    }

    fn alert(&self, name: &str) -> Option<Diagnostic> {
        let known = || self.facts.compiled.alerts.iter().map(|alert| alert.name.as_str());
        let help = match known().next() {
            None => "the file has none; each [[alerts]] makes one".to_owned(),
            Some(_) => format!("there is {}", one_of(known())),
        };
        known().all(|known| known != name).then(|| {
            self.error(name, format!("there is no alert `{name}`"))
                .maybe_help(did_you_mean(name, known()))
                .help(help)
        })
    }

    fn resource(&self, name: &str) -> Option<Diagnostic> {
        let resources = resources(self.model());
        if resources.iter().any(|resource| resource.is_meant_by(name)) {
            return None;
        }
        let known = || resources.iter().map(|resource| resource.name.as_str());
        let help = match known().next() {
            None => {
                "only pools with a limit on their workers can, and layers that hold calls back: \
                     there are none"
                    .to_owned()
            }
            Some(_) => format!("what can is {}", one_of(known())),
        };
        Some(
            self.error(name, format!("nothing called `{name}` can be saturated"))
                .maybe_help(did_you_mean(name, known()))
                .help(help),
        )
    }

    fn has_hypothesis(&self) -> Option<Diagnostic> {
        let why = match (&self.facts.document.hypothesis, self.model().faults.is_empty()) {
            (None, _) => "the file has no `[hypothesis]`",
            (Some(_), true) => "there is no fault that could refute the hypothesis",
            (Some(_), false) => return None,
        };
        Some(self.error("hypothesis", why))
    }

    pub(super) fn subject(&self, term: &MeasureTerm) -> Option<Diagnostic> {
        let name = term.subject.name.as_str();
        let Some((kind, _)) = subjects(self.model()).find(|(_, subject)| subject == name) else {
            let known: Vec<_> = subjects(self.model()).map(|(_, subject)| subject).collect();
            let known = || known.iter().map(AsRef::as_ref);
            return Some(
                self.error_at(
                    self.text.find(name),
                    name,
                    format!("there is nothing called `{name}` to measure"),
                )
                .maybe_help(did_you_mean(name, known()))
                .help(format!("what is measured is {}", one_of(known()))),
            );
        };
        let why = wrong_kind(term, kind)?;
        Some(self.error_at(
            self.text.find(name),
            name,
            format!("`{name}` is {}: {why}", kind_name(kind)),
        ))
    }

    /// Whether runs have a phase; `of` names what needs it, if it is not the term itself.
    fn phase(&self, phase: Phase, of: &str) -> Option<Diagnostic> {
        let length = SimTime::ZERO + self.model().length;
        let warmup = SimTime::ZERO + self.facts.compiled.warmup;
        let faults = &self.model().faults;
        let first = faults.iter().map(|fault| fault.at).min();
        let last = faults.iter().map(FaultSpec::ends).max();
        let no_fault = "there is no fault, and so no such phase";
        let why = match (phase, first, last) {
            (Phase::All, ..) => return None,
            (Phase::Warmup, ..) if warmup == SimTime::ZERO => "the run has no warm-up".to_owned(),
            (Phase::Warmup, ..) => return None,
            (_, None, _) | (_, _, None) => no_fault.to_owned(),
            (Phase::Before, Some(first), _) if first > warmup => return None,
            (Phase::Before, Some(first), _) => {
                format!("the warm-up reaches the first fault, which starts at {first}")
            }
            (Phase::During, ..) => return None,
            (Phase::After(w), _, Some(last)) if last + w <= length => return None,
            (Phase::After(w), _, Some(last)) => {
                format!(
                    "the run ends {} after its last fault, before {w} have passed",
                    length.since(last)
                )
            }
            (Phase::UntilSteady | Phase::Rest, _, Some(last)) if last < length => return None,
            (Phase::UntilSteady | Phase::Rest, ..) => {
                "the run ends before its last fault does".to_owned()
            }
        };
        let word = match phase {
            Phase::Warmup => "warmup",
            Phase::Before => "before",
            Phase::During => "during",
            Phase::After(_) => "after",
            Phase::UntilSteady => "until_steady",
            Phase::Rest => "rest",
            Phase::All => "all",
        };
        Some(match of {
            "" => self.error(word, format!("the phase `{word}` cannot be measured: {why}")),
            of => self.error(of, format!("`{of}` is measured in the phase `{word}`: {why}")),
        })
    }

    fn bound(&self, expectation: &Expectation, variants: &[&str]) -> Vec<Diagnostic> {
        let reference = match &expectation.bound {
            Bound::Times(_, reference) => reference,
            Bound::Moment(term) => return self.term(term),
            _ => return Vec::new(),
        };
        match reference {
            Reference::Control => Vec::new(),
            Reference::Baseline => self.baseline(&expectation.term).into_iter().collect(),
            Reference::Variant(name) if variants.contains(&name.as_str()) => Vec::new(),
            Reference::Variant(name) => vec![
                self.error(name, format!("there is no variant `{name}` to compare with"))
                    .maybe_help(did_you_mean(name, variants.iter().copied()))
                    .help(format!("there is {}", one_of(variants.iter().copied()))),
            ],
        }
    }

    fn baseline(&self, term: &Term) -> Option<Diagnostic> {
        let Term::Measure(term) = term else {
            return Some(self.error("baseline", "a time after a fault has no baseline"));
        };
        let is_rate = matches!(
            term.aggregation,
            Aggregation::PeakRate | Aggregation::Rate | Aggregation::Count
        );
        if is_rate && self.facts.compiled.baseline_per_s.is_some() {
            return None;
        }
        let help = "start the first fault after the warm-up, or set `[run] baseline`";
        self.phase(Phase::Before, "baseline").map(|diagnostic| diagnostic.help(help))
    }
}

/// Everything that is measured, by name.
fn subjects(model: &Model) -> impl Iterator<Item = (SubjectKind, Cow<'_, str>)> {
    let clients = model.clients.iter().map(|c| (SubjectKind::Client, &*c.name));
    let services = model.services.iter().map(|s| (SubjectKind::Service, &*s.name));
    let endpoints = model.endpoints.iter().enumerate().filter_map(|(index, endpoint)| {
        let several = model.services[endpoint.service.index()].endpoints.len() > 1;
        let kind = match model.is_task(EndpointId(index as u16)) {
            true => SubjectKind::Task,
            false if several => SubjectKind::Endpoint,
            false => return None,
        };
        Some((kind, &*endpoint.name))
    });
    let edges = model.edges.iter().map(|e| (SubjectKind::Edge, &*e.name));
    let stores = model.stores.iter().map(|s| (SubjectKind::Store, &*s.name));
    let effects = model.effects.iter().map(|e| (SubjectKind::Effect, &*e.name));
    let caches = model.caches.iter().map(|c| (SubjectKind::Cache, &*c.name));
    let brokers = model.brokers.iter().map(|b| (SubjectKind::Broker, &*b.name));
    let replicas = model.replications.iter().map(|r| (SubjectKind::Replicas, &*r.name));
    let beside = stores.chain(effects).chain(caches).chain(brokers).chain(replicas);
    let instances = model.scaled.iter().map(|s| (SubjectKind::Instances, &*s.name));
    let beside = beside.chain(instances);
    let known = clients.chain(services).chain(endpoints).chain(edges).chain(beside);
    let cores = model.machines.iter().map(|m| (SubjectKind::Cores, Cow::Owned(m.cores_name())));
    let memories = model
        .memories
        .iter()
        .map(|(service, _)| (SubjectKind::Memory, Cow::Owned(model.memory_name(*service))));
    known.map(|(kind, name)| (kind, Cow::Borrowed(name))).chain(cores).chain(memories)
}

fn kind_name(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Client => "a population of clients",
        SubjectKind::Edge => "a call",
        SubjectKind::Service => "a service",
        SubjectKind::Endpoint => "an endpoint",
        SubjectKind::Task => "a kind of background tasks",
        SubjectKind::Store => "a store",
        SubjectKind::Effect => "an effect",
        SubjectKind::Cache => "a cache",
        SubjectKind::Broker => "a broker",
        SubjectKind::Replicas => "the replicas of a service",
        SubjectKind::Instances => "the instances of a service",
        SubjectKind::Cores => "the cores of machines",
        SubjectKind::Memory => "the memory of a service",
    }
}

/// Why a term makes nothing of a subject of this kind.
fn wrong_kind(term: &MeasureTerm, kind: SubjectKind) -> Option<&'static str> {
    let works = matches!(kind, SubjectKind::Service | SubjectKind::Endpoint | SubjectKind::Task);
    let waits = works
        || matches!(
            kind,
            SubjectKind::Store
                | SubjectKind::Cache
                | SubjectKind::Broker
                | SubjectKind::Replicas
                | SubjectKind::Cores
        );
    match (term.aggregation, term.subject.quantity) {
        (Aggregation::Wasted, _) if !works => Some("only services and endpoints have workers"),
        (_, Quantity::Retries) if works => {
            Some("a client or a call retries; a service cannot tell")
        }
        (_, Quantity::WaitingTime | Quantity::QueueLength) if !waits => {
            Some("only services and endpoints have a queue")
        }
        (_, Quantity::Utilization) if kind == SubjectKind::Cores => None,
        (_, Quantity::BusyWorkers | Quantity::Utilization) if !works => {
            Some("only services and endpoints have workers")
        }
        _ => None,
    }
}
