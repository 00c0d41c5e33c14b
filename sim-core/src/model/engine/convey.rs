//! Messages on links that do more than delay them: faults, losses that remember, TCP, bandwidth.

use super::super::fault::wire::{Fate, Way};
use super::super::network::{Handshake, LinkSpec, Loss, Tcp};
use super::super::trace::Happened;
use super::Engine;
use super::calls::{LayerState, Origin};
use super::event::Event;
use super::injection::Sight;
use super::links::{Flight, Opens};
use super::request::{Details, NONE, Request, Stage};
use super::zoned;
use crate::kernel::draw::{DrawBlock, Slot, unit_f64};
use crate::kernel::{Bytes, SimDuration, SimTime};
use crate::policy::{GuardKind, Outcome, ResolvedLayer};
use rand::Rng;

/// Where the draws of opening a connection are among those of an attempt: behind those of all that
/// is sent again.
const CONNECTING: u32 = 1 << 30;

/// What comes of sending a message.
enum Sent {
    /// It leaves after this time, and nothing of it is lost.
    Whole(SimDuration),
    /// So many of its segments are lost; whether those who came through behind them tell.
    Lost(u32, bool),
}

impl Engine<'_> {
    /// The first message of an attempt goes out, over a link that asks more than a latency.
    pub(super) fn sets_out(&mut self, request: u32, call: u32, origin: Origin) {
        self.requests[request].pending -= 1;
        let route = self.route_of(request);
        let link = route.link;
        let opens = link.tcp().is_some_and(|tcp| tcp.handshake == Handshake::PerAttempt);
        let way = if opens { Way::Connect } else { Way::Request };
        let mut flight = Flight::new(self.now, way);
        flight.missing = if opens { 1 } else { segments(link, Way::Request) };
        flight.opened = if opens { self.now } else { self.connection_opened(call) };
        flight.caller = self.caller_of(origin);
        flight.is_far = self.is_far(origin, request);
        self.links.flights.put(request, flight);
        self.convey(request);
    }

    /// The answer of a request goes out, likewise.
    pub(super) fn answer_sets_out(&mut self, request: u32) {
        self.requests[request].pending -= 1;
        let segments = segments(self.route_of(request).link, Way::Answer);
        let flight = self.links.flights[request].followed_by(self.now, Way::Answer, segments);
        self.links.flights.put(request, flight);
        self.convey(request);
    }

    /// A message is due to be sent again, or the message behind an opened connection.
    #[inline(never)]
    pub(super) fn transmits(&mut self, request: u32) {
        let flight = self.links.flights[request];
        if let Some(opens) = flight.opens {
            return self.is_asked_to_open(request, opens);
        }
        if let Some(tcp) = self.route_of(request).link.tcp()
            && self.now >= flight.since + patience(tcp, flight.way)
        {
            return match flight.way {
                Way::Connect => self.fails_on_the_way(request, Outcome::ConnectTimeout, self.now),
                Way::Request | Way::Answer => self.gives_up(request),
            };
        }
        self.convey(request);
    }

    /// When the connection was opened that an attempt of a call goes over: where its pool has opened
    /// it, else before the run.
    fn connection_opened(&self, mut call: u32) -> SimTime {
        loop {
            let layers = &self.routes[self.calls[call].edge.index()].layers;
            for (index, layer) in layers.iter().enumerate().rev() {
                let ResolvedLayer::Guard(guard) = layer.policy else { continue };
                if let GuardKind::ConnectionPool(_) = guard.kind
                    && let LayerState::Passed { pass } =
                        self.layer_states[self.layer_place(call, index)]
                {
                    return crate::policy::connections::opened(pass);
                }
            }
            match self.calls[call].origin {
                Origin::Layer { call: outer, .. } => call = outer,
                Origin::Client { .. }
                | Origin::Handler { .. }
                | Origin::Broker { .. }
                | Origin::Probe { .. } => {
                    return SimTime::ZERO;
                }
            }
        }
    }

    /// Which of how many: a client or user of its population, an instance of its service.
    fn caller_of(&self, origin: Origin) -> (u32, u32) {
        zoned::number_of(origin, self.model, &self.requests, self.routes)
    }

    /// Whether who makes a call is in another zone than the instance that it is sent to.
    fn is_far(&self, origin: Origin, request: u32) -> bool {
        let zones = &self.model.zones;
        let instance = |slot: u32| {
            zones.of_instance(self.route_of(slot).service, self.requests[slot].instance)
        };
        let caller = match origin {
            Origin::Client { client, .. } => zones.of_client(client),
            Origin::Handler { request } => instance(request),
            Origin::Broker { .. } | Origin::Probe { .. } | Origin::Layer { .. } => None,
        };
        caller.zip(instance(request)).is_some_and(|(caller, callee)| caller != callee)
    }

    /// Sends a message; whatever comes of it is scheduled.
    fn convey(&mut self, request: u32) {
        let now = self.now;
        let flight = self.links.flights[request];
        let is_closed = self.requests[request].is_closed();
        if is_closed && flight.way != Way::Answer {
            return self.gives_up(request);
        }
        let sight = self.sight(request, &flight);
        let route = self.route_of(request);
        let mut fate = self.fate(request, &sight, true);
        if flight.is_far {
            fate.add = fate.add.saturating_add(self.model.zones.between);
        }
        let Details { key, attempt, .. } = *self.details_of(request);
        let place = flight.sent + if flight.way == Way::Connect { CONNECTING } else { 0 };
        let block =
            self.draws[route_edge(&self.requests[request])].block_of_step(key, attempt, place);
        if let Some((outcome, after)) = fate.ends {
            let trip = || latency(route.link, &block, Way::Connect, &fate);
            return self.fails_on_the_way(request, outcome, now + after.unwrap_or_else(trip));
        }
        if fate.is_held {
            self.requests[request].pending += 1;
            self.tracer.tell(|r| r.message(request, Happened::StandsStill, self.now));
            return self.links.hold(sight.link, request);
        }
        match self.put_on_wire(request, &sight, &fate, &block) {
            Sent::Lost(lost, is_told) => self.was_lost(request, route.link, (lost, is_told), now),
            Sent::Whole(_) if flight.way == Way::Connect => {
                let there = latency(route.link, &block, Way::Request, &fate);
                let back = latency(route.link, &block, Way::Answer, &fate);
                let opens = Opens { asked: now, open: now + there + back };
                self.links.flights.at(request).opens = Some(opens);
                self.schedule_for(request, now + there, Event::Transmits { request });
            }
            Sent::Whole(leaves) => {
                let takes = leaves + latency(route.link, &block, flight.way, &fate);
                self.comes_through(request, route.link, takes);
            }
        }
    }

    /// A message, as faults see it.
    fn sight(&self, request: u32, flight: &Flight) -> Sight {
        let Request { edge, .. } = self.requests[request];
        Sight {
            hit: self.hit(request),
            link: self.model.edges[edge.index()].link,
            way: flight.way,
            caller: flight.caller,
            opened: flight.opened,
        }
    }

    /// Which segments of a message come through, and when they have left.
    fn put_on_wire(&mut self, request: u32, sight: &Sight, fate: &Fate, block: &DrawBlock) -> Sent {
        let link = self.route_of(request).link;
        let flight = self.links.flights[request];
        let Flight { way, missing, .. } = flight;
        let narrowest = match (link.bandwidth, fate.bandwidth) {
            (Some(own), Some(fault)) if own.rate < fault.rate => Some(own),
            (own, fault) => fault.or(own),
        };
        let leaves = match narrowest.filter(|_| way != Way::Connect) {
            None => Some(SimDuration::ZERO),
            Some(bandwidth) => {
                let bytes = bytes_of(link, way, missing);
                self.links.pipe(sight.link, way).takes(self.now, bytes, bandwidth)
            }
        };
        let Some(leaves) = leaves.filter(|_| !fate.is_dropped) else {
            return Sent::Lost(missing, false);
        };
        let slot = if way == Way::Answer { Slot::LossBack } else { Slot::LossOut };
        let mut luck = block.slot(slot);
        // Each segment that is sent, and each that is sent again, has a luck of its own.
        let place = flight.sent << 16 | if way == Way::Connect { CONNECTING } else { 0 };
        // How many have come through behind the last that did not.
        let (mut lost, mut behind) = (0, 0);
        for nth in 0..missing {
            let mut is_lost = self.loses(sight, way, &link.loss, &mut luck);
            is_lost |= self.faults_lose(request, sight, way, place + nth);
            if way == Way::Connect {
                is_lost |= self.loses(sight, Way::Answer, &link.loss, &mut luck);
                is_lost |= self.faults_lose(request, sight, Way::Answer, place + nth);
            }
            lost += u32::from(is_lost);
            behind = if is_lost { 0 } else { behind + 1 };
        }
        match lost {
            0 => Sent::Whole(leaves),
            lost => Sent::Lost(lost, behind >= 3),
        }
    }

    /// Whether the link itself loses a segment.
    fn loses<R: Rng>(&mut self, sight: &Sight, way: Way, loss: &Loss, luck: &mut R) -> bool {
        match loss {
            Loss::Independent(share) => *share > 0.0 && unit_f64(luck.next_u64()) < *share,
            loss => self.links.loses(sight.link, way, loss),
        }
    }

    /// Whether a fault loses the n-th segment of an attempt that goes this way.
    fn faults_lose(&mut self, request: u32, sight: &Sight, way: Way, nth: u32) -> bool {
        let (now, model) = (self.now, self.model);
        let mut is_lost = false;
        let mut place = 0;
        while let Some(fault) = self.injection.on_link(sight.link, place) {
            place += 1;
            let spec = &model.faults[usize::from(fault)];
            let intensity = self.injection.intensity(model, fault, now);
            let Some((loss, direction)) = spec.fault.loses(intensity) else { continue };
            if !direction.holds(way) || !self.injection.may_hit(model, fault, sight, now) {
                continue;
            }
            let hit = match loss {
                Loss::Independent(share) => self.injection.luck(fault, sight, way, nth) < share,
                loss => self.links.fault_loses((fault, &spec.name), sight.link, way, &loss),
            };
            if hit {
                self.is_hit_by(request, fault, sight);
            }
            is_lost |= hit;
        }
        is_lost
    }

    /// What the faults on a link make of a message; noted as hits, if it is really sent.
    fn fate(&mut self, request: u32, sight: &Sight, is_sent: bool) -> Fate {
        let mut fate = Fate::PLAIN;
        let mut place = 0;
        while let Some(fault) = self.injection.on_link(sight.link, place) {
            place += 1;
            let is_hit = self.injection.befalls(self.model, fault, sight, self.now, &mut fate);
            if is_hit && is_sent {
                self.is_hit_by(request, fault, sight);
            }
        }
        fate
    }

    /// A fault hits an attempt; it is counted once.
    fn is_hit_by(&mut self, request: u32, fault: u16, sight: &Sight) {
        let flight = self.links.flights.at(request);
        let bit = 1_u64.checked_shl(fault.into()).unwrap_or(0);
        if flight.hit_by & bit == 0 {
            flight.hit_by |= bit;
            self.injection.touch(fault, &sight.hit);
            self.tracer.tell(|r| r.attempt(request, Happened::Fault(fault), self.now));
        }
    }

    /// An instance is asked for a connection. One that is down refuses it, as does one that a fault makes
    /// refuse; where nobody is there at all, it is as if the message were lost.
    fn is_asked_to_open(&mut self, request: u32, opens: Opens) {
        self.links.flights.at(request).opens = None;
        let link = self.route_of(request).link;
        let (instance, _) = self.places_of(request);
        let instance = &self.instances[instance];
        if !instance.up && instance.is_silent {
            return self.was_lost(request, link, (1, false), opens.asked);
        }
        let refuses = !instance.up || self.is_made_to_refuse(request);
        let flight = self.links.flights[request];
        if flight.sent == 0 {
            let id = self.link_of(request);
            self.links.trips(id).measure(opens.open.since(opens.asked));
        }
        if refuses {
            // Whoever has gone meanwhile would have sent nothing over it.
            if !self.requests[request].is_closed() {
                self.requests[request].reached = self.now;
                let (served, now) = (self.route_of(request).served, self.now);
                self.meters.book(served, |meter| meter.arrives(now));
                self.trace_turned_away(request, Outcome::Refused);
                self.book_the_end(request, Outcome::Refused);
            }
            return self.fails_on_the_way(request, Outcome::Refused, opens.open);
        }
        let next = flight.followed_by(opens.open, Way::Request, segments(link, Way::Request));
        self.links.flights.put(request, next);
        self.schedule_for(request, opens.open, Event::Transmits { request });
    }

    fn is_made_to_refuse(&mut self, request: u32) -> bool {
        if self.injection.is_calm() {
            return false;
        }
        let (hit, now) = (self.hit(request), self.now);
        self.injection.refuses(self.model, hit, now)
    }

    /// So many segments of a message that was sent then are lost, and whether those behind them tell of
    /// it: TCP sends them again after a while; otherwise there is silence until the operating system gives
    /// up.
    fn was_lost(
        &mut self,
        request: u32,
        link: &LinkSpec,
        (lost, is_told): (u32, bool),
        at: SimTime,
    ) {
        let now = self.now;
        let Some(tcp) = link.tcp() else {
            self.tracer.tell(|r| r.message_is_lost(request, now));
            return self.schedule_for(request, now + link.give_up, Event::GivesUp { request });
        };
        self.tracer.tell(|r| r.message(request, Happened::Lost, now));
        let id = self.link_of(request);
        let mut flight = self.links.flights[request];
        let trips = *self.links.trips(id);
        let wait = match (flight.way, trips.smoothed()) {
            (Way::Request | Way::Answer, Some(round_trip)) if is_told => round_trip,
            (way, _) => {
                let first = if way == Way::Connect { tcp.initial_rto } else { trips.timeout(tcp) };
                flight.timeouts += 1;
                tcp.backed_off(first, flight.timeouts - 1)
            }
        };
        flight.missing = lost;
        flight.sent += 1;
        self.links.flights.put(request, flight);
        let due = (at + wait).max(now).min(flight.since + patience(tcp, flight.way));
        self.schedule_for(request, due, Event::Transmits { request });
    }

    /// The last of a message is on its way.
    fn comes_through(&mut self, request: u32, link: &LinkSpec, takes: SimDuration) {
        let (now, id) = (self.now, self.link_of(request));
        let flight = self.links.flights[request];
        if link.tcp().is_some() && flight.sent == 0 {
            self.links.trips(id).measure(takes + takes);
        }
        let arrives = now + takes;
        match flight.way {
            Way::Connect | Way::Request => {
                self.links.flights.at(request).arrives = arrives;
                self.schedule_for(request, arrives, Event::Reaches { request });
            }
            Way::Answer => self.schedule_for(request, arrives, Event::AnswerReaches { request }),
        }
    }

    /// An attempt ends so on its way, and its caller hears of it then.
    fn fails_on_the_way(&mut self, request: u32, outcome: Outcome, at: SimTime) {
        let state = &mut self.requests[request];
        state.stage = Stage::Inbound;
        state.outcome = outcome;
        self.schedule_for(request, at, Event::AnswerReaches { request });
    }

    /// Messages that stood still on a link go on, unless something else holds them.
    pub(super) fn lets_go_on(&mut self, link: super::super::spec::LinkId) {
        for request in self.links.release(link) {
            if self.is_due(request) {
                // Whoever took it has acknowledged it, and has a patience of its own.
                self.links.flights.at(request).since = self.now;
                self.convey(request);
            }
        }
    }

    /// A fault resets the connections that are in use.
    pub(super) fn resets(&mut self, fault: u16) {
        let slots: Vec<u32> = self.requests.slots().collect();
        for request in slots {
            let is_there = |r: &Request| {
                !matches!(r.stage, Stage::Dead | Stage::Gone) && !r.is_abandoned() && !r.is_closed()
            };
            let Some(state) = self.requests.get(request).filter(|r| is_there(r)) else { continue };
            let Request { edge, call, .. } = *state;
            if !self.routes[edge.index()].is_conveyed || call == NONE {
                continue;
            }
            let flight = self.links.flights[request].followed_by(self.now, Way::Request, 1);
            let sight = self.sight(request, &flight);
            if self.injection.resets(self.model, fault, &sight, self.now) {
                self.cut_off(request);
                self.attempt_ended(edge, call, Outcome::Reset);
            }
        }
    }

    /// When the news that a connection is closed comes after its request, which may be late itself;
    /// `None` if it never comes.
    pub(super) fn news_comes(&mut self, request: u32, latency: SimDuration) -> Option<SimTime> {
        let now = self.now;
        let flight = self.links.flights[request];
        let sight = self.sight(request, &Flight { way: Way::Request, ..flight });
        if self.fate(request, &sight, false).is_dropped {
            return None;
        }
        let is_outbound = self.requests[request].stage == Stage::Outbound;
        let request_comes = if is_outbound { flight.arrives } else { SimTime::ZERO };
        (request_comes != SimTime::MAX).then(|| request_comes.max(now + latency))
    }

    fn link_of(&self, request: u32) -> super::super::spec::LinkId {
        self.model.edges[route_edge(&self.requests[request])].link
    }
}

fn route_edge(request: &Request) -> usize {
    request.edge.index()
}

/// How long a message is tried.
fn patience(tcp: &Tcp, way: Way) -> SimDuration {
    match way {
        Way::Connect => tcp.connection_given_up(),
        Way::Request | Way::Answer => tcp.message_given_up(),
    }
}

/// How many segments a message is.
fn segments(link: &LinkSpec, way: Way) -> u32 {
    link.tcp().map_or(1, |tcp| whole(link, way).pieces_of(tcp.segment.0))
}

fn whole(link: &LinkSpec, way: Way) -> Bytes {
    if way == Way::Answer { link.sizes.answer } else { link.sizes.request }
}

/// How many bytes are sent of a message, of which so many segments are missing.
fn bytes_of(link: &LinkSpec, way: Way, missing: u32) -> Bytes {
    let whole = whole(link, way);
    match link.tcp() {
        Some(tcp) if missing < segments(link, way) => {
            Bytes(whole.0.min(tcp.segment.0.saturating_mul(missing.into())))
        }
        _ => whole,
    }
}

/// How long a message is on its way: there, back, or there and back.
fn latency(link: &LinkSpec, block: &DrawBlock, way: Way, fate: &Fate) -> SimDuration {
    let one = |slot| {
        let plain = link.latency.sample(&mut block.slot(slot));
        let stretched = if fate.factor == 1.0 { plain } else { plain.mul_f64(fate.factor) };
        stretched.saturating_add(fate.add)
    };
    match way {
        Way::Connect => one(Slot::LatencyOut).saturating_add(one(Slot::LatencyBack)),
        Way::Request => one(Slot::LatencyOut),
        Way::Answer => one(Slot::LatencyBack),
    }
}
