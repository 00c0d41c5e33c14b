//! The runtime of closed loops: users who call, wait, think and call again.

use super::super::fault::Fault;
use super::super::spec::{ClientId, EdgeId, Model, Target};
use super::super::workload::{ClosedLoad, Load, Start};
use super::Engine;
use super::calls::Origin;
use super::event::Event;
use super::lookahead::{FirstDraws, Lookahead};
use super::route::Route;
use super::wire::{Ahead, Drawn};
use crate::kernel::draw::{KeyedDraws, Slot};
use crate::kernel::{Distribution, SimDuration, SimTime};

/// The users of one population.
#[derive(Debug)]
pub(super) struct Users<'m> {
    /// How many calls each has made.
    calls: Vec<u32>,
    /// Users that load spikes add, behind the others: the first of them, and when they leave.
    spikes: Vec<(u32, SimTime)>,
    lookahead: Option<Lookahead<'m>>,
}

impl<'m> Users<'m> {
    /// The users of each population, those of load spikes included; none for an open loop.
    pub(super) fn all(model: &'m Model, routes: &[Route<'m>], draws: &[KeyedDraws]) -> Vec<Self> {
        let ids = (0..model.clients.len() as u16).map(ClientId);
        ids.map(|id| Self::new(model, id, routes, draws)).collect()
    }

    fn new(model: &'m Model, id: ClientId, routes: &[Route<'m>], draws: &[KeyedDraws]) -> Self {
        let client = &model.clients[id.index()];
        let users = match &client.load {
            Load::Closed(load) => load.users,
            Load::Open(_) => 0,
        };
        let (mut all, mut spikes) = (users, Vec::new());
        for (extra, ends) in spikes_on(model, id, users).map(|(extra, _, _, ends)| (extra, ends)) {
            spikes.push((all, ends));
            all += extra;
        }
        let lookahead = match &client.load {
            Load::Closed(load) => {
                let (route, draws) = (&routes[client.edge.index()], &draws[client.edge.index()]);
                Lookahead::new(load, all as usize, route, draws)
            }
            Load::Open(_) => None,
        };
        Self { calls: vec![0; all as usize], spikes, lookahead }
    }

    /// Whether a user that a spike has added leaves at this time.
    fn leaves(&self, user: u32, now: SimTime) -> bool {
        let spike = self.spikes.iter().rev().find(|(first, _)| user >= *first);
        spike.is_some_and(|(_, ends)| now >= *ends)
    }
}

/// The spikes on a population: how many users each adds, when, over how long, until when.
fn spikes_on(
    model: &Model,
    client: ClientId,
    users: u32,
) -> impl Iterator<Item = (u32, SimTime, SimDuration, SimTime)> {
    model.faults.iter().filter_map(move |fault| match &fault.fault {
        Fault::Spike(spike) if fault.hits(Target::Client(client)) => {
            let extra = (f64::from(users) * (spike.factor - 1.0)).round() as u32;
            Some((extra, fault.at, fault.ramp, fault.ends()))
        }
        _ => None,
    })
}

/// The number of a user's call, which names its draws.
fn number(user: u32, call: u32) -> u64 {
    u64::from(user) << 32 | u64::from(call)
}

/// The thinking before the first call is after no call: that has the last number.
const BEFORE_THE_FIRST: u32 = u32::MAX;

impl Engine<'_> {
    /// Lets the users of every closed loop begin.
    pub(super) fn start_users(&mut self) {
        let model = self.model;
        for (index, client) in model.clients.iter().enumerate() {
            let Load::Closed(load) = &client.load else { continue };
            let id = ClientId(index as u16);
            for user in 0..load.users {
                let first = match load.start {
                    Start::Synchronized => SimDuration::ZERO,
                    Start::Spread => {
                        self.thinks_after(client.edge, number(user, BEFORE_THE_FIRST), load)
                    }
                };
                self.user_begins(id, user, SimTime::ZERO + first);
            }
            let mut user = load.users;
            for (extra, at, ramp, _) in spikes_on(model, id, load.users) {
                for nth in 0..extra {
                    let wait = ramp.mul_f64(f64::from(nth) / f64::from(extra));
                    self.user_begins(id, user, at + wait);
                    user += 1;
                }
            }
        }
    }

    /// A user has thought, and calls.
    pub(super) fn user_calls(&mut self, client: ClientId, user: u32) {
        let users = &mut self.users[client.index()];
        let calls = &mut users.calls[user as usize];
        let (call, key) = (*calls, number(user, *calls));
        *calls += 1;
        let spec = &self.model.clients[client.index()];
        let thinks = match (&spec.load, &mut users.lookahead) {
            (Load::Closed(_), Some(lookahead)) => {
                let FirstDraws { demand, thinks } = lookahead.take(user, call, key);
                self.ahead = Ahead { edge: spec.edge, key, drawn: Drawn::Demand(demand) };
                thinks
            }
            (Load::Closed(load), None) => self.draw_ahead(spec.edge, key, load),
            (Load::Open(_), _) => SimDuration::ZERO,
        };
        self.start_call(spec.edge, key, Origin::Client { client, user }, thinks);
    }

    /// Makes the draws of a call's first attempt, where they are needed, and gives how long its user
    /// thinks after it.
    ///
    /// The thinking has a slot of its own among the draws of the first attempt, so that it is the same
    /// however many attempts the call makes, and where a guard turns the call away before any.
    #[inline]
    fn draw_ahead(&mut self, edge: EdgeId, key: u64, load: &ClosedLoad) -> SimDuration {
        if self.routes[edge.index()].draws {
            let block = self.draws[edge.index()].block(key, 1);
            let thinks = load.think.sample(&mut block.slot(Slot::Think));
            self.ahead = Ahead { edge, key, drawn: Drawn::Block(block) };
            return thinks;
        }
        self.thinks_after(edge, key, load)
    }

    /// How long a user thinks after the call with this number.
    fn thinks_after(&self, edge: EdgeId, key: u64, load: &ClosedLoad) -> SimDuration {
        if let Distribution::Constant(always) = load.think {
            return always;
        }
        load.think.sample(&mut self.draws[edge.index()].block(key, 1).slot(Slot::Think))
    }

    /// A user's call has ended: the user thinks so long, or leaves.
    #[inline(always)]
    pub(super) fn user_was_answered(&mut self, client: ClientId, user: u32, thinks: SimDuration) {
        let model = self.model;
        let Load::Closed(load) = &model.clients[client.index()].load else { return };
        let users = &self.users[client.index()];
        // How many calls a user has made is asked for last: it has long left the cache.
        let has_made = |limit| users.calls[user as usize] >= limit;
        if load.calls_per_user.is_some_and(has_made) || users.leaves(user, self.now) {
            return;
        }
        self.queue.schedule(self.now + thinks, Event::UserCalls { client: client.0, user });
    }

    fn user_begins(&mut self, client: ClientId, user: u32, at: SimTime) {
        self.queue.schedule_apart(at, Event::UserCalls { client: client.0, user });
    }
}
