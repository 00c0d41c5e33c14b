//! Names do not resolve, or resolve to addresses where nobody is any more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Fate, Message, OnWire, Way};
use super::{Injected, NETWORK, TargetKind, check_share, one};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Outcome;
use crate::policy::problem::Problems;

/// The lookup of the name fails: the attempt ends as `unresolved`. With `spares_open_connections`
/// only calls that open a connection look the name up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dns {
    /// The share of lookups that fail, 0 to 1.
    #[serde(default = "one")]
    pub share: f64,
    /// How long a lookup takes to fail: 5 s and two tries are the resolver's own (resolv.conf);
    /// nothing where the server answers that there is no such name.
    #[serde(default)]
    pub after: SimDuration,
}

/// The name resolves to old addresses, where nobody is any more. With `spares_open_connections` only
/// calls that open a connection go there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaleDns {
    /// The share of lookups that give an old address, 0 to 1.
    #[serde(default = "one")]
    pub share: f64,
    /// What is met there.
    #[serde(default)]
    pub meets: OldAddress,
}

/// What is met at an old address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OldAddress {
    /// Nothing: messages vanish.
    #[default]
    Silence,
    /// A host that refuses.
    Refusal,
}

impl Described for Dns {
    const SUMMARY: &'static str = "name lookups fail, at once or after a while";
    const SOURCE: &'static str = "NXDOMAIN and SERVFAIL (RFC 1035); resolv.conf(5), `timeout`";
}

impl Described for StaleDns {
    const SUMMARY: &'static str = "names resolve to addresses where nobody is any more";
    const SOURCE: &'static str = "a record that outlives its host (RFC 8767)";
}

impl Injected for Dns {
    const TARGETS: &'static [TargetKind] = NETWORK;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_share(&mut problems, "share", self.share);
        problems
    }
}

impl Injected for StaleDns {
    const TARGETS: &'static [TargetKind] = NETWORK;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_share(&mut problems, "share", self.share);
        problems
    }
}

impl OnWire for Dns {
    fn befalls(&self, message: &Message<'_>, fate: &mut Fate) {
        if message.way != Way::Answer && message.is_in(self.share * message.intensity) {
            fate.ends = Some((Outcome::Unresolved, Some(self.after)));
        }
    }
}

impl OnWire for StaleDns {
    fn befalls(&self, message: &Message<'_>, fate: &mut Fate) {
        if message.way == Way::Answer || !message.is_in(self.share * message.intensity) {
            return;
        }
        match self.meets {
            OldAddress::Silence => fate.is_dropped = true,
            OldAddress::Refusal => fate.ends = Some((Outcome::Refused, None)),
        }
    }
}
