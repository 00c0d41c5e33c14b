//! The hypothesis: each probe in each phase is an expectation; together they make the finding.

use scenarios::expectation::{Bound, Expectation, Finding};
use scenarios::study::{Hypothesis, Probe, ProbePhase};

use super::sample::{Run, Sample};
use super::{Judged, compares, mean, share};
use crate::cell::CellResult;
use crate::plan::Plan;
use crate::results::{
    Answer, ExpectationVerdict, FindingCounts, HypothesisResult, ProbeCheck, ProbeResult,
    finding_name,
};

/// Judges the hypothesis on the runs of a variant that has faults.
pub(crate) fn evaluate(
    hypothesis: &Hypothesis,
    plan: &Plan,
    runs: &[CellResult],
) -> HypothesisResult {
    let probe = |probe: &Probe| ProbeResult {
        name: probe.name.clone(),
        that: probe.that.text.clone(),
        checks: hypothesis
            .phases
            .iter()
            .map(|phase| check(&hypothesis.expectation(probe, *phase), *phase, plan, runs))
            .collect(),
    };
    let probes: Vec<ProbeResult> = hypothesis.probes.iter().map(probe).collect();
    let checks = probes.iter().flat_map(|probe| &probe.checks);
    let mut counts = FindingCounts::default();
    of_each_run(hypothesis, plan, runs).into_iter().for_each(|finding| counts.add(finding));
    HypothesisResult {
        title: hypothesis.title.clone(),
        finding: finding(checks.map(|check| (check.phase, check.answer))),
        runs: counts,
        probes,
    }
}

/// What a hypothesis comes to by the answers of its probes.
fn finding(checks: impl Iterator<Item = (ProbePhase, Answer)>) -> Finding {
    let checks: Vec<_> = checks.collect();
    let any = |is_before: bool, answer: Answer| {
        let of_phase = |phase: ProbePhase| (phase == ProbePhase::Before) == is_before;
        checks.iter().any(|(phase, given)| of_phase(*phase) && *given == answer)
    };
    // What was not steady to begin with says nothing about the faults.
    if any(true, Answer::Refuted) {
        Finding::NotSteady
    } else if any(true, Answer::Undecided) {
        Finding::Undecided
    } else if any(false, Answer::Refuted) {
        Finding::Refuted
    } else if any(false, Answer::Undecided) {
        Finding::Undecided
    } else {
        Finding::Confirmed
    }
}

fn check(that: &Expectation, phase: ProbePhase, plan: &Plan, runs: &[CellResult]) -> ProbeCheck {
    let sample = sample(that, plan, runs);
    let Judged { verdict, measured, explanation } = mean::judge(that, &sample);
    let unknown = sample.count(|run| !matches!(run, Run::Is(_))) > 0;
    let answer = match verdict {
        ExpectationVerdict::Passed => Answer::Held,
        ExpectationVerdict::Failed if !unknown => Answer::Refuted,
        ExpectationVerdict::Failed | ExpectationVerdict::Undecided => Answer::Undecided,
    };
    ProbeCheck { phase, answer, measured, explanation }
}

fn sample(that: &Expectation, plan: &Plan, runs: &[CellResult]) -> Sample {
    // A probe is never compared with another variant.
    Sample::of(that, plan, runs, |_| &[])
}

/// What the hypothesis comes to in each run, judged on its own.
fn of_each_run(hypothesis: &Hypothesis, plan: &Plan, runs: &[CellResult]) -> Vec<Finding> {
    let mut answers: Vec<Vec<(ProbePhase, Answer)>> = vec![Vec::new(); runs.len()];
    for probe in &hypothesis.probes {
        for phase in &hypothesis.phases {
            let that = hypothesis.expectation(probe, *phase);
            let sample = sample(&that, plan, runs);
            for (answers, run) in answers.iter_mut().zip(&sample.runs) {
                let answer = match run {
                    Run::Is(figure) if compares(*figure, that.op, sample.bound) => Answer::Held,
                    Run::Is(_) => Answer::Refuted,
                    Run::Never | Run::Nothing | Run::Aborted(_) => Answer::Undecided,
                };
                answers.push((*phase, answer));
            }
        }
    }
    answers.into_iter().map(|answers| finding(answers.into_iter())).collect()
}

/// Judges `hypothesis == finding`: over all runs, or of so many runs each on its own.
pub(super) fn judge(
    expectation: &Expectation,
    hypothesis: &Hypothesis,
    plan: &Plan,
    runs: &[CellResult],
) -> Judged {
    let Bound::Finding(expected) = expectation.bound else {
        return share::of_each(&[], &[], 1.0, String::new());
    };
    if let Some(share) = expectation.share_of_runs {
        let findings = of_each_run(hypothesis, plan, runs);
        let holds: Vec<bool> = findings.iter().map(|finding| *finding == expected).collect();
        let names: Vec<String> = findings.iter().map(|f| finding_name(*f).to_owned()).collect();
        let measured = share::proportion(holds.iter().filter(|h| **h).count(), runs.len());
        return share::of_each(&holds, &names, share, measured);
    }
    let result = evaluate(hypothesis, plan, runs);
    let verdict = match (result.finding == expected, result.finding) {
        (true, _) => ExpectationVerdict::Passed,
        (false, Finding::Undecided) => ExpectationVerdict::Undecided,
        (false, _) => ExpectationVerdict::Failed,
    };
    let explanation = (verdict != ExpectationVerdict::Passed).then(|| why(&result));
    Judged { verdict, measured: in_words(&result), explanation }
}

/// `refuted (in 28 of 30 runs on their own)`.
fn in_words(result: &HypothesisResult) -> String {
    let own = result.runs.each().into_iter().find(|(finding, _)| *finding == result.finding);
    let all: u32 = result.runs.each().iter().map(|(_, count)| count).sum();
    let count = own.map_or(0, |(_, count)| count);
    format!("{} (in {count} of {all} runs on their own)", finding_name(result.finding))
}

/// The checks that did not hold, the first three.
fn why(result: &HypothesisResult) -> String {
    let checks = result.probes.iter().flat_map(|p| p.checks.iter().map(move |c| (p, c)));
    let wrong: Vec<String> = checks
        .filter(|(_, check)| check.answer != Answer::Held)
        .take(3)
        .map(|(probe, check)| {
            let phase = crate::results::probe_phase_name(check.phase);
            format!("{} {phase}: {}", probe.name, check.measured)
        })
        .collect();
    match wrong.is_empty() {
        true => "every probe held".into(),
        false => wrong.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Answer::{Held, Refuted, Undecided};
    use ProbePhase::{After, Before, During};

    #[test]
    fn the_finding_follows_from_the_answers_and_what_was_before_counts_first() {
        for (checks, expected) in [
            (vec![(Before, Held), (During, Held), (After, Held)], Finding::Confirmed),
            (vec![(Before, Held), (During, Refuted), (After, Undecided)], Finding::Refuted),
            (vec![(Before, Held), (During, Held), (After, Refuted)], Finding::Refuted),
            (vec![(Before, Held), (During, Undecided), (After, Held)], Finding::Undecided),
            (vec![(Before, Refuted), (During, Refuted)], Finding::NotSteady),
            (vec![(Before, Refuted), (Before, Undecided)], Finding::NotSteady),
            (vec![(Before, Undecided), (During, Refuted)], Finding::Undecided),
            (vec![(During, Refuted), (During, Held)], Finding::Refuted),
        ] {
            assert_eq!(finding(checks.clone().into_iter()), expected, "{checks:?}");
        }
    }
}
