//! One block of ChaCha8, written for one block.
//!
//! `rand_chacha` computes four blocks at a time and re-keying it costs as much again; a keyed
//! draw needs one block of a key that changes with every call. Source: D. J. Bernstein,
//! *ChaCha, a variant of Salsa20* (2008), with eight rounds, a 64-bit counter and a 64-bit nonce;
//! `rand_chacha::ChaCha8Rng` is the oracle.

use wide::u32x4;

/// The first row of the state: "expand 32-byte k".
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// The 16 words of block number `counter` of the ChaCha8 stream `(key, nonce)`.
#[inline]
pub(super) fn chacha8(key: &[u32; 8], counter: u64, nonce: u64) -> [u32; 16] {
    let start = Rows::new(key, counter, nonce);
    let mut rows = start;
    for _ in 0..4 {
        rows = rows.mixed().to_diagonals().mixed().to_columns();
    }
    rows.plus(start).words()
}

/// The state of four rows; a column of it is what a quarter round works on.
#[derive(Clone, Copy)]
struct Rows {
    a: u32x4,
    b: u32x4,
    c: u32x4,
    d: u32x4,
}

impl Rows {
    #[inline(always)]
    fn new(key: &[u32; 8], counter: u64, nonce: u64) -> Self {
        let [counter_low, counter_high] = [counter as u32, (counter >> 32) as u32];
        Self {
            a: u32x4::new(CONSTANTS),
            b: u32x4::new([key[0], key[1], key[2], key[3]]),
            c: u32x4::new([key[4], key[5], key[6], key[7]]),
            d: u32x4::new([counter_low, counter_high, nonce as u32, (nonce >> 32) as u32]),
        }
    }

    /// Four quarter rounds, one in each lane.
    #[inline(always)]
    fn mixed(mut self) -> Self {
        self.a += self.b;
        self.d = rotated_left::<16>(self.d ^ self.a);
        self.c += self.d;
        self.b = rotated_left::<12>(self.b ^ self.c);
        self.a += self.b;
        self.d = rotated_left::<8>(self.d ^ self.a);
        self.c += self.d;
        self.b = rotated_left::<7>(self.b ^ self.c);
        self
    }

    /// Turns diagonals into columns. Row `b`, the last that a round finishes, stays in place, so
    /// that nothing waits for a shuffle.
    #[inline(always)]
    fn to_diagonals(self) -> Self {
        Self { a: turned::<3>(self.a), c: turned::<1>(self.c), d: turned::<2>(self.d), ..self }
    }

    /// Turns the diagonals back.
    #[inline(always)]
    fn to_columns(self) -> Self {
        Self { a: turned::<1>(self.a), c: turned::<3>(self.c), d: turned::<2>(self.d), ..self }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self { a: self.a + other.a, b: self.b + other.b, c: self.c + other.c, d: self.d + other.d }
    }

    #[inline(always)]
    fn words(self) -> [u32; 16] {
        let rows = [self.a, self.b, self.c, self.d].map(u32x4::to_array);
        std::array::from_fn(|i| rows[i / 4][i % 4])
    }
}

#[inline(always)]
fn rotated_left<const BITS: u32>(row: u32x4) -> u32x4 {
    (row << BITS) | (row >> (32 - BITS))
}

/// The row with lane `i + LANES` in lane `i`.
#[inline(always)]
fn turned<const LANES: usize>(row: u32x4) -> u32x4 {
    let lanes = row.to_array();
    u32x4::new(std::array::from_fn(|i| lanes[(i + LANES) % 4]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_block_is_the_one_of_rand_chacha() {
        let mut random = ChaCha8Rng::seed_from_u64(0x5eed);
        for case in 0..5_000 {
            let key: [u32; 8] = std::array::from_fn(|_| random.next_u32());
            // Counters at the edges of 32 and 64 bits too.
            let counter = match case % 4 {
                0 => random.next_u64(),
                1 => u64::MAX - u64::from(random.next_u32() % 3),
                2 => u64::from(u32::MAX) + u64::from(random.next_u32() % 3),
                _ => u64::from(random.next_u32() % 1_000),
            };
            let nonce = random.next_u64();
            assert_eq!(chacha8(&key, counter, nonce), oracle(&key, counter, nonce), "{case}");
        }
    }

    fn oracle(key: &[u32; 8], counter: u64, nonce: u64) -> [u32; 16] {
        let mut seed = [0; 32];
        for (bytes, word) in seed.chunks_exact_mut(4).zip(key) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let mut rng = ChaCha8Rng::from_seed(seed);
        rng.set_stream(nonce);
        rng.set_word_pos(u128::from(counter) * 16);
        std::array::from_fn(|_| rng.next_u32())
    }
}
