//! Polly's sampling duration.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Sample, Tally, Totals, TripRule};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// Opens at a rate over `sampling`: ten windows, each of which starts with the first result after
/// the one before has ended. A sampling below 200 ms is one window, which starts again when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PollyV8 {
    /// `SamplingDuration`.
    pub sampling: SimDuration,
}

impl Default for PollyV8 {
    fn default() -> Self {
        Self { sampling: SimDuration::from_secs(30) }
    }
}

impl Described for PollyV8 {
    const SUMMARY: &'static str = "Polly v8: opens at a rate over a sampling of ten windows";
    const SOURCE: &'static str =
        "App-vNext/Polly @173d6d1d, Polly.Core/CircuitBreaker/Health/RollingHealthMetrics.cs";
}

const WINDOWS: u64 = 10;
const SHORTEST_ROLLING: SimDuration = SimDuration::from_millis(200);
/// .NET counts time in steps of this many nanoseconds.
const NANOS_PER_TICK: u64 = 100;

impl TripRule for PollyV8 {
    type Tally = Sampling;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("sampling", self.sampling);
        problems
    }

    fn start(&self) -> Sampling {
        let rolling = self.sampling >= SHORTEST_ROLLING;
        let ticks = self.sampling.as_nanos() / NANOS_PER_TICK;
        let window = match rolling {
            true => SimDuration::from_nanos(ticks / WINDOWS * NANOS_PER_TICK),
            false => self.sampling,
        };
        let mut windows = VecDeque::with_capacity(WINDOWS as usize + 2);
        if !rolling {
            windows.push_back(Window::default());
        }
        Sampling { sampling: self.sampling, window, rolling, windows, totals: Totals::default() }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    started: SimTime,
    totals: Totals,
}

/// The windows that have not left the sampling, oldest first.
#[derive(Clone, Debug)]
pub struct Sampling {
    sampling: SimDuration,
    window: SimDuration,
    rolling: bool,
    windows: VecDeque<Window>,
    totals: Totals,
}

impl Sampling {
    fn drop_old(&mut self, now: SimTime) {
        while let Some(oldest) = self.windows.front()
            && now.since(oldest.started) >= self.sampling
        {
            self.totals.subtract(&oldest.totals);
            self.windows.pop_front();
        }
        if !self.rolling && self.windows.is_empty() {
            // The one window starts again when it is looked at, not when something is counted.
            self.windows.push_back(Window { started: now, totals: Totals::default() });
        }
    }

    fn present(&mut self, now: SimTime) -> Option<&mut Window> {
        self.drop_old(now);
        let newest = self.windows.back();
        if newest.is_none_or(|newest| now.since(newest.started) >= self.window) {
            self.windows.push_back(Window { started: now, totals: Totals::default() });
        }
        self.windows.back_mut()
    }
}

impl Tally for Sampling {
    fn call(&mut self, now: SimTime) {
        if let Some(window) = self.present(now) {
            window.totals.calls += 1;
            self.totals.calls += 1;
        }
    }

    fn record(&mut self, now: SimTime, _mark: u32, sample: Sample) {
        if let Some(window) = self.present(now) {
            window.totals.add(sample);
            self.totals.add(sample);
        }
    }

    fn totals(&mut self, now: SimTime) -> Totals {
        self.drop_old(now);
        self.totals
    }

    fn forget(&mut self, now: SimTime) {
        self.windows.clear();
        self.totals = Totals::default();
        self.drop_old(now);
    }
}
