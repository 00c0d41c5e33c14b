//! The verdict of a run, and when it recovered.

use scenarios::expectation::Verdict;
use scenarios::study::Steady;
use sim_core::kernel::SimTime;

use crate::phases::Phases;
use crate::steady::JudgedBins;

/// What became of a run that reached its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// When it was steady again after the last fault: the start of the first of the bins that
    /// held in a row, but not before the end of that fault. `None` without faults, and of a run
    /// that is not steady at its end.
    pub recovered_at: Option<SimTime>,
}

/// Judges a run.
///
/// A run goes *out* of its steady state with more than `held_bins_out` bins in a row that do not
/// hold, and is *in* again with `bins` in a row that do. Out at the end, it is metastable if in
/// the last `bins` bins its goodput is below `metastable_share` of the control's and the last
/// fault ended at least `trigger_gone` before the end of the run; else it is degraded.
pub fn judge(bins: &JudgedBins, phases: &Phases, steady: &Steady) -> Judgement {
    let course = Course::of(&bins.holds, steady);
    let verdict = match course {
        Course { out_at_end: true, .. } => unsteady_verdict(bins, phases, steady),
        Course { ever_out: true, .. } => Verdict::Recovered,
        _ => Verdict::Held,
    };
    let recovered_at = match course.out_at_end {
        true => None,
        false => first_steady_after_faults(bins, phases, steady),
    };
    Judgement { verdict, recovered_at }
}

/// Whether a run was ever out of its steady state, and whether it still is at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Course {
    ever_out: bool,
    out_at_end: bool,
}

impl Course {
    fn of(holds: &[bool], steady: &Steady) -> Self {
        let mut course = Self::default();
        let (mut in_a_row, mut last) = (0, None);
        for held in holds.iter().copied() {
            in_a_row = if last == Some(held) { in_a_row + 1 } else { 1 };
            last = Some(held);
            if !held && in_a_row > steady.held_bins_out {
                course = Self { ever_out: true, out_at_end: true };
            } else if held && in_a_row >= steady.bins {
                course.out_at_end = false;
            }
        }
        course
    }
}

fn unsteady_verdict(bins: &JudgedBins, phases: &Phases, steady: &Steady) -> Verdict {
    let (goodput, control) = bins.last_goodput(steady.bins);
    let collapsed = (goodput as f64) < steady.metastable_share * control as f64;
    let quiet = phases.faults_end().map(|end| phases.end().since(end));
    match collapsed && quiet.is_some_and(|quiet| quiet >= steady.trigger_gone) {
        true => Verdict::Metastable,
        false => Verdict::Degraded,
    }
}

fn first_steady_after_faults(
    bins: &JudgedBins,
    phases: &Phases,
    steady: &Steady,
) -> Option<SimTime> {
    let faults_end = phases.faults_end()?;
    let after = bins.holds.get(bins.at(faults_end)..)?;
    let first = after.windows(steady.bins.max(1) as usize).position(|w| w.iter().all(|h| *h))?;
    Some(bins.start(bins.at(faults_end) + first).max(faults_end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steady::Bin;
    use crate::testing::{seconds, study_with_outage};

    /// Judges a run of 180 s with an outage from 60 s to 90 s; `goodput` of each second from 20 s,
    /// where 100 is the control's.
    fn judged(goodput: impl Fn(u64) -> u64) -> Judgement {
        let variant = &study_with_outage().variants[0];
        let bin = |goodput| Bin { goodput, ended: goodput, failed: 0, p99_ns: None };
        let run = (20..180).map(|s| bin(goodput(s))).collect();
        let control = vec![bin(100); 160];
        let bins = JudgedBins::judge(seconds(20), run, control, &variant.steady);
        judge(&bins, &Phases::of(variant), &variant.steady)
    }

    fn out_during(out: std::ops::Range<u64>) -> Judgement {
        judged(|s| if out.contains(&s) { 10 } else { 100 })
    }

    #[test]
    fn a_run_that_is_out_for_two_bins_has_held() {
        let two = out_during(60..62);
        assert_eq!(two.verdict, Verdict::Held);
        assert_eq!(two.recovered_at, Some(seconds(90)));
        assert_eq!(out_during(60..63).verdict, Verdict::Recovered);
    }

    #[test]
    fn a_run_has_recovered_at_the_first_of_five_bins_that_hold() {
        let run = out_during(60..97);
        assert_eq!(run, Judgement { verdict: Verdict::Recovered, recovered_at: Some(seconds(97)) });
        // Four good bins, a bad one: the count starts again.
        let relapse = judged(|s| if (60..97).contains(&s) || s == 101 { 10 } else { 100 });
        assert_eq!(relapse.recovered_at, Some(seconds(102)));
    }

    #[test]
    fn a_run_that_is_out_at_the_end_is_degraded_or_metastable_by_its_goodput() {
        let ends_at = |goodput| judged(|s| if s >= 60 { goodput } else { 100 });
        assert_eq!(ends_at(50).verdict, Verdict::Degraded);
        assert_eq!(ends_at(49).verdict, Verdict::Metastable);
        assert_eq!(ends_at(49).recovered_at, None);
    }

    #[test]
    fn a_collapse_is_metastable_only_once_the_trigger_is_long_gone() {
        let mut variant = study_with_outage().variants.remove(0);
        let bin = |goodput| Bin { goodput, ended: goodput, failed: 0, p99_ns: None };
        let bins =
            JudgedBins::judge(seconds(20), vec![bin(0); 160], vec![bin(100); 160], &variant.steady);
        let verdict = |ends: u64, variant: &mut scenarios::Variant| {
            let fault = &mut variant.model.faults[0];
            fault.lasts = seconds(ends).since(fault.at);
            judge(&bins, &Phases::of(variant), &variant.steady).verdict
        };
        assert_eq!(verdict(120, &mut variant), Verdict::Metastable);
        assert_eq!(verdict(121, &mut variant), Verdict::Degraded);
    }

    #[test]
    fn a_run_that_relapses_for_good_has_not_recovered() {
        let run = judged(|s| if (60..70).contains(&s) || s > 100 { 60 } else { 100 });
        assert_eq!(run, Judgement { verdict: Verdict::Degraded, recovered_at: None });
    }
}
