//! Envoy's pool of connections to an upstream host.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FailedConnect, Parameters, Rules};
use crate::catalogue::Described;
use crate::kernel::{Distribution, SimDuration};
use crate::policy::Problems;

/// Envoy's connections of HTTP/1.1, with the thresholds of its circuit breaking: a request that
/// finds no connection ready is pending; one more than may be pending ends as `overflow` at once
/// (503, UO). If opening a connection fails, everything that is pending does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Envoy {
    /// How many connections there may be; where none is open, one always may be.
    pub max_connections: u32,
    /// How many requests may wait for a connection.
    pub max_pending_requests: u32,
    /// How long it takes to open a connection.
    pub connect: Distribution,
    /// After which time opening a connection has failed.
    pub connect_timeout: SimDuration,
    /// How long a connection stays open that is idle.
    pub idle_timeout: SimDuration,
}

impl Default for Envoy {
    fn default() -> Self {
        Self {
            max_connections: 1_024,
            max_pending_requests: 1_024,
            connect: Distribution::default(),
            connect_timeout: SimDuration::from_secs(5),
            idle_timeout: SimDuration::from_secs(3_600),
        }
    }
}

impl Described for Envoy {
    const SUMMARY: &'static str =
        "Envoy: 1,024 connections, 1,024 pending requests, connect in 5 s";
    const SOURCE: &'static str =
        "envoy, source/common/conn_pool/conn_pool_base.cc; circuit_breaker.proto; cluster.proto";
}

impl Parameters for Envoy {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("connect_timeout", self.connect_timeout);
        problems
    }

    fn rules(&self) -> Rules {
        Rules {
            max_open: Some(self.max_connections.max(1)),
            max_idle: None,
            max_waiting: Some(self.max_pending_requests),
            max_wait: None,
            connect: self.connect.clone(),
            connect_timeout: Some(self.connect_timeout),
            failed_connect: FailedConnect::Everybody,
            // Nought turns it off.
            idle_life: Some(self.idle_timeout).filter(|timeout| !timeout.is_zero()),
        }
    }
}
