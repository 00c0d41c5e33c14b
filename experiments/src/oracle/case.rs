//! One case of a closed form: a station, what theory says of it, and the runs that are compared.

use rayon::prelude::*;
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::record::MeasurePlan;
use sim_core::model::{self, RunSeed};

use super::figure::Read;
use super::pool::{Pool, Pooled};
use super::station::Station;
use super::{Agreement, Comparison, Validation, distance};

/// How much is simulated of each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How many replications.
    pub replications: u32,
    /// About how many requests each replication measures.
    pub requests: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Self { replications: 40, requests: 50_000 }
    }
}

/// A case: a station, how long it takes to forget its start, and what theory says about it.
pub(super) struct Case {
    /// The family and the parameters.
    pub(super) name: String,
    pub(super) station: Station,
    pub(super) warmup_s: f64,
    pub(super) requests_per_s: f64,
    /// Each figure's name, what theory says, and how it is measured.
    pub(super) figures: Vec<(String, f64, Read)>,
    /// What the source says and nobody measures, as `case: figure`.
    pub(super) unmeasured: Vec<String>,
}

/// Runs all cases, in parallel, and compares them, in their order.
pub(super) fn compare(cases: &[Case], effort: Effort, seed: u64) -> Validation {
    let runs = |case: usize| (0..effort.replications).map(move |replication| (case, replication));
    let runs: Vec<(usize, u32)> = (0..cases.len()).flat_map(runs).collect();
    let pools: Vec<Pool> = runs
        .par_iter()
        .map(|(case, r)| cases[*case].run(*r, seed + *case as u64, effort))
        .collect();
    let per_case = effort.replications.max(1) as usize;
    let results = cases.par_iter().zip(pools.par_chunks(per_case)).map(|(case, p)| case.compare(p));
    results.collect::<Vec<_>>().into_iter().fold(Validation::default(), |mut all, one| {
        all.comparisons.extend(one.comparisons);
        all.unmeasured.extend(one.unmeasured);
        all
    })
}

impl Case {
    fn run(&self, replication: u32, seed: u64, effort: Effort) -> Pool {
        let measured_s = f64::from(effort.requests) / self.requests_per_s;
        let warmup = SimTime::ZERO + SimDuration::from_secs_f64(self.warmup_s);
        let length = SimDuration::from_secs_f64(self.warmup_s + measured_s);
        let plan = MeasurePlan::new(length, length, length, &[warmup]);
        let seed = RunSeed { seed, replication };
        Pool::of(&model::run(&self.station.clone().model(length), seed, &plan), warmup)
    }

    fn compare(&self, replications: &[Pool]) -> Validation {
        let pooled = Pooled::of(replications);
        let (mut comparisons, mut unmeasured) = (Vec::new(), self.unmeasured.clone());
        for (name, theory, read) in &self.figures {
            match pooled.measure(read) {
                None => unmeasured.push(format!("{}: {name}", self.name)),
                Some(measured) => {
                    let z = match (measured.value - theory).abs() < CLOCK_TICK_S {
                        true => 0.0,
                        false => distance(measured.value, *theory, measured.standard_error),
                    };
                    comparisons.push(Comparison {
                        case: self.name.clone(),
                        figure: name.clone(),
                        theory: *theory,
                        simulation: measured.value,
                        half_width: measured.half_width,
                        z,
                        verdict: Agreement::of(z),
                    });
                }
            }
        }
        Validation { comparisons, unmeasured }
    }
}

/// Figures closer than this are equal: no time is known better than to a nanosecond.
const CLOCK_TICK_S: f64 = 1e-9;
