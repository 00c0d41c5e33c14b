//! What a random scenario names, decided before any part of it is drawn.

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

    /// What may be a link: callers before callees.
    pub(super) fn links(&self) -> Vec<String> {
        let services = || self.services.iter().map(|service| &service.name);
        let of_clients = self.clients.iter().map(|client| (client, 0));
        let of_services = services().enumerate().map(|(place, name)| (name, place + 1));
        let pairs = of_clients
            .chain(of_services)
            .flat_map(|(caller, from)| services().skip(from).map(move |to| (caller, to)));
        pairs.map(|(caller, callee)| format!("{caller}->{callee}")).collect()
    }

    /// What expectations and conditions may ask.
    pub(super) fn subjects(&self) -> Vec<String> {
        let services = self.services.iter().map(|service| service.name.clone());
        let stores = self.stores.iter().chain(&self.effects).chain(&self.caches);
        self.clients
            .iter()
            .cloned()
            .chain(services)
            .chain(self.links())
            .chain(self.callees(0))
            .chain(stores.chain(&self.brokers).cloned())
            .collect()
    }
}
