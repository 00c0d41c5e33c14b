//! Branches of a handler that run side by side.
//!
//! A branch is a slot among those of the requests, with what is known of the request that it belongs to:
//! so it can work, call and wait as that can. It holds no worker, comes over no network, and is counted
//! nowhere. Those of one request are a list, in the order in which they began.

use super::super::handler::{Fork, Rest, Step};
use super::super::spec::{Deadlines, EdgeId, ServiceId};
use super::Engine;
use super::request::{Details, NONE, Stage};
use super::slab::Beside;
use crate::policy::Outcome;

/// What is known of branches, by slot of the requests: of one that has some, and of each of them.
#[derive(Debug)]
pub(super) struct Branches {
    links: Beside<Links>,
    /// How often requests have forked.
    forks: u32,
}

#[derive(Clone, Copy, Debug)]
struct Links {
    /// Of a branch: whose it is, if somebody still waits for it, and the next of its sisters.
    parent: u32,
    next: u32,
    /// Of one that waits for branches: the first, how many run, how many have ended well, and which
    /// fork of the run it is.
    first: u32,
    running: u16,
    well: u16,
    fork: u32,
    /// Of a branch: its first step.
    from: u16,
    /// Of a branch that refreshes a cache in the background: the step that fills it.
    refreshes: u16,
}

/// Of a branch that refreshes nothing.
const NOTHING: u16 = u16::MAX;

impl Branches {
    pub(super) fn new() -> Self {
        let none = Links {
            parent: NONE,
            next: NONE,
            first: NONE,
            running: 0,
            well: 0,
            fork: 0,
            from: 0,
            refreshes: NOTHING,
        };
        Self { links: Beside::new(none), forks: 0 }
    }
}

impl Engine<'_> {
    /// A request begins branches, and waits for them.
    pub(super) fn fork(&mut self, request: u32, fork: &Fork) {
        self.branches.forks += 1;
        let this_fork = self.branches.forks;
        self.requests[request].stage = Stage::Forked;
        let mut next = NONE;
        for first_step in fork.branches.iter().rev() {
            let branch = self.make_branch(request, *first_step);
            let links = self.branches.links.at(branch);
            (links.parent, links.next, links.refreshes) = (request, next, NOTHING);
            next = branch;
        }
        let links = self.branches.links.at(request);
        (links.first, links.running, links.well) = (next, fork.branches.len() as u16, 0);
        links.fork = this_fork;
        self.trace_branches(request);
        if self.route_of(request).is_async {
            self.release_worker(request);
            self.serve_waiting(request);
        }
        // The first may end all before the last has begun, and others may come into their slots.
        while self.branches.links[request].fork == this_fork
            && let Some(branch) = self.first_that_is_ready(request)
        {
            self.go_on(branch);
        }
    }

    /// How many of its branches have to end well still for a request to go on.
    pub(super) fn branches_still_needed(&self, request: u32) -> usize {
        let step = usize::from(self.requests[request].step);
        match self.route_of(request).steps.get(step) {
            Some(Step::Fork(fork)) => {
                usize::from(fork.needed.saturating_sub(self.branches.links[request].well))
            }
            _ => 1,
        }
    }

    fn make_branch(&mut self, request: u32, first_step: u16) -> u32 {
        let state = self.requests[request].branch(first_step);
        let details = Details { nested: NONE, ..*self.details_of(request) };
        let branch = self.requests.insert(state);
        self.details.put(branch, details);
        self.branches.links.at(branch).from = first_step;
        self.share_what_it_is_about(request, branch);
        if self.route_of(request).deadlines != Deadlines::Ignored {
            self.share_deadline(request, branch);
        }
        branch
    }

    fn first_that_is_ready(&self, request: u32) -> Option<u32> {
        self.branches_of(request).find(|branch| self.requests[*branch].stage == Stage::Ready)
    }

    /// The branches that a request waits for.
    pub(super) fn branches_of(&self, request: u32) -> impl Iterator<Item = u32> + '_ {
        let links = &self.branches.links;
        let some = |slot: u32| (slot != NONE).then_some(slot);
        std::iter::successors(some(links[request].first), move |slot| some(links[*slot].next))
    }

    /// A branch has ended so: the request goes on, fails, or waits for the others.
    pub(super) fn branch_ends(&mut self, branch: u32, outcome: Outcome) {
        let request = self.branches.links[branch].parent;
        if self.route_of(branch).looks {
            self.leaves_caches(branch, outcome);
        }
        self.trace_leaves(branch, outcome);
        self.discard(branch);
        if request == NONE {
            return;
        }
        self.unlink_branch(request, branch);
        let route = self.route_of(request);
        let Some(Step::Fork(fork)) = route.steps.get(usize::from(self.requests[request].step))
        else {
            return;
        };
        let well = !outcome.is_failure();
        if outcome == Outcome::Degraded {
            self.requests[request].outcome = Outcome::Degraded;
        }
        let links = self.branches.links.at(request);
        links.running -= 1;
        links.well += u16::from(well);
        if links.well >= fork.needed {
            self.leave_branches(request, fork.rest);
            self.requests[request].step = fork.next;
            self.resume(request);
        } else if links.well + links.running < fork.needed {
            self.leave_branches(request, fork.rest);
            self.handler_ends(request, outcome);
        }
    }

    fn unlink_branch(&mut self, request: u32, branch: u32) {
        let next = self.branches.links[branch].next;
        if self.branches.links[request].first == branch {
            self.branches.links.at(request).first = next;
            return;
        }
        let before = self.branches_of(request).find(|b| self.branches.links[*b].next == branch);
        if let Some(before) = before {
            self.branches.links.at(before).next = next;
        }
    }

    /// A request waits for its branches no more; the fork is over.
    fn leave_branches(&mut self, request: u32, rest: Rest) {
        match rest {
            Rest::Stopped => self.stop_branches(request),
            Rest::GoesOn => {
                let left: Vec<u32> = self.branches_of(request).collect();
                self.forget_branches(request);
                for branch in left {
                    self.branches.links.at(branch).parent = NONE;
                    if self.requests[branch].stage == Stage::Ready {
                        self.goes_on_soon(branch);
                    }
                }
            }
        }
    }

    /// The request whose branch one is, if somebody still waits for it.
    pub(super) fn parent_of(&self, request: u32) -> u32 {
        match self.requests[request].is_branch() {
            true => self.branches.links[request].parent,
            false => NONE,
        }
    }

    /// The step that a handler, or a branch of it, began with.
    pub(super) fn began_with(&self, request: u32) -> u16 {
        match self.requests[request].is_branch() {
            true => self.branches.links[request].from,
            false => 0,
        }
    }

    /// A branch begins that nobody waits for, and that fetches what a cache has to have anew.
    pub(super) fn begins_to_refresh(&mut self, request: u32, fill: u16) -> u32 {
        let branch = self.make_branch(request, self.requests[request].step + 1);
        let links = self.branches.links.at(branch);
        (links.parent, links.next, links.refreshes) = (NONE, NONE, fill);
        self.trace_branch(request, branch);
        self.goes_on_soon(branch);
        branch
    }

    /// Whether a branch was there only to come to this step.
    pub(super) fn is_refresh_until(&self, request: u32, fill: u16) -> bool {
        self.requests[request].is_branch() && self.branches.links[request].refreshes == fill
    }

    /// Stops the branches of a request where they are.
    pub(super) fn stop_branches(&mut self, request: u32) {
        let left: Vec<u32> = self.branches_of(request).collect();
        self.forget_branches(request);
        for branch in left {
            self.stop_branch(branch);
        }
    }

    fn forget_branches(&mut self, request: u32) {
        let links = self.branches.links.at(request);
        (links.first, links.fork) = (NONE, 0);
    }

    fn stop_branch(&mut self, branch: u32) {
        self.stop_waiting(branch);
        if self.route_of(branch).looks {
            self.leaves_caches(branch, Outcome::Cancelled);
        }
        self.trace_leaves(branch, Outcome::Cancelled);
        self.discard(branch);
    }

    /// Stops the branches that go on alone in an instance, which dies.
    pub(super) fn stop_branches_alone(&mut self, service: ServiceId, instance: u32) {
        let alone: Vec<u32> = self
            .requests
            .slots()
            .filter(|slot| {
                let state = &self.requests[*slot];
                let EdgeId(edge) = state.edge;
                state.is_branch()
                    && state.stage.is_inside()
                    && self.branches.links[*slot].parent == NONE
                    && (self.routes[usize::from(edge)].service, state.instance)
                        == (service, instance)
            })
            .collect();
        for branch in alone {
            self.stop_branch(branch);
        }
    }
}
