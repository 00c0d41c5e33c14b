//! Probes: which endpoint they ask, within which time.

use sim_core::kernel::SimDuration;
use sim_core::model::spec::{self, EdgeId, ProbeSpec, ServiceId};
use sim_core::policy::{ResolvedLayer, ResolvedPolicy};

use super::calls::{CallBook, Caller};
use super::{Compiler, id};
use crate::document::{Liveness, Probes, Service};
use crate::suggest::{did_you_mean, one_of};
use crate::tree::Place;

impl<'a> Compiler<'a, '_> {
    pub(super) fn probes(&mut self, calls: &mut CallBook<'a>) -> Vec<ProbeSpec> {
        let document = self.document;
        let mut specs = Vec::new();
        for (index, (name, service)) in document.services.iter().enumerate() {
            if let Some(probes) = &service.probes {
                let place = Place::keys(["services", name, "probes"]);
                let service = (name.as_str(), service, ServiceId(id(index)));
                specs.push(self.probes_of(service, probes, calls, &place));
            }
        }
        specs
    }

    fn probes_of(
        &mut self,
        (name, service, id): (&'a str, &'a Service, ServiceId),
        probes: &'a Probes,
        calls: &mut CallBook<'a>,
        place: &Place,
    ) -> ProbeSpec {
        let check = service.balancer.health_check.as_ref();
        let timeout = check.map(|check| check.checker().timeout());
        let readiness = probes.readiness.as_ref().and_then(|endpoint| {
            let place = place.key("readiness");
            let Some(timeout) = timeout else {
                self.error(&place, "nobody asks: the balancer has no health check")
                    .helps
                    .push("write `balancer = { health_check = { kubernetes = {} } }`".to_owned());
                return None;
            };
            let caller = Caller::Endpoint(name, "readiness");
            self.probe(caller, (name, service), endpoint, timeout, calls, place)
        });
        let liveness = probes.liveness.as_ref().map(|liveness| {
            let place = place.key("liveness");
            self.check_liveness(liveness, &place);
            let timeout = liveness.check.checker().timeout();
            let edge = liveness.endpoint.as_ref().and_then(|endpoint| {
                let place = place.key("endpoint");
                let caller = Caller::Endpoint(name, "liveness");
                self.probe(caller, (name, service), endpoint, timeout, calls, place)
            });
            let Liveness { check, restart, at_most_down, .. } = liveness.clone();
            spec::Liveness { check, edge, restart, at_most_down }
        });
        ProbeSpec { service: id, readiness, liveness }
    }

    fn check_liveness(&mut self, liveness: &Liveness, place: &Place) {
        for problem in liveness.check.check().err().unwrap_or_default().0 {
            self.error(&place.key("check").dotted(&problem.path), problem.to_string());
        }
        if liveness.restart.is_zero() {
            self.error(&place.key("restart"), "a restart takes some time");
        }
    }

    /// The call that a probe is.
    fn probe(
        &mut self,
        caller: Caller<'a>,
        (name, service): (&str, &Service),
        endpoint: &str,
        timeout: SimDuration,
        calls: &mut CallBook<'a>,
        place: Place,
    ) -> Option<EdgeId> {
        let known = || service.endpoints.iter().flatten().map(|(endpoint, _)| endpoint.as_str());
        if !known().any(|known| known == endpoint) {
            let title = format!("the service has no endpoint `{endpoint}`");
            let list = match known().next() {
                None => {
                    "write its `steps` as `[services.X.endpoints.Y]`, and one for probes".into()
                }
                Some(_) => format!("the endpoints are {}", one_of(known())),
            };
            let helps = did_you_mean(endpoint, known()).into_iter().chain([list]);
            self.error(&place, title).helps.extend(helps);
            return None;
        }
        let layers = vec![ResolvedLayer::Timeout(timeout)];
        let policy = ResolvedPolicy { layers, ..ResolvedPolicy::default() };
        Some(calls.probe(caller, &format!("{name}.{endpoint}"), policy, place))
    }
}
