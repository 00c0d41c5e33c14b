//! Loops that take no time: retries without a wait of calls that can fail at once, and users who
//! never think and whose calls can end at once. Simulated time would stand still in them.

use sim_core::model::fault::{Fault, OldAddress};
use sim_core::model::spec::{EdgeId, EdgeSpec, EndpointId, Model, Step, Target};
use sim_core::model::workload::Load;
use sim_core::policy::{Outcome, ResolvedLayer, RetryPolicy};

use super::Facts;
use super::waits::waits;
use crate::diagnostic::Diagnostic;
use crate::tree::Place;

/// More attempts than these at one instant are a loop for all purposes.
const MOST_AT_ONCE: u32 = 1_000;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let instants = Instants::of(&facts.compiled.model);
    let mut found = retries(facts, &instants);
    found.extend(closed_loops(facts, &instants));
    found
}

/// An end that takes no time, and how it comes about.
#[derive(Clone, Debug, PartialEq)]
struct Instant {
    outcome: Outcome,
    why: String,
}

/// The ends that take no time.
struct Instants {
    /// Of a request, by endpoint: as the service sees it, without the way there.
    of_endpoints: Vec<Vec<Instant>>,
}

impl Instants {
    fn of(model: &Model) -> Self {
        let mut instants = Self { of_endpoints: vec![Vec::new(); model.endpoints.len()] };
        // Callees before callers: the calls have no cycle.
        for endpoint in callees_first(model) {
            instants.of_endpoints[endpoint] = instants.of_request(model, endpoint);
        }
        instants
    }

    /// How a request can end at once at an endpoint.
    fn of_request(&self, model: &Model, endpoint: usize) -> Vec<Instant> {
        let spec = &model.endpoints[endpoint];
        let mut ends = turned_away(model, EndpointId(endpoint as u16));
        let contention = model.services[spec.service.index()].contention;
        let takes_time = |step: &Step| match step {
            Step::Work(demand) => !(demand.is_zero() && contention.is_zero()),
            _ => false,
        };
        // Every step that can be come to at once; one number behind the last is the end. What a fork
        // waits for may take time even if its first branch does not: to be sure that something is
        // found, it is taken to take none.
        let mut come_to = vec![false; spec.steps.len() + 1];
        let mut ahead = vec![0_u16];
        while let Some(number) = ahead.pop() {
            let seen = come_to.get_mut(usize::from(number));
            if seen.is_none_or(|seen| std::mem::replace(seen, true)) {
                continue;
            }
            let Some(step) = spec.steps.get(usize::from(number)).filter(|step| !takes_time(step))
            else {
                continue;
            };
            let mut goes_on = true;
            if let Step::Call { edge, optional } = step {
                let call = self.of_call(model, *edge);
                let failed = call.iter().find(|end| end.outcome.is_failure());
                if let (Some(failed), false) = (failed, optional) {
                    let why = failed.why.clone();
                    ends.push(Instant { outcome: Outcome::ServerError, why });
                }
                goes_on = call.iter().any(|end| *optional || !end.outcome.is_failure());
            }
            if goes_on {
                ahead.extend(step.leads_to(number));
            }
        }
        if !come_to[spec.steps.len()] {
            return ends;
        }
        let why = format!("`{}` takes no time", spec.name);
        ends.push(Instant { outcome: Outcome::Ok, why });
        ends
    }

    /// How one attempt can end at once, the way there and back included.
    fn of_attempt(&self, model: &Model, edge: &EdgeSpec) -> Vec<Instant> {
        let mut ends = match model.links[edge.link.index()].latency.is_zero() {
            true => self.of_endpoints[edge.to.index()].clone(),
            false => Vec::new(),
        };
        ends.extend(on_the_way(model, edge));
        let service = &model.services[model.endpoints[edge.to.index()].service.index()];
        let balancer = &service.balancer;
        if balancer.outlier.is_some() && balancer.panic_threshold == 0.0 {
            let why = format!("`{}` can have no instance that is not ejected", service.name);
            ends.push(Instant { outcome: Outcome::Refused, why });
        }
        ends
    }

    /// How a whole call can end at once: its retries included.
    fn of_call(&self, model: &Model, edge: EdgeId) -> Vec<Instant> {
        let edge = &model.edges[edge.index()];
        let mut ends = self.of_attempt(model, edge);
        for layer in edge.policy.layers.iter().rev() {
            if let ResolvedLayer::Retry(retry) = layer {
                let once = retry.max_attempts.is_some_and(|n| n.get() == 1);
                let at_once = once || waits(retry).are_nothing();
                ends.retain(|end| at_once || !retry.on.contains(end.outcome));
            }
        }
        ends
    }
}

/// How an attempt can end at once on its way, through a fault on its link.
fn on_the_way(model: &Model, edge: &EdgeSpec) -> Vec<Instant> {
    let link = &model.links[edge.link.index()];
    let service = model.endpoints[edge.to.index()].service;
    let hits =
        |target: &Target| *target == Target::Link(edge.link) || *target == Target::Service(service);
    let mut ends = Vec::new();
    for fault in model.faults.iter().filter(|fault| fault.targets.iter().any(hits)) {
        let on_link = fault.hits(Target::Link(edge.link));
        let outcome = match &fault.fault {
            Fault::Dns(dns) if dns.after.is_zero() => Outcome::Unresolved,
            Fault::Reset(_) if link.latency.is_zero() => Outcome::Reset,
            Fault::Refuse(_) if link.latency.is_zero() && on_link => Outcome::Refused,
            Fault::StaleDns(dns) if link.latency.is_zero() && dns.meets == OldAddress::Refusal => {
                Outcome::Refused
            }
            _ => continue,
        };
        let why = format!("`{}` ends attempts at once on `{}`", fault.name, link.name);
        ends.push(Instant { outcome, why });
    }
    ends
}

/// How a request can be turned away at once.
fn turned_away(model: &Model, endpoint: EndpointId) -> Vec<Instant> {
    let endpoint = &model.endpoints[endpoint.index()];
    let service = &model.services[endpoint.service.index()];
    let name = &service.name;
    let mut ends = Vec::new();
    let mut end = |outcome, why: String| ends.push(Instant { outcome, why });
    let pool = &service.pools[usize::from(endpoint.pool)];
    if pool.workers.is_some() && pool.queue.capacity.is_some() {
        end(Outcome::Overflow, format!("a full queue of `{name}` turns requests away at once"));
    }
    if service.overrun.is_some() {
        end(Outcome::Refused, format!("`{name}` refuses at once while it restarts"));
    }
    // One instance that is left over takes its time.
    let hits_all_instances = |target: &Target| match target {
        Target::Service(service) => *service == endpoint.service,
        Target::Instances(of, portion) => {
            *of == endpoint.service && (0..service.instances).all(|one| portion.holds(one))
        }
        _ => false,
    };
    for fault in model.faults.iter().filter(|f| f.targets.iter().any(hits_all_instances)) {
        let hits_all = |share: f64| share >= 1.0;
        match &fault.fault {
            Fault::Refuse(refuse) if hits_all(refuse.share) => {
                end(Outcome::Refused, format!("`{name}` refuses at once during `{}`", fault.name));
            }
            Fault::Crash(crash) if hits_all(crash.share) && !crash.silent => {
                end(Outcome::Refused, format!("`{name}` refuses at once during `{}`", fault.name));
            }
            Fault::Errors(errors) if hits_all(errors.share) => {
                end(errors.outcome, format!("`{name}` fails at once during `{}`", fault.name));
            }
            _ => {}
        }
    }
    ends
}

/// The endpoints, each after those that it calls.
fn callees_first(model: &Model) -> Vec<usize> {
    let mut order = Vec::with_capacity(model.endpoints.len());
    let mut seen = vec![false; model.endpoints.len()];
    for start in 0..model.endpoints.len() {
        let mut way = vec![(start, false)];
        while let Some((endpoint, callees_done)) = way.pop() {
            if callees_done {
                order.push(endpoint);
            } else if !seen[endpoint] {
                seen[endpoint] = true;
                way.push((endpoint, true));
                for edge in super::cycles::calls(model, endpoint) {
                    way.push((model.edges[edge.index()].to.index(), false));
                }
            }
        }
    }
    order
}

/// Retries that can be made without end at one instant.
fn retries(facts: &Facts<'_>, instants: &Instants) -> Vec<Diagnostic> {
    let model = &facts.compiled.model;
    let mut found = Vec::new();
    for (edge, site) in model.edges.iter().zip(&facts.compiled.sites) {
        let Some(policy) = &site.policy else { continue };
        let mut ends = instants.of_attempt(model, edge);
        for (index, layer) in edge.policy.layers.iter().enumerate().rev() {
            let ResolvedLayer::Retry(retry) = layer else { continue };
            let repeated = ends.iter().find(|end| retry.on.contains(end.outcome));
            if let (Some(end), true) = (repeated, is_endless_at_once(retry)) {
                let place = Place::keys(["policies", policy, "layers"]).index(index).key("retry");
                found.push(endless_retry(facts, &place, edge, retry, end));
            }
            ends.retain(|end| waits(retry).are_nothing() || !retry.on.contains(end.outcome));
        }
    }
    found
}

fn is_endless_at_once(retry: &RetryPolicy) -> bool {
    let many = retry.max_attempts.is_none_or(|n| n.get() > MOST_AT_ONCE);
    many && waits(retry).are_nothing()
}

fn endless_retry(
    facts: &Facts<'_>,
    place: &Place,
    edge: &EdgeSpec,
    retry: &RetryPolicy,
    end: &Instant,
) -> Diagnostic {
    let how_often = match retry.max_attempts {
        None => "without end".to_owned(),
        Some(n) => format!("{n} times"),
    };
    let title = format!(
        "a retry loop that takes no time: `{}` can be tried {how_often} at one instant",
        edge.name
    );
    Diagnostic::error(title)
        .at(place.key("backoff").value(facts.root), "this waits for nothing")
        .note(format!("{}, and the attempt is repeated at once", end.why))
        .help("give the backoff a wait, limit `max_attempts`, or give the link a latency")
}

/// Users who can call without end at one instant.
fn closed_loops(facts: &Facts<'_>, instants: &Instants) -> Vec<Diagnostic> {
    let model = &facts.compiled.model;
    let mut found = Vec::new();
    for client in &model.clients {
        let Load::Closed(load) = &client.load else { continue };
        let many = load.calls_per_user.is_none_or(|n| n > MOST_AT_ONCE);
        if !many || !load.think.is_zero() {
            continue;
        }
        let ends = instants.of_call(model, client.edge);
        if let Some(end) = ends.first() {
            let place = Place::keys(["clients", &client.name, "load", "closed", "think"]);
            let title = format!(
                "a closed loop that takes no time: the users of `{}` can call without end at one instant",
                client.name
            );
            found.push(
                Diagnostic::error(title)
                    .at(place.value(facts.root), "these users never think")
                    .note(format!("{}, and the user calls again at once", end.why))
                    .help("give the users a time to think, or the link a latency"),
            );
        }
    }
    found
}
