//! The draws of the next calls of each user, made together.
//!
//! A block of ChaCha8 is one chain in which each step waits for the last, so four blocks cost little
//! more time than one. A user's calls are numbered in sequence, and the first attempts of calls that
//! follow each other are blocks that follow each other: those of four calls are made at a time, and
//! what is drawn from the later ones is kept.

use super::super::workload::ClosedLoad;
use super::route::Route;
use crate::kernel::Distribution;
use crate::kernel::draw::{AHEAD, DrawBlock, FirstAttempts, KeyedDraws, Slot};

/// The draws of first attempts, four calls at a time.
#[derive(Debug)]
pub(super) struct Lookahead {
    attempts: FirstAttempts,
    /// Of each user: those of the second to the fourth of the four calls.
    kept: Vec<[FirstDraws; AHEAD - 1]>,
}

/// The draws for the demand of a first attempt, and for the thinking after its call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FirstDraws {
    pub(super) demand: u64,
    pub(super) think: u64,
}

impl FirstDraws {
    fn of(block: &DrawBlock) -> Self {
        Self { demand: block.bits(Slot::Demand), think: block.bits(Slot::Think) }
    }
}

/// For more users than this, what is kept (48 bytes a user) would neither stay in a cache nor be little
/// memory.
const MANY_USERS: usize = 1 << 16;

impl Lookahead {
    /// For so many users that call along this route; `None` where it is not worth its while, or where
    /// a first attempt draws more than its demand.
    pub(super) fn new(
        load: &ClosedLoad,
        users: usize,
        route: &Route<'_>,
        draws: &KeyedDraws,
    ) -> Option<Self> {
        let thinks = !matches!(load.think, Distribution::Constant(_));
        let draws_something = route.draws || thinks;
        let calls_once = load.calls_per_user == Some(1);
        if !draws_something || route.draws_more || calls_once || users > MANY_USERS {
            return None;
        }
        let kept = vec![<[FirstDraws; AHEAD - 1]>::default(); users];
        Some(Self { attempts: draws.first_attempts_from(0), kept })
    }

    /// The draws of a user's call with this number among the user's, and this among all; asked for one
    /// after the other.
    #[inline]
    pub(super) fn take(&mut self, user: u32, call: u32, key: u64) -> FirstDraws {
        let kept = &mut self.kept[user as usize];
        match (call as usize % AHEAD).checked_sub(1) {
            Some(later) => kept[later],
            None => {
                let [first, later @ ..] = self.attempts.calls_from(key);
                *kept = later.map(|block| FirstDraws::of(&block));
                FirstDraws::of(&first)
            }
        }
    }
}
