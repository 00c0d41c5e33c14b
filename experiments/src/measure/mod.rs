//! Measuring: one figure of one run, such as `peak_rate(payment, 1s, after(30s))`.
//!
//! A [`Meter`] is a term made ready for one model. Whatever makes no sense (`p99(shop:retries)`,
//! the utilization of a pool without a limit) is a [`MeasureError`] when the meter is made, so
//! it is found before anything runs; reading a record cannot fail.

mod baseline;
mod error;
mod graph;
mod meter;
mod read;
mod totals;

pub use baseline::BaselineMeter;
pub use error::MeasureError;
pub use meter::Meter;
pub(crate) use read::named;
pub(crate) use totals::{Slices, Totals};

use sim_core::kernel::SimDuration;

/// The finest bins in which arrivals are counted.
pub const FINEST_BIN: SimDuration = SimDuration::from_millis(1);

/// The widest bins of which every one of these windows is a multiple.
///
/// Windows are whole milliseconds ([`Meter::new`] sees to that), so the bins are never finer
/// than [`FINEST_BIN`]; without a window they are a second.
pub fn rate_bin(windows: impl IntoIterator<Item = SimDuration>) -> SimDuration {
    let bin = windows.into_iter().map(SimDuration::as_nanos).reduce(greatest_common_divisor);
    bin.map_or(SimDuration::from_secs(1), SimDuration::from_nanos).max(FINEST_BIN)
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests;
