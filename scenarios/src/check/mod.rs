//! What a schema cannot say: contradictions, loops that never end, and traps.

mod alerts;
mod breakers;
mod bulkheads;
mod charts;
mod claims;
mod cycles;
mod deadlines;
mod expectation;
mod fallbacks;
mod loops;
mod names;
mod patience;
mod probes;
mod servers;
mod settable;
mod silence;
mod times;
mod unused;
mod waits;

use crate::compile::Compiled;
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::tree::Node;

pub(crate) use alerts::alerts;
pub(crate) use charts::chart;
pub(crate) use claims::claims;
pub(crate) use expectation::{expectation, hypothesis};
pub(crate) use settable::settable;
pub(crate) use unused::unused;

/// A form of the scenario, in all its stages.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) document: &'a Document,
    pub(crate) root: &'a Node,
    pub(crate) compiled: &'a Compiled,
}

/// Checks what needs no model.
pub(crate) fn document(document: &Document, root: &Node) -> Vec<Diagnostic> {
    let mut found = names::check(document, root);
    found.extend(times::check(document, root));
    found.extend(charts::check(document, root));
    found
}

/// Checks the model.
pub(crate) fn model(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let mut cycles = fallbacks::check(facts);
    cycles.extend(cycles::check(facts));
    // What follows walks along the calls, and would walk for ever.
    if !cycles.is_empty() {
        return cycles;
    }
    let mut found = loops::check(facts);
    found.extend(patience::check(facts));
    found.extend(silence::check(facts));
    found.extend(breakers::check(facts));
    found.extend(bulkheads::check(facts));
    found.extend(deadlines::check(facts));
    found.extend(servers::check(facts));
    found.extend(probes::check(facts));
    found
}
