//! Which hosts a client keeps to, out of many.

use super::xxhash::xxh64;

/// The hosts, out of `hosts`, that client number `client` keeps to: `size` of them, such that
/// clients with successive numbers spread evenly. All, if there are no more than `size`.
/// (Site Reliability Engineering, chapter 20, Deterministic Subsetting; the shuffle of each round
/// is an order by hash.)
pub fn subset(client: u32, hosts: u32, size: u32) -> Vec<u32> {
    if size == 0 || hosts <= size {
        return (0..hosts).collect();
    }
    let subsets = hosts / size;
    let (round, place) = (client / subsets, client % subsets);
    let mut shuffled: Vec<u32> = (0..hosts).collect();
    shuffled.sort_by_key(|host| (xxh64(&host.to_le_bytes(), u64::from(round)), *host));
    let start = (place * size) as usize;
    shuffled[start..start + size as usize].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_of_a_round_share_no_host() {
        for (hosts, size) in [(12, 3), (12, 4), (13, 4)] {
            let clients = hosts / size;
            for round in 0..5 {
                let mut used = vec![0; hosts as usize];
                for client in round * clients..(round + 1) * clients {
                    let subset = subset(client, hosts, size);
                    assert_eq!(subset.len(), size as usize);
                    subset.iter().for_each(|host| used[*host as usize] += 1);
                }
                assert_eq!(used.iter().sum::<u32>(), clients * size);
                assert!(used.iter().all(|used| *used <= 1), "{used:?}");
            }
        }
    }

    #[test]
    fn rounds_are_shuffled_anew() {
        assert_ne!(subset(0, 30, 10), subset(3, 30, 10));
        assert_eq!(subset(5, 30, 10), subset(5, 30, 10));
    }

    #[test]
    fn who_wants_all_has_all() {
        assert_eq!(subset(4, 3, 3), [0, 1, 2]);
        assert_eq!(subset(4, 3, 9), [0, 1, 2]);
        assert_eq!(subset(4, 3, 0), [0, 1, 2]);
        assert_eq!(subset(4, 3, 2).len(), 2);
    }
}
