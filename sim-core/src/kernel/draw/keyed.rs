//! Keyed draws: eight for each attempt of each call, whatever happened before.

use std::convert::Infallible;

use rand::rand_core::utils::fill_bytes_via_next_word;
use rand::{Rng, SeedableRng, TryRng};

use super::block::chacha8;
use super::component::{Component, Purpose};
use super::key::{bytes, key};
use rand_chacha::ChaCha8Rng;

/// All keyed draws of one component in one run: the 32-byte key, and nothing that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedDraws {
    key: [u32; 8],
}

/// The eight draws of one attempt; 64 bytes.
///
/// A block is itself the key of whatever its slots need beyond their one draw, so it stands
/// alone: it can be stored with the attempt, or computed again at any time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DrawBlock {
    words: [u32; 16],
}

/// What each of the eight draws of an attempt is for. The numbers are part of every result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Slot {
    /// How long the user thinks after the call; of the first attempt.
    Think = 0,
    /// How much work the attempt asks of the service.
    Demand = 1,
    /// How long the request is under way.
    LatencyOut = 2,
    /// How long the answer is under way.
    LatencyBack = 3,
    /// Whether the request is lost.
    LossOut = 4,
    /// Whether the answer is lost.
    LossBack = 5,
    /// How much jitter the wait before the next attempt has.
    Jitter = 6,
    /// Which way a handler or a balancer branches.
    Branch = 7,
}

/// A slot's draws: the first is the slot's own, further ones (a sampler that rejects, a handler
/// that branches twice) come from blocks that no other slot uses.
#[derive(Clone, Debug)]
pub struct SlotDraws<'a> {
    block: &'a DrawBlock,
    slot: Slot,
    taken: u64,
}

impl KeyedDraws {
    /// The draws of a component in a replication of a run with this seed.
    pub fn new(seed: u64, replication: u32, component: Component) -> Self {
        Self { key: key(seed, replication, component, Purpose::Calls) }
    }

    /// The draws of one attempt. `call` is any number or [`lineage`](super::lineage) that
    /// names the call within the component.
    #[inline]
    pub fn block(&self, call: u64, attempt: u32) -> DrawBlock {
        self.block_of_step(call, attempt, 0)
    }

    /// The draws of one step of the work on an attempt; step 0 is the plain [`block`](Self::block).
    #[inline]
    pub fn block_of_step(&self, call: u64, attempt: u32, step: u32) -> DrawBlock {
        let nonce = u64::from(attempt) | u64::from(step) << 32;
        DrawBlock { words: chacha8(&self.key, call, nonce) }
    }

    /// The first attempts of consecutive calls, from this one on, several at a time.
    pub fn first_attempts_from(&self, call: u64) -> FirstAttempts {
        let mut stream = ChaCha8Rng::from_seed(bytes(&self.key));
        stream.set_stream(1);
        stream.set_word_pos(u128::from(call) * 16);
        FirstAttempts { stream, blocks: [0; AHEAD * BLOCK_BYTES], given: AHEAD }
    }
}

/// The bytes of a block.
const BLOCK_BYTES: usize = 64;

/// How many blocks are made at a time: twice as many as `rand_chacha` makes in one go, since a
/// processor begins with the second four while the first are still on their way.
pub const AHEAD: usize = 8;

/// The blocks of the first attempts of consecutive calls: they are consecutive blocks of one
/// ChaCha8 stream, which `rand_chacha` makes by the widest instructions that the processor has.
#[derive(Clone, Debug)]
pub struct FirstAttempts {
    stream: ChaCha8Rng,
    /// Blocks, and how many of them were given out: they stay where they were made, and whoever
    /// wants a draw or two of a block reads those.
    blocks: [u8; AHEAD * BLOCK_BYTES],
    given: usize,
}

impl FirstAttempts {
    /// The blocks of the first attempts of so many calls, from this one on.
    #[inline]
    pub fn calls_from(&mut self, first: u64) -> [DrawBlock; AHEAD] {
        self.stream.set_word_pos(u128::from(first) * 16);
        self.make();
        self.given = AHEAD;
        std::array::from_fn(|nth| self.block(nth))
    }

    /// The block of the first attempt of the next call.
    #[inline]
    pub fn next_call(&mut self) -> DrawBlock {
        if self.given == AHEAD {
            self.make();
            self.given = 0;
        }
        self.given += 1;
        self.block(self.given - 1)
    }

    #[inline(never)]
    fn make(&mut self) {
        self.stream.fill_bytes(&mut self.blocks);
    }

    #[inline]
    fn block(&self, nth: usize) -> DrawBlock {
        let bytes = &self.blocks[nth * BLOCK_BYTES..][..BLOCK_BYTES];
        let word = |i: usize| [bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2], bytes[4 * i + 3]];
        DrawBlock { words: std::array::from_fn(|i| u32::from_le_bytes(word(i))) }
    }
}

impl DrawBlock {
    /// For an attempt that draws nothing.
    pub const UNUSED: Self = Self { words: [0; 16] };

    /// A slot's draws, from its first.
    #[inline]
    pub fn slot(&self, slot: Slot) -> SlotDraws<'_> {
        SlotDraws { block: self, slot, taken: 0 }
    }

    /// A slot's first draw: 64 uniform bits.
    #[inline]
    pub fn bits(&self, slot: Slot) -> u64 {
        pair(&self.words, slot as usize)
    }

    /// Draw number `n` of a slot beyond its first, from the ChaCha8 stream whose key is the
    /// block's first half and whose nonce names the slot.
    ///
    /// Computes its block anew each time: nearly every draw is a slot's first, and what rejects
    /// seldom does so twice, so remembering the block would cost every draw to save a few.
    #[cold]
    fn further(&self, slot: Slot, n: u64) -> u64 {
        let [key @ .., _, _, _, _, _, _, _, _] = &self.words;
        pair(&chacha8(key, n / 8, 1 + slot as u64), (n % 8) as usize)
    }
}

/// Draw `i` of a block: two words, the low one first.
#[inline]
fn pair(words: &[u32; 16], i: usize) -> u64 {
    u64::from(words[2 * i]) | u64::from(words[2 * i + 1]) << 32
}

impl TryRng for SlotDraws<'_> {
    type Error = Infallible;

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let n = self.taken;
        self.taken += 1;
        Ok(match n {
            0 => self.block.bits(self.slot),
            _ => self.block.further(self.slot, n - 1),
        })
    }

    /// The high half of the next 64 bits.
    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill_bytes_via_next_word(bytes, || self.try_next_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn payment() -> KeyedDraws {
        KeyedDraws::new(0x0123_4567_89ab_cdef, 7, Component::named("services.payment"))
    }

    /// The stream of `rand_chacha` from block `counter` on.
    fn oracle(key: [u8; 32], counter: u64, nonce: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(nonce);
        rng.set_word_pos(u128::from(counter) * 16);
        rng
    }

    #[test]
    fn the_key_spells_out_seed_replication_purpose_and_component() {
        let mut spelled = [0; 32];
        spelled[..8].copy_from_slice(&0x0123_4567_89ab_cdef_u64.to_le_bytes());
        spelled[8..12].copy_from_slice(&7_u32.to_le_bytes());
        spelled[12..16].copy_from_slice(&0_u32.to_le_bytes());
        let component = Component::named("services.payment").id();
        spelled[16..24].copy_from_slice(&component.to_le_bytes());
        spelled[24..].copy_from_slice(b"squall01");
        assert_eq!(bytes(&payment().key), spelled);
    }

    #[test]
    fn a_block_is_the_one_of_call_attempt_and_step() {
        let keyed = payment();
        for (call, attempt, step) in
            [(0, 0, 0), (1, 0, 0), (1 << 40, 3, 2), (u64::MAX, u32::MAX, 9)]
        {
            let nonce = u64::from(attempt) + (u64::from(step) << 32);
            let mut expected = oracle(bytes(&keyed.key), call, nonce);
            let block = keyed.block_of_step(call, attempt, step);
            for slot in SLOTS {
                assert_eq!(block.bits(slot), expected.next_u64(), "{slot:?} of {call}");
            }
        }
        assert_eq!(keyed.block(5, 2), keyed.block_of_step(5, 2, 0));
    }

    #[test]
    fn further_draws_are_the_stream_that_block_and_slot_name() {
        let block = payment().block(11, 1);
        let mut key = [0; 32];
        for (bytes, slot) in key.chunks_exact_mut(8).zip(SLOTS) {
            bytes.copy_from_slice(&block.bits(slot).to_le_bytes());
        }
        for slot in SLOTS {
            let (mut draws, mut expected) = (block.slot(slot), oracle(key, 0, 1 + slot as u64));
            assert_eq!(draws.next_u64(), block.bits(slot));
            for n in 0..30 {
                assert_eq!(draws.next_u64(), expected.next_u64(), "{n} of {slot:?}");
            }
        }
    }

    #[test]
    fn first_attempts_of_consecutive_calls_are_those_of_each() {
        let keyed = payment();
        for start in [0, 1, 6, 1 << 48] {
            let mut blocks = keyed.first_attempts_from(start);
            for call in start..start + 20 {
                assert_eq!(blocks.next_call(), keyed.block(call, 1), "{call}");
            }
        }
    }

    #[test]
    fn calls_that_follow_are_those_of_each_wherever_they_start() {
        let keyed = payment();
        let mut blocks = keyed.first_attempts_from(0);
        for first in [4, 0, 1 << 32, (7 << 32) - 4, u64::MAX - 7, 8] {
            let each = std::array::from_fn(|n| keyed.block(first + n as u64, 1));
            assert_eq!(blocks.calls_from(first), each, "{first}");
        }
    }

    #[test]
    fn what_one_slot_takes_changes_no_other() {
        let block = payment().block(11, 1);
        let mut greedy = block.slot(Slot::Demand);
        greedy.fill_bytes(&mut [0; 800]);
        assert_eq!(block.slot(Slot::Jitter).next_u64(), block.bits(Slot::Jitter));
        assert_eq!(block, payment().block(11, 1));
    }

    #[test]
    fn the_bits_are_those_of_the_first_version() {
        let block = payment().block(42, 1);
        let mut demand = block.slot(Slot::Demand);
        let seen =
            [block.bits(Slot::Think), demand.next_u64(), demand.next_u64(), demand.next_u64()];
        assert_eq!(
            seen,
            [0xf45c2c8829b20f34, 0x4db63a41e98422f8, 0xca01a326fbbf25a3, 0x536a73d64d57d132]
        );
    }
}
