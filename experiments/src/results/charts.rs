//! The charts that a file asks for: what each draws, ready to be drawn.

pub use scenarios::study::ChartScale;
use serde::{Deserialize, Serialize};

use super::{Estimate, FaultWindow, Unit};

/// A chart that the file asks for, with what it draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChartResult {
    /// What one should see.
    pub title: String,
    /// What is drawn, as the file writes it: `share(shop:failed, during)`.
    pub measure: String,
    /// In which unit.
    pub unit: Unit,
    /// The axis of the figures.
    pub scale: ChartScale,
    /// What is drawn of each variant.
    pub drawn: Drawn,
}

/// What a chart draws of each of its variants, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// A bar a variant.
    Bars(Vec<DrawnBar>),
    /// A line a variant.
    OverTime(Vec<DrawnCourse>),
}

/// The figure of a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawnBar {
    /// The variant.
    pub variant: String,
    /// Over its runs: the figure that an expectation of the same measure compares.
    pub value: Estimate,
    /// In how many of the runs in which there is none it never happened (a run that did not recover, an
    /// alert that did not fire); in the others there was nothing to measure.
    pub never: u32,
    /// The same of the controls; if the chart draws them, and the variant has faults.
    pub control: Option<Estimate>,
}

/// The course of a variant over time, bin by bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawnCourse {
    /// The variant.
    pub variant: String,
    /// When its faults are active.
    pub fault_windows: Vec<FaultWindow>,
    /// The starts of the bins, in seconds.
    pub time_s: Vec<f64>,
    /// The widths of the bins, in seconds.
    pub width_s: Vec<f64>,
    /// The mean over those runs that have a figure in the bin; `None` where none has.
    pub value: Vec<Option<f64>>,
    /// The same of the controls; if the chart draws them, and the variant has faults.
    pub control: Option<Vec<Option<f64>>>,
}
