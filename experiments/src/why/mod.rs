//! Why a run went as it did: what was saturated first, how calls multiplied on their way inward, what
//! work was done for nobody, and what services thought of themselves.

mod levels;
mod rows;
mod saturation;
mod story;
mod summary;

use scenarios::study::Variant;
use serde::{Deserialize, Serialize};
use sim_core::model::record::RunRecord;

use crate::phases::{Phases, TimeRange};
use crate::plan::AFTER;
use rows::Row;
pub(crate) use saturation::SaturationMeter;
pub(crate) use summary::summarise;

/// What is asked of every run of a variant.
#[derive(Clone, Debug)]
pub struct WhyPlan {
    /// What can be saturated; the innermost first.
    pub(crate) resources: Vec<SaturationMeter>,
    rows: Vec<Row>,
    has_faults: bool,
}

/// What a run answers; small enough for a journal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellWhy {
    /// When each resource was saturated, from the start of the first fault on, in nanoseconds from then.
    pub saturated_ns: Vec<Option<u64>>,
    /// Whether it was in the control.
    pub saturated_in_control: Vec<bool>,
    /// The figures of each row, one entry a phase.
    pub rows: Vec<Vec<Option<f64>>>,
    /// The circles of waiting: when, in nanoseconds, and who.
    pub wait_cycles: Vec<(u64, Vec<String>)>,
}

impl WhyPlan {
    /// What is asked of the runs of a variant.
    pub fn new(variant: &Variant) -> Self {
        let levels = levels::levels(&variant.model);
        Self {
            resources: saturation::meters(variant, &levels),
            rows: rows::rows(&variant.model, &levels),
            has_faults: !variant.model.faults.is_empty(),
        }
    }

    /// The names of the phases.
    pub(crate) fn phase_names(&self) -> Vec<String> {
        match self.has_faults {
            true => ["before", "during", &format!("after({AFTER})"), "disturbed"]
                .map(str::to_owned)
                .to_vec(),
            false => vec!["all".to_owned()],
        }
    }

    fn phases(&self, phases: &Phases) -> Vec<Option<TimeRange>> {
        use scenarios::expectation::Phase;
        match self.has_faults {
            true => vec![
                phases.range(Phase::Before),
                phases.range(Phase::During),
                phases.range(Phase::After(AFTER)),
                phases.disturbed(),
            ],
            false => vec![phases.range(Phase::All)],
        }
    }

    /// What a run answers.
    pub(crate) fn ask(&self, run: &RunRecord, control: &RunRecord, phases: &Phases) -> CellWhy {
        let ranges = self.phases(phases);
        let figures = |row: &Row| -> Vec<Option<f64>> {
            let figure = |range: &Option<TimeRange>| row.read(run, (*range)?);
            ranges.iter().map(figure).map(|figure| figure.filter(|f| f.is_finite())).collect()
        };
        let cycle = |cycle: &sim_core::model::record::WaitCycle| {
            (cycle.at.as_nanos(), cycle.who.iter().map(ToString::to_string).collect())
        };
        let since = |record| move |meter: &SaturationMeter| meter.since_start(record, phases);
        let nanos = |time: Option<sim_core::kernel::SimDuration>| time.map(|t| t.as_nanos());
        CellWhy {
            saturated_ns: self.resources.iter().map(since(run)).map(nanos).collect(),
            saturated_in_control: self
                .resources
                .iter()
                .map(since(control))
                .map(|t| t.is_some())
                .collect(),
            rows: self.rows.iter().map(figures).collect(),
            wait_cycles: run.wait_cycles.iter().map(cycle).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
