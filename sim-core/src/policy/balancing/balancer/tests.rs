//! Tests of the balancer in front of a service.

use serde_json::json;

use super::super::tests::{at, read};
use super::*;
use crate::policy::backoff::scripted::LOWEST;

fn choose(balancer: &mut HostBalancer, now: u64) -> Option<u32> {
    balancer.choose(at(now), None, &mut { LOWEST })
}

#[test]
fn outstanding_requests_are_counted() {
    let mut balancer = read(json!({ "round-robin": {} })).balancer(2);
    for host in [0, 1, 0] {
        assert_eq!(choose(&mut balancer, 0), Some(host));
    }
    balancer.done(at(1), 0, SimDuration::ZERO);
    let counts: Vec<_> = balancer.hosts().views().iter().map(|v| v.outstanding).collect();
    assert_eq!(counts, [1, 1]);
}

#[test]
fn stale_counts_are_those_of_the_last_look() {
    let mut balancing = read(json!({ "least-request": {} }));
    balancing.stale = Some(SimDuration::from_millis(100));
    let mut balancer = balancing.balancer(2);
    let seen = |balancer: &HostBalancer| -> Vec<u32> {
        (0..2).map(|host| balancer.hosts().outstanding(host)).collect()
    };
    choose(&mut balancer, 0);
    choose(&mut balancer, 40);
    choose(&mut balancer, 99);
    assert_eq!(seen(&balancer), [0, 0]);
    // The look of 100 ms is taken before what happens at 130 ms.
    balancer.done(at(130), 0, SimDuration::ZERO);
    assert_eq!(seen(&balancer), [2, 1]);
    // Exactly at a look it is taken first, too.
    balancer.done(at(200), 1, SimDuration::ZERO);
    assert_eq!(seen(&balancer), [1, 1]);
    choose(&mut balancer, 299);
    assert_eq!(seen(&balancer), [1, 1]);
    balancer.set_healthy(at(300), 0, false);
    assert_eq!(seen(&balancer).iter().sum::<u32>(), 2);
}

#[test]
fn who_is_not_healthy_is_not_chosen_and_in_a_panic_all_are() {
    let mut balancer = read(json!({ "round-robin": {} })).balancer(4);
    balancer.set_healthy(at(0), 0, false);
    balancer.set_healthy(at(0), 2, false);
    // Exactly half is no panic.
    assert_eq!((balancer.is_in_panic(), balancer.hosts().candidates()), (false, &[1, 3][..]));
    balancer.set_healthy(at(0), 1, false);
    assert_eq!((balancer.is_in_panic(), balancer.hosts().candidates().len()), (true, 4));
    balancer.set_healthy(at(1), 0, true);
    assert_eq!((balancer.is_in_panic(), balancer.hosts().candidates()), (false, &[0, 3][..]));
}

#[test]
fn without_a_panic_threshold_nobody_may_be_left() {
    let mut balancing = read(json!({ "maglev": { "table_size": 7 } }));
    balancing.panic_threshold = 0.0;
    let mut balancer = balancing.balancer(1);
    balancer.set_healthy(at(0), 0, false);
    assert_eq!(choose(&mut balancer, 0), None);
    balancer.set_healthy(at(1), 0, true);
    assert_eq!(choose(&mut balancer, 1), Some(0));
}

#[test]
fn a_host_that_comes_back_starts_slowly() {
    let mut balancing = read(json!({ "weighted-round-robin": {} }));
    balancing.weights = vec![2.0, 1.0];
    balancing.slow_start = Some(SlowStart::over(SimDuration::from_secs(10)));
    let mut balancer = balancing.balancer(2);
    assert_eq!(balancer.hosts().weight(0, at(0)), 2.0);
    balancer.set_healthy(at(1_000), 0, false);
    balancer.set_healthy(at(2_000), 0, true);
    // Healthy once more: nothing changes.
    balancer.set_healthy(at(5_000), 0, true);
    assert_eq!(balancer.hosts().weight(0, at(7_000)), 1.0);
    assert_eq!(balancer.hosts().weight(0, at(12_000)), 2.0);
    assert_eq!(balancer.hosts().weight(1, at(7_000)), 1.0);
}

#[test]
fn mistakes_name_the_field() {
    let places = |value: serde_json::Value| -> Vec<String> {
        let balancing: Balancing = serde_json::from_value(value).unwrap();
        let problems = balancing.check(3).err().unwrap_or_default();
        problems.0.into_iter().map(|problem| problem.path).collect()
    };
    let wrong = json!({
        "algorithm": { "maglev": { "table_size": 9 } },
        "weights": [0.0, 1.0],
        "panic_threshold": 1.5,
        "slow_start": { "window": "0s" },
        "stale": "0s",
        "outlier": { "preset": "istio", "interval": "0s" },
    });
    assert_eq!(
        places(wrong),
        [
            "algorithm.maglev.table_size",
            "weights",
            "weights",
            "panic_threshold",
            "slow_start.window",
            "stale",
            "outlier.interval"
        ]
    );
    let right = json!({ "algorithm": { "random": {} }, "weights": [1.0, 2.0, 0.5] });
    assert_eq!(places(right), [""; 0]);
}

#[test]
fn those_set_apart_are_not_chosen_by_those_who_want_others_and_the_absent_by_nobody() {
    let own = read(json!({ "round-robin": {} }));
    let mut balancer = own.balancer(3);
    balancer.set_apart(at(0), 1, &own.algorithm);
    let others = |balancer: &mut HostBalancer| {
        let chosen: Vec<_> =
            (0..3).map(|_| balancer.choose_other(at(2), None, &mut { LOWEST })).collect();
        chosen.iter().flatten().for_each(|host| balancer.done(at(2), *host, SimDuration::ZERO));
        chosen
    };
    assert_eq!(others(&mut balancer), [Some(0), Some(2), Some(0)]);
    balancer.set_present(at(1), 2, false);
    assert_eq!(others(&mut balancer), [Some(0), Some(0), Some(0)]);
    let all: Vec<_> = (0..3).map(|_| choose(&mut balancer, 1)).collect();
    assert_eq!(all, [Some(0), Some(1), Some(0)]);
    // Of the two that there are one is healthy: that is no panic; with none, those two are asked.
    balancer.set_healthy(at(2), 0, false);
    assert_eq!(choose(&mut balancer, 2), Some(1));
    assert_eq!(others(&mut balancer), [None, None, None]);
    balancer.set_healthy(at(2), 1, false);
    let mut all: Vec<_> = (0..4).map(|_| choose(&mut balancer, 2)).collect();
    all.sort_unstable();
    assert_eq!(all, [Some(0), Some(0), Some(1), Some(1)]);
}

#[test]
fn those_of_a_zone_are_those_of_it_that_are_there_and_healthy() {
    let mut own = read(json!({ "round-robin": {} }));
    own.zone_aware = Some(ZoneAware::default());
    let mut balancer = own.balancer_in_zones(8, &[0, 1], 2);
    let callers = CallerZones { own: 0, shares: vec![5_000, 5_000] };
    let three = |balancer: &mut HostBalancer| -> Vec<_> {
        let host = |_| balancer.choose_for(at(1), None, Some(&callers), &mut { LOWEST });
        let mut hosts: Vec<_> = (0..3).filter_map(host).collect();
        hosts.sort_unstable();
        hosts
    };
    assert_eq!(three(&mut balancer), [0, 2, 4]);
    balancer.set_healthy(at(1), 2, false);
    assert_eq!(three(&mut balancer), [0, 4, 6]);
    balancer.set_present(at(1), 4, false);
    assert!(three(&mut balancer).iter().all(|host| [0, 6].contains(host)));
}

#[test]
fn whoever_hashes_finds_his_way_among_the_others() {
    let own = read(json!({ "maglev": { "table_size": 7 } }));
    let mut balancer = own.balancer(3);
    balancer.set_apart(at(0), 1, &own.algorithm);
    let chosen: std::collections::BTreeSet<_> =
        (0..20).map(|key| balancer.choose_other(at(0), Some(key), &mut { LOWEST })).collect();
    assert_eq!(chosen.into_iter().collect::<Vec<_>>(), [Some(0), Some(2)]);
}

#[test]
fn one_that_is_sent_somewhere_is_outstanding_there_until_it_is_taken_back() {
    let outstanding = |balancer: &HostBalancer| -> Vec<_> {
        balancer.hosts().views().iter().map(|v| (v.outstanding, v.seen_outstanding)).collect()
    };
    let mut balancing = read(json!({ "round-robin": {} }));
    let mut balancer = balancing.balancer(2);
    balancer.send_to(at(0), 1);
    balancer.send_to(at(0), 1);
    assert_eq!(outstanding(&balancer), [(0, 0), (2, 2)]);
    balancer.take_back(1);
    assert_eq!(outstanding(&balancer), [(0, 0), (1, 1)]);
    // Those who look now and then see it later.
    balancing.stale = Some(SimDuration::from_millis(100));
    let mut balancer = balancing.balancer(2);
    balancer.send_to(at(0), 1);
    balancer.send_to(at(0), 1);
    balancer.set_healthy(at(100), 0, true);
    balancer.take_back(1);
    assert_eq!(outstanding(&balancer), [(0, 0), (1, 2)]);
}
