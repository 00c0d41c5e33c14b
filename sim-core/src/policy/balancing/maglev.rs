//! Consistent hashing with a table.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ring_hash::hash_of;
use super::xxhash::xxh64;
use super::{Asked, Choose, Chooser, Hosts, Parameters};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::Problems;

/// Fills a table with the hosts, each in an order of its own, in turns as its weight says, and
/// sends a request to the host at the hash of its key. A host is named by its number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Maglev {
    /// How many places the table has; a prime from 2 to 5000011, and more than there are hosts.
    pub table_size: u32,
}

impl Default for Maglev {
    fn default() -> Self {
        Self { table_size: 65_537 }
    }
}

/// What Envoy allows.
const LARGEST_TABLE: u32 = 5_000_011;

impl Described for Maglev {
    const SUMMARY: &'static str = "consistent hashing of the request's key with a table";
    const SOURCE: &'static str =
        "D. Eisenbud et al., Maglev, NSDI 2016, listing 1; Envoy, maglev_lb.cc";
}

impl Parameters for Maglev {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let wrong = !(is_prime(self.table_size) && self.table_size <= LARGEST_TABLE);
        problems.note_if(wrong, "table_size", "must be a prime from 2 to 5000011");
        problems
    }

    fn chooser(&self) -> Chooser {
        Chooser::Maglev(Table { size: u64::from(self.table_size), hosts: Vec::new() })
    }
}

fn is_prime(n: u32) -> bool {
    let n = u64::from(n);
    n >= 2 && (2..).take_while(|divisor| divisor * divisor <= n).all(|divisor| n % divisor != 0)
}

/// The table: whose each place is.
#[derive(Clone, Debug)]
pub(super) struct Table {
    size: u64,
    hosts: Vec<u32>,
}

/// A host while the table is filled.
struct Filling {
    host: u32,
    offset: u64,
    skip: u64,
    next: u64,
    weight: f64,
    /// The weight from which on it has a turn.
    target: f64,
}

impl Filling {
    fn new(host: u32, weight: f64, size: u64) -> Self {
        let name = host.to_string();
        let offset = xxh64(name.as_bytes(), 0) % size;
        // A table of two places has one step only.
        let skip = xxh64(name.as_bytes(), 1) % (size - 1) + 1;
        Self { host, offset, skip, next: 0, weight, target: 0.0 }
    }

    /// The next place in the host's own order.
    fn place(&mut self, size: u64) -> usize {
        let place = (self.offset + self.skip * self.next) % size;
        self.next += 1;
        place as usize
    }
}

const FREE: u32 = u32::MAX;

impl Choose for Table {
    fn renew(&mut self, hosts: &Hosts, now: SimTime) {
        let size = self.size;
        let mut filling: Vec<Filling> = (hosts.candidates.iter())
            .map(|host| Filling::new(*host, hosts.weight(*host, now), size))
            .collect();
        filling.sort_by_key(|filling| filling.host.to_string());
        let heaviest = filling.iter().map(|filling| filling.weight).fold(0.0, f64::max);
        self.hosts = vec![FREE; size as usize];
        let mut left = size;
        for round in 1_u32.. {
            for filling in &mut filling {
                if left == 0 {
                    return;
                }
                if f64::from(round) * filling.weight < filling.target {
                    continue;
                }
                filling.target += heaviest;
                let mut place = filling.place(size);
                while self.hosts[place] != FREE {
                    place = filling.place(size);
                }
                self.hosts[place] = filling.host;
                left -= 1;
            }
        }
    }

    fn choose<R: Rng>(&mut self, _hosts: &Hosts, asked: Asked, draws: &mut R) -> u32 {
        self.hosts[(hash_of(asked, draws) % self.size) as usize]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::read;
    use super::*;

    fn table(weights: &[f64], healthy: impl Fn(u32) -> bool) -> Table {
        let mut balancing = read(json!({ "maglev": {} }));
        balancing.weights = weights.to_vec();
        let mut balancer = balancing.balancer(weights.len() as u32);
        for host in (0..weights.len() as u32).filter(|host| !healthy(*host)) {
            balancer.set_healthy(SimTime::ZERO, host, false);
        }
        let mut table = Table { size: 65_537, hosts: Vec::new() };
        table.renew(balancer.hosts(), SimTime::ZERO);
        table
    }

    fn places_of(table: &Table, host: u32) -> usize {
        table.hosts.iter().filter(|whose| **whose == host).count()
    }

    #[test]
    fn equal_hosts_have_equally_many_places_but_for_one() {
        for hosts in [1, 2, 3, 10, 100] {
            let table = table(&vec![1.0; hosts], |_| true);
            let counts: Vec<_> = (0..hosts as u32).map(|host| places_of(&table, host)).collect();
            let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            assert!(most - least <= 1, "{counts:?}");
            assert_eq!(counts.iter().sum::<usize>(), 65_537);
        }
    }

    #[test]
    fn weights_are_honoured() {
        let table = table(&[1.0, 2.0, 0.5], |_| true);
        for (host, share) in [(0, 2.0 / 7.0), (1, 4.0 / 7.0), (2, 1.0 / 7.0)] {
            let places = places_of(&table, host) as f64;
            assert!((places - share * 65_537.0).abs() <= 2.0, "{host}: {places}");
        }
    }

    #[test]
    fn who_leaves_disturbs_few_of_the_others() {
        let weights = [1.0; 20];
        let (before, after) = (table(&weights, |_| true), table(&weights, |host| host != 7));
        let moved = before.hosts.iter().zip(&after.hosts);
        let moved = moved.filter(|(before, after)| **before != 7 && before != after).count();
        // The paper finds a few percent; a table that is filled anew at random moves nearly all.
        assert!(moved < 65_537 / 20, "{moved}");
        assert_eq!(places_of(&after, 7), 0);
    }

    #[test]
    fn the_table_is_the_listing_of_the_paper() {
        // Filled by hand: each host in turn takes the first free place of its own order.
        let mut table = Table { size: 7, hosts: Vec::new() };
        let balancer = read(json!({ "random": {} })).balancer(3);
        table.renew(balancer.hosts(), SimTime::ZERO);
        let order = |host: u32| {
            let name = host.to_string();
            let (offset, skip) = (xxh64(name.as_bytes(), 0) % 7, xxh64(name.as_bytes(), 1) % 6 + 1);
            (0..7).map(move |nth| ((offset + nth * skip) % 7) as usize)
        };
        let mut expected = [FREE; 7];
        for turn in 0..7_u32 {
            let free = order(turn % 3).find(|place| expected[*place] == FREE).unwrap();
            expected[free] = turn % 3;
        }
        assert_eq!(table.hosts, expected);
    }

    #[test]
    fn a_light_host_has_a_turn_in_each_round_that_makes_up_its_weight() {
        // Envoy's `iteration * weight < target_weight`: of half the weight, in the first round,
        // and in each even one, in which its weights are just as much as its turns have cost.
        let turns = [0, 1, 0, 1, 0, 0, 1];
        let mut balancing = read(json!({ "random": {} }));
        balancing.weights = vec![1.0, 0.5];
        let mut table = Table { size: 7, hosts: Vec::new() };
        table.renew(balancing.balancer(2).hosts(), SimTime::ZERO);
        let mut expected = [FREE; 7];
        let mut filling = [0, 1].map(|host| Filling::new(host, 1.0, 7));
        for host in turns {
            let mut place = filling[host].place(7);
            while expected[place] != FREE {
                place = filling[host].place(7);
            }
            expected[place] = host as u32;
        }
        assert_eq!(table.hosts, expected);
    }

    #[test]
    fn the_table_is_prime() {
        for (size, right) in [(2, true), (7, true), (65_537, true), (5_000_011, true)]
            .into_iter()
            .chain([0, 1, 4, 9, 65_535, 5_000_077].map(|size| (size, false)))
        {
            assert_eq!(Maglev { table_size: size }.check().0.is_empty(), right, "{size}");
        }
    }
}
