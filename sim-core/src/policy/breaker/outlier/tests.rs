//! The rules of Envoy that stand in prose, and their bounds.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::kernel::SimTime;
use crate::policy::backoff::scripted::Always;

fn resolve(detection: Value) -> Result<OutlierPolicy, Problems> {
    serde_json::from_value::<OutlierDetection>(detection).unwrap().resolve()
}

fn secs(n: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(n)
}

/// A cluster whose draws are always the same.
struct Cluster {
    machine: OutlierMachine,
    draw: Always,
}

impl Cluster {
    fn of(hosts: usize, detection: Value) -> Self {
        let machine = Arc::new(resolve(detection).unwrap()).start(hosts);
        Self { machine, draw: Always(42) }
    }

    /// Results of one host at one time, `s` a success and `f` a failure; whether the last ejected it.
    fn results(&mut self, at: f64, host: usize, results: &str) -> bool {
        let mut ejected = false;
        for result in results.chars() {
            let outcome = if result == 's' { Outcome::Ok } else { Outcome::ServerError };
            ejected = self.machine.result(secs(at), host, outcome, &mut self.draw);
        }
        ejected
    }

    /// All sweeps until then.
    fn sweep(&mut self, until: f64) {
        while self.machine.wakes_at() <= secs(until) {
            self.machine.sweep(self.machine.wakes_at(), &mut self.draw);
        }
    }

    fn ejected(&self) -> Vec<usize> {
        self.machine.ejected_hosts().collect()
    }

    /// The seconds at which an ejected host comes back, as seen at sweeps.
    fn returns_at(&mut self, host: usize) -> f64 {
        while self.machine.is_ejected(host) {
            self.machine.sweep(self.machine.wakes_at(), &mut self.draw);
        }
        self.machine.wakes_at().as_secs_f64() - 10.0
    }
}

#[test]
fn the_fifth_failure_in_a_row_ejects_at_once() {
    let mut cluster = Cluster::of(10, json!({}));
    assert!(!cluster.results(1.0, 3, "ffffsffff"));
    assert!(cluster.results(1.0, 3, "f"));
    assert_eq!((cluster.ejected(), cluster.machine.ejected()), (vec![3], 1));
    assert!(cluster.machine.is_ejected(3) && !cluster.machine.is_ejected(2));
}

#[test]
fn a_host_returns_only_at_a_sweep_at_which_its_time_has_passed() {
    let mut cluster = Cluster::of(10, json!({}));
    cluster.results(3.2, 0, "fffff");
    assert_eq!(cluster.returns_at(0), 40.0);
    let mut cluster = Cluster::of(10, json!({}));
    cluster.sweep(10.0);
    cluster.results(10.0, 0, "fffff");
    assert_eq!(cluster.returns_at(0), 40.0, "exactly 30 s");
}

#[test]
fn with_fewer_than_ten_hosts_nothing_is_ejected_unless_one_always_may_be() {
    let mut cluster = Cluster::of(9, json!({}));
    assert!(!cluster.results(0.0, 0, "fffff"));
    let mut cluster = Cluster::of(9, json!({ "always_eject_one_host": true }));
    assert!(cluster.results(0.0, 0, "fffff"));
    assert!(!cluster.results(0.0, 1, "fffff"));
    // A run that could not eject is over: the next five may.
    let mut cluster = Cluster::of(9, json!({}));
    cluster.results(0.0, 0, "fffff");
    cluster.machine.add_host();
    assert!(!cluster.results(0.0, 0, "ffff"));
    assert!(cluster.results(0.0, 0, "f"));
}

#[test]
fn an_ejected_hosts_failures_do_not_eject_it_again() {
    let mut cluster = Cluster::of(10, json!({}));
    cluster.results(0.0, 0, "fffff");
    assert!(!cluster.results(1.0, 0, "ffffff"));
    assert_eq!(cluster.machine.ejected(), 1);
    assert_eq!(cluster.returns_at(0), 30.0);
    // Its run starts again.
    assert!(!cluster.results(31.0, 0, "ffff"));
    assert!(cluster.results(31.0, 0, "f"));
    assert_eq!(cluster.returns_at(0), 100.0, "60 s from 31 s");
}

#[test]
fn the_multiplier_shrinks_by_one_at_each_sweep_of_a_well_host() {
    // Ejected twice: the next would last 90 s. It returns at 100 s, and is well from then on; the
    // sweep at which it returns does not count.
    for (again_at, returns) in [(105.0, 200.0), (115.0, 180.0), (125.0, 160.0), (300.0, 330.0)] {
        let mut cluster = Cluster::of(10, json!({}));
        cluster.results(0.0, 0, "fffff");
        assert_eq!(cluster.returns_at(0), 30.0);
        cluster.results(31.0, 0, "fffff");
        assert_eq!(cluster.returns_at(0), 100.0);
        cluster.sweep(again_at);
        cluster.results(again_at, 0, "fffff");
        assert_eq!(cluster.returns_at(0), returns, "again at {again_at}");
    }
}

#[test]
fn the_multiplier_stops_one_above_the_longest_time() {
    // 11 after any number of ejections; five well sweeps leave 6, and the next makes it 7.
    let mut cluster = Cluster::of(10, json!({}));
    let mut at = 0.0;
    for _ in 0..20 {
        cluster.results(at, 0, "fffff");
        at = cluster.returns_at(0);
    }
    cluster.sweep(at + 55.0);
    cluster.results(at + 55.0, 0, "fffff");
    assert_eq!(cluster.returns_at(0) - at, 270.0, "210 s from 55 s");
}

#[test]
fn ejections_are_jittered_in_whole_milliseconds() {
    // The draw, 42, modulo 2001.
    let mut cluster = Cluster::of(10, json!({ "max_ejection_time_jitter": "2s" }));
    cluster.sweep(10.0);
    cluster.results(10.0, 0, "fffff");
    assert_eq!(cluster.returns_at(0), 50.0, "30.042 s");
    let mut cluster = Cluster::of(10, json!({ "max_ejection_time_jitter": "41ms" }));
    cluster.sweep(10.0);
    cluster.results(10.0, 0, "fffff");
    assert_eq!(cluster.returns_at(0), 40.0, "42 modulo 42");
}

#[test]
fn enforcement_is_a_percentage() {
    for (percentage, ejects) in [(0, false), (42, false), (43, true), (100, true)] {
        let mut cluster = Cluster::of(10, json!({ "enforcing_consecutive_5xx": percentage }));
        assert_eq!(cluster.results(0.0, 0, "fffff"), ejects, "{percentage}");
    }
}

/// A sweep over hosts of which each had so many successes and failures, none in a row.
fn swept(detection: Value, hosts: &[(usize, usize)]) -> Vec<usize> {
    let mut given = json!({ "consecutive_5xx": 1_000_000, "max_ejection_percent": 100 });
    given.as_object_mut().unwrap().extend(detection.as_object().unwrap().clone());
    let mut cluster = Cluster::of(hosts.len(), given);
    for (host, (good, bad)) in hosts.iter().enumerate() {
        cluster.results(0.0, host, &("s".repeat(*good) + &"f".repeat(*bad)));
    }
    cluster.sweep(10.0);
    cluster.ejected()
}

#[test]
fn success_rates_are_compared_among_enough_hosts_with_enough_requests() {
    let (well, ill) = ((100, 0), (50, 50));
    assert_eq!(swept(json!({}), &[ill, well, well, well, well]), [0]);
    assert!(swept(json!({}), &[(50, 49), well, well, well, well]).is_empty());
    assert!(swept(json!({}), &[ill, well, well, well, (99, 0)]).is_empty());
    assert!(
        swept(json!({ "success_rate_minimum_hosts": 6 }), &[ill, well, well, well, well])
            .is_empty()
    );
    assert!(
        swept(json!({ "enforcing_success_rate": 0 }), &[ill, well, well, well, well]).is_empty()
    );
    assert!(swept(json!({ "preset": "istio" }), &[ill, well, well, well, well]).is_empty());
    // A rate on the cut stays: mean 90, deviation 20, factor 2, cut 50.
    let factor = json!({ "success_rate_stdev_factor": 2_000 });
    assert!(swept(factor, &[ill, well, well, well, well]).is_empty());
    let factor = json!({ "success_rate_stdev_factor": 1_999 });
    assert_eq!(swept(factor, &[ill, well, well, well, well]), [0]);
}

#[test]
fn only_the_last_interval_counts_and_only_hosts_that_are_not_ejected() {
    let mut cluster =
        Cluster::of(5, json!({ "max_ejection_percent": 100, "consecutive_5xx": 1_000 }));
    for host in 0..5 {
        cluster.results(0.0, host, &"s".repeat(99));
    }
    cluster.sweep(10.0);
    assert_eq!(cluster.machine.spread(), None);
    for host in 0..5 {
        cluster.results(11.0, host, &(if host == 0 { "f" } else { "s" }).repeat(100));
    }
    cluster.sweep(20.0);
    assert_eq!(cluster.ejected(), [0]);
    assert_eq!(cluster.machine.spread().unwrap().mean, 80.0);
    // Four hosts are left to compare.
    for host in 0..5 {
        cluster.results(21.0, host, &"s".repeat(100));
    }
    cluster.sweep(30.0);
    assert_eq!(cluster.machine.spread(), None);
}

#[test]
fn the_percentage_of_failures_ejects_if_it_is_enforced() {
    let on = json!({ "enforcing_failure_percentage": 100, "enforcing_success_rate": 0 });
    let well = (50, 0);
    assert!(swept(json!({ "enforcing_success_rate": 0 }), &[(3, 17); 5]).is_empty());
    assert_eq!(swept(on.clone(), &[(15, 85), well, well, well, well]), [0], "exactly 85 %");
    assert!(swept(on.clone(), &[(16, 84), well, well, well, well]).is_empty());
    assert!(swept(on.clone(), &[(0, 49), well, well, well, well]).is_empty());
    assert_eq!(swept(on.clone(), &[(0, 50), well, well, well, well]), [0]);
    assert!(swept(on.clone(), &[(0, 50), well, well, well, (49, 0)]).is_empty());
    assert!(swept(on, &[(0, 50), well, well, well]).is_empty());
    // A host that both rules find is ejected once.
    let both = json!({ "enforcing_failure_percentage": 100 });
    assert_eq!(swept(both, &[(0, 100), (100, 0), (100, 0), (100, 0), (100, 0)]), [0]);
}

#[test]
fn dead_hosts_are_seen_by_success_rate_if_they_are_few() {
    // k of n hosts are dead: it fires if and only if k / n < 1 / (1 + 1.9²) = 0.2169.
    for n in 5..40_usize {
        for k in 1..n {
            let hosts: Vec<_> = (0..n).map(|h| if h < k { (0, 100) } else { (100, 0) }).collect();
            let fires = !swept(json!({}), &hosts).is_empty();
            assert_eq!(fires, (n - k) as f64 / k as f64 > 1.9 * 1.9, "{k} of {n}");
        }
    }
    let third: Vec<_> = (0..10).map(|h| if h < 3 { (0, 100) } else { (100, 0) }).collect();
    assert!(swept(json!({}), &third).is_empty(), "a partition of 30 % is not seen");
}

#[test]
fn mistakes_name_the_field_and_defaults_are_envoys() {
    let policy = resolve(json!({})).unwrap();
    assert_eq!(policy.max_ejection_time, SimDuration::from_secs(300));
    assert_eq!(policy.enforcing_success_rate, 100);
    let policy = resolve(json!({ "base_ejection_time": "600s", "preset": "istio" })).unwrap();
    assert_eq!(policy.max_ejection_time, SimDuration::from_secs(600));
    assert_eq!((policy.consecutive_5xx, policy.enforcing_success_rate), (5, 0));
    assert!(!policy.failures.contains(Outcome::ClientError));
    let problems = resolve(json!({
        "failures": ["ok"], "consecutive_5xx": 0, "interval": "0s", "base_ejection_time": "0s",
        "max_ejection_percent": 101, "enforcing_success_rate": 200,
    }))
    .unwrap_err();
    let paths: Vec<_> = problems.0.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "failures",
            "consecutive_5xx",
            "interval",
            "base_ejection_time",
            "max_ejection_percent",
            "enforcing_success_rate"
        ]
    );
    let shorter = json!({ "max_ejection_time": "29s" });
    assert_eq!(resolve(shorter).unwrap_err().0[0].path, "max_ejection_time");
    assert_eq!(resolve(json!({ "failures": [] })).unwrap_err().0[0].path, "failures");
    let schema = schemars::schema_for!(OutlierDetection);
    let fields = schema.get("properties").and_then(|fields| fields.as_object()).unwrap();
    assert!(fields.values().all(|field| field.get("description").is_some()));
}

#[test]
fn hosts_that_are_not_there_are_nobody() {
    let mut cluster = Cluster::of(2, json!({}));
    assert!(!cluster.results(0.0, 2, "ffffff"));
    assert!(!cluster.machine.is_ejected(2));
}

proptest! {
    /// Never more than the share that may be, and the count is that of the hosts.
    #[test]
    fn the_guard_holds(
        hosts in 1..30_usize,
        percent in 0..=100_u32,
        results in prop::collection::vec((0..30_usize, any::<bool>(), 0..4_000_u64), 1..400),
    ) {
        let detection = json!({ "max_ejection_percent": percent, "consecutive_5xx": 2 });
        let mut cluster = Cluster::of(hosts, detection);
        let mut now = 0;
        for (host, good, pause) in results {
            now += pause;
            cluster.sweep(now as f64 / 1e3);
            cluster.results(now as f64 / 1e3, host % hosts, if good { "s" } else { "f" });
            let ejected = cluster.machine.ejected();
            prop_assert_eq!(ejected, cluster.ejected().len());
            prop_assert!(100 * ejected <= percent as usize * hosts);
        }
    }
}

#[test]
fn the_first_sweep_is_an_interval_after_the_start() {
    let cluster = Cluster::of(3, json!({ "interval": "7s" }));
    assert_eq!(cluster.machine.wakes_at(), secs(7.0));
}

#[test]
fn no_requests_have_no_success_rate_even_if_none_are_enough() {
    assert_eq!(host::Volume::default().success_rate(0), None);
}
