//! Faults: their schedules, and whether they can do what they do to what they hit.

use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::fault::{Fault, TargetKind};
use sim_core::model::spec::{FaultSpec, Model, Target};
use sim_core::policy::{GuardKind, ResolvedLayer};

use super::{Compiler, Site, targets};
use crate::diagnostic::Diagnostic;
use crate::document;
use crate::suggest::one_of;
use crate::tree::Place;

impl Compiler<'_, '_> {
    pub(super) fn faults(&mut self, model: &Model, sites: &[Site]) -> Vec<FaultSpec> {
        let document = self.document;
        let mut faults = Vec::new();
        for (index, fault) in document.faults.iter().enumerate() {
            let place = Place::keys(["faults"]).index(index);
            let targets = self.targets(fault, &place, model, sites);
            let checked = self.checked(&fault.fault, &place.key("fault"));
            self.check_schedule(fault, &place);
            let stop_when = self.condition(fault, &place, model);
            let Some(first) = targets.first() else { continue };
            if !self.fits(fault, *first, &place) {
                continue;
            }
            self.check_spared(fault, &targets, &place, model);
            let spec = FaultSpec {
                name: fault.name.as_str().into(),
                at: SimTime::ZERO + fault.at,
                lasts: fault.length(),
                ramp: fault.ramp,
                stages: fault.stages.clone(),
                targets,
                fault: checked,
                spares_open_connections: fault.spares_open_connections,
                withdrawal: fault.withdrawal.unwrap_or_default(),
                stop_when,
            };
            faults.extend(times(&spec, fault.repeat.as_ref()));
        }
        faults
    }

    /// The fault with its parameters checked and the files it names.
    fn checked(&mut self, fault: &Fault, place: &Place) -> Fault {
        for problem in fault.check().err().into_iter().flat_map(|problems| problems.0) {
            self.error(&place.dotted(&problem.path), problem.to_string());
        }
        let mut fault = fault.clone();
        let added = match &mut fault {
            Fault::Slow(slow) => slow.add.as_mut().map(|add| (add, "slow.add")),
            Fault::Latency(latency) => latency.add.as_mut().map(|add| (add, "latency.add")),
            _ => None,
        };
        if let Some((add, key)) = added {
            *add = self.distribution(add, &place.dotted(key));
        }
        fault
    }

    /// Whether stages, repetitions and the withdrawal go together.
    fn check_schedule(&mut self, fault: &document::Fault, place: &Place) {
        let kind = fault.fault.name();
        let is_spike = matches!(fault.fault, Fault::Spike(_));
        match (fault.lasts, fault.stages.is_empty()) {
            (None, true) => {
                self.error(place, "the fault does not say how long it lasts: `for` is missing");
            }
            (Some(_), false) => {
                let title = "how long the fault lasts is up to its stages: `for` says it again";
                self.error(&place.key("for"), title);
            }
            _ => {}
        }
        for (nth, stage) in fault.stages.iter().enumerate() {
            if stage.lasts.is_zero() {
                let place = place.key("stages").index(nth).key("for");
                self.error(&place, "a stage that lasts no time does nothing");
            }
        }
        if let Some(repeat) = &fault.repeat
            && repeat.every < fault.length()
        {
            let title =
                format!("the fault comes again before it has gone, after {}", fault.length());
            self.error(&place.key("repeat").key("every"), title);
        }
        let withdrawal = fault.withdrawal.unwrap_or_default();
        for problem in withdrawal.check().err().unwrap_or_default().0 {
            self.error(&place.key("withdrawal").dotted(&problem.path), problem.to_string());
        }
        let set = [
            (!fault.stages.is_empty(), "stages"),
            (fault.withdrawal.is_some(), "withdrawal"),
            (fault.stop_when.is_some(), "stop_when"),
        ];
        for (_, key) in set.iter().filter(|(is_set, _)| *is_set && is_spike) {
            let title = format!("the calls of a `{kind}` come as they come: it has no `{key}`");
            self.error(&place.key(key), title);
        }
    }

    /// Whether what the fault does can be done to what it hits.
    fn fits(&mut self, fault: &document::Fault, target: Target, place: &Place) -> bool {
        let (does, wants) = (fault.fault.name(), fault.fault.targets());
        if wants.contains(&target.kind()) {
            return true;
        }
        let on = place.key("on").value(self.root);
        let what = place.key("fault").value(self.root);
        let kinds: Vec<&str> = wants.iter().map(|kind| kind_name(*kind)).collect();
        let usual = wants.first().map_or("service", |kind| key(*kind));
        self.push(
            Diagnostic::error(format!(
                "`{does}` hits {}, not {}",
                listed(&kinds),
                kind_name(target.kind())
            ))
            .at(on, "")
            .at(what, "")
            .help(format!("write `on = {{ {usual} = … }}`, or another fault")),
        );
        false
    }

    /// Whether there are connections that were opened before, where a fault spares them.
    fn check_spared(
        &mut self,
        fault: &document::Fault,
        targets: &[Target],
        place: &Place,
        model: &Model,
    ) {
        if !fault.spares_open_connections {
            return;
        }
        let place = place.key("spares_open_connections");
        let usual = fault.fault.targets().first();
        let is_link = targets.iter().all(|target| target.kind() == TargetKind::Link);
        if usual != Some(&TargetKind::Link) && !is_link {
            let title =
                format!("`{}` happens inside the service, not on the way", fault.fault.name());
            self.error(&place, title)
                .helps
                .push("only faults of links can spare connections".to_owned());
        } else if !targets.iter().any(|target| targets::opens_connections(model, *target)) {
            let title = "no call that the fault hits opens a connection: it would spare them all";
            self.error(&place, title).helps.push(
                "give their policy a `connection_pool`, or their link \
                 `transport = { tcp = { handshake = \"per_attempt\" } }`"
                    .to_owned(),
            );
        }
    }
}

/// The fault as often as it comes, each with a name of its own.
fn times(spec: &FaultSpec, repeat: Option<&document::Repeat>) -> Vec<FaultSpec> {
    let (every, times) = repeat.map_or((SimDuration::ZERO, 1), |r| (r.every, r.times));
    let nth = |nth: u32| {
        let name = match nth {
            0 => spec.name.clone(),
            n => format!("{} #{}", spec.name, n + 1).into(),
        };
        let at = spec.at + every.saturating_mul(nth.into());
        FaultSpec { name, at, ..spec.clone() }
    };
    (0..times).map(nth).collect()
}

/// Whether a layer takes connections from a pool.
pub(super) fn is_pool(layer: &ResolvedLayer) -> bool {
    matches!(layer, ResolvedLayer::Guard(guard) if matches!(guard.kind, GuardKind::ConnectionPool(_)))
}

fn listed(kinds: &[&str]) -> String {
    match kinds {
        [only] => (*only).to_owned(),
        several => one_of(several.iter().copied()).replace('`', ""),
    }
}

fn kind_name(target: TargetKind) -> &'static str {
    match target {
        TargetKind::Service => "a service",
        TargetKind::Client => "a population of clients",
        TargetKind::Link => "a link",
        TargetKind::Primary => "a primary",
        TargetKind::Cache => "a cache",
        TargetKind::Broker => "a broker",
        TargetKind::Instances => "some instances of a service",
        TargetKind::Traffic => "a share of the traffic",
    }
}

fn key(target: TargetKind) -> &'static str {
    match target {
        TargetKind::Service => "service",
        TargetKind::Client => "client",
        TargetKind::Link => "link",
        TargetKind::Primary => "primary",
        TargetKind::Cache => "cache",
        TargetKind::Broker => "broker",
        TargetKind::Instances => "instances",
        TargetKind::Traffic => "traffic",
    }
}
