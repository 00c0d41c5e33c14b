//! Netflix's `WindowedLimit`: the estimate learns from windows of calls instead of each call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limiter::Sample;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// A window of calls: their mean response time, the most that were under way, and whether any
/// was dropped, make one sample. A window without enough calls makes none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Window {
    /// The shortest window; at least 100 ms. In between it is twice the lowest response time.
    pub min_window: SimDuration,
    /// The longest window.
    pub max_window: SimDuration,
    /// How many calls a window must have; at least 10.
    pub window_size: u32,
    /// A call that takes less is left out.
    pub min_rtt: SimDuration,
}

impl Default for Window {
    /// `WindowedLimit.newBuilder()`.
    fn default() -> Self {
        Self {
            min_window: SimDuration::from_secs(1),
            max_window: SimDuration::from_secs(1),
            window_size: 10,
            min_rtt: SimDuration::from_micros(100),
        }
    }
}

/// Notes what is wrong with the table `window`, if there is one.
pub(super) fn check(window: Option<&Window>, problems: &mut Problems) {
    let Some(window) = window else { return };
    let mut inside = Problems::default();
    let shortest = SimDuration::from_millis(100);
    inside.note_if(window.min_window < shortest, "min_window", "must be at least 100ms");
    inside.not_below("max_window", window.max_window, "min_window", window.min_window);
    inside.note_if(window.window_size < 10, "window_size", "must be at least 10");
    problems.note_inside("window", inside);
}

/// The window that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowState {
    window: Window,
    /// A call that ends later than this closes it.
    closes_after: SimTime,
    calls: Calls,
}

#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    count: u32,
    sum: u64,
    lowest: u64,
    most_in_flight: u32,
    dropped: bool,
}

impl Calls {
    fn add(&mut self, sample: Sample) {
        self.lowest = if self.count == 0 { sample.rtt } else { self.lowest.min(sample.rtt) };
        self.count += 1;
        self.sum = self.sum.saturating_add(sample.rtt);
        self.most_in_flight = self.most_in_flight.max(sample.in_flight);
        self.dropped |= sample.dropped;
    }
}

impl WindowState {
    pub(super) fn new(window: Window) -> Self {
        Self { window, closes_after: SimTime::ZERO, calls: Calls::default() }
    }

    /// Takes a call that ends now; the sample of the window if the call closes it.
    pub(super) fn sample(&mut self, now: SimTime, sample: Sample) -> Option<Sample> {
        if sample.rtt < self.window.min_rtt.as_nanos() {
            return None;
        }
        self.calls.add(sample);
        if now <= self.closes_after {
            return None;
        }
        let calls = std::mem::take(&mut self.calls);
        let length = SimDuration::from_nanos(calls.lowest.saturating_mul(2));
        self.closes_after = now + length.max(self.window.min_window).min(self.window.max_window);
        (calls.count >= self.window.window_size).then(|| Sample {
            rtt: calls.sum / u64::from(calls.count),
            in_flight: calls.most_in_flight,
            dropped: calls.dropped,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::at_ms;
    use super::*;

    fn sample(rtt_ms: f64, in_flight: u32, dropped: bool) -> Sample {
        Sample { rtt: (rtt_ms * 1e6) as u64, in_flight, dropped }
    }

    #[test]
    fn the_first_call_opens_the_first_window_and_a_window_closes_after_its_end() {
        let mut window = WindowState::new(Window::default());
        assert_eq!(window.sample(at_ms(1.0), sample(1.0, 99, true)), None);
        for n in 0..9 {
            assert_eq!(window.sample(at_ms(500.0), sample(f64::from(n + 1), n, false)), None);
        }
        // Exactly at its end the window is still open.
        assert_eq!(window.sample(at_ms(1_001.0), sample(15.0, 3, false)), None);
        let closed = window.sample(at_ms(1_001.000_001), sample(5.0, 2, true));
        let rtt = (45 + 15 + 5) * 1_000_000 / 11;
        assert_eq!(closed, Some(Sample { rtt, in_flight: 8, dropped: true }));
        // Nothing of it is left.
        assert_eq!(window.calls.count, 0);
    }

    #[test]
    fn a_window_needs_ten_calls() {
        for (calls, closes) in [(9, false), (10, true)] {
            let mut window = WindowState::new(Window::default());
            window.sample(at_ms(1.0), sample(1.0, 1, false));
            for _ in 1..calls {
                window.sample(at_ms(2.0), sample(1.0, 1, false));
            }
            let closed = window.sample(at_ms(2_000.0), sample(1.0, 1, false));
            assert_eq!(closed.is_some(), closes, "{calls}");
            assert_eq!(window.closes_after, at_ms(3_000.0));
        }
    }

    #[test]
    fn a_call_that_is_too_fast_is_left_out() {
        let mut window = WindowState::new(Window::default());
        window.sample(at_ms(1.0), sample(0.099_999, 1, false));
        assert_eq!(window.closes_after, SimTime::ZERO);
        window.sample(at_ms(1.0), sample(0.1, 1, false));
        assert_eq!(window.closes_after, at_ms(1_001.0));
    }

    #[test]
    fn a_window_is_twice_the_lowest_response_time_within_its_limits() {
        let limits = Window {
            min_window: SimDuration::from_millis(100),
            max_window: SimDuration::from_secs(1),
            ..Window::default()
        };
        for (rtt, length) in [(1.0, 100.0), (50.0, 100.0), (300.0, 600.0), (700.0, 1_000.0)] {
            let mut window = WindowState::new(limits);
            window.sample(at_ms(1.0), sample(rtt, 1, false));
            assert_eq!(window.closes_after, at_ms(1.0 + length), "{rtt}");
        }
    }

    #[test]
    fn mistakes_name_the_field() {
        let window = Window {
            min_window: SimDuration::from_millis(99),
            max_window: SimDuration::from_millis(98),
            window_size: 9,
            ..Window::default()
        };
        let mut problems = Problems::default();
        check(Some(&window), &mut problems);
        let paths: Vec<_> = problems.0.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["window.min_window", "window.max_window", "window.window_size"]);
        let mut problems = Problems::default();
        check(Some(&Window::default()), &mut problems);
        check(None, &mut problems);
        assert_eq!(problems.or_none(), Ok(()));
    }
}
