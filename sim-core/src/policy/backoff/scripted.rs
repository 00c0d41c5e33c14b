//! Draws that are what somebody wants them to be: for probing a backoff, and for vectors.

use std::convert::Infallible;

use rand::TryRng;

/// Draws that are always the same.
#[derive(Clone, Copy, Debug)]
pub struct Always(pub u64);

/// The lowest draw: 0 as a number in `[0, 1)`.
pub const LOWEST: Always = Always(0);
/// The draw in the middle: ½.
pub const MIDDLE: Always = Always(1 << 63);
/// The highest draw: 1 − 2⁻⁵³.
pub const HIGHEST: Always = Always(u64::MAX);

impl Always {
    /// The draw that is `unit` as a number in `[0, 1)`, to 2⁻⁵³; 1 is the highest there is.
    pub fn unit(unit: f64) -> Self {
        // `as` saturates at 2⁶⁴ − 1.
        Self((unit * 18_446_744_073_709_551_616.0) as u64)
    }
}

impl TryRng for Always {
    type Error = Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0)
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.0 >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.0.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn the_same_bits_come_in_whatever_size_they_are_asked_for() {
        let mut always = Always(0x0123_4567_89ab_cdef);
        assert_eq!((always.next_u64(), always.next_u32()), (0x0123_4567_89ab_cdef, 0x0123_4567));
        let mut bytes = [0; 11];
        always.fill_bytes(&mut bytes);
        let once = [0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01];
        assert_eq!((&bytes[..8], &bytes[8..]), (&once[..], &once[..3]));
    }

    #[test]
    fn the_middle_is_a_half() {
        assert_eq!((Always::unit(0.5).0, Always::unit(0.0).0), (MIDDLE.0, LOWEST.0));
        assert_eq!(Always::unit(1.0).0, HIGHEST.0);
    }
}
