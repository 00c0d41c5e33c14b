//! Records of the same that are cut or injected differently: where they have to be equal.

use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::record::{MeasurePlan, RunEnd, RunRecord, SliceRecord, SubjectRecord};
use sim_core::model::spec::Model;

/// A plan with the same bins and one slice for everything.
pub(super) fn uncut(plan: &MeasurePlan) -> MeasurePlan {
    let end = plan.slice_ends.last().copied().unwrap_or(SimTime::ZERO);
    let length: SimDuration = end.since(SimTime::ZERO);
    MeasurePlan::new(length, plan.rate_bin, length, &[])
}

/// What was measured does not depend on how the time axis is cut.
pub(super) fn same(cut: &RunRecord, uncut: &RunRecord) -> Result<(), String> {
    let differ = |what: &str| Err(format!("{what} depends on how the time axis is cut"));
    if cut.end != uncut.end || cut.events != uncut.events {
        return differ("the end");
    }
    if cut.wait_cycles != uncut.wait_cycles || cut.faults != uncut.faults {
        return differ("what happened");
    }
    for (parts, whole) in cut.subjects.iter().zip(&uncut.subjects) {
        let kind = format!("of a {:?}: ", parts.kind).to_lowercase();
        if parts.arrivals_per_bin != whole.arrivals_per_bin {
            return differ(&format!("{kind}what arrives"));
        }
        let (parts, name) = (together(parts), &whole.name);
        let whole = together(whole);
        if let Some(field) = difference(&parts, &whole) {
            return Err(format!("{kind}{field} depends on how the time axis is cut | of `{name}`"));
        }
    }
    Ok(())
}

/// A fault changes nothing before it starts: up to then a run is its control.
pub(super) fn same_before_faults(
    model: &Model,
    run: &RunRecord,
    control: &RunRecord,
) -> Result<(), String> {
    let Some(first) = model.faults.iter().map(|fault| fault.at).min() else { return Ok(()) };
    let given_up =
        |record: &RunRecord| matches!(record.end, RunEnd::Aborted { at, .. } if at <= first);
    if given_up(run) || given_up(control) {
        return Ok(());
    }
    let slices = run.plan.slice_ends.partition_point(|end| *end <= first);
    for (with, without) in run.subjects.iter().zip(&control.subjects) {
        let kind = format!("of a {:?}: ", with.kind).to_lowercase();
        let pairs = with.slices.iter().zip(&without.slices).take(slices);
        for (nth, (with_fault, without_fault)) in pairs.enumerate() {
            // Whether work was wasted is known when it ends: what was done before may be so by the fault.
            let known_then = |slice: &SliceRecord| SliceRecord { wasted_ns: 0, ..slice.clone() };
            if let Some(field) = difference(&known_then(with_fault), &known_then(without_fault)) {
                let name = &with.name;
                return Err(format!(
                    "{kind}{field} differs from the control before the first fault | of `{name}`, slice {nth}"
                ));
            }
        }
    }
    Ok(())
}

/// The slices of a subject as one.
fn together(subject: &SubjectRecord) -> SliceRecord {
    let mut whole = SliceRecord::default();
    for part in &subject.slices {
        whole.arrivals += part.arrivals;
        whole.retries += part.retries;
        whole.outcomes.add(&part.outcomes);
        whole.rejections.add(&part.rejections);
        whole.goodput += part.goodput;
        whole.response_time.merge(&part.response_time);
        whole.response_time_sum_ns += part.response_time_sum_ns;
        whole.response_time_max_ns = whole.response_time_max_ns.max(part.response_time_max_ns);
        whole.waiting_time.merge(&part.waiting_time);
        whole.waiting_time_sum_ns += part.waiting_time_sum_ns;
        whole.queue_integral_ns += part.queue_integral_ns;
        whole.queue_max = whole.queue_max.max(part.queue_max);
        whole.busy_integral_ns += part.busy_integral_ns;
        whole.wasted_ns += part.wasted_ns;
        whole.in_flight_integral_ns += part.in_flight_integral_ns;
        whole.in_flight_max = whole.in_flight_max.max(part.in_flight_max);
        whole.connections_integral_ns += part.connections_integral_ns;
        whole.connections_max = whole.connections_max.max(part.connections_max);
    }
    whole
}

/// What differs, if something does.
fn difference(a: &SliceRecord, b: &SliceRecord) -> Option<&'static str> {
    let fields = [
        ("arrivals", a.arrivals == b.arrivals),
        ("retries", a.retries == b.retries),
        ("outcomes", a.outcomes == b.outcomes),
        ("rejections", a.rejections == b.rejections),
        ("goodput", a.goodput == b.goodput),
        ("response time", a.response_time == b.response_time),
        ("queue", (a.queue_integral_ns, a.queue_max) == (b.queue_integral_ns, b.queue_max)),
        ("waiting time", a.waiting_time == b.waiting_time),
        ("busy workers", a.busy_integral_ns == b.busy_integral_ns),
        ("wasted work", a.wasted_ns == b.wasted_ns),
        ("in flight", a.in_flight_integral_ns == b.in_flight_integral_ns),
        ("connections", a.connections_integral_ns == b.connections_integral_ns),
        ("something", a == b),
    ];
    fields.into_iter().find(|(_, same)| !same).map(|(field, _)| field)
}
