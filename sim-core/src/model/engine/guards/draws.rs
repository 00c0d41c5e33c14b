//! Draws that few ask for.

use std::convert::Infallible;

use rand::TryRng;
use rand::rand_core::utils::fill_bytes_via_next_word;

use crate::kernel::draw::{KeyedDraws, Slot};

/// Draws that few ask for, computed only if somebody does.
pub(in crate::model::engine) struct LazyDraws<'a> {
    draws: &'a KeyedDraws,
    call: u64,
    attempt: u32,
    taken: u32,
}

const SLOTS: [Slot; 8] = [
    Slot::Think,
    Slot::Demand,
    Slot::LatencyOut,
    Slot::LatencyBack,
    Slot::LossOut,
    Slot::LossBack,
    Slot::Jitter,
    Slot::Branch,
];

impl<'a> LazyDraws<'a> {
    /// Those for one attempt of a call.
    pub(in crate::model::engine) fn new(draws: &'a KeyedDraws, call: u64, attempt: u32) -> Self {
        Self { draws, call, attempt, taken: 0 }
    }

    /// The same after so many draws were taken.
    pub(super) fn after(self, taken: u32) -> Self {
        Self { taken, ..self }
    }
}

impl TryRng for LazyDraws<'_> {
    type Error = Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let (step, slot) = (self.taken / 8, SLOTS[self.taken as usize % 8]);
        self.taken += 1;
        Ok(self.draws.block_of_step(self.call, self.attempt, step).bits(slot))
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill_bytes_via_next_word(bytes, || self.try_next_u64())
    }
}
