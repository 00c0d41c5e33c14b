//! Brokers: messages that wait, are delivered, come back, and are given up.

use std::collections::VecDeque;

use super::super::spec::{BrokerSpec, Model};
use super::Engine;
use super::abouts::About;
use super::calls::{Call, Origin};
use super::event::Event;
use super::request::{Details, Request};
use super::slab::{Slab, Slotted};
use super::steps::Next;
use crate::kernel::draw::lineage;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;

/// The brokers of a run.
#[derive(Debug)]
pub(super) struct Brokers {
    queues: Vec<Queue>,
    messages: Slab<Message>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<u32>,
    delivering: u32,
    /// By how many faults it is gone.
    gone: u32,
}

/// A message that is not done.
#[derive(Clone, Copy, Debug)]
struct Message {
    key: u64,
    about: About,
    published: SimTime,
    deliveries: u32,
    broker: u16,
    is_gone: bool,
}

impl Slotted for Message {
    const GONE: Self = Self {
        key: 0,
        about: About::NOTHING,
        published: SimTime::ZERO,
        deliveries: 0,
        broker: 0,
        is_gone: true,
    };

    fn is_gone(&self) -> bool {
        self.is_gone
    }

    fn give_way_to(&mut self, value: Self) {
        *self = value;
    }

    fn go(&mut self) {
        self.is_gone = true;
    }
}

impl Brokers {
    pub(super) fn new(model: &Model) -> Self {
        let queues = model.brokers.iter().map(|_| Queue::default()).collect();
        Self { queues, messages: Slab::new() }
    }
}

impl Engine<'_> {
    /// The handler of a request publishes a message.
    pub(super) fn publish(&mut self, request: u32, broker: u16) -> Next {
        let Request { step, edge, .. } = self.requests[request];
        let Details { key, attempt, .. } = *self.details_of(request);
        let site = self.sites[edge.index()].wrapping_add(u64::from(step));
        let key = lineage(key, site, attempt);
        self.tracer.tell(|r| r.publishes(r.inside_of(request)));
        match self.takes_message(broker, key, self.about(request)) {
            true => Next::Step(step + 1),
            false => Next::Ends(Outcome::ServerError),
        }
    }

    /// A fallback publishes what a call could not do; whether the broker takes it.
    pub(super) fn publish_for(&mut self, call: u32, broker: u16) -> bool {
        let Call { key, edge, attempts, .. } = self.calls[call];
        let key = lineage(key, self.sites[edge.index()], attempts);
        let about = self.about_call(call, self.who_calls(call));
        self.tracer.tell(|r| r.publishes(r.whole_of(call)));
        self.takes_message(broker, key, about)
    }

    /// A message comes to a broker; whether there is room for it.
    fn takes_message(&mut self, broker: u16, key: u64, about: About) -> bool {
        let now = self.now;
        self.meters.broker(broker).arrives(now);
        let spec = &self.model.brokers[usize::from(broker)];
        let queue = &self.brokers.queues[usize::from(broker)];
        let is_full = spec.capacity.is_some_and(|room| queue.waiting.len() >= room as usize);
        if is_full || queue.gone > 0 {
            let outcome = if is_full { Outcome::Overflow } else { Outcome::Refused };
            let meter = self.meters.broker(broker);
            meter.in_flight.down(now);
            meter.ends(outcome, now, now);
            return false;
        }
        let about = match about.idempotency {
            0 => About { idempotency: key, ..about },
            _ => about,
        };
        let message = Message { key, about, published: now, deliveries: 0, broker, is_gone: false };
        let message = self.brokers.messages.insert(message);
        self.tracer.tell(|r| r.is_published(message));
        self.comes_to_queue(message);
        true
    }

    /// A message stands in its queue, for the first time or again.
    pub(super) fn comes_to_queue(&mut self, message: u32) {
        let broker = self.brokers.messages[message].broker;
        self.brokers.queues[usize::from(broker)].waiting.push_back(message);
        self.trace_message_waits(message, broker);
        let now = self.now;
        self.meters.broker(broker).queue.up(now);
        self.deliver(broker);
    }

    /// Delivers what waits, as far as there are consumers.
    fn deliver(&mut self, broker: u16) {
        let now = self.now;
        let BrokerSpec { edge, consumers, .. } = self.model.brokers[usize::from(broker)];
        loop {
            let queue = &mut self.brokers.queues[usize::from(broker)];
            if queue.delivering >= consumers || queue.gone > 0 {
                return;
            }
            let Some(message) = queue.waiting.pop_front() else { return };
            queue.delivering += 1;
            let meter = self.meters.broker(broker);
            meter.queue.down(now);
            meter.busy.up(now);
            let state = &mut self.brokers.messages[message];
            state.deliveries += 1;
            if state.deliveries == 1 {
                meter.waited(state.published, now);
            } else {
                meter.was_retry();
            }
            let key = lineage(state.key, 0, state.deliveries);
            self.start_call(edge, key, Origin::Broker { message }, SimDuration::ZERO);
        }
    }

    /// A broker is gone; what waits there is lost or there again later.
    pub(super) fn broker_goes(&mut self, broker: u16, is_lost: bool) {
        let now = self.now;
        let queue = &mut self.brokers.queues[usize::from(broker)];
        queue.gone += 1;
        let lost = if is_lost { std::mem::take(&mut queue.waiting) } else { VecDeque::new() };
        for message in lost {
            let published = self.brokers.messages[message].published;
            let meter = self.meters.broker(broker);
            meter.queue.down(now);
            meter.in_flight.down(now);
            meter.ends(Outcome::Lost, published, now);
            self.tracer.tell(|r| r.is_lost_at_broker(message, now));
            self.brokers.messages.remove(message);
        }
    }

    /// A broker is there again, unless another fault keeps it away.
    pub(super) fn broker_comes(&mut self, broker: u16) {
        self.brokers.queues[usize::from(broker)].gone -= 1;
        self.deliver(broker);
    }

    /// The broker of a message.
    pub(super) fn broker_of(&self, message: u32) -> u16 {
        self.brokers.messages[message].broker
    }

    /// What a message is about.
    pub(super) fn about_message(&self, message: u32) -> About {
        self.brokers.messages[message].about
    }

    /// A delivery has ended so: the message is done, comes again, or is given up.
    pub(super) fn delivery_ends(&mut self, message: u32, outcome: Outcome) {
        let now = self.now;
        let Message { broker, deliveries, published, .. } = self.brokers.messages[message];
        let redelivery = self.model.brokers[usize::from(broker)].redelivery;
        self.brokers.queues[usize::from(broker)].delivering -= 1;
        let meter = self.meters.broker(broker);
        meter.busy.down(now);
        let gives_up = redelivery.max_deliveries.is_some_and(|most| deliveries >= most);
        if outcome.is_failure() && !gives_up {
            let comes_again = Event::Redelivers { message };
            self.queue.schedule_apart(now + redelivery.delay, comes_again);
        } else {
            meter.in_flight.down(now);
            meter.ends(outcome, published, now);
            if outcome.is_good() {
                meter.was_good();
            }
            self.brokers.messages.remove(message);
        }
        self.deliver(broker);
    }
}
