//! The AWS simulator and the AWS SDK for Python.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::compare::{Unit, fails, sequence, sequence_after};
use super::name::parameter;
use super::{Entry, VectorOutcome};
use crate::policy::Outcome;
use crate::policy::backoff::Backoff;
use crate::policy::backoff::aws_sdk::AwsSdk;
use crate::policy::backoff::aws_sdk_2026::AwsSdk2026;
use crate::policy::backoff::aws_simulator::{AwsSimulator, Strategy};
use crate::policy::backoff::decorrelated::Decorrelated;

/// The section `aws`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Simulator {
    vectors: Vec<SimulatorVector>,
    #[serde(flatten)]
    named: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, Deserialize)]
struct SimulatorVector {
    kind: String,
    base: f64,
    cap: f64,
    #[serde(rename = "U")]
    draws: Vec<f64>,
    delays: Vec<f64>,
}

impl Simulator {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        outcomes.extend(self.vectors.iter().flat_map(SimulatorVector::run));
        for (name, entry) in &self.named {
            let parameters = (parameter(name, "base"), parameter(name, "cap"));
            let (Some(delays), (Some(base), Some(cap))) = (entry.numbers(), parameters) else {
                continue;
            };
            let expo = Backoff::AwsSimulator(simulator(base, cap, Strategy::Expo));
            let draws = delays.iter().map(|_| 0.5);
            outcomes.push(sequence("aws", name, &expo, draws, delays, Unit::Milliseconds));
        }
    }
}

impl SimulatorVector {
    /// The decorrelated jitter is both the simulator's and Squall's own.
    fn run(&self) -> Vec<VectorOutcome> {
        let name =
            format!("{}(base {}, cap {}, U {:?})", self.kind, self.base, self.cap, self.draws);
        if self.kind != "decorrelated" {
            return vec![fails("aws", name, "no backoff of this kind is known")];
        }
        let simulator = simulator(self.base, self.cap, Strategy::Decorrelated);
        let own = Decorrelated { base: simulator.base, cap: simulator.cap };
        let run = |backoff| {
            let draws = self.draws.iter().copied();
            sequence("aws", &name, &backoff, draws, &self.delays, Unit::Milliseconds)
        };
        vec![run(Backoff::AwsSimulator(simulator)), run(Backoff::Decorrelated(own))]
    }
}

fn simulator(base: f64, cap: f64, strategy: Strategy) -> AwsSimulator {
    let ms = |number| Unit::Milliseconds.duration(number);
    AwsSimulator { base: ms(base), cap: ms(cap), strategy }
}

/// The section `botocore`: the windows, as waits of the highest draw.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Botocore {
    named: BTreeMap<String, Entry>,
}

impl Botocore {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        for (name, entry) in &self.named {
            let Some(delays) = entry.numbers() else { continue };
            let (old, new) =
                (Backoff::AwsSdk(AwsSdk::default()), Backoff::AwsSdk2026(AwsSdk2026::default()));
            let (backoff, outcome) = match name.as_str() {
                "pre_2026_standard_U1" => (old, Outcome::ServerError),
                "v2026_transient_U1" => (new, Outcome::ServerError),
                "v2026_throttling_U1" => (new, Outcome::Throttled),
                _ => {
                    outcomes.push(fails("botocore", name, "no backoff of this name is known"));
                    continue;
                }
            };
            let draws = delays.iter().map(|_| 1.0);
            outcomes.push(sequence_after(
                outcome,
                "botocore",
                name,
                &backoff,
                draws,
                delays,
                Unit::Seconds,
            ));
        }
    }
}
