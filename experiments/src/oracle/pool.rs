//! Replications pooled: one large sample, and how sure it is.
//!
//! A percentile or a ratio of one replication is biased by its finite length, and a mean over
//! replications keeps that bias. So all replications are taken as one sample, and the standard
//! error comes from leaving out one replication at a time (the jackknife).

use sim_core::kernel::SimTime;
use sim_core::model::record::{RunRecord, SubjectKind};
use sim_core::stats::{SparseHistogram, student_quantile};

use crate::measure::{Slices, Totals};
use crate::phases::TimeRange;
use crate::statistics::CONFIDENCE;

/// What was measured of the only client, edge and service of a model, after the warm-up.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    pub(super) length_s: f64,
    pub(super) client: Totals,
    pub(super) edge: Totals,
    pub(super) service: Totals,
    /// The client's response times.
    pub(super) answered: SparseHistogram,
    /// The service's response times.
    pub(super) response: SparseHistogram,
    /// The service's waiting times.
    pub(super) waiting: SparseHistogram,
}

impl Pool {
    /// What one replication measured from `warmup` on.
    pub(super) fn of(record: &RunRecord, warmup: SimTime) -> Self {
        let end = record.plan.slice_ends.last().copied().unwrap_or(warmup);
        let range = TimeRange { start: warmup, end };
        let slices = |kind| {
            let subjects: Vec<_> = record.subjects.iter().filter(|s| s.kind == kind).collect();
            Slices::within(&record.plan, &subjects, range)
        };
        let (client, service) = (slices(SubjectKind::Client), slices(SubjectKind::Service));
        Self {
            length_s: range.length().as_secs_f64(),
            client: client.totals(),
            answered: client.response_time(),
            edge: slices(SubjectKind::Edge).totals(),
            response: service.response_time(),
            waiting: service.waiting_time(),
            service: service.totals(),
        }
    }

    fn merged<'a>(parts: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let totals = |of: fn(&Self) -> &Totals| {
            parts.clone().fold(Totals::default(), |sum, part| sum.with(of(part)))
        };
        Self {
            length_s: parts.clone().map(|part| part.length_s).sum(),
            client: totals(|part| &part.client),
            edge: totals(|part| &part.edge),
            service: totals(|part| &part.service),
            answered: SparseHistogram::merged(parts.clone().map(|part| &part.answered)),
            response: SparseHistogram::merged(parts.clone().map(|part| &part.response)),
            waiting: SparseHistogram::merged(parts.map(|part| &part.waiting)),
        }
    }
}

/// All replications of a case: pooled, and pooled without each one of them.
pub(super) struct Pooled {
    all: Pool,
    without_one: Vec<Pool>,
}

/// A figure with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) value: f64,
    pub(super) standard_error: f64,
    pub(super) half_width: f64,
}

impl Pooled {
    pub(super) fn of(replications: &[Pool]) -> Self {
        let without = |left_out: usize| {
            let rest = replications.iter().enumerate().filter(move |(k, _)| *k != left_out);
            Pool::merged(rest.map(|(_, part)| part))
        };
        Self {
            all: Pool::merged(replications.iter()),
            without_one: (0..replications.len()).map(without).collect(),
        }
    }

    /// A figure, if it exists.
    pub(super) fn measure(&self, figure: &dyn Fn(&Pool) -> Option<f64>) -> Option<Measured> {
        let value = figure(&self.all)?;
        let parts: Vec<f64> = self.without_one.iter().map(figure).collect::<Option<_>>()?;
        let n = parts.len() as f64;
        let mean = parts.iter().sum::<f64>() / n;
        let squares: f64 = parts.iter().map(|part| (part - mean) * (part - mean)).sum();
        let standard_error = ((n - 1.0) / n * squares).sqrt();
        let half_width = student_quantile(0.5 + CONFIDENCE / 2.0, n - 1.0) * standard_error;
        Some(Measured { value, standard_error, half_width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_mean_the_jackknife_gives_the_textbooks_standard_error() {
        let part = |arrivals| Pool {
            length_s: 1.0,
            client: Totals { arrivals, ..Totals::default() },
            ..Pool::default()
        };
        let pooled = Pooled::of(&[1, 2, 3, 4, 5].map(part));
        let rate = |pool: &Pool| Some(pool.client.arrivals as f64 / pool.length_s);
        let measured = pooled.measure(&rate).unwrap();
        assert_eq!(measured.value, 3.0);
        assert!((measured.standard_error - 0.5_f64.sqrt()).abs() < 1e-12);
        assert!((measured.half_width - 1.963_243_161).abs() < 1e-8);
    }
}
