//! The scenarios that are benchmarks: run and measured as `squall run` does.

use std::time::Duration;

use experiments::measure::Meter;
use experiments::plan::{Plan, VariantPlan};
use scenarios::expectation::{Aggregation, MeasureTerm, Phase, Quantity, Subject};
use scenarios::{NoFiles, Override, Study};
use sim_core::model::record::{RunEnd, RunRecord};
use sim_core::model::spec::Model;
use sim_core::model::{self, RunSeed};

use super::stopwatch::timed;

/// A variant of a scenario made ready to run, with everything that `squall run` measures.
pub(super) struct Prepared {
    study: Study,
    plan: Plan,
    /// The place of the variant.
    variant: usize,
}

/// What a run measured.
pub(super) struct Measured<'p> {
    prepared: &'p Prepared,
    record: RunRecord,
    /// How long the simulation took; reading and checking the file is not in it.
    pub(super) took: Duration,
}

impl Prepared {
    /// Reads a scenario with some values set.
    ///
    /// # Errors
    /// When the scenario is none, which is a bug of Squall.
    pub(super) fn new(name: &str, text: &str, set: &[(&str, String)]) -> Result<Self, String> {
        Self::variant_of(name, text, set, None)
    }

    /// As [`Prepared::new`], of the variant with this name; the base if none is given.
    ///
    /// # Errors
    /// When the scenario is none or has no such variant, which is a bug of Squall.
    pub(super) fn variant_of(
        name: &str,
        text: &str,
        set: &[(&str, String)],
        variant: Option<&str>,
    ) -> Result<Self, String> {
        let overrides: Vec<Override> = set.iter().map(|(path, v)| Override::new(path, v)).collect();
        let loaded = scenarios::load(name, text.as_bytes(), &NoFiles, &overrides);
        let (study, _) = loaded.map_err(|wrong| wrong.to_string())?;
        let plan = Plan::new(&study).map_err(|error| error.to_string())?;
        let named = |variant: &str| study.variants.iter().position(|v| &*v.name == variant);
        let place = variant.map_or(Some(0), named);
        let variant = place.ok_or_else(|| format!("`{name}` has no such variant"))?;
        Ok(Self { study, plan, variant })
    }

    fn variant(&self) -> &VariantPlan {
        &self.plan.variants[self.variant]
    }

    fn model(&self) -> &Model {
        &self.study.variants[self.variant].model
    }

    /// Runs the first replication.
    ///
    /// # Errors
    /// When the run is given up as running away.
    pub(super) fn run(&self) -> Result<Measured<'_>, String> {
        let seed = RunSeed { seed: self.study.seed, replication: 0 };
        let model = self.model();
        let (took, record) = timed(|| model::run(model, seed, &self.variant().cut));
        match &record.end {
            RunEnd::Completed => Ok(Measured { prepared: self, record, took }),
            RunEnd::Aborted { at, place, .. } => Err(format!("ran away at {at}, in `{place}`")),
        }
    }
}

impl Measured<'_> {
    /// How many events the run took.
    pub(super) fn events(&self) -> u64 {
        self.record.events
    }

    /// How many calls ended in the whole run, its warm-up included.
    pub(super) fn calls(&self) -> u64 {
        let clients = self.prepared.model().clients.len();
        let slices = self.record.subjects[..clients].iter().flat_map(|client| &client.slices);
        slices.map(|slice| slice.outcomes.total()).sum()
    }

    /// A figure of a subject over the whole run but its warm-up: in seconds, per second, a share or
    /// a number.
    ///
    /// # Errors
    /// When there is no such figure, which is a bug of Squall.
    pub(super) fn read(
        &self,
        aggregation: Aggregation,
        subject: &str,
        quantity: Quantity,
    ) -> Result<f64, String> {
        let subject = Subject { name: subject.to_owned(), quantity };
        let term = MeasureTerm { aggregation, subject, window: None, phase: Phase::All };
        let phases = &self.prepared.variant().phases;
        let meter = Meter::new(&term, self.prepared.model(), phases);
        let value = meter.map_err(|error| error.to_string())?.read(&self.record, phases);
        value.ok_or_else(|| format!("the run has no {term:?}"))
    }
}
