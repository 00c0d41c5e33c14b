//! Benchmarks: how fast this machine runs the models by which engines are compared, and whether the
//! answers are right, so that a fast wrong engine is seen.
//!
//! Each model is run by Squall with everything it does for `squall run` (scenario, phases, rates at
//! 10 ms, histograms) and by a yardstick: code for that one model on a plain binary heap. The ratio
//! of the two can be compared between machines; nanoseconds cannot.
//!
//! | Module | Holds |
//! |---|---|
//! | `model` | the list of models, and one run of one of them |
//! | `hold`, `mm1`, `retry_client`, `policy_stack`, `three_tier` | a model: its parameters, and what theory says of it |
//! | `scenario` | running a scenario file as `squall run` does |
//! | `yardstick` | every model once more, plainly |
//! | `duel` | both in turn, again and again |
//! | `theory`, `figure` | what is right, and how far a run may lie from it |
//! | `memory` | bytes an event, a request, a client |

mod duel;
mod figure;
mod hold;
mod memory;
mod mm1;
mod model;
mod policy_stack;
mod retry_client;
mod scenario;
mod stopwatch;
mod theory;
mod three_tier;
mod yardstick;

pub use duel::{Duel, Side};
pub use figure::{Figure, MOST_ERRORS};
pub use memory::{Footprint, Load};
pub use model::{Contestant, Effort, MODELS, Model, Reference, Run, Unit};
pub use stopwatch::Spread;
