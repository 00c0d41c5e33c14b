//! An alert over the runs of a variant.

use scenarios::study::{Alert, Variant};
use sim_core::kernel::SimTime;
use sim_core::stats::wilson_interval;

use super::{AlertMeter, false_alarms};
use crate::cell::CellResult;
use crate::plan::VariantPlan;
use crate::results::{AlertResult, AlertRun, Estimate, Proportion};
use crate::statistics::CONFIDENCE;

/// All alerts of a variant over its runs, but for those that were given up.
pub(crate) fn summarise(
    variant: &Variant,
    plan: &VariantPlan,
    runs: &[CellResult],
) -> Vec<AlertResult> {
    let meters = plan.alerts.iter().zip(&variant.alerts).enumerate();
    let of = |place: usize| -> Vec<&AlertRun> {
        runs.iter().filter_map(|run| run.alerts.get(place)).collect()
    };
    meters.map(|(place, (meter, alert))| one(alert, meter, plan, &of(place))).collect()
}

fn one(alert: &Alert, meter: &AlertMeter, plan: &VariantPlan, runs: &[&AlertRun]) -> AlertResult {
    let phases = &plan.phases;
    let start = phases.start_of_faults();
    let over =
        |of: &dyn Fn(&AlertRun) -> Option<f64>| Estimate::over(runs.iter().map(|run| of(run)));
    let delay_s = over(&|run| Some(meter.delay(&run.firings, start)?.as_secs_f64()));
    let resolved = |run: &AlertRun| {
        let at = SimTime::from_nanos(meter.first_from(&run.firings, start)?.resolved_ns?);
        Some(at.since(start).as_secs_f64())
    };
    let false_before = phases.faults_start();
    AlertResult {
        name: alert.name.clone(),
        severity: alert.severity.clone(),
        rule: alert.rule(),
        fired: proportion(delay_s.n, runs.len() as u32),
        resolved_s: over(&resolved),
        delay_s,
        false_alarms: over(&|run| Some(false_alarms(&run.firings, false_before) as f64)),
        control_false_alarms: over(&|run| Some(false_alarms(&run.control, None) as f64)),
    }
}

fn proportion(runs: u32, of: u32) -> Proportion {
    let interval = wilson_interval(runs.into(), of.into(), CONFIDENCE);
    Proportion { runs, of, low: interval.low, high: interval.high }
}
