//! Whether a study's expectations can be measured: found out before anything runs.

use scenarios::expectation::{Bound, Expectation, Op, Phase, Reference, Term};
use scenarios::study::{Draw, Study, Variant};

use super::{Plan, baseline};
use crate::alerts::AlertMeter;
use crate::measure::{MeasureError, Meter};

/// Why a study cannot be run as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// An expectation asks for what cannot be measured.
    #[error("`{that}` (variant `{variant}`): {cause}")]
    Expectation {
        /// The expectation, as the file states it.
        that: String,
        /// The variant it is about.
        variant: String,
        /// What is wrong.
        cause: ExpectationError,
    },
    /// A chart draws what cannot be measured.
    #[error("the chart `{measure}` (variant `{variant}`): {cause}")]
    Chart {
        /// What it draws, as the file states it.
        measure: String,
        /// The variant.
        variant: String,
        /// What is wrong.
        cause: ExpectationError,
    },
    /// A probe of the hypothesis asks for what cannot be measured.
    #[error("the probe `{probe}` of the hypothesis (variant `{variant}`): {cause}")]
    Probe {
        /// The probe.
        probe: String,
        /// The variant.
        variant: String,
        /// What is wrong.
        cause: ExpectationError,
    },
    /// A condition of an alert cannot be measured.
    #[error("the alert `{alert}` (variant `{variant}`): {cause}")]
    Alert {
        /// The alert.
        alert: String,
        /// The variant.
        variant: String,
        /// What is wrong.
        cause: MeasureError,
    },
}

/// What is wrong with an expectation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpectationError {
    /// The term cannot be measured in this variant.
    #[error(transparent)]
    Term(#[from] MeasureError),
    /// The reference cannot be measured.
    #[error("its reference cannot be measured: {0}")]
    Reference(MeasureError),
    /// The variant, or the one it is compared with, does not exist.
    #[error("there is no variant `{0}`")]
    UnknownVariant(String),
    /// A time to recover where there is nothing to recover from.
    #[error("there is nothing to recover from: the variant has no fault that ends within the run")]
    NothingToRecoverFrom,
    /// A verdict compared with a figure, or a figure with a verdict.
    #[error("a verdict can only be compared with a verdict, and a figure with a figure")]
    Incomparable,
    /// `before` between other things than points in time.
    #[error("`before` compares points in time; write `<` for figures")]
    NotATime,
    /// An alert that the variant does not have.
    #[error("there is no alert `{0}`")]
    UnknownAlert(String),
    /// A resource that the variant does not have.
    #[error("nothing called `{0}` can be saturated")]
    UnknownResource(String),
    /// A finding of a hypothesis that there is not, or that no fault could refute.
    #[error("there is no hypothesis, or no fault that could refute it")]
    NoHypothesis,
    /// The time to recover relative to something that has none.
    #[error(
        "a time to recover has no baseline and no control; compare it with a duration or another variant"
    )]
    NoReference,
}

impl Plan {
    pub(super) fn check_expectations(&self, study: &Study) -> Result<(), PlanError> {
        for expected in &study.expectations {
            let error = |cause| PlanError::Expectation {
                that: expected.expectation.text.clone(),
                variant: expected.variant.clone(),
                cause,
            };
            let variant = find_variant(study, &expected.variant).map_err(error)?;
            self.check(study, variant, &expected.expectation).map_err(error)?;
        }
        Ok(())
    }

    pub(super) fn check_charts(&self, study: &Study) -> Result<(), PlanError> {
        for chart in &study.charts {
            let term = match &chart.draw {
                Draw::Bars(term) => term.clone(),
                Draw::OverTime(term) => Term::Measure(term.clone()),
            };
            for name in &chart.variants {
                let checked = find_variant(study, name)
                    .and_then(|variant| self.check_term(study, variant, &term));
                checked.map_err(|cause| PlanError::Chart {
                    measure: chart.text.clone(),
                    variant: name.clone(),
                    cause,
                })?;
            }
        }
        Ok(())
    }

    pub(super) fn check_hypothesis(&self, study: &Study) -> Result<(), PlanError> {
        let Some(hypothesis) = &study.hypothesis else { return Ok(()) };
        let with_faults = |(_, v): &(usize, &Variant)| !v.model.faults.is_empty();
        for (place, variant) in study.variants.iter().enumerate().filter(with_faults) {
            for probe in &hypothesis.probes {
                for phase in &hypothesis.phases {
                    let that = hypothesis.expectation(probe, *phase);
                    self.check(study, place, &that).map_err(|cause| PlanError::Probe {
                        probe: probe.name.clone(),
                        variant: variant.name.clone(),
                        cause,
                    })?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn check_alerts(&self, study: &Study) -> Result<(), PlanError> {
        for (variant, plan) in study.variants.iter().zip(&self.variants) {
            for alert in &variant.alerts {
                AlertMeter::new(alert, variant, &plan.phases).map_err(|cause| {
                    PlanError::Alert {
                        alert: alert.name.clone(),
                        variant: variant.name.clone(),
                        cause,
                    }
                })?;
            }
        }
        Ok(())
    }

    fn check(
        &self,
        study: &Study,
        variant: usize,
        expectation: &Expectation,
    ) -> Result<(), ExpectationError> {
        let (term, bound) = (&expectation.term, &expectation.bound);
        let is_verdict = matches!(term, Term::Verdict);
        if is_verdict != matches!(bound, Bound::Verdict(_))
            || matches!(term, Term::Hypothesis) != matches!(bound, Bound::Finding(_))
        {
            return Err(ExpectationError::Incomparable);
        }
        let is_time = *term == Term::TimeToRecover || term.is_moment();
        let needs_moment = matches!(bound, Bound::Moment(_) | Bound::Never);
        if (expectation.op == Op::Before && !is_time) || (needs_moment && !term.is_moment()) {
            return Err(ExpectationError::NotATime);
        }
        self.check_term(study, variant, term)?;
        match bound {
            Bound::Moment(other) if other.is_moment() => self.check_term(study, variant, other),
            Bound::Moment(_) => Err(ExpectationError::NotATime),
            Bound::Times(_, reference) => self.check_reference(study, variant, term, reference),
            Bound::Figure(_) | Bound::Verdict(_) | Bound::Finding(_) | Bound::Never => Ok(()),
        }
    }

    fn check_term(
        &self,
        study: &Study,
        variant: usize,
        term: &Term,
    ) -> Result<(), ExpectationError> {
        let phases = &self.variants[variant].phases;
        match term {
            Term::Measure(term) => {
                Meter::new(term, &study.variants[variant].model, phases)?;
                Ok(())
            }
            Term::TimeToRecover if !phases.can_have(Phase::UntilSteady) => {
                Err(ExpectationError::NothingToRecoverFrom)
            }
            Term::TimeToRecover | Term::Verdict | Term::Deadlock => Ok(()),
            Term::Alert(name) | Term::FalseAlarms(name) => {
                let alerts = &study.variants[variant].alerts;
                let known = alerts.iter().any(|alert| alert.name == *name);
                known.then_some(()).ok_or_else(|| ExpectationError::UnknownAlert(name.clone()))
            }
            Term::Saturated(name) => {
                let resources = &self.variants[variant].why.resources;
                let known = resources.iter().any(|meter| meter.resource.is_meant_by(name));
                known.then_some(()).ok_or_else(|| ExpectationError::UnknownResource(name.clone()))
            }
            Term::Hypothesis => {
                let has_faults = !study.variants[variant].model.faults.is_empty();
                let there = study.hypothesis.is_some() && has_faults;
                there.then_some(()).ok_or(ExpectationError::NoHypothesis)
            }
        }
    }

    fn check_reference(
        &self,
        study: &Study,
        variant: usize,
        term: &Term,
        reference: &Reference,
    ) -> Result<(), ExpectationError> {
        match (reference, term) {
            (Reference::Variant(other), _) => {
                let other = find_variant(study, other)?;
                self.check_term(study, other, term)
            }
            (Reference::Control, Term::FalseAlarms(_)) => Ok(()),
            (Reference::Baseline, Term::Measure(term)) => {
                let phases = &self.variants[variant].phases;
                baseline(term, &study.variants[variant], phases)
                    .map(|_| ())
                    .map_err(ExpectationError::Reference)
            }
            (Reference::Control, Term::Measure(_)) => Ok(()),
            _ => Err(ExpectationError::NoReference),
        }
    }
}

fn find_variant(study: &Study, name: &str) -> Result<usize, ExpectationError> {
    let found = study.variants.iter().position(|v| v.name == name);
    found.ok_or_else(|| ExpectationError::UnknownVariant(name.into()))
}
