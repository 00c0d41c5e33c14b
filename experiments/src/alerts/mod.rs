//! Alerts over what a run measured: when each would have fired.
//!
//! A rule is evaluated at every whole multiple of its interval from the end of the warm-up on, as if a
//! monitoring system began to watch then. Its windows are the slices of `[t − window, t)`, cut off at the
//! end of the warm-up: what was before is not measured. A condition for which there is nothing to measure
//! does not hold, as a division of zero by zero does not in Prometheus.

mod rule;
mod summary;

use scenarios::study::{Alert, Variant};
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::record::RunRecord;

use crate::expect::compares;
use crate::measure::{MeasureError, Meter};
use crate::phases::{Phases, TimeRange};
use crate::results::{AlertRun, Firing};
use rule::Rule;
use scenarios::expectation::Op;
pub(crate) use summary::summarise;

/// An alert made ready for one variant.
#[derive(Clone, Debug)]
pub struct AlertMeter {
    name: String,
    every: SimDuration,
    rule: Rule,
    conditions: Vec<Watched>,
}

#[derive(Clone, Debug)]
struct Watched {
    meter: Meter,
    window: SimDuration,
    op: Op,
    bound: f64,
}

impl AlertMeter {
    /// Makes an alert ready for a variant.
    ///
    /// # Errors
    ///
    /// When one of its conditions cannot be measured there.
    pub fn new(alert: &Alert, variant: &Variant, phases: &Phases) -> Result<Self, MeasureError> {
        let watched = |condition: &scenarios::expectation::Condition| {
            let meter = Meter::new(&condition.term, &variant.model, phases)?;
            let (window, op, bound) = (condition.window, condition.op, condition.bound);
            Ok(Watched { meter, window, op, bound })
        };
        Ok(Self {
            name: alert.name.clone(),
            every: alert.every,
            rule: Rule { pending: alert.pending, keep_firing_for: alert.keep_firing_for },
            conditions: alert.conditions.iter().map(watched).collect::<Result<_, _>>()?,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it fired in a run and in its control.
    pub fn watch(&self, run: &RunRecord, control: &RunRecord, phases: &Phases) -> AlertRun {
        AlertRun {
            name: self.name.clone(),
            firings: self.firings(run, phases),
            control: self.firings(control, phases),
        }
    }

    fn firings(&self, record: &RunRecord, phases: &Phases) -> Vec<Firing> {
        let times = self.evaluations(phases.warmup_end(), phases.end());
        self.rule.firings(times.map(|at| (at, self.holds(record, phases, at))))
    }

    fn evaluations(&self, from: SimTime, to: SimTime) -> impl Iterator<Item = SimTime> + use<> {
        let every = self.every.as_nanos().max(1);
        let places = from.as_nanos().div_ceil(every)..=to.as_nanos() / every;
        places.map(move |k| SimTime::from_nanos(k * every))
    }

    fn holds(&self, record: &RunRecord, phases: &Phases, at: SimTime) -> bool {
        self.conditions.iter().all(|condition| {
            let reach = at.since(SimTime::ZERO).saturating_sub(condition.window);
            let start = (SimTime::ZERO + reach).max(phases.warmup_end());
            let range = TimeRange { start, end: at };
            let figure = match range.is_empty() {
                true => None,
                false => condition.meter.read_in(record, range),
            };
            figure.is_some_and(|figure| compares(figure, condition.op, condition.bound))
        })
    }

    /// How long after `from` it first fires, at an evaluation from then on.
    pub fn delay(&self, firings: &[Firing], from: SimTime) -> Option<SimDuration> {
        let firing = self.first_from(firings, from)?;
        let first = self.evaluations(from, SimTime::MAX).next()?;
        Some(SimTime::from_nanos(firing.fired_ns).max(first).since(from))
    }

    /// The first firing that lasts to an evaluation at or after `from`.
    pub fn first_from<'f>(&self, firings: &'f [Firing], from: SimTime) -> Option<&'f Firing> {
        let first = self.evaluations(from, SimTime::MAX).next()?.as_nanos();
        firings.iter().find(|firing| firing.resolved_ns.is_none_or(|resolved| resolved > first))
    }
}

/// How many firings began before `start`; with `None`, at all.
pub(crate) fn false_alarms(firings: &[Firing], start: Option<SimTime>) -> usize {
    let is_early = |firing: &&Firing| start.is_none_or(|start| firing.fired_ns < start.as_nanos());
    firings.iter().filter(is_early).count()
}

#[cfg(test)]
mod tests;
