//! The phases of a run, as ranges of time.
//!
//! All phases but two follow from the model alone. `until_steady` and `rest` depend on when the
//! run recovered, so a run's phases are completed with [`Phases::recovered_at`] once it is judged.

use scenarios::expectation::Phase;
use scenarios::study::Variant;
use sim_core::kernel::{SimDuration, SimTime};

/// `[start, end)`; never empty when it comes from [`Phases::range`], but for `until_steady`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The first instant.
    pub start: SimTime,
    /// The first instant after it.
    pub end: SimTime,
}

impl TimeRange {
    /// How long it is.
    pub fn length(self) -> SimDuration {
        self.end.since(self.start)
    }

    /// Whether it holds no time at all.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `[start, end)` lies wholly in it.
    pub fn holds(self, start: SimTime, end: SimTime) -> bool {
        self.start <= start && end <= self.end
    }

    fn if_any(self) -> Option<Self> {
        (!self.is_empty()).then_some(self)
    }
}

/// Where the phases of a run begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phases {
    warmup: SimTime,
    end: SimTime,
    /// From the start of the first fault to the end of the last, within the run.
    faults: Option<TimeRange>,
    recovered: Option<SimTime>,
}

impl Phases {
    /// The phases of a variant, before it is known whether and when a run of it recovers.
    pub fn of(variant: &Variant) -> Self {
        let end = SimTime::ZERO + variant.model.length;
        let faults = &variant.model.faults;
        let first = faults.iter().map(|f| f.at).min();
        let last = faults.iter().map(|f| f.ends().min(end)).max();
        Self {
            warmup: (SimTime::ZERO + variant.warmup).min(end),
            end,
            faults: first.zip(last).map(|(start, end)| TimeRange { start, end }),
            recovered: None,
        }
    }

    /// The same phases for a run that recovered at `time`, or that did not.
    pub fn recovered_at(self, time: Option<SimTime>) -> Self {
        Self { recovered: time, ..self }
    }

    /// The start of the first fault; without faults, the end of the warm-up.
    pub fn start_of_faults(&self) -> SimTime {
        self.faults.map_or(self.warmup, |faults| faults.start)
    }

    /// The start of the first fault; `None` without faults.
    pub fn faults_start(&self) -> Option<SimTime> {
        self.faults.map(|faults| faults.start)
    }

    /// From the start of the first fault until the run is steady again, or to its end; at least until
    /// the end of the last fault.
    pub fn disturbed(&self) -> Option<TimeRange> {
        let faults = self.faults?;
        let end = self.recovered.unwrap_or(self.end).max(faults.end);
        TimeRange { start: faults.start, end }.if_any()
    }

    /// The end of the last fault; `None` without faults.
    pub fn faults_end(&self) -> Option<SimTime> {
        self.faults.map(|f| f.end)
    }

    /// The end of the warm-up.
    pub fn warmup_end(&self) -> SimTime {
        self.warmup
    }

    /// The end of the run.
    pub fn end(&self) -> SimTime {
        self.end
    }

    /// When a phase is; `None` where the run has no such phase.
    ///
    /// What reaches past the end of the run is cut off there. `until_steady` of a run that never
    /// recovered lasts to its end; of one that never left its steady state it is empty.
    pub fn range(&self, phase: Phase) -> Option<TimeRange> {
        let range = |start, end: SimTime| TimeRange { start, end: end.min(self.end) };
        match phase {
            Phase::Warmup => range(SimTime::ZERO, self.warmup).if_any(),
            Phase::Before => range(self.warmup, self.faults?.start).if_any(),
            Phase::During => self.faults?.if_any(),
            Phase::After(w) => {
                let start = self.faults?.end;
                range(start, start + w).if_any()
            }
            Phase::UntilSteady => {
                let start = self.faults?.end;
                range(start, self.end).if_any()?;
                Some(range(start, self.recovered.unwrap_or(self.end)))
            }
            Phase::Rest => range(self.recovered?, self.end).if_any(),
            Phase::All => range(self.warmup, self.end).if_any(),
        }
    }

    /// Whether runs of this variant can have a phase at all; `rest` needs a run that recovers.
    pub fn can_have(&self, phase: Phase) -> bool {
        let recovers = Self { recovered: self.faults_end(), ..*self };
        recovers.range(phase).is_some()
    }

    /// Every time at which a phase may begin or end and that is known in advance.
    pub fn boundaries<'a>(
        &'a self,
        windows: impl IntoIterator<Item = SimDuration> + 'a,
    ) -> impl Iterator<Item = SimTime> + 'a {
        let after = windows.into_iter().filter_map(|w| Some(self.faults?.end + w));
        let faults = self.faults.into_iter().flat_map(|f| [f.start, f.end]);
        [self.warmup].into_iter().chain(faults).chain(after)
    }
}

/// The name of a phase as expectations write it: `before`, `after(30s)`.
pub fn name(phase: Phase) -> String {
    match phase {
        Phase::Warmup => "warmup".into(),
        Phase::Before => "before".into(),
        Phase::During => "during".into(),
        Phase::After(w) => format!("after({w})"),
        Phase::UntilSteady => "until_steady".into(),
        Phase::Rest => "rest".into(),
        Phase::All => "all".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{seconds, study_with_outage};

    fn between(start: u64, end: u64) -> Option<TimeRange> {
        Some(TimeRange { start: seconds(start), end: seconds(end) })
    }

    #[test]
    fn phases_lie_where_the_design_says() {
        // 180 s, 20 s of warm-up, an outage from 60 s to 90 s.
        let phases = Phases::of(&study_with_outage().variants[0]);
        let after = |s| Phase::After(SimDuration::from_secs(s));
        for (phase, expected) in [
            (Phase::Warmup, between(0, 20)),
            (Phase::Before, between(20, 60)),
            (Phase::During, between(60, 90)),
            (after(30), between(90, 120)),
            (after(500), between(90, 180)),
            (Phase::UntilSteady, between(90, 180)),
            (Phase::Rest, None),
            (Phase::All, between(20, 180)),
        ] {
            assert_eq!(phases.range(phase), expected, "{phase:?}");
        }
        let recovered = phases.recovered_at(Some(seconds(97)));
        assert_eq!(recovered.range(Phase::UntilSteady), between(90, 97));
        assert_eq!(recovered.range(Phase::Rest), between(97, 180));
    }

    #[test]
    fn a_run_without_faults_has_no_phases_around_them() {
        let mut variant = study_with_outage().variants.remove(0);
        variant.model.faults.clear();
        let phases = Phases::of(&variant);
        assert!(!phases.can_have(Phase::Before));
        assert!(!phases.can_have(Phase::During));
        assert!(!phases.can_have(Phase::Rest));
        assert!(phases.can_have(Phase::All));
    }

    #[test]
    fn a_fault_that_outlasts_the_run_leaves_nothing_after_it() {
        let mut variant = study_with_outage().variants.remove(0);
        variant.model.faults[0].lasts = SimDuration::from_secs(1000);
        let phases = Phases::of(&variant);
        assert_eq!(phases.range(Phase::During), between(60, 180));
        assert!(!phases.can_have(Phase::After(SimDuration::from_secs(30))));
        assert!(!phases.can_have(Phase::UntilSteady));
    }

    #[test]
    fn the_phase_until_steady_of_a_run_that_never_left_it_is_empty() {
        let phases = Phases::of(&study_with_outage().variants[0]);
        let range = phases.recovered_at(phases.faults_end()).range(Phase::UntilSteady);
        assert!(range.is_some_and(TimeRange::is_empty));
    }
}
