//! The connections of Go's HTTP client.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FailedConnect, Parameters, Rules};
use crate::catalogue::Described;
use crate::kernel::{Distribution, SimDuration};

/// Go's `http.DefaultTransport` to one host: as many connections as are wanted, of which two stay
/// open. Under load nearly every request opens a connection of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GoHttp {
    /// How many connections there may be; 0 is no limit.
    pub max_conns_per_host: u32,
    /// How many of them may be idle; 0 stands for 2, as in Go.
    pub max_idle_conns_per_host: u32,
    /// How long a connection stays open that is idle; 0 is for ever.
    pub idle_conn_timeout: SimDuration,
    /// How long it takes to open a connection.
    pub connect: Distribution,
    /// After which time opening a connection has failed; 0 is never.
    pub dial_timeout: SimDuration,
}

impl Default for GoHttp {
    fn default() -> Self {
        Self {
            max_conns_per_host: 0,
            max_idle_conns_per_host: 0,
            idle_conn_timeout: SimDuration::from_secs(90),
            connect: Distribution::default(),
            dial_timeout: SimDuration::from_secs(30),
        }
    }
}

impl Described for GoHttp {
    const SUMMARY: &'static str = "Go, net/http: no limit, of which two connections stay open";
    const SOURCE: &'static str = "golang/go, src/net/http/transport.go, DefaultTransport";
}

impl Parameters for GoHttp {
    fn rules(&self) -> Rules {
        let unless_nought = |time: SimDuration| (!time.is_zero()).then_some(time);
        Rules {
            max_open: Some(self.max_conns_per_host).filter(|most| *most > 0),
            max_idle: Some(match self.max_idle_conns_per_host {
                0 => 2,
                most => most,
            }),
            max_waiting: None,
            max_wait: None,
            connect: self.connect.clone(),
            connect_timeout: unless_nought(self.dial_timeout),
            failed_connect: FailedConnect::First,
            idle_life: unless_nought(self.idle_conn_timeout),
        }
    }
}
