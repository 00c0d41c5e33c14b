//! A pool of no library.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FailedConnect, Parameters, Rules};
use crate::catalogue::Described;
use crate::kernel::{Distribution, SimDuration};
use crate::policy::Problems;

/// A pool of connections. What is not given has no limit; a connection is opened at once if
/// `connect` is not given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Plain {
    /// How many connections there may be, those being opened included; at least 1.
    pub max_open: Option<u32>,
    /// How many of them may be idle; one more is closed when its call ends.
    pub max_idle: Option<u32>,
    /// How many calls may wait for a connection; one more ends as `overflow`.
    pub max_waiting: Option<u32>,
    /// How long a call may wait for a connection, the time in which one is opened for it included;
    /// then it ends as `connect_timeout`.
    pub max_wait: Option<SimDuration>,
    /// How long it takes to open a connection.
    pub connect: Distribution,
    /// After which time opening a connection has failed: the first call that waits ends as
    /// `connect_timeout`.
    pub connect_timeout: Option<SimDuration>,
    /// How long a connection stays open that is idle.
    pub idle_life: Option<SimDuration>,
}

impl Described for Plain {
    const SUMMARY: &'static str = "connections up to a number, a line before them, an idle life";
    const SOURCE: &'static str = "";
}

impl Parameters for Plain {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.max_open == Some(0), "max_open", "must be at least 1");
        let never = self.connect_timeout.is_some_and(|timeout| timeout.is_zero());
        problems.note_if(never, "connect_timeout", "must be above zero");
        problems
    }

    fn rules(&self) -> Rules {
        Rules {
            max_open: self.max_open,
            max_idle: self.max_idle,
            max_waiting: self.max_waiting,
            max_wait: self.max_wait,
            connect: self.connect.clone(),
            connect_timeout: self.connect_timeout,
            failed_connect: FailedConnect::First,
            idle_life: self.idle_life,
        }
    }
}
