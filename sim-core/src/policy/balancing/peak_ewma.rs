//! Finagle's peak-sensitive average of response times.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::p2c::two_below;
use super::{Asked, Choose, Chooser, Hosts, Parameters};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// The one with the lower load of two different hosts: load is an average of the response times,
/// which jumps to any higher one and decays with time, times the requests outstanding and one more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PeakEwma {
    /// The time in which the average decays to 1 / e.
    pub decay: SimDuration,
}

impl Default for PeakEwma {
    fn default() -> Self {
        Self { decay: SimDuration::from_secs(10) }
    }
}

impl Described for PeakEwma {
    const SUMMARY: &'static str =
        "the less loaded of two, by peak-sensitive response time · (outstanding + 1)";
    const SOURCE: &'static str = "twitter/finagle @4feb34c, PeakEwma.scala, Ema.scala";
}

impl Parameters for PeakEwma {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("decay", self.decay);
        problems
    }

    fn chooser(&self) -> Chooser {
        Chooser::PeakEwma(Meters { decay: self.decay, meters: Vec::new() })
    }
}

/// The load of one host.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    decay: SimDuration,
    /// The average, in nanoseconds.
    cost: f64,
    /// When it was brought up to date.
    updated: SimTime,
}

/// The load of a host with requests outstanding of which none has ended yet.
const PENALTY: f64 = (i64::MAX >> 16) as f64;

impl Meter {
    /// The meter of a host to which nothing was sent yet.
    pub fn new(decay: SimDuration) -> Self {
        Self { decay, cost: 0.0, updated: SimTime::ZERO }
    }

    /// The load now, with so many requests outstanding, in nanoseconds.
    pub fn load(&mut self, now: SimTime, outstanding: u32) -> f64 {
        self.observe(now, SimDuration::ZERO);
        let outstanding = f64::from(outstanding);
        match self.cost == 0.0 && outstanding > 0.0 {
            true => PENALTY + outstanding,
            false => self.cost * (outstanding + 1.0),
        }
    }

    /// A request has ended that took so long.
    pub fn observe(&mut self, now: SimTime, took: SimDuration) {
        let took = took.as_nanos() as f64;
        let passed = now.since(self.updated).as_nanos() as f64;
        self.updated = self.updated.max(now);
        self.cost = if took > self.cost {
            took
        } else {
            let kept = libm::exp(-passed / self.decay.as_nanos() as f64);
            took * (1.0 - kept) + self.cost * kept
        };
    }

    /// The average, in nanoseconds, as of when it was last brought up to date.
    pub fn cost(&self) -> f64 {
        self.cost
    }
}

/// The loads of all hosts.
#[derive(Clone, Debug)]
pub(super) struct Meters {
    decay: SimDuration,
    meters: Vec<Meter>,
}

impl Meters {
    fn load(&mut self, hosts: &Hosts, host: u32, now: SimTime) -> f64 {
        self.meters[host as usize].load(now, hosts.outstanding(host))
    }
}

impl Choose for Meters {
    fn renew(&mut self, hosts: &Hosts, _now: SimTime) {
        self.meters.resize(hosts.views.len(), Meter::new(self.decay));
    }

    fn choose<R: Rng>(&mut self, hosts: &Hosts, asked: Asked, draws: &mut R) -> u32 {
        let (first, second) = two_below(draws, hosts.candidates.len());
        let (first, second) = (hosts.candidates[first], hosts.candidates[second]);
        let ours = self.load(hosts, first, asked.now);
        if ours <= self.load(hosts, second, asked.now) { first } else { second }
    }

    fn ended(&mut self, host: u32, now: SimTime, took: SimDuration) {
        self.meters[host as usize].observe(now, took);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{at, read, rng};
    use super::*;

    fn ms(ms: u64) -> SimDuration {
        SimDuration::from_millis(ms)
    }

    #[test]
    fn an_equal_time_is_no_peak() {
        let mut meter = Meter::new(ms(1_000));
        meter.observe(at(0), ms(10));
        meter.observe(at(1_000), ms(10));
        assert!((meter.cost() - 1e7).abs() < 1.0);
        meter.observe(at(1_000), ms(11));
        assert_eq!(meter.cost(), 1.1e7);
    }

    #[test]
    fn who_was_never_measured_is_idle_or_avoided() {
        let mut meter = Meter::new(ms(1_000));
        assert_eq!(meter.load(at(5), 0), 0.0);
        assert_eq!(meter.load(at(5), 1), 140_737_488_355_328.0);
        meter.observe(at(6), ms(1));
        assert_eq!(meter.load(at(6), 1), 2e6);
    }

    #[test]
    fn the_slow_host_is_left_alone_until_its_average_has_decayed() {
        let (mut balancer, mut rng) = (read(json!({ "peak-ewma": {} })).balancer(2), rng());
        for (host, took) in [(0, ms(1_000)), (1, ms(10))] {
            while balancer.choose(at(0), None, &mut rng) != Some(host) {}
            balancer.done(at(1_000), host, took);
        }
        let outstanding = |balancer: &super::super::HostBalancer| {
            balancer.hosts().views().iter().map(|view| view.outstanding).collect::<Vec<_>>()
        };
        let before = outstanding(&balancer);
        let chosen: Vec<_> =
            (0..20).map(|_| balancer.choose(at(1_000), None, &mut rng).unwrap()).collect();
        assert!(chosen.iter().all(|host| *host == 1), "{before:?} {chosen:?}");
    }

    #[test]
    fn an_average_that_decays_at_once_is_a_mistake() {
        let wrong = PeakEwma { decay: SimDuration::ZERO }.check();
        assert_eq!(wrong.0.iter().map(|wrong| wrong.path.as_str()).collect::<Vec<_>>(), ["decay"]);
        assert!(PeakEwma { decay: SimDuration::from_nanos(1) }.check().0.is_empty());
    }
}
