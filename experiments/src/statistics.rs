//! Statistics over replications, which are taken in their order: equal runs give equal bits.
//!
//! What is bimodal (some runs collapse, some do not) is counted, as [`VerdictCounts`]; it is
//! never averaged.

use scenarios::expectation::Verdict;
use sim_core::stats::{MeanEstimate, mean_interval, replications_to_decide};

use crate::results::{Estimate, VerdictCounts};

/// The confidence of all intervals.
pub const CONFIDENCE: f64 = 0.95;

impl Estimate {
    /// The mean of a figure over the replications in which it exists, with its t interval.
    pub fn over(values: impl Iterator<Item = Option<f64>>) -> Self {
        let values: Vec<Option<f64>> = values.collect();
        let there: Vec<f64> = values.iter().copied().flatten().collect();
        let estimate = mean_of(&there);
        let spread = estimate.filter(|e| e.n > 1);
        Self {
            mean: estimate.map(|e| e.mean),
            half_width: spread.map(|e| e.half_width),
            sd: spread.map(|e| e.sd),
            n: there.len() as u32,
            missing: (values.len() - there.len()) as u32,
        }
    }

    /// How many replications would put the interval wholly on one side of a bound, if mean and
    /// spread stay as they are; `None` if no number would.
    pub fn replications_to_decide(&self, bound: f64) -> Option<u64> {
        let estimate = MeanEstimate {
            n: self.n as usize,
            mean: self.mean?,
            sd: self.sd?,
            half_width: self.half_width?,
            confidence: CONFIDENCE,
        };
        replications_to_decide(&estimate, bound)
    }
}

/// The mean with its interval. Of values that are all the same it is that value, to the bit: a
/// sum's rounding must not push it past a bound that it meets exactly.
fn mean_of(values: &[f64]) -> Option<MeanEstimate> {
    let estimate = mean_interval(values, CONFIDENCE)?;
    let all_same = values.len() > 1 && values.iter().all(|value| *value == values[0]);
    Some(match all_same {
        true => MeanEstimate { mean: values[0], sd: 0.0, half_width: 0.0, ..estimate },
        false => estimate,
    })
}

impl VerdictCounts {
    /// Counts a run.
    pub fn add(&mut self, verdict: Verdict) {
        *self.count_mut(verdict) += 1;
    }

    /// The counts with their verdicts, the best first.
    pub fn each(&self) -> [(Verdict, u32); 5] {
        [
            (Verdict::Held, self.held),
            (Verdict::Recovered, self.recovered),
            (Verdict::Degraded, self.degraded),
            (Verdict::Metastable, self.metastable),
            (Verdict::Aborted, self.aborted),
        ]
    }

    fn count_mut(&mut self, verdict: Verdict) -> &mut u32 {
        match verdict {
            Verdict::Held => &mut self.held,
            Verdict::Recovered => &mut self.recovered,
            Verdict::Degraded => &mut self.degraded,
            Verdict::Metastable => &mut self.metastable,
            Verdict::Aborted => &mut self.aborted,
        }
    }
}

/// The name of a verdict as expectations write it.
pub fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "held",
        Verdict::Recovered => "recovered",
        Verdict::Degraded => "degraded",
        Verdict::Metastable => "metastable",
        Verdict::Aborted => "aborted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(values: &[Option<f64>]) -> Estimate {
        Estimate::over(values.iter().copied())
    }

    #[test]
    fn an_estimate_counts_what_is_missing_and_averages_the_rest() {
        let estimate = over(&[Some(1.0), None, Some(2.0), Some(3.0)]);
        assert_eq!((estimate.mean, estimate.n, estimate.missing), (Some(2.0), 3, 1));
        assert_eq!(estimate.sd, Some(1.0));
        // t(0.975, 2) = 4.302653, over √3.
        assert!(estimate.half_width.is_some_and(|h| (h - 2.484_138).abs() < 1e-6));
    }

    #[test]
    fn without_two_runs_there_is_no_interval() {
        assert_eq!(over(&[Some(4.0)]).half_width, None);
        assert_eq!(
            over(&[None, None]),
            Estimate { mean: None, half_width: None, sd: None, n: 0, missing: 2 }
        );
    }

    #[test]
    fn the_mean_of_equal_values_is_that_value_to_the_bit() {
        let estimate = over(&[Some(0.1); 30]);
        assert_eq!((estimate.mean, estimate.half_width), (Some(0.1), Some(0.0)));
    }
}
