//! Faults start, are withdrawn, are stopped by their condition, and kill instances.

use super::super::fault::{Fault, Held};
use super::super::record::{Happened, Happening};
use super::super::spec::{FaultSpec, LinkId, Model, Portion, ServiceId, Target};
use super::Engine;
use super::event::Event;
use super::injection::is_reset;
use crate::kernel::SimTime;

impl Engine<'_> {
    /// Schedules the faults: their starts, their ends, the deaths of instances, and the looks at
    /// what stops them.
    pub(super) fn schedule_faults(&mut self) {
        for (index, fault) in self.model.faults.iter().enumerate() {
            let index = index as u16;
            match &fault.fault {
                Fault::Spike(_) => {}
                Fault::Crash(_) | Fault::Deploy(_) => self.schedule_deaths(index, fault),
                _ => {
                    self.queue.schedule_apart(fault.at, Event::FaultStarts { fault: index });
                    self.queue.schedule_apart(fault.ends(), Event::FaultEnds { fault: index });
                }
            }
        }
        self.schedule_watches();
    }

    fn schedule_deaths(&mut self, index: u16, fault: &FaultSpec) {
        for (place, dies) in deaths(self.model, fault) {
            self.queue.schedule_apart(dies, Event::Crashes { fault: index, instance: place });
        }
    }

    /// A fault starts.
    pub(super) fn fault_starts(&mut self, fault: u16) {
        self.injection.start(self.model, fault);
        if let Fault::Outage(outage) = &self.model.faults[usize::from(fault)].fault {
            self.outage_starts(fault, outage.contents == Held::Lost);
        }
        if is_reset(&self.model.faults[usize::from(fault)].fault) {
            self.resets(fault);
        }
    }

    /// The time of a fault is over: it is withdrawn, unless that fails, or it was stopped before.
    pub(super) fn fault_ends(&mut self, fault: u16) {
        let residue = self.model.faults[usize::from(fault)].withdrawal.residue;
        let state = self.injection.state(fault);
        if !state.is_active {
            return;
        }
        if !state.sticks {
            return self.remove_fault(fault);
        }
        let what = Happened::WithdrawalFailed;
        state.happenings.push(Happening { at: self.now, what });
        self.injection.leave(fault, residue);
    }

    fn remove_fault(&mut self, fault: u16) {
        self.injection.end(fault);
        if let Fault::Outage(_) = self.model.faults[usize::from(fault)].fault {
            self.outage_ends(fault);
        }
        if let Fault::Stall(_) = self.model.faults[usize::from(fault)].fault {
            for link in 0..self.model.links.len() {
                self.lets_go_on(LinkId(link as u16));
            }
        }
    }

    /// Caches and brokers are gone.
    fn outage_starts(&mut self, fault: u16, is_lost: bool) {
        for target in &self.model.faults[usize::from(fault)].targets {
            match target {
                Target::Cache(cache) => self.cache_goes(*cache, is_lost),
                Target::Broker(broker) => self.broker_goes(*broker, is_lost),
                _ => {}
            }
        }
    }

    /// Caches and brokers are there again.
    fn outage_ends(&mut self, fault: u16) {
        for target in &self.model.faults[usize::from(fault)].targets {
            match target {
                Target::Cache(cache) => self.cache_comes(*cache),
                Target::Broker(broker) => self.broker_comes(*broker),
                _ => {}
            }
        }
    }

    /// The condition of a fault that it is stopped by has come true.
    pub(super) fn fault_is_stopped(&mut self, fault: u16) {
        let now = self.now;
        let happening = Happening { at: now, what: Happened::Stopped };
        self.injection.state(fault).happenings.push(happening);
        let spec = &self.model.faults[usize::from(fault)];
        match &spec.fault {
            Fault::Crash(crash) => {
                let again = now + crash.restart;
                if let [Target::Primary(_)] = spec.targets[..] {
                    for (service, instance) in self.injection.touched(fault).to_vec() {
                        self.is_down_until(service, instance, again);
                    }
                    return;
                }
                for (place, _) in deaths(self.model, spec).filter(|(_, dies)| *dies <= now) {
                    if let Some((service, instance)) = instance_at(self.model, spec, place) {
                        self.is_down_until(service, instance, again);
                    }
                }
            }
            _ => self.remove_fault(fault),
        }
    }

    /// A fault kills an instance, which restarts when the fault has ended.
    pub(super) fn fault_kills(&mut self, fault: u16, place: u32) {
        let spec = &self.model.faults[usize::from(fault)];
        let Some((service, mut instance)) = instance_at(self.model, spec, place) else { return };
        if let [Target::Primary(service)] = spec.targets[..] {
            instance = self.replicas.primary_of(service).unwrap_or(instance);
        }
        let state = self.injection.state(fault);
        if state.happenings.iter().any(|h| h.what == Happened::Stopped) {
            return;
        }
        let crash = match &spec.fault {
            Fault::Crash(crash) => crash,
            Fault::Deploy(deploy) => {
                if let Some(wait) = self.waits_with_restart(service, instance) {
                    return if wait < SimTime::MAX {
                        self.queue.schedule_apart(wait, Event::Crashes { fault, instance: place });
                    };
                }
                self.injection.touch_instance(fault, service, instance);
                return self.crash(service, instance, self.now + deploy.down);
            }
            _ => return,
        };
        let mut again = spec.ends() + crash.restart;
        if state.sticks {
            let dead = deaths(self.model, spec).count() as f64;
            if f64::from(place) < (spec.withdrawal.residue * dead).ceil() {
                again = SimTime::ZERO + self.model.length;
            }
        }
        let silent = crash.silent;
        self.injection.touch_instance(fault, service, instance);
        self.dies(service, instance, again, silent);
    }

    /// Until when an instance may not be taken out of service on purpose, if others have to be up first; the
    /// end of time, if nothing is going to come up.
    fn waits_with_restart(&self, service: ServiceId, instance: u32) -> Option<SimTime> {
        let least = self.model.least_up_of(service)?;
        let first = self.first_instances[service.index()] as usize;
        let count = self.model.services[service.index()].instances as usize;
        let all = &self.instances[first..first + count];
        let others = (0..count).filter(|other| *other != instance as usize && all[*other].up);
        if others.count() >= least as usize {
            return None;
        }
        let others = all.iter().enumerate().filter(|(other, _)| *other != instance as usize);
        let comes_up = others.filter(|(_, other)| !other.up).map(|(_, other)| other.down_until);
        Some(comes_up.min().map_or(SimTime::MAX, |comes| comes.max(self.now)))
    }
}

/// The instances that a fault kills, by their place among all that it may kill, and when.
fn deaths<'m>(model: &'m Model, fault: &'m FaultSpec) -> impl Iterator<Item = (u32, SimTime)> + 'm {
    let may_die: u32 =
        fault.targets.iter().map(|target| mortal(model, *target).count() as u32).sum();
    let dying = match &fault.fault {
        Fault::Crash(crash) => crash.dying(may_die),
        Fault::Deploy(_) => may_die,
        _ => 0,
    };
    (0..dying).map(move |place| {
        let share = f64::from(place) / f64::from(dying);
        if let Fault::Deploy(deploy) = &fault.fault {
            return (place, fault.at + deploy.begins(place, dying, fault.lasts));
        }
        (place, fault.at + fault.ramp.mul_f64(share).max(stage_of(fault, share)))
    })
}

/// How long after its start a fault with stages comes to this share of what it hits.
fn stage_of(fault: &FaultSpec, share: f64) -> crate::kernel::SimDuration {
    let mut begins = crate::kernel::SimDuration::ZERO;
    for stage in &fault.stages {
        if share < stage.share {
            return begins;
        }
        begins = begins.saturating_add(stage.lasts);
    }
    begins
}

/// The instances of a target.
fn mortal(model: &Model, target: Target) -> impl Iterator<Item = (ServiceId, u32)> {
    let (service, portion) = match target {
        Target::Service(service) => (Some(service), Portion::First(u32::MAX)),
        Target::Instances(service, portion) => (Some(service), portion),
        // Which one it is turns out when the fault comes to it.
        Target::Primary(service) => (Some(service), Portion::First(1)),
        _ => (None, Portion::First(0)),
    };
    let instances = service.map_or(0, |s| model.services[s.index()].instances);
    let dies = move |instance: &u32| portion.holds(*instance);
    (0..instances).filter(dies).filter_map(move |instance| Some((service?, instance)))
}

fn instance_at(model: &Model, fault: &FaultSpec, place: u32) -> Option<(ServiceId, u32)> {
    fault.targets.iter().flat_map(|target| mortal(model, *target)).nth(place as usize)
}
