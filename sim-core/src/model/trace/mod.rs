//! Traces: what happened to some of the calls of a run, span by span, as plain data.
//!
//! Which calls are traced is decided by what names them, so that it is the same calls under every policy
//! ([`Choice::Spread`]), or by how they ended. A trace is bounded, in calls and in spans; what is left
//! out is counted.

mod names;

use super::spec::{ClientId, EdgeId, EndpointId, ServiceId};
use crate::kernel::SimTime;
use crate::policy::Outcome;

/// Which calls of clients are traced, and how much of them is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Which of those that started in time.
    pub choice: Choice,
    /// Only calls that start at this time or later,
    pub from: SimTime,
    /// and before this one.
    pub until: SimTime,
    /// Only calls of these clients; all clients if `None`.
    pub client: Option<ClientId>,
    /// How many calls are traced at most.
    pub calls: u32,
    /// How many spans are kept at most, of all calls together.
    pub spans: u32,
}

/// Which calls are chosen, if there are more than may be traced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// A sample of all, drawn by what names a call and so the same under every policy.
    #[default]
    Spread,
    /// Such a sample of those that failed.
    Failed,
    /// Those that took longest. One that is still under way at the end of the run has taken until then.
    Slowest,
}

/// What happened to some calls of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The calls, in the order in which they started.
    pub calls: Vec<TracedCall>,
    /// What happened to them, in the order in which it began; so a span comes after its parent.
    pub spans: Vec<Span>,
    /// Of how many calls they were chosen.
    pub among: u64,
    /// How many spans of these calls were left out because there were too many.
    pub spans_left_out: u64,
}

/// A call of a client that is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TracedCall {
    /// Whose call it is.
    pub client: ClientId,
    /// Which user of a closed loop, or which of the clients of an open one.
    pub user: u32,
    /// What names its draws: with the client's name, it names the call.
    pub key: u64,
    /// Names its trace: the same of the same call under every policy.
    pub id: u128,
}

/// Something that took time, or happened at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The call of a client that it belongs to, by its place in [`Trace::calls`].
    pub call: u32,
    /// Names it; unique among the spans of a call.
    pub id: u64,
    /// What it is a part of, or what brought it about: by its place in [`Trace::spans`].
    pub parent: Option<u32>,
    /// What it is.
    pub what: What,
    /// Where it happened.
    pub at: Place,
    /// When it began.
    pub start: SimTime,
    /// When it ended; the end of the run, if it did not.
    pub end: SimTime,
    /// Whether it ended before the run did.
    pub has_ended: bool,
    /// How it ended, if it can end well and otherwise.
    pub outcome: Option<Outcome>,
    /// What happened meanwhile, in order.
    pub events: Vec<Event>,
    /// How many events there were beyond [`Span::MOST_EVENTS`].
    pub events_left_out: u32,
}

impl Span {
    /// How many events a span keeps: as many as OpenTelemetry's (`EventCountLimit`, 128).
    pub const MOST_EVENTS: usize = 128;
}

/// Where something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// At a client or a user.
    Client(ClientId, u32),
    /// In an instance of a service.
    Instance(ServiceId, u32),
    /// At a broker, by its place in the model.
    Broker(u16),
}

/// What took time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A call, through all layers of its policy, to its end.
    Call(EdgeId, Made),
    /// A call waits at a layer that holds it back, by its place in the policy.
    Layer(EdgeId, u8),
    /// A retry waits before the next attempt.
    Backoff(EdgeId),
    /// An attempt, as its caller sees it.
    Attempt {
        /// Along which edge.
        edge: EdgeId,
        /// The number of the attempt, from 1.
        number: u32,
        /// The instance that it goes to.
        instance: u32,
    },
    /// A request is on its way to its instance.
    Out(EdgeId),
    /// An answer is on its way to its caller.
    Back(EdgeId),
    /// A request is inside an instance, or is turned away there.
    Served(EndpointId),
    /// A background task runs.
    Task(EndpointId),
    /// A request waits at a limit of its server.
    AtLimit,
    /// A request waits for a worker of this pool of its service.
    Queued(u16),
    /// A fault holds a request up before its first step.
    HeldUp,
    /// A request works on this step of its handler.
    Work(u16),
    /// A request waits for a row of this table of this store.
    Row(u16, u16),
    /// A request waits for another one that fetches what this cache should have.
    Cache(u16),
    /// A request waits for a worker again, after it has waited for something else without one.
    Resumes,
    /// A branch of a handler runs, which began at this step.
    Branch(u16),
    /// A message waits at a broker to be delivered.
    Message(u16),
}

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A client.
    ByClient,
    /// A handler.
    ByHandler,
    /// A hedge: the copy with this number, from 1.
    ByHedge(u32),
    /// A fallback, which asks somebody else.
    ByFallback,
    /// A broker, which delivers a message.
    ByBroker,
}

/// Something that happened at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: SimTime,
    /// What.
    pub what: Happened,
}

/// See [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A layer of the policy turned the call away, by its place in the policy.
    TurnedAway(u8, Outcome),
    /// No instance may be chosen.
    NoInstance,
    /// A timeout or a deadline of the policy passed.
    TimeIsUp(Outcome),
    /// There was no time left for another attempt.
    NoTimeToRetry,
    /// The retry budget did not pay for another attempt.
    BudgetIsEmpty,
    /// The message, or a part of it, was lost.
    Lost,
    /// The message stands still on its link.
    StandsStill,
    /// The answer came when nobody waited for it any more.
    Late,
    /// An answer to an attempt that had been given up ended the call.
    LateAccepted,
    /// A fault was active where this happened, or hit it, by its place in the model.
    Fault(u16),
}
