//! Streams: draws in sequence.

use std::convert::Infallible;
use std::fmt;

use rand::SeedableRng;
use rand::TryRng;
use rand::rand_core::block::Generator;
use rand::rand_core::utils::fill_bytes_via_next_word;
use rand_chacha::ChaCha8Core;

use super::component::{Component, Purpose};
use super::key::{bytes, key};

/// A named sequence of draws: the 64-bit outputs of `rand_chacha::ChaCha8Rng` on the key of seed,
/// replication, component and purpose.
///
/// Only for draws whose order no policy can change, such as the arrivals of an open loop;
/// everything else is [keyed](super::KeyedDraws). Draws are made in blocks of 32, by the widest
/// instructions the processor has; the bits are the same on all.
#[derive(Clone)]
pub struct Stream {
    core: ChaCha8Core,
    draws: [u64; DRAWS],
    /// The first draw not yet used.
    at: usize,
}

/// How many draws `rand_chacha` makes at a time.
const DRAWS: usize = 32;

impl Stream {
    /// The stream of a component for a purpose, in a replication of a run with this seed.
    pub fn new(seed: u64, replication: u32, component: Component, purpose: Purpose) -> Self {
        let key = bytes(&key(seed, replication, component, purpose));
        Self { core: ChaCha8Core::from_seed(key), draws: [0; DRAWS], at: DRAWS }
    }

    #[cold]
    #[inline(never)]
    fn refill(&mut self) -> u64 {
        let mut words = [0_u32; 2 * DRAWS];
        self.core.generate(&mut words);
        self.draws =
            std::array::from_fn(|i| u64::from(words[2 * i]) | u64::from(words[2 * i + 1]) << 32);
        self.at = 1;
        self.draws[0]
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let Some(&draw) = self.draws.get(self.at) else {
            return Ok(self.refill());
        };
        self.at += 1;
        Ok(draw)
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

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn arrivals(seed: u64, replication: u32, name: &str) -> Stream {
        Stream::new(seed, replication, Component::named(name), Purpose::Arrivals)
    }

    #[test]
    fn a_stream_is_rand_chacha_on_the_key_of_its_names() {
        let component = Component::named("clients.shop");
        let key = bytes(&key(9, 2, component, Purpose::Clients));
        let mut expected = ChaCha8Rng::from_seed(key);
        let mut stream = Stream::new(9, 2, component, Purpose::Clients);
        for n in 0..1_000 {
            assert_eq!(stream.next_u64(), expected.next_u64(), "draw {n}");
        }
    }

    #[test]
    fn every_part_of_the_name_makes_another_stream() {
        let component = Component::named("clients.shop");
        let mut firsts = [
            arrivals(1, 0, "clients.shop").next_u64(),
            arrivals(2, 0, "clients.shop").next_u64(),
            arrivals(1 << 32, 0, "clients.shop").next_u64(),
            arrivals(1, 1, "clients.shop").next_u64(),
            arrivals(1, 0, "clients.app").next_u64(),
            Stream::new(1, 0, component, Purpose::Clients).next_u64(),
            Stream::new(1, 0, component, Purpose::Calls).next_u64(),
        ];
        firsts.sort_unstable();
        assert!(firsts.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn bytes_and_halves_come_from_the_same_draws() {
        let [mut whole, mut halves, mut filled] = [0; 3].map(|_| arrivals(3, 0, "clients.shop"));
        let mut bytes = [0; 16];
        filled.fill_bytes(&mut bytes);
        for eight in bytes.chunks_exact(8) {
            let draw = whole.next_u64();
            assert_eq!(halves.next_u32(), (draw >> 32) as u32);
            assert_eq!(eight, draw.to_le_bytes());
        }
    }
}
