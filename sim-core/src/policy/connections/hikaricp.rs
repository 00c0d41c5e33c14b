//! HikariCP's pool of connections to a database.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FailedConnect, Parameters, Rules};
use crate::catalogue::Described;
use crate::kernel::{Distribution, SimDuration};
use crate::policy::Problems;

/// HikariCP with a fixed number of connections, as it is by default: nobody waits longer than
/// `connection_timeout` for one. A connection that cannot be opened is tried again, and nobody
/// hears of it but by that timeout. (The pool starts without a connection; `maxLifetime`, which is
/// 30 min, is not modelled.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HikariCp {
    /// How many connections there may be; at least 1.
    pub maximum_pool_size: u32,
    /// How long a call may wait for a connection; at least 250 ms.
    pub connection_timeout: SimDuration,
    /// How long it takes to open a connection.
    pub connect: Distribution,
}

impl Default for HikariCp {
    fn default() -> Self {
        Self {
            maximum_pool_size: 10,
            connection_timeout: SimDuration::from_secs(30),
            connect: Distribution::default(),
        }
    }
}

impl Described for HikariCp {
    const SUMMARY: &'static str = "HikariCP: ten connections, which a call waits up to 30 s for";
    const SOURCE: &'static str = "brettwooldridge/HikariCP, HikariConfig.java, HikariPool.java";
}

/// `timeoutMs.floor`.
const FLOOR: SimDuration = SimDuration::from_millis(250);

impl Parameters for HikariCp {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.maximum_pool_size == 0, "maximum_pool_size", "must be at least 1");
        let too_short = self.connection_timeout < FLOOR;
        problems.note_if(too_short, "connection_timeout", "must be at least 250ms");
        problems
    }

    fn rules(&self) -> Rules {
        Rules {
            max_open: Some(self.maximum_pool_size),
            max_idle: None,
            max_waiting: None,
            max_wait: Some(self.connection_timeout),
            connect: self.connect.clone(),
            connect_timeout: Some(self.connection_timeout),
            failed_connect: FailedConnect::Nobody,
            idle_life: None,
        }
    }
}
