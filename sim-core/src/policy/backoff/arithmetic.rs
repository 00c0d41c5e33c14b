//! What the formulas of the backoffs share.

use rand::Rng;

use crate::kernel::SimDuration;
use crate::kernel::draw::unit_f64;

/// Nanoseconds in a millisecond, for libraries that count in milliseconds.
pub(super) const NANOS_PER_MS: f64 = 1e6;

/// A uniform number in `[0, 1)`; takes one draw.
#[inline]
pub(super) fn unit<R: Rng>(draws: &mut R) -> f64 {
    unit_f64(draws.next_u64())
}

/// `base · factor^steps`, in nanoseconds; infinite when it overflows.
pub(super) fn grown(base: SimDuration, factor: f64, steps: u32) -> f64 {
    nanos(base) * libm::pow(factor, f64::from(steps))
}

/// A duration in nanoseconds, for formulas.
pub(super) fn nanos(duration: SimDuration) -> f64 {
    duration.as_nanos() as f64
}

/// An upper limit in nanoseconds; infinite if there is none.
pub(super) fn nanos_or_infinite(limit: Option<SimDuration>) -> f64 {
    limit.map_or(f64::INFINITY, nanos)
}

/// A duration in whole milliseconds, rounded down, as `toMillis` does.
pub(super) fn whole_ms(duration: SimDuration) -> u64 {
    duration.as_nanos() / 1_000_000
}

/// The wait of this many nanoseconds.
pub(super) fn wait(nanos: f64) -> SimDuration {
    SimDuration::from_nanos_f64(nanos)
}

/// The wait of this many milliseconds.
pub(super) fn wait_ms(ms: f64) -> SimDuration {
    SimDuration::from_nanos_f64(ms * NANOS_PER_MS)
}
