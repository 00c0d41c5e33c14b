//! Services, their pools and their endpoints.

use sim_core::model::spec::{EndpointId, EndpointSpec, ServiceId, ServiceSpec, Step};

use super::calls::{CallBook, CallSite, Caller};
use super::pools::pools;
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
        for (index, (name, service)) in document.services.iter().enumerate() {
            let place = Place::keys(["services", name]);
            let handlers = self.handlers(service, &place);
            let first = endpoints.len();
            for handler in handlers {
                let pool = self.pool_of(service, &handler);
                let caller = match handler.name {
                    Some(endpoint) => Caller::Endpoint(name, endpoint),
                    None => Caller::Service(name),
                };
                let steps = self.steps(caller, &handler, calls, rows_used);
                let full_name = match handler.name {
                    Some(endpoint) => format!("{name}.{endpoint}"),
                    None => name.clone(),
                };
                endpoints.push(EndpointSpec {
                    name: full_name.into(),
                    service: ServiceId(id(index)),
                    pool,
                    steps,
                });
            }
            self.check_cold_start(service, &place);
            self.check_balancer(service, &place);
            self.check_limits(service, &place);
            self.check_shedding(service, &place);
            services.push(ServiceSpec {
                name: name.as_str().into(),
                instances: service.instances,
                balancer: service.balancer.clone(),
                mode: service.mode,
                limits: service.limits.clone(),
                pools: pools(&service.pools),
                endpoints: (first..endpoints.len()).map(|e| EndpointId(id(e))).collect(),
                overrun: service.overrun,
                cold_start: service.cold_start,
                contention: service.contention,
                deadlines: service.deadlines,
            });
        }
        (services, endpoints)
    }

    /// The endpoints: the only one, or each of several.
    fn handlers<'s>(&mut self, service: &'s Service, place: &Place) -> Vec<Handler<'s>> {
        match (&service.steps, &service.endpoints) {
            (Some(steps), None) => {
                let place = place.key("steps");
                vec![Handler { name: None, steps, pool: None, place }]
            }
            (None, Some(endpoints)) if !endpoints.is_empty() => {
                let several = endpoints.len() > 1;
                let handler = |(name, endpoint): (&'s String, &'s Endpoint)| Handler {
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

    fn steps(
        &mut self,
        caller: Caller<'a>,
        handler: &Handler<'_>,
        calls: &mut CallBook<'a>,
        rows_used: &mut Vec<String>,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        for (index, step) in handler.steps.iter().enumerate() {
            let place = handler.place.index(index);
            steps.push(match step {
                document::Step::Work(demand) => {
                    Step::Work(self.distribution(demand, &place.key("work")))
                }
                document::Step::Call(call) => {
                    let edge = calls.edge(CallSite {
                        caller,
                        to: &call.to.0,
                        policy: call.policy.as_ref().map(|policy| policy.0.as_str()),
                        priority: call.priority,
                        place: place.key("call"),
                    });
                    Step::Call { edge, optional: call.optional }
                }
                document::Step::Read(step) => Step::Read(self.row(&step.row.0, rows_used)),
                document::Step::WriteIfUnchanged(step) => {
                    Step::WriteIfUnchanged(self.row(&step.row.0, rows_used))
                }
            });
        }
        steps
    }

    fn check_balancer(&mut self, service: &Service, place: &Place) {
        let problems = service.balancer.check(service.instances).err().unwrap_or_default();
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
