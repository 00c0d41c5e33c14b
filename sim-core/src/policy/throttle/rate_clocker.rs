//! The rate at which the AWS SDKs' adaptive mode sees itself send.

use crate::kernel::SimTime;

/// Counts in buckets of half a second, smoothed (botocore, `retries/adaptive.py`).
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct RateClocker {
    smoothing: f64,
    /// The length of a bucket, in seconds.
    bucket: f64,
    measured: f64,
    /// The start of the last bucket, in seconds; at first the whole second before the start.
    last: f64,
    count: f64,
}

impl RateClocker {
    pub(in crate::policy) fn new(smoothing: f64, bucket: f64, now: SimTime) -> Self {
        Self { smoothing, bucket, measured: 0.0, last: now.as_secs_f64().floor(), count: 0.0 }
    }

    /// Counts one, and says how many a second there are.
    pub(in crate::policy) fn record(&mut self, now: SimTime) -> f64 {
        let scale = 1.0 / self.bucket;
        let bucket = (now.as_secs_f64() * scale).floor() / scale;
        self.count += 1.0;
        if bucket > self.last {
            let current = self.count / (bucket - self.last);
            self.measured = current * self.smoothing + self.measured * (1.0 - self.smoothing);
            self.count = 0.0;
            self.last = bucket;
        }
        self.measured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_measured_only_when_a_bucket_ends() {
        let at = |ms: u64| SimTime::from_nanos(ms * 1_000_000);
        let mut clocker = RateClocker::new(1.0, 0.5, at(300));
        assert_eq!(clocker.record(at(499)), 0.0);
        assert_eq!(clocker.record(at(500)), 4.0, "two in half a second, this one included");
        assert_eq!(clocker.record(at(999)), 4.0);
        assert_eq!(clocker.record(at(2_000)), 2.0 / 1.5);
    }
}
