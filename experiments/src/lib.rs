//! Floor 5: experiments: replications, controls, variants, sweeps, the journal of finished cells,
//! statistics over runs, expectations. Threads live here; files and the terminal do not.
//!
//! | Module | Holds |
//! |---|---|
//! | [`experiment`] | a study from its scenario to its results |
//! | [`sweep`] | a scenario at every point of a grid |
//! | [`suite`] | many studies in one batch |
//! | [`claims`] | what sources say, beside what was measured |
//! | [`plan`] | what is measured of every run |
//! | [`phases`], [`measure`] | the parts of a run, and the figures taken in them |
//! | [`steady`], [`verdict`] | what is steady, and what became of a run |
//! | [`cell`], [`runner`], [`journal`] | one run beside its control, all of them in parallel, and what is finished |
//! | [`faults`] | what became of faults, and what they hit |
//! | [`oracle`] | closed forms and published tables beside what is simulated |
//! | [`random`] | random scenarios, run through every invariant |
//! | [`alerts`], [`why`] | when alerts would have fired; what was saturated first, and what came of it |
//! | [`charts`] | what the charts of a file draw |
//! | [`statistics`], [`results`] | means with intervals; plain data for the reports |

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod alerts;
pub mod cell;
pub mod charts;
pub mod claims;
mod expect;
pub mod experiment;
pub mod faults;
pub mod journal;
pub mod measure;
pub mod oracle;
pub mod phases;
pub mod plan;
pub mod random;
pub mod results;
pub mod runner;
pub mod series;
pub mod statistics;
pub mod steady;
pub mod suite;
pub mod sweep;
#[cfg(test)]
mod testing;
pub mod verdict;
pub mod why;

pub use experiment::Experiment;
