//! Floor 3: the model: workload, services, pools, network, faults, and what is measured.

pub mod broker;
pub mod cache;
mod engine;
pub mod fault;
pub mod handler;
pub mod machine;
pub mod network;
pub mod profile;
pub mod record;
pub mod replication;
pub mod spec;
pub mod store;
pub mod trace;
pub mod watch;
pub mod workload;
pub mod zones;

use record::{MeasurePlan, RunRecord};
use spec::Model;
use trace::{Sampling, Trace};

/// Which run this is: everything random follows from these two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSeed {
    /// The scenario's seed.
    pub seed: u64,
    /// The number of the replication, from 0.
    pub replication: u32,
}

/// Runs a model once, from time zero to its length.
pub fn run(model: &Model, seed: RunSeed, plan: &MeasurePlan) -> RunRecord {
    let routes = engine::Route::all(model);
    engine::Engine::new(model, &routes, seed, plan).run()
}

/// Runs a model once, as [`run`] does, and tells what happened to some of its calls.
///
/// The run is made twice: first to choose the calls, then to follow them.
pub fn trace(
    model: &Model,
    seed: RunSeed,
    plan: &MeasurePlan,
    sampling: &Sampling,
) -> (RunRecord, Trace) {
    engine::trace(model, seed, plan, sampling)
}
