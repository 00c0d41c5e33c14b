//! The books of a run: whatever arrives ends once or is still there, nobody has more workers than there
//! are, and what happened happened in time.

use sim_core::kernel::SimTime;
use sim_core::model::record::{RunEnd, RunRecord, SliceRecord, SubjectKind, SubjectRecord};
use sim_core::model::spec::{EdgeSpec, Model};
use sim_core::policy::{LateAnswers, Outcome};

/// Holds a record against itself and against its model.
pub(super) fn balance(model: &Model, record: &RunRecord) -> Result<(), String> {
    limits(model, record)?;
    let measured = match record.end {
        RunEnd::Completed => record.plan.slice_ends.len(),
        // What comes after that was not measured.
        RunEnd::Aborted { at, .. } => record.plan.slice_ends.partition_point(|end| *end <= at),
    };
    for subject in &record.subjects {
        balance_of(model, subject, measured)?;
    }
    workers(model, record)?;
    cores(model, record)?;
    for edge in &model.edges {
        if let Some(attempts) = subject(record, SubjectKind::Edge, &edge.name) {
            let (sent, again) = (sum(attempts, |s| s.arrivals), sum(attempts, |s| s.retries));
            check(again <= sent, "more retries than attempts", &edge.name, (again, sent))?;
        }
    }
    times(model, record)
}

fn check<D: std::fmt::Debug>(
    holds: bool,
    what: &str,
    whose: &str,
    details: D,
) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{what} | of `{whose}`: {details:?}")) }
}

fn limits(model: &Model, record: &RunRecord) -> Result<(), String> {
    let events = (record.events, model.limits.events);
    check(events.0 <= events.1 + 1, "more events than the limit", "the run", events)
}

fn balance_of(model: &Model, subject: &SubjectRecord, measured: usize) -> Result<(), String> {
    let kind = format!("{:?}", subject.kind).to_lowercase();
    let check = |holds, what: &str, details: (u64, u64)| {
        check(holds, &format!("of a {kind}: {what}"), &subject.name, details)
    };
    // Where late answers are accepted, an attempt that was given up may still be of use.
    let accepts = |edge: &EdgeSpec| edge.policy.late_answers == LateAnswers::Accepted;
    let late_is_good = subject.kind != SubjectKind::Client && model.edges.iter().any(accepts);
    let in_bins: u64 = subject.arrivals_per_bin.iter().map(|n| u64::from(*n)).sum();
    let arrivals = sum(subject, |s| s.arrivals);
    check(in_bins == arrivals, "bins and slices differ", (in_bins, arrivals))?;
    let (mut arrived, mut ended, mut went_well, mut told) = (0, 0, 0, 0);
    for slice in &subject.slices[..measured] {
        arrived += slice.arrivals;
        ended += slice.outcomes.total();
        check(ended <= arrived, "more ends than arrivals", (ended, arrived))?;
        let good = (slice.goodput, slice.outcomes.of(Outcome::Ok));
        // A service knows that it was goodput when the answer has found its caller.
        (told, went_well) = (told + good.0, went_well + good.1);
        if late_is_good {
            went_well += slice.outcomes.total() - good.1;
        }
        check(told <= went_well, "more goodput than good ends", (told, went_well))?;
        let most = u64::from(slice.in_flight_max);
        let is_called = matches!(subject.kind, SubjectKind::Client | SubjectKind::Edge);
        if is_called {
            check(
                arrived - ended <= most,
                "more in progress than at most",
                (arrived - ended, most),
            )?;
            check(late_is_good || good.0 == good.1, "goodput is not what ended well", good)?;
            let timed = (slice.response_time.count(), slice.outcomes.total());
            check(timed.0 == timed.1, "an end without a time", timed)?;
            let late = slice.outcomes.of(Outcome::OkLate);
            check(late == 0, "a late answer that somebody waited for", (late, 0))?;
        }
    }
    Ok(())
}

fn workers(model: &Model, record: &RunRecord) -> Result<(), String> {
    for service in &model.services {
        let workers: Option<u64> =
            service.pools.iter().map(|pool| pool.workers.map(u64::from)).sum();
        let found = subject(record, SubjectKind::Service, &service.name);
        let (Some(workers), Some(found)) = (workers, found) else { continue };
        let most = u128::from(workers) * u128::from(service.instances);
        let mut start = SimTime::ZERO;
        for (slice, end) in found.slices.iter().zip(record.plan.slice_ends.iter()) {
            let width = u128::from(end.since(start).as_nanos());
            let busy = (slice.busy_integral_ns, most * width);
            check(busy.0 <= busy.1, "more busy workers than there are", &service.name, busy)?;
            let spent = (slice.wasted_ns, slice.busy_integral_ns);
            check(spent.0 <= spent.1, "more work wasted than done", &service.name, spent)?;
            start = *end;
        }
    }
    Ok(())
}

fn cores(model: &Model, record: &RunRecord) -> Result<(), String> {
    for machine in &model.machines {
        let name = machine.cores_name();
        let Some(found) = subject(record, SubjectKind::Cores, &name) else { continue };
        let mut start = SimTime::ZERO;
        for (slice, end) in found.slices.iter().zip(record.plan.slice_ends.iter()) {
            let busy = slice.busy_integral_ns as f64;
            // A thousandth of each machine's cores is lost to rounding.
            let rounded = machine.thousandths() + f64::from(machine.count);
            let most = rounded * end.since(start).as_nanos() as f64;
            check(busy <= most, "more busy cores than there are", &name, (busy, most))?;
            start = *end;
        }
    }
    Ok(())
}

fn times(model: &Model, record: &RunRecord) -> Result<(), String> {
    let end = SimTime::ZERO + model.length;
    if let RunEnd::Aborted { at, .. } = record.end {
        check(at <= end, "given up after its end", "the run", at)?;
    }
    let numbers = (record.faults.len(), model.faults.len());
    check(numbers.0 == numbers.1, "not one record a fault", "the run", numbers)?;
    for fault in &record.faults {
        let times: Vec<SimTime> = fault.happenings.iter().map(|happening| happening.at).collect();
        let in_order = times.is_sorted() && times.iter().all(|at| *at <= end);
        check(
            in_order,
            "what happened to a fault is not in order",
            &fault.name,
            &fault.happenings,
        )?;
    }
    Ok(())
}

fn subject<'r>(record: &'r RunRecord, kind: SubjectKind, name: &str) -> Option<&'r SubjectRecord> {
    record.subjects.iter().find(|subject| subject.kind == kind && &*subject.name == name)
}

fn sum(subject: &SubjectRecord, of: impl Fn(&SliceRecord) -> u64) -> u64 {
    subject.slices.iter().map(of).sum()
}
