//! What a handler does: a flat program of steps, in which those that hold steps of their own (ways that
//! branch, branches that run side by side) say where to go on.
//!
//! Nothing leads back: a program ends, whatever is drawn. The number of a step names its draws.

use super::broker::BrokerSpec;
use super::cache::Look;
use super::spec::{EdgeId, EffectId, RowId};
use super::store::Lock;
use crate::kernel::Distribution;

/// One step of a handler.
#[derive(Clone, Debug)]
pub enum Step {
    /// Works for this long: the service demand. Where there is contention, it grows by that much
    /// for each request inside the instance at that moment, its own included: those that wait for
    /// a worker or for a call as well as those that are worked on. It stays as it is when others
    /// come and go afterwards.
    Work(Distribution),
    /// Calls another endpoint and waits for the answer.
    Call {
        /// The call site.
        edge: EdgeId,
        /// Whether the request goes on when the call fails; otherwise it ends as `server_error`.
        optional: bool,
    },
    /// Reads a row: the answer carries its version to the caller.
    Read(RowId),
    /// Writes a row if its version is still the one that the caller last read, and raises the
    /// version; else ends as `client_error` (a conflict).
    WriteIfUnchanged(RowId),
    /// Goes one of several ways, at random.
    Branch(Ways),
    /// Goes on at this later step.
    Jump(u16),
    /// Begins branches that run side by side, and waits for as many of them as it needs.
    Fork(Box<Fork>),
    /// A branch of a [`Step::Fork`] ends well.
    Join,
    /// Begins a background task in the same instance, over a local edge: nobody waits for it, and
    /// nobody hears how it ends.
    Spawn(EdgeId),
    /// Takes the row that the request is about, once it can have it.
    Lock(Box<Lock>),
    /// Gives the row back that was taken at this earlier step.
    Unlock(u16),
    /// A transaction ends well: its rows are given back, its effects are there.
    Commit,
    /// Applies an effect, at once or, in a transaction, when that ends well.
    Apply {
        /// The effect.
        effect: EffectId,
        /// Whether it waits for [`Step::Commit`].
        at_commit: bool,
    },
    /// Goes on at this step unless the effect is there for what the request is about.
    UnlessApplied {
        /// The effect.
        effect: EffectId,
        /// Where to go on if it is not there; if it is, with the next step.
        otherwise: u16,
    },
    /// Looks into a cache: goes on behind the step that fills it, or, if what is looked for is
    /// missing, with the next.
    Look(Look),
    /// Puts what was missing into the cache that was looked into at this earlier step.
    Fill(u16),
    /// Publishes a message at a broker.
    Publish(u16),
    /// Ends a write at a primary: it is on its way to the replicas from now on.
    Replicate,
}

/// Ways of which one is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Ways {
    /// Of each way: the sum of its share and those before it, and its first step. Sums ascend; the
    /// last is at most 1.
    pub ways: Box<[(f64, u16)]>,
    /// Where to go on if none of them is taken.
    pub otherwise: u16,
}

impl Ways {
    /// The step that a draw leads to, uniform from 0 to 1.
    pub fn at(&self, draw: f64) -> u16 {
        let taken = self.ways.iter().find(|(up_to, _)| draw < *up_to);
        taken.map_or(self.otherwise, |(_, first)| *first)
    }
}

/// Branches that run side by side. A worker that the request holds, it holds while it waits for them
/// (a blocking service), or it gives it back (an asynchronous one). What branches work on takes time,
/// and no further worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The first step of each branch, each of which ends with a [`Step::Join`].
    pub branches: Box<[u16]>,
    /// How many of them have to end well: at least 1, and no more than there are. When too few can,
    /// the request ends as the branch did that failed last.
    pub needed: u16,
    /// Where to go on when as many have ended well.
    pub next: u16,
    /// What becomes of those that are not needed any more.
    pub rest: Rest,
}

/// What becomes of branches that are not needed any more.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// They stop where they are: their calls are given up.
    #[default]
    Stopped,
    /// They go on, and nobody waits for them.
    GoesOn,
}

/// What the steps of a handler can come to next, and whether one ends it: for those who have to know
/// all ways through a program before it runs.
impl Step {
    /// The steps after this one, which stands at `own`, where they are not just the next.
    pub fn leads_to(&self, own: u16) -> Vec<u16> {
        match self {
            Self::Branch(ways) => {
                ways.ways.iter().map(|(_, first)| *first).chain([ways.otherwise]).collect()
            }
            Self::Jump(to) => vec![*to],
            Self::Fork(fork) => fork.branches.iter().copied().chain([fork.next]).collect(),
            Self::Join => Vec::new(),
            Self::Look(look) => vec![own.saturating_add(1), look.fill.saturating_add(1)],
            Self::UnlessApplied { otherwise, .. } => vec![own.saturating_add(1), *otherwise],
            _ => vec![own.saturating_add(1)],
        }
    }

    /// The call that the step makes and waits for, if it makes one.
    pub fn call(&self) -> Option<EdgeId> {
        match self {
            Self::Call { edge, .. } => Some(*edge),
            _ => None,
        }
    }

    /// The edge on which the step makes something begin: a call, a background task, or the delivery of
    /// a message of these brokers.
    pub fn begins(&self, brokers: &[BrokerSpec]) -> Option<EdgeId> {
        match self {
            Self::Spawn(edge) => Some(*edge),
            Self::Publish(broker) => brokers.get(usize::from(*broker)).map(|broker| broker.edge),
            step => step.call(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_taken_up_to_its_sum_and_what_is_left_goes_on_otherwise() {
        let ways = Ways { ways: [(0.25, 3), (0.75, 5)].into(), otherwise: 9 };
        assert_eq!([0.0, 0.249, 0.25, 0.749, 0.75, 0.999].map(|u| ways.at(u)), [3, 3, 5, 5, 9, 9]);
    }
}
