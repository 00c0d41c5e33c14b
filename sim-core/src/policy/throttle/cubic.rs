//! The rate that the AWS SDKs' adaptive mode allows itself.

/// A rate that falls when calls are throttled, and grows back along a cubic curve: slowly near
/// the rate at which they were, fast beyond it (botocore, `retries/throttling.py`).
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Cubic {
    scale: f64,
    beta: f64,
    /// The rate at which calls were throttled last, per second.
    w_max: f64,
    /// How long it takes to be back there, in seconds.
    k: f64,
    last_fail: f64,
}

impl Cubic {
    /// A fresh one: times and rates are in seconds.
    pub(in crate::policy) fn new(scale: f64, beta: f64, starting_max_rate: f64, now: f64) -> Self {
        let k = zero_point(starting_max_rate, scale, beta);
        Self { scale, beta, w_max: starting_max_rate, k, last_fail: now }
    }

    /// The rate after a call that was not throttled.
    pub(in crate::policy) fn after_success(&self, now: f64) -> f64 {
        let since = now - self.last_fail;
        self.scale * libm::pow(since - self.k, 3.0) + self.w_max
    }

    /// The rate after a call that was throttled at this one.
    pub(in crate::policy) fn after_throttling(&mut self, rate: f64, now: f64) -> f64 {
        self.w_max = rate;
        self.k = zero_point(rate, self.scale, self.beta);
        self.last_fail = now;
        rate * self.beta
    }

    /// The rate at which calls were throttled last, and how long it takes to be back there.
    pub(in crate::policy) fn parameters(&self) -> (f64, f64) {
        (self.w_max, self.k)
    }
}

fn zero_point(rate: f64, scale: f64, beta: f64) -> f64 {
    libm::pow(rate * (1.0 - beta) / scale, 1.0 / 3.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_zero_point_it_is_back_where_it_was_throttled() {
        let mut cubic = Cubic::new(0.4, 0.7, 0.0, 0.0);
        assert!((cubic.after_throttling(10.0, 6.0) - 7.0).abs() < 1e-12);
        let (w_max, k) = cubic.parameters();
        assert_eq!(w_max, 10.0);
        assert!((cubic.after_success(6.0 + k) - 10.0).abs() < 1e-12);
        assert!((cubic.after_success(6.0) - 7.0).abs() < 1e-12, "at once, it is the reduced one");
    }

    #[test]
    fn one_that_was_never_throttled_grows_from_zero() {
        let cubic = Cubic::new(0.4, 0.7, 0.0, 0.0);
        assert_eq!(cubic.parameters(), (0.0, 0.0));
        assert!((cubic.after_success(2.0) - 3.2).abs() < 1e-12);
    }
}
