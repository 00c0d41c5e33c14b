//! Identities of nested calls.

/// The identity of a call made from within another: a function of its ancestors only, so that
/// it is the same whatever else was called before and in whatever order answers came.
///
/// `parent` is the identity of the call being handled, `site` numbers the place in the handler
/// that calls (with the turn, where one place calls several times), `attempt` is the attempt of
/// the parent that is being handled.
///
/// For a fixed site and attempt this is a bijection of the parent, and likewise in each of the
/// three arguments: siblings never collide; cousins do as random 64-bit numbers would (one pair
/// among 10⁹ calls with probability 3 %). Each argument is followed by the mixer `moremur`
/// (P. Evensen, 2020), every output bit of which depends on every input bit.
#[inline]
pub const fn lineage(parent: u64, site: u64, attempt: u32) -> u64 {
    // The fractional bits of √2, √3 and √5: keeps small arguments off the mixer's fixed point.
    let from_parent = moremur(parent ^ 0x6a09_e667_f3bc_c908);
    let from_site = moremur(from_parent ^ site.wrapping_add(0xbb67_ae85_84ca_a73b));
    moremur(from_site ^ (attempt as u64).wrapping_add(0x3c6e_f372_fe94_f82b))
}

const fn moremur(mut x: u64) -> u64 {
    x = (x ^ (x >> 27)).wrapping_mul(0x3c79_ac49_2ba7_b653);
    x = (x ^ (x >> 33)).wrapping_mul(0x1c69_b3f7_4ac4_ae35);
    x ^ (x >> 27)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identities_are_those_of_the_first_version() {
        let seen: [u64; 4] =
            [lineage(0, 0, 0), lineage(1, 0, 0), lineage(0, 1, 0), lineage(0, 0, 1)];
        assert_eq!(
            seen,
            [0x96f41c89efa967e8, 0xf7dce86dc2307cfe, 0xcc1cc0008ed9a5e9, 0x57f08d3709470805]
        );
        assert_eq!(lineage(lineage(u64::MAX, 7, 2), 3, u32::MAX), 0xb740ef57c07c2b35);
    }

    #[test]
    fn one_bit_of_any_argument_changes_half_of_the_identity() {
        // 500 pairs of 64 bits each: the mean count lies within 4.5 standard errors of 32.
        let tolerance = 4.5 * 4.0 / f64::sqrt(500.0);
        for bit in 0..64 {
            let flips = [(1_u64 << bit, 0, 0), (0, 1 << bit, 0), (0, 0, 1_u32 << (bit % 32))];
            for (parent_flip, site_flip, attempt_flip) in flips {
                let changed: u32 = (0..500_u64)
                    .map(|i| {
                        let (parent, site, attempt) = (i * i, i % 7, (i % 5) as u32);
                        let changed =
                            lineage(parent ^ parent_flip, site ^ site_flip, attempt ^ attempt_flip);
                        (lineage(parent, site, attempt) ^ changed).count_ones()
                    })
                    .sum();
                let mean = f64::from(changed) / 500.0;
                assert!((mean - 32.0).abs() < tolerance, "bit {bit}: {mean}");
            }
        }
    }

    #[test]
    fn a_family_of_small_numbers_has_no_two_alike() {
        let mut all: Vec<u64> = (0..100_u64)
            .flat_map(|parent| (0..50).map(move |site| (parent, site)))
            .flat_map(|(parent, site)| (0..10).map(move |attempt| lineage(parent, site, attempt)))
            .collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 50_000);
    }
}
