//! Zones: names to numbers.

use sim_core::model::zones::Zones;

use super::{Compiler, id};
use crate::diagnostic::Diagnostic;
use crate::suggest::{did_you_mean, one_of};
use crate::tree::Place;

impl Compiler<'_, '_> {
    /// Who is in which zone. The zones are those of the services, in the order of their names.
    pub(super) fn zones(&mut self) -> Zones {
        let document = self.document;
        let all = document.services.values().flat_map(|service| &service.zones);
        let mut names: Vec<&str> = all.map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        let number = |name: &str| names.binary_search(&name).ok().map(id);
        let mut of_clients = Vec::new();
        for (client, spec) in &document.clients {
            let zone = spec.zone.as_deref();
            if let Some(unknown) = zone.filter(|zone| number(zone).is_none()) {
                let span = Place::keys(["clients", client, "zone"]).value(self.root);
                let known = match names.is_empty() {
                    true => "no service has `zones`".to_owned(),
                    false => format!("there is {}", one_of(names.iter().copied())),
                };
                self.push(
                    Diagnostic::error(format!("no service has instances in a zone `{unknown}`"))
                        .at(span, "")
                        .maybe_help(did_you_mean(unknown, names.iter().copied()))
                        .help(known),
                );
            }
            of_clients.push(zone.and_then(number));
        }
        let of_services = document.services.values();
        let in_turn = of_services.map(|s| s.zones.iter().filter_map(|zone| number(zone)).collect());
        Zones {
            count: id(names.len()),
            of_clients,
            of_services: in_turn.collect(),
            between: document.network.between_zones,
        }
    }
}
