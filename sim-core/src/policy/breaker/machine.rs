//! A breaker that runs.

use std::collections::VecDeque;
use std::sync::Arc;

use rand::Rng;

use super::axes::{Denominator, Due, Forgets, JudgedOn, LateResults, Probes, Surplus, Transition};
use super::policy::{BreakerPolicy, OpenTime};
use super::trial::Trial;
use super::trip::{AnyTally, MARK_BITS, Sample, Tally, Totals};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::backoff::BackoffState;
use crate::policy::backoff::scripted::{Always, MIDDLE};
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use crate::policy::outcome::Outcome;

/// What a breaker does with calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BreakerState {
    /// It lets them through.
    #[default]
    Closed,
    /// It turns them away.
    Open,
    /// It lets some try.
    HalfOpen,
}

impl BreakerState {
    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// How often a breaker has changed its state, for whoever measures: several changes can fall into
/// one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// How often it opened.
    pub opened: u32,
    /// How often it became half-open.
    pub half_opened: u32,
    /// How often it closed.
    pub closed: u32,
}

/// The running state of a breaker.
#[derive(Clone, Debug)]
pub struct BreakerMachine {
    policy: Arc<BreakerPolicy>,
    tally: AnyTally,
    /// Whether a call that finds it closed has to wait, to draw, or to be counted.
    asks_closely: bool,
    state: BreakerState,
    generation: u32,
    since: SimTime,
    /// When the open time is over, or the half-open one; `MAX` is never.
    due: SimTime,
    open_time: SimDuration,
    openings_in_a_row: u32,
    trial: Trial,
    waiting: VecDeque<Ticket>,
    /// Whether a call is under way, if calls are serialised.
    busy: bool,
    /// The draw of the call that asked last: what the next open time is spread by.
    draw: Always,
    backoff: BackoffState,
    rejected: u32,
    changes: Changes,
}

/// Marks the pass of a call that a half-open breaker admitted.
const PROBE: u32 = !MARK_BITS;

impl BreakerMachine {
    pub(super) fn new(policy: Arc<BreakerPolicy>) -> Self {
        Self {
            tally: policy.trip.start(),
            asks_closely: policy.serialised
                || policy.denominator != Denominator::Results
                || matches!(policy.open, OpenTime::Growing(_)),
            policy,
            state: BreakerState::Closed,
            generation: 0,
            since: SimTime::ZERO,
            due: SimTime::MAX,
            open_time: SimDuration::ZERO,
            openings_in_a_row: 0,
            trial: Trial::default(),
            waiting: VecDeque::new(),
            busy: false,
            draw: MIDDLE,
            backoff: BackoffState::default(),
            rejected: 0,
            changes: Changes::default(),
        }
    }

    /// Its state. A lazy breaker whose open time is over stays open until somebody asks.
    pub fn state(&self) -> BreakerState {
        self.state
    }

    /// Since when it is in this state.
    pub fn since(&self) -> SimTime {
        self.since
    }

    /// How often it has changed its state.
    pub fn changes(&self) -> Changes {
        self.changes
    }

    /// How many calls wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many calls it has turned away since it last closed or became half-open.
    pub fn rejected(&self) -> u32 {
        self.rejected
    }

    /// What its trip rule has counted.
    pub fn counted(&mut self, now: SimTime) -> Totals {
        self.tally.totals(now)
    }

    /// The results of those who tried since it last became half-open.
    pub fn tried(&self) -> Totals {
        self.trial.results
    }

    /// How many calls were admitted since it last became half-open, while it is.
    pub fn probes(&self) -> u32 {
        self.trial.admitted
    }

    #[inline(always)]
    fn decide(&mut self, now: SimTime) -> Answer {
        self.half_open_if_due(now);
        match self.state {
            BreakerState::Closed => self.admit(now),
            BreakerState::Open => self.reject(),
            BreakerState::HalfOpen if self.trial.admits() => self.admit_probe(now),
            BreakerState::HalfOpen => match self.policy.half_open_surplus {
                Surplus::Rejected => self.reject(),
                Surplus::Waits => Answer::Wait,
            },
        }
    }

    #[inline]
    fn admit(&mut self, now: SimTime) -> Answer {
        if self.policy.denominator == Denominator::Admitted {
            self.tally.call(now);
        }
        let mark = self.tally.mark(now);
        Answer::Admit(Pass { generation: self.generation, mark })
    }

    #[inline(never)]
    fn admit_probe(&mut self, now: SimTime) -> Answer {
        let counted = self.policy.probes == Probes::Counted;
        if counted && self.policy.denominator == Denominator::Admitted {
            self.tally.call(now);
        }
        Answer::Admit(Pass { generation: self.generation, mark: PROBE })
    }

    #[inline]
    fn reject(&mut self) -> Answer {
        self.rejected = self.rejected.saturating_add(1);
        Answer::Reject(Outcome::RejectedBreaker)
    }

    /// A result, by the library's rule for late ones.
    #[inline(always)]
    fn hear(&mut self, now: SimTime, pass: Pass, sample: Sample) {
        // Mostly the breaker has been closed since before the call, and is told of nothing else.
        if pass.generation == self.generation && self.state == BreakerState::Closed {
            return self.judge(now, pass.mark & MARK_BITS, sample);
        }
        self.hear_closely(now, pass, sample);
    }

    #[inline(never)]
    fn hear_closely(&mut self, now: SimTime, pass: Pass, sample: Sample) {
        let late = pass.generation != self.generation;
        // What a late call was marked with belongs to counts that are no more.
        let mark = if late { self.tally.mark(now) } else { pass.mark & MARK_BITS };
        match self.policy.late_results {
            // Who is told something looks at the clock, though it drops what it is told.
            LateResults::Dropped if late => self.half_open_if_due(now),
            LateResults::Acting if self.state == BreakerState::Open => self.act(now, mark, sample),
            LateResults::ByAdmission => self.hear_by_admission(now, pass, mark, sample),
            _ => self.hear_now(now, mark, sample),
        }
    }

    #[inline]
    fn hear_now(&mut self, now: SimTime, mark: u32, sample: Sample) {
        match self.state {
            BreakerState::Closed => self.judge(now, mark, sample),
            BreakerState::Open => self.tally.record(now, mark, sample),
            BreakerState::HalfOpen => self.hear_probe(now, sample),
        }
    }

    #[inline(always)]
    fn judge(&mut self, now: SimTime, mark: u32, sample: Sample) {
        let asked = sample.failed || self.policy.judged_on == JudgedOn::Results;
        let rates = (asked && self.state != BreakerState::Open).then_some(&self.policy.rates);
        if self.tally.judges(now, mark, sample, rates) {
            self.open(now);
        }
    }

    #[inline(never)]
    fn hear_probe(&mut self, now: SimTime, sample: Sample) {
        self.trial.record(sample);
        let verdict = self.trial.verdict(&self.policy);
        if verdict == Some(true) {
            self.close(now);
        }
        if self.policy.probes == Probes::Counted {
            let mark = self.tally.mark(now);
            self.tally.record(now, mark, sample);
        }
        if verdict == Some(false) {
            self.open(now);
        }
    }

    /// A late result that acts on an open breaker.
    #[inline(never)]
    fn act(&mut self, now: SimTime, mark: u32, sample: Sample) {
        if sample.failed {
            self.due = now + self.open_time;
        } else {
            self.close(now);
        }
        self.tally.record(now, mark, sample);
    }

    #[inline(never)]
    fn hear_by_admission(&mut self, now: SimTime, pass: Pass, mark: u32, sample: Sample) {
        if pass.mark & PROBE == 0 {
            self.judge(now, mark, sample);
        } else if self.state == BreakerState::HalfOpen {
            self.hear_probe(now, sample);
        } else {
            if !sample.failed {
                self.tally.forget(now);
            }
            self.tally.record(now, mark, sample);
            if sample.failed && self.state == BreakerState::Closed {
                self.open(now);
            }
        }
    }

    /// A result that counts as nothing gives its permit back.
    #[inline(never)]
    fn ignore(&mut self, pass: Pass) {
        let own = pass.generation == self.generation;
        let anybody =
            matches!(self.policy.late_results, LateResults::Counted | LateResults::Acting);
        if self.state == BreakerState::HalfOpen && (own || anybody) {
            self.trial.give_back();
        }
    }

    #[inline]
    fn half_open_if_due(&mut self, now: SimTime) {
        if self.state != BreakerState::Open || self.due == SimTime::MAX {
            return;
        }
        let over = match self.policy.due {
            Due::At => now >= self.due,
            Due::After => now > self.due,
        };
        if over {
            self.half_open(now);
        }
    }

    #[inline(never)]
    fn open(&mut self, now: SimTime) {
        self.openings_in_a_row = self.openings_in_a_row.saturating_add(1);
        self.open_time = self.policy.open.of(self.openings_in_a_row, &mut self.backoff, self.draw);
        self.changes.opened += 1;
        self.enter(BreakerState::Open, now);
        self.due = now + self.open_time;
    }

    #[inline(never)]
    fn half_open(&mut self, now: SimTime) {
        self.rejected = 0;
        self.trial = Trial::new(self.policy.half_open_calls);
        self.changes.half_opened += 1;
        self.enter(BreakerState::HalfOpen, now);
        self.due = self.policy.half_open_for.map_or(SimTime::MAX, |time| now + time);
    }

    #[inline(never)]
    fn close(&mut self, now: SimTime) {
        self.rejected = 0;
        self.openings_in_a_row = 0;
        self.backoff = BackoffState::default();
        self.changes.closed += 1;
        if self.policy.forgets == Forgets::OnClose {
            self.tally.forget(now);
        }
        self.enter(BreakerState::Closed, now);
        self.due = SimTime::MAX;
    }

    fn enter(&mut self, state: BreakerState, now: SimTime) {
        self.state = state;
        self.since = now;
        self.generation = self.generation.wrapping_add(1);
        if self.policy.forgets == Forgets::OnEveryChange {
            self.tally.forget(now);
        }
    }

    /// Answers those who wait, as far as there is an answer now.
    #[inline]
    fn release(&mut self, now: SimTime, released: &mut Released) {
        if !self.waiting.is_empty() {
            self.release_waiting(now, released);
        }
    }

    #[inline(never)]
    fn release_waiting(&mut self, now: SimTime, released: &mut Released) {
        for _ in 0..self.waiting.len() {
            if self.policy.serialised && self.busy {
                return;
            }
            let Some(ticket) = self.waiting.pop_front() else { return };
            match self.decide(now) {
                Answer::Wait => self.waiting.push_front(ticket),
                answer => {
                    self.busy = matches!(answer, Answer::Admit(_));
                    released.push((ticket, answer));
                    continue;
                }
            }
            // Whoever is behind it would wait as well.
            return;
        }
    }
}

impl Gate for BreakerMachine {
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, draws: &mut R) -> Answer {
        if matches!(self.policy.open, OpenTime::Growing(_)) {
            self.draw = Always(draws.next_u64());
        }
        if self.policy.denominator == Denominator::Asked {
            self.tally.call(now);
        }
        let answer = match self.policy.serialised && self.busy {
            true => Answer::Wait,
            false => self.decide(now),
        };
        match answer {
            Answer::Admit(_) => self.busy = true,
            Answer::Wait => self.waiting.push_back(ticket),
            Answer::Reject(_) => {}
        }
        answer
    }

    #[inline]
    fn admits_at_once(&mut self, now: SimTime) -> Option<Pass> {
        if self.state != BreakerState::Closed || self.asks_closely {
            return None;
        }
        self.busy = true;
        Some(Pass { generation: self.generation, mark: self.tally.mark(now) })
    }

    #[inline(always)]
    fn ended(&mut self, now: SimTime, pass: Pass, ending: Ending, released: &mut Released) {
        self.busy = false;
        match self.policy.sample(ending) {
            Some(sample) => self.hear(now, pass, sample),
            None => self.ignore(pass),
        }
        self.release(now, released);
    }

    fn withdrawn(&mut self, _now: SimTime, ticket: Ticket, _released: &mut Released) {
        if let Some(place) = self.waiting.iter().position(|waiting| *waiting == ticket) {
            self.waiting.remove(place);
        }
    }

    #[inline]
    fn wakes_at(&self) -> Option<SimTime> {
        let timed = match self.state {
            BreakerState::Closed => false,
            BreakerState::Open => self.policy.transition == Transition::Automatic,
            BreakerState::HalfOpen => true,
        };
        (timed && self.due != SimTime::MAX).then_some(self.due)
    }

    fn may_wake(&self) -> bool {
        self.policy.transition == Transition::Automatic || self.policy.half_open_for.is_some()
    }

    fn wake(&mut self, now: SimTime, released: &mut Released) {
        if self.wakes_at().is_none_or(|due| now < due) {
            return;
        }
        match self.state {
            BreakerState::Open => self.half_open(now),
            _ => self.open(now),
        }
        self.release(now, released);
    }
}
