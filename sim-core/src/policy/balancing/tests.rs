//! What holds for every algorithm, and the closed forms of choosing.

use std::convert::Infallible;

use proptest::prelude::*;
use rand::TryRng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::json;

use super::*;

pub(super) fn at(ms: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_millis(ms)
}

pub(super) fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

pub(super) fn read(algorithm: serde_json::Value) -> Balancing {
    serde_json::from_value(json!({ "algorithm": algorithm })).unwrap()
}

/// Draws that somebody has written down, as numbers from 0 to 1.
pub(super) struct Scripted(std::collections::VecDeque<f64>);

impl Scripted {
    pub(super) fn of(draws: &[f64]) -> Self {
        Self(draws.iter().copied().collect())
    }
}

impl TryRng for Scripted {
    type Error = Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok((self.0.pop_front().unwrap() * 18_446_744_073_709_551_616.0) as u64)
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.try_next_u64()? >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, _bytes: &mut [u8]) -> Result<(), Infallible> {
        unreachable!("no algorithm asks for bytes")
    }
}

/// The first choices, if no request ends.
pub(super) fn choices(balancing: &Balancing, hosts: u32, n: usize) -> Vec<u32> {
    let (mut balancer, mut rng) = (balancing.balancer(hosts), rng());
    (0..n).map(|_| balancer.choose(at(0), None, &mut rng).unwrap()).collect()
}

/// The choices for the keys from 0 on, each of which ends at once.
pub(super) fn by_key(balancer: &mut HostBalancer, keys: u64) -> Vec<u32> {
    let mut rng = rng();
    (0..keys)
        .map(|key| {
            let host = balancer.choose(at(0), Some(key), &mut rng).unwrap();
            balancer.done(at(0), host, SimDuration::ZERO);
            host
        })
        .collect()
}

pub(super) fn counts(chosen: &[u32], hosts: usize) -> Vec<f64> {
    let mut counts = vec![0.0; hosts];
    chosen.iter().for_each(|host| counts[*host as usize] += 1.0);
    counts
}

pub(super) fn chi_square(counts: &[f64], shares: &[f64]) -> f64 {
    let all: f64 = counts.iter().sum();
    counts
        .iter()
        .zip(shares)
        .map(|(n, share)| (n - all * share) * (n - all * share) / (all * share))
        .sum()
}

fn every_algorithm() -> Vec<Algorithm> {
    let read = |name: &str| serde_json::from_value(json!({ name: {} })).unwrap();
    Algorithm::CATALOGUE.iter().map(|entry| read(entry.name)).collect()
}

#[test]
fn every_algorithm_is_written_as_it_is_read_and_right_by_default() {
    for algorithm in every_algorithm() {
        let mut value = serde_json::to_value(&algorithm).unwrap();
        assert_eq!(serde_json::from_value::<Algorithm>(value.clone()).unwrap(), algorithm);
        assert_eq!(Balancing::by(algorithm.clone()).check(3), Ok(()));
        value[algorithm.name()]["typo"] = json!(1);
        let error = serde_json::from_value::<Algorithm>(value).unwrap_err().to_string();
        assert!(error.contains("unknown field `typo`"), "{error}");
    }
}

#[test]
fn every_parameter_is_described() {
    for entry in Algorithm::CATALOGUE {
        let schema = (entry.parameters)(&mut schemars::SchemaGenerator::default());
        let fields = schema.get("properties").and_then(|fields| fields.as_object());
        for (field, schema) in fields.into_iter().flatten() {
            assert!(schema.get("description").is_some(), "{}.{field}", entry.name);
        }
    }
}

#[test]
fn one_host_is_always_chosen_and_only_candidates_are() {
    for algorithm in every_algorithm() {
        let balancing = Balancing::by(algorithm);
        assert_eq!(choices(&balancing, 1, 3), [0, 0, 0]);
        let (mut balancer, mut rng) = (balancing.balancer(5), rng());
        balancer.set_healthy(at(0), 1, false);
        balancer.set_healthy(at(0), 4, false);
        let mut chosen: Vec<_> =
            (0..500).map(|_| balancer.choose(at(0), None, &mut rng).unwrap()).collect();
        chosen.sort_unstable();
        chosen.dedup();
        assert_eq!(chosen, [0, 2, 3], "{}", balancing.algorithm.name());
    }
}

#[test]
fn without_weights_nobody_is_preferred() {
    for algorithm in every_algorithm() {
        let name = algorithm.name();
        // Where a ring's places fall is luck, the same for every request.
        if name == "ring-hash" {
            continue;
        }
        let (mut balancer, mut rng) = (Balancing::by(algorithm).balancer(4), rng());
        let mut chosen = Vec::new();
        for n in 0..20_000 {
            let host = balancer.choose(at(n), None, &mut rng).unwrap();
            balancer.done(at(n), host, SimDuration::from_millis(1));
            chosen.push(host);
        }
        let chi2 = chi_square(&counts(&chosen, 4), &[0.25; 4]);
        assert!(chi2 < 21.1, "{name}: chi-square {chi2} with 3 degrees of freedom, p = 1e-4");
    }
}

#[test]
fn weights_are_honoured_by_whom_they_matter_to() {
    for name in
        ["weighted-round-robin", "smooth-weighted-round-robin", "weighted-least-request", "maglev"]
    {
        let balancing = Balancing { weights: vec![1.0, 2.0, 5.0], ..read(json!({ name: {} })) };
        let (mut balancer, mut rng) = (balancing.balancer(3), rng());
        let mut chosen = Vec::new();
        for _ in 0..8_000 {
            let host = balancer.choose(at(0), None, &mut rng).unwrap();
            balancer.done(at(0), host, SimDuration::ZERO);
            chosen.push(host);
        }
        let chi2 = chi_square(&counts(&chosen, 3), &[0.125, 0.25, 0.625]);
        assert!(chi2 < 18.5, "{name}: chi-square {chi2} with 2 degrees of freedom, p = 1e-4");
    }
}

/// The fullest of 1,000 bins after 1,000 balls, on average over 20 tries.
fn fullest_bin(algorithm: serde_json::Value) -> f64 {
    let (balancing, mut rng) = (read(algorithm), rng());
    let fullest = |_| {
        let mut balancer = balancing.balancer(1_000);
        (0..1_000).for_each(|_| {
            balancer.choose(at(0), None, &mut rng);
        });
        balancer.hosts().views().iter().map(|view| view.outstanding).max().unwrap()
    };
    (0..20).map(fullest).sum::<u32>() as f64 / 20.0
}

#[test]
fn two_choices_keep_the_fullest_bin_far_lower_than_one() {
    // M. Mitzenmacher, The Power of Two Choices (1996), table for n = 10³ balls and bins: one choice
    // mostly 5 or 6, two choices always 3 or, rarely, 4.
    let one = fullest_bin(json!({ "random": {} }));
    assert!((5.0..=6.3).contains(&one), "{one}");
    for two in ["p2c", "n-choices"] {
        let two = fullest_bin(json!({ two: {} }));
        assert!((3.0..=3.3).contains(&two), "{two}");
    }
    let all = fullest_bin(json!({ "least-request": {} }));
    assert_eq!(all, 1.0);
}

/// Brooker's model (2012): 10 servers with queues, one arrival a second, 8 s of work each; counts are
/// looked at every `stale` seconds. The mean time that a request waits, in seconds.
fn mean_wait(algorithm: serde_json::Value, stale: Option<u64>) -> f64 {
    let mut balancing = read(algorithm);
    balancing.stale = stale.map(SimDuration::from_secs);
    let (mut balancer, mut rng) = (balancing.balancer(10), rng());
    let mut draws = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let mut pause = || -libm::log(crate::kernel::draw::open_unit_f64(draws.next_u64()));
    // When each server is through with what it has; and all that is under way, by its end.
    let mut free_at = [0.0_f64; 10];
    let mut under_way = std::collections::BTreeMap::new();
    let (mut now, mut waited, n) = (0.0, 0.0, 100_000);
    let time = |seconds: f64| SimTime::ZERO + SimDuration::from_secs_f64(seconds);
    for request in 0..n {
        now += pause();
        while let Some(((end, _), host)) = under_way.first_key_value().map(|(k, h)| (*k, *h)) {
            if end > time(now) {
                break;
            }
            under_way.pop_first();
            balancer.done(end, host, SimDuration::ZERO);
        }
        let host = balancer.choose(time(now), None, &mut rng).unwrap();
        let start = free_at[host as usize].max(now);
        waited += start - now;
        free_at[host as usize] = start + 8.0;
        under_way.insert((time(free_at[host as usize]), request), host);
    }
    waited / f64::from(n)
}

#[test]
fn with_fresh_counts_more_choices_are_better_and_with_stale_ones_worse_than_none() {
    let random = mean_wait(json!({ "random": {} }), None);
    // M/D/1 at a load of 0.8: 16 s.
    assert!((random - 16.0).abs() < 1.5, "{random}");
    let waits = |stale| {
        let n_choices = |n: u32| mean_wait(json!({ "n-choices": { "choice_count": n } }), stale);
        let all = mean_wait(json!({ "least-request": { "ties": "random" } }), stale);
        [n_choices(2), n_choices(3), all]
    };
    let [two, three, all] = waits(None);
    assert!(all < three && three < two && two < random, "{all} {three} {two} {random}");
    let [two, three, all] = waits(Some(100));
    assert!(random < two && two < three && three < all, "{random} {two} {three} {all}");
    // The best of all crosses random far earlier than the best of two.
    let [two, _, all] = waits(Some(30));
    assert!(two < random && random < all, "{two} {random} {all}");
}

proptest! {
    /// Whatever happens, counts are right and only candidates are chosen.
    #[test]
    fn counts_are_kept_and_candidates_respected(
        which in 0..Algorithm::CATALOGUE.len(),
        hosts in 1..6_u32,
        stale in prop::option::of(1..50_u64),
        acts in prop::collection::vec((0..30_u64, 0..4_u8, any::<prop::sample::Index>()), 0..60),
    ) {
        let algorithm = match Algorithm::CATALOGUE[which].name {
            "maglev" => json!({ "maglev": { "table_size": 13 } }),
            "ring-hash" => json!({ "ring-hash": { "min_ring_size": 32 } }),
            name => json!({ name: {} }),
        };
        let mut balancing = read(algorithm);
        balancing.stale = stale.map(SimDuration::from_millis);
        let (mut balancer, mut rng) = (balancing.balancer(hosts), rng());
        let (mut now, mut out) = (0, Vec::new());
        let (mut counts, mut healthy) = (vec![0; hosts as usize], vec![true; hosts as usize]);
        let mut seen = vec![(0, counts.clone())];
        for (pause, act, index) in acts {
            now += pause;
            let host = index.index(hosts as usize);
            match act {
                0 => {
                    healthy[host] = !healthy[host];
                    balancer.set_healthy(at(now), host as u32, healthy[host]);
                }
                1 if !out.is_empty() => {
                    let host: u32 = out.swap_remove(index.index(out.len()));
                    balancer.done(at(now), host, SimDuration::from_millis(3));
                    counts[host as usize] -= 1;
                }
                _ => {
                    let host = balancer.choose(at(now), Some(pause), &mut rng).unwrap();
                    let well = healthy.iter().filter(|healthy| **healthy).count();
                    let panic = well * 2 < hosts as usize;
                    prop_assert!(panic || healthy[host as usize]);
                    counts[host as usize] += 1;
                    out.push(host);
                }
            }
            seen.push((now, counts.clone()));
            let known: Vec<_> = (0..hosts).map(|host| balancer.hosts().outstanding(host)).collect();
            // The counts after all that happened before the last look.
            let looked = stale.map_or(now + 1, |stale| now / stale * stale);
            let last = seen.iter().rfind(|(when, _)| *when < looked).map(|(_, counts)| counts);
            let expected = last.cloned().unwrap_or(vec![0; hosts as usize]);
            prop_assert_eq!(known, expected);
        }
    }
}

#[test]
fn only_balancers_that_choose_by_chance_take_draws() {
    for (algorithm, draws) in [
        (json!({ "round-robin": {} }), false),
        (json!({ "ring-hash": {} }), false),
        (json!({ "maglev": {} }), false),
        (json!({ "least-request": { "ties": "in_turn" } }), false),
        (json!({ "least-request": { "ties": "random" } }), true),
        (json!({ "random": {} }), true),
        (json!({ "p2c": {} }), true),
    ] {
        assert_eq!(read(algorithm.clone()).draws(), draws, "{algorithm}");
    }
}
