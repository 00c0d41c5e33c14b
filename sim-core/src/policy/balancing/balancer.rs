//! A balancer in front of a service: its hosts, who may be chosen, and the algorithm.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hosts::{Asked, HostView, Hosts};
use super::least_request::Ties;
use super::slow_start::SlowStart;
use super::zones::{self, CallerZones, ZoneAware};
use super::{Algorithm, Choose, Chooser};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::breaker::outlier::OutlierDetection;
use crate::policy::{HealthCheck, Problems};

/// How callers choose an instance of a service. One balancer stands in front of it and is seen by
/// all its callers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Balancing {
    /// Which instance is chosen: each in turn if not given. Algorithms that hash a key keep the
    /// calls of one client or user together or, of a service that calls, those for one request.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// The weights of the instances, in order, each above 0; 1 for each if not given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<f64>,
    /// If less than this share of the instances is healthy, all are chosen from, healthy or not;
    /// from 0 (never) to 1. With none to choose from, an attempt is refused without going out.
    #[serde(default = "half")]
    pub panic_threshold: f64,
    /// Lets callers ask instances in their own zone first; zones do not count, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_aware: Option<ZoneAware>,
    /// Gives an instance that has come back less than its weight at first. Only algorithms that look at
    /// weights know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_start: Option<SlowStart>,
    /// How often the counts of outstanding requests are looked at; always, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<SimDuration>,
    /// Asks the instances whether they are well: one that is not believed to be is not healthy. None,
    /// if not given. A check takes no worker and no time on the network; it fails where the instance
    /// is down, where a fault refuses it, fails it or holds it up for longer than its timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheck>,
    /// Ejects instances whose results stand out: an ejected one is not healthy. None, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlier: Option<OutlierDetection>,
}

impl Default for Balancing {
    fn default() -> Self {
        Self::by(Algorithm::default())
    }
}

/// Envoy's `healthy_panic_threshold`.
fn half() -> f64 {
    0.5
}

impl Balancing {
    /// This algorithm with the defaults.
    pub fn by(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            weights: Vec::new(),
            panic_threshold: half(),
            zone_aware: None,
            slow_start: None,
            stale: None,
            health_check: None,
            outlier: None,
        }
    }

    /// Checks the parameters, for a service of so many hosts.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `algorithm.maglev.table_size`.
    pub fn check(&self, hosts: u32) -> Result<(), Problems> {
        let mut problems = Problems::default();
        problems.note_inside("algorithm", self.algorithm.check());
        let positive = |weight: &f64| weight.is_finite() && *weight > 0.0;
        problems.note_if(!self.weights.iter().all(positive), "weights", "must be above zero");
        let matching = self.weights.is_empty() || self.weights.len() == hosts as usize;
        let message = format_args!("must be one a host, {hosts}, not {}", self.weights.len());
        problems.note_if(!matching, "weights", message);
        problems.within("panic_threshold", self.panic_threshold, 0.0, 1.0);
        if let Some(zone_aware) = &self.zone_aware {
            problems.note_inside("zone_aware", zone_aware.check());
        }
        if let Some(slow_start) = &self.slow_start {
            problems.note_inside("slow_start", slow_start.check());
        }
        if let Some(stale) = self.stale {
            problems.above_zero("stale", stale);
        }
        if let Some(Err(mistakes)) = self.health_check.as_ref().map(HealthCheck::check) {
            problems.note_inside("health_check", mistakes);
        }
        if let Some(Err(mistakes)) = self.outlier.as_ref().map(OutlierDetection::resolve) {
            problems.note_inside("outlier", mistakes);
        }
        problems.or_none()
    }

    /// Whether a choice may take draws, if every request has a key: if not, none need to be made.
    pub fn draws(&self) -> bool {
        if self.zone_aware.is_some() {
            return true;
        }
        match &self.algorithm {
            Algorithm::RoundRobin(_) | Algorithm::RingHash(_) | Algorithm::Maglev(_) => false,
            Algorithm::LeastRequest(least) => least.ties != Ties::InTurn,
            _ => true,
        }
    }

    /// The balancer in front of so many hosts, all healthy, as of the start of the run.
    pub fn balancer(&self, hosts: u32) -> HostBalancer {
        let view = |host: u32| HostView {
            outstanding: 0,
            seen_outstanding: 0,
            weight: self.weights.get(host as usize).copied().unwrap_or(1.0),
            healthy: true,
            present: true,
            since: None,
        };
        let views = (0..hosts).map(view).collect();
        let hosts = Hosts { views, candidates: (0..hosts).collect(), slow_start: self.slow_start };
        let mut chooser = self.algorithm.chooser();
        chooser.renew(&hosts, SimTime::ZERO);
        HostBalancer {
            hosts,
            chooser,
            panic_threshold: self.panic_threshold,
            stale: self.stale,
            looks_again: SimTime::ZERO,
            zoned: None,
            apart: None,
        }
    }

    /// As [`Self::balancer`], of hosts that are in these of so many zones, in turn.
    pub fn balancer_in_zones(&self, hosts: u32, zones: &[u16], count: u16) -> HostBalancer {
        let mut balancer = self.balancer(hosts);
        if let (Some(zone_aware), false) = (self.zone_aware, zones.is_empty()) {
            let of_hosts = (0..hosts as usize).map(|host| zones[host % zones.len()]).collect();
            let zones = (0..count).map(|_| (Vec::new(), self.algorithm.chooser())).collect();
            balancer.zoned = Some(Zoned { zone_aware, of_hosts, zones, healthy: Vec::new() });
            balancer.find_zones(SimTime::ZERO);
        }
        balancer
    }
}

/// A running balancer.
#[derive(Clone, Debug)]
pub struct HostBalancer {
    hosts: Hosts,
    chooser: Chooser,
    panic_threshold: f64,
    stale: Option<SimDuration>,
    looks_again: SimTime,
    zoned: Option<Zoned>,
    apart: Option<Box<Apart>>,
}

/// A host that some requests do not go to.
#[derive(Clone, Debug)]
struct Apart {
    host: u32,
    /// Who may be chosen for them, and who chooses.
    candidates: Vec<u32>,
    chooser: Chooser,
}

/// The hosts zone by zone.
#[derive(Clone, Debug)]
struct Zoned {
    zone_aware: ZoneAware,
    of_hosts: Vec<u16>,
    /// Of each zone: who may be chosen there, and who chooses.
    zones: Vec<(Vec<u32>, Chooser)>,
    /// How many healthy hosts each has.
    healthy: Vec<u32>,
}

impl HostBalancer {
    /// Chooses a host for a request, which is outstanding there from now on. `None` if none may be
    /// chosen.
    pub fn choose<R: Rng>(&mut self, now: SimTime, key: Option<u64>, draws: &mut R) -> Option<u32> {
        self.choose_for(now, key, None, draws)
    }

    /// As [`Self::choose`], for a caller who is in a zone.
    pub fn choose_for<R: Rng>(
        &mut self,
        now: SimTime,
        key: Option<u64>,
        callers: Option<&CallerZones>,
        draws: &mut R,
    ) -> Option<u32> {
        self.look(now);
        let asked = Asked { now, key };
        let host = match self.hosts.candidates[..] {
            [] => return None,
            _ => match self.zone_for(callers, draws) {
                None => self.chooser.choose(&self.hosts, asked, draws),
                Some(zone) => self.choose_in(zone, asked, draws)?,
            },
        };
        self.goes_out(host);
        Some(host)
    }

    /// As [`Self::choose`], for a request that does not go to the host that was set apart.
    pub fn choose_other<R: Rng>(
        &mut self,
        now: SimTime,
        key: Option<u64>,
        draws: &mut R,
    ) -> Option<u32> {
        self.look(now);
        let Apart { candidates, chooser, .. } = &mut **self.apart.as_mut()?;
        if candidates.is_empty() {
            return None;
        }
        std::mem::swap(candidates, &mut self.hosts.candidates);
        let host = chooser.choose(&self.hosts, Asked { now, key }, draws);
        std::mem::swap(candidates, &mut self.hosts.candidates);
        self.goes_out(host);
        Some(host)
    }

    /// A request goes to this host, whoever has chosen it, and is outstanding there from now on.
    pub fn send_to(&mut self, now: SimTime, host: u32) {
        self.look(now);
        self.goes_out(host);
    }

    /// A request that was to go to this host does not, or not yet.
    pub fn take_back(&mut self, host: u32) {
        let view = &mut self.hosts.views[host as usize];
        debug_assert!(view.outstanding > 0, "a request that was never to go there");
        view.outstanding -= 1;
        if self.stale.is_none() {
            view.seen_outstanding = view.outstanding;
        }
    }

    fn goes_out(&mut self, host: u32) {
        let view = &mut self.hosts.views[host as usize];
        view.outstanding += 1;
        if self.stale.is_none() {
            view.seen_outstanding = view.outstanding;
        }
    }

    /// Sets a host apart from those that [`Self::choose_other`] chooses among; others choose from all.
    pub fn set_apart(&mut self, now: SimTime, host: u32, algorithm: &Algorithm) {
        let chooser = algorithm.chooser();
        self.apart = Some(Box::new(Apart { host, candidates: Vec::new(), chooser }));
        self.find_others(now);
    }

    /// Who may be chosen beside the host that is set apart has changed.
    fn find_others(&mut self, now: SimTime) {
        let Some(apart) = &mut self.apart else { return };
        let Apart { host, candidates, chooser } = &mut **apart;
        *candidates = self.hosts.candidates.iter().copied().filter(|other| other != host).collect();
        if !candidates.is_empty() {
            std::mem::swap(candidates, &mut self.hosts.candidates);
            chooser.renew(&self.hosts, now);
            std::mem::swap(candidates, &mut self.hosts.candidates);
        }
    }

    /// The zone that a request goes to, if zones count.
    fn zone_for<R: Rng>(&self, callers: Option<&CallerZones>, draws: &mut R) -> Option<u16> {
        let (zoned, callers) = (self.zoned.as_ref()?, callers?);
        if self.is_in_panic() {
            return None;
        }
        let hosts = self.hosts.views.len();
        zones::choose(&zoned.zone_aware, callers, &zoned.healthy, hosts, draws)
    }

    /// Chooses a host of a zone: the algorithm sees no others meanwhile.
    fn choose_in<R: Rng>(&mut self, zone: u16, asked: Asked, draws: &mut R) -> Option<u32> {
        let (candidates, chooser) = self.zoned.as_mut()?.zones.get_mut(usize::from(zone))?;
        std::mem::swap(candidates, &mut self.hosts.candidates);
        let host = chooser.choose(&self.hosts, asked, draws);
        std::mem::swap(candidates, &mut self.hosts.candidates);
        Some(host)
    }

    /// Who may be chosen in each zone has changed.
    fn find_zones(&mut self, now: SimTime) {
        let Some(zoned) = &mut self.zoned else { return };
        zoned.healthy.clear();
        for (zone, (candidates, chooser)) in zoned.zones.iter_mut().enumerate() {
            let is_there = |host: &u32| usize::from(zoned.of_hosts[*host as usize]) == zone;
            *candidates = (0..self.hosts.views.len() as u32)
                .filter(|host| is_there(host) && self.hosts.views[*host as usize].may_serve())
                .collect();
            zoned.healthy.push(candidates.len() as u32);
            if !candidates.is_empty() {
                std::mem::swap(candidates, &mut self.hosts.candidates);
                chooser.renew(&self.hosts, now);
                std::mem::swap(candidates, &mut self.hosts.candidates);
            }
        }
    }

    /// A request to this host, which took so long, is no longer outstanding.
    pub fn done(&mut self, now: SimTime, host: u32, took: SimDuration) {
        self.look(now);
        let view = &mut self.hosts.views[host as usize];
        debug_assert!(view.outstanding > 0, "an answer to a request that was never sent");
        view.outstanding -= 1;
        if self.stale.is_none() {
            view.seen_outstanding = view.outstanding;
        }
        self.chooser.ended(host, now, took);
        if let Some(zoned) = &mut self.zoned {
            let zone = usize::from(zoned.of_hosts[host as usize]);
            zoned.zones[zone].1.ended(host, now, took);
        }
        if let Some(apart) = &mut self.apart {
            apart.chooser.ended(host, now, took);
        }
    }

    /// A host has become healthy, and starts slowly, or is healthy no more.
    pub fn set_healthy(&mut self, now: SimTime, host: u32, healthy: bool) {
        self.look(now);
        let view = &mut self.hosts.views[host as usize];
        if view.healthy != healthy {
            view.healthy = healthy;
            view.since = healthy.then_some(now);
            self.find_candidates(now);
        }
    }

    /// A host has come, and starts slowly, or is there no more.
    pub fn set_present(&mut self, now: SimTime, host: u32, is_present: bool) {
        self.look(now);
        let view = &mut self.hosts.views[host as usize];
        view.present = is_present;
        view.since = is_present.then_some(now);
        self.find_candidates(now);
    }

    /// What is known of the hosts.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Whether so few hosts are healthy that all are chosen from.
    pub fn is_in_panic(&self) -> bool {
        let there = || self.hosts.views.iter().filter(|view| view.present);
        let healthy = there().filter(|view| view.healthy).count() as f64;
        100.0 * healthy / (there().count() as f64) < 100.0 * self.panic_threshold
    }

    fn find_candidates(&mut self, now: SimTime) {
        let (all, views) = (self.is_in_panic(), &self.hosts.views);
        let may = |host: &u32| {
            let view = &views[*host as usize];
            view.present && (all || view.healthy)
        };
        self.hosts.candidates = (0..views.len() as u32).filter(may).collect();
        if !self.hosts.candidates.is_empty() {
            self.chooser.renew(&self.hosts, now);
        }
        self.find_zones(now);
        self.find_others(now);
    }

    /// Looks at the counts as they were when that was last due. Nothing has changed them since:
    /// whatever changes them comes by here before.
    fn look(&mut self, now: SimTime) {
        let Some(stale) = self.stale else { return };
        if now >= self.looks_again {
            for view in &mut self.hosts.views {
                view.seen_outstanding = view.outstanding;
            }
            let looks = now.as_nanos() / stale.as_nanos() + 1;
            self.looks_again = SimTime::ZERO + stale.saturating_mul(looks);
        }
    }
}

#[cfg(test)]
mod tests;
