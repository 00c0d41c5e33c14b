//! Faults: what they hit, and whether they can.

use sim_core::kernel::SimTime;
use sim_core::model::fault::{Fault, TargetKind};
use sim_core::model::spec::{ClientId, FaultSpec, LinkId, Model, ServiceId, Target};

use super::{Compiler, Site, id};
use crate::diagnostic::Diagnostic;
use crate::document::{self, On};
use crate::suggest::{did_you_mean, one_of};
use crate::tree::Place;

impl Compiler<'_, '_> {
    pub(super) fn faults(&mut self, model: &Model, sites: &[Site]) -> Vec<FaultSpec> {
        let document = self.document;
        let mut faults = Vec::new();
        for (index, fault) in document.faults.iter().enumerate() {
            let place = Place::keys(["faults"]).index(index);
            let target = self.target(fault, &place, model, sites);
            let checked = self.checked(&fault.fault, &place.key("fault"));
            if let Some(target) = target {
                self.check_fit(fault, target, &place);
                faults.push(FaultSpec {
                    name: fault.name.as_str().into(),
                    at: SimTime::ZERO + fault.at,
                    lasts: fault.lasts,
                    ramp: fault.ramp,
                    target,
                    fault: checked,
                });
            }
        }
        faults
    }

    /// The fault with its parameters checked and the files it names.
    fn checked(&mut self, fault: &Fault, place: &Place) -> Fault {
        for problem in fault.check().err().into_iter().flat_map(|problems| problems.0) {
            self.error(&place.dotted(&problem.path), problem.to_string());
        }
        let mut fault = fault.clone();
        if let Fault::Slow(slow) = &mut fault
            && let Some(add) = &mut slow.add
        {
            *add = self.distribution(add, &place.dotted("slow.add"));
        }
        fault
    }

    fn target(
        &mut self,
        fault: &document::Fault,
        place: &Place,
        model: &Model,
        sites: &[Site],
    ) -> Option<Target> {
        match &fault.on {
            On::Service(name) => {
                let index = self.document.services.get_index_of(&name.0)?;
                Some(Target::Service(ServiceId(id(index))))
            }
            On::Client(name) => {
                let index = self.document.clients.get_index_of(&name.0)?;
                Some(Target::Client(ClientId(id(index))))
            }
            On::Link(name) => {
                let index = model.links.iter().position(|link| *link.name == *name.0);
                if index.is_none() {
                    self.unknown_link(&name.0, &place.key("on").key("link"), model, sites);
                }
                Some(Target::Link(LinkId(id(index?))))
            }
        }
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

    /// Whether what the fault does can be done to what it hits.
    fn check_fit(&mut self, fault: &document::Fault, target: Target, place: &Place) {
        let (does, wants) = (fault.fault.name(), fault.fault.target());
        if target.kind() == wants {
            return;
        }
        let on = place.key("on").value(self.root);
        let what = place.key("fault").value(self.root);
        self.push(
            Diagnostic::error(format!(
                "`{does}` hits {}, not {}",
                kind(wants),
                kind(target.kind())
            ))
            .at(on, "")
            .at(what, "")
            .help(format!("write `on = {{ {} = … }}`, or another fault", key(wants))),
        );
    }
}

fn kind(target: TargetKind) -> &'static str {
    match target {
        TargetKind::Service => "a service",
        TargetKind::Client => "a population of clients",
        TargetKind::Link => "a link",
    }
}

fn key(target: TargetKind) -> &'static str {
    match target {
        TargetKind::Service => "service",
        TargetKind::Client => "client",
        TargetKind::Link => "link",
    }
}
