//! When calls start: open loops, whose arrivals no answer can delay, and closed loops, whose
//! users wait for an answer before they think and call again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::profile::RateProfile;
use crate::kernel::{Distribution, SimDuration};

/// When a population of clients calls.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    /// Arrivals that do not depend on answers.
    Open(OpenLoad),
    /// Users who call, wait for the answer, think, and call again.
    Closed(ClosedLoad),
}

/// Arrivals that do not depend on answers.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenLoad {
    /// Among how many clients the calls are dealt; at least 1. Policies that keep state per
    /// client see this many.
    pub clients: u32,
    /// The times of the calls.
    pub arrivals: Arrivals,
}

/// The times of an open loop's calls.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// A Poisson process whose rate follows a profile.
    Poisson(RateProfile),
    /// Evenly spaced calls whose rate follows a profile. `Spread`: one call at a time, dealt to
    /// the clients in turn. `Synchronized`: all clients call at the same instants.
    Paced(RateProfile, Start),
    /// `size` calls at once, `every` so often, the first at `every`; each delayed by a uniform
    /// time below `spread`.
    Bursts {
        /// How many calls a burst has.
        size: u32,
        /// From one burst to the next.
        every: SimDuration,
        /// Over how long a burst is spread; zero is all at once.
        spread: SimDuration,
    },
}

/// How a population starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Out of step: closed-loop users think before their first call.
    #[default]
    Spread,
    /// In step: all start at the same instant.
    Synchronized,
}

/// Users who call, wait for the answer, think, and call again.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedLoad {
    /// How many; at least 1.
    pub users: u32,
    /// How long a user thinks between an answer and the next call.
    pub think: Distribution,
    /// Whether all users call at once at the start.
    pub start: Start,
    /// After how many calls a user leaves; `None` is never.
    pub calls_per_user: Option<u32>,
}
