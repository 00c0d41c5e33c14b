//! What tables and charts are about, where the file does not say.

use sim_core::model::spec::ServiceId;

use super::Good;

/// The client and the service that tables and charts are about: those that the file names, else
/// the first client, and the service that the first fault hits or that the client calls.
pub(super) fn focus(base: &Good) -> (String, String) {
    let (report, model) = (&base.document.report, &base.compiled.model);
    let client = match &report.client {
        Some(client) => client.0.clone(),
        None => model.clients.first().map_or(String::new(), |client| client.name.to_string()),
    };
    let service = match &report.service {
        Some(service) => service.0.clone(),
        None => {
            let service = hit(base).or_else(|| called(base, &client));
            service.map_or(String::new(), |s| model.services[s.index()].name.to_string())
        }
    };
    (client, service)
}

fn hit(base: &Good) -> Option<ServiceId> {
    base.compiled
        .model
        .faults
        .iter()
        .find_map(|fault| fault.targets.iter().find_map(|target| target.service()))
}

fn called(base: &Good, client: &str) -> Option<ServiceId> {
    let model = &base.compiled.model;
    let client = model.clients.iter().find(|c| *c.name == *client)?;
    let edge = &model.edges[client.edge.index()];
    Some(model.endpoints[edge.to.index()].service)
}
