//! The pool itself: connections in use, idle ones, those being opened, and the calls that wait.
//!
//! Whoever finds no idle connection waits in one line, first come, first served; for each who waits
//! a connection is being opened, as far as the pool may have more. A connection that becomes free,
//! newly opened or given back, goes to the first in the line, whoever it was opened for.
//!
//! Invariant: somebody waits only while no connection is idle, and while somebody waits, as many
//! connections are being opened as wait, unless the pool may not have more.

use std::collections::{BTreeMap, VecDeque};

use rand::Rng;

use crate::kernel::{Distribution, SimDuration, SimTime};
use crate::policy::Outcome;
use crate::policy::gate::{Answer, Pass, Released, Ticket};

/// What the parameters of a pool come to.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// How many connections there may be, those being opened included.
    pub(super) max_open: Option<u32>,
    /// How many of them may be idle; one more is closed when it is given back.
    pub(super) max_idle: Option<u32>,
    /// How many calls may wait; one more ends as `overflow`.
    pub(super) max_waiting: Option<u32>,
    /// How long a call may wait; then it ends as `connect_timeout`.
    pub(super) max_wait: Option<SimDuration>,
    /// How long it takes to open a connection.
    pub(super) connect: Distribution,
    /// After which time opening a connection has failed.
    pub(super) connect_timeout: Option<SimDuration>,
    /// Who hears of it.
    pub(super) failed_connect: FailedConnect,
    /// How long a connection stays open that is idle.
    pub(super) idle_life: Option<SimDuration>,
}

/// Who hears that a connection could not be opened: then the outcome is `connect_timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailedConnect {
    /// The first who waits.
    First,
    /// Everybody who waits.
    Everybody,
    /// Nobody: it is tried again for as long as somebody waits.
    Nobody,
}

/// A running pool.
#[derive(Clone, Debug)]
pub struct Connections {
    rules: Rules,
    in_use: u32,
    /// The idle connections, the oldest first. The youngest is used first.
    idle: VecDeque<Idle>,
    /// By the time at which it is known whether they are open, and in the order of their start.
    opening: BTreeMap<(SimTime, u64), Opens>,
    started: u64,
    waiting: VecDeque<Waiting>,
}

/// A connection that is not in use.
#[derive(Clone, Copy, Debug)]
struct Idle {
    since: SimTime,
    opened: SimTime,
}

/// What a call carries that has a connection: when that was opened.
fn over(opened: SimTime) -> Pass {
    let nanos = opened.as_nanos();
    Pass { generation: (nanos >> 32) as u32, mark: nanos as u32 }
}

/// When the connection was opened that a call has.
pub(crate) fn opened(pass: Pass) -> SimTime {
    SimTime::from_nanos(u64::from(pass.generation) << 32 | u64::from(pass.mark))
}

/// Whether a connection that is being opened will be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opens {
    Yes,
    No,
}

/// A call that waits for a connection.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: Ticket,
    until: SimTime,
    /// How long opening a connection takes if it is begun for this call.
    connect: SimDuration,
}

impl Connections {
    pub(super) fn new(rules: Rules) -> Self {
        let (idle, waiting) = (VecDeque::new(), VecDeque::new());
        Self { rules, in_use: 0, idle, opening: BTreeMap::new(), started: 0, waiting }
    }

    /// How many connections are open, in use or idle.
    pub fn open(&self) -> u32 {
        self.in_use + self.idle.len() as u32
    }

    /// How many connections are in use.
    pub fn running(&self) -> u32 {
        self.in_use
    }

    /// How many calls wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether all connections that there may be are in use.
    pub fn is_used_up(&self) -> bool {
        self.idle.is_empty() && self.opening.is_empty() && !self.has_room()
    }

    /// A call wants a connection.
    pub(super) fn take<R: Rng>(&mut self, now: SimTime, ticket: Ticket, draws: &mut R) -> Answer {
        self.close_the_idle(now);
        if let Some(idle) = self.idle.pop_back() {
            self.in_use += 1;
            return Answer::Admit(over(idle.opened));
        }
        let connect = self.rules.connect.sample(draws);
        let has_room = self.has_room();
        if has_room && connect.is_zero() {
            self.in_use += 1;
            return Answer::Admit(over(now));
        }
        if self.rules.max_waiting.is_some_and(|most| self.waiting.len() >= most as usize) {
            return Answer::Reject(Outcome::Overflow);
        }
        if self.rules.max_wait.is_some_and(|wait| wait.is_zero()) && !has_room {
            return Answer::Reject(Outcome::ConnectTimeout);
        }
        let until = self.rules.max_wait.map_or(SimTime::MAX, |wait| now + wait);
        self.waiting.push_back(Waiting { ticket, until, connect });
        self.open_for_those_who_wait(now);
        Answer::Wait
    }

    /// A call that had a connection has ended so. If the answer was not read, the connection cannot
    /// be used again.
    pub(super) fn give_back(
        &mut self,
        now: SimTime,
        pass: Pass,
        outcome: Outcome,
        released: &mut Released,
    ) {
        self.in_use -= 1;
        if outcome.leaves_the_connection_open() {
            self.hand_on(now, opened(pass), released);
        } else {
            self.open_for_those_who_wait(now);
        }
    }

    /// A call no longer waits; the connection that is being opened for it will be of use to others.
    pub(super) fn forget(&mut self, ticket: Ticket) {
        if let Some(place) = self.waiting.iter().position(|waiting| waiting.ticket == ticket) {
            self.waiting.remove(place);
        }
    }

    /// When something happens next by itself.
    pub(super) fn next_change(&self) -> Option<SimTime> {
        let opened = self.opening.keys().next().map(|(at, _)| *at);
        // All wait equally long.
        let given_up = self.waiting.front().map(|first| first.until);
        let closed =
            self.idle.front().zip(self.rules.idle_life).map(|(idle, life)| idle.since + life);
        let next = opened.into_iter().chain(given_up).chain(closed).min();
        next.filter(|at| *at < SimTime::MAX)
    }

    /// What happens by itself until now. A connection that is open just when somebody has waited
    /// long enough is still in time.
    pub(super) fn pass(&mut self, now: SimTime, released: &mut Released) {
        while let Some(known) = self.opening.first_entry()
            && known.key().0 <= now
        {
            let opened = known.key().0;
            match known.remove() {
                Opens::Yes => self.hand_on(now, opened, released),
                Opens::No => self.tell_of_failure(now, released),
            }
        }
        while self.waiting.front().is_some_and(|first| first.until <= now)
            && let Some(first) = self.waiting.pop_front()
        {
            released.push((first.ticket, Answer::Reject(Outcome::ConnectTimeout)));
        }
        self.close_the_idle(now);
    }

    /// A connection is free: whoever waits longest has it, or it is idle, or closed.
    fn hand_on(&mut self, now: SimTime, opened: SimTime, released: &mut Released) {
        if let Some(first) = self.waiting.pop_front() {
            self.in_use += 1;
            released.push((first.ticket, Answer::Admit(over(opened))));
        } else if self.rules.max_idle.is_none_or(|most| self.idle.len() < most as usize) {
            self.idle.push_back(Idle { since: now, opened });
        }
    }

    fn tell_of_failure(&mut self, now: SimTime, released: &mut Released) {
        let told = match self.rules.failed_connect {
            FailedConnect::First => self.waiting.len().min(1),
            FailedConnect::Everybody => self.waiting.len(),
            FailedConnect::Nobody => 0,
        };
        let told = self.waiting.drain(..told);
        released.extend(told.map(|w| (w.ticket, Answer::Reject(Outcome::ConnectTimeout))));
        self.open_for_those_who_wait(now);
    }

    fn has_room(&self) -> bool {
        let open = u64::from(self.open()) + self.opening.len() as u64;
        self.rules.max_open.is_none_or(|most| open < u64::from(most))
    }

    fn open_for_those_who_wait(&mut self, now: SimTime) {
        while self.has_room()
            && let Some(Waiting { connect, .. }) = self.waiting.get(self.opening.len()).copied()
        {
            let given_up = self.rules.connect_timeout.filter(|timeout| connect > *timeout);
            let (takes, opens) = given_up.map_or((connect, Opens::Yes), |at| (at, Opens::No));
            self.opening.insert((now + takes, self.started), opens);
            self.started += 1;
        }
    }

    fn close_the_idle(&mut self, now: SimTime) {
        let Some(life) = self.rules.idle_life else { return };
        while self.idle.front().is_some_and(|idle| idle.since + life <= now) {
            self.idle.pop_front();
        }
    }
}
