//! Made-up results of a study with a hypothesis and alerts, that says why it went as it did.

use experiments::results::{
    AlertResult, AlertRun, Answer, ByPhase, Estimate, Finding, FindingCounts, Firing,
    HypothesisResult, Level, ProbeCheck, ProbePhase, ProbeResult, Proportion, Saturation,
    StudyResults, SubjectKindName, WaitingCircle, Why,
};

use crate::fixture;

/// Two variants of two runs each: the first refutes its hypothesis, the second holds.
pub(crate) fn study() -> StudyResults {
    let mut results = fixture::small();
    for (variant, is_first) in results.variants.iter_mut().zip([true, false]) {
        variant.hypothesis = Some(hypothesis(is_first));
        variant.alerts = vec![alert(is_first)];
        variant.why = Some(why());
        let fired = is_first.then_some(Firing {
            pending_ns: 75_000_000_000,
            fired_ns: 120_000_000_000,
            resolved_ns: None,
        });
        for run in &mut variant.runs {
            let control = vec![Firing { pending_ns: 0, fired_ns: 15_500_000_000, ..resolved() }];
            let name = "checkout-errors".to_owned();
            run.alerts = vec![AlertRun { name, firings: fired.into_iter().collect(), control }];
        }
    }
    results
}

fn resolved() -> Firing {
    Firing { pending_ns: 0, fired_ns: 0, resolved_ns: Some(30_000_000_000) }
}

fn estimate(mean: f64, half_width: f64) -> Estimate {
    Estimate {
        mean: Some(mean),
        half_width: Some(half_width),
        sd: Some(half_width),
        n: 2,
        missing: 0,
    }
}

fn hypothesis(refuted: bool) -> HypothesisResult {
    let check = |phase, answer, measured: &str| ProbeCheck {
        phase,
        answer,
        measured: measured.to_owned(),
        explanation: (answer != Answer::Held).then(|| "the interval lies wrong".to_owned()),
    };
    let during = if refuted { Answer::Refuted } else { Answer::Held };
    let finding = if refuted { Finding::Refuted } else { Finding::Confirmed };
    let mut runs = FindingCounts::default();
    runs.add(finding);
    runs.add(Finding::Confirmed);
    HypothesisResult {
        title: "the shop sells whatever payment does".to_owned(),
        finding,
        runs,
        probes: vec![ProbeResult {
            name: "errors".to_owned(),
            that: "share(shop:failed) <= 1%".to_owned(),
            checks: vec![
                check(ProbePhase::Before, Answer::Held, "0.1% ± 0.02 (control 0.1%), n=2"),
                check(ProbePhase::During, during, "12.4% ± 0.3 (control 0.1%), n=2"),
                check(ProbePhase::After, Answer::Undecided, "1% ± 0.2 (control 0.1%), n=2"),
            ],
        }],
    }
}

fn alert(fired: bool) -> AlertResult {
    let nothing = Estimate { mean: None, half_width: None, sd: None, n: 0, missing: 2 };
    AlertResult {
        name: "checkout-errors".to_owned(),
        severity: Some("page".to_owned()),
        rule: "share(shop:failed, 1m) > 5% for 45s".to_owned(),
        fired: Proportion { runs: if fired { 2 } else { 0 }, of: 2, low: 0.34, high: 1.0 },
        delay_s: if fired { estimate(60.0, 0.0) } else { nothing },
        resolved_s: nothing,
        false_alarms: estimate(0.0, 0.0),
        control_false_alarms: estimate(1.0, 0.0),
    }
}

fn why() -> Why {
    let phases = ["before", "during", "after(30s)", "disturbed"];
    let level = |subject: &str, kind, depth, factor: f64, end_to_end: f64| Level {
        subject: subject.to_owned(),
        kind,
        depth,
        factor: vec![Some(1.0), Some(factor), None, Some(factor)],
        end_to_end: vec![Some(1.0), Some(end_to_end), None, Some(end_to_end)],
    };
    let by = |subject: &str, share: f64| ByPhase {
        subject: subject.to_owned(),
        share: vec![None, Some(share), Some(0.0), Some(share)],
    };
    Why {
        story: "payment.main saturated first, 1.3s after the first fault began. Each call of shop became \
                3.9 attempts on shop->payment."
            .to_owned(),
        phases: phases.map(str::to_owned).to_vec(),
        saturated: vec![Saturation {
            resource: "payment.main".to_owned(),
            what: "worker pool".to_owned(),
            runs: 2,
            first: 2,
            after_s: estimate(1.3, 0.2),
            control_runs: 0,
        }],
        waterfall: vec![
            level("shop", SubjectKindName::Client, 0, 1.0, 1.0),
            level("shop->payment", SubjectKindName::Call, 0, 3.9, 3.9),
            level("payment", SubjectKindName::Service, 1, 1.0, 3.9),
        ],
        wasted: vec![by("payment", 0.71)],
        dashboards: vec![by("payment", 0.992)],
        users: vec![by("shop", 0.12)],
        degraded: vec![by("shop", 0.05), by("other", 0.0)],
        wait_cycles: vec![WaitingCircle {
            replication: 0,
            at_s: 61.5,
            who: vec!["order 1".to_owned(), "row a".to_owned(), "order 2".to_owned()],
            runs: 1,
        }],
    }
}
