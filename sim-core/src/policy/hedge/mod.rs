//! Hedging: sending further copies of a request that has not been answered yet.
//!
//! A [`Hedger`] belongs to a client and knows how long its requests take. For each call it gives a
//! [`HedgedCall`], which is told what happens to the copies and says what to do. The first copy is
//! sent by whoever makes the call; whether a further one may be sent, a budget decides: it is asked
//! (`may_send`) only when one is about to be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use crate::catalogue::{Described, registry};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::OutcomeSet;

mod call;
pub mod finagle_backup;
pub mod fixed;
pub mod grpc;
mod latencies;
pub mod percentile;
mod policy;

#[cfg(test)]
mod tests;

pub use call::{Do, HedgedCall, Pushback};
pub use latencies::Latencies;
pub use policy::Hedging;

registry! {
    ($)
    /// When further copies of a request are sent that has not been answered yet.
    pub enum Hedge as "hedge", dispatch each_hedge {
        "fixed" => Fixed(fixed::Fixed),
        "percentile" => Percentile(percentile::Percentile),
        "grpc" => Grpc(grpc::Grpc),
        "finagle-backup" => FinagleBackup(finagle_backup::FinagleBackup),
    }
}

/// The parameters of a hedge.
trait Parameters: Described {
    /// What is wrong with them.
    fn check(&self) -> Problems;

    /// What they come to.
    fn plan(&self) -> Plan;

    /// Where the delay comes from.
    fn delay(&self) -> Delay;
}

/// What all hedges have in common.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// How many copies are sent at most, the first included.
    max_attempts: u32,
    /// The failures after which the next copy is sent at once; after any other the call ends.
    /// `None`: a failed copy is one less, and the call ends with the last.
    non_fatal: Option<OutcomeSet>,
    /// Whether a copy that a server begins to work on cancels the others.
    tied: bool,
}

/// How long to wait for an answer before a further copy is sent.
#[derive(Clone, Debug)]
enum Delay {
    /// Always so long.
    Fixed(SimDuration),
    /// As long as a share of the requests take; none is sent while it is not known.
    Observed(Box<Latencies>),
}

/// Which copy cancels the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cancel {
    /// The one that is answered first.
    #[default]
    OnAnswer,
    /// The one that a server begins to work on first: tied requests.
    OnStart,
}

impl Hedge {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `grpc.max_attempts`.
    pub fn check(&self) -> Result<(), Problems> {
        let problems = each_hedge!(self, hedge => hedge.check());
        problems.inside(self.name()).or_none()
    }

    /// Whether a copy that a server begins to work on cancels the others: tied requests.
    pub fn is_tied(&self) -> bool {
        each_hedge!(self, hedge => hedge.plan()).tied
    }

    /// The hedger of a client that has not sent anything yet, as of the start of the run.
    pub fn hedger(&self) -> Hedger {
        each_hedge!(self, hedge => Hedger { plan: hedge.plan(), delay: hedge.delay() })
    }
}

/// What a client knows of its requests.
#[derive(Clone, Debug)]
pub struct Hedger {
    plan: Plan,
    delay: Delay,
}

impl Hedger {
    /// A call starts: its first copy is sent now.
    pub fn call(&mut self, now: SimTime) -> HedgedCall {
        HedgedCall::new(self.plan, now, self.delay(now))
    }

    /// How long a call that starts now waits before it sends a further copy; `None`: it sends none.
    pub fn delay(&mut self, now: SimTime) -> Option<SimDuration> {
        match &mut self.delay {
            Delay::Fixed(delay) => Some(*delay),
            Delay::Observed(latencies) => latencies.delay(now),
        }
    }

    /// A copy that was sent at `sent` has ended, or was cancelled because another one was
    /// answered. Say so of good answers, of timeouts and of copies that were cancelled; other
    /// failures are fast, and would make requests look faster than they are.
    pub fn observed(&mut self, sent: SimTime, now: SimTime) {
        if let Delay::Observed(latencies) = &mut self.delay {
            latencies.observed(sent, now);
        }
    }
}
