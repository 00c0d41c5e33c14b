//! The yardstick: each model once more, written for that model alone on a plain binary heap, with no
//! measurement, no policies and no scenario.
//!
//! It is plain, correct and never made faster, so that figures from two machines can be compared
//! by their ratios to it. It shares no code with the simulator. Times are in nanoseconds.

mod draws;
mod heap;
pub(super) mod hold;
pub(super) mod mm1;
pub(super) mod retry_client;
pub(super) mod three_tier;

use draws::Draws;
use heap::Heap;
