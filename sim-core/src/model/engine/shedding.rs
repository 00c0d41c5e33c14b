//! Queues with a shedder: whom they keep, for how long, and whom a free worker takes.

use super::Engine;
use super::event::Event;
use super::instance::Line;
use super::request::{Details, NONE, Request, Stage};
use super::slab::Slab;
use crate::kernel::draw::Slot;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::shedding::{End, Entry, Manage, Next, Verdict};
use crate::policy::{Outcome, Shedder, Shedding};

/// A queue with a shedder: those who wait, in a line for each class that it tells from others.
#[derive(Debug)]
pub(super) struct Managed {
    parameters: Shedding,
    shedder: Shedder,
    lines: Vec<Line>,
    /// How many stand in each line.
    waiting: Vec<u32>,
}

impl Managed {
    /// An empty queue; the requests of the model are of so many classes.
    pub(super) fn new(shedding: &Shedding, classes: usize) -> Self {
        let lines = if shedding.tells_classes() { classes.max(1) } else { 1 };
        Self {
            parameters: shedding.clone(),
            shedder: shedding.shedder(),
            lines: vec![Line::EMPTY; lines],
            waiting: vec![0; lines],
        }
    }

    /// The shedder forgets what it has learnt: its process is a new one.
    pub(super) fn restart(&mut self) {
        self.shedder = self.parameters.shedder();
    }

    pub(super) fn append(&mut self, request: u32, class: u8, requests: &mut Slab<Request>) {
        let line = self.line_of(class);
        self.lines[line].append(request, requests);
        self.waiting[line] += 1;
    }

    pub(super) fn unlink(&mut self, request: u32, class: u8, requests: &mut Slab<Request>) {
        let line = self.line_of(class);
        self.lines[line].unlink(request, requests);
        self.waiting[line] -= 1;
    }

    fn line_of(&self, class: u8) -> usize {
        usize::from(class).min(self.lines.len() - 1)
    }

    fn enters(&mut self, now: SimTime, line: usize) -> Entry {
        self.shedder.enters(now, line, &self.waiting)
    }

    fn leaves(&mut self, now: SimTime, waited: SimDuration) -> Verdict {
        self.shedder.leaves(now, waited, &self.waiting)
    }

    /// Whom a free worker takes.
    fn next(&mut self, now: SimTime) -> Option<u32> {
        let Next { class, end } = self.shedder.next(now, &self.waiting)?;
        let line = self.lines.get(class)?;
        let next = match end {
            End::Oldest => line.oldest,
            End::Newest => line.newest,
        };
        (next != NONE).then_some(next)
    }
}

impl Engine<'_> {
    /// A request takes a worker of a pool with a shedder, which hears of it: whoever waits for no
    /// time at all is never shed, but tells it that nobody waits.
    pub(super) fn took_a_worker_at_once(&mut self, pool: usize) {
        if let Some(managed) = &mut self.pools[pool].managed {
            managed.leaves(self.now, SimDuration::ZERO);
        }
    }

    /// A request inside its instance comes to the queue of a pool with a shedder.
    pub(super) fn comes_to_shedder(&mut self, request: u32, pool: usize) {
        let now = self.now;
        let class = self.details_of(request).class;
        let Some(managed) = &mut self.pools[pool].managed else { return };
        let line = managed.line_of(class);
        let has_patience = managed.parameters.patience().is_some();
        let patience = match managed.enters(now, line) {
            Entry::Keep(_) if has_patience => self.patience_of(request, pool),
            Entry::Keep(patience) => patience,
            Entry::Displace(class) => {
                let displaced = managed.lines.get(class).map_or(NONE, |line| line.newest);
                if displaced != NONE {
                    self.shed(displaced);
                }
                None
            }
            Entry::Shed => return self.goes_unserved(request, Outcome::RejectedShed),
        };
        self.waits_in(request, pool);
        if let Some(patience) = patience {
            self.schedule_for(request, now + patience, Event::QueueTimeout { request });
        }
    }

    /// How long a request waits of its own accord.
    fn patience_of(&self, request: u32, pool: usize) -> Option<SimDuration> {
        let patience = self.pools[pool].managed.as_ref()?.parameters.patience()?;
        let Details { key, attempt, .. } = *self.details_of(request);
        let Request { edge, .. } = self.requests[request];
        let block = self.draws[edge.index()].block(key, attempt);
        Some(patience.sample(&mut block.slot(Slot::Think)))
    }

    /// A request has waited for as long as its queue lets it. It comes to a queue once at most, so
    /// that if it waits there, it has done so all the time.
    #[inline(never)]
    pub(super) fn queue_timeout(&mut self, request: u32) {
        if self.is_due(request) && self.requests[request].stage == Stage::Queued {
            self.shed(request);
        }
    }

    /// Takes a request that waits out of its queue and answers that it is shed.
    fn shed(&mut self, request: u32) {
        self.take_out(request, Outcome::RejectedShed);
        self.transmit_answer(request, Outcome::RejectedShed);
    }

    /// Takes out of the queue of a pool with a shedder whoever is served next; whoever is taken and
    /// has waited for too long is shed.
    pub(super) fn next_not_shed(&mut self, pool: usize) -> Option<u32> {
        let now = self.now;
        loop {
            let next = self.pools[pool].managed.as_mut()?.next(now)?;
            let Details { class, queued, .. } = *self.details_of(next);
            self.pools[pool].unlink(next, class, &mut self.requests);
            let waited = now.since(queued);
            match self.pools[pool].managed.as_mut()?.leaves(now, waited) {
                Verdict::Serve => return Some(next),
                Verdict::Shed => {
                    let route = self.route_of(next);
                    self.meters.book(route.served, |meter| meter.queue.down(now));
                    self.goes_unserved(next, Outcome::RejectedShed);
                }
            }
        }
    }
}
