//! The engine of Squall: a deterministic, seeded, discrete-event simulator of distributed
//! systems under failure.
//!
//! Four floors, each of which uses only the floors below it:
//!
//! | Floor | Module | Holds |
//! |---|---|---|
//! | 0 | [`kernel`] | time, event queue, random streams and keyed draws, samplers, the loop |
//! | 1 | [`stats`] | histograms, intervals, paired comparison |
//! | 2 | [`policy`] | retry, backoff, balancing: state machines that know no events |
//! | 3 | [`model`] | workload, service, pool, network, fault, measurement |
//!
//! Nothing here does I/O, reads a clock or the environment, or starts a thread; on a checked
//! model nothing here can fail. A model that runs away ends as the *outcome*
//! [`model::record::RunEnd::Aborted`].

pub mod catalogue;
pub mod kernel;
pub mod model;
pub mod policy;
pub mod stats;
