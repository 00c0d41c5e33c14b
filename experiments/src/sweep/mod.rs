//! Sweeps: a scenario at every point of a grid of parameters.

mod grid;

pub use grid::{GridError, MOST_POINTS, points, read_axes};

use scenarios::Override;
use scenarios::study::Study;

use crate::cell::{Cell, CellResult, Simulate};
use crate::experiment::{by_variant, cells, figures, manifest, verdict_counts};
use crate::journal::{Journal, JournalHeader};
use crate::plan::{Plan, PlanError};
use crate::results::{SweepAxis, SweepCell, SweepResults};
use crate::runner::{self, Options, RunError};

/// Makes the study of a scenario with values set in it.
pub trait StudySource {
    /// Why it cannot.
    type Error;

    /// The study with these values set, in this order.
    ///
    /// # Errors
    ///
    /// When the scenario cannot be read so.
    fn study(&self, overrides: &[Override]) -> Result<Study, Self::Error>;
}

impl<E, F: Fn(&[Override]) -> Result<Study, E>> StudySource for F {
    type Error = E;

    fn study(&self, overrides: &[Override]) -> Result<Study, E> {
        self(overrides)
    }
}

/// Why a sweep cannot be run as it stands.
#[derive(Debug, thiserror::Error)]
pub enum SweepError<E> {
    /// The scenario cannot be read with the values of a point.
    #[error("with {point}")]
    Scenario {
        /// The values: `a=1, b=2`.
        point: String,
        /// Why.
        #[source]
        cause: E,
    },
    /// An expectation asks for what cannot be measured.
    #[error("with {point}")]
    Plan {
        /// The values: `a=1, b=2`.
        point: String,
        /// Why.
        #[source]
        cause: Box<PlanError>,
    },
    /// An axis without values leaves no point.
    #[error("the sweep has no points: an axis has no values")]
    NoPoints,
    /// The points differ in what is measured of them, so they do not fit into one table.
    #[error(
        "with {point} the scenario has other variants, measures or replications than with \
         {first}; they do not fit into one table"
    )]
    Unlike {
        /// The values of the first point.
        first: String,
        /// The values of the point that differs.
        point: String,
    },
}

/// A sweep that can be run.
#[derive(Clone, Debug)]
pub struct Sweep {
    axes: Vec<SweepAxis>,
    points: Vec<Vec<usize>>,
    studies: Vec<(Study, Plan)>,
    version: String,
}

impl Sweep {
    /// Reads the scenario at every point of the grid. `version` is Squall's.
    ///
    /// # Errors
    ///
    /// When the scenario cannot be read at a point, or is so different there that it does not
    /// fit into one table with the others.
    pub fn new<S: StudySource>(
        source: &S,
        axes: Vec<SweepAxis>,
        version: &str,
    ) -> Result<Self, SweepError<S::Error>> {
        let points = points(&axes);
        let mut studies: Vec<(Study, Plan)> = Vec::new();
        for at in &points {
            let point = || in_words(&axes, at);
            let study = source
                .study(&overrides(&axes, at))
                .map_err(|cause| SweepError::Scenario { point: point(), cause })?;
            let plan = Plan::new(&study)
                .map_err(|cause| SweepError::Plan { point: point(), cause: Box::new(cause) })?;
            if studies.first().is_some_and(|first| !alike(first, &study, &plan)) {
                let first = in_words(&axes, &points[0]);
                return Err(SweepError::Unlike { first, point: point() });
            }
            studies.push((study, plan));
        }
        match studies.is_empty() {
            true => Err(SweepError::NoPoints),
            false => Ok(Self { axes, points, studies, version: version.into() }),
        }
    }

    /// What a journal of this sweep begins with: the scenario at its first point, and the grid.
    pub fn journal_header(&self) -> JournalHeader {
        let (study, plan) = &self.studies[0];
        let axis = |axis: &SweepAxis| format!("{}={}", axis.path, axis.values.join(","));
        let grid: Vec<String> = self.axes.iter().map(axis).collect();
        JournalHeader {
            hash: format!("{} over {}", study.hash, grid.join(" and ")),
            seed: study.seed,
            version: self.version.clone(),
            measures: plan.measures.iter().map(|m| m.info.key.clone()).collect(),
        }
    }

    /// Runs the sweep and makes its table. `command` is the command that reproduces it.
    ///
    /// # Errors
    ///
    /// When it is interrupted, or the journal cannot be written.
    pub fn run(
        &self,
        journal: &mut dyn Journal,
        options: &Options,
        command: &str,
    ) -> Result<SweepResults, RunError> {
        self.run_with(journal, options, command, &sim_core::model::run)
    }

    pub(crate) fn run_with(
        &self,
        journal: &mut dyn Journal,
        options: &Options,
        command: &str,
        simulate: &Simulate,
    ) -> Result<SweepResults, RunError> {
        let results = runner::run_with(&self.cells(), journal, options, simulate)?;
        let (study, plan) = &self.studies[0];
        Ok(SweepResults {
            manifest: manifest(study, &self.version, command),
            axes: self.axes.clone(),
            measures: plan.measures.iter().map(|m| m.info.clone()).collect(),
            cells: self.table(&results),
        })
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let studies = self.studies.iter().zip(0..);
        studies.flat_map(|((study, plan), point)| cells(study, plan, point, false)).collect()
    }

    /// A variant's points one after the other, then the next variant's.
    fn table(&self, results: &[CellResult]) -> Vec<SweepCell> {
        let (first, _) = &self.studies[0];
        let runs_per_point = first.variants.len() * first.replications as usize;
        let of_point = |k: usize| &results[k * runs_per_point..(k + 1) * runs_per_point];
        let cell = |variant: usize, point: usize| {
            let (study, plan) = &self.studies[point];
            let runs = by_variant(study, of_point(point))[variant];
            SweepCell {
                variant: study.variants[variant].name.clone(),
                at: self.points[point].clone(),
                figures: figures(plan, runs),
                verdicts: verdict_counts(runs),
            }
        };
        let points = 0..self.points.len();
        let of_variant = |v| points.clone().map(move |p| (v, p));
        (0..first.variants.len()).flat_map(of_variant).map(|(v, p)| cell(v, p)).collect()
    }
}

/// Whether a study fits into one table with the first one.
fn alike((first, first_plan): &(Study, Plan), study: &Study, plan: &Plan) -> bool {
    let names =
        |study: &Study| -> Vec<String> { study.variants.iter().map(|v| v.name.clone()).collect() };
    names(first) == names(study)
        && first.replications == study.replications
        && first_plan.measures == plan.measures
}

fn overrides(axes: &[SweepAxis], at: &[usize]) -> Vec<Override> {
    let value =
        |(axis, place): (&SweepAxis, &usize)| Override::new(&axis.path, &axis.values[*place]);
    axes.iter().zip(at).map(value).collect()
}

fn in_words(axes: &[SweepAxis], at: &[usize]) -> String {
    let set = overrides(axes, at);
    set.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
