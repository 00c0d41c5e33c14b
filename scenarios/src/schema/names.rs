//! What a file names, read off the tree, so that unknown names are found even where the rest of
//! the file does not fit.

use std::collections::BTreeSet;

use crate::suggest::{did_you_mean, one_of};
use crate::tree::{Kind, Node};

/// What a file names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    clients: Vec<String>,
    services: Vec<String>,
    /// What can be called: a service with one endpoint, else each `service.endpoint`.
    callees: Vec<String>,
    policies: Vec<String>,
    rows: Vec<String>,
    machines: Vec<String>,
    stores: Vec<String>,
    effects: Vec<String>,
    caches: Vec<String>,
    brokers: Vec<String>,
    variants: Vec<String>,
    claims: Vec<String>,
}

/// An unknown name: what is wrong and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownName {
    pub(crate) title: String,
    pub(crate) helps: Vec<String>,
}

impl Names {
    pub(crate) fn of(root: &Node) -> Self {
        let keys = |section: &str| -> Vec<String> {
            let table = root.get(section).and_then(Node::as_table);
            table.into_iter().flat_map(|table| table.keys()).map(str::to_owned).collect()
        };
        Self {
            clients: keys("clients"),
            services: keys("services"),
            callees: callees(root),
            policies: keys("policies"),
            rows: keys("rows"),
            machines: keys("machines"),
            stores: keys("stores"),
            effects: keys("effects"),
            caches: keys("caches"),
            brokers: keys("brokers"),
            variants: variants(root),
            claims: keys("claims"),
        }
    }

    /// Checks a name against the list that a format of the schema stands for; formats that are
    /// no names are none of its business.
    pub(super) fn check(&self, format: &str, name: &str) -> Result<(), UnknownName> {
        let (kind, known, section) = match format {
            "client" => ("population of clients", &self.clients, "[clients.X]"),
            "service" => ("service", &self.services, "[services.X]"),
            "callee" => return self.check_callee(name),
            "policy" => ("policy", &self.policies, "[policies.X]"),
            "row" => ("row", &self.rows, "[rows.X]"),
            "machine" => ("kind of machines", &self.machines, "[machines.X]"),
            "store" => ("store", &self.stores, "[stores.X]"),
            "effect" => ("effect", &self.effects, "[effects.X]"),
            "cache" => ("cache", &self.caches, "[caches.X]"),
            "broker" => ("broker", &self.brokers, "[brokers.X]"),
            "claim" => ("claim", &self.claims, "[claims.X]"),
            "variant" => ("variant", &self.variants, "[[variants]]"),
            _ => return Ok(()),
        };
        if known.iter().any(|k| k == name) {
            return Ok(());
        }
        Err(unknown(kind, name, known, &format!("each {section} makes one")))
    }

    fn check_callee(&self, name: &str) -> Result<(), UnknownName> {
        if self.callees.iter().any(|callee| callee == name) {
            return Ok(());
        }
        if self.services.iter().any(|service| service == name) {
            let prefix = format!("{name}.");
            let own = self.callees.iter().filter(|callee| callee.starts_with(&prefix));
            return Err(UnknownName {
                title: format!("`{name}` has several endpoints, and this names none of them"),
                helps: vec![format!("write {}", one_of(own.map(String::as_str)))],
            });
        }
        let makes = "each [services.X] makes one";
        let kind = if name.contains('.') { "service with this endpoint:" } else { "service" };
        Err(unknown(kind, name, &self.callees, makes))
    }
}

fn unknown(kind: &str, name: &str, known: &[String], makes: &str) -> UnknownName {
    let names = || known.iter().map(String::as_str);
    let known = if known.is_empty() {
        format!("the file has none; {makes}")
    } else {
        format!("there is {}", one_of(names()))
    };
    UnknownName {
        title: format!("there is no {kind} `{name}`"),
        helps: did_you_mean(name, names()).into_iter().chain([known]).collect(),
    }
}

fn callees(root: &Node) -> Vec<String> {
    let services = root.get("services").and_then(Node::as_table);
    let mut callees = Vec::new();
    for service in services.into_iter().flat_map(|table| &table.entries) {
        let endpoints = service.value.get("endpoints").and_then(Node::as_table);
        let endpoints: Vec<&str> = endpoints.into_iter().flat_map(|table| table.keys()).collect();
        if endpoints.len() < 2 {
            callees.push(service.key.clone());
        }
        callees.extend(endpoints.iter().map(|endpoint| format!("{}.{endpoint}", service.key)));
    }
    callees
}

/// The names of the variants, with that of the file as it is written.
fn variants(root: &Node) -> Vec<String> {
    let base = root.get("run").and_then(|run| run.get("base")).and_then(Node::as_str);
    let items = root.get("variants").and_then(Node::as_list).unwrap_or(&[]);
    let named = items.iter().filter_map(|variant| match &variant.get("name")?.kind {
        Kind::String(name) => Some(name.as_str()),
        _ => None,
    });
    let mut seen = BTreeSet::new();
    let all = [base.unwrap_or("base")].into_iter().chain(named);
    all.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}
