//! The plan of a study: what is measured of every run, and how its time axis is cut for that.
//!
//! Every variant has the same list of measures: those of the table, those of the files, and
//! those that expectations ask for. A variant that cannot have one (a peak after the fault of a
//! variant without faults) leaves its figures empty; an expectation that asks a variant for what
//! it cannot have is an error before anything runs.

mod check;
mod defaults;
mod names;

pub use check::{ExpectationError, PlanError};
pub(crate) use names::{aggregation_name, quantity_name};

use std::collections::BTreeSet;

use scenarios::expectation::{Aggregation, Bound, MeasureTerm, Phase, Quantity, Term};
use scenarios::study::{Chart, Draw, Study, Variant};
use sim_core::kernel::SimDuration;
use sim_core::model::record::MeasurePlan;
use sim_core::model::spec::Model;

use crate::alerts::AlertMeter;
use crate::charts::{self, CourseMeter};
use crate::measure::{BaselineMeter, MeasureError, Meter, rate_bin};
use crate::phases::Phases;
use crate::results::{FaultWindow, MeasureInfo, Unit};
use crate::why::WhyPlan;

/// How long after the last fault the tables look, unless an expectation says otherwise.
pub const AFTER: SimDuration = SimDuration::from_secs(30);

/// A measure of a plan: what it is called, and what is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What its column means.
    pub info: MeasureInfo,
    /// What is measured: never [`Term::Verdict`] or [`Term::Hypothesis`], which are no figures.
    pub term: Term,
}

/// What is measured of every run of a study.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The measures, in the order of the table and the files.
    pub measures: Vec<Measure>,
    /// One entry a variant, in the order of the study.
    pub variants: Vec<VariantPlan>,
}

/// A plan made ready for one variant.
#[derive(Clone, Debug)]
pub struct VariantPlan {
    /// Its phases.
    pub phases: Phases,
    /// How the time axis of its runs is cut.
    pub cut: MeasurePlan,
    /// One entry a measure; `None` where the variant cannot have it.
    pub meters: Vec<Option<MeterPair>>,
    /// Its alerts, in the order of the file.
    pub alerts: Vec<AlertMeter>,
    /// What is asked of its runs to say why they went as they did.
    pub why: WhyPlan,
    /// The courses over time that charts of the file draw of it.
    pub courses: Vec<CourseMeter>,
    /// The model without its faults; `None` if it has none anyway.
    pub control: Option<Model>,
}

/// How a measure and its baseline are read.
#[derive(Clone, Debug)]
pub enum MeterPair {
    /// A measure, and its baseline if there is one.
    Figure(Meter, Option<BaselineMeter>),
    /// The time to recover.
    TimeToRecover,
    /// How late an alert fires: its place among the variant's.
    Alert(usize),
    /// How often an alert fires without need.
    FalseAlarms(usize),
    /// When some wait for each other in a circle.
    Deadlock,
    /// When the first of these resources of [`WhyPlan`] is saturated.
    Saturated(Vec<usize>),
}

impl Plan {
    /// Plans a study: the table, the files, and what its expectations and charts ask for.
    ///
    /// # Errors
    ///
    /// When an expectation or a chart asks for what cannot be measured.
    pub fn new(study: &Study) -> Result<Self, PlanError> {
        let mut measures = defaults::measures(study);
        for expected in &study.expectations {
            add_term(&mut measures, &expected.expectation.term);
            if let Bound::Moment(other) = &expected.expectation.bound {
                add_term(&mut measures, other);
            }
        }
        defaults::add_alerts(study, &mut measures);
        defaults::add_probes(study, &mut measures);
        for chart in &study.charts {
            if let Draw::Bars(term) = &chart.draw {
                add_term(&mut measures, term);
            }
        }
        let cuts = Cuts::of(&measures);
        let variants =
            study.variants.iter().map(|v| VariantPlan::new(v, &measures, &study.charts, &cuts));
        let plan = Self { variants: variants.collect(), measures };
        plan.check_alerts(study)?;
        plan.check_hypothesis(study)?;
        plan.check_expectations(study)?;
        plan.check_charts(study)?;
        Ok(plan)
    }

    /// The place of a term among the measures.
    pub fn place(&self, term: &Term) -> Option<usize> {
        let term = canonical(term);
        self.measures.iter().position(|m| m.term == term)
    }
}

fn baseline(
    term: &MeasureTerm,
    variant: &Variant,
    phases: &Phases,
) -> Result<BaselineMeter, MeasureError> {
    BaselineMeter::new(term, &variant.model, phases, variant.baseline_per_s)
}

/// The unit of a term's figure.
pub(crate) fn unit(term: &Term) -> Unit {
    names::measure(term.clone(), None).info.unit
}

/// Adds a measure that only the files hold, unless it is measured anyway.
fn add_term(measures: &mut Vec<Measure>, term: &Term) {
    let term = canonical(term);
    let is_figure = !matches!(term, Term::Verdict | Term::Hypothesis);
    if !is_figure || measures.iter().any(|m| m.term == term) {
        return;
    }
    let mut measure = names::measure(term, None);
    measure.info.key = names::unused(measure.info.key, measures);
    measures.push(measure);
}

/// One form for terms that say the same: the usual quantity of a mean, a percentile or a maximum
/// is the response time.
fn canonical(term: &Term) -> Term {
    let mut term = term.clone();
    if let Term::Measure(measured) = &mut term {
        let of_times = matches!(
            measured.aggregation,
            Aggregation::Mean | Aggregation::Percentile(_) | Aggregation::Max
        );
        if of_times && measured.subject.quantity == Quantity::ResponseTime {
            measured.subject.quantity = Quantity::Usual;
        }
    }
    term
}

/// What the measures ask of the time axis: the windows of peaks, and the ends of `after`.
struct Cuts {
    rate_bin: SimDuration,
    after: BTreeSet<SimDuration>,
}

impl Cuts {
    fn of(measures: &[Measure]) -> Self {
        let terms = || {
            measures.iter().filter_map(|m| match &m.term {
                Term::Measure(term) => Some(term),
                _ => None,
            })
        };
        let after = terms().filter_map(|term| match term.phase {
            Phase::After(w) => Some(w),
            _ => None,
        });
        Self {
            // What is no multiple of the finest bin is refused when expectations are checked.
            rate_bin: rate_bin(terms().filter_map(|term| term.window)),
            after: after.chain([AFTER]).collect(),
        }
    }
}

impl VariantPlan {
    fn new(variant: &Variant, measures: &[Measure], charts: &[Chart], cuts: &Cuts) -> Self {
        let phases = Phases::of(variant);
        let boundaries: Vec<_> = phases.boundaries(cuts.after.iter().copied()).collect();
        let (length, bin) = (variant.model.length, variant.steady.bin);
        let why = WhyPlan::new(variant);
        let meter = |m: &Measure| MeterPair::new(&m.term, variant, &phases, &why);
        Self {
            cut: MeasurePlan::new(length, cuts.rate_bin, bin, &boundaries),
            meters: measures.iter().map(meter).collect(),
            // What cannot be measured is found when alerts are checked.
            alerts: variant
                .alerts
                .iter()
                .filter_map(|alert| AlertMeter::new(alert, variant, &phases).ok())
                .collect(),
            why,
            courses: charts::courses(charts, variant, &phases),
            control: without_faults(&variant.model),
            phases,
        }
    }
}

impl MeterPair {
    fn new(term: &Term, variant: &Variant, phases: &Phases, why: &WhyPlan) -> Option<Self> {
        let alert = |name: &String| variant.alerts.iter().position(|alert| alert.name == *name);
        match term {
            Term::Measure(term) => {
                let meter = Meter::new(term, &variant.model, phases).ok()?;
                Some(Self::Figure(meter, baseline(term, variant, phases).ok()))
            }
            Term::TimeToRecover => {
                phases.can_have(Phase::UntilSteady).then_some(Self::TimeToRecover)
            }
            Term::Alert(name) => alert(name).map(Self::Alert),
            Term::FalseAlarms(name) => alert(name).map(Self::FalseAlarms),
            Term::Saturated(name) => {
                let resources = why.resources.iter().enumerate();
                let meant = resources.filter(|(_, meter)| meter.resource.is_meant_by(name));
                let places: Vec<usize> = meant.map(|(place, _)| place).collect();
                (!places.is_empty()).then_some(Self::Saturated(places))
            }
            Term::Deadlock => Some(Self::Deadlock),
            Term::Verdict | Term::Hypothesis => None,
        }
    }
}

fn without_faults(model: &Model) -> Option<Model> {
    (!model.faults.is_empty()).then(|| Model { faults: Vec::new(), ..model.clone() })
}

/// When the faults of a study's variants are active: each fault once, however many variants
/// have it.
pub fn fault_windows(study: &Study) -> Vec<FaultWindow> {
    fault_windows_of(&study.variants)
}

/// When the faults of some variants are active: each fault once, however many of them have it.
pub(crate) fn fault_windows_of<'v>(
    variants: impl IntoIterator<Item = &'v Variant>,
) -> Vec<FaultWindow> {
    let mut windows: Vec<FaultWindow> = Vec::new();
    for fault in variants.into_iter().flat_map(|v| &v.model.faults) {
        let window = FaultWindow {
            name: fault.name.to_string(),
            start_s: fault.at.as_secs_f64(),
            end_s: fault.ends().as_secs_f64(),
        };
        if !windows.contains(&window) {
            windows.push(window);
        }
    }
    windows
}

#[cfg(test)]
mod tests;
