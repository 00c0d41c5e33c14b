//! Stores: rows with locks, and effects that are applied once or more often.

mod locks;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::SimDuration;

pub(crate) use locks::{Asked, LockTable, Row};

/// A store: tables of rows that requests lock.
#[derive(Clone, Debug)]
pub struct StoreSpec {
    /// Its name in the file.
    pub name: Arc<str>,
    /// The names of its tables.
    pub tables: Vec<Arc<str>>,
    /// What it does about deadlocks; `None` is nothing: whoever waits in a circle waits until somebody
    /// gives up.
    pub deadlocks: Option<Detection>,
}

/// How a store finds deadlocks: circles in the graph of who waits for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    /// How long one waits before the store looks for a circle: "0s", at once, in InnoDB; "1s" in
    /// PostgreSQL (`deadlock_timeout`).
    #[serde(default)]
    pub after: SimDuration,
    /// Whose request ends, as `deadlock_victim`.
    #[serde(default)]
    pub victim: Victim,
}

/// Who of a circle has to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Victim {
    /// Whoever was found to wait in it: PostgreSQL.
    #[default]
    Requester,
    /// The one who holds the fewest rows, and of several the one that came last: near to InnoDB, which
    /// goes by the rows that were changed.
    FewestLocks,
    /// The one that came last.
    Youngest,
}

/// A step that takes a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// The store, by its place in the model.
    pub store: u16,
    /// The table, by its place in the store.
    pub table: u16,
    /// Whether nobody else may have it.
    pub exclusive: bool,
    /// How long one waits for it: then the request ends as `server_error`. `None` is for ever; zero is
    /// not at all (`NOWAIT`).
    pub wait: Option<SimDuration>,
    /// Whether the row is given back at the end of the transaction instead of at an
    /// [`Unlock`](super::handler::Step::Unlock).
    pub until_commit: bool,
}
