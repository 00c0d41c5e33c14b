//! The buckets of every histogram: exact below 512 ns, above that 256 to each power of two.
//!
//! All histograms share one geometry, so that any two of them can be merged.

use histogram::Config;

/// 2⁸ buckets to a power of two: a bucket is at most 1/256 (0.39 %) of its lower bound wide.
const GROUPING_POWER: u32 = 8;

/// The geometry, as the `histogram` crate knows it; it holds every `u64`.
pub(super) const CONFIG: Config = match Config::new(GROUPING_POWER as u8, 64) {
    Ok(config) => config,
    Err(_) => panic!("a grouping power of 8 suits 64 bits"),
};

/// How many buckets there are.
pub(super) const COUNT: usize = CONFIG.total_buckets();

/// The bucket of a value; always below [`COUNT`].
///
/// The crate computes the same, but tells nobody; here the geometry is known when compiling.
#[inline]
pub(super) const fn of(value: u64) -> usize {
    if value < 2 << GROUPING_POWER {
        return value as usize;
    }
    let dropped_bits = 63 - value.leading_zeros() - GROUPING_POWER;
    ((dropped_bits as usize) << GROUPING_POWER) + (value >> dropped_bits) as usize
}

/// The lowest value of a bucket.
pub(super) const fn start(bucket: usize) -> u64 {
    let block = (bucket >> GROUPING_POWER) as u32;
    if block < 2 {
        return bucket as u64;
    }
    let dropped_bits = block - 1;
    ((bucket - ((dropped_bits as usize) << GROUPING_POWER)) as u64) << dropped_bits
}

/// How many values a bucket holds.
pub(super) const fn width(bucket: usize) -> u64 {
    let block = (bucket >> GROUPING_POWER) as u32;
    1 << block.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use histogram::Histogram;

    use super::*;

    /// The bucket in which the crate counts a value.
    fn crates_bucket(value: u64) -> (usize, u64, u64) {
        let mut oracle = Histogram::with_config(&CONFIG);
        oracle.increment(value).unwrap();
        let index = oracle.as_slice().iter().position(|n| *n == 1).unwrap();
        let bucket = oracle.quantile_bucket(0.5).unwrap().unwrap();
        (index, bucket.start(), bucket.end())
    }

    #[test]
    fn buckets_are_those_of_the_histogram_crate() {
        let edges = (0..64).flat_map(|power| {
            let edge = 1_u64 << power;
            [edge.saturating_sub(1), edge, edge + 1, edge + edge / 3, edge + (edge - 1)]
        });
        for value in edges.chain([0, 511, 512, 513, 20_000_000, u64::MAX]) {
            let (index, lowest, highest) = crates_bucket(value);
            assert_eq!(of(value), index, "{value}");
            assert_eq!(start(index), lowest, "{value}");
            assert_eq!(start(index) + (width(index) - 1), highest, "{value}");
        }
    }

    #[test]
    fn no_bucket_is_wider_than_a_256th_of_its_values() {
        for bucket in 0..COUNT {
            assert!(width(bucket) == 1 || width(bucket) <= start(bucket) / 256, "{bucket}");
        }
    }
}
