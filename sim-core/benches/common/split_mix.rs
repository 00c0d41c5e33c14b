//! The yardstick's draws: a small generator in front of the kernel's ziggurat.

use std::convert::Infallible;

use rand::TryRng;
use sim_core::kernel::sample::standard_exponential;

/// SplitMix64: G. Steele, D. Lea and C. Flood, *Fast Splittable Pseudorandom Number Generators*
/// (2014).
pub(crate) struct SplitMix(pub(crate) u64);

impl TryRng for SplitMix {
    type Error = Infallible;

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(z ^ (z >> 31))
    }

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        rand::rand_core::utils::fill_bytes_via_next_word(bytes, || self.try_next_u64())
    }
}

impl SplitMix {
    /// An exponential time, in nanoseconds.
    #[inline]
    pub(crate) fn exponential(&mut self, mean_ns: f64) -> u64 {
        (mean_ns * standard_exponential(self)) as u64
    }
}
