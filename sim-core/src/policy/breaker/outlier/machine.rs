//! Outlier detection that runs.

use std::sync::Arc;

use rand::Rng;

use super::OutlierPolicy;
use super::host::Host;
use super::spread::{Spread, spread};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::outcome::Outcome;

/// The running state of outlier detection over the hosts of one cluster, numbered from 0.
#[derive(Clone, Debug)]
pub struct OutlierMachine {
    policy: Arc<OutlierPolicy>,
    hosts: Vec<Host>,
    ejected: usize,
    next_sweep: SimTime,
    spread: Option<Spread>,
}

const NANOS_PER_MS: u64 = 1_000_000;

impl OutlierPolicy {
    /// Outlier detection over so many hosts, none of them ejected, from the start of the run.
    pub fn start(self: &Arc<Self>, hosts: usize) -> OutlierMachine {
        OutlierMachine {
            policy: Arc::clone(self),
            hosts: vec![Host::default(); hosts],
            ejected: 0,
            next_sweep: SimTime::ZERO + self.interval,
            spread: None,
        }
    }

    /// Whether one more host may be ejected.
    pub fn may_eject(&self, ejected: usize, hosts: usize) -> bool {
        let percent = 100.0 * (ejected + 1) as f64 / hosts as f64;
        percent <= f64::from(self.max_ejection_percent)
            || (self.always_eject_one_host && ejected == 0)
    }

    /// How long an ejection lasts at least, if its host has this multiplier.
    pub fn ejection_time(&self, multiplier: u32) -> SimDuration {
        let time = self.base_ejection_time.saturating_mul(u64::from(multiplier));
        time.min(self.max_ejection_time)
    }
}

impl OutlierMachine {
    /// Whether the host is ejected.
    pub fn is_ejected(&self, host: usize) -> bool {
        self.hosts.get(host).is_some_and(|host| host.ejected.is_some())
    }

    /// How many hosts are ejected.
    pub fn ejected(&self) -> usize {
        self.ejected
    }

    /// The ejected hosts, in the order of their numbers.
    pub fn ejected_hosts(&self) -> impl Iterator<Item = usize> {
        let hosts = self.hosts.iter().enumerate();
        hosts.filter(|(_, host)| host.ejected.is_some()).map(|(number, _)| number)
    }

    /// The spread of the success rates that the last sweep compared, if it compared any.
    pub fn spread(&self) -> Option<Spread> {
        self.spread
    }

    /// One more host joins, with the next number.
    pub fn add_host(&mut self) {
        self.hosts.push(Host::default());
    }

    /// A host has answered, or has not. Says whether it is ejected because of that.
    pub fn result<R: Rng>(
        &mut self,
        now: SimTime,
        number: usize,
        outcome: Outcome,
        draws: &mut R,
    ) -> bool {
        let Some(host) = self.hosts.get_mut(number) else { return false };
        host.present.requests = host.present.requests.saturating_add(1);
        if !self.policy.failures.contains(outcome) {
            host.present.successes = host.present.successes.saturating_add(1);
            host.in_a_row = 0;
            return false;
        }
        host.in_a_row = host.in_a_row.saturating_add(1);
        // Beyond the limit nothing happens until the run is broken.
        if host.in_a_row != self.policy.consecutive_5xx || host.ejected.is_some() {
            return false;
        }
        host.in_a_row = 0;
        self.eject(now, number, self.policy.enforcing_consecutive_5xx, draws)
    }

    /// When the next sweep is due.
    pub fn wakes_at(&self) -> SimTime {
        self.next_sweep
    }

    /// The sweep: hosts whose time is over come back, those that stand out are ejected, and the
    /// multipliers of those that stayed well shrink.
    pub fn sweep<R: Rng>(&mut self, now: SimTime, draws: &mut R) {
        for number in 0..self.hosts.len() {
            self.return_if_over(now, number);
            let host = &mut self.hosts[number];
            host.last = std::mem::take(&mut host.present);
        }
        self.eject_by_success_rate(now, draws);
        self.eject_by_failure_percentage(now, draws);
        for host in &mut self.hosts {
            let well = host.returned.is_some_and(|at| now.since(at) >= self.policy.interval);
            if host.ejected.is_none() && well {
                host.multiplier = host.multiplier.saturating_sub(1);
            }
        }
        self.next_sweep = now + self.policy.interval;
    }

    fn return_if_over(&mut self, now: SimTime, number: usize) {
        let host = &mut self.hosts[number];
        let time = self.policy.ejection_time(host.multiplier) + host.jitter;
        if host.ejected.is_some_and(|at| now.since(at) >= time) {
            host.ejected = None;
            host.returned = Some(now);
            host.in_a_row = 0;
            self.ejected -= 1;
        }
    }

    /// The success rates of the hosts that have one: ejected ones do not.
    fn rates(&self, enough: u32) -> impl Iterator<Item = f64> + Clone {
        let well = self.hosts.iter().filter(|host| host.ejected.is_none());
        well.filter_map(move |host| host.last.success_rate(enough))
    }

    fn eject_by_success_rate<R: Rng>(&mut self, now: SimTime, draws: &mut R) {
        let policy = Arc::clone(&self.policy);
        self.spread = None;
        let rates = self.rates(policy.success_rate_request_volume);
        if rates.clone().count() < policy.success_rate_minimum_hosts as usize {
            return;
        }
        let Some(spread) = spread(rates, policy.success_rate_stdev_factor) else { return };
        self.spread = Some(spread);
        let stands_out = |rate: f64| rate < spread.cut;
        let volume = policy.success_rate_request_volume;
        self.eject_all(now, volume, stands_out, policy.enforcing_success_rate, draws);
    }

    fn eject_by_failure_percentage<R: Rng>(&mut self, now: SimTime, draws: &mut R) {
        let policy = Arc::clone(&self.policy);
        let hosts = self.rates(policy.failure_percentage_request_volume).count();
        if hosts == 0 || hosts < policy.failure_percentage_minimum_hosts as usize {
            return;
        }
        let limit = f64::from(policy.failure_percentage_threshold);
        let fails = |rate: f64| 100.0 - rate >= limit;
        let volume = policy.failure_percentage_request_volume;
        self.eject_all(now, volume, fails, policy.enforcing_failure_percentage, draws);
    }

    /// Ejects the hosts whose rate is such, in the order of their numbers.
    fn eject_all<R: Rng>(
        &mut self,
        now: SimTime,
        enough: u32,
        is_such: impl Fn(f64) -> bool,
        enforcing: u32,
        draws: &mut R,
    ) {
        for number in 0..self.hosts.len() {
            let host = &self.hosts[number];
            let rate = host.last.success_rate(enough).filter(|_| host.ejected.is_none());
            if rate.is_some_and(&is_such) {
                self.eject(now, number, enforcing, draws);
            }
        }
    }

    /// Ejects a host, if so many may be and if it is enforced this time.
    fn eject<R: Rng>(
        &mut self,
        now: SimTime,
        number: usize,
        enforcing: u32,
        draws: &mut R,
    ) -> bool {
        let policy = &self.policy;
        if !policy.may_eject(self.ejected, self.hosts.len()) || !enforced(enforcing, draws) {
            return false;
        }
        let (base, longest) = (policy.base_ejection_time, policy.max_ejection_time);
        let most_jitter = policy.max_ejection_time_jitter.as_nanos() / NANOS_PER_MS;
        let host = &mut self.hosts[number];
        host.ejected = Some(now);
        if base.saturating_mul(u64::from(host.multiplier)) < longest.saturating_add(base) {
            host.multiplier += 1;
        }
        host.jitter = match most_jitter {
            0 => SimDuration::ZERO,
            most => SimDuration::from_millis(draws.next_u64() % most.saturating_add(1)),
        };
        self.ejected += 1;
        true
    }
}

/// Whether what happens in so many of 100 cases happens now.
fn enforced<R: Rng>(percentage: u32, draws: &mut R) -> bool {
    match percentage {
        0 => false,
        1..100 => draws.next_u64() % 100 < u64::from(percentage),
        _ => true,
    }
}
