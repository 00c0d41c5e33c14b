//! Consistent hashing on a ring.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::xxhash::xxh64;
use super::{Asked, Choose, Chooser, Hosts, Parameters};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::Problems;

/// Places each host on a ring of hashes, as often as its weight says, and sends a request to the
/// host at or after the hash of its key. A host is named by its number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RingHash {
    /// How many places the ring has at least; from 1 to 8388608.
    pub min_ring_size: u32,
    /// How many places the ring has at most; not below `min_ring_size`, at most 8388608. (gRPC's
    /// clients cap it at 4096.)
    pub max_ring_size: u32,
}

/// What Envoy and gRPC allow: 8 Mi.
const LARGEST_RING: u32 = 8 * 1024 * 1024;

impl Default for RingHash {
    fn default() -> Self {
        Self { min_ring_size: 1024, max_ring_size: LARGEST_RING }
    }
}

impl Described for RingHash {
    const SUMMARY: &'static str = "consistent hashing of the request's key on a ring";
    const SOURCE: &'static str =
        "Envoy, ring_hash_lb.cc; grpc/proposal A42-xds-ring-hash-lb-policy.md";
}

impl Parameters for RingHash {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let wrong = !(1..=LARGEST_RING).contains(&self.min_ring_size);
        problems.note_if(wrong, "min_ring_size", "must be from 1 to 8388608");
        let wrong = !(self.min_ring_size..=LARGEST_RING).contains(&self.max_ring_size);
        let message = "must not be below `min_ring_size` nor above 8388608";
        problems.note_if(wrong, "max_ring_size", message);
        problems
    }

    fn chooser(&self) -> Chooser {
        Chooser::RingHash(Ring { parameters: *self, places: Vec::new() })
    }
}

/// The ring: hashes in order, and whose they are.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    parameters: RingHash,
    places: Vec<(u64, u32)>,
}

/// The hash of a request's key; of a random one if it has none.
pub(super) fn hash_of<R: Rng>(asked: Asked, draws: &mut R) -> u64 {
    match asked.key {
        Some(key) => xxh64(&key.to_le_bytes(), 0),
        None => draws.next_u64(),
    }
}

impl Choose for Ring {
    fn renew(&mut self, hosts: &Hosts, now: SimTime) {
        let weights: Vec<f64> =
            hosts.candidates.iter().map(|host| hosts.weight(*host, now)).collect();
        let all: f64 = weights.iter().sum();
        let least = weights.iter().copied().fold(f64::INFINITY, f64::min) / all;
        // The lightest host gets a whole number of places.
        let whole = (least * f64::from(self.parameters.min_ring_size)).ceil() / least;
        let scale = whole.min(f64::from(self.parameters.max_ring_size));
        self.places.clear();
        let mut target = 0.0;
        for (host, weight) in hosts.candidates.iter().zip(&weights) {
            target += scale * weight / all;
            let mut nth = 0;
            while (self.places.len() as f64) < target {
                let name = format!("{host}_{nth}");
                self.places.push((xxh64(name.as_bytes(), 0), *host));
                nth += 1;
            }
        }
        self.places.sort_unstable();
    }

    fn choose<R: Rng>(&mut self, _hosts: &Hosts, asked: Asked, draws: &mut R) -> u32 {
        let hash = hash_of(asked, draws);
        let place = self.places.partition_point(|(at, _)| *at < hash);
        let (_, host) = self.places.get(place).or(self.places.first()).copied().unwrap_or_default();
        host
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{by_key, read};
    use super::*;
    use crate::policy::backoff::scripted::{Always, HIGHEST, LOWEST};

    fn ring(weights: &[f64], parameters: RingHash) -> (Ring, Hosts) {
        let mut balancing = read(json!({ "random": {} }));
        balancing.weights = weights.to_vec();
        let hosts = balancing.balancer(weights.len() as u32).hosts().clone();
        let mut ring = Ring { parameters, places: Vec::new() };
        ring.renew(&hosts, SimTime::ZERO);
        (ring, hosts)
    }

    fn places_of(ring: &Ring, host: u32) -> usize {
        ring.places.iter().filter(|(_, whose)| *whose == host).count()
    }

    #[test]
    fn the_lightest_host_has_a_whole_number_of_places_and_the_others_their_multiple() {
        let (even, _) = ring(&[1.0; 3], RingHash::default());
        assert_eq!([0, 1, 2].map(|host| places_of(&even, host)), [342; 3]);
        let (uneven, _) = ring(&[1.0, 3.0], RingHash::default());
        assert_eq!([0, 1].map(|host| places_of(&uneven, host)), [256, 768]);
        // Envoy's example: a quarter each of six places.
        let small = RingHash { min_ring_size: 1, max_ring_size: 6 };
        let (small, _) = ring(&[1.0; 4], RingHash { min_ring_size: 6, ..small });
        assert_eq!([0, 1, 2, 3].map(|host| places_of(&small, host)), [2, 1, 2, 1]);
    }

    #[test]
    fn the_places_of_a_host_are_numbered_from_nought() {
        // Envoy hashes `host_0`, `host_1`, ….
        let (ring, _) = ring(&[1.0; 2], RingHash { min_ring_size: 6, max_ring_size: 6 });
        let names = ["0_0", "0_1", "0_2", "1_0", "1_1", "1_2"];
        let mut hashes = names.map(|name| xxh64(name.as_bytes(), 0));
        hashes.sort_unstable();
        assert_eq!(ring.places.iter().map(|(at, _)| *at).collect::<Vec<_>>(), hashes);
    }

    #[test]
    fn a_hash_belongs_to_the_place_at_or_after_it_and_past_the_last_to_the_first() {
        let (mut ring, hosts) = ring(&[1.0; 3], RingHash::default());
        let asked = Asked { now: SimTime::ZERO, key: None };
        let mut at = |draw: u64| ring.choose(&hosts, asked, &mut Always(draw));
        let (first, last) = (at(0), at(u64::MAX));
        assert_eq!(first, last);
        let places = ring.places.clone();
        let mut at = |draw: u64| ring.choose(&hosts, asked, &mut Always(draw));
        for pair in places.windows(2) {
            assert_eq!((at(pair[0].0), at(pair[0].0 + 1)), (pair[0].1, pair[1].1));
        }
        assert_eq!((at(LOWEST.0), at(HIGHEST.0)), (places[0].1, places[0].1));
    }

    #[test]
    fn the_ring_is_as_even_as_so_many_places_make_it() {
        let chosen = by_key(&mut read(json!({ "ring-hash": {} })).balancer(10), 100_000);
        for host in 0..10 {
            let share = chosen.iter().filter(|chosen| **chosen == host).count() as f64 / 1e5;
            // About 103 places each: a spread of 1 / √103 of a tenth.
            assert!((share - 0.1).abs() < 0.04, "{host}: {share}");
        }
    }

    #[test]
    fn who_leaves_disturbs_the_others_only_as_far_as_the_ring_grows() {
        let moved_of_the_others = |ring: RingHash| {
            let mut balancer = read(json!({ "ring-hash": ring })).balancer(10);
            let before = by_key(&mut balancer, 20_000);
            balancer.set_healthy(SimTime::ZERO, 3, false);
            let after = by_key(&mut balancer, 20_000);
            assert!(after.iter().all(|host| *host != 3));
            before
                .iter()
                .zip(&after)
                .filter(|(before, after)| **before != 3 && before != after)
                .count()
        };
        // Of at least one place a host has one with nine hosts as with ten: nobody else moves.
        let one_each = RingHash { min_ring_size: 1, max_ring_size: LARGEST_RING };
        assert_eq!(moved_of_the_others(one_each), 0);
        // Ten have 103 places each, nine have 114: each takes a tenth more, from all the others.
        let moved = moved_of_the_others(RingHash::default());
        assert!((600..3_000).contains(&moved), "{moved}");
    }

    #[test]
    fn mistakes_name_the_field() {
        let paths = |min_ring_size, max_ring_size| -> Vec<String> {
            let problems = RingHash { min_ring_size, max_ring_size }.check();
            problems.0.into_iter().map(|problem| problem.path).collect()
        };
        assert_eq!(paths(0, 8), ["min_ring_size"]);
        assert_eq!(paths(8, 7), ["max_ring_size"]);
        // Envoy and gRPC: 8 Mi.
        assert_eq!(paths(8, 8_388_609), ["max_ring_size"]);
        assert_eq!(paths(8_388_608, 8_388_608), [""; 0]);
    }
}
