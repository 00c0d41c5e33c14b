//! Shares and tokens as whole millionths, so that ten times a tenth is one.

/// Millionths in one.
pub(super) const ONE: u64 = 1_000_000;

/// A number from a file in millionths, rounded to the nearest; negative numbers become zero.
pub(super) fn millionths(number: f64) -> u64 {
    (number * ONE as f64 + 0.5) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(millionths(0.1), 100_000);
        assert_eq!(millionths(0.29), 290_000);
        assert_eq!(millionths(1.000_001), 1_000_001);
        assert_eq!(millionths(0.0), 0);
        assert_eq!(millionths(-1.0), 0);
    }
}
