//! Rate limiters.

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{fails, holds};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::gate::Ticket;
use crate::policy::limiter::leaky_bucket_meter::LeakyBucketMeter;
use crate::policy::limiter::resilience4j::{Refusal, Resilience4j};
use crate::policy::limiter::token_bucket::TokenBucket;
use crate::policy::limiter::{Asked, Demand, Limiter, Limiting};
use crate::policy::throttle::{Cubic, Filling, RateClocker};

/// The section `rate_limiters`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RateLimiters {
    resilience4j: Resilience4jVectors,
    aws_adaptive: Option<AwsAdaptive>,
    token_bucket_article4: Option<Article>,
}

impl RateLimiters {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        outcomes.extend(self.resilience4j.vectors.iter().map(Resilience4jVector::run));
        if let Some(aws) = &self.aws_adaptive {
            outcomes.extend([aws.cubic.run(), aws.rate_clocker.run(), aws.token_bucket.run()]);
        }
        outcomes.extend(self.token_bucket_article4.iter().flat_map(Article::run));
    }
}

/// Holds if nothing parted from the vector.
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

fn is(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0)
}

fn at(seconds: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(seconds)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Resilience4jVectors {
    vectors: Vec<Resilience4jVector>,
}

#[derive(Clone, Debug, Deserialize)]
struct Resilience4jVector {
    name: String,
    limit: u32,
    period_ms: u64,
    timeout_ms: u64,
    events: Vec<Reservation>,
}

#[derive(Clone, Debug, Deserialize)]
struct Reservation {
    t_ms: u64,
    wait_ms: f64,
    available_after: i64,
}

impl Resilience4jVector {
    fn run(&self) -> VectorOutcome {
        let limiter = Limiter::Resilience4j(Resilience4j {
            limit_for_period: self.limit,
            limit_refresh_period: SimDuration::from_millis(self.period_ms),
            timeout_duration: SimDuration::from_millis(self.timeout_ms),
            refuses: Refusal::AtOnce,
        });
        let mut limiting = limiter.start(SimTime::ZERO);
        let parted = self.events.iter().enumerate().find_map(|(place, event)| {
            let now = SimTime::from_nanos(event.t_ms * 1_000_000);
            let wait = limiting.retry_after(now, Demand::ONE).as_millis_f64();
            let wait = match limiting.ask(now, Ticket(place as u64), Demand::ONE) {
                Asked::Admitted => 0.0,
                Asked::Waits => wait,
                Asked::TurnedAway => -1.0,
            };
            let available = match &limiting {
                Limiting::Resilience4j(cycles) => cycles.available(),
                _ => return Some("another limiter".to_owned()),
            };
            let same = is(wait, event.wait_ms) && available == event.available_after;
            (!same).then(|| format!("event {place}: {wait}, {available}, not {event:?}"))
        });
        outcome("resilience4j-limiter", &self.name, parted)
    }
}

#[derive(Clone, Debug, Deserialize)]
struct AwsAdaptive {
    cubic: CubicVector,
    rate_clocker: ClockerVector,
    token_bucket: BucketVector,
}

const AWS: &str = "botocore-adaptive";
/// The rate at which botocore's own tests, from which the vectors come, start.
const STARTING_RATE: f64 = 10.0;

#[derive(Clone, Debug, Deserialize)]
struct CubicVector {
    scale: f64,
    beta: f64,
    events: Vec<CubicEvent>,
}

#[derive(Clone, Debug, Deserialize)]
struct CubicEvent {
    op: String,
    t: f64,
    rate: f64,
    current_rate: Option<f64>,
    k: Option<f64>,
    w_max: Option<f64>,
}

impl CubicVector {
    fn run(&self) -> VectorOutcome {
        let mut cubic = Cubic::new(self.scale, self.beta, STARTING_RATE, 0.0);
        let parted = self.events.iter().find_map(|event| {
            let rate = match (event.op.as_str(), event.current_rate) {
                ("success", _) => cubic.after_success(event.t),
                ("throttle", Some(rate)) => cubic.after_throttling(rate, event.t),
                _ => return Some(format!("no `{}` is known", event.op)),
            };
            let (w_max, k) = cubic.parameters();
            let same = is(rate, event.rate)
                && event.k.is_none_or(|theirs| is(k, theirs))
                && event.w_max.is_none_or(|theirs| is(w_max, theirs));
            (!same).then(|| format!("{rate}, k {k}, w_max {w_max}, not {event:?}"))
        });
        outcome(AWS, "cubic", parted)
    }
}

#[derive(Clone, Debug, Deserialize)]
struct ClockerVector {
    smoothing: f64,
    bucket_s: f64,
    events: Vec<ClockerEvent>,
}

#[derive(Clone, Debug, Deserialize)]
struct ClockerEvent {
    t: f64,
    measured_rate: f64,
}

impl ClockerVector {
    fn run(&self) -> VectorOutcome {
        let mut clocker = RateClocker::new(self.smoothing, self.bucket_s, SimTime::ZERO);
        let parted = self.events.iter().find_map(|event| {
            let rate = clocker.record(at(event.t));
            (!is(rate, event.measured_rate)).then(|| format!("{rate}, not {event:?}"))
        });
        outcome(AWS, "rate_clocker", parted)
    }
}

#[derive(Clone, Debug, Deserialize)]
struct BucketVector {
    events: Vec<BucketEvent>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum BucketEvent {
    Acquire { t: f64, ok: bool, cap: f64 },
    SetMaxRate { v: f64, fill_rate: f64, max_cap: f64, cap: f64 },
}

/// The lowest rate of botocore's bucket.
const MIN_RATE: f64 = 0.5;

impl BucketVector {
    fn run(&self) -> VectorOutcome {
        let mut bucket = Filling::new(STARTING_RATE, MIN_RATE, SimTime::ZERO);
        let mut now = SimTime::ZERO;
        let parted = self.events.iter().find_map(|event| {
            let same = match *event {
                BucketEvent::Acquire { t, ok, cap } => {
                    now = at(t);
                    bucket.acquire(now) == ok && is(bucket.level_and_max().0, cap)
                }
                BucketEvent::SetMaxRate { v, fill_rate, max_cap, cap } => {
                    bucket.set_rate(v, now);
                    let (level, max) = bucket.level_and_max();
                    is(bucket.rate(), fill_rate) && is(max, max_cap) && is(level, cap)
                }
            };
            (!same).then(|| format!("{bucket:?}, not {event:?}"))
        });
        outcome(AWS, "token_bucket", parted)
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Article {
    config: ArticleConfig,
    vectors: Vec<Requests>,
}

#[derive(Clone, Debug, Deserialize)]
struct ArticleConfig {
    capacity: u32,
    refill_per_s: u32,
}

#[derive(Clone, Debug, Deserialize)]
struct Requests {
    t: f64,
    requests: u32,
    allowed: u32,
}

impl Article {
    /// The token bucket, and the leaky bucket that is the same automaton.
    fn run(&self) -> Vec<VectorOutcome> {
        let ArticleConfig { capacity, refill_per_s: rate } = self.config;
        let (per, max_wait) = (SimDuration::from_secs(1), SimDuration::ZERO);
        let bucket = TokenBucket { capacity, refill: rate, per, max_wait };
        let meter = LeakyBucketMeter { burst: capacity, rate, per };
        let both = [Limiter::TokenBucket(bucket), Limiter::LeakyBucketMeter(meter)];
        both.into_iter().map(|limiter| self.follow(&limiter)).collect()
    }

    fn follow(&self, limiter: &Limiter) -> VectorOutcome {
        let mut limiting = limiter.start(SimTime::ZERO);
        let parted = self.vectors.iter().find_map(|vector| {
            let mut ask = |_: &u32| {
                let answer = limiting.ask(at(vector.t), Ticket(0), Demand::ONE);
                answer == Asked::Admitted
            };
            let allowed = (0..vector.requests).filter(|request| ask(request)).count();
            let same = allowed == vector.allowed as usize;
            (!same).then(|| format!("{allowed}, not {vector:?}"))
        });
        outcome("article4-limiter", limiter.name(), parted)
    }
}
