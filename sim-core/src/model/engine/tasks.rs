//! Background tasks: what a handler begins and does not wait for.
//!
//! A task is a request that no call has made. It stays in the instance that began it, comes over no
//! network, and its end reaches nobody: it is counted at the edge and at the task, and nowhere else.

use super::super::spec::EdgeId;
use super::Engine;
use super::request::{Details, NONE, Request};
use crate::kernel::SimDuration;
use crate::kernel::draw::{Slot, lineage};
use crate::policy::Outcome;

impl Engine<'_> {
    /// The handler of a request begins a task.
    pub(super) fn spawn(&mut self, from: u32, edge: EdgeId) {
        let now = self.now;
        let Request { step, instance, .. } = self.requests[from];
        let details = *self.details_of(from);
        let site = self.sites[edge.index()].wrapping_add(u64::from(step));
        let key = lineage(details.key, site, details.attempt);
        let route = &self.routes[edge.index()];
        let demand = route.first_demand.map_or(SimDuration::ZERO, |demand| {
            demand.sample(&mut self.draws[edge.index()].block(key, 1).slot(Slot::Demand))
        });
        let task = self.requests.insert(Request::sent(now, edge, NONE, instance, demand));
        // Nothing is scheduled that names it.
        self.requests[task].pending = 0;
        let details = Details { key, attempt: 1, generation: 0, nested: NONE, ..details };
        self.details.put(task, details);
        self.share_what_it_is_about(from, task);
        self.trace_task(from, task);
        self.meters.edge(edge).arrives(now);
        self.meters.book(route.served, |meter| meter.arrives(now));
        self.instances[route.instance(instance)].inside += 1;
        self.comes_to_pool(task);
    }

    /// A task has ended so.
    pub(super) fn task_ends(&mut self, task: u32, outcome: Outcome) {
        let Request { edge, sent, .. } = self.requests[task];
        let now = self.now;
        let meter = self.meters.edge(edge);
        meter.in_flight.down(now);
        meter.ends(outcome, sent, now);
        if outcome.is_good() {
            meter.was_good();
            let served = self.routes[edge.index()].served;
            self.meters.book(served, |meter| meter.was_good());
        }
        self.discard(task);
    }
}
