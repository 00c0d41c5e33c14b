//! Retry budgets.

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{fails, holds};
use super::name::parameter;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;
use crate::policy::budget::aws_sdk::AwsSdk;
use crate::policy::budget::aws_sdk_2026::AwsSdk2026;
use crate::policy::budget::envoy_budget::EnvoyBudget;
use crate::policy::budget::finagle::Finagle;
use crate::policy::budget::grpc::Grpc;
use crate::policy::budget::tower::Tower;
use crate::policy::budget::{AttemptEnd, Budget, BudgetMachine, CallMemory, Deposit};

/// The section `retry_budgets`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RetryBudgets {
    grpc_throttling: Vec<GrpcVector>,
    finagle: FinagleVectors,
    tower: TowerVectors,
    envoy_retry_budget: EnvoyVectors,
    aws_standard: AwsVectors,
}

impl RetryBudgets {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        outcomes.extend(self.grpc_throttling.iter().map(GrpcVector::run));
        self.finagle.run(outcomes);
        outcomes.extend(self.tower.vectors.iter().map(TowerVector::run));
        outcomes.extend(self.envoy_retry_budget.vectors.iter().map(EnvoyVector::run));
        outcomes.extend(self.aws_standard.pre_2026.iter().map(AwsPre2026::run));
        outcomes.extend(self.aws_standard.v2026.iter().map(Aws2026::run));
    }
}

/// A budget that is told of single events, each of a call of its own.
struct Told {
    machine: BudgetMachine,
    now: SimTime,
}

impl Told {
    fn start(budget: &Budget) -> Self {
        Self { machine: budget.start(SimTime::ZERO), now: SimTime::ZERO }
    }

    fn call_starts(&mut self) {
        self.machine.call_starts(self.now, &mut CallMemory::default());
    }

    fn attempt_ends(&mut self, outcome: Outcome) {
        let end = AttemptEnd { outcome, retryable: outcome.is_failure(), forbidden: false };
        self.machine.attempt_ends(self.now, &mut CallMemory::default(), end);
    }

    fn may_retry(&mut self, outcome: Outcome) -> bool {
        self.machine.may_retry(self.now, &mut CallMemory::default(), outcome)
    }

    /// A call that needed no retry succeeds.
    fn succeeds(&mut self) {
        self.machine.call_ends(self.now, &mut CallMemory::default(), Outcome::Ok);
    }

    fn level(&mut self) -> f64 {
        self.machine.level(self.now)
    }

    /// How many of so many retries are granted.
    fn granted(&mut self, retries: u32) -> u32 {
        (0..retries).map(|_| u32::from(self.may_retry(Outcome::ServerError))).sum()
    }
}

fn is(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 1e-9
}

/// Holds if no event parted from the vector: the first that did, if any.
fn outcome(
    library: &'static str,
    name: impl Into<String>,
    parted: Option<String>,
) -> VectorOutcome {
    match parted {
        None => holds(library, name),
        Some(detail) => fails(library, name, detail),
    }
}

#[derive(Clone, Debug, Deserialize)]
struct GrpcVector {
    source: String,
    config: GrpcConfig,
    events: Vec<GrpcEvent>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GrpcConfig {
    max_tokens: u32,
    token_ratio: f64,
}

#[derive(Clone, Debug, Deserialize)]
struct GrpcEvent {
    event: String,
    tokens: f64,
    retries_allowed: bool,
}

impl GrpcVector {
    fn run(&self) -> VectorOutcome {
        let GrpcConfig { max_tokens, token_ratio } = self.config;
        let mut told = Told::start(&Budget::Grpc(Grpc { max_tokens, token_ratio }));
        let parted = self.events.iter().enumerate().find_map(|(place, event)| {
            told.attempt_ends(match event.event.as_str() {
                "ok" => Outcome::Ok,
                "fail" => Outcome::ServerError,
                other => return Some(format!("event {place}: no `{other}` is known")),
            });
            let ours = (told.level(), told.may_retry(Outcome::ServerError));
            let same = is(ours.0, event.tokens) && ours.1 == event.retries_allowed;
            (!same).then(|| format!("event {place}: {ours:?}, not {event:?}"))
        });
        outcome("grpc-throttling", &self.source, parted)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct FinagleVectors {
    defaults: Option<FinagleConfig>,
    frozen_tests: Vec<FinagleFrozen>,
    sequence: FinagleSequence,
}

#[derive(Clone, Debug, Deserialize)]
struct FinagleConfig {
    ttl_s: u64,
    min_retries_per_sec: u32,
    percent_can_retry: f64,
}

#[derive(Clone, Debug, Deserialize)]
struct FinagleFrozen {
    #[serde(flatten)]
    config: FinagleConfig,
    requests: u32,
    retries_allowed: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct FinagleSequence {
    events: Vec<FinagleEvent>,
}

#[derive(Clone, Debug, Deserialize)]
struct FinagleEvent {
    t_ms: u64,
    op: String,
    balance: f64,
    granted: Option<u32>,
}

const FINAGLE: &str = "finagle-budget";

impl FinagleConfig {
    fn budget(&self) -> Finagle {
        Finagle {
            ttl: SimDuration::from_secs(self.ttl_s),
            min_retries_per_sec: self.min_retries_per_sec,
            percent_can_retry: self.percent_can_retry,
        }
    }
}

impl FinagleVectors {
    fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        if let Some(defaults) = &self.defaults {
            let same = defaults.budget() == Finagle::default();
            let parted = (!same).then(|| format!("{:?}", Finagle::default()));
            outcomes.push(outcome(FINAGLE, "defaults", parted));
        }
        outcomes.extend(self.frozen_tests.iter().map(FinagleFrozen::run));
        if !self.sequence.events.is_empty() {
            outcomes.push(self.sequence.run());
        }
    }
}

impl FinagleFrozen {
    fn run(&self) -> VectorOutcome {
        let mut told = Told::start(&Budget::Finagle(self.config.budget()));
        let each = |_: u32| {
            told.call_starts();
            u32::from(told.may_retry(Outcome::ServerError))
        };
        let allowed: u32 = (0..self.requests).map(each).sum();
        let same = allowed == self.retries_allowed;
        let parted = (!same).then(|| format!("{allowed}, not {}", self.retries_allowed));
        outcome(FINAGLE, format!("{:?}", self.config), parted)
    }
}

impl FinagleSequence {
    fn run(&self) -> VectorOutcome {
        let mut told = Told::start(&Budget::Finagle(Finagle::default()));
        let parted = self.events.iter().find_map(|event| {
            told.now = SimTime::from_nanos(event.t_ms * 1_000_000);
            let times = parameter(&event.op, "x").unwrap_or(0.0) as u32;
            let granted = match event.op.split(' ').next() {
                Some("init" | "sum") => None,
                Some("deposit") => {
                    (0..times).for_each(|_| told.call_starts());
                    None
                }
                Some("withdraw") => Some(told.granted(times)),
                _ => return Some(format!("no `{}` is known", event.op)),
            };
            let same = is(told.level(), event.balance)
                && event.granted.is_none_or(|theirs| granted == Some(theirs));
            (!same).then(|| format!("{} granted {granted:?}, not {event:?}", told.level()))
        });
        outcome(FINAGLE, "sequence", parted)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TowerVectors {
    vectors: Vec<TowerVector>,
}

#[derive(Clone, Debug, Deserialize)]
struct TowerVector {
    config: TowerConfig,
    events: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct TowerConfig {
    ttl_s: u64,
    min: u32,
    pct: f64,
}

impl TowerVector {
    fn run(&self) -> VectorOutcome {
        let TowerConfig { ttl_s, min, pct } = self.config;
        let mut told = Told::start(&Budget::Tower(Tower {
            ttl: SimDuration::from_secs(ttl_s),
            min_per_sec: min,
            retry_percent: pct,
            on: Deposit::EachSuccess,
        }));
        let parted = self.events.iter().find_map(|event| {
            let expected = match event.as_str() {
                "deposit" => {
                    told.attempt_ends(Outcome::Ok);
                    return None;
                }
                "withdraw->false" => false,
                "withdraw->true" => true,
                other => match parameter(other, "advance ") {
                    None => return Some(format!("no `{other}` is known")),
                    Some(ms) => {
                        told.now += SimDuration::from_millis(ms as u64);
                        return None;
                    }
                },
            };
            let ours = told.may_retry(Outcome::ServerError);
            (ours != expected).then(|| format!("{ours} at {event}"))
        });
        outcome("tower-budget", self.events.join(", "), parted)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct EnvoyVectors {
    vectors: Vec<EnvoyVector>,
}

#[derive(Clone, Debug, Deserialize)]
struct EnvoyVector {
    active: u32,
    pending: u32,
    pct: f64,
    limit: u32,
}

impl EnvoyVector {
    /// All attempts but one stay under way; the retries of that one are asked for.
    fn run(&self) -> VectorOutcome {
        let budget = EnvoyBudget { budget_percent: self.pct, ..EnvoyBudget::default() };
        let mut told = Told::start(&Budget::EnvoyBudget(budget));
        for _ in 1..self.active + self.pending {
            told.machine.attempt_starts(told.now, &mut CallMemory::default());
        }
        let allowed = told.granted(self.limit + 1);
        let same = allowed == self.limit;
        let parted = (!same).then(|| format!("{allowed}, not {}", self.limit));
        outcome("envoy-budget", format!("{self:?}"), parted)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct AwsVectors {
    pre_2026: Option<AwsPre2026>,
    v2026: Option<Aws2026>,
}

#[derive(Clone, Debug, Deserialize)]
struct AwsPre2026 {
    capacity: u32,
    retry_cost: u32,
    timeout_cost: u32,
    no_retry_increment: u32,
    events: Vec<AwsEvent>,
}

#[derive(Clone, Debug, Deserialize)]
struct AwsEvent {
    op: String,
    n: Option<u32>,
    ok: Option<bool>,
    cap: f64,
}

const AWS: &str = "botocore-quota";

impl AwsPre2026 {
    fn run(&self) -> VectorOutcome {
        let theirs = AwsSdk {
            capacity: self.capacity,
            retry_cost: self.retry_cost,
            timeout_cost: self.timeout_cost,
            no_retry_increment: self.no_retry_increment,
        };
        if theirs != AwsSdk::default() {
            return fails(AWS, "pre_2026", format!("defaults are {:?}", AwsSdk::default()));
        }
        let mut told = Told::start(&Budget::AwsSdk(theirs));
        let parted = self.events.iter().find_map(|event| {
            let parted = self.follow(&mut told, event);
            parted.map(|ours| format!("{ours}, {} left, not {event:?}", told.level()))
        });
        outcome(AWS, "pre_2026", parted)
    }

    /// What is not as the event says, if anything.
    fn follow(&self, told: &mut Told, event: &AwsEvent) -> Option<String> {
        let amount = event.n.map(f64::from).or_else(|| parameter(&event.op, "acquire"))?;
        let times = parameter(&event.op, "x").unwrap_or(1.0) as u32;
        let acquired = if event.op == "release" {
            // A call without a retry gives back one increment.
            let calls = amount as u32 / self.no_retry_increment;
            (0..calls).for_each(|_| told.succeeds());
            None
        } else if amount == f64::from(self.timeout_cost) {
            Some(told.may_retry(Outcome::Timeout))
        } else if amount == f64::from(self.retry_cost) {
            Some(told.granted(times) == times)
        } else {
            return Some(format!("no retry costs {amount}"));
        };
        let same = is(told.level(), event.cap) && event.ok.is_none_or(|ok| acquired == Some(ok));
        (!same).then(|| format!("{acquired:?}"))
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Aws2026 {
    capacity: u32,
    transient_cost: u32,
    timeout_cost: u32,
    throttling_cost: u32,
    no_retry_increment: u32,
}

impl Aws2026 {
    fn run(&self) -> VectorOutcome {
        let mut told = Told::start(&Budget::AwsSdk2026(AwsSdk2026::default()));
        let mut left = f64::from(self.capacity);
        let mut parted = (!is(told.level(), left)).then(|| format!("starts with {}", told.level()));
        for (outcome, cost) in [
            (Outcome::ServerError, self.transient_cost),
            (Outcome::Timeout, self.timeout_cost),
            (Outcome::Throttled, self.throttling_cost),
        ] {
            left -= f64::from(cost);
            let same = told.may_retry(outcome) && is(told.level(), left);
            let detail = || format!("{} left after {}, not {left}", told.level(), outcome.name());
            parted = parted.or_else(|| (!same).then(detail));
        }
        left += f64::from(self.no_retry_increment);
        told.succeeds();
        let same = is(told.level(), left);
        let detail = || format!("{} left after a success, not {left}", told.level());
        outcome(AWS, "v2026", parted.or_else(|| (!same).then(detail)))
    }
}
