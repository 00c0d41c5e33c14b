//! `[[alerts]]`: rules that are evaluated over what is measured, as a monitoring system would.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::SimDuration;

use super::ConditionText;

/// A rule that fires while something is wrong, with the semantics of Prometheus (3.12,
/// `rules/alerting.go`): it is evaluated `every` so often; a condition that holds makes it pending,
/// one that has held for as long as `for` makes it fire, and one that no longer holds resolves it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alert {
    /// Its name, in tables and expectations: `alert(NAME)`.
    pub(crate) name: String,
    /// The condition: `aggregation(subject, window) op figure`. The window is how far it looks back
    /// from each evaluation, but never past the end of the warm-up; a whole number of bins
    /// (`[run.steady] bin`). Where there was nothing to measure, it does not hold.
    #[serde(default)]
    pub(crate) when: Option<ConditionText>,
    /// In place of `when`: several conditions, all of which have to hold. Two windows of one share make
    /// an alert on the rate at which an error budget burns.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub(crate) all: Vec<ConditionText>,
    /// For how long the condition has to hold, at every evaluation, before it fires; at once if not
    /// given.
    #[serde(rename = "for", default)]
    pub(crate) lasts: SimDuration,
    /// How often it is evaluated: at every whole multiple of this from the end of the warm-up on; a
    /// whole number of bins.
    #[serde(default = "fifteen_seconds")]
    pub(crate) every: SimDuration,
    /// For how long it goes on firing after the first evaluation at which the condition no longer holds.
    #[serde(default)]
    pub(crate) keep_firing_for: SimDuration,
    /// How bad it is: a word of your own, shown beside the name.
    #[serde(default)]
    pub(crate) severity: Option<String>,
}

impl Alert {
    /// The texts of its conditions, each with where it stands in the table.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = (Option<usize>, &str)> {
        let when = self.when.iter().map(|text| (None, text.0.as_str()));
        when.chain(self.all.iter().enumerate().map(|(k, text)| (Some(k), text.0.as_str())))
    }
}

fn fifteen_seconds() -> SimDuration {
    SimDuration::from_secs(15)
}
