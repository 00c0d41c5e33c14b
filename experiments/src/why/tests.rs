//! Why, on records made by hand: `shop` calls `payment`, which has 12 workers and refuses from 60 s to 90 s.

use scenarios::resource::{Resource, ResourceKind};
use sim_core::kernel::SimDuration;
use sim_core::model::record::SubjectKind;
use sim_core::policy::Outcome;

use super::*;
use crate::plan::Plan;
use crate::testing::{Recording, made_up_run, seconds, study_with_outage};

const SECOND_NS: u128 = 1_000_000_000;

/// What a bin holds: how busy the workers were, how many waited, how many were turned away.
type Bin = (f64, f64, u64);

/// When `payment` was saturated in a run whose bins from 60 s on are these, in seconds from then.
fn saturated(bins: &[Bin]) -> Option<f64> {
    let study = study_with_outage();
    let plan = Plan::new(&study).unwrap();
    let mut run = Recording::new(&plan.variants[0].cut);
    for (second, (busy, waiting, away)) in (60..).zip(bins) {
        run.end("payment", seconds(second), *away, Outcome::Overflow, 1);
        let slice = run.slice("payment", seconds(second));
        slice.busy_integral_ns = (busy * 12.0 * SECOND_NS as f64).round() as u128;
        slice.queue_integral_ns = (waiting * SECOND_NS as f64) as u128;
    }
    let [pool] = &plan.variants[0].why.resources[..] else { panic!("one pool") };
    assert_eq!(pool.resource.name, "payment.main");
    let since = pool.since_start(&run.finish(), &plan.variants[0].phases);
    since.map(SimDuration::as_secs_f64)
}

#[test]
fn a_pool_is_saturated_when_it_is_busy_and_somebody_waits_for_two_bins() {
    let (full, idle) = ((1.0, 1.0, 0), (0.2, 0.0, 0));
    assert_eq!(saturated(&[idle, full, full, idle]), Some(1.0));
    assert_eq!(saturated(&[full, idle, full, idle]), None, "one bin is chance");
    assert_eq!(saturated(&[idle, full, (0.95, 1.0, 0)]), Some(1.0), "at the thresholds");
    assert_eq!(saturated(&[full, (0.949, 9.0, 0)]), None, "not all are busy");
    assert_eq!(saturated(&[full, (1.0, 0.99, 0)]), None, "nobody waits");
    assert_eq!(saturated(&[full, (1.0, 0.0, 1)]), Some(0.0), "there is no room to wait");
    assert_eq!(saturated(&[(0.0, 9.0, 9), (0.0, 9.0, 9)]), None, "it is down, not busy");
}

#[test]
fn calls_are_saturated_when_layers_hold_them_back() {
    let study = study_with_outage();
    let plan = Plan::new(&study).unwrap();
    let mut meter = plan.variants[0].why.resources[0].clone();
    let layers = vec!["bulkhead"];
    meter.resource =
        Resource { name: "shop->payment".into(), what: ResourceKind::Calls { layers } };
    let saturated = |waiting: f64, away: u64| {
        let mut run = Recording::new(&plan.variants[0].cut);
        for second in 60..62 {
            run.arrive("shop->payment", seconds(second), 95);
            let slice = run.slice("shop->payment", seconds(second));
            slice.queue_integral_ns = (waiting * SECOND_NS as f64) as u128;
            slice.rejections.0[Outcome::RejectedBulkhead.index()] = away;
        }
        meter.since_start(&run.finish(), &plan.variants[0].phases).is_some()
    };
    assert!(saturated(1.0, 0) && !saturated(0.99, 0));
    assert!(saturated(0.0, 5), "5 of 100");
    assert!(!saturated(0.0, 4), "4 of 99");
}

#[test]
fn rows_are_saturated_when_somebody_waits_and_consumers_when_all_are_busy_too() {
    let study = study_with_outage();
    let plan = Plan::new(&study).unwrap();
    let saturated = |kind: SubjectKind, what: ResourceKind, busy: f64, waiting: f64| {
        let mut meter = plan.variants[0].why.resources[0].clone();
        meter.resource = Resource { name: "payment".into(), what };
        let mut run = Recording::new(&plan.variants[0].cut);
        for second in 60..62 {
            let slice = run.slice("payment", seconds(second));
            slice.queue_integral_ns = (waiting * SECOND_NS as f64) as u128;
            slice.busy_integral_ns = (busy * SECOND_NS as f64) as u128;
        }
        let mut record = run.finish();
        record.subjects.last_mut().unwrap().kind = kind;
        meter.since_start(&record, &plan.variants[0].phases).is_some()
    };
    let rows = |waiting| saturated(SubjectKind::Store, ResourceKind::Rows, 0.0, waiting);
    assert!(rows(1.0) && !rows(0.99));
    let consumers = |busy, waiting| {
        let what = ResourceKind::Consumers { consumers: 4.0 };
        saturated(SubjectKind::Broker, what, busy, waiting)
    };
    assert!(consumers(3.8, 1.0), "at the thresholds");
    assert!(!consumers(3.79, 9.0) && !consumers(4.0, 0.99));
}

#[test]
fn what_was_measured_is_told_by_phase() {
    let study = study_with_outage();
    let plan = Plan::new(&study).unwrap();
    let variant = &plan.variants[0];
    let mut run = Recording::new(&variant.cut);
    // 10 calls before; 10 in the outage, each of 3 attempts, all of which arrive.
    for (second, attempts) in [(30, 1), (70, 3)] {
        let at = seconds(second);
        run.arrive("shop", at, 10);
        run.arrive("shop->payment", at, 10 * attempts);
        run.arrive("payment", at, 10 * attempts);
    }
    run.end("shop", seconds(30), 10, Outcome::Ok, 20);
    run.end("payment", seconds(30), 10, Outcome::Ok, 20);
    // What comes late looks good from inside; who was refused was not seen.
    run.end("payment", seconds(70), 9, Outcome::OkLate, 20);
    run.end("payment", seconds(70), 1, Outcome::Overflow, 20);
    run.end("payment", seconds(70), 20, Outcome::Refused, 20);
    run.end("shop", seconds(70), 10, Outcome::Timeout, 20);
    let slice = run.slice("payment", seconds(70));
    (slice.busy_integral_ns, slice.wasted_ns) = (4 * SECOND_NS, 3 * SECOND_NS);
    let (run, control) = (run.finish(), made_up_run(&variant.cut, true, 90, 0));
    let why = variant.why.ask(&run, &control, &variant.phases.recovered_at(Some(seconds(90))));
    let cell = crate::cell::CellResult { why: Some(why), ..crate::testing::cell("base", 0, &[]) };
    let why = summarise(&variant.why, &[cell]).unwrap();
    assert_eq!(why.phases, ["before", "during", "after(30s)", "disturbed"]);
    let levels: Vec<_> = why.waterfall.iter().map(|l| (l.subject.as_str(), l.depth)).collect();
    assert_eq!(levels, [("shop", 0), ("shop->payment", 0), ("payment", 1)]);
    assert_eq!(why.waterfall[1].factor, [Some(1.0), Some(3.0), None, Some(3.0)]);
    assert_eq!(why.waterfall[2].factor, [Some(1.0), Some(1.0), None, Some(1.0)]);
    assert_eq!(why.waterfall[2].end_to_end, [Some(1.0), Some(3.0), None, Some(3.0)]);
    assert_eq!(why.wasted[0].share, [None, Some(0.75), None, Some(0.75)]);
    assert_eq!(why.dashboards[0].share, [Some(1.0), Some(0.9), None, Some(0.9)]);
    assert_eq!(why.users[0].share, [Some(1.0), Some(0.0), None, Some(0.0)]);
    assert_eq!(
        why.story,
        "Nothing was saturated after the first fault had begun. Each call of shop became 3 attempts on \
         shop->payment. 75% of the work of payment was for callers that had gone. payment reported 90% \
         success; 0% of the calls of shop went well."
    );
}

#[test]
fn the_innermost_of_those_that_are_saturated_at_once_is_the_first() {
    let study = study_with_outage();
    let mut plan = WhyPlan::new(&study.variants[0]);
    let mut outer = plan.resources[0].clone();
    outer.resource.name = "shop->payment".into();
    outer.resource.what = ResourceKind::Calls { layers: vec!["bulkhead"] };
    plan.resources.push(outer);
    let cell = |replication, ns: [Option<u64>; 2]| {
        let why = CellWhy {
            saturated_ns: ns.to_vec(),
            saturated_in_control: vec![false, true],
            ..CellWhy::default()
        };
        let cell = crate::testing::cell("base", replication, &[]);
        crate::cell::CellResult { why: Some(why), ..cell }
    };
    let ns = |s: u64| Some(s * 1_000_000_000);
    let cells = [cell(0, [ns(2), ns(2)]), cell(1, [ns(4), ns(5)]), cell(2, [None, None])];
    let why = summarise(&plan, &cells).unwrap();
    let told: Vec<_> = why
        .saturated
        .iter()
        .map(|s| (s.resource.as_str(), s.runs, s.first, s.control_runs))
        .collect();
    assert_eq!(told, [("payment.main", 2, 2, 0), ("shop->payment", 2, 0, 3)]);
    assert!(
        why.story.starts_with(
            "payment.main saturated first in 2 of 3 runs, 3s after the first fault began; then the \
             bulkhead of shop->payment at 3.5s."
        ),
        "{}",
        why.story
    );
}
