//! `[claims]`: what a source says, and what a simulation answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that a source says of such a system. An expectation answers it with
/// `claim = "its name"`; at least one has to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    /// What is said, as near to the source's words as a line allows.
    pub(crate) says: String,
    /// Who says it; if not given, the file's `from`.
    #[serde(default)]
    pub(crate) source: Option<String>,
    /// Whether it is so.
    pub(crate) verdict: ClaimVerdict,
    /// Under which conditions, or what is so instead; in one or two sentences.
    pub(crate) because: String,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimVerdict {
    /// It is so.
    #[serde(rename = "true")]
    True,
    /// It is so under conditions that the source does not state.
    TrueOnlyIf,
    /// It is not so.
    #[serde(rename = "false")]
    False,
}
