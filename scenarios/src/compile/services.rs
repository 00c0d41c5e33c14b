//! Services, their pools and their endpoints.

use sim_core::model::spec::{EndpointId, EndpointSpec, ServiceId, ServiceSpec};

use super::calls::{CallBook, Caller};
use super::handlers::{Books, Host};
use super::pools::pools;
use super::scaling::most_instances;
use super::tasks::Tasks;
use super::{Compiler, id};
use crate::diagnostic::Diagnostic;
use crate::document::{self, Endpoint, Service};
use crate::suggest::{did_you_mean, one_of};
use crate::tree::Place;

/// An endpoint as the file writes it.
struct Handler<'a> {
    /// Its name, if the service has several.
    name: Option<&'a str>,
    steps: &'a [document::Step],
    pool: Option<&'a str>,
    place: Place,
}

impl<'a> Compiler<'a, '_> {
    pub(super) fn services(
        &mut self,
        calls: &mut CallBook<'a>,
        rows_used: &mut Vec<String>,
    ) -> (Vec<ServiceSpec>, Vec<EndpointSpec>) {
        let document = self.document;
        let (mut services, mut endpoints) = (Vec::new(), Vec::new());
        let mut tasks = Tasks::after(calls.endpoints());
        for (index, (name, service)) in document.services.iter().enumerate() {
            let place = Place::keys(["services", name]);
            let handlers = self.handlers(service, &place);
            let first = endpoints.len();
            let pools_of_handlers: Vec<u16> =
                handlers.iter().map(|handler| self.pool_of(service, handler)).collect();
            for (handler, pool) in handlers.iter().zip(&pools_of_handlers) {
                let (caller, full_name) = match handler.name {
                    Some(endpoint) => {
                        (Caller::Endpoint(name, endpoint), format!("{name}.{endpoint}"))
                    }
                    None => (Caller::Service(name), name.clone()),
                };
                let host = Host {
                    id: ServiceId(id(index)),
                    name,
                    service,
                    pools_of_handlers: &pools_of_handlers,
                };
                let mut books = Books { calls, tasks: &mut tasks, rows_used };
                let steps = self.program(&mut books, &host, caller, handler.steps, &handler.place);
                endpoints.push(EndpointSpec {
                    name: full_name.into(),
                    service: ServiceId(id(index)),
                    pool: *pool,
                    steps,
                });
            }
            self.check_cold_start(service, &place);
            self.check_balancer(service, &place);
            self.check_limits(service, &place);
            self.check_shedding(service, &place);
            services.push(ServiceSpec {
                name: name.as_str().into(),
                instances: most_instances(service),
                balancer: service.balancer.clone(),
                mode: service.mode,
                limits: service.limits.clone(),
                pools: pools(&service.pools, tasks.need_a_pool(ServiceId(id(index)))),
                endpoints: (first..endpoints.len()).map(|e| EndpointId(id(e))).collect(),
                overrun: service.overrun,
                cold_start: service.cold_start,
                contention: service.contention,
                deadlines: service.deadlines,
            });
        }
        endpoints.extend(tasks.endpoints());
        (services, endpoints)
    }

    /// The endpoints: the only one, or each of several.
    fn handlers(&mut self, service: &'a Service, place: &Place) -> Vec<Handler<'a>> {
        match (&service.steps, &service.endpoints) {
            (Some(steps), None) => {
                let place = place.key("steps");
                vec![Handler { name: None, steps, pool: None, place }]
            }
            (None, Some(endpoints)) if !endpoints.is_empty() => {
                let several = endpoints.len() > 1;
                let handler = |(name, endpoint): (&'a String, &'a Endpoint)| Handler {
                    name: several.then_some(name.as_str()),
                    steps: &endpoint.steps,
                    pool: endpoint.pool.as_deref(),
                    place: place.key("endpoints").key(name).key("steps"),
                };
                endpoints.iter().map(handler).collect()
            }
            (Some(_), Some(_)) => {
                let second = place.key("endpoints").name(self.root);
                let first = place.key("steps").name(self.root);
                let title = "a service has `steps` or `endpoints`, not both";
                self.push(Diagnostic::error(title).at(second, "").at(first, "given here, too"));
                Vec::new()
            }
            _ => {
                self.error(place, "the service does nothing: `steps` or `endpoints` is missing")
                    .helps
                    .push("write `steps = [{ work = \"exp(20ms)\" }]`".to_owned());
                Vec::new()
            }
        }
    }

    /// The pool that an endpoint works in, by its place in the service.
    fn pool_of(&mut self, service: &Service, handler: &Handler<'_>) -> u16 {
        let names = || service.pools.keys().map(String::as_str);
        let Some(name) = handler.pool else {
            if service.pools.len() > 1 && !service.pools.contains_key("main") {
                self.error(&handler.place, "the service has several pools, and this names none")
                    .helps
                    .push(format!("say which: `pool = …` with {}", one_of(names())));
            }
            return id(service.pools.get_index_of("main").unwrap_or(0));
        };
        match service.pools.get_index_of(name) {
            Some(index) => id(index),
            None => {
                let helps = [
                    did_you_mean(name, names()),
                    Some(format!("the pools are {}", one_of(names()))),
                ];
                let place = handler.place.sibling("pool");
                self.error(&place, format!("the service has no pool `{name}`"))
                    .helps
                    .extend(helps.into_iter().flatten());
                0
            }
        }
    }

    fn check_balancer(&mut self, service: &Service, place: &Place) {
        let problems = service.balancer.check(most_instances(service)).err().unwrap_or_default();
        for problem in problems.0 {
            let place = place.key("balancer").dotted(&problem.path);
            self.error(&place, problem.to_string());
        }
    }

    fn check_limits(&mut self, service: &Service, place: &Place) {
        for (index, limit) in service.limits.iter().enumerate() {
            for problem in limit.check().err().unwrap_or_default().0 {
                let place = place.key("limits").index(index).dotted(&problem.path);
                self.error(&place, problem.to_string());
            }
        }
    }

    fn check_cold_start(&mut self, service: &Service, place: &Place) {
        let Some(cold_start) = service.cold_start else { return };
        if !(cold_start.factor >= 1.0 && cold_start.factor.is_finite()) {
            let place = place.key("cold_start").key("factor");
            self.error(&place, "a cold start makes work slower: the factor is at least 1");
        }
    }
}
