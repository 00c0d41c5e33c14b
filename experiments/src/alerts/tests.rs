//! Alerts over a record made by hand: 400 calls a second, all of which fail from 60 s to 90 s.

use scenarios::expectation::parse_condition;
use sim_core::kernel::SimDuration;

use super::*;
use crate::plan::Plan;
use crate::testing::{made_up_run, seconds, study_with_outage};

fn alert(conditions: &[&str], pending_s: u64) -> Alert {
    Alert {
        name: "errors".into(),
        severity: None,
        conditions: conditions.iter().map(|text| parse_condition(text).unwrap()).collect(),
        pending: SimDuration::from_secs(pending_s),
        every: SimDuration::from_secs(15),
        keep_firing_for: SimDuration::ZERO,
    }
}

/// When it fires and resolves, in seconds, and the delay from the outage.
fn course(alert: &Alert) -> (Vec<(u64, Option<u64>)>, Option<u64>) {
    let study = study_with_outage();
    let plan = Plan::new(&study).unwrap();
    let phases = &plan.variants[0].phases;
    let meter = AlertMeter::new(alert, &study.variants[0], phases).unwrap();
    let cut = &plan.variants[0].cut;
    let (run, control) = (made_up_run(cut, false, 90, 0), made_up_run(cut, true, 90, 0));
    let watched = meter.watch(&run, &control, phases);
    let of_failures = alert.conditions.iter().any(|c| c.text.contains(":failed"));
    assert!(!of_failures || watched.control.is_empty(), "nothing fails in the control");
    let in_s = |ns: u64| ns / 1_000_000_000;
    let firings = watched.firings.iter();
    let firings = firings.map(|f| (in_s(f.fired_ns), f.resolved_ns.map(in_s))).collect();
    let delay = meter.delay(&watched.firings, seconds(60));
    (firings, delay.map(|delay| in_s(delay.as_nanos())))
}

#[test]
fn a_share_looks_back_over_its_window() {
    // [45, 60) has no failure, [60, 75) nothing else; [75, 90) neither, [90, 105) none again.
    let short = alert(&["share(shop:failed, 15s) > 5%"], 0);
    assert_eq!(course(&short), (vec![(75, Some(105))], Some(15)));
    // A quarter of [15, 75), half of [30, 90), and still a quarter of [60, 120) + 0: 30 of 60 s.
    let long = alert(&["share(shop:failed, 1m) > 40%"], 0);
    assert_eq!(course(&long), (vec![(90, Some(135))], Some(30)));
}

#[test]
fn a_bound_is_passed_and_not_only_reached() {
    // Half of [30, 90), of [45, 105) and of [60, 120).
    let reached = course(&alert(&["share(shop:failed, 1m) >= 50%"], 0));
    assert_eq!(reached, (vec![(90, Some(135))], Some(30)));
    assert_eq!(course(&alert(&["share(shop:failed, 1m) > 50%"], 0)), (vec![], None));
}

#[test]
fn all_conditions_have_to_hold_at_once() {
    // The short window clears first: that is what it is for.
    let both = alert(&["share(shop:failed, 1m) > 20%", "share(shop:failed, 15s) > 20%"], 0);
    assert_eq!(course(&both), (vec![(75, Some(105))], Some(15)));
}

#[test]
fn the_pending_time_comes_on_top() {
    assert_eq!(course(&alert(&["share(shop:failed, 15s) > 5%"], 15)).1, Some(30));
    assert_eq!(course(&alert(&["share(shop:failed, 15s) > 5%"], 30)).1, None);
}

#[test]
fn windows_begin_at_the_end_of_the_warm_up() {
    // At 30 s only [20, 30) was watched: 4000 calls, where a whole window has 6000.
    let few = alert(&["count(shop, 15s) < 5000"], 0);
    assert_eq!(course(&few).0, [(30, Some(45))]);
    // It is resolved long before the outage, and so is a false alarm and no answer to it.
    assert_eq!(course(&few).1, None);
}

#[test]
fn an_alert_that_fires_already_answers_at_the_next_evaluation() {
    let always = alert(&["rate(shop, 15s) > 1"], 0);
    assert_eq!(course(&always), (vec![(30, None)], Some(0)));
    let study = study_with_outage();
    let phases = Phases::of(&study.variants[0]);
    let meter = AlertMeter::new(&always, &study.variants[0], &phases).unwrap();
    let firing = Firing { pending_ns: 0, fired_ns: 0, resolved_ns: Some(75_000_000_000) };
    assert_eq!(meter.delay(&[firing], seconds(61)), None, "resolved at the next evaluation");
    assert_eq!(meter.delay(&[firing], seconds(60)), Some(SimDuration::ZERO));
}

#[test]
fn false_alarms_are_those_that_began_before_the_fault() {
    let firing = |s| Firing { pending_ns: s, fired_ns: s, resolved_ns: None };
    let firings = [firing(10), firing(20), firing(30)];
    assert_eq!(false_alarms(&firings, Some(SimTime::from_nanos(20))), 1);
    assert_eq!(false_alarms(&firings, None), 3);
}
