//! The scenario file as types: what the schema, the reference and the reader are made from.
//!
//! Choices are externally tagged tables under a key of their own; nothing is flattened, nothing
//! is tagged inside: those lose the place of a mistake.

mod alert;
mod chart;
mod claim;
mod client;
mod fault;
mod handler;
mod hypothesis;
mod name;
mod network;
mod rate;
mod run;
mod service;
mod store;
mod variant;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::policy::Policy;

pub(crate) use alert::Alert;
pub(crate) use chart::{Chart, Draw};
pub(crate) use claim::Claim;
pub use claim::ClaimVerdict;
pub(crate) use client::{ArrivalProcess, Bursts, Client, Closed, Load, Open, Stage};
pub(crate) use fault::{Fault, Instances, Machines, On, Repeat, Traffic};
pub(crate) use handler::{
    Cached, IfApplied, Lock, LockMode, Parallel, Spawn, Step, Transaction, WaitFor, Way,
};
pub(crate) use hypothesis::{Hypothesis, Probe};
pub(crate) use name::{
    BrokerName, CacheName, Callee, ClaimName, ClientName, ConditionText, CourseText, EffectName,
    ExpectationText, FigureText, FileName, LinkName, MachineName, PolicyName, ProbeText, RowName,
    ServiceName, StoreName, VariantName,
};
pub(crate) use network::{Link, Network};
pub(crate) use rate::Rate;
pub(crate) use run::Run;
pub(crate) use service::{Bounds, Endpoint, Liveness, Machine, Pool, Probes, Queue, Row, Service};
pub(crate) use store::{Broker, Cache, Effect, Store};
pub(crate) use variant::{Expect, Report, Variant};

use crate::warning::Trap;

/// A scenario: a system, its load, its faults, the variants to compare and what is expected.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Squall scenario")]
pub(crate) struct Document {
    /// What the scenario is about, in one line.
    pub(crate) title: String,
    /// What one sees and why; as long as it takes.
    #[serde(default)]
    pub(crate) description: String,
    /// Where the system comes from: an article, a study, a library.
    #[serde(default)]
    pub(crate) from: String,
    /// What one learns from it, in one line.
    #[serde(default)]
    pub(crate) moral: String,
    /// The traps that are meant: their warnings are silenced.
    #[serde(default)]
    pub(crate) allow: Vec<Trap>,
    /// How long, how often, with which seed; what counts as steady.
    pub(crate) run: Run,
    /// The populations of clients, by name.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1_000))]
    pub(crate) clients: IndexMap<String, Client>,
    /// The services, by name.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1_000))]
    pub(crate) services: IndexMap<String, Service>,
    /// The machines that services run on, by name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1_000))]
    pub(crate) machines: IndexMap<String, Machine>,
    /// The policies of calls, by name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1_000))]
    pub(crate) policies: IndexMap<String, Policy>,
    /// What every link is like that `links` does not name.
    #[serde(default)]
    pub(crate) network: Network,
    /// Links that differ from `network`, by caller and callee: `links."shop->payment"`.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1_000))]
    pub(crate) links: IndexMap<String, Link>,
    /// The versioned rows that steps read and write, by name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1_000))]
    pub(crate) rows: IndexMap<String, Row>,
    /// The stores whose rows steps lock, by name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1_000))]
    pub(crate) stores: IndexMap<String, Store>,
    /// What steps bring about, by name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1_000))]
    pub(crate) effects: IndexMap<String, Effect>,
    /// The caches that steps look into, by name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1_000))]
    pub(crate) caches: IndexMap<String, Cache>,
    /// The brokers that steps publish to, by name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1_000))]
    pub(crate) brokers: IndexMap<String, Broker>,
    /// What is injected, and when.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) faults: Vec<Fault>,
    /// Changed forms of the scenario to compare with it.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) variants: Vec<Variant>,
    /// What sources say of such a system, by name, and whether it is so.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1_000))]
    pub(crate) claims: IndexMap<String, Claim>,
    /// What has to come out.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) expect: Vec<Expect>,
    /// What is steady, and is meant to stay so.
    #[serde(default)]
    pub(crate) hypothesis: Option<Hypothesis>,
    /// The rules that a monitoring system would watch it by.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) alerts: Vec<Alert>,
    /// The charts that show its story, in the order in which they are to be looked at.
    #[serde(default)]
    #[schemars(length(max = 99))]
    pub(crate) charts: Vec<Chart>,
    /// What tables and charts are about.
    #[serde(default)]
    pub(crate) report: Report,
}
