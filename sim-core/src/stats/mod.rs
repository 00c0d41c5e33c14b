//! Floor 1: statistics of runs.

mod buckets;
pub mod estimate;
pub mod histogram;
pub mod interval;
mod normal;
mod proportion;
pub mod recorder;
mod replications;
mod student;

pub use estimate::{MeanEstimate, mean_interval, paired_difference};
pub use histogram::SparseHistogram;
pub use interval::Interval;
pub use normal::normal_quantile;
pub use proportion::wilson_interval;
pub use recorder::{Recorded, Recorder};
pub use replications::{
    replications_for_half_width, replications_to_decide, replications_to_decide_share,
};
pub use student::student_quantile;
