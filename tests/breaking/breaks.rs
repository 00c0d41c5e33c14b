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
    Jitter,
    /// Nothing is tried again.
    Retries,
    /// Retries need no budget.
    Budgets,
    /// Nobody gives up waiting.
    Timeouts,
    /// Nobody heeds a deadline.
    Deadlines,
    /// A breaker never opens.
    Breakers,
    /// A bulkhead lets everybody in.
    Bulkheads,
    /// A rate limiter lets everything through.
    RateLimits,
    /// A throttle lets everything through.
    Throttles,
    /// A connection pool has a connection for everybody, at once.
    ConnectionPools,
    /// Nobody makes do with anything but an answer.
    Fallbacks,
    /// Nothing is sent twice for good measure.
    Hedges,
    /// Every instance has a worker for every request.
    WorkerLimits,
    /// Queues have no end, and nobody sheds.
    QueueLimits,
    /// An instance turns nobody away by a limit of its own.
    ServerLimits,
    /// An instance is never overrun.
    Overrun,
    /// Work takes no time.
    Work,
    /// A lock is not held.
    Locks,
    /// A cache never has what is looked for.
    Caches,
    /// Keys of idempotency are not known again.
    Idempotency,
    /// A background task is never begun.
    Tasks,
    /// A message is never published.
    Messages,
    /// All requests go the first way at each branch.
    Branches,
    /// Memory has no end, and nobody collects garbage.
    Memory,
    /// Whoever runs on a machine has one of its own.
    Machines,
    /// A disk has room for everything.
    Disks,
    /// Replicas have everything at once, and one takes the place of a dead primary at once.
    Replication,
    /// Instances neither come nor go.
    Scaling,
    /// Rollouts take away whomever they come to.
    Minimum,
    /// Nobody asks instances whether they live, or are well.
    Probes,
    /// Nobody checks instances, nor ejects any.
    HealthChecks,
    /// Balancers know of every load as it is.
    StaleLoads,
    /// Messages take no time on the network and are not lost.
    Network,
    /// Nothing is injected.
    Faults,
}

/// All of them.
pub(crate) const ALL: &[Break] = &[
    Break::Jitter,
    Break::Retries,
    Break::Budgets,
    Break::Timeouts,
    Break::Deadlines,
    Break::Breakers,
    Break::Bulkheads,
    Break::RateLimits,
    Break::Throttles,
    Break::ConnectionPools,
    Break::Fallbacks,
    Break::Hedges,
    Break::WorkerLimits,
    Break::QueueLimits,
    Break::ServerLimits,
    Break::Overrun,
    Break::Work,
    Break::Locks,
    Break::Caches,
    Break::Idempotency,
    Break::Tasks,
    Break::Messages,
    Break::Branches,
    Break::Memory,
    Break::Machines,
    Break::Disks,
    Break::Replication,
    Break::Scaling,
    Break::Minimum,
    Break::Probes,
    Break::HealthChecks,
    Break::StaleLoads,
    Break::Network,
    Break::Faults,
];

/// Breaks a model; whether it had anything to break.
pub(crate) fn break_model(model: &mut Model, what: Break) -> bool {
    match what {
        Break::Jitter => retries(model, without_jitter),
        Break::Retries => layers(model, |layer| !matches!(layer, ResolvedLayer::Retry(_))),
        Break::Budgets => retries(model, |retry| retry.budget.take().is_some()),
        Break::Timeouts => layers(model, |layer| !matches!(layer, ResolvedLayer::Timeout(_))),
        Break::Deadlines => {
            let layers = layers(model, |layer| !matches!(layer, ResolvedLayer::Deadline(_)));
            let heed = |service: &mut sim_core::model::spec::ServiceSpec| {
                std::mem::replace(&mut service.deadlines, Deadlines::Ignored) != Deadlines::Ignored
            };
            any(&mut model.services, heed) || layers
        }
        Break::Breakers => guards(model, |kind| matches!(kind, GuardKind::Breaker(_))),
        Break::Bulkheads => guards(model, |kind| matches!(kind, GuardKind::Bulkhead(_))),
        Break::RateLimits => guards(model, |kind| matches!(kind, GuardKind::RateLimit(_))),
        Break::Throttles => guards(model, |kind| {
            matches!(kind, GuardKind::Throttle(_) | GuardKind::ConcurrencyLimit(_))
        }),
        Break::ConnectionPools => {
            guards(model, |kind| matches!(kind, GuardKind::ConnectionPool(_)))
        }
        Break::Fallbacks => layers(model, |layer| !matches!(layer, ResolvedLayer::Fallback(_))),
        Break::Hedges => layers(model, |layer| !matches!(layer, ResolvedLayer::Hedge(_))),
        Break::WorkerLimits => {
            let pools = model.services.iter_mut().flat_map(|service| &mut service.pools);
            any(pools, |pool| pool.workers.take().is_some())
        }
        Break::QueueLimits => {
            let pools = model.services.iter_mut().flat_map(|service| &mut service.pools);
            any(pools, |pool| {
                let (capacity, shedding) = (pool.queue.capacity.take(), pool.shedding.take());
                capacity.is_some() || shedding.is_some()
            })
        }
        Break::ServerLimits => {
            any(&mut model.services, |service| !std::mem::take(&mut service.limits).is_empty())
        }
        Break::Overrun => any(&mut model.services, |service| service.overrun.take().is_some()),
        Break::Work => steps(model, |step, _| match step {
            Step::Work(demand) => {
                *demand = Distribution::Constant(SimDuration::ZERO);
                true
            }
            _ => false,
        }),
        Break::Locks => steps(model, |step, next| match step {
            Step::Lock(_) | Step::Unlock(_) => replace(step, Step::Jump(next)),
            _ => false,
        }),
        Break::Caches => steps(model, |step, next| match step {
            Step::Look(_) | Step::Fill(_) => replace(step, Step::Jump(next)),
            _ => false,
        }),
        Break::Idempotency => {
            let keys = any(&mut model.carried, |carried| std::mem::take(&mut carried.idempotency));
            let effects = any(&mut model.effects, |effect| {
                let by_key = std::mem::replace(&mut effect.per, Per::Call) != Per::Call;
                std::mem::take(&mut effect.recognises) || by_key
            });
            keys || effects
        }
        Break::Tasks => steps(model, |step, next| match step {
            Step::Spawn(_) => replace(step, Step::Jump(next)),
            _ => false,
        }),
        Break::Messages => steps(model, |step, next| match step {
            Step::Publish(_) => replace(step, Step::Jump(next)),
            _ => false,
        }),
        Break::Branches => steps(model, |step, _| match step {
            Step::Branch(ways) => ways
                .ways
                .first()
                .map(|(_, first)| *first)
                .is_some_and(|first| replace(step, Step::Jump(first))),
            _ => false,
        }),
        Break::Memory => !std::mem::take(&mut model.memories).is_empty(),
        Break::Machines => !std::mem::take(&mut model.machines).is_empty(),
        Break::Disks => !std::mem::take(&mut model.disks).is_empty(),
        Break::Replication => any(&mut model.replications, |spec| {
            (spec.how.lag, spec.how.failover) = (Distribution::default(), SimDuration::ZERO);
            true
        }),
        Break::Scaling => {
            for spec in &model.scaled {
                model.services[spec.service.index()].instances = spec.at_first;
            }
            !std::mem::take(&mut model.scaled).is_empty()
        }
        Break::Minimum => !std::mem::take(&mut model.least_up).is_empty(),
        Break::Probes => !std::mem::take(&mut model.probes).is_empty(),
        Break::HealthChecks => any(&mut model.services, |service| {
            let balancer = &mut service.balancer;
            let (check, outlier) = (balancer.health_check.take(), balancer.outlier.take());
            check.is_some() || outlier.is_some()
        }),
        Break::StaleLoads => {
            any(&mut model.services, |service| service.balancer.stale.take().is_some())
        }
        Break::Network => any(&mut model.links, |link| {
            let still = Distribution::Constant(SimDuration::ZERO);
            let latency = std::mem::replace(&mut link.latency, still.clone());
            let loss = std::mem::replace(&mut link.loss, Loss::Independent(0.0));
            let bandwidth = link.bandwidth.take();
            link.transport = Transport::default();
            latency != still || loss != Loss::Independent(0.0) || bandwidth.is_some()
        }),
        Break::Faults => !std::mem::take(&mut model.faults).is_empty(),
    }
}

/// Changes each; whether any was changed.
fn any<'a, T: 'a>(
    all: impl IntoIterator<Item = &'a mut T>,
    mut change: impl FnMut(&mut T) -> bool,
) -> bool {
    // Not `any`, which stops at the first.
    all.into_iter().filter_map(|one| change(one).then_some(())).count() > 0
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
