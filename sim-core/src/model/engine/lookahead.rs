//! What is drawn for the next calls of each user, drawn together.
//!
//! A block of ChaCha8 is one chain in which each step waits for the last, so several blocks cost little
//! more time than one. A user's calls are numbered in sequence, and the first attempts of calls that
//! follow each other are blocks that follow each other: those of [`AHEAD`] calls are made at a time, and
//! what is drawn from the later ones is kept.

use super::super::workload::ClosedLoad;
use super::route::Route;
use crate::kernel::draw::{AHEAD, DrawBlock, FirstAttempts, KeyedDraws, Slot};
use crate::kernel::{Distribution, SimDuration};

/// What is drawn for first attempts, [`AHEAD`] calls at a time.
#[derive(Debug)]
pub(super) struct Lookahead<'m> {
    attempts: FirstAttempts,
    demand: Option<&'m Distribution>,
    think: &'m Distribution,
    /// Of each user: those of all calls but the first of those that were drawn for together.
    kept: Vec<[FirstDraws; AHEAD - 1]>,
}

/// What is drawn for a call before it is made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FirstDraws {
    /// The demand of the first step of its first attempt; none if that is no work.
    pub(super) demand: SimDuration,
    /// How long its user thinks after it.
    pub(super) thinks: SimDuration,
}

/// For more users than this, what is kept (112 bytes a user) would neither stay in a cache nor be little
/// memory.
const MANY_USERS: usize = 1 << 16;

impl<'m> Lookahead<'m> {
    /// For so many users that call along this route; `None` where it is not worth its while, or where
    /// a first attempt draws more than its demand.
    pub(super) fn new(
        load: &'m ClosedLoad,
        users: usize,
        route: &Route<'m>,
        draws: &KeyedDraws,
    ) -> Option<Self> {
        let thinks = !matches!(load.think, Distribution::Constant(_));
        let draws_something = route.draws || thinks;
        let calls_once = load.calls_per_user == Some(1);
        if !draws_something || route.draws_more || calls_once || users > MANY_USERS {
            return None;
        }
        let attempts = draws.first_attempts_from(0);
        let kept = vec![<[FirstDraws; AHEAD - 1]>::default(); users];
        Some(Self { attempts, demand: route.first_demand, think: &load.think, kept })
    }

    /// What is drawn for a user's call with this number among the user's, and this among all; asked for
    /// one after the other.
    #[inline]
    pub(super) fn take(&mut self, user: u32, call: u32, key: u64) -> FirstDraws {
        match (call as usize % AHEAD).checked_sub(1) {
            Some(later) => self.kept[user as usize][later],
            None => self.draw(user, key),
        }
    }

    #[inline(never)]
    fn draw(&mut self, user: u32, key: u64) -> FirstDraws {
        let (demand, think) = (self.demand, self.think);
        let drawn = |block: DrawBlock| FirstDraws {
            demand: demand
                .map_or(SimDuration::ZERO, |demand| demand.sample(&mut block.slot(Slot::Demand))),
            thinks: think.sample(&mut block.slot(Slot::Think)),
        };
        let [first, later @ ..] = self.attempts.calls_from(key);
        self.kept[user as usize] = later.map(drawn);
        drawn(first)
    }
}
