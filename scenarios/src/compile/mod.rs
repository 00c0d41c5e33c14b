//! A document to a model: names to indices, defaults filled in, loads and files read.

mod alerts;
mod calls;
mod conditions;
mod data;
mod faults;
mod handlers;
mod load;
mod machines;
mod pools;
mod probes;
mod replicas;
mod rows;
mod scaling;
mod services;
mod stores;
mod targets;
mod tasks;
mod zones;

use std::sync::Arc;

use sim_core::kernel::{Distribution, SimDuration};
use sim_core::model::spec::{ClientSpec, EdgeId, Limits, Model};

pub(crate) use data::Files;

use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::study::{Alert, Steady};
use crate::tree::{Node, Place};
use calls::{CallBook, CallSite, Caller, Carries};

/// A document compiled: the model, and where in the file its parts come from.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub(crate) model: Model,
    pub(crate) warmup: SimDuration,
    pub(crate) steady: Steady,
    pub(crate) baseline_per_s: Option<f64>,
    /// One entry an edge of the model: the call that made it.
    pub(crate) sites: Vec<Site>,
    /// The rows that some step reads or writes.
    pub(crate) rows_used: Vec<String>,
    /// The rules that it is watched by.
    pub(crate) alerts: Vec<Alert>,
}

/// Where an edge comes from.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The place of the call: the table with `to` and `policy`.
    pub(crate) place: Place,
    /// The name of its policy, if it has one.
    pub(crate) policy: Option<String>,
    /// The links of the file that could have described its link, the one that does first.
    pub(crate) link: Option<String>,
}

/// Compiles a document whose names are known to be good.
///
/// # Errors
/// Everything that a schema cannot say: contradictions, missing alternatives, unusable files.
pub(crate) fn compile(
    document: &Document,
    root: &Node,
    files: &mut Files<'_>,
) -> Result<Compiled, Vec<Diagnostic>> {
    let mut compiler = Compiler { document, root, files, wrong: Vec::new() };
    let compiled = compiler.compile();
    match compiler.wrong {
        wrong if wrong.is_empty() => Ok(compiled),
        wrong => Err(wrong),
    }
}

struct Compiler<'a, 'f> {
    document: &'a Document,
    root: &'a Node,
    files: &'a mut Files<'f>,
    wrong: Vec<Diagnostic>,
}

impl<'a> Compiler<'a, '_> {
    fn compile(&mut self) -> Compiled {
        let mut calls = CallBook::new(self);
        let mut model = Model { length: self.document.run.length, ..Model::default() };
        model.limits = self.limits();
        model.rows = self.document.rows.keys().map(|name| Arc::from(name.as_str())).collect();
        model.clients = self.clients(&mut calls);
        (model.stores, model.effects, model.caches) =
            (self.stores(), self.effects(), self.caches());
        let mut rows_used = Vec::new();
        (model.services, model.endpoints) = self.services(&mut calls, &mut rows_used);
        model.replications = self.replications(&model.services, &mut model.endpoints);
        let sites;
        model.brokers = self.brokers(&mut calls);
        model.probes = self.probes(&mut calls);
        model.machines = self.machines();
        model.memories = self.memories();
        model.disks = self.disks();
        model.least_up = self.least_up();
        model.scaled = self.scaled();
        (model.edges, model.links, sites, model.carried) = calls.finish(self);
        model.zones = self.zones();
        model.faults = self.faults(&model, &sites);
        self.check_counts(&model);
        Compiled {
            model,
            warmup: self.document.run.warmup,
            steady: (&self.document.run.steady).into(),
            baseline_per_s: self.document.run.baseline.map(|rate| rate.per_second()),
            sites,
            rows_used,
            alerts: alerts::alerts(&self.document.alerts),
        }
    }

    /// Everything in a model has a number of 16 bits.
    fn check_counts(&mut self, model: &Model) {
        let counts = [("endpoints", model.endpoints.len()), ("calls", model.edges.len())];
        for (what, count) in counts {
            if count > usize::from(u16::MAX) {
                self.push(Diagnostic::error(format!("the file has too many {what}: {count}")));
            }
        }
    }

    fn limits(&self) -> Limits {
        let limits = &self.document.run.limits;
        Limits { events: limits.events, in_flight: limits.in_flight }
    }

    fn clients(&mut self, calls: &mut CallBook<'a>) -> Vec<ClientSpec> {
        let document = self.document;
        let mut clients = Vec::new();
        for (name, client) in &document.clients {
            let place = Place::keys(["clients", name]);
            let load = self.load(&client.load, &place.key("load"));
            let edge = calls.edge(CallSite {
                caller: Caller::Client(name),
                to: &client.call.to.0,
                policy: client.call.policy.as_ref().map(|policy| policy.0.as_str()),
                priority: client.call.priority,
                carries: Carries {
                    keys: client.call.key,
                    idempotency: client.call.idempotency_key,
                },
                place: place.key("call"),
            });
            if let Some(load) = load {
                clients.push(ClientSpec { name: name.as_str().into(), load, edge });
            }
        }
        clients
    }

    /// Notes a mistake at a place's value.
    fn error(&mut self, place: &Place, title: impl Into<String>) -> &mut Diagnostic {
        let span = place.value(self.root);
        self.push(Diagnostic::error(title).at(span, ""))
    }

    /// Notes a mistake.
    fn push(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        let at = self.wrong.len();
        self.wrong.push(diagnostic);
        &mut self.wrong[at]
    }

    /// A distribution with the files it names.
    fn distribution(&mut self, distribution: &Distribution, place: &Place) -> Distribution {
        let mut resolved = distribution.clone();
        let files = &mut *self.files;
        if let Err(why) = resolved.resolve_files(&mut |file| files.durations(file)) {
            self.error(place, why.to_string());
        }
        resolved
    }
}

/// An index into one of the model's vectors; [`Compiler::check_counts`] turns away what does not
/// fit.
fn id(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// An edge by its place in the model.
fn edge_id(index: usize) -> EdgeId {
    EdgeId(id(index))
}
