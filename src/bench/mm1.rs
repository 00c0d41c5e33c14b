//! M/M/1, nine tenths busy: `scenarios/bench/mm1.toml`.

use scenarios::expectation::{Aggregation, Quantity};

use super::figure::Figure;
use super::model::Run;
use super::scenario::Prepared;
use super::stopwatch::timed;
use super::theory::BirthDeath;
use super::yardstick;

const TEXT: &str = include_str!("../../scenarios/bench/mm1.toml");

/// Calls per second.
pub(super) const RATE: f64 = 900.0;
/// The mean service demand, in seconds.
pub(super) const DEMAND_S: f64 = 0.001;

/// What a run measured.
pub(super) struct Served {
    pub(super) length_s: f64,
    pub(super) events: u64,
    /// How many calls were served.
    pub(super) calls: u64,
    /// Calls per second.
    pub(super) rate: f64,
    /// The mean time in the system.
    pub(super) response_s: f64,
    /// The share of time that the server was busy.
    pub(super) utilization: f64,
}

/// For so many seconds.
pub(super) fn on_squall(length_s: f64) -> Result<Run, String> {
    let prepared = Prepared::new("mm1", TEXT, &[("run.length", format!("{length_s}s"))])?;
    let measured = prepared.run()?;
    let served = Served {
        length_s,
        events: measured.events(),
        calls: measured.calls(),
        rate: measured.read(Aggregation::Rate, "callers", Quantity::Usual)?,
        response_s: measured.read(Aggregation::Mean, "callers", Quantity::Usual)?,
        utilization: measured.read(Aggregation::Mean, "server", Quantity::Utilization)?,
    };
    Ok(Run { took: measured.took, ..served.run() })
}

pub(super) fn on_yardstick(length_s: f64) -> Run {
    let (took, served) = timed(|| yardstick::mm1::run(length_s));
    Run { took, ..served.run() }
}

impl Served {
    fn run(&self) -> Run {
        let queue = BirthDeath::open(RATE, 1, DEMAND_S);
        let number = |n: usize| n as f64;
        let is_busy = |n: usize| f64::from(u8::from(n > 0));
        let response = Figure {
            name: "mean time in the system",
            unit: "ms",
            value: self.response_s * 1e3,
            right: queue.mean(number) / RATE * 1e3,
            // Little's law: the time in the system is the number in it over the rate.
            standard_error: queue.standard_error(number, self.length_s) / RATE * 1e3,
        };
        let utilization = Figure {
            name: "utilization",
            unit: "",
            value: self.utilization,
            right: queue.mean(is_busy),
            standard_error: queue.standard_error(is_busy, self.length_s),
        };
        let rate = Figure {
            name: "arrivals",
            unit: "/s",
            value: self.rate,
            right: RATE,
            standard_error: (RATE / self.length_s).sqrt(),
        };
        Run {
            took: std::time::Duration::ZERO,
            // Each call arrives and leaves.
            units: 2 * self.calls,
            events: self.events,
            figures: vec![response, utilization, rate],
        }
    }
}
