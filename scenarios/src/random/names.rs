//! What a random scenario names, decided before any part of it is drawn.

use serde_json::{Map, Value};

use super::dice::Dice;

/// The names of a random scenario.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) clients: Vec<String>,
    pub(super) services: Vec<ServiceNames>,
    pub(super) policies: Vec<String>,
    pub(super) machines: Vec<String>,
    pub(super) stores: Vec<String>,
    pub(super) tables: Vec<String>,
    pub(super) effects: Vec<String>,
    pub(super) caches: Vec<String>,
    pub(super) brokers: Vec<String>,
    pub(super) rows: Vec<String>,
    pub(super) variants: Vec<String>,
    pub(super) alerts: Vec<String>,
    pub(super) zones: Vec<String>,
    /// The services that have a primary, known when they have been drawn.
    pub(super) primaries: Vec<String>,
    /// Known when services and clients have been drawn.
    pub(super) links: Vec<String>,
}

/// A service, its endpoints (none: one, without a name) and its pools.
#[derive(Clone, Debug)]
pub(super) struct ServiceNames {
    pub(super) name: String,
    pub(super) endpoints: Vec<String>,
    pub(super) pools: Vec<String>,
}

impl Names {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let mut some = |words: &[&str], least: usize| {
            let number = dice.from(least, words.len());
            words[..number].iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()
        };
        let clients = some(&["shop", "jobs"], 1);
        let services = some(&["api", "cart", "payment", "ledger"], 1);
        let services = services.into_iter().map(|name| {
            let endpoints = some(&["list", "change"], 0);
            // One endpoint goes without a name.
            let endpoints = if endpoints.len() == 1 { Vec::new() } else { endpoints };
            ServiceNames { name, endpoints, pools: some(&["main", "side"], 0) }
        });
        let services = services.collect();
        Self {
            clients,
            services,
            policies: some(&["patient", "hasty", "silly"], 1),
            machines: some(&["node"], 0),
            stores: some(&["accounts", "stock"], 0),
            tables: some(&["rows", "log"], 0),
            effects: some(&["charge"], 0),
            caches: some(&["near", "far"], 0),
            brokers: some(&["mail", "audit"], 0),
            rows: some(&["balance"], 0),
            variants: some(&["one", "other"], 0),
            alerts: some(&["errors", "slow"], 0),
            zones: some(&["east", "west", "north"], 0),
            primaries: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Everything that can be called of the services from this place on.
    pub(super) fn callees(&self, from: usize) -> Vec<String> {
        let of = |service: &ServiceNames| match service.endpoints.as_slice() {
            [] => vec![service.name.clone()],
            several => several.iter().map(|e| format!("{}.{e}", service.name)).collect(),
        };
        self.services.iter().skip(from).flat_map(of).collect()
    }

    /// Finds the links of the callers in this table, such as `services`.
    pub(super) fn find_links(&mut self, callers: &Map<String, Value>) {
        for (caller, entry) in callers {
            let mut callees = Vec::new();
            callees_of(entry, &mut callees);
            for callee in callees {
                let service = callee.split('.').next().unwrap_or(callee);
                let link = format!("{caller}->{service}");
                if !self.links.contains(&link) {
                    self.links.push(link);
                }
            }
        }
    }

    /// What expectations and conditions may ask.
    pub(super) fn subjects(&self) -> Vec<String> {
        let services = self.services.iter().map(|service| service.name.clone());
        let stores = self.stores.iter().chain(&self.effects).chain(&self.caches);
        self.clients
            .iter()
            .cloned()
            .chain(services)
            .chain(self.links.iter().cloned())
            .chain(self.callees(0))
            .chain(stores.chain(&self.brokers).cloned())
            .collect()
    }
}

/// Whom a part of a scenario calls.
fn callees_of<'v>(part: &'v Value, found: &mut Vec<&'v str>) {
    match part {
        Value::Object(entries) => {
            let call = entries.get("call").and_then(|call| call.get("to"));
            found.extend(call.and_then(Value::as_str));
            entries.values().for_each(|entry| callees_of(entry, found));
        }
        Value::Array(items) => items.iter().for_each(|item| callees_of(item, found)),
        _ => {}
    }
}
