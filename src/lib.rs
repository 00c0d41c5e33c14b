//! Squall simulates distributed systems under failure: deterministic, seeded, event by event.
//!
//! One scenario file describes clients, services, pools, calls, policies, network and faults.
//! Squall runs it many times, compares the policies, draws the charts for a design review, and
//! holds the result as a regression test.
//!
//! # A regression test
//!
//! Load a scenario, change what your test is about, assert. A failure says what was measured,
//! with which seed, and which command reproduces it.
//!
//! ```
//! use squall::Scenario;
//!
//! # fn main() -> Result<(), squall::Error> {
//! let storm = Scenario::open("scenarios/library/retry-storm.toml")?
//!     .variant("full jitter").set("clients.shop.load.open.rate", "200/s").replications(5);
//! storm.assert("peak_rate(payment, 1s, after(30s)) <= 4.5x baseline");
//! # Ok(())
//! # }
//! ```
//!
//! The grammar of expectations is that of `[[expect]]` in the scenario file. What a run measured
//! is there as plain data, too:
//!
//! ```no_run
//! # fn main() -> Result<(), squall::Error> {
//! let results = squall::Scenario::open("scenarios/library/retry-storm.toml")?.run()?;
//! for variant in &results.variants {
//!     println!("{}: {:?}", variant.name, variant.verdicts);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # The crates below
//!
//! [`sim_core`] runs models, [`scenarios`] reads files, [`experiments`] runs studies, [`reports`]
//! writes what people read. `ARCHITECTURE.md` draws the house.

pub mod bench;
pub mod library;
pub mod reference;
mod scenario;
pub mod validation;

pub use experiments::results;
pub use scenario::{Error, Scenario, VERSION};
pub use {experiments, reports, scenarios, sim_core};
