//! The models that are measured, and what one run of them gives.

use std::time::Duration;

use super::figure::Figure;
use super::hold::Hold;
use super::policy_stack::PolicyStack;
use super::retry_client::{self, RetryClient};
use super::{mm1, three_tier};

/// A model.
#[derive(Debug)]
pub struct Model {
    /// Its name on the command line.
    pub name: &'static str,
    /// What its nanoseconds are counted by.
    pub unit: Unit,
    /// How the reference machine did, if it ran this model.
    pub reference: Option<Reference>,
    /// Whether a quick run leaves it out unless it is asked for.
    pub takes_long: bool,
    kind: Kind,
}

/// What nanoseconds are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// An event of the model: of a queue, each arrival and each departure.
    Event,
    /// A call that was answered.
    Request,
}

impl Unit {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Request => "request",
        }
    }
}

/// Nanoseconds on the machine on which the goals were set: a 2-core x86-64 server at 3.6 GHz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reference {
    /// The goal for Squall.
    pub goal_ns: f64,
    /// What a plain binary heap took there.
    pub yardstick_ns: f64,
}

impl Reference {
    /// The goal in yardsticks, which holds on any machine.
    pub fn goal_ratio(self) -> f64 {
        self.goal_ns / self.yardstick_ns
    }
}

/// How much is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// As much as the goals are stated for.
    Full,
    /// Enough to see that everything works, and about how fast.
    Quick,
}

/// Who runs a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contestant {
    /// The simulator, with all that it measures.
    Squall,
    /// Code for this one model on a plain binary heap.
    Yardstick,
}

/// What one run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// How long it took.
    pub took: Duration,
    /// How many of the model's units it did.
    pub units: u64,
    /// How many events whoever ran it handled.
    pub events: u64,
    /// Its answers beside the right ones.
    pub figures: Vec<Figure>,
}

impl Run {
    /// Nanoseconds a unit.
    pub fn nanos_per_unit(&self) -> f64 {
        self.took.as_secs_f64() * 1e9 / self.units.max(1) as f64
    }

    /// Events a second.
    pub fn events_per_second(&self) -> f64 {
        self.events as f64 / self.took.as_secs_f64()
    }
}

#[derive(Debug)]
enum Kind {
    /// So many pending events.
    Hold(u64),
    Mm1,
    /// So many clients, for so many seconds, and for a quick run.
    RetryClient(RetryClient, f64, f64),
    /// A variant of the retry client's policy.
    PolicyStack(PolicyStack),
    ThreeTier,
}

/// The retry client under one more layer of a policy than `retry-400`.
const fn layer(name: &'static str, variant: &'static str) -> Model {
    let kind = Kind::PolicyStack(PolicyStack { variant });
    Model { name, unit: Unit::Request, reference: None, takes_long: false, kind }
}

const fn hold(name: &'static str, pending: u64, goal_ns: f64, yardstick_ns: f64) -> Model {
    let reference = Some(Reference { goal_ns, yardstick_ns });
    Model { name, unit: Unit::Event, reference, takes_long: false, kind: Kind::Hold(pending) }
}

/// Every model, in the order in which they are run.
pub const MODELS: &[Model] = &[
    hold("hold-1k", 1_000, 18.0, 38.5),
    hold("hold-100k", 100_000, 25.0, 93.0),
    hold("hold-1m", 1_000_000, 40.0, 432.0),
    Model {
        name: "mm1",
        unit: Unit::Event,
        reference: Some(Reference { goal_ns: 30.0, yardstick_ns: 16.4 }),
        takes_long: false,
        kind: Kind::Mm1,
    },
    Model {
        name: "retry-400",
        unit: Unit::Request,
        reference: Some(Reference { goal_ns: 100.0, yardstick_ns: 130.0 }),
        takes_long: false,
        kind: Kind::RetryClient(RetryClient { clients: 400 }, 1_000.0, 100.0),
    },
    Model {
        name: "retry-40k",
        unit: Unit::Request,
        reference: None,
        takes_long: false,
        kind: Kind::RetryClient(RetryClient { clients: 40_000 }, 11.0, 2.0),
    },
    Model {
        name: "retry-1m",
        unit: Unit::Request,
        reference: Some(Reference { goal_ns: 450.0, yardstick_ns: 1_750.0 }),
        takes_long: true,
        kind: Kind::RetryClient(MILLION_CLIENTS, MILLION_CLIENTS_LENGTH_S, 1.1),
    },
    layer("layer-fallback", "fallback"),
    layer("layer-deadline", "deadline"),
    layer("layer-bulkhead", "bulkhead"),
    layer("layer-breaker", "breaker"),
    layer("layer-budget", "retry budget"),
    Model {
        reference: Some(Reference { goal_ns: 160.0, yardstick_ns: 130.0 }),
        ..layer("stack", "whole stack")
    },
    Model {
        name: "three-tier",
        unit: Unit::Request,
        reference: None,
        takes_long: false,
        kind: Kind::ThreeTier,
    },
];

pub(super) const MILLION_CLIENTS: RetryClient = RetryClient { clients: 1_000_000 };
pub(super) const MILLION_CLIENTS_LENGTH_S: f64 = retry_client::WARMUP_S + 0.2;

impl Model {
    /// Whether it is another model with layers of a policy added: then how much longer it takes is
    /// what they cost.
    pub fn adds_to(&self, other: &Self) -> bool {
        let is_bare = matches!(other.kind, Kind::RetryClient(RetryClient { clients: 400 }, ..));
        matches!(self.kind, Kind::PolicyStack(_)) && is_bare
    }

    /// Runs it once.
    ///
    /// # Errors
    /// When its scenario cannot be run, which is a bug of Squall.
    pub fn run(&self, contestant: Contestant, effort: Effort) -> Result<Run, String> {
        let is_quick = effort == Effort::Quick;
        let length = |full: f64, quick: f64| if is_quick { quick } else { full };
        let on_squall = contestant == Contestant::Squall;
        match self.kind {
            Kind::Hold(pending) => {
                let model = Hold { pending, events: if is_quick { 500_000 } else { 4_000_000 } };
                Ok(if on_squall { model.on_squall() } else { model.on_yardstick() })
            }
            // A million customers.
            Kind::Mm1 if on_squall => mm1::on_squall(length(1_112.0, 112.0)),
            Kind::Mm1 => Ok(mm1::on_yardstick(length(1_112.0, 112.0))),
            Kind::RetryClient(model, full, quick) if on_squall => {
                model.on_squall(length(full, quick))
            }
            Kind::RetryClient(model, full, quick) => Ok(model.on_yardstick(length(full, quick))),
            Kind::PolicyStack(stack) if on_squall => stack.on_squall(length(1_000.0, 100.0)),
            Kind::PolicyStack(stack) => Ok(stack.on_yardstick(length(1_000.0, 100.0))),
            Kind::ThreeTier if on_squall => three_tier::on_squall(length(250.0, 25.0)),
            Kind::ThreeTier => Ok(three_tier::on_yardstick(length(250.0, 25.0))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The engine and the yardstick share no code, so both are right or one is seen to be wrong.
    #[test]
    fn both_contestants_give_the_right_answer_to_every_model_each_time() {
        for model in MODELS.iter().filter(|model| !model.takes_long) {
            for contestant in [Contestant::Squall, Contestant::Yardstick] {
                let run = || model.run(contestant, Effort::Quick).unwrap();
                let (first, second) = (run(), run());
                assert!(first.units > 0 && first.events > 0, "{}", model.name);
                for figure in &first.figures {
                    assert!(figure.is_right(), "{}, {contestant:?}: {figure:?}", model.name);
                }
                assert_eq!(first.figures, second.figures, "{}, {contestant:?}", model.name);
            }
        }
    }

    #[test]
    fn goals_are_stated_in_yardsticks() {
        let reference = Reference { goal_ns: 100.0, yardstick_ns: 130.0 };
        assert!((reference.goal_ratio() - 0.769).abs() < 1e-3);
    }
}
