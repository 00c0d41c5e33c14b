//! Background tasks, which the model has as endpoints behind those of all services.

use std::sync::Arc;

use sim_core::model::handler::Step;
use sim_core::model::spec::{EndpointId, EndpointSpec, ServiceId};

use super::handlers::Host;
use super::{Compiler, id};
use crate::diagnostic::Diagnostic;
use crate::document::Spawn;
use crate::suggest::{did_you_mean, one_of};
use crate::tree::Place;

/// The tasks of all services.
pub(super) struct Tasks {
    /// The number of the first.
    first: usize,
    specs: Vec<EndpointSpec>,
    /// The services that have tasks without a pool of their own.
    without_a_pool: Vec<ServiceId>,
}

impl Tasks {
    /// None yet, behind so many endpoints.
    pub(super) fn after(endpoints: usize) -> Self {
        Self { first: endpoints, specs: Vec::new(), without_a_pool: Vec::new() }
    }

    /// The endpoints that they are.
    pub(super) fn endpoints(self) -> Vec<EndpointSpec> {
        self.specs
    }

    /// Whether a service has tasks that work in none of its pools.
    pub(super) fn need_a_pool(&self, service: ServiceId) -> bool {
        self.without_a_pool.contains(&service)
    }

    /// What a task does.
    pub(super) fn does(&mut self, task: EndpointId, steps: Vec<Step>) {
        self.specs[task.index() - self.first].steps = steps;
    }

    /// `service.task`.
    pub(super) fn name(&self, task: EndpointId) -> Arc<str> {
        self.specs[task.index() - self.first].name.clone()
    }
}

impl Compiler<'_, '_> {
    /// A task of a service, whose steps are still to be compiled; `None` where its name is taken.
    pub(super) fn task(
        &mut self,
        tasks: &mut Tasks,
        host: &Host<'_, '_>,
        spawn: &Spawn,
        place: &Place,
    ) -> Option<EndpointId> {
        let name: Arc<str> = format!("{}.{}", host.name, spawn.name).into();
        let is_endpoint = host.service.endpoints.iter().flatten().any(|(e, _)| *e == spawn.name);
        if is_endpoint || tasks.specs.iter().any(|task| task.name == name) {
            let span = place.key("name").value(self.root);
            self.push(
                Diagnostic::error(format!("there are two `{name}`"))
                    .at(span, "")
                    .help("each kind of tasks has a name of its own, which no endpoint has"),
            );
            return None;
        }
        let pool = self.pool_of_task(tasks, host, spawn, place);
        tasks.specs.push(EndpointSpec { name, service: host.id, pool, steps: Vec::new() });
        Some(EndpointId(id(tasks.first + tasks.specs.len() - 1)))
    }

    fn pool_of_task(
        &mut self,
        tasks: &mut Tasks,
        host: &Host<'_, '_>,
        spawn: &Spawn,
        place: &Place,
    ) -> u16 {
        let pools = &host.service.pools;
        let Some(name) = &spawn.pool else {
            tasks.without_a_pool.push(host.id);
            // Behind those of the file, of which there is at least one.
            return id(pools.len().max(1));
        };
        let place = place.key("pool");
        let Some(index) = pools.get_index_of(name.as_str()) else {
            let names = || pools.keys().map(String::as_str);
            let helps = [
                did_you_mean(name, names()),
                (!pools.is_empty()).then(|| format!("the pools are {}", one_of(names()))),
            ];
            let title = format!("the service has no pool `{name}`");
            self.error(&place, title).helps.extend(helps.into_iter().flatten());
            return 0;
        };
        if host.pools_of_handlers.contains(&id(index)) {
            self.error(&place, format!("requests work in the pool `{name}`"))
                .helps
                .push("background tasks have workers of their own: give them another".to_owned());
        }
        id(index)
    }
}
