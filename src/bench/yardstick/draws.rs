//! Draws for the yardstick: small, fast, and its own, so that the yardstick stays as it is when
//! Squall's generators change.

/// How many layers the ziggurat has.
const LAYERS: usize = 256;
/// Where its lowest layer ends, and the area of each layer: Marsaglia and Tsang's for 256 layers.
const END: f64 = 7.697_117_470_131_05;
const AREA: f64 = 0.003_949_659_822_581_557;

/// Exponential draws: SplitMix64 (Steele, Lea and Flood, 2014) and a ziggurat (Marsaglia and Tsang,
/// 2000).
pub(super) struct Draws {
    state: u64,
    /// The right ends of the layers, and the density there.
    ends: [f64; LAYERS + 1],
    densities: [f64; LAYERS + 1],
}

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        let mut ends = [0.0; LAYERS + 1];
        ends[0] = AREA / libm::exp(-END);
        ends[1] = END;
        for i in 2..LAYERS {
            ends[i] = -libm::log(AREA / ends[i - 1] + libm::exp(-ends[i - 1]));
        }
        Self { state: seed, ends, densities: ends.map(|end| libm::exp(-end)) }
    }

    /// An exponential time with this mean, in the mean's unit.
    #[inline]
    pub(super) fn exponential(&mut self, mean: f64) -> u64 {
        (mean * self.unit_exponential()) as u64
    }

    #[inline]
    fn unit_exponential(&mut self) -> f64 {
        loop {
            let bits = self.bits();
            let layer = (bits & 0xff) as usize;
            let x = unit(bits) * self.ends[layer];
            if x < self.ends[layer + 1] {
                return x;
            }
            if let Some(x) = self.at_the_edge(layer, x) {
                return x;
            }
        }
    }

    /// What the edge of a layer makes of `x`: one draw in a hundred comes here.
    #[cold]
    fn at_the_edge(&mut self, layer: usize, x: f64) -> Option<f64> {
        if layer == 0 {
            // What is left is as long as what was.
            return Some(END + self.unit_exponential());
        }
        let (low, high) = (self.densities[layer], self.densities[layer + 1]);
        let height = low + (high - low) * unit(self.bits());
        (height < libm::exp(-x)).then_some(x)
    }

    #[inline]
    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// The high 53 bits as a number in `[0, 1)`; the layer is in the low 8.
#[inline]
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_those_of_split_mix_64() {
        // The first outputs for the seed 1234567, as published with the algorithm.
        let mut draws = Draws::new(1_234_567);
        let first = [draws.bits(), draws.bits(), draws.bits()];
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn the_layers_have_one_area_and_reach_the_top() {
        let Draws { ends, densities, .. } = Draws::new(1);
        for i in 1..LAYERS {
            let area = ends[i] * (densities[i + 1] - densities[i]);
            assert!((area / AREA - 1.0).abs() < 1e-6, "layer {i}: {area}");
        }
    }

    #[test]
    fn the_draws_are_exponential() {
        const N: usize = 1_000_000;
        let mut draws = Draws::new(7);
        let mut all: Vec<f64> = (0..N).map(|_| draws.unit_exponential()).collect();
        all.sort_by(f64::total_cmp);
        // Kolmogorov and Smirnov: beyond 1.95/√n once in 1,000 seeds.
        let distance = all.iter().enumerate().map(|(i, x)| {
            let expected = -libm::expm1(-x);
            (expected - i as f64 / N as f64).abs().max((expected - (i + 1) as f64 / N as f64).abs())
        });
        let worst = distance.fold(0.0, f64::max);
        assert!(worst < 1.95 / (N as f64).sqrt(), "{worst}");
    }
}
