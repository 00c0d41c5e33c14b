//! Expectations on values made up for the purpose.

use scenarios::expectation::{
    Aggregation, Bound, Expectation, MeasureTerm, Phase, Quantity, Reference, Subject, Verdict,
};
use sim_core::kernel::SimDuration;

use super::*;
use crate::testing::{cell, study_with_outage};
use ExpectationVerdict::{Failed, Passed, Undecided};

fn peak() -> Term {
    Term::Measure(MeasureTerm {
        aggregation: Aggregation::PeakRate,
        subject: Subject { name: "payment".into(), quantity: Quantity::Usual },
        window: Some(SimDuration::from_secs(1)),
        phase: Phase::After(SimDuration::from_secs(30)),
    })
}

fn expecting(term: Term, op: Op, bound: Bound, share_of_runs: Option<f64>) -> Expectation {
    Expectation { text: "as the file states it".into(), term, op, bound, share_of_runs }
}

/// Evaluates an expectation of `base`, whose runs have these values of the term; `edit` writes
/// what else a cell holds, at the place of the term.
fn evaluate_with(
    expectation: &Expectation,
    values: &[Option<f64>],
    edit: impl Fn(&mut CellResult, usize, usize),
) -> ExpectationResult {
    let mut study = study_with_outage();
    study.replications = values.len() as u32;
    let expectation = expectation.clone();
    study.expectations =
        vec![VariantExpectation { variant: "base".into(), expectation, claim: None }];
    let plan = Plan::new(&study).unwrap();
    let place = plan.place(&study.expectations[0].expectation.term).unwrap_or(0);
    let runs = |name: &str| -> Vec<CellResult> {
        let run = |(k, value): (usize, &Option<f64>)| {
            let mut run = cell(name, k as u32, &vec![None; plan.measures.len()]);
            run.values[place] = *value;
            edit(&mut run, place, k);
            run
        };
        values.iter().enumerate().map(run).collect()
    };
    let (base, other) = (runs("base"), runs("other"));
    evaluate(&study, &plan, &[&base, &other]).remove(0)
}

fn of_mean(op: Op, bound: f64, values: &[f64]) -> ExpectationResult {
    let values: Vec<_> = values.iter().copied().map(Some).collect();
    evaluate_with(&expecting(peak(), op, Bound::Figure(bound), None), &values, |_, _, _| {})
}

/// Ten values with mean 100 and a half-width of 2.38.
fn spread() -> Vec<f64> {
    (0..10).map(|k| if k % 2 == 0 { 96.837_722 } else { 103.162_278 }).collect()
}

#[test]
fn a_mean_is_judged_by_its_whole_interval() {
    for (op, bound, verdict) in [
        (Op::LessOrEqual, 103.0, Passed),
        (Op::LessOrEqual, 101.0, Undecided),
        (Op::LessOrEqual, 99.0, Undecided),
        (Op::LessOrEqual, 97.0, Failed),
        (Op::Less, 103.0, Passed),
        (Op::GreaterOrEqual, 97.0, Passed),
        (Op::GreaterOrEqual, 99.0, Undecided),
        (Op::Greater, 103.0, Failed),
        (Op::Equal, 100.0, Undecided),
        (Op::Equal, 97.0, Failed),
    ] {
        assert_eq!(of_mean(op, bound, &spread()).verdict, verdict, "{op:?} {bound}");
    }
}

#[test]
fn what_is_undecided_says_how_many_replications_decide_it() {
    let result = of_mean(Op::LessOrEqual, 101.0, &spread());
    // t(0.975, 44) · 3.333 / √45 is just above 1, t(0.975, 45) · 3.333 / √46 just below.
    let explanation = result.explanation.unwrap();
    assert_eq!(explanation, "the interval holds 101/s; about 46 replications would decide it");
    assert_eq!(result.measured, "100/s ± 2, n=10");
}

#[test]
fn a_figure_without_spread_may_meet_its_bound_exactly() {
    let same = [0.1; 30];
    for (op, verdict) in [
        (Op::LessOrEqual, Passed),
        (Op::GreaterOrEqual, Passed),
        (Op::Equal, Passed),
        (Op::Less, Failed),
        (Op::Greater, Failed),
    ] {
        assert_eq!(of_mean(op, 0.1, &same).verdict, verdict, "{op:?}");
    }
}

#[test]
fn one_run_decides_nothing_about_a_mean_but_counts_on_its_own() {
    assert_eq!(of_mean(Op::LessOrEqual, 1000.0, &[1.0]).verdict, Undecided);
    let each = expecting(peak(), Op::LessOrEqual, Bound::Figure(1000.0), Some(1.0));
    assert_eq!(evaluate_with(&each, &[Some(1.0)], |_, _, _| {}).verdict, Passed);
}

#[test]
fn ratios_are_taken_run_by_run() {
    // The values vary by half, their ratio to the baseline hardly at all.
    let values = [Some(400.0), Some(812.0), Some(1212.0)];
    let times =
        |times, reference| expecting(peak(), Op::LessOrEqual, Bound::Times(times, reference), None);
    let edit = |run: &mut CellResult, place: usize, k: usize| {
        run.baselines[place] = Some(100.0 * (k + 1) as f64);
        run.control[place] = Some(115.0);
        run.control_baselines[place] = Some(100.0);
        if run.variant == "other" {
            run.values[place] = Some(200.0 * (k + 1) as f64);
        }
    };
    let result = evaluate_with(&times(4.2, Reference::Baseline), &values, edit);
    assert_eq!(result.verdict, Passed, "{result:?}");
    assert_eq!(result.measured, "4.03x ± 0.08 (control 1.15x), n=3");
    let result = evaluate_with(&times(2.2, Reference::Variant("other".into())), &values, edit);
    assert_eq!(result.measured, "2.02x ± 0.04, n=3");
}

#[test]
fn a_reference_of_zero_is_no_reference() {
    let expectation =
        expecting(peak(), Op::LessOrEqual, Bound::Times(4.0, Reference::Baseline), None);
    let zero = |run: &mut CellResult, place: usize, _| run.baselines[place] = Some(0.0);
    let result = evaluate_with(&expectation, &[Some(1.0); 3], zero);
    assert_eq!(result.verdict, Failed);
    assert_eq!(result.explanation.unwrap(), "there was nothing to measure in 3 of 3 runs");
}

#[test]
fn so_many_runs_have_to_hold_on_their_own() {
    let each = |share| expecting(peak(), Op::LessOrEqual, Bound::Figure(10.0), Some(share));
    let values: Vec<_> = (0..20).map(|k| Some(if k == 3 { 99.0 } else { 1.0 })).collect();
    let result = evaluate_with(&each(0.95), &values, |_, _, _| {});
    assert_eq!(result.verdict, Passed);
    assert_eq!(result.measured, "19 of 20 runs (95%, interval 76.4% to 99.1%)");
    let result = evaluate_with(&each(0.96), &values, |_, _, _| {});
    assert_eq!(result.verdict, Failed);
    assert_eq!(
        result.explanation.unwrap(),
        "19 of 20 runs hold, 96% have to; missed by: replication 3 (99/s)"
    );
}

fn recover(op: Op, share: Option<f64>) -> ExpectationResult {
    let expectation = expecting(Term::TimeToRecover, op, Bound::Figure(20.0), share);
    let mut values = vec![Some(5.0); 10];
    values[4] = None;
    evaluate_with(&expectation, &values, |run, _, k| {
        if k == 4 {
            run.verdict = Verdict::Metastable;
        }
    })
}

#[test]
fn a_run_that_never_recovered_is_never_averaged_away() {
    let result = recover(Op::LessOrEqual, None);
    assert_eq!(result.verdict, Failed);
    assert_eq!(result.measured, "never in 1 of 10 runs, else 5s ± 0, n=10");
    assert_eq!(result.explanation.unwrap(), "1 of 10 runs never recovered");
    assert_eq!(recover(Op::Greater, None).verdict, Passed);
    assert_eq!(recover(Op::LessOrEqual, Some(0.9)).verdict, Passed);
    assert_eq!(recover(Op::LessOrEqual, Some(0.95)).verdict, Failed);
}

#[test]
fn all_runs_have_to_have_a_verdict_unless_a_share_is_given() {
    let expect = |op, share| {
        let bound = Bound::Verdict(Verdict::Recovered);
        let expectation = expecting(Term::Verdict, op, bound, share);
        evaluate_with(&expectation, &[None; 10], |run, _, k| {
            if k == 7 {
                run.verdict = Verdict::Metastable;
            }
        })
    };
    let result = expect(Op::Equal, None);
    assert_eq!(result.verdict, Failed);
    assert_eq!(result.measured, "recovered in 9 of 10 runs, metastable in 1");
    assert_eq!(
        result.explanation.unwrap(),
        "9 of 10 runs hold, 100% have to; missed by: replication 7 (metastable)"
    );
    assert_eq!(expect(Op::Equal, Some(0.9)).verdict, Passed);
    assert_eq!(expect(Op::LessOrEqual, Some(0.9)).verdict, Passed);
}

#[test]
fn a_run_that_was_given_up_fails_what_is_asked_of_the_mean() {
    let expectation = expecting(peak(), Op::LessOrEqual, Bound::Figure(10.0), None);
    let result = evaluate_with(&expectation, &[Some(1.0), Some(1.0), None], |run, place, _| {
        if run.values[place].is_none() {
            run.aborted = Some("given up at 61s".into());
        }
    });
    assert_eq!(result.verdict, Failed);
    assert_eq!(
        result.explanation.unwrap(),
        "1 of 3 runs were aborted, the first was given up at 61s"
    );
}

/// Judges a claim about alerts `a` and `b` that fired so late in the runs.
fn of_alerts(that: &str, a: &[Option<f64>], b: &[Option<f64>]) -> ExpectationResult {
    let mut study = study_with_outage();
    study.replications = a.len() as u32;
    for variant in &mut study.variants {
        variant.alerts = ["a", "b"].map(alert).to_vec();
    }
    let expectation = scenarios::expectation::parse(that).unwrap();
    study.expectations =
        vec![VariantExpectation { variant: "base".into(), expectation, claim: None }];
    let plan = Plan::new(&study).unwrap();
    let place = |name: &str| plan.place(&Term::Alert(name.into())).unwrap();
    let run = |(k, (a, b)): (u32, (&Option<f64>, &Option<f64>))| {
        let mut run = cell("base", k, &vec![None; plan.measures.len()]);
        (run.values[place("a")], run.values[place("b")]) = (*a, *b);
        run
    };
    let runs: Vec<CellResult> = (0..).zip(a.iter().zip(b)).map(run).collect();
    evaluate(&study, &plan, &[&runs, &runs]).remove(0)
}

fn alert(name: &str) -> scenarios::study::Alert {
    let condition = scenarios::expectation::parse_condition("rate(shop, 1m) > 900");
    scenarios::study::Alert {
        name: name.into(),
        severity: None,
        conditions: vec![condition.unwrap()],
        pending: SimDuration::ZERO,
        every: SimDuration::from_secs(15),
        keep_firing_for: SimDuration::ZERO,
    }
}

#[test]
fn one_alert_comes_before_another_run_by_run() {
    let (five, ten) = (Some(5.0), Some(10.0));
    let before = |a, b| of_alerts("alert(a) before alert(b)", &[a, five], &[b, ten]).verdict;
    assert_eq!(before(five, ten), Passed);
    assert_eq!(before(five, None), Passed, "what never fires comes after");
    assert_eq!(before(None, ten), Failed);
    assert_eq!(before(None, None), Failed);
    assert_eq!(before(five, five), Failed, "at once is not before");
    let some = of_alerts("alert(a) before alert(b) in 50% of runs", &[ten, five], &[five, ten]);
    assert_eq!(some.verdict, Passed);
    let missed = of_alerts("alert(a) before alert(b)", &[None, five], &[five, ten]);
    let why = "1 of 2 runs hold, 100% have to; missed by: replication 0 (never, 5s)";
    assert_eq!(missed.explanation.unwrap(), why);
}

#[test]
fn an_alert_that_does_not_fire_never_does() {
    let judge = |that: &str, a: &[Option<f64>]| of_alerts(that, a, &vec![None; a.len()]);
    assert_eq!(judge("alert(a) == never", &[None, None]).verdict, Passed);
    assert_eq!(judge("alert(a) == never", &[None, Some(15.0)]).verdict, Failed);
    let late = judge("alert(a) <= 90s", &[Some(15.0), None]);
    assert_eq!(late.explanation.unwrap(), "1 of 2 runs never fired");
    assert_eq!(judge("alert(a) > 90s", &[None, None]).verdict, Passed);
    assert_eq!(judge("alert(a) before 90s", &[Some(15.0), Some(15.0)]).verdict, Passed);
    assert_eq!(judge("alert(a) <= 90s in 50% of runs", &[Some(15.0), None]).verdict, Passed);
}

/// Judges a claim about the hypothesis that at most 1 % fail, of which such shares did before and during.
fn of_hypothesis(that: &str, shares: &[(Option<f64>, Option<f64>)]) -> ExpectationResult {
    use scenarios::study::{Hypothesis, Probe, ProbePhase};
    let mut study = study_with_outage();
    study.replications = shares.len() as u32;
    let claim = scenarios::expectation::parse_probe("share(shop:failed) <= 1%").unwrap();
    let hypothesis = Hypothesis {
        title: "all is well".into(),
        phases: vec![ProbePhase::Before, ProbePhase::During],
        after: SimDuration::from_secs(30),
        probes: vec![Probe { name: "errors".into(), that: claim }],
    };
    let term = |phase| hypothesis.expectation(&hypothesis.probes[0], phase).term;
    let expectation = scenarios::expectation::parse(that).unwrap();
    study.expectations =
        vec![VariantExpectation { variant: "base".into(), expectation, claim: None }];
    study.hypothesis = Some(hypothesis.clone());
    let plan = Plan::new(&study).unwrap();
    let place = |phase| plan.place(&term(phase)).unwrap();
    let run = |(k, (before, during)): (u32, &(Option<f64>, Option<f64>))| {
        let mut run = cell("base", k, &vec![None; plan.measures.len()]);
        run.values[place(ProbePhase::Before)] = *before;
        run.values[place(ProbePhase::During)] = *during;
        run
    };
    let runs: Vec<CellResult> = (0..).zip(shares).map(run).collect();
    evaluate(&study, &plan, &[&runs, &runs]).remove(0)
}

#[test]
fn a_hypothesis_is_judged_over_the_runs_or_in_each_of_them() {
    let (good, bad) = (Some(0.001), Some(0.5));
    let twice = |before, during| [(before, during), (before, during)];
    let confirmed = |shares: &[_]| of_hypothesis("hypothesis == confirmed", shares);
    assert_eq!(confirmed(&twice(good, good)).verdict, Passed);
    let refuted = confirmed(&twice(good, bad));
    assert_eq!(refuted.verdict, Failed);
    assert_eq!(refuted.measured, "refuted (in 2 of 2 runs on their own)");
    assert_eq!(refuted.explanation.unwrap(), "errors during: 50% ± 0, n=2");
    assert_eq!(
        confirmed(&twice(bad, good)).measured,
        "not steady before (in 2 of 2 runs on their own)"
    );
    // Nothing to measure decides nothing; neither does a mean that may lie on either side.
    assert_eq!(confirmed(&twice(good, None)).verdict, Undecided);
    assert_eq!(confirmed(&[(good, good), (good, Some(0.012))]).verdict, Undecided);
    let shares = [(good, good), (good, bad), (bad, good)];
    let of = |that: &str| of_hypothesis(that, &shares);
    assert_eq!(of("hypothesis == confirmed in 33% of runs").verdict, Passed);
    let missed = of("hypothesis == confirmed in 50% of runs");
    assert_eq!(
        missed.explanation.unwrap(),
        "1 of 3 runs hold, 50% have to; missed by: replication 1 (refuted), replication 2 (not steady \
         before)"
    );
}
