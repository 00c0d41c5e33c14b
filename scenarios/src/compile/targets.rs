//! What faults hit: names, parts and patterns to the things of the model.

use sim_core::model::network::{Handshake, Transport};
use sim_core::model::spec::{ClientId, EdgeId, LinkId, Model, Portion, ServiceId, Target};

use super::faults::is_pool;
use super::{Compiler, Site, id};
use crate::diagnostic::Diagnostic;
use crate::document::{self, Instances, Machines, On, Service, Traffic};
use crate::suggest::{did_you_mean, one_of};
use crate::tree::Place;

impl Compiler<'_, '_> {
    /// Everything that a fault hits; nothing where that is a mistake.
    pub(super) fn targets(
        &mut self,
        fault: &document::Fault,
        place: &Place,
        model: &Model,
        sites: &[Site],
    ) -> Vec<Target> {
        let document = self.document;
        let service = |name: &str| document.services.get_index_of(name).map(|at| ServiceId(id(at)));
        let on = place.key("on");
        match &fault.on {
            On::Service(name) => service(&name.0).map(Target::Service).into_iter().collect(),
            On::Client(name) => {
                let index = document.clients.get_index_of(&name.0);
                index.map(|index| Target::Client(ClientId(id(index)))).into_iter().collect()
            }
            On::Link(name) => {
                let index = model.links.iter().position(|link| *link.name == *name.0);
                if index.is_none() {
                    self.unknown_link(&name.0, &on.key("link"), model, sites);
                }
                index.map(|index| Target::Link(LinkId(id(index)))).into_iter().collect()
            }
            On::Cache(name) => {
                let index = document.caches.get_index_of(&name.0);
                index.map(|index| Target::Cache(id(index))).into_iter().collect()
            }
            On::Broker(name) => {
                let index = document.brokers.get_index_of(&name.0);
                index.map(|index| Target::Broker(id(index))).into_iter().collect()
            }
            On::Instances(some) => {
                let portion = self.portion(some, &on.key("instances"));
                let target = service(&some.of.0).zip(portion);
                target.map(|(of, portion)| Target::Instances(of, portion)).into_iter().collect()
            }
            On::Primary(name) => {
                let is_replicated =
                    document.services.get(&name.0).is_some_and(|s| s.replication.is_some());
                if !is_replicated {
                    let title = format!("`{}` has no primary: it has no `replication`", name.0);
                    self.error(&on.key("primary"), title);
                }
                let target = service(&name.0).filter(|_| is_replicated).map(Target::Primary);
                target.into_iter().collect()
            }
            On::Zone(zone) => self.in_zone(zone, &on.key("zone")),
            On::Machine(name) => {
                let some = Machines { of: name.clone(), number: None, share: Some(1.0) };
                self.on_machines(&some, &on.key("machine"))
            }
            On::Machines(some) => self.on_machines(some, &on.key("machines")),
            On::Traffic(traffic) => self.traffic(traffic, &on.key("traffic"), model),
            On::Services(pattern) => {
                let names = model.services.iter().map(|service| &*service.name);
                let hit = self.fitting("service", pattern, names, &on.key("services"));
                hit.into_iter().map(|at| Target::Service(ServiceId(id(at)))).collect()
            }
            On::Links(pattern) => {
                let names = model.links.iter().map(|link| &*link.name);
                let hit = self.fitting("link", pattern, names, &on.key("links"));
                hit.into_iter().map(|at| Target::Link(LinkId(id(at)))).collect()
            }
        }
    }

    /// The first so many of the instances of a service.
    fn portion(&mut self, some: &Instances, place: &Place) -> Option<Portion> {
        let of = (some.of.0.as_str(), self.document.services.get(&some.of.0)?.instances);
        self.some_of("instances", of, (some.number, some.share), place).map(Portion::First)
    }

    /// All instances that run on the first so many machines of a kind.
    fn on_machines(&mut self, some: &Machines, place: &Place) -> Vec<Target> {
        let document = self.document;
        let Some(machine) = document.machines.get(&some.of.0) else { return Vec::new() };
        let of = (some.of.0.as_str(), machine.count);
        let number = self.some_of("machines", of, (some.number, some.share), place).unwrap_or(0);
        let runs_there = |service: &Service| service.runs_on.as_ref() == Some(&some.of);
        let tenants = document.services.values().enumerate().filter(|(_, s)| runs_there(s));
        let tenants: Vec<u16> = tenants.map(|(index, _)| id(index)).collect();
        if tenants.is_empty() {
            self.error(place, format!("no service runs on `{}`", some.of.0));
        }
        let on = |nth: u32| {
            let turn = Portion::Turn { nth, of: machine.count };
            tenants.iter().map(move |service| Target::Instances(ServiceId(*service), turn))
        };
        (0..number).flat_map(on).collect()
    }

    /// How many of so many are meant.
    fn some_of(
        &mut self,
        what: &str,
        (name, all): (&str, u32),
        which: (Option<u32>, Option<f64>),
        place: &Place,
    ) -> Option<u32> {
        match which {
            (Some(number), None) if number <= all => Some(number),
            (Some(number), None) => {
                let title = format!("`{name}` has {all} {what}, not {number}");
                self.error(&place.key("number"), title);
                None
            }
            (None, Some(share)) => Some((share.clamp(0.0, 1.0) * f64::from(all)).ceil() as u32),
            _ => {
                let title = format!("which {what}: one of `number` and `share` is to be given");
                self.error(place, title);
                None
            }
        }
    }

    /// The instances in a zone.
    fn in_zone(&mut self, zone: &str, place: &Place) -> Vec<Target> {
        let document = self.document;
        let mut targets = Vec::new();
        for (index, (_, service)) in document.services.iter().enumerate() {
            let of = service.zones.len() as u32;
            for (nth, _) in service.zones.iter().enumerate().filter(|(_, own)| *own == zone) {
                let turn = Portion::Turn { nth: nth as u32, of };
                targets.push(Target::Instances(ServiceId(id(index)), turn));
            }
        }
        if targets.is_empty() {
            let all = || document.services.values().flat_map(|s| &s.zones).map(String::as_str);
            let mut known: Vec<&str> = all().collect();
            known.sort_unstable();
            known.dedup();
            let known_ones = match known.is_empty() {
                true => "no service has `zones`".to_owned(),
                false => format!("there is {}", one_of(known.iter().copied())),
            };
            let nearest = did_you_mean(zone, known.iter().copied());
            let span = place.value(self.root);
            self.push(
                Diagnostic::error(format!("no service has instances in a zone `{zone}`"))
                    .at(span, "")
                    .maybe_help(nearest)
                    .help(known_ones),
            );
        }
        targets
    }

    fn traffic(&mut self, traffic: &Traffic, place: &Place, model: &Model) -> Vec<Target> {
        let service = model.services.iter().position(|s| *s.name == *traffic.of);
        let edge = model.edges.iter().position(|edge| *edge.name == *traffic.of);
        if let Some(service) = service {
            return vec![Target::CallsTo(ServiceId(id(service)), traffic.share)];
        }
        if let Some(edge) = edge {
            return vec![Target::CallsAlong(EdgeId(id(edge)), traffic.share)];
        }
        let names = || {
            let services = model.services.iter().map(|service| &*service.name);
            services.chain(model.edges.iter().map(|edge| &*edge.name))
        };
        let span = place.key("of").value(self.root);
        self.push(
            Diagnostic::error(format!("there is no traffic `{}`", traffic.of))
                .at(span, "")
                .maybe_help(did_you_mean(&traffic.of, names()))
                .help(format!("a service or a call: {}", one_of(names()))),
        );
        Vec::new()
    }

    /// The places of the names that fit a pattern.
    fn fitting<'n>(
        &mut self,
        what: &str,
        pattern: &str,
        names: impl Iterator<Item = &'n str> + Clone,
        place: &Place,
    ) -> Vec<usize> {
        let all = names.clone().enumerate();
        let hit: Vec<usize> = all.filter(|(_, n)| fits(pattern, n)).map(|(at, _)| at).collect();
        if hit.is_empty() {
            let span = place.value(self.root);
            let title = format!("no {what} fits `{pattern}`");
            self.push(
                Diagnostic::error(title)
                    .at(span, "")
                    .help("`*` stands for any letters, also for none")
                    .help(format!("there is {}", one_of(names))),
            );
        }
        hit
    }

    fn unknown_link(&mut self, name: &str, place: &Place, model: &Model, sites: &[Site]) {
        let known = || model.links.iter().map(|link| &*link.name);
        let span = place.value(self.root);
        let finer = sites.iter().any(|site| site.link.is_none()) && name.contains("->");
        let finer = finer.then(|| format!("`[links.\"{name}\"]` makes one of a call's own"));
        self.push(
            Diagnostic::error(format!("there is no link `{name}`"))
                .at(span, "")
                .maybe_help(did_you_mean(name, known()))
                .help(format!("the links are {}", one_of(known())))
                .maybe_help(finer.filter(|_| name.contains('.'))),
        );
    }
}

/// Whether some call that goes over a target opens connections.
pub(super) fn opens_connections(model: &Model, target: Target) -> bool {
    model.edges.iter().enumerate().any(|(index, edge)| {
        let service = model.endpoints[edge.to.index()].service;
        let is_hit = match target {
            Target::Link(link) => edge.link == link,
            Target::CallsAlong(own, _) => own.index() == index,
            other => other.service() == Some(service),
        };
        let per_attempt = matches!(&model.links[edge.link.index()].transport,
            Transport::Tcp(tcp) if tcp.handshake == Handshake::PerAttempt);
        is_hit && (per_attempt || edge.policy.layers.iter().any(is_pool))
    })
}

/// Whether a name fits a pattern in which `*` stands for any letters.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.into_iter().any(|at| fits(rest, &name[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name, is_fit) in [
            ("checkout-*", "checkout-eu", true),
            ("checkout-*", "checkout-", true),
            ("checkout-*", "checkout", false),
            ("*->payment", "shop->payment", true),
            ("*->payment", "shop->payments", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("größe*", "größer", true),
        ] {
            assert_eq!(fits(pattern, name), is_fit, "{pattern} {name}");
        }
    }
}
