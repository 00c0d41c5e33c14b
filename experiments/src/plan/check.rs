//! Whether a study's expectations can be measured: found out before anything runs.

use scenarios::expectation::{Bound, Expectation, Op, Phase, Reference, Term};
use scenarios::study::Study;

use super::{Plan, baseline};
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

    fn check(
        &self,
        study: &Study,
        variant: usize,
        expectation: &Expectation,
    ) -> Result<(), ExpectationError> {
        let (term, bound) = (&expectation.term, &expectation.bound);
        let is_verdict = matches!(term, Term::Verdict);
        if is_verdict != matches!(bound, Bound::Verdict(_)) {
            return Err(ExpectationError::Incomparable);
        }
        if expectation.op == Op::Before && *term != Term::TimeToRecover {
            return Err(ExpectationError::NotATime);
        }
        self.check_term(study, variant, term)?;
        match bound {
            Bound::Times(_, reference) => self.check_reference(study, variant, term, reference),
            Bound::Figure(_) | Bound::Verdict(_) => Ok(()),
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
            Term::TimeToRecover | Term::Verdict => Ok(()),
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
            (_, Term::TimeToRecover | Term::Verdict) => Err(ExpectationError::NoReference),
            (Reference::Baseline, Term::Measure(term)) => {
                let phases = &self.variants[variant].phases;
                baseline(term, &study.variants[variant], phases)
                    .map(|_| ())
                    .map_err(ExpectationError::Reference)
            }
            (Reference::Control, Term::Measure(_)) => Ok(()),
        }
    }
}

fn find_variant(study: &Study, name: &str) -> Result<usize, ExpectationError> {
    let found = study.variants.iter().position(|v| v.name == name);
    found.ok_or_else(|| ExpectationError::UnknownVariant(name.into()))
}
