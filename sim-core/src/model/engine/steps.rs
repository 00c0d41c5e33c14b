//! The steps of a handler, one after the other, until one of them takes time.

use super::super::handler::{Step, Ways};
use super::super::spec::{Deadlines, RowId};
use super::Engine;
use super::request::{Details, Request};
use super::route::Route;
use crate::kernel::SimDuration;
use crate::kernel::draw::{DrawBlock, Slot, unit_f64};
use crate::policy::Outcome;

/// What comes after a step that is neither work nor a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The step at this place.
    Step(u16),
    /// Something that the request waits for.
    Waits,
    /// The handler ends so.
    Ends(Outcome),
}

/// What tells the draws of a step that is no work from those of the attempt: its number plus this.
const STEPS_THAT_DRAW: u32 = 1 << 16;

impl<'m> Engine<'m> {
    /// A request goes on with its next step.
    #[inline]
    pub(super) fn go_on(&mut self, request: u32) {
        let route = self.route_of(request);
        if let Some(outcome) = self.run_steps(route, request, None) {
            self.handler_ends_along(route, request, outcome);
        }
    }

    /// The steps of a request, or of a branch of one, have come to an end.
    #[inline(never)]
    pub(super) fn handler_ends(&mut self, request: u32, outcome: Outcome) {
        self.handler_ends_along(self.route_of(request), request, outcome);
    }

    #[inline(always)]
    fn handler_ends_along(&mut self, route: &'m Route<'m>, request: u32, outcome: Outcome) {
        if outcome != Outcome::Ok || self.requests[request].is_branch() {
            return self.ends_otherwise(request, outcome);
        }
        self.finish(route, request, outcome);
    }

    /// As [`Engine::handler_ends`], where it does not just end well.
    #[inline(never)]
    fn ends_otherwise(&mut self, request: u32, outcome: Outcome) {
        if let Next::Step(step) = self.unless_something_stale_will_do(request, outcome) {
            self.requests[request].step = step;
            return self.resume(request);
        }
        if self.requests[request].is_branch() {
            return self.branch_ends(request, outcome);
        }
        self.finish_apart(request, outcome);
    }

    /// Runs the steps of a handler until one of them takes time, or the handler ends: then so. The
    /// demand of the first is known where nothing came between.
    #[inline(always)]
    pub(super) fn run_steps(
        &mut self,
        route: &'m Route<'m>,
        request: u32,
        first: Option<SimDuration>,
    ) -> Option<Outcome> {
        let mut step = self.requests[request].step;
        while let Some(next) = route.steps.get(usize::from(step)) {
            if route.deadlines != Deadlines::Ignored && self.deadline_has_passed(request) {
                return Some(Outcome::Deadline);
            }
            match next {
                Step::Work(demand) => {
                    self.work(request, route, demand, first.filter(|_| step == 0));
                    return None;
                }
                Step::Call { edge, .. } => {
                    self.call_from(request, *edge);
                    return None;
                }
                other => match self.takes_step(request, other) {
                    Next::Step(next) => step = next,
                    Next::Waits => return None,
                    Next::Ends(outcome) => {
                        match self.unless_something_stale_will_do(request, outcome) {
                            Next::Step(next) => step = next,
                            _ => return Some(outcome),
                        }
                    }
                },
            }
            self.requests[request].step = step;
        }
        // `degraded`, if a call of its own was.
        Some(self.requests[request].outcome)
    }

    /// Does a step that is neither work nor a call, and is the request's present one.
    #[inline(never)]
    fn takes_step(&mut self, request: u32, step: &Step) -> Next {
        let after = Next::Step(self.requests[request].step + 1);
        match step {
            Step::Work(_) | Step::Call { .. } => after,
            Step::Read(row) => {
                self.details.at(request).version = self.rows[row.index()];
                after
            }
            Step::WriteIfUnchanged(row) => match self.write_if_unchanged(request, *row) {
                true => after,
                false => Next::Ends(Outcome::ClientError),
            },
            Step::Branch(ways) => Next::Step(self.chooses_way(request, ways)),
            Step::Jump(to) => Next::Step(*to),
            Step::Fork(fork) => {
                self.fork(request, fork);
                Next::Waits
            }
            Step::Join => Next::Ends(self.requests[request].outcome),
            Step::Spawn(edge) => {
                self.spawn(request, *edge);
                after
            }
            Step::Lock(lock) => self.lock(request, lock),
            Step::Unlock(lock) => {
                if let Some(Step::Lock(lock)) = self.route_of(request).steps.get(usize::from(*lock))
                {
                    self.unlock(request, lock);
                }
                after
            }
            Step::Commit => {
                self.end_transaction(request, true);
                self.unlock_all(request);
                after
            }
            Step::Apply { effect, at_commit } => {
                self.apply(request, *effect, *at_commit);
                after
            }
            Step::Look(look) => self.look(request, look),
            Step::Fill(look) => match self.route_of(request).steps.get(usize::from(*look)) {
                Some(Step::Look(look)) => self.fill(request, look),
                _ => after,
            },
            Step::Publish(broker) => self.publish(request, *broker),
            Step::Replicate => self.replicates(request),
            Step::UnlessApplied { effect, otherwise } => match self.is_applied(request, *effect) {
                true => after,
                false => Next::Step(*otherwise),
            },
        }
    }

    /// The handler of a request ends so, unless a cache that it has looked into has something stale
    /// that will do.
    #[inline(never)]
    fn unless_something_stale_will_do(&mut self, request: u32, outcome: Outcome) -> Next {
        let ends = Next::Ends(outcome);
        if !self.route_of(request).looks || !outcome.is_failure() || outcome == Outcome::Deadline {
            return ends;
        }
        let Some(step) = self.makes_do_with_stale(request) else { return ends };
        self.requests[request].outcome = Outcome::Degraded;
        let owner = self.owner_of(request);
        self.leaves_caches(owner, outcome);
        Next::Step(step)
    }

    /// Which of several ways a request takes.
    fn chooses_way(&self, request: u32, ways: &Ways) -> u16 {
        ways.at(unit_f64(self.block_of_present_step(request).bits(Slot::Branch)))
    }

    /// The draws of the step that a request is at, if that is no work: the same for each attempt that
    /// does not change what its call is about.
    pub(super) fn block_of_present_step(&self, request: u32) -> DrawBlock {
        let Request { edge, step, .. } = self.requests[request];
        let Details { key, attempt, .. } = *self.details_of(request);
        let step = STEPS_THAT_DRAW + u32::from(step);
        self.draws[edge.index()].block_of_step(key, attempt, step)
    }

    fn write_if_unchanged(&mut self, request: u32, row: RowId) -> bool {
        let version = &mut self.rows[row.index()];
        let unchanged = *version == self.details[request].version;
        *version += u32::from(unchanged);
        unchanged
    }
}
