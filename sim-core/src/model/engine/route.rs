//! What the engine asks of an edge at every step of every request, looked up once.

use super::super::machine::Disk;
use super::super::spec::{
    ColdStart, Deadlines, EdgeSpec, EndpointId, LinkSpec, Model, Overrun, ServiceId, ServiceMode,
    Step,
};
use super::destinations::is_of_callee;
use super::front::Front;
use super::injection::is_disturbed;
use super::layer::Layer;
use super::meter::{self, Subjects};
use crate::kernel::{Distribution, SimDuration};
use crate::policy::{Abandoned, LateAnswers, ResolvedLayer, SentDeadlines};

/// Where the requests of an edge go, and how.
///
/// It is made before the run and lent to it, so that whoever holds one may change the state of the
/// run meanwhile.
#[derive(Clone, Debug)]
pub(in super::super) struct Route<'m> {
    /// The layers of its policy, outermost first.
    pub(super) layers: Box<[Layer<'m>]>,
    /// The steps of its endpoint.
    pub(super) steps: &'m [Step],
    /// The demand of the first of them, if that is work.
    pub(super) first_demand: Option<&'m Distribution>,
    pub(super) link: &'m LinkSpec,
    /// The latency of its link, if nothing is drawn for it, and nothing is lost.
    pub(super) sure_latency: Option<SimDuration>,
    /// The latency of its link, if it is constant.
    pub(super) constant_latency: Option<SimDuration>,
    pub(super) overrun: Option<Overrun>,
    pub(super) cold_start: Option<ColdStart>,
    /// What each request inside an instance adds to the work that begins there.
    pub(super) contention: SimDuration,
    /// Whether work takes its demand, whatever the state of the instance.
    pub(super) is_plain: bool,
    /// Whether it is done on a machine that others work on, too.
    pub(super) is_on_machine: bool,
    /// Whether messages on its link need more than their latency and their luck, or may be met by a
    /// fault there.
    pub(super) is_conveyed: bool,
    /// What is measured at its service and its endpoint.
    pub(super) served: Subjects,
    /// The first instance of its service among those of all services.
    first_instance: u32,
    /// The pool of its endpoint in that instance, among those of all instances.
    first_pool: u32,
    pools_per_instance: u32,
    pub(super) service: ServiceId,
    pub(super) endpoint: EndpointId,
    /// The class of its calls, if they have one of their own.
    pub(super) priority: Option<u8>,
    /// Whether its instances look more closely at whom they let in: there are limits, a shedder,
    /// a number of requests that overruns one, or only the primary takes them.
    pub(super) is_screened: bool,
    /// Whether its requests take memory that may run out.
    pub(super) takes_memory: bool,
    /// Whether they leave something on a disk that may be full.
    pub(super) fills_disk: bool,
    /// Whether somebody hears of every request that takes its first worker.
    pub(super) tells_start: bool,
    /// Whether its service has limits, which hear of every request that leaves.
    pub(super) has_limits: bool,
    /// Whether its handler locks rows.
    pub(super) locks: bool,
    /// Whether its handler looks into caches.
    pub(super) looks: bool,
    /// Whether its instances follow a primary.
    pub(super) is_replicated: bool,
    /// Whether somebody hears of every request that leaves.
    pub(super) tells_end: bool,
    /// Whether somebody may ask of its requests what is noted beside their slots.
    pub(super) has_details: bool,
    /// Whether something is noted of every call that starts: a hedge may copy it, where it goes is known
    /// before it is sent, or it is watched.
    pub(super) is_noted: bool,
    /// Whether a layer of its calls has a state for each instance that they go to.
    pub(super) is_bound: bool,
    /// Whether its calls may know where they go when they are sent.
    pub(super) is_told: bool,
    /// Whether the model tells classes of calls.
    pub(super) has_classes: bool,
    /// Whether its service lets a worker go while a request waits for a call.
    pub(super) is_async: bool,
    /// Whether work that its caller abandons is called off.
    pub(super) calls_off: bool,
    /// Whether a late answer ends the call.
    pub(super) accepts_late_answers: bool,
    /// Whether the balancer in front of its service counts what is outstanding, or detects outliers.
    pub(super) is_watched: bool,
    /// Whether something is drawn for every attempt: an instance, a latency, a loss, or the demand
    /// of the first step.
    pub(super) draws: bool,
    /// Whether more is drawn for every attempt than the demand of the first step.
    pub(super) draws_more: bool,
    /// What its service makes of the deadlines of its requests.
    pub(super) deadlines: Deadlines,
    /// Whether its requests say how long their caller waits.
    pub(super) sends_deadline: bool,
    /// Whether it leads to a background task of the caller's own instance.
    pub(super) is_local: bool,
    /// Whether a copy that a server begins to work on cancels the others.
    pub(super) is_tied: bool,
}

impl<'m> Route<'m> {
    /// The routes of all edges.
    pub(in super::super) fn all(model: &'m Model) -> Vec<Self> {
        let endpoints = meter::subjects_of_endpoints(model);
        let (first_instances, first_pools) = places(model);
        let classes = model.classes();
        let of = |(edge, layers): (&'m EdgeSpec, _)| {
            let endpoint = &model.endpoints[edge.to.index()];
            let service = &model.services[endpoint.service.index()];
            let link = &model.links[edge.link.index()];
            let constant_latency = constant(&link.latency);
            let loses = !link.loss.is_none();
            let is_local = model.is_task(edge.to);
            let is_conveyed = !is_local && is_conveyed(model, edge);
            let first_demand = match endpoint.steps.first() {
                Some(Step::Work(demand)) => Some(demand),
                _ => None,
            };
            let draws_demand = first_demand.is_some_and(|demand| constant(demand).is_none());
            let chooses = service.balancer.draws() && service.instances > 1;
            let draws_more = chooses || loses || constant_latency.is_none();
            let is_on_machine = model.machine_of(endpoint.service).is_some();
            let takes_memory = model.memory_of(endpoint.service).is_some();
            let has_disk = |(of, _): &(ServiceId, Disk)| *of == endpoint.service;
            let fills_disk = !is_local && model.disks.iter().any(has_disk);
            let is_probe = model.is_probe(edge);
            let has_limits = !service.limits.is_empty() && !is_local;
            let is_bound = edge.policy.layers.iter().any(is_of_callee);
            let is_tied = edge.policy.layers.iter().any(is_tied);
            let is_replicated = !is_local && model.replication_of(endpoint.service).is_some();
            let looks = endpoint.steps.iter().any(|step| matches!(step, Step::Look(_)));
            let locks =
                endpoint.steps.iter().any(|step| matches!(step, Step::Lock(_) | Step::Commit));
            Self {
                layers,
                steps: &endpoint.steps,
                first_demand,
                link,
                sure_latency: constant_latency.filter(|_| !(loses || is_local || is_conveyed)),
                constant_latency,
                overrun: service.overrun,
                cold_start: service.cold_start,
                contention: service.contention,
                is_conveyed,
                is_plain: service.cold_start.is_none()
                    && service.contention.is_zero()
                    && !is_on_machine,
                is_on_machine,
                served: Subjects::of(model, edge.to, endpoints[edge.to.index()]),
                first_instance: first_instances[endpoint.service.index()],
                first_pool: first_pools[endpoint.service.index()] + u32::from(endpoint.pool),
                pools_per_instance: service.pools.len() as u32,
                service: endpoint.service,
                endpoint: edge.to,
                priority: edge.priority,
                has_limits,
                locks,
                looks,
                is_replicated,
                fills_disk,
                tells_end: has_limits || locks || looks || is_replicated,
                has_details: has_details(model, edge),
                is_noted: is_bound || edge.policy.layers.iter().any(is_hedge),
                is_bound,
                is_told: is_bound || is_probe,
                has_classes: classes > 1,
                takes_memory,
                is_screened: takes_memory
                    || is_replicated
                    || fills_disk
                    || !service.limits.is_empty()
                    || service.overrun.is_some()
                    || service.pools[usize::from(endpoint.pool)].shedding.is_some(),
                is_async: service.mode == ServiceMode::Async,
                deadlines: if is_local { Deadlines::Ignored } else { service.deadlines },
                sends_deadline: edge.policy.deadlines == SentDeadlines::Sent,
                is_tied,
                tells_start: is_tied,
                calls_off: edge.policy.abandoned == Abandoned::Cancelled,
                accepts_late_answers: edge.policy.late_answers == LateAnswers::Accepted,
                is_watched: Front::is_watched(model, endpoint.service) && !is_local && !is_probe,
                is_local,
                draws: draws_more || draws_demand,
                draws_more,
            }
        };
        model.edges.iter().zip(Layer::all(model)).map(of).collect()
    }

    /// The same, where somebody follows calls: nothing is passed over that could be told of. What happens
    /// stays the same.
    pub(in super::super) fn watched(self) -> Self {
        Self {
            sure_latency: None,
            is_plain: false,
            is_screened: true,
            tells_start: true,
            tells_end: true,
            has_details: true,
            is_noted: true,
            ..self
        }
    }

    /// The place of an instance of its service among all instances.
    #[inline]
    pub(super) fn instance(&self, instance: u32) -> usize {
        (self.first_instance + instance) as usize
    }

    /// The place of its pool in an instance of its service among all pools.
    #[inline]
    pub(super) fn pool(&self, instance: u32) -> usize {
        (self.first_pool + instance * self.pools_per_instance) as usize
    }
}

/// Of each service: the place of its first instance, and of the first pool of that.
pub(super) fn places(model: &Model) -> (Vec<u32>, Vec<u32>) {
    let (mut instances, mut pools) = (0, 0);
    let place = |service: &super::super::spec::ServiceSpec| {
        let first = (instances, pools);
        instances += service.instances;
        pools += service.instances * service.pools.len() as u32;
        first
    };
    model.services.iter().map(place).unzip()
}

/// Whether somebody may ask more of the requests of an edge than what all have in common. Nobody does
/// where nothing is drawn after one is sent, it is turned away by nobody but its pool, works once and
/// calls nobody, and is heard of by nobody but its caller, who hears it once.
fn has_details(model: &Model, edge: &EdgeSpec) -> bool {
    let endpoint = &model.endpoints[edge.to.index()];
    let service = &model.services[endpoint.service.index()];
    let link = &model.links[edge.link.index()];
    let plain = !is_conveyed(model, edge)
        && !model.is_task(edge.to)
        && !model.is_probe(edge)
        && !model.asks_what_requests_are_about()
        && constant(&link.latency).is_some()
        && link.loss.is_none()
        && matches!(*endpoint.steps, [] | [Step::Work(_)])
        && model.faults.is_empty()
        && model.classes() <= 1
        && service.limits.is_empty()
        && service.overrun.is_none()
        && model.memory_of(endpoint.service).is_none()
        && model.disks.is_empty()
        && service.pools[usize::from(endpoint.pool)].shedding.is_none()
        && !Front::is_watched(model, endpoint.service)
        && !edge.policy.layers.iter().any(is_hedge)
        && edge.policy.late_answers != LateAnswers::Accepted;
    !plain
}

/// Whether messages along an edge need more than their latency and their luck.
fn is_conveyed(model: &Model, edge: &EdgeSpec) -> bool {
    let to = model.endpoints[edge.to.index()].service;
    let is_far = !model.zones.between.is_zero() && !model.zones.of_service(to).is_empty();
    is_far || !model.links[edge.link.index()].is_plain() || is_disturbed(model, edge.link)
}

fn is_hedge(layer: &ResolvedLayer) -> bool {
    matches!(layer, ResolvedLayer::Hedge(_))
}

fn is_tied(layer: &ResolvedLayer) -> bool {
    matches!(layer, ResolvedLayer::Hedge(hedging) if hedging.kind.is_tied())
}

fn constant(distribution: &Distribution) -> Option<SimDuration> {
    match distribution {
        Distribution::Constant(always) => Some(*always),
        _ => None,
    }
}
