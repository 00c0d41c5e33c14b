//! Who calls what: the edges of the model and the links that they travel over.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use sim_core::kernel::sample::Keys;
use sim_core::model::network::{Bandwidth, Loss, Transport};
use sim_core::model::spec::{
    Carried, EdgeId, EdgeSpec, EndpointId, LinkId, LinkSpec, Substitution,
};
use sim_core::policy::{ResolvedLayer, ResolvedPolicy};

use super::{Compiler, Site, edge_id, id};
use crate::diagnostic::Diagnostic;
use crate::document::{Document, Link, Network};
use crate::suggest::{did_you_mean, one_of};
use crate::tree::Place;

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(super) enum Caller<'a> {
    Client(&'a str),
    /// The only endpoint of a service.
    Service(&'a str),
    /// One of the endpoints of a service.
    Endpoint(&'a str, &'a str),
}

impl Caller<'_> {
    /// The caller in the name of an edge.
    fn name(self) -> String {
        match self {
            Self::Client(name) | Self::Service(name) => name.to_owned(),
            Self::Endpoint(service, endpoint) => format!("{service}.{endpoint}"),
        }
    }

    fn owner(self) -> String {
        match self {
            Self::Client(name) | Self::Service(name) | Self::Endpoint(name, _) => name.to_owned(),
        }
    }
}

/// A call as the file writes it.
pub(super) struct CallSite<'a, 's> {
    pub(super) caller: Caller<'a>,
    pub(super) to: &'s str,
    pub(super) policy: Option<&'s str>,
    pub(super) priority: Option<u8>,
    pub(super) carries: Carries,
    pub(super) place: Place,
}

/// What a call carries, beside its class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Carries {
    pub(super) keys: Option<Keys>,
    pub(super) idempotency: bool,
}

impl Carries {
    /// In words, to tell calls from each other.
    fn text(self) -> String {
        let keys = self.keys.map_or_else(String::new, |keys| keys.to_string());
        format!("{keys}{}", if self.idempotency { "!" } else { "" })
    }
}

/// Collects calls as edges. Calls of one caller to one callee under one policy and of one class are
/// one edge; otherwise they are numbered.
pub(super) struct CallBook<'a> {
    endpoints: Endpoints,
    policies: IndexMap<String, ResolvedPolicy>,
    calls: Vec<Call<'a>>,
    /// The calls by their name, policy, class and what they carry.
    known: BTreeMap<(String, Option<String>, Option<u8>, String), usize>,
    /// How many policies and classes the calls of a name have.
    kinds_of: BTreeMap<String, u32>,
}

struct Call<'a> {
    caller: Caller<'a>,
    /// `caller->callee`; with `#2`, `#3`, … where the same call has several policies.
    name: String,
    /// The names of links that fit it, the closest fit first; a task has no way to go.
    links: Option<[String; 4]>,
    to: EndpointId,
    policy: Option<String>,
    /// Of a probe: its policy, which has no name.
    own_policy: Option<ResolvedPolicy>,
    priority: Option<u8>,
    carries: Carries,
    place: Place,
}

impl<'a> CallBook<'a> {
    pub(super) fn new(compiler: &mut Compiler<'a, '_>) -> Self {
        Self {
            endpoints: Endpoints::of(compiler.document),
            policies: compiler.policies(),
            calls: Vec::new(),
            known: BTreeMap::new(),
            kinds_of: BTreeMap::new(),
        }
    }

    /// The edge of a call.
    pub(super) fn edge(&mut self, site: CallSite<'a, '_>) -> EdgeId {
        let (to, callee, callee_service) = self.endpoints.resolve(site.to);
        let name = format!("{}->{callee}", site.caller.name());
        let carries = site.carries.text();
        let key = (name, site.policy.map(str::to_owned), site.priority, carries);
        if let Some(known) = self.known.get(&key) {
            return edge_id(*known);
        }
        let kinds = self.kinds_of.entry(key.0.clone()).or_default();
        *kinds += 1;
        let name = match *kinds {
            1 => key.0.clone(),
            n => format!("{}#{n}", key.0),
        };
        self.known.insert(key, self.calls.len());
        let (caller, owner) = (site.caller.name(), site.caller.owner());
        self.calls.push(Call {
            links: Some([
                format!("{caller}->{callee}"),
                format!("{owner}->{callee}"),
                format!("{caller}->{callee_service}"),
                format!("{owner}->{callee_service}"),
            ]),
            name,
            to,
            policy: site.policy.map(str::to_owned),
            own_policy: None,
            priority: site.priority,
            carries: site.carries,
            place: site.place,
            caller: site.caller,
        });
        edge_id(self.calls.len() - 1)
    }

    /// How many endpoints all services have.
    pub(super) fn endpoints(&self) -> usize {
        self.endpoints.count
    }

    /// The edge of a probe, which asks an endpoint of its own service.
    pub(super) fn probe(
        &mut self,
        caller: Caller<'a>,
        to: &str,
        policy: ResolvedPolicy,
        place: Place,
    ) -> EdgeId {
        let (to, callee, service) = self.endpoints.resolve(to);
        let caller_name = caller.name();
        self.calls.push(Call {
            links: Some([
                format!("{caller_name}->{callee}"),
                format!("{service}->{callee}"),
                format!("{caller_name}->{service}"),
                format!("{service}->{service}"),
            ]),
            caller,
            name: format!("{caller_name}->{callee}"),
            to,
            policy: None,
            own_policy: Some(policy),
            priority: None,
            carries: Carries::default(),
            place,
        });
        edge_id(self.calls.len() - 1)
    }

    /// The edge on which a handler begins background tasks of this kind.
    pub(super) fn task(
        &mut self,
        caller: Caller<'a>,
        task: EndpointId,
        name: &str,
        place: Place,
    ) -> EdgeId {
        let name = format!("{}->{name}", caller.name());
        self.calls.push(Call {
            caller,
            name,
            links: None,
            to: task,
            policy: None,
            own_policy: None,
            priority: None,
            carries: Carries::default(),
            place,
        });
        edge_id(self.calls.len() - 1)
    }

    /// The calls that the fallbacks of each call make, which may have fallbacks themselves.
    fn substitutes(&mut self) -> Vec<Vec<Substitution>> {
        let mut substitutes = Vec::new();
        // The list grows while it is walked along.
        while let Some(call) = self.calls.get(substitutes.len()) {
            let call_like = (call.caller, call.priority, call.carries);
            let policy = call.policy.clone();
            let made = policy.map_or_else(Vec::new, |policy| self.calls_within(call_like, &policy));
            substitutes.push(made);
        }
        substitutes
    }

    /// The calls that the fallbacks of a policy make, which are of the class of the call and carry the
    /// same.
    fn calls_within(
        &mut self,
        (caller, priority, carries): (Caller<'a>, Option<u8>, Carries),
        policy: &str,
    ) -> Vec<Substitution> {
        let layers =
            self.policies.get(policy).map_or_else(Vec::new, |policy| policy.layers.clone());
        let mut made = Vec::new();
        for (layer, resolved) in layers.iter().enumerate() {
            let ResolvedLayer::Fallback(fallback) = resolved else { continue };
            let chain = Place::keys(["policies", policy, "layers"])
                .index(layer)
                .key("fallback")
                .key("chain");
            for (place, call) in fallback.calls() {
                let edge = self.edge(CallSite {
                    caller,
                    to: &call.to,
                    policy: call.policy.as_deref(),
                    priority,
                    carries,
                    place: chain.index(place.into()).key("call"),
                });
                made.push(Substitution { layer: layer as u8, place, edge });
            }
        }
        made
    }

    /// What the calls of some edges carry.
    fn carried(&self) -> Vec<Carried> {
        let calls = self.calls.iter().enumerate();
        let carrying = calls.filter(|(_, call)| call.carries != Carries::default());
        let carried = |(edge, call): (usize, &Call<'_>)| {
            let Carries { keys, idempotency } = call.carries;
            Carried { edge: edge_id(edge), keys, idempotency }
        };
        carrying.map(carried).collect()
    }

    /// The edges and links of the model.
    pub(super) fn finish(
        mut self,
        compiler: &mut Compiler<'_, '_>,
    ) -> (Vec<EdgeSpec>, Vec<LinkSpec>, Vec<Site>, Vec<Carried>) {
        let substitutes = self.substitutes();
        let carried = self.carried();
        compiler.check_links(&self.calls);
        let mut links: Vec<LinkSpec> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut edges = Vec::new();
        let mut sites = Vec::new();
        for (call, substitutes) in self.calls.into_iter().zip(substitutes) {
            let fitting = call.links.as_ref();
            let given = fitting.into_iter().flatten();
            let given = given.clone().find(|name| compiler.document.links.contains_key(*name));
            // Calls between the same two parties share a link unless the file tells them apart.
            let name = given.or(fitting.map(|[.., widest]| widest));
            // That of a task is any: nothing travels over it.
            let link = name.map_or(0, |name| {
                *known.entry(name.clone()).or_insert_with(|| {
                    links.push(compiler.link(name));
                    links.len() - 1
                })
            });
            let policy = call.policy.as_ref().and_then(|policy| self.policies.get(policy));
            edges.push(EdgeSpec {
                name: call.name.as_str().into(),
                to: call.to,
                policy: call.own_policy.or_else(|| policy.cloned()).unwrap_or_default(),
                link: LinkId(id(link)),
                priority: call.priority,
                substitutes,
            });
            sites.push(Site { place: call.place, policy: call.policy, link: given.cloned() });
        }
        (edges, links, sites, carried)
    }
}

/// The endpoints of all services by the names under which they can be called.
struct Endpoints {
    by_name: IndexMap<String, (EndpointId, String, String)>,
    count: usize,
}

impl Endpoints {
    fn of(document: &Document) -> Self {
        let mut names = IndexMap::new();
        let mut next = 0;
        for (service, spec) in &document.services {
            let endpoints = spec.endpoints.as_ref().map_or(0, IndexMap::len);
            let mut add = |callable: String, name: &str, index: usize| {
                names.insert(callable, (EndpointId(id(index)), name.to_owned(), service.clone()));
            };
            if endpoints < 2 {
                add(service.clone(), service, next);
            }
            for (offset, endpoint) in spec.endpoints.iter().flatten().map(|(e, _)| e).enumerate() {
                let callable = format!("{service}.{endpoint}");
                let name = if endpoints < 2 { service.clone() } else { callable.clone() };
                add(callable, &name, next + offset);
            }
            next += endpoints.max(1);
        }
        Self { by_name: names, count: next }
    }

    /// The endpoint, its name in results, and its service. Names have been checked before.
    fn resolve(&self, callee: &str) -> (EndpointId, String, String) {
        let unknown = || (EndpointId(0), callee.to_owned(), callee.to_owned());
        self.by_name.get(callee).cloned().unwrap_or_else(unknown)
    }
}

impl Compiler<'_, '_> {
    /// Every policy of the file, checked, used or not.
    fn policies(&mut self) -> IndexMap<String, ResolvedPolicy> {
        let document = self.document;
        let mut policies = IndexMap::new();
        for (name, policy) in &document.policies {
            match policy.resolve() {
                Ok(mut resolved) => {
                    resolved.name = name.as_str().into();
                    for layer in &mut resolved.layers {
                        if let ResolvedLayer::Fallback(fallback) = layer {
                            fallback.queues_mut().for_each(|queue| {
                                let broker = document.brokers.get_index_of(&queue.at);
                                queue.broker = id(broker.unwrap_or(0));
                            });
                        }
                    }
                    policies.insert(name.clone(), resolved);
                }
                Err(error) => {
                    let layers = Place::keys(["policies", name, "layers"]);
                    for wrong in error.problems {
                        let place = layers.index(wrong.layer).dotted(&wrong.problem.path);
                        self.error(&place, wrong.problem.to_string());
                    }
                }
            }
        }
        policies
    }

    /// A link that no call travels over is a mistake: a misspelt name.
    fn check_links(&mut self, calls: &[Call<'_>]) {
        let known: BTreeSet<&str> =
            calls.iter().flat_map(|call| &call.links).flatten().map(String::as_str).collect();
        for name in self.document.links.keys().filter(|name| !known.contains(name.as_str())) {
            let span = Place::keys(["links", name]).name(self.root);
            let wrong = Diagnostic::error(format!("no call travels over a link `{name}`"));
            self.wrong.push(
                wrong
                    .at(span, "")
                    .maybe_help(did_you_mean(name, known.iter().copied()))
                    .help(format!("the links are {}", one_of(known.iter().copied()))),
            );
        }
    }

    /// The link of that name: as the file gives it, and where it does not, as the network.
    fn link(&mut self, name: &str) -> LinkSpec {
        let document = self.document;
        let nothing = Link::default();
        let given = document.links.get(name).unwrap_or(&nothing);
        let network = &document.network;
        let (latency, place) = match &given.latency {
            Some(latency) => (latency, Place::keys(["links", name, "latency"])),
            None => (&network.latency, Place::keys(["network", "latency"])),
        };
        let rate = given.bandwidth.or(network.bandwidth);
        LinkSpec {
            name: name.into(),
            latency: self.distribution(latency, &place),
            loss: self.loss(name, given, network),
            give_up: given.give_up.unwrap_or(network.give_up),
            transport: self.transport(name, given, network),
            bandwidth: rate.map(|rate| Bandwidth { rate, queue: given.queue.or(network.queue) }),
            sizes: given.sizes.unwrap_or(network.sizes),
        }
    }

    /// What a link loses: if it says anything of that itself, nothing of it is the network's.
    fn loss(&mut self, name: &str, given: &Link, network: &Network) -> Loss {
        let own = given.loss.is_some()
            || given.loss_correlation.is_some()
            || given.gilbert_elliott.is_some();
        let above_zero = |share: f64| (share > 0.0).then_some(share);
        let (share, correlation, bursts, place) = match own {
            true => {
                let place = Place::keys(["links", name]);
                (given.loss, given.loss_correlation, given.gilbert_elliott, place)
            }
            false => {
                let (share, correlation) =
                    (above_zero(network.loss), above_zero(network.loss_correlation));
                (share, correlation, network.gilbert_elliott, Place::keys(["network"]))
            }
        };
        let keys = ["loss", "loss_correlation", "gilbert_elliott"];
        Loss::of(share, correlation, bursts, keys).unwrap_or_else(|problems| {
            for problem in problems.0 {
                self.error(&place.dotted(&problem.path), problem.to_string());
            }
            Loss::NONE
        })
    }

    fn transport(&mut self, name: &str, given: &Link, network: &Network) -> Transport {
        let (transport, place) = match &given.transport {
            Some(transport) => (transport, Place::keys(["links", name, "transport"])),
            None => (&network.transport, Place::keys(["network", "transport"])),
        };
        if let Transport::Tcp(tcp) = transport {
            for problem in tcp.check().err().unwrap_or_default().0 {
                self.error(&place.key("tcp").dotted(&problem.path), problem.to_string());
            }
        }
        transport.clone()
    }
}
