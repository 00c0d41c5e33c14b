//! The instances of a service and their pools: who works, who waits.

use std::collections::VecDeque;

use super::super::spec::{Discipline, PoolSpec};
use super::request::{NONE, Request};
use super::shedding::Managed;
use super::slab::Slab;
use crate::kernel::{SimDuration, SimTime};

/// One instance of a service.
#[derive(Debug)]
pub(super) struct Instance {
    /// How many requests are inside: waiting or worked on.
    pub(super) inside: u32,
    /// Until when it is down.
    pub(super) down_until: SimTime,
    /// Whether it is up.
    pub(super) up: bool,
    /// Of one that is down: whether nobody is there who would refuse.
    pub(super) is_silent: bool,
    /// When it last restarted, if it did.
    pub(super) restarted: Option<SimTime>,
}

impl Instance {
    pub(super) fn new() -> Self {
        Self { inside: 0, down_until: SimTime::ZERO, up: true, is_silent: false, restarted: None }
    }

    /// How many times as long work takes, given the factor just after a restart and the time to
    /// be warm: falls linearly to 1.
    pub(super) fn coldness(&self, now: SimTime, factor: f64, warm_up: SimDuration) -> f64 {
        let Some(restarted) = self.restarted else { return 1.0 };
        let age = now.since(restarted);
        if age >= warm_up {
            return 1.0;
        }
        let left = 1.0 - age.as_nanos() as f64 / warm_up.as_nanos() as f64;
        1.0 + (factor - 1.0) * left
    }
}

/// A pool of workers and its queue.
///
/// Invariant: a request waits only while no worker is free.
#[derive(Debug)]
pub(super) struct Pool {
    workers: u32,
    busy: u32,
    discipline: Discipline,
    capacity: u32,
    line: Line,
    waiting: u32,
    /// The queue, if a shedder manages it; `line` is empty then.
    pub(super) managed: Option<Box<Managed>>,
    /// Requests of an asynchronous service whose call has been answered; they go first.
    resuming: VecDeque<u32>,
}

impl Pool {
    /// A pool that nobody has come to; the requests of the model are of so many classes.
    pub(super) fn new(spec: &PoolSpec, classes: usize) -> Self {
        Self {
            workers: spec.workers.unwrap_or(u32::MAX),
            busy: 0,
            discipline: spec.queue.discipline,
            capacity: spec.queue.capacity.unwrap_or(u32::MAX),
            line: Line::EMPTY,
            waiting: 0,
            managed: spec.shedding.as_ref().map(|shedding| Managed::new(shedding, classes).into()),
            resuming: VecDeque::new(),
        }
    }

    /// Whether nobody waits for a worker.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.waiting == 0 && self.resuming.is_empty()
    }

    /// Takes a worker, if one is free.
    #[inline]
    pub(super) fn take_worker(&mut self) -> bool {
        let free = self.busy < self.workers;
        self.busy += u32::from(free);
        free
    }

    /// Gives a worker back.
    #[inline]
    pub(super) fn give_back(&mut self) {
        debug_assert!(self.busy > 0, "a worker came back that was never taken");
        self.busy -= 1;
    }

    /// How many workers are busy.
    #[cfg(debug_assertions)]
    pub(super) fn busy(&self) -> u32 {
        self.busy
    }

    /// Whether one more may wait.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.waiting < self.capacity
    }

    /// Appends a request to a queue that no shedder manages.
    #[inline]
    pub(super) fn enqueue(&mut self, request: u32, requests: &mut Slab<Request>) {
        self.line.append(request, requests);
        self.waiting += 1;
    }

    /// Appends a request of a class to the queue, whoever manages it.
    pub(super) fn append(&mut self, request: u32, class: u8, requests: &mut Slab<Request>) {
        match &mut self.managed {
            None => self.line.append(request, requests),
            Some(managed) => managed.append(request, class, requests),
        }
        self.waiting += 1;
    }

    /// Takes the request that is served next out of a queue that no shedder manages.
    #[inline]
    pub(super) fn dequeue(&mut self, requests: &mut Slab<Request>) -> Option<u32> {
        let next = match self.discipline {
            Discipline::Fifo => self.line.oldest,
            Discipline::Lifo => self.line.newest,
        };
        if next == NONE {
            return None;
        }
        self.line.unlink(next, requests);
        self.waiting -= 1;
        Some(next)
    }

    /// Takes a request of a class out of the queue, wherever it stands.
    pub(super) fn unlink(&mut self, request: u32, class: u8, requests: &mut Slab<Request>) {
        match &mut self.managed {
            None => self.line.unlink(request, requests),
            Some(managed) => managed.unlink(request, class, requests),
        }
        self.waiting -= 1;
    }

    /// Lets a request whose call was answered wait for a worker, before any new request.
    pub(super) fn resume_later(&mut self, request: u32) {
        self.resuming.push_back(request);
    }

    /// The next request that waits to resume.
    pub(super) fn next_to_resume(&mut self) -> Option<u32> {
        self.resuming.pop_front()
    }

    /// Forgets a request that waited to resume.
    pub(super) fn forget_resuming(&mut self, request: u32) {
        self.resuming.retain(|r| *r != request);
    }
}

/// Requests that stand in line: a doubly linked list through the requests, so that one that is
/// cancelled leaves it at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) oldest: u32,
    pub(super) newest: u32,
}

impl Line {
    /// Nobody.
    pub(super) const EMPTY: Self = Self { oldest: NONE, newest: NONE };

    /// Appends a request as the newest.
    #[inline]
    pub(super) fn append(&mut self, request: u32, requests: &mut Slab<Request>) {
        requests[request].previous = self.newest;
        requests[request].next = NONE;
        match self.newest {
            NONE => self.oldest = request,
            newest => requests[newest].next = request,
        }
        self.newest = request;
    }

    /// Takes a request out, wherever it stands.
    #[inline]
    pub(super) fn unlink(&mut self, request: u32, requests: &mut Slab<Request>) {
        let Request { previous, next, .. } = &requests[request];
        let (previous, next) = (*previous, *next);
        match previous {
            NONE => self.oldest = next,
            previous => requests[previous].next = next,
        }
        match next {
            NONE => self.newest = previous,
            next => requests[next].previous = previous,
        }
    }
}
