//! Conditions that stop a fault: looked at while it lasts.
//!
//! They look at what the meters have counted since the start of the run, in slices that are closed
//! and in the open one, so that what they see does not depend on how the time axis is cut.

use std::collections::VecDeque;

use super::super::spec::Model;
use super::super::watch::{Watch, Watched};
use super::Engine;
use super::event::Event;
use crate::kernel::SimTime;

/// What is remembered of the conditions of all faults.
#[derive(Debug)]
pub(super) struct Watches(Vec<Looks>);

/// The looks at a condition within its window, and the one before it.
#[derive(Debug, Default)]
struct Looks {
    looks: VecDeque<Look>,
    /// How many slices were closed at the last look, and what was counted in them.
    slices: usize,
    closed: (u64, u64),
}

/// What a look has seen, counted from the start of the run.
#[derive(Clone, Copy, Debug)]
struct Look {
    at: SimTime,
    /// How many there have been of what is counted, and of how many.
    counted: u64,
    of: u64,
    level: u32,
}

impl Watches {
    pub(super) fn new(model: &Model) -> Self {
        Self(model.faults.iter().map(|_| Looks::default()).collect())
    }
}

impl Looks {
    /// A further look: the figure over the window that ends with it, if there is one.
    fn figure(&mut self, watch: &Watch, look: Look) -> Option<f64> {
        self.looks.push_back(look);
        let begins = look.at.since(SimTime::ZERO + watch.window);
        let begins = SimTime::ZERO + begins;
        while self.looks.get(1).is_some_and(|second| second.at <= begins) {
            self.looks.pop_front();
        }
        let first = self.looks.front().filter(|first| first.at <= begins)?;
        let counted = (look.counted - first.counted) as f64;
        let of = (look.of - first.of) as f64;
        let levels = || self.looks.iter().skip(1).map(|look| look.level);
        match watch.measure {
            Watched::Rate(_) => Some(counted / look.at.since(first.at).as_secs_f64()),
            Watched::Count(_) => Some(counted),
            Watched::Share(_) | Watched::SlowerThan(_) => (of > 0.0).then(|| counted / of),
            Watched::Max(_) => levels().max().map(f64::from),
            Watched::Mean(_) => {
                let (sum, looks) =
                    levels().fold((0.0, 0.0), |(s, n), l| (s + f64::from(l), n + 1.0));
                (looks > 0.0).then(|| sum / looks)
            }
        }
    }
}

impl Engine<'_> {
    /// The first look is a window before the fault, so that there is a figure when it starts.
    pub(super) fn schedule_watches(&mut self) {
        for (index, fault) in self.model.faults.iter().enumerate() {
            if let Some(watch) = &fault.stop_when {
                let before = SimTime::ZERO + fault.at.since(SimTime::ZERO + watch.window);
                self.queue.schedule_apart(before, Event::Watches { fault: index as u16 });
            }
        }
    }

    /// The condition of a fault is looked at. It stops a fault that has started, once.
    pub(super) fn look_at_condition(&mut self, fault: u16) {
        let (now, spec) = (self.now, &self.model.faults[usize::from(fault)]);
        let Some(watch) = &spec.stop_when else { return };
        if now >= spec.ends() {
            return;
        }
        let looks = &mut self.watches.0[usize::from(fault)];
        let seen = self.meters.seen(watch, looks.slices);
        looks.slices = seen.slices;
        looks.closed = (looks.closed.0 + seen.closed.0, looks.closed.1 + seen.closed.1);
        let (counted, of) = (looks.closed.0 + seen.open.0, looks.closed.1 + seen.open.1);
        let figure = looks.figure(watch, Look { at: now, counted, of, level: seen.level });
        if now > spec.at && figure.is_some_and(|figure| watch.side.holds(figure, watch.bound)) {
            return self.fault_is_stopped(fault);
        }
        self.queue.schedule_apart(now + watch.every(), Event::Watches { fault });
    }
}
