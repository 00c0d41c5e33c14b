//! `[[charts]]`: what shows a file's story, each chart with what one should see in it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CourseText, FigureText, VariantName};
use crate::study::ChartScale;

/// A chart that shows what the file is about; those that are drawn of every study come after it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chart {
    /// What one should see, in a sentence: the heading of the picture. At most 160 characters, which
    /// are two lines.
    pub(crate) title: String,
    /// What is drawn.
    pub(crate) draw: Draw,
    /// Of which variants, in this order; if not given, of all.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) variants: Option<Vec<VariantName>>,
    /// The axis of the figures.
    #[serde(default)]
    pub(crate) scale: ChartScale,
    /// Whether the control, the same without faults, is drawn beside it.
    #[serde(default)]
    pub(crate) control: bool,
}

/// What is drawn.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Draw {
    /// A bar a variant, as long as this figure, with its 95 % interval: whatever an expectation can
    /// compare, without the comparison, such as "share(shop:failed, during)" or "time_to_recover".
    Bars(FigureText),
    /// A line a variant, bin by bin (`[run.steady] bin`): an aggregation without window and phase, such
    /// as "rate(payment)", "p99(shop)" or "mean(payment:queue_length)".
    OverTime(CourseText),
}

impl Draw {
    /// The key that it is written under.
    pub(crate) fn tag(&self) -> &'static str {
        match self {
            Self::Bars(_) => "bars",
            Self::OverTime(_) => "over_time",
        }
    }
}
