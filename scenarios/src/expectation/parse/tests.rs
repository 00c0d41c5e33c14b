use sim_core::policy::Outcome;

use super::*;
use crate::expectation::{Bound, Finding, Reference, Verdict};

fn read(text: &str) -> Expectation {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn measure(text: &str) -> MeasureTerm {
    match read(text).term {
        Term::Measure(term) => term,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_example_of_the_design() {
    let e = read("peak_rate(payment, 1s, after(30s)) <= 4.5x baseline");
    assert_eq!(
        e.term,
        Term::Measure(MeasureTerm {
            aggregation: Aggregation::PeakRate,
            subject: Subject { name: "payment".into(), quantity: Quantity::Usual },
            window: Some(SimDuration::from_secs(1)),
            phase: Phase::After(SimDuration::from_secs(30)),
        })
    );
    assert_eq!((e.op, e.bound), (Op::LessOrEqual, Bound::Times(4.5, Reference::Baseline)));
    assert_eq!(e.share_of_runs, None);
}

#[test]
fn bounds_are_figures_in_the_unit_of_the_term() {
    for (text, figure) in [
        ("rate(shop) > 400", 400.0),
        ("rate(shop) > 24_000/min", 400.0),
        ("p99(shop) <= 250ms", 0.25),
        ("time_to_recover < 1.5 min", 90.0),
        ("availability(shop) >= 99.9%", 0.999),
        ("share(shop:timeout) <= 0.01", 0.01),
        ("amplification(payment) <= 3", 3.0),
        ("count(shop:failed, during)==0", 0.0),
        ("max(payment:queue_length) <= 200", 200.0),
        ("mean(payment:utilization, before) <= 70 %", 0.7),
    ] {
        match read(text).bound {
            Bound::Figure(x) => assert!((x - figure).abs() < 1e-12, "{text}: {x}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn relative_bounds_name_what_they_are_times_of() {
    let reference = |text: &str| match read(text).bound {
        Bound::Times(factor, reference) => (factor, reference),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(reference("rate(a) < 2x control"), (2.0, Reference::Control));
    assert_eq!(reference("rate(a) < 2 x baseline"), (2.0, Reference::Baseline));
    let variant = Reference::Variant("no jitter".into());
    assert_eq!(reference("rate(a) < 1.5x \"no jitter\""), (1.5, variant.clone()));
    assert_eq!(reference("rate(a) < 1.5x 'no jitter' in 90% of runs"), (1.5, variant));
    let bare = Reference::Variant("no-jitter".into());
    assert_eq!(reference("rate(a) < 1.5x no-jitter in 90% of runs"), (1.5, bare));
    let quoted = Reference::Variant("control".into());
    assert_eq!(reference("rate(a) < 1x \"control\""), (1.0, quoted), "a variant of that name");
}

#[test]
fn subjects_are_clients_services_endpoints_and_calls() {
    for name in ["shop", "payment", "api.checkout", "shop->payment", "api.a->db-1#2"] {
        assert_eq!(measure(&format!("rate({name}) > 1")).subject.name, name);
    }
    let quantity = |text: &str| measure(text).subject.quantity;
    assert_eq!(quantity("count(a:timeout) > 1"), Quantity::Outcome(Outcome::Timeout));
    assert_eq!(quantity("mean(a->b:in_flight) > 1"), Quantity::InFlight);
    assert_eq!(quantity("p50(a:waiting_time) > 1s"), Quantity::WaitingTime);
}

#[test]
fn every_phase_is_read() {
    let phase = |text: &str| measure(&format!("rate(a, {text}) > 1")).phase;
    assert_eq!(measure("rate(a) > 1").phase, Phase::All);
    assert_eq!(phase("warmup"), Phase::Warmup);
    assert_eq!(phase("before"), Phase::Before);
    assert_eq!(phase("during"), Phase::During);
    assert_eq!(phase("after"), Phase::After(SimDuration::from_secs(30)));
    assert_eq!(phase("after( 2 min )"), Phase::After(SimDuration::from_secs(120)));
    assert_eq!(phase("until_steady"), Phase::UntilSteady);
    assert_eq!(phase("rest"), Phase::Rest);
}

#[test]
fn verdicts_and_shares_of_runs() {
    let e = read("verdict == metastable in 80% of runs");
    assert_eq!((e.term, e.bound), (Term::Verdict, Bound::Verdict(Verdict::Metastable)));
    assert_eq!(e.share_of_runs, Some(0.8));
    assert_eq!(read("time_to_recover <= 5s in 0.5 of runs").share_of_runs, Some(0.5));
    assert_eq!(measure("p99.9(shop) <= 1s").aggregation, Aggregation::Percentile(99.9));
}

/// What is wrong, which part of the text it is, and a part of the help.
#[test]
fn mistakes_are_pointed_at() {
    for (text, title, wrong, help) in [
        ("", "expected a measure", "", ""),
        ("peek_rate(a, 1s) > 1", "no measure `peek_rate`", "peek_rate", "`peak_rate`"),
        ("p100(a) > 1s", "no measure `p100`", "p100", "choose"),
        ("rate a > 1", "expected `(` after `rate`, found `a`", "a", ""),
        ("rate() > 1", "expected a client", ")", ""),
        ("rate(a:timeouts) > 1", "no quantity `timeouts`", "timeouts", "`timeout`"),
        ("rate(a, durng) > 1", "no phase `durng`", "durng", "`during`"),
        ("rate(a, 1s) > 1", "only a peak has a window", "1s", ""),
        ("peak_rate(a) > 1", "needs its window", "peak_rate(a)", "after the subject"),
        ("peak_rate(a, 1500us) > 1", "whole number of milliseconds", "1500us", ""),
        ("peak_rate(a, 10) > 1", "has no unit", "10", ""),
        ("peak_rate(a, during, 1s) > 1", "expected `)`", "1s)", ""),
        ("peak_rate(a, 1s, after(0s)) > 1", "no length", "0s", ""),
        ("rate(a > 1", "expected `,` or `)`", ">", ""),
        ("rate(a) 5", "expected a comparison", "5", "`<=`"),
        ("rate(a) != 5", "expected a comparison", "!=", "`<=`"),
        ("rate(a) before 5", "points in time", "before", "`<=`"),
        ("rate(a) > ", "expected a figure", " ", ""),
        ("rate(a) > much", "expected a figure", "much", ""),
        ("rate(a) > -5", "below zero", "-5", ""),
        ("rate(a) > 1.2.3", "not a number", "1.2.3", ""),
        ("rate(a) > 5ms", "does not go with", "5ms", "a rate"),
        ("p99(a) <= 5", "does not go with", "5", "a duration"),
        ("p99(a) <= 5parsecs", "not a unit of time", "5parsecs", ""),
        ("availability(a) >= 99", "does not go with", "99", "95%"),
        ("verdict <= recovered", "not larger or smaller", "<=", "`==`"),
        ("verdict == recoverd", "no verdict", "recoverd", "`recovered`"),
        ("verdict == 5", "", "5", "verdict"),
        ("rate(a) == held", "only a verdict", "held", "verdict == held"),
        ("rate(a) > 2x", "expected what it is times of", "x", ""),
        ("rate(a) > 2x 'b", "does not end", "'b", ""),
        ("rate(a) > 5 in 0% of runs", "share of runs", "0", ""),
        ("rate(a) > 5 in 95% of cases", "expected `runs`", "cases", ""),
        ("rate(a) > 5 please", "expected the end", "please", ""),
        ("rate(a) > 5 in 5% of runs, please", "expected the end", ",", ""),
        ("share(a) > 5%", "measures nothing", "share(a)", ""),
        ("mean(a:timeout) > 5", "measures nothing", "mean(a:timeout)", ""),
    ] {
        let error = parse(text).expect_err(text);
        assert!(error.title.contains(title), "{text}: {error:?}");
        assert!(text[error.range.clone()].contains(wrong), "{text}: {error:?}");
        assert!(help.is_empty() || error.helps.join(" ").contains(help), "{text}: {error:?}");
    }
}

#[test]
fn points_in_time_are_late_before_others_or_never() {
    let alert = |name: &str| Term::Alert(name.into());
    let e = read("alert(checkout-errors) <= 90s in 95% of runs");
    assert_eq!((e.term, e.bound), (alert("checkout-errors"), Bound::Figure(90.0)));
    assert_eq!(e.share_of_runs, Some(0.95));
    let e = read("alert(x) before alert(y)");
    assert_eq!((e.op, e.bound), (Op::Before, Bound::Moment(Box::new(alert("y")))));
    let e = read("saturated(payment.main) before saturated(api->payment) in 90% of runs");
    assert_eq!(e.term, Term::Saturated("payment.main".into()));
    let call = Term::Saturated("api->payment".into());
    assert_eq!((e.bound, e.share_of_runs), (Bound::Moment(Box::new(call)), Some(0.9)));
    assert_eq!(read("saturated( payment ) == never").bound, Bound::Never);
    assert_eq!(read("alert(x) before 90s").bound, Bound::Figure(90.0));
    let e = read("deadlock before saturated(payment)");
    assert_eq!((e.term, e.op), (Term::Deadlock, Op::Before));
    let e = read("saturated(payment) before deadlock in 90% of runs");
    assert_eq!(e.bound, Bound::Moment(Box::new(Term::Deadlock)));
    assert_eq!(read("deadlock == never").bound, Bound::Never);
    assert_eq!(read("deadlock <= 20s").bound, Bound::Figure(20.0));
    let e = read("false_alarms(x) <= 0");
    assert_eq!((e.term, e.bound), (Term::FalseAlarms("x".into()), Bound::Figure(0.0)));
}

#[test]
fn a_hypothesis_is_compared_with_a_finding() {
    let e = read("hypothesis == not_steady in 90% of runs");
    assert_eq!((e.term, e.bound), (Term::Hypothesis, Bound::Finding(Finding::NotSteady)));
    assert_eq!(e.share_of_runs, Some(0.9));
}

#[test]
fn a_condition_looks_back_over_its_window() {
    let condition = |text| parse_condition(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let c = condition("share(shop:failed, 1m) > 5%");
    assert_eq!((c.window, c.op, c.bound), (SimDuration::from_secs(60), Op::Greater, 0.05));
    assert_eq!((c.term.window, c.term.phase), (None, Phase::All));
    let c = condition("p99.9(payment:waiting_time, 90s) >= 1.5s");
    assert_eq!((c.term.aggregation, c.bound), (Aggregation::Percentile(99.9), 1.5));
    assert_eq!(condition("max(payment:queue_length, 5m) > 100").bound, 100.0);
}

#[test]
fn a_probe_has_no_phase_of_its_own() {
    let e = parse_probe("peak_rate(payment, 1s) <= 1.5x baseline").unwrap();
    assert_eq!(e.bound, Bound::Times(1.5, Reference::Baseline));
    assert_eq!(e.text, "peak_rate(payment, 1s) <= 1.5x baseline");
    for wrong in ["rate(a, during) > 1", "time_to_recover < 5s", "rate(a) > 1 in 90% of runs"] {
        assert!(parse_probe(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_figure_is_a_term_that_is_a_number() {
    let measured = parse_figure("share(shop:failed, during)").unwrap();
    assert_eq!(measured, read("share(shop:failed, during) <= 1%").term);
    for text in ["time_to_recover", "alert(errors)", "saturated(payment)", "false_alarms(errors)"] {
        assert!(parse_figure(text).is_ok(), "{text}");
    }
    for (text, title, wrong) in [
        ("verdict", "this is no figure", "verdict"),
        ("hypothesis", "this is no figure", "hypothesis"),
        ("rate(shop) <= 5/s", "compares it with nothing", "<= 5/s"),
        ("rate(shop) baseline", "expected the end", "baseline"),
        ("fail_share(shop)", "no measure `fail_share`", "fail_share"),
    ] {
        let error = parse_figure(text).unwrap_err();
        assert!(error.title.contains(title), "{text}: {}", error.title);
        assert_eq!(&text[error.range.clone()], wrong, "{text}");
        assert!(error.helps.iter().all(|help| !help.contains("`verdict`")), "{:?}", error.helps);
    }
}

#[test]
fn a_course_is_an_aggregation_without_window_and_phase() {
    assert_eq!(parse_course("p99(shop)").unwrap(), measure("p99(shop) <= 1s"));
    assert!(parse_course("mean(payment:queue_length)").is_ok());
    for (text, title, wrong) in [
        ("rate(shop, during)", "over the whole run", "during)"),
        ("rate(shop, 1s)", "bin by bin", "1s)"),
        ("peak_rate(shop)", "no course over time", "peak_rate"),
        ("rate(shop) > 5/s", "compares it with nothing", "> 5/s"),
        ("time_to_recover", "no measure `time_to_recover`", "time_to_recover"),
        ("arrivals(shop)", "no measure `arrivals`", "arrivals"),
    ] {
        let error = parse_course(text).unwrap_err();
        assert!(error.title.contains(title), "{text}: {}", error.title);
        assert_eq!(&text[error.range.clone()], wrong, "{text}");
        assert!(error.helps.iter().all(|help| !help.contains("peak_rate")), "{:?}", error.helps);
    }
}
