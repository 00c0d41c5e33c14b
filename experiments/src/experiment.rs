//! A study from its scenario to its results.

use scenarios::study::{Study, Variant};
use sim_core::model::RunSeed;
use sim_core::model::record::RunRecord;
use sim_core::model::spec::Model;
use sim_core::model::trace::{Sampling, Trace};

use crate::cell::{Cell, CellResult, Simulate};
use crate::charts;
use crate::expect;
use crate::faults;
use crate::journal::{Journal, JournalHeader};
use crate::plan::{Plan, PlanError, VariantPlan, fault_windows};
use crate::results::{
    Estimate, Figure, Manifest, MeasureInfo, RunResult, StudyResults, VariantResults, VerdictCounts,
};
use crate::runner::{self, Options, RunError};
use crate::series;
use crate::{alerts, why};

/// A study that can be run: its expectations are known to make sense.
#[derive(Clone, Debug)]
pub struct Experiment<'a> {
    study: &'a Study,
    plan: Plan,
    version: String,
}

impl<'a> Experiment<'a> {
    /// Plans a study. `version` is Squall's.
    ///
    /// # Errors
    ///
    /// When an expectation asks for what cannot be measured.
    pub fn new(study: &'a Study, version: &str) -> Result<Self, PlanError> {
        Ok(Self { study, plan: Plan::new(study)?, version: version.into() })
    }

    /// What is measured.
    pub fn measures(&self) -> impl Iterator<Item = &MeasureInfo> {
        self.plan.measures.iter().map(|m| &m.info)
    }

    /// What a journal of this study begins with.
    pub fn journal_header(&self) -> JournalHeader {
        JournalHeader {
            hash: self.study.hash.clone(),
            seed: self.study.seed,
            version: self.version.clone(),
            measures: self.measures().map(|info| info.key.clone()).collect(),
        }
    }

    /// Runs every variant's replications and controls, and makes the results. `command` is the
    /// command that reproduces them.
    ///
    /// # Errors
    ///
    /// When it is interrupted, or the journal cannot be written.
    pub fn run(
        &self,
        journal: &mut dyn Journal,
        options: &Options,
        command: &str,
    ) -> Result<StudyResults, RunError> {
        self.run_with(journal, options, command, &sim_core::model::run)
    }

    pub(crate) fn run_with(
        &self,
        journal: &mut dyn Journal,
        options: &Options,
        command: &str,
        simulate: &Simulate,
    ) -> Result<StudyResults, RunError> {
        let cells = cells(self.study, &self.plan, 0, true);
        let results = runner::run_with(&cells, journal, options, simulate)?;
        Ok(self.assemble(&results, command))
    }

    /// Runs one replication of a variant, or of its control, and tells what happened to some of its calls;
    /// with the model that was run. `None` if there is no such variant, or it has no control, because it has
    /// no faults.
    pub fn trace(
        &self,
        variant: &str,
        replication: u32,
        is_control: bool,
        sampling: &Sampling,
    ) -> Option<(RunRecord, Trace, &Model)> {
        let place = self.study.variants.iter().position(|v| v.name == variant)?;
        let plan = &self.plan.variants[place];
        let model = match is_control {
            true => plan.control.as_ref()?,
            false => &self.study.variants[place].model,
        };
        let seed = RunSeed { seed: self.study.seed, replication };
        let (record, trace) = sim_core::model::trace(model, seed, &plan.cut, sampling);
        Some((record, trace, model))
    }

    /// All cells, as the study that has this number in a batch.
    pub(crate) fn cells(&self, number: u32, with_series: bool) -> Vec<Cell<'_>> {
        cells(self.study, &self.plan, number, with_series)
    }

    /// The results of the study from those of its cells, in their order.
    pub(crate) fn assemble(&self, cells: &[CellResult], command: &str) -> StudyResults {
        let by_variant = by_variant(self.study, cells);
        let variants = self.study.variants.iter().zip(&by_variant);
        StudyResults {
            manifest: manifest(self.study, &self.version, command),
            measures: self.measures().cloned().collect(),
            variants: variants
                .zip(&self.plan.variants)
                .map(|((variant, runs), plan)| self.variant_results(variant, plan, runs))
                .collect(),
            expectations: expect::evaluate(self.study, &self.plan, &by_variant),
            fault_windows: fault_windows(self.study),
            charts: charts::summarise(self.study, &self.plan, &by_variant),
        }
    }

    fn variant_results(
        &self,
        variant: &Variant,
        plan: &VariantPlan,
        runs: &[CellResult],
    ) -> VariantResults {
        let has_faults = !variant.model.faults.is_empty();
        let hypothesis = self.study.hypothesis.as_ref().filter(|_| has_faults);
        let courses: Vec<_> = runs.iter().map(|run| &run.series[..]).collect();
        VariantResults {
            name: variant.name.clone(),
            figures: figures(&self.plan, runs),
            verdicts: verdict_counts(runs),
            runs: runs.iter().map(run_result).collect(),
            series: series::average(&courses, &series::bins(variant)),
            hypothesis: hypothesis.map(|h| expect::hypothesis(h, &self.plan, runs)),
            alerts: alerts::summarise(variant, plan, runs),
            why: why::summarise(&plan.why, runs),
            faults: faults::over(runs),
        }
    }
}

/// The cells of a study, in the order in which their results are kept: a variant's replications
/// one after the other, then the next variant's.
pub(crate) fn cells<'a>(
    study: &'a Study,
    plan: &'a Plan,
    point: u32,
    with_series: bool,
) -> Vec<Cell<'a>> {
    let cell =
        |variant, replication| Cell { point, study, plan, variant, replication, with_series };
    let of = |variant| (0..study.replications).map(move |replication| cell(variant, replication));
    (0..study.variants.len()).flat_map(of).collect()
}

/// Cuts the results of a study's cells into its variants'.
pub(crate) fn by_variant<'r>(study: &Study, cells: &'r [CellResult]) -> Vec<&'r [CellResult]> {
    let runs = study.replications as usize;
    (0..study.variants.len()).map(|v| &cells[v * runs..(v + 1) * runs]).collect()
}

pub(crate) fn manifest(study: &Study, version: &str, command: &str) -> Manifest {
    Manifest {
        version: version.into(),
        scenario: study.name.clone(),
        title: study.title.clone(),
        hash: study.hash.clone(),
        seed: study.seed,
        replications: study.replications,
        command: command.into(),
    }
}

/// One figure a measure over the runs of a variant, which come in the order of replications.
pub(crate) fn figures(plan: &Plan, runs: &[CellResult]) -> Vec<Figure> {
    let is_peak = |k: usize| plan.measures[k].info.window_s.is_some();
    (0..plan.measures.len()).map(|k| figure(runs, k, is_peak(k))).collect()
}

fn figure(runs: &[CellResult], measure: usize, is_peak: bool) -> Figure {
    let over = |of: &dyn Fn(&CellResult) -> Option<f64>| Estimate::over(runs.iter().map(of));
    let if_any = |estimate: Estimate| (estimate.n > 0).then_some(estimate);
    Figure {
        value: over(&|run| run.values[measure]),
        control: if_any(over(&|run| run.control[measure])),
        ratio: if_any(over(&|run| run.ratio(measure).filter(|_| is_peak))),
        control_ratio: if_any(over(&|run| run.control_ratio(measure).filter(|_| is_peak))),
    }
}

pub(crate) fn verdict_counts(runs: &[CellResult]) -> VerdictCounts {
    let mut counts = VerdictCounts::default();
    for run in runs {
        counts.add(run.verdict);
    }
    counts
}

fn run_result(cell: &CellResult) -> RunResult {
    RunResult {
        replication: cell.replication,
        verdict: cell.verdict,
        values: cell.values.clone(),
        control: cell.control.clone(),
        events: cell.events,
        aborted: cell.aborted.clone(),
        alerts: cell.alerts.clone(),
    }
}
