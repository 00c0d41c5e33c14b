//! The reference of `baseline` bounds and ratios: the mean of the same measure before the first
//! fault.

use scenarios::expectation::{Aggregation, MeasureTerm, Phase};
use sim_core::model::record::RunRecord;
use sim_core::model::spec::Model;

use super::{MeasureError, Meter};
use crate::phases::Phases;

/// Reads the baseline of a term.
///
/// | Term | Its baseline |
/// |---|---|
/// | a peak or a rate | the rate in `before`, or `[run] baseline` |
/// | a count | the count of a time as long as the phase at that rate |
/// | a maximum, a mean | the mean in `before` |
/// | a percentile | the same percentile in `before` |
/// | all others | the same in `before` |
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineMeter {
    source: Source,
    /// Of a count: the phase whose length the rate is multiplied with.
    counted_in: Option<Phase>,
}

#[derive(Clone, Debug, PartialEq)]
enum Source {
    Stated(f64),
    Measured(Meter),
}

impl BaselineMeter {
    /// Makes the baseline of a term ready for a model and its phases. `stated_per_s` is
    /// `[run] baseline`.
    ///
    /// # Errors
    ///
    /// When there is no time between the warm-up and the first fault, or when the term itself
    /// cannot be measured.
    pub fn new(
        term: &MeasureTerm,
        model: &Model,
        phases: &Phases,
        stated_per_s: Option<f64>,
    ) -> Result<Self, MeasureError> {
        let per_second = matches!(
            term.aggregation,
            Aggregation::PeakRate | Aggregation::Rate | Aggregation::Count
        );
        let source = match stated_per_s.filter(|_| per_second) {
            Some(rate) => Source::Stated(rate),
            None => Source::Measured(Meter::new(&reference_term(term), model, phases)?),
        };
        let counted_in = (term.aggregation == Aggregation::Count).then_some(term.phase);
        Ok(Self { source, counted_in })
    }

    /// The baseline of one run; `None` where there is nothing to measure.
    pub fn read(&self, record: &RunRecord, phases: &Phases) -> Option<f64> {
        let baseline = match &self.source {
            Source::Stated(rate) => *rate,
            Source::Measured(meter) => meter.read(record, phases)?,
        };
        match self.counted_in {
            Some(phase) => Some(baseline * phases.range(phase)?.length().as_secs_f64()),
            None => Some(baseline),
        }
    }
}

fn reference_term(term: &MeasureTerm) -> MeasureTerm {
    let aggregation = match term.aggregation {
        Aggregation::PeakRate | Aggregation::Count => Aggregation::Rate,
        Aggregation::Max => Aggregation::Mean,
        same => same,
    };
    MeasureTerm { aggregation, window: None, phase: Phase::Before, ..term.clone() }
}
