//! The 256-bit ChaCha8 key of a run, a component and a purpose.
//!
//! The names are spelled out rather than hashed, so two different ones can never share a key:
//!
//! ```text
//! words 0-1  seed          words 4-5  component
//! word  2    replication   words 6-7  "squall01", the version of this layout
//! word  3    purpose
//! ```

use super::{Component, Purpose};

/// Changes with the layout: no two layouts share a draw.
const LAYOUT: u64 = u64::from_le_bytes(*b"squall01");

/// The key as ChaCha's eight little-endian words.
pub(super) fn key(seed: u64, replication: u32, component: Component, purpose: Purpose) -> [u32; 8] {
    let [component_low, component_high] = halves(component.id());
    let [seed_low, seed_high] = halves(seed);
    let [layout_low, layout_high] = halves(LAYOUT);
    [
        seed_low,
        seed_high,
        replication,
        purpose as u32,
        component_low,
        component_high,
        layout_low,
        layout_high,
    ]
}

/// The key as the bytes that `rand_chacha` takes.
pub(super) fn bytes(key: &[u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (four, word) in bytes.chunks_exact_mut(4).zip(key) {
        four.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}
