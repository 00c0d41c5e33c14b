//! The unit exponential and the standard normal, by the ziggurat of 256 layers.
//!
//! Source: G. Marsaglia and W. W. Tsang, *The Ziggurat Method for Generating Random Variables*
//! (2000), with 64 bits a draw, of which the layer and the place within it use different ones
//! (J. Doornik, *An Improved Ziggurat Method*, 2005). Tables and wedges use `libm`, everything
//! else only `+ − ×` and comparisons, so the bits are the same on every platform.

use rand::Rng;

use super::super::draw::unit_f64;
use super::{exponential_layers, normal_layers};

/// An exponential variate of mean 1.
#[inline]
pub fn standard_exponential<R: Rng + ?Sized>(draws: &mut R) -> f64 {
    let table = &EXPONENTIAL;
    let bits = draws.next_u64();
    let layer = &table.layers[layer_of(bits)];
    if place_of(bits) < layer.inside {
        return place_of(bits) as f64 * layer.scale;
    }
    exponential_outside(table, bits, draws)
}

/// A normal variate of mean 0 and standard deviation 1.
#[inline]
pub fn standard_normal<R: Rng + ?Sized>(draws: &mut R) -> f64 {
    let table = &NORMAL;
    let bits = draws.next_u64();
    let layer = &table.layers[layer_of(bits)];
    let size = if place_of(bits) < layer.inside {
        place_of(bits) as f64 * layer.scale
    } else {
        normal_outside(table, bits, draws)
    };
    // Without a branch, which half of all draws would mispredict.
    f64::from_bits(size.to_bits() ^ (bits & SIGN) << 55)
}

/// How many layers a ziggurat has.
const LAYERS: usize = 256;
/// The bit of a draw that is the sign of a normal variate; no part of its layer or place.
const SIGN: u64 = 1 << 8;
/// Where the exponential's tail starts, for 256 layers of equal area.
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;
/// Where the normal's tail starts, for 256 layers of equal area.
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;

static EXPONENTIAL: Ziggurat =
    Ziggurat::new(&exponential_layers::EDGES, &exponential_layers::HEIGHTS);

static NORMAL: Ziggurat = Ziggurat::new(&normal_layers::EDGES, &normal_layers::HEIGHTS);

/// A decreasing density, cut into horizontal layers of equal area; the lowest has the tail.
struct Ziggurat {
    layers: [Layer; LAYERS],
    /// The density at the right edge of each layer, and at zero.
    heights: [f64; LAYERS + 1],
}

/// What the usual draw needs of a layer.
#[derive(Clone, Copy)]
struct Layer {
    /// The layer's width, for places in units of 2⁻⁵³.
    scale: f64,
    /// Places below this lie under the density whatever the height.
    inside: i64,
}

impl Ziggurat {
    const fn new(edges: &[f64; LAYERS + 1], heights: &[f64; LAYERS + 1]) -> Self {
        let outside = Layer { scale: 0.0, inside: 0 };
        let mut layers = [outside; LAYERS];
        let mut i = 0;
        while i < LAYERS {
            let inside = (edges[i + 1] / edges[i] * PLACES) as i64;
            layers[i] = Layer { scale: edges[i] / PLACES, inside };
            i += 1;
        }
        Self { layers, heights: *heights }
    }
}

/// How many places a layer has: 2⁵³.
const PLACES: f64 = (1u64 << 53) as f64;

/// The layer that a draw falls into: its lowest 8 bits.
#[inline(always)]
fn layer_of(bits: u64) -> usize {
    (bits & 0xff) as usize
}

/// Where in the layer: the upper 53 bits. Signed, because every processor converts signed
/// integers in one instruction.
#[inline(always)]
fn place_of(bits: u64) -> i64 {
    (bits >> 11) as i64
}

/// Goes on where a draw met the edge of its layer: 1.1 % of draws.
#[cold]
fn exponential_outside<R: Rng + ?Sized>(table: &Ziggurat, mut bits: u64, draws: &mut R) -> f64 {
    let mut beyond = 0.0;
    loop {
        if layer_of(bits) == 0 && place_of(bits) >= table.layers[0].inside {
            // The tail of an exponential is an exponential.
            beyond += EXPONENTIAL_TAIL;
        } else if let Some(x) = table.under(bits, exponential_density, draws) {
            return beyond + x;
        }
        bits = draws.next_u64();
    }
}

/// Goes on where a draw met the edge of its layer: 1.2 % of draws. The sign is the first draw's.
#[cold]
fn normal_outside<R: Rng + ?Sized>(table: &Ziggurat, mut bits: u64, draws: &mut R) -> f64 {
    loop {
        if layer_of(bits) == 0 && place_of(bits) >= table.layers[0].inside {
            return normal_tail(draws);
        }
        if let Some(x) = table.under(bits, normal_density, draws) {
            return x;
        }
        bits = draws.next_u64();
    }
}

/// A normal variate, given that it lies beyond the tail's start (Marsaglia 1964).
fn normal_tail<R: Rng + ?Sized>(draws: &mut R) -> f64 {
    loop {
        let x = standard_exponential(draws) / NORMAL_TAIL;
        if 2.0 * standard_exponential(draws) >= x * x {
            return NORMAL_TAIL + x;
        }
    }
}

impl Ziggurat {
    /// The variate of a draw, if a further draw's height puts it under the density.
    #[inline]
    fn under<R: Rng + ?Sized>(
        &self,
        bits: u64,
        density: fn(f64) -> f64,
        draws: &mut R,
    ) -> Option<f64> {
        let layer = layer_of(bits);
        let x = place_of(bits) as f64 * self.layers[layer].scale;
        if place_of(bits) < self.layers[layer].inside {
            return Some(x);
        }
        let (low, high) = (self.heights[layer], self.heights[layer + 1]);
        let height = low + unit_f64(draws.next_u64()) * (high - low);
        (height < density(x)).then_some(x)
    }
}

fn exponential_density(x: f64) -> f64 {
    libm::exp(-x)
}

fn normal_density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The edges and heights of a density with `density(0) = 1`, by the method's recursion.
    fn made_anew(
        tail: f64,
        tail_area: f64,
        density: fn(f64) -> f64,
        inverse: fn(f64) -> f64,
    ) -> [Vec<f64>; 2] {
        let area = tail * density(tail) + tail_area;
        let mut edges = vec![area / density(tail), tail];
        while edges.len() < LAYERS {
            let edge = edges[edges.len() - 1];
            edges.push(inverse(density(edge) + area / edge));
        }
        let top = density(edges[LAYERS - 1]) + area / edges[LAYERS - 1];
        assert!((top - 1.0).abs() < 1e-13, "the top layer ends at {top}, not at 1");
        edges.push(0.0);
        let mut heights: Vec<f64> = edges.iter().map(|&edge| density(edge)).collect();
        heights[0] = 0.0;
        [edges, heights]
    }

    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn the_exponential_layers_are_those_of_the_method_to_the_bit() {
        let tail = EXPONENTIAL_TAIL;
        let [edges, heights] =
            made_anew(tail, libm::exp(-tail), exponential_density, |y| -libm::log(y));
        assert_eq!(bits(&edges), bits(&exponential_layers::EDGES));
        assert_eq!(bits(&heights), bits(&exponential_layers::HEIGHTS));
    }

    #[test]
    fn the_normal_layers_are_those_of_the_method_to_the_bit() {
        let half = (std::f64::consts::PI / 2.0).sqrt();
        let tail_area = half * libm::erfc(NORMAL_TAIL * std::f64::consts::FRAC_1_SQRT_2);
        let inverse = |y| (-2.0 * libm::log(y)).sqrt();
        let [edges, heights] = made_anew(NORMAL_TAIL, tail_area, normal_density, inverse);
        assert_eq!(bits(&edges), bits(&normal_layers::EDGES));
        assert_eq!(bits(&heights), bits(&normal_layers::HEIGHTS));
    }
}
