//! The layer of a policy that hedges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Hedge;
use crate::policy::budget::Budget;
use crate::policy::{Problems, Scope, Scoped};

/// Sends further copies of a call that has not been answered yet, each through the layers inside;
/// the first good answer ends the call. Every copy beyond the first counts as a retry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hedging {
    /// When copies are sent, and how many.
    pub kind: Hedge,
    /// Whose calls tell how long calls take.
    #[serde(default)]
    pub scope: Scope,
    /// What has to pay for each further copy; without one, nothing has to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Scoped<Budget>>,
}

impl Hedging {
    /// Checks the hedge and its budget.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `kind.grpc.max_attempts`.
    pub fn resolve(&self) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        if let Err(mistakes) = self.kind.check() {
            problems.note_inside("kind", mistakes);
        }
        if let Some(Err(mistakes)) = self.budget.as_ref().map(|budget| budget.kind.check()) {
            problems.note_inside("budget.kind", mistakes);
        }
        problems.or_none()?;
        Ok(self.clone())
    }
}
