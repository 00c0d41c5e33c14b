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
