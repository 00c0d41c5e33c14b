//! One call and its copies.

use super::Plan;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;

/// What the driver of a call does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Do {
    /// Nothing, until something happens or [`HedgedCall::sends_at`] has come.
    Wait,
    /// Sends another copy.
    Send,
    /// Cancels the copies that are out, except the one that was spoken of; the call goes on.
    CancelOthers,
    /// Ends the call with this outcome and cancels the copies that are out.
    End(Outcome),
}

/// What a server says about further copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushback {
    /// None shall be sent (`grpc-retry-pushback-ms` is negative or no number).
    Never,
    /// The next one shall be sent after this time.
    After(SimDuration),
}

/// One call and its copies.
#[derive(Clone, Copy, Debug)]
pub struct HedgedCall {
    plan: Plan,
    delay: Option<SimDuration>,
    sent: u32,
    out: u32,
    /// When the next copy is sent, if any.
    sends_at: Option<SimTime>,
    /// How the last copy failed, in case it was the last.
    failure: Outcome,
}

impl HedgedCall {
    /// No call: no copy of it is out, and none will be.
    pub(crate) const NONE: Self = Self {
        plan: Plan { max_attempts: 0, non_fatal: None, tied: false },
        delay: None,
        sent: 0,
        out: 0,
        sends_at: None,
        failure: Outcome::Cancelled,
    };

    pub(super) fn new(plan: Plan, now: SimTime, delay: Option<SimDuration>) -> Self {
        let failure = Outcome::Cancelled;
        let mut call = Self { plan, delay, sent: 1, out: 1, sends_at: None, failure };
        call.set_timer(now);
        call
    }

    /// When the next copy is sent, if nothing happens before.
    pub fn sends_at(&self) -> Option<SimTime> {
        self.sends_at
    }

    /// How many copies were sent.
    pub fn sent(&self) -> u32 {
        self.sent
    }

    /// How many copies are out.
    pub fn out(&self) -> u32 {
        self.out
    }

    /// Whether a copy that ends so has failed without ending the call.
    pub fn is_non_fatal(&self, outcome: Outcome) -> bool {
        outcome.is_failure() && self.plan.non_fatal.is_none_or(|set| set.contains(outcome))
    }

    /// The time that [`Self::sends_at`] named has come. The budget is asked whether a copy may be
    /// sent; if not, this call sends no more.
    pub fn due(&mut self, now: SimTime, may_send: impl FnOnce() -> bool) -> Do {
        if self.sends_at.is_none_or(|at| now < at) {
            return Do::Wait;
        }
        self.send_if(now, may_send)
    }

    /// A copy was answered well: the call ends.
    pub fn succeeded(&mut self, outcome: Outcome) -> Do {
        self.out -= 1;
        self.sends_at = None;
        Do::End(outcome)
    }

    /// A copy failed.
    pub fn failed(
        &mut self,
        now: SimTime,
        outcome: Outcome,
        pushback: Option<Pushback>,
        may_send: impl FnOnce() -> bool,
    ) -> Do {
        self.out -= 1;
        self.failure = outcome;
        match (self.plan.non_fatal, pushback) {
            // Nothing but the timer sends a copy, and it waits for an answer to one that is out.
            (None, _) => self.end_if_none_is_out(),
            (Some(non_fatal), _) if !non_fatal.contains(outcome) => self.end(),
            (Some(_), Some(Pushback::After(wait))) if self.sends_at.is_some() => {
                self.sends_at = Some(now + wait);
                Do::Wait
            }
            (Some(_), None) if self.sends_at.is_some() => self.send_if(now, may_send),
            // No copy is to come, or the server wants none: those that are out go on.
            _ => self.stop(),
        }
    }

    /// A server has begun to work on a copy.
    pub fn started(&mut self) -> Do {
        if !self.plan.tied {
            return Do::Wait;
        }
        let others = self.out > 1;
        (self.out, self.sends_at) = (1, None);
        if others { Do::CancelOthers } else { Do::Wait }
    }

    fn send_if(&mut self, now: SimTime, may_send: impl FnOnce() -> bool) -> Do {
        if !may_send() {
            return self.stop();
        }
        self.sent += 1;
        self.out += 1;
        self.set_timer(now);
        Do::Send
    }

    /// From now on: the next copy after the delay, if one is left.
    fn set_timer(&mut self, now: SimTime) {
        let delay = self.delay.filter(|_| self.sent < self.plan.max_attempts);
        self.sends_at = delay.map(|delay| now + delay);
    }

    /// Sends no more copies; ends with the last.
    fn stop(&mut self) -> Do {
        self.sends_at = None;
        self.end_if_none_is_out()
    }

    fn end_if_none_is_out(&mut self) -> Do {
        if self.out > 0 { Do::Wait } else { self.end() }
    }

    fn end(&mut self) -> Do {
        self.sends_at = None;
        Do::End(self.failure)
    }
}
