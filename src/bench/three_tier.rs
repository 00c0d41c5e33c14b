//! Three tiers with timeouts and retries: `scenarios/bench/three-tier.toml`.

use scenarios::expectation::{Aggregation, Quantity};

use super::figure::Figure;
use super::model::Run;
use super::scenario::Prepared;
use super::stopwatch::timed;
use super::theory::BirthDeath;
use super::yardstick;

const TEXT: &str = include_str!("../../scenarios/bench/three-tier.toml");

/// Calls per second.
pub(super) const RATE: f64 = 2_000.0;
/// The latency of a message; each call takes three hops there and three back.
pub(super) const LATENCY_S: f64 = 0.000_5;
/// The mean service demand at each tier, in seconds.
pub(super) const WEB_S: f64 = 0.002;
pub(super) const API_S: f64 = 0.005;
pub(super) const DATABASE_S: f64 = 0.004;
/// The workers of the database; those of the other tiers are never all busy.
pub(super) const DATABASE_WORKERS: u32 = 10;
/// How long the system takes to fill up: 500 times as long as the database remembers.
pub(super) const WARMUP_S: f64 = 1.0;

/// What a run measured.
pub(super) struct Served {
    /// The time that was measured: all but the warm-up.
    pub(super) window_s: f64,
    pub(super) events: u64,
    /// The calls that were answered in the whole run.
    pub(super) all_calls: u64,
    /// Calls per second.
    pub(super) rate: f64,
    /// The mean response time of a call.
    pub(super) response_s: f64,
    /// The share of the database's workers that were busy.
    pub(super) utilization: f64,
    /// Attempts that were given up.
    pub(super) timeouts: u64,
}

pub(super) fn on_squall(length_s: f64) -> Result<Run, String> {
    let prepared = Prepared::new("three-tier", TEXT, &[("run.length", format!("{length_s}s"))])?;
    let measured = prepared.run()?;
    let mut timeouts = 0.0;
    for edge in ["browsers->web", "web->api", "api->database"] {
        timeouts += measured.read(Aggregation::Count, edge, Quantity::Failed)?;
    }
    let served = Served {
        window_s: length_s - WARMUP_S,
        events: measured.events(),
        all_calls: measured.calls(),
        rate: measured.read(Aggregation::Rate, "browsers", Quantity::Usual)?,
        response_s: measured.read(Aggregation::Mean, "browsers", Quantity::Usual)?,
        utilization: measured.read(Aggregation::Mean, "database", Quantity::Utilization)?,
        timeouts: timeouts as u64,
    };
    Ok(Run { took: measured.took, ..served.run() })
}

pub(super) fn on_yardstick(length_s: f64) -> Run {
    let (took, served) = timed(|| yardstick::three_tier::run(length_s));
    Run { took, ..served.run() }
}

impl Served {
    /// What leaves a tier without a queue is as random as what came to it, so the database is an
    /// M/M/c of its own (Burke's theorem), and the means add up.
    fn run(&self) -> Run {
        let number = |n: usize| n as f64;
        let tiers = [
            BirthDeath::open(RATE, 200, WEB_S),
            BirthDeath::open(RATE, 200, API_S),
            BirthDeath::open(RATE, DATABASE_WORKERS, DATABASE_S),
        ];
        let [_, _, database] = &tiers;
        let inside: f64 = tiers.iter().map(|tier| tier.mean(number)).sum();
        // The tiers are not independent of each other over time: their errors add up at most.
        let errors = tiers.iter().map(|tier| tier.standard_error(number, self.window_s));
        let response = Figure {
            name: "mean response time",
            unit: "ms",
            value: self.response_s * 1e3,
            right: (6.0 * LATENCY_S + inside / RATE) * 1e3,
            standard_error: errors.sum::<f64>() / RATE * 1e3,
        };
        let workers = DATABASE_WORKERS as usize;
        let busy = |n: usize| n.min(workers) as f64 / workers as f64;
        let utilization = Figure {
            name: "utilization of the database",
            unit: "",
            value: self.utilization,
            right: database.mean(busy),
            standard_error: database.standard_error(busy, self.window_s),
        };
        let rate = Figure {
            name: "arrivals",
            unit: "/s",
            value: self.rate,
            right: RATE,
            standard_error: (RATE / self.window_s).sqrt(),
        };
        let timeouts = Figure {
            name: "timeouts",
            unit: "",
            value: self.timeouts as f64,
            right: 0.0,
            standard_error: 0.0,
        };
        Run {
            took: std::time::Duration::ZERO,
            units: self.all_calls,
            events: self.events,
            figures: vec![response, utilization, rate, timeouts],
        }
    }
}
