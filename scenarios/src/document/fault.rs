//! `[[faults]]`: what is injected, where, and when.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::SimDuration;
use sim_core::model::fault;

use super::{ClientName, LinkName, ServiceName};

/// Something that is injected and withdrawn.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// Its name, in charts and in the paths of variants.
    pub(crate) name: String,
    /// When it starts.
    pub(crate) at: SimDuration,
    /// How long it lasts.
    #[serde(rename = "for")]
    pub(crate) lasts: SimDuration,
    /// How long it takes from nothing to its full intensity; at once if not given.
    #[serde(default)]
    pub(crate) ramp: SimDuration,
    /// What it hits.
    pub(crate) on: On,
    /// What it does.
    pub(crate) fault: fault::Fault,
}

/// What a fault hits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum On {
    /// All instances of a service.
    Service(ServiceName),
    /// A population of clients.
    Client(ClientName),
    /// A link: `caller->callee`.
    Link(LinkName),
}
