//! Floor 0: time, amounts of data, the event queue, randomness and samplers. Knows nothing of services.

pub mod bytes;
pub mod draw;
pub mod queue;
pub mod sample;
pub mod time;

pub use bytes::{ByteRate, Bytes};
pub use draw::{Component, DrawBlock, KeyedDraws, Purpose, Slot, SlotDraws, Stream, lineage};
pub use queue::{EventQueue, LaneId, Timer};
pub use sample::Distribution;
pub use time::{SimDuration, SimTime};
