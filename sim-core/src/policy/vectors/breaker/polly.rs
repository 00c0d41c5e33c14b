//! Polly v8.

use serde::Deserialize;

use super::driver::{Driver, at, outcome};
use super::{Configured, Vectors, same};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;
use crate::policy::breaker::trip::polly_v8::PollyV8;
use crate::policy::breaker::{Breaker, BreakerPreset, BreakerState, OpenFor, Trip};
use crate::policy::gate::Pass;
use crate::policy::vectors::VectorOutcome;
use crate::policy::vectors::compare::{fails, holds};

/// The section `polly_v8`: sequences, and tables of the library's own tests.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Polly {
    vectors: Vec<super::Vector<Config, Event>>,
    lib_test_tables: Vec<Table>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    failure_ratio: f64,
    min_throughput: u32,
    sampling_s: f64,
    break_s: f64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    t: f64,
    op: String,
    permitted: Option<bool>,
    state: String,
    throughput: u32,
    failure_rate: f64,
}

/// Rows of throughput, minimum, failure rate, threshold, and whether it breaks.
#[derive(Clone, Debug, Deserialize)]
struct Table {
    test: String,
    rows: Vec<(u32, u32, f64, f64, bool)>,
}

impl Polly {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        Vectors { vectors: self.vectors.clone() }.run(outcomes);
        for table in &self.lib_test_tables {
            for row in &table.rows {
                let name = format!("{} {row:?}", table.test);
                outcomes.push(match breaks(*row) {
                    Err(what) => fails(Config::LIBRARY, name, what),
                    Ok(breaks) if breaks == row.4 => holds(Config::LIBRARY, name),
                    Ok(breaks) => fails(Config::LIBRARY, name, format!("breaks: {breaks}")),
                });
            }
        }
    }
}

/// Whether a breaker of such results breaks. There are ten times as many of them, with ten times
/// the minimum, so that every rate of the table is one of whole calls.
fn breaks((throughput, minimum, rate, threshold, _): Row) -> Result<bool, String> {
    const TIMES: u32 = 10;
    let config = Config {
        failure_ratio: threshold,
        min_throughput: minimum * TIMES,
        sampling_s: 30.0,
        break_s: 5.0,
    };
    let breaker = config.breaker()?.unwrap_or_default();
    let mut driver = Driver::of(&breaker)?;
    let calls = throughput * TIMES;
    let failures = (rate * f64::from(calls)).round() as u32;
    for call in 0..calls {
        let failed = call >= calls - failures;
        let outcome = if failed { Outcome::ServerError } else { Outcome::Ok };
        driver.tell(SimTime::ZERO, Pass::default(), outcome, SimDuration::ZERO);
    }
    Ok(driver.machine.state() == BreakerState::Open)
}

type Row = (u32, u32, f64, f64, bool);

impl Configured for Config {
    const LIBRARY: &'static str = "polly-v8";

    fn breaker(&self) -> Result<Option<Breaker>, String> {
        let sampling = SimDuration::from_secs_f64(self.sampling_s);
        Ok(Some(Breaker {
            preset: Some(BreakerPreset::PollyV8),
            trip: Some(Trip::PollyV8(PollyV8 { sampling })),
            failure_rate: Some(self.failure_ratio),
            minimum_calls: Some(self.min_throughput),
            open_for: Some(OpenFor::Time(SimDuration::from_secs_f64(self.break_s))),
            ..Breaker::default()
        }))
    }
}

impl super::Event<Config> for Event {
    fn happen(&self, _config: &Config, driver: &mut Driver) -> Result<(), String> {
        let now = at(self.t);
        match self.op.as_str() {
            "pre" => same("permitted", Some(driver.begin(now, "")), self.permitted)?,
            "lateok" | "lateerr" => {
                // Admitted at the very start.
                driver.tell(now, Pass::default(), outcome(&self.op), SimDuration::ZERO);
            }
            op => same("permitted", Some(driver.call(now, outcome(op))), self.permitted)?,
        }
        driver.state_is(&self.state)?;
        let counted = driver.machine.counted(now);
        same("throughput", counted.calls, self.throughput)?;
        let rate = f64::from(counted.failures) / f64::from(counted.calls.max(1));
        // The vectors round to six decimals.
        match (rate - self.failure_rate).abs() <= 5e-7 {
            true => Ok(()),
            false => Err(format!("failure rate is {rate}, not {}", self.failure_rate)),
        }
    }
}
