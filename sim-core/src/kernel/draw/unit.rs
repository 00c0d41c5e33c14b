//! From 64 random bits to a number between 0 and 1.

/// A uniform number in `[0, 1)`: a multiple of 2⁻⁵³ from the upper 53 bits.
#[inline]
pub fn unit_f64(bits: u64) -> f64 {
    // Through `i64`, which every processor converts in one instruction; 53 bits fit.
    (bits >> 11) as i64 as f64 * SCALE
}

/// A uniform number in `(0, 1)`: an odd multiple of 2⁻⁵³ from the upper 52 bits, so that neither
/// a logarithm nor its mirror image can meet a zero.
#[inline]
pub fn open_unit_f64(bits: u64) -> f64 {
    ((bits >> 12) as i64 as f64 + 0.5) * (2.0 * SCALE)
}

/// 2⁻⁵³.
const SCALE: f64 = 1.0 / (1u64 << 53) as f64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_where_they_should_be() {
        assert_eq!(unit_f64(0), 0.0);
        assert_eq!(unit_f64(u64::MAX), 1.0 - f64::EPSILON / 2.0);
        assert_eq!(open_unit_f64(0), f64::EPSILON / 2.0);
        assert_eq!(open_unit_f64(u64::MAX), 1.0 - f64::EPSILON / 2.0);
        assert_eq!(unit_f64(1 << 63), 0.5);
        let bits = 0x0123_4567_89ab_cdef;
        assert_eq!(1.0 - open_unit_f64(bits), open_unit_f64(!bits), "mirrored exactly");
    }
}
