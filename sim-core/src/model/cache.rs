//! Caches: what is kept, for how long, and what happens while it is fetched.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::SimDuration;

/// A cache.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheSpec {
    /// Its name in the file.
    pub name: Arc<str>,
    /// What is in it.
    pub contents: Contents,
    /// Whose it is.
    pub scope: CacheScope,
    /// Whether of several requests that miss the same key at the same time one fetches it, and the
    /// others wait for that.
    pub single_flight: bool,
    /// For how long after its time an entry is still served, while it is fetched anew in the
    /// background.
    pub stale_while_revalidate: Option<SimDuration>,
    /// For how long after its time an entry is still served, degraded, if fetching it fails.
    pub stale_if_error: Option<SimDuration>,
}

/// What is in a cache.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contents {
    /// No keys: so large a share of lookups hits, 0 to 1, whatever happened before.
    HitRatio(f64),
    /// Entries by the keys that calls are about; when there is no room, the one goes that was used
    /// least recently (LRU).
    Keys(Entries),
}

/// Entries by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// How many entries there is room for; no limit if not given.
    #[serde(default)]
    pub capacity: Option<u32>,
    /// For how long an entry is fresh; for ever if not given.
    #[serde(default)]
    pub ttl: Option<SimDuration>,
    /// How many entries there are at the start: those of the first keys, which are the ones most often
    /// used under Zipf's law. Their time ends at random within a `ttl`. None if not given: a cold start.
    #[serde(default)]
    pub warm: u32,
}

/// Whose a cache is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheScope {
    /// One for all, such as a cache server: it outlives the instances that use it.
    #[default]
    Shared,
    /// One for each instance that uses it, in its memory: it is empty after a restart.
    Instance,
}

/// A step that looks into a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The cache, by its place in the model.
    pub cache: u16,
    /// The step that fills it, behind those that fetch what is missing.
    pub fill: u16,
}
