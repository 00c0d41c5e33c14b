//! What a plan measures, and what it refuses.

use scenarios::expectation::{Bound, Expectation, Op, Reference, Subject, Verdict};
use scenarios::study::VariantExpectation;
use sim_core::kernel::SimTime;

use super::*;
use crate::testing::study_with_outage;

fn term(aggregation: Aggregation, quantity: Quantity, window: Option<u64>, phase: Phase) -> Term {
    Term::Measure(MeasureTerm {
        aggregation,
        subject: Subject { name: "payment".into(), quantity },
        window: window.map(SimDuration::from_millis),
        phase,
    })
}

fn expecting(variant: &str, term: Term, op: Op, bound: Bound) -> Study {
    let text = "what is expected".into();
    let expectation = Expectation { text, term, op, bound, share_of_runs: None };
    let expected = VariantExpectation { variant: variant.into(), expectation, claim: None };
    Study { expectations: vec![expected], ..study_with_outage() }
}

fn peak(window_ms: u64, after_s: u64) -> Term {
    let phase = Phase::After(SimDuration::from_secs(after_s));
    term(Aggregation::PeakRate, Quantity::Usual, Some(window_ms), phase)
}

#[test]
fn the_table_shows_what_the_issue_asks_for() {
    let plan = Plan::new(&study_with_outage()).unwrap();
    let table = plan.measures.iter().filter(|m| m.info.in_table);
    let keys: Vec<&str> = table.map(|m| &*m.info.key).collect();
    assert_eq!(
        keys,
        [
            "rate_before_per_s",
            "peak_rate_10ms_after_per_s",
            "peak_rate_100ms_after_per_s",
            "peak_rate_1s_after_per_s",
            "peak_rate_1s_during_per_s",
            "amplification_all",
            "availability_all",
            "goodput_rate_all_per_s",
            "response_time_p50_all_s",
            "response_time_p99_all_s",
            "time_to_recover_s",
        ]
    );
    let file_keys = ["payment_utilization_mean_after", "shop_to_payment_retries_count_all"];
    assert!(file_keys.iter().all(|key| plan.measures.iter().any(|m| m.info.key == *key)));
}

#[test]
fn no_two_measures_share_a_key() {
    // Two expectations say the same, in two ways; a third one's key would be theirs.
    let mean = |quantity| term(Aggregation::Mean, quantity, None, Phase::Warmup);
    let mut study = expecting("base", mean(Quantity::Usual), Op::Less, Bound::Figure(1.0));
    study.expectations.push(VariantExpectation {
        expectation: Expectation {
            term: mean(Quantity::ResponseTime),
            ..study.expectations[0].expectation.clone()
        },
        variant: "other".into(),
        claim: None,
    });
    let plan = Plan::new(&study).unwrap();
    let mut keys: Vec<&str> = plan.measures.iter().map(|m| &*m.info.key).collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
    assert_eq!(count, Plan::new(&study_with_outage()).unwrap().measures.len() + 1);
}

#[test]
fn the_time_axis_is_cut_as_expectations_need_it() {
    let study = expecting("base", peak(25, 7), Op::Less, Bound::Figure(1.0));
    let cut = &Plan::new(&study).unwrap().variants[0].cut;
    assert_eq!(cut.rate_bin, SimDuration::from_millis(5));
    let fault_end_s = 90;
    for after in [7, 30] {
        let end = SimTime::ZERO + SimDuration::from_secs(fault_end_s + after);
        assert!(cut.slice_ends.contains(&end));
    }
}

#[test]
fn an_expectation_that_makes_no_sense_is_found_before_anything_runs() {
    let figure = Bound::Figure(1.0);
    let verdict = Bound::Verdict(Verdict::Held);
    let times = |reference| Bound::Times(2.0, reference);
    let unknown = || Reference::Variant("nobody".into());
    for (variant, term, op, bound, cause) in [
        ("nobody", peak(10, 30), Op::Less, figure.clone(), "there is no variant `nobody`"),
        ("base", peak(10, 30), Op::Less, times(unknown()), "there is no variant `nobody`"),
        (
            "base",
            Term::Verdict,
            Op::Equal,
            figure.clone(),
            "a verdict can only be compared with a verdict, and a figure with a figure",
        ),
        (
            "base",
            peak(10, 30),
            Op::Equal,
            verdict,
            "a verdict can only be compared with a verdict, and a figure with a figure",
        ),
        (
            "base",
            peak(10, 30),
            Op::Before,
            figure.clone(),
            "`before` compares points in time; write `<` for figures",
        ),
        (
            "base",
            Term::TimeToRecover,
            Op::Less,
            times(Reference::Baseline),
            "a time to recover has no baseline and no control; compare it with a duration or another variant",
        ),
    ] {
        let error = Plan::new(&expecting(variant, term, op, bound)).unwrap_err();
        let expected = format!("`what is expected` (variant `{variant}`): {cause}");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn without_a_phase_before_the_fault_there_is_no_baseline() {
    let bound = Bound::Times(2.0, Reference::Baseline);
    let mut study = expecting("base", peak(10, 30), Op::Less, bound);
    study.variants[0].model.faults[0].at = SimTime::ZERO + SimDuration::from_secs(10);
    assert_eq!(
        Plan::new(&study).unwrap_err().to_string(),
        "`what is expected` (variant `base`): its reference cannot be measured: the run has no \
         phase `before`: the first fault starts before the warm-up ends"
    );
}

#[test]
fn without_faults_the_table_is_about_the_whole_run() {
    let mut study = study_with_outage();
    study.variants.iter_mut().for_each(|v| v.model.faults.clear());
    let plan = Plan::new(&study).unwrap();
    assert_eq!(plan.measures[0].info.key, "rate_all_per_s");
    assert!(plan.variants[0].meters.iter().all(Option::is_some), "every column can be filled");
    assert!(plan.variants[0].control.is_none());
}
