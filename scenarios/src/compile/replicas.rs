//! Replicated services: which endpoints are served by whom.

use sim_core::kernel::Distribution;
use sim_core::model::handler::Step;
use sim_core::model::replication::{Replication, ReplicationSpec, Role};
use sim_core::model::spec::{EndpointSpec, ServiceId, ServiceSpec};

use super::Compiler;
use crate::document::Service;
use crate::suggest::one_of;
use crate::tree::Place;

impl Compiler<'_, '_> {
    /// The services with a primary; the handlers that write get a last step that says so.
    pub(super) fn replications(
        &mut self,
        services: &[ServiceSpec],
        endpoints: &mut [EndpointSpec],
    ) -> Vec<ReplicationSpec> {
        let document = self.document;
        let mut specs = Vec::new();
        for ((name, service), (spec, index)) in
            document.services.iter().zip(services.iter().zip(0..))
        {
            let place = Place::keys(["services", name]);
            let roles: Vec<Role> =
                service.endpoints.iter().flatten().map(|(_, endpoint)| endpoint.role).collect();
            let Some(replication) = &service.replication else {
                self.has_no_roles(service, &place);
                continue;
            };
            self.check_replication(name, service, &roles, &place);
            let place = place.key("replication").key("lag");
            let lag: Distribution = self.distribution(&replication.lag, &place);
            let roles: Vec<_> = spec.endpoints.iter().copied().zip(roles).collect();
            for (endpoint, _) in roles.iter().filter(|(_, role)| *role == Role::Primary) {
                endpoints[endpoint.index()].steps.push(Step::Replicate);
            }
            specs.push(ReplicationSpec {
                name: format!("{name}.replicas").into(),
                service: ServiceId(index),
                how: Replication { lag, ..replication.clone() },
                roles,
            });
        }
        specs
    }

    fn has_no_roles(&mut self, service: &Service, place: &Place) {
        for (name, endpoint) in service.endpoints.iter().flatten() {
            if endpoint.role != Role::Any {
                let place = place.key("endpoints").key(name).key("role");
                let title = "the service has no primary and no replicas: it has no `replication`";
                self.error(&place, title)
                    .helps
                    .push("write `replication = { failover = \"30s\" }`".to_owned());
            }
        }
    }

    fn check_replication(&mut self, name: &str, service: &Service, roles: &[Role], place: &Place) {
        let own = place.key("replication");
        if service.instances < 2 {
            let title = format!("`{name}` has one instance: nobody follows it");
            self.error(&own, title).helps.push("write `instances = 2`, or more".to_owned());
        }
        if !roles.contains(&Role::Primary) {
            let endpoints = service.endpoints.iter().flatten().map(|(name, _)| name.as_str());
            let help = match endpoints.clone().next() {
                None => "write its `steps` as `[services.X.endpoints.Y]`".to_owned(),
                Some(_) => {
                    format!("give one of its endpoints `role = \"primary\"`: {}", one_of(endpoints))
                }
            };
            self.error(&own, "the service takes no writes").helps.push(help);
        }
        if service.endpoints.iter().flatten().any(|(endpoint, _)| endpoint == "replicas") {
            let place = place.key("endpoints").key("replicas");
            let title = format!("`{name}.replicas` is what is measured of the replicas");
            self.error(&place, title);
        }
    }
}
