//! Ways to break a model: something that it has is not there, or does nothing.

use sim_core::kernel::{Distribution, SimDuration};
use sim_core::model::handler::Step;
use sim_core::model::network::{Loss, Transport};
use sim_core::model::spec::{Deadlines, Model, Per};
use sim_core::policy::backoff::exponential::Exponential;
use sim_core::policy::guard::GuardKind;
use sim_core::policy::{Backoff, Jitter, ResolvedLayer, RetryPolicy};

/// What is broken, everywhere in a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// Retries wait without their jitter.
    NoJitter,
    /// Nothing is tried again.
    NoRetries,
    /// Retries need no budget.
    NoBudgets,
    /// Nobody gives up waiting.
    NoTimeouts,
    /// Nobody heeds a deadline.
    NoDeadlines,
    /// A breaker never opens.
    NoBreakers,
    /// A bulkhead lets everybody in.
    NoBulkheads,
    /// A rate limiter lets everything through.
    NoRateLimits,
    /// A throttle lets everything through.
    NoThrottles,
    /// A connection pool has a connection for everybody, at once.
    NoConnectionPools,
    /// Nobody makes do with anything but an answer.
    NoFallbacks,
    /// Nothing is sent twice for good measure.
    NoHedges,
    /// Every instance has a worker for every request.
    NoWorkerLimits,
    /// Queues have no end, and nobody sheds.
    NoQueueLimits,
    /// An instance turns nobody away by a limit of its own.
    NoServerLimits,
    /// An instance is never overrun.
    NoOverrun,
    /// Work takes no time.
    NoWork,
    /// A lock is not held.
    NoLocks,
    /// A cache never has what is looked for.
    NoCaches,
    /// Keys of idempotency are not known again.
    NoIdempotency,
    /// A background task is never begun.
    NoTasks,
    /// A message is never published.
    NoMessages,
    /// All requests go the first way at each branch.
    NoBranches,
    /// Memory has no end, and nobody collects garbage.
    NoMemory,
    /// Whoever runs on a machine has one of its own.
    NoMachines,
    /// A disk has room for everything.
    NoDisks,
    /// Replicas have everything at once, and one takes the place of a dead primary at once.
    NoReplication,
    /// Instances neither come nor go.
    NoScaling,
    /// Rollouts take away whomever they come to.
    NoMinimum,
    /// Nobody asks instances whether they live, or are well.
    NoProbes,
    /// Nobody checks instances, nor ejects any.
    NoHealthChecks,
    /// Messages take no time on the network and are not lost.
    NoNetwork,
    /// Nothing is injected.
    NoFaults,
}

/// All of them.
pub(crate) const ALL: &[Break] = &[
    Break::NoJitter,
    Break::NoRetries,
    Break::NoBudgets,
    Break::NoTimeouts,
    Break::NoDeadlines,
    Break::NoBreakers,
    Break::NoBulkheads,
    Break::NoRateLimits,
    Break::NoThrottles,
    Break::NoConnectionPools,
    Break::NoFallbacks,
    Break::NoHedges,
    Break::NoWorkerLimits,
    Break::NoQueueLimits,
    Break::NoServerLimits,
    Break::NoOverrun,
    Break::NoWork,
    Break::NoLocks,
    Break::NoCaches,
    Break::NoIdempotency,
    Break::NoTasks,
    Break::NoMessages,
    Break::NoBranches,
    Break::NoMemory,
    Break::NoMachines,
    Break::NoDisks,
    Break::NoReplication,
    Break::NoScaling,
    Break::NoMinimum,
    Break::NoProbes,
    Break::NoHealthChecks,
    Break::NoNetwork,
    Break::NoFaults,
];

/// Breaks a model; whether it had anything to break.
pub(crate) fn break_model(model: &mut Model, what: Break) -> bool {
    match what {
        Break::NoJitter => retries(model, without_jitter),
        Break::NoRetries => layers(model, |layer| !matches!(layer, ResolvedLayer::Retry(_))),
        Break::NoBudgets => retries(model, |retry| retry.budget.take().is_some()),
        Break::NoTimeouts => layers(model, |layer| !matches!(layer, ResolvedLayer::Timeout(_))),
        Break::NoDeadlines => {
            let layers = layers(model, |layer| !matches!(layer, ResolvedLayer::Deadline(_)));
            let heed = |service: &mut sim_core::model::spec::ServiceSpec| {
                std::mem::replace(&mut service.deadlines, Deadlines::Ignored) != Deadlines::Ignored
            };
            any(&mut model.services, heed) || layers
        }
        Break::NoBreakers => guards(model, |kind| matches!(kind, GuardKind::Breaker(_))),
        Break::NoBulkheads => guards(model, |kind| matches!(kind, GuardKind::Bulkhead(_))),
        Break::NoRateLimits => guards(model, |kind| matches!(kind, GuardKind::RateLimit(_))),
        Break::NoThrottles => guards(model, |kind| {
            matches!(kind, GuardKind::Throttle(_) | GuardKind::ConcurrencyLimit(_))
        }),
        Break::NoConnectionPools => {
            guards(model, |kind| matches!(kind, GuardKind::ConnectionPool(_)))
        }
        Break::NoFallbacks => layers(model, |layer| !matches!(layer, ResolvedLayer::Fallback(_))),
        Break::NoHedges => layers(model, |layer| !matches!(layer, ResolvedLayer::Hedge(_))),
        Break::NoWorkerLimits => {
            let pools = model.services.iter_mut().flat_map(|service| &mut service.pools);
            any(pools, |pool| pool.workers.take().is_some())
        }
        Break::NoQueueLimits => {
            let pools = model.services.iter_mut().flat_map(|service| &mut service.pools);
            any(pools, |pool| {
                let (capacity, shedding) = (pool.queue.capacity.take(), pool.shedding.take());
                capacity.is_some() || shedding.is_some()
            })
        }
        Break::NoServerLimits => {
            any(&mut model.services, |service| !std::mem::take(&mut service.limits).is_empty())
        }
        Break::NoOverrun => any(&mut model.services, |service| service.overrun.take().is_some()),
        Break::NoWork => steps(model, |step, _| match step {
            Step::Work(demand) => {
                *demand = Distribution::Constant(SimDuration::ZERO);
                true
            }
            _ => false,
        }),
        Break::NoLocks => steps(model, |step, next| match step {
            Step::Lock(_) | Step::Unlock(_) => replace(step, Step::Jump(next)),
            _ => false,
        }),
        Break::NoCaches => steps(model, |step, next| match step {
            Step::Look(_) | Step::Fill(_) => replace(step, Step::Jump(next)),
            _ => false,
        }),
        Break::NoIdempotency => {
            let keys = any(&mut model.carried, |carried| std::mem::take(&mut carried.idempotency));
            let effects = any(&mut model.effects, |effect| {
                let by_key = std::mem::replace(&mut effect.per, Per::Call) != Per::Call;
                std::mem::take(&mut effect.recognises) || by_key
            });
            keys || effects
        }
        Break::NoTasks => steps(model, |step, next| match step {
            Step::Spawn(_) => replace(step, Step::Jump(next)),
            _ => false,
        }),
        Break::NoMessages => steps(model, |step, next| match step {
            Step::Publish(_) => replace(step, Step::Jump(next)),
            _ => false,
        }),
        Break::NoBranches => steps(model, |step, _| match step {
            Step::Branch(ways) => ways
                .ways
                .first()
                .map(|(_, first)| *first)
                .is_some_and(|first| replace(step, Step::Jump(first))),
            _ => false,
        }),
        Break::NoMemory => !std::mem::take(&mut model.memories).is_empty(),
        Break::NoMachines => !std::mem::take(&mut model.machines).is_empty(),
        Break::NoDisks => !std::mem::take(&mut model.disks).is_empty(),
        Break::NoReplication => any(&mut model.replications, |spec| {
            (spec.how.lag, spec.how.failover) = (Distribution::default(), SimDuration::ZERO);
            true
        }),
        Break::NoScaling => {
            for spec in &model.scaled {
                model.services[spec.service.index()].instances = spec.at_first;
            }
            !std::mem::take(&mut model.scaled).is_empty()
        }
        Break::NoMinimum => !std::mem::take(&mut model.least_up).is_empty(),
        Break::NoProbes => !std::mem::take(&mut model.probes).is_empty(),
        Break::NoHealthChecks => any(&mut model.services, |service| {
            let balancer = &mut service.balancer;
            let (check, outlier) = (balancer.health_check.take(), balancer.outlier.take());
            check.is_some() || outlier.is_some()
        }),
        Break::NoNetwork => any(&mut model.links, |link| {
            let still = Distribution::Constant(SimDuration::ZERO);
            let latency = std::mem::replace(&mut link.latency, still.clone());
            let loss = std::mem::replace(&mut link.loss, Loss::Independent(0.0));
            let bandwidth = link.bandwidth.take();
            link.transport = Transport::default();
            latency != still || loss != Loss::Independent(0.0) || bandwidth.is_some()
        }),
        Break::NoFaults => !std::mem::take(&mut model.faults).is_empty(),
    }
}

/// Changes each; whether any was changed.
fn any<'a, T: 'a>(
    all: impl IntoIterator<Item = &'a mut T>,
    mut change: impl FnMut(&mut T) -> bool,
) -> bool {
    all.into_iter().fold(false, |changed, one| change(one) || changed)
}

/// Keeps the layers of all policies that are to be kept.
fn layers(model: &mut Model, keep: impl Fn(&ResolvedLayer) -> bool) -> bool {
    any(&mut model.edges, |edge| {
        let before = edge.policy.layers.len();
        // The calls that fallbacks make are known by the place of the layer.
        let places: Vec<usize> =
            (0..before).filter(|place| keep(&edge.policy.layers[*place])).collect();
        edge.substitutes.retain_mut(|substitute| {
            let place = places.iter().position(|place| *place == usize::from(substitute.layer));
            substitute.layer = place.unwrap_or(0) as u8;
            place.is_some()
        });
        edge.policy.layers.retain(&keep);
        edge.policy.layers.len() < before
    })
}

fn guards(model: &mut Model, is_it: impl Fn(&GuardKind) -> bool) -> bool {
    layers(model, |layer| !matches!(layer, ResolvedLayer::Guard(guard) if is_it(&guard.kind)))
}

fn retries(model: &mut Model, mut change: impl FnMut(&mut RetryPolicy) -> bool) -> bool {
    let layers = model.edges.iter_mut().flat_map(|edge| &mut edge.policy.layers);
    any(layers, |layer| match layer {
        ResolvedLayer::Retry(retry) => change(retry),
        _ => false,
    })
}

fn without_jitter(retry: &mut RetryPolicy) -> bool {
    let jitter = match &mut retry.backoff {
        Backoff::Fixed(fixed) => &mut fixed.jitter,
        Backoff::Linear(linear) => &mut linear.jitter,
        Backoff::Exponential(exponential) => &mut exponential.jitter,
        Backoff::Decorrelated(decorrelated) => {
            let (base, cap) = (decorrelated.base, Some(decorrelated.cap));
            let exponential = Exponential { base, factor: 2.0, cap, jitter: Jitter::None };
            retry.backoff = Backoff::Exponential(exponential);
            return true;
        }
        Backoff::AwsSimulator(aws) => {
            let exponential = Exponential {
                base: aws.base,
                factor: 2.0,
                cap: Some(aws.cap),
                jitter: Jitter::None,
            };
            retry.backoff = Backoff::Exponential(exponential);
            return true;
        }
        _ => return false,
    };
    std::mem::replace(jitter, Jitter::None) != Jitter::None
}

/// Changes the steps of all handlers; each is given the number of the next.
fn steps(model: &mut Model, mut change: impl FnMut(&mut Step, u16) -> bool) -> bool {
    any(&mut model.endpoints, |endpoint| {
        let mut next = 0;
        any(&mut endpoint.steps, |step| {
            next += 1;
            change(step, next)
        })
    })
}

fn replace(step: &mut Step, by: Step) -> bool {
    *step = by;
    true
}
