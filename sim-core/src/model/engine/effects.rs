//! What requests bring about: a charge, a mail. It should come about once; what comes about again is
//! counted.

use std::collections::HashSet;

use super::super::spec::{EffectId, Model, Per};
use super::Engine;
use super::abouts::About;
use super::replicas::Change;
use super::slab::Beside;
use crate::policy::Outcome;

/// What has come about so far.
#[derive(Debug)]
pub(super) struct Effects {
    applied: Vec<Applied>,
    /// Of requests in a transaction: the places in `pending` of what it has brought about, the last
    /// first.
    last: Beside<u32>,
    pending: Vec<Pending>,
    free: Vec<u32>,
}

#[derive(Debug, Default)]
struct Applied {
    /// What it has come about for.
    to: HashSet<u64>,
    /// The idempotency keys that are known.
    known: HashSet<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    effect: EffectId,
    about: About,
    before: u32,
}

const NONE: u32 = u32::MAX;

impl Effects {
    pub(super) fn new(model: &Model) -> Self {
        Self {
            applied: model.effects.iter().map(|_| Applied::default()).collect(),
            last: Beside::new(NONE),
            pending: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl Engine<'_> {
    /// The handler of a request applies an effect, at once or when its transaction ends well.
    pub(super) fn apply(&mut self, request: u32, effect: EffectId, at_commit: bool) {
        let about = self.about(request);
        if !at_commit {
            return self.comes_about(request, effect, about);
        }
        let request = self.owner_of(request);
        let before = self.effects.last[request];
        let pending = Pending { effect, about, before };
        let place = match self.effects.free.pop() {
            Some(place) => {
                self.effects.pending[place as usize] = pending;
                place
            }
            None => {
                self.effects.pending.push(pending);
                self.effects.pending.len() as u32 - 1
            }
        };
        self.effects.last.put(request, place);
    }

    /// A transaction ends: what it has brought about is there now, or never was.
    pub(super) fn end_transaction(&mut self, request: u32, well: bool) {
        let request = self.owner_of(request);
        let mut place = std::mem::replace(self.effects.last.at(request), NONE);
        let mut places = Vec::new();
        while place != NONE {
            places.push(place);
            place = self.effects.pending[place as usize].before;
        }
        for place in places.into_iter().rev() {
            self.effects.free.push(place);
            let Pending { effect, about, .. } = self.effects.pending[place as usize];
            if well {
                self.comes_about(request, effect, about);
            }
        }
    }

    fn comes_about(&mut self, request: u32, effect: EffectId, about: About) {
        let now = self.now;
        let spec = &self.model.effects[effect.index()];
        let applied = &mut self.effects.applied[effect.index()];
        let is_new = about.idempotency != 0 && applied.known.insert(about.idempotency);
        let is_known = about.idempotency != 0 && !is_new;
        let meter = self.meters.effect(effect);
        meter.arrives(now);
        meter.in_flight.down(now);
        if spec.recognises && is_known {
            return meter.ends(Outcome::Cancelled, now, now);
        }
        let to = match spec.per {
            Per::Call => about.intent,
            Per::Key => about.key,
        };
        meter.ends(Outcome::Ok, now, now);
        let is_first = applied.to.insert(to);
        match is_first {
            true => meter.was_good(),
            false => meter.was_retry(),
        }
        let idempotency = is_new.then_some(about.idempotency);
        self.logs_change(request, Change { effect, to: is_first.then_some(to), idempotency });
    }

    /// What has come about is lost, or was rolled back before anybody was told of it: it has not.
    pub(super) fn is_undone(&mut self, change: Change, outcome: Outcome) {
        let now = self.now;
        let Change { effect, to, idempotency } = change;
        let applied = &mut self.effects.applied[effect.index()];
        if let Some(to) = to {
            applied.to.remove(&to);
        }
        if let Some(key) = idempotency {
            applied.known.remove(&key);
        }
        let meter = self.meters.effect(effect);
        meter.arrives(now);
        meter.in_flight.down(now);
        meter.ends(outcome, now, now);
    }

    /// Whether an effect has come about for what a request is about, as far as its instance knows.
    pub(super) fn is_applied(&self, request: u32, effect: EffectId) -> bool {
        let about = self.about(request);
        let to = match self.model.effects[effect.index()].per {
            Per::Call => about.intent,
            Per::Key => about.key,
        };
        self.effects.applied[effect.index()].to.contains(&to)
            && !self.is_not_there_yet(request, effect, to)
    }
}
