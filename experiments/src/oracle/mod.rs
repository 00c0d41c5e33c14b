//! Oracles: what theory and published studies say, beside what this simulator measures.
//!
//! A figure passes within 4.5 standard errors; a set passes if all of its figures do and at
//! least 98 % of them lie within 3. The standard error is that of the simulation, and of the
//! published figure where that was simulated, too.

pub mod admission;
pub mod aws;
pub mod balancing;
mod case;
mod chain;
pub mod collapse;
mod figure;
mod parameters;
mod pool;
pub mod queueing;
mod replicate;
pub mod retries;
mod station;

pub use case::Effort;

use serde::{Deserialize, Serialize};

/// Beyond so many standard errors a figure is wrong.
const MOST_ERRORS: f64 = 4.5;
/// Within so many standard errors …
const FEW_ERRORS: f64 = 3.0;
/// … at least this share of all figures has to lie.
const SHARE_WITHIN_FEW: f64 = 0.98;

/// A figure of theory beside that of the simulation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The model and its parameters: `M/M/1 lam=0.8 mu=1`.
    pub case: String,
    /// The figure: `W_p0.99`.
    pub figure: String,
    /// What theory or the publication says.
    pub theory: f64,
    /// What was simulated.
    pub simulation: f64,
    /// Half of the width of the simulation's 95 % interval.
    pub half_width: f64,
    /// How many standard errors the simulation lies above theory; infinite for figures without
    /// spread that differ.
    pub z: f64,
    /// What that comes to.
    pub verdict: Agreement,
}

/// How well a figure agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Within 3 standard errors.
    Good,
    /// Beyond 3, within 4.5: one in fifty may be.
    Fair,
    /// Beyond 4.5 standard errors.
    Wrong,
}

impl Agreement {
    fn of(z: f64) -> Self {
        match z.abs() {
            z if z <= FEW_ERRORS => Self::Good,
            z if z <= MOST_ERRORS => Self::Fair,
            _ => Self::Wrong,
        }
    }
}

/// A set of figures, compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// The figures, in the order of the source.
    pub comparisons: Vec<Comparison>,
    /// What the source holds and this simulator does not measure, as `case: figure`.
    pub unmeasured: Vec<String>,
}

impl Validation {
    /// Whether all figures lie within 4.5 standard errors and 98 % within 3.
    pub fn passes(&self) -> bool {
        let count = |is: Agreement| self.comparisons.iter().filter(|c| c.verdict == is).count();
        let good = count(Agreement::Good) as f64;
        let all = self.comparisons.len() as f64;
        count(Agreement::Wrong) == 0 && all > 0.0 && good >= SHARE_WITHIN_FEW * all
    }
}

/// How many standard errors lie between two figures.
fn distance(simulation: f64, theory: f64, standard_error: f64) -> f64 {
    let difference = simulation - theory;
    if difference == 0.0 {
        return 0.0;
    }
    difference / standard_error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validation(zs: &[f64]) -> Validation {
        let comparison = |z: &f64| Comparison {
            case: "M/M/1".into(),
            figure: "W".into(),
            theory: 1.0,
            simulation: 1.0,
            half_width: 0.1,
            z: *z,
            verdict: Agreement::of(*z),
        };
        Validation { comparisons: zs.iter().map(comparison).collect(), unmeasured: Vec::new() }
    }

    #[test]
    fn one_in_fifty_may_lie_beyond_three_errors_and_none_beyond_four_and_a_half() {
        let with = |z: f64, others: usize| validation(&[&vec![0.0; others][..], &[z]].concat());
        assert!(with(-3.5, 49).passes());
        assert!(!with(-3.5, 48).passes());
        assert!(!with(4.6, 999).passes());
        assert!(!validation(&[]).passes());
    }

    #[test]
    fn figures_without_spread_have_to_be_equal() {
        assert_eq!(distance(3.0, 3.0, 0.0), 0.0);
        assert_eq!(Agreement::of(distance(3.1, 3.0, 0.0)), Agreement::Wrong);
    }
}
