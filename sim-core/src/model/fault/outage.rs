//! A cache or a broker is gone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Injected, OnWire, TargetKind};
use crate::catalogue::Described;
use crate::policy::problem::Problems;

/// A cache has nothing and takes nothing; a broker takes no message and delivers none. What they hold is
/// there again afterwards, or lost: with `contents = "lost"`, an outage of a moment is a flush.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// What becomes of what they hold.
    #[serde(default)]
    pub contents: Held,
}

/// What becomes of what a cache or a broker holds while it is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// It is there again: a warm restart.
    #[default]
    Kept,
    /// It is lost, at the start of the outage: a cold one. Messages end as `lost`.
    Lost,
}

impl Described for Outage {
    const SUMMARY: &'static str = "a cache or a broker is gone; what it holds is kept or lost";
    const SOURCE: &'static str = "N. Bronson et al., Metastable Failures in Distributed Systems (HotOS 2021), \
        2.2: the loss of a cache";
}

impl Injected for Outage {
    const TARGETS: &'static [TargetKind] = &[TargetKind::Cache, TargetKind::Broker];

    fn check(&self) -> Problems {
        Problems::default()
    }
}

impl OnWire for Outage {}
