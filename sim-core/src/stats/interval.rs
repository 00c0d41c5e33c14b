//! Intervals of values.

use serde::{Deserialize, Serialize};

/// The values from `low` to `high`, both included; either may be infinite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lowest value.
    pub low: f64,
    /// The highest value.
    pub high: f64,
}

impl Interval {
    /// The values no further than `half_width` from `centre`.
    pub fn around(centre: f64, half_width: f64) -> Self {
        Self { low: centre - half_width, high: centre + half_width }
    }

    /// Whether a value lies in it.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Half of the distance from end to end.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}
