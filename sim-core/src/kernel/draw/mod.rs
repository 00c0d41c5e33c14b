//! Randomness: named streams, keyed draws, and the identities both are named by.
//!
//! Two kinds, so that two policies meet the same luck (common random numbers, call by call):
//!
//! - a [`Stream`] serves draws whose order no policy can change, such as the arrivals of an open
//!   loop: each is named by seed, replication, component and [`Purpose`];
//! - [`KeyedDraws`] serve every other draw: each is a pure function of seed, replication,
//!   component, number of the call, number of the attempt and [`Slot`], whatever was drawn
//!   before it and however often.
//!
//! Both are ChaCha8 with a key that spells these names out, so different
//! names never share a draw and a new component disturbs no other.

mod block;
mod component;
mod key;
mod keyed;
mod lineage;
mod stream;
mod unit;

pub use component::{Component, Purpose};
pub use keyed::{AHEAD, DrawBlock, FirstAttempts, KeyedDraws, Slot, SlotDraws};
pub use lineage::lineage;
pub use stream::Stream;
pub use unit::{open_unit_f64, unit_f64};
