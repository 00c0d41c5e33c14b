//! Services that are scaled: how many instances they have at first and at most.

use sim_core::model::spec::{ScaledSpec, ServiceId};
use sim_core::policy::autoscaler::Metric;

use super::{Compiler, id};
use crate::document::Service;
use crate::tree::Place;

/// How many instances a service has at most.
pub(super) fn most_instances(service: &Service) -> u32 {
    let most = service.autoscaler.as_ref().map_or(0, |scaler| scaler.bounds().max);
    service.instances.max(most.min(MOST))
}

/// As many instances as any service may have.
const MOST: u32 = 100_000;

impl Compiler<'_, '_> {
    pub(super) fn scaled(&mut self) -> Vec<ScaledSpec> {
        let document = self.document;
        let mut specs = Vec::new();
        for (index, (name, service)) in document.services.iter().enumerate() {
            let Some(scaler) = &service.autoscaler else { continue };
            let place = Place::keys(["services", name]);
            let own = place.key("autoscaler");
            for problem in scaler.check().err().unwrap_or_default().0 {
                self.error(&own.dotted(&problem.path), problem.to_string());
            }
            let bounds = scaler.bounds();
            if !(bounds.min..=bounds.max.max(bounds.min)).contains(&service.instances) {
                let title = format!(
                    "`{name}` begins with {} instances: its autoscaler keeps from {} to {}",
                    service.instances, bounds.min, bounds.max
                );
                self.error(&own, title)
                    .helps
                    .push(format!("write `instances = {}`", bounds.min.max(1)));
            }
            let is_bounded = |service: &Service| {
                !service.pools.is_empty() && service.pools.values().all(|p| p.workers.is_some())
            };
            if matches!(scaler.metric(), Metric::Busy(_)) && !is_bounded(service) {
                let title =
                    "without a number of `workers` nobody knows which share of them is busy";
                self.error(&own, title).helps.push(
                    "give its pools `workers`, or go by `metric = { requests = 50.0 }`".into(),
                );
            }
            if service.replication.is_some() {
                self.error(&own, "a service that follows a primary is not scaled");
            }
            specs.push(ScaledSpec {
                name: format!("{name}.instances").into(),
                service: ServiceId(id(index)),
                how: scaler.clone(),
                at_first: service.instances,
            });
        }
        specs
    }
}
