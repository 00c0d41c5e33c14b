//! Properties of every run, over random models: each request ends once, each worker comes back,
//! attempts add up. The engine asserts its own books at the end of a run in debug builds; here
//! the record is held against itself.

#![allow(clippy::unwrap_used)]

mod common;

use common::instances::*;
use common::links::*;
use common::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use sim_core::kernel::{ByteRate, Bytes};
use sim_core::model::network::*;
use sim_core::model::record::{RunRecord, SubjectKind, SubjectRecord};
use sim_core::model::replication::Commit;
use sim_core::model::spec::*;
use sim_core::model::workload::*;
use sim_core::policy::balancing::Balancing;
use sim_core::policy::{
    Abandoned, LateAnswers, Layer, Outcome, Policy, ResolvedLayer, ResolvedPolicy, SentDeadlines,
    ServerLimit,
};

fn any_load() -> impl Strategy<Value = Load> {
    prop_oneof![
        (1.0..200.0).prop_map(poisson),
        (1_u32..40, any::<bool>()).prop_map(|(users, together)| {
            let mut load = closed(users, "exp(200ms)");
            if let (Load::Closed(closed), true) = (&mut load, together) {
                closed.start = Start::Synchronized;
            }
            load
        }),
        (1_u32..30, any::<bool>()).prop_map(|(size, together)| {
            let spread = if together { d("0s") } else { d("300ms") };
            Load::Open(OpenLoad {
                clients: 7,
                arrivals: Arrivals::Bursts { size, every: d("700ms"), spread },
            })
        }),
        (1_u32..20).prop_map(|clients| Load::Open(OpenLoad {
            clients,
            arrivals: Arrivals::Paced(RateProfile::constant(50.0), Start::Synchronized),
        })),
    ]
}

fn any_guard() -> impl Strategy<Value = Value> {
    let scope = prop_oneof![Just("caller"), Just("client"), Just("shared")];
    let breaker = |preset: &str, scope: &str| {
        let window = json!({ "trip": { "consecutive": { "failures": 3 } }, "open_for": "500ms" });
        let mut breaker = if preset == "own" { window } else { json!({ "preset": preset }) };
        breaker["scope"] = scope.into();
        json!({ "breaker": breaker })
    };
    let preset = prop_oneof![
        Just("own"),
        Just("resilience4j"),
        Just("polly-v8"),
        Just("opossum"),
        Just("gobreaker"),
        Just("pybreaker"),
        Just("article-4"),
    ];
    let bucket = json!({ "token-bucket": {
        "capacity": 5, "refill": 20, "per": "1s", "max_wait": "200ms",
    } });
    let kind = prop_oneof![
        Just(
            json!({ "bulkhead": { "kind": { "semaphore": { "max_concurrent": 3, "max_wait": "50ms" } } } })
        ),
        Just(json!({ "bulkhead": { "kind": { "thread-pool": {
            "core_threads": 2, "max_threads": 4, "queue": 3,
        } } } })),
        Just(json!({ "connection_pool": { "kind": { "plain": {
            "max_open": 3, "max_waiting": 4, "max_wait": "80ms", "connect": "exp(5ms)",
            "connect_timeout": "20ms", "max_idle": 2, "idle_life": "30ms",
        } } } })),
        Just(json!({ "connection_pool": { "kind": { "envoy": {
            "max_connections": 2, "connect": "exp(5ms)", "connect_timeout": "20ms",
        } } } })),
        Just(json!({ "rate_limit": { "limiter": bucket } })),
        Just(
            json!({ "rate_limit": { "limiter": { "leaky-bucket-queue": { "capacity": 4, "rate": 30 } } } })
        ),
        Just(json!({ "throttle": { "kind": { "google": {} } } })),
        Just(json!({ "throttle": { "kind": { "aws-adaptive": {} } } })),
        Just(json!({ "concurrency_limit": { "kind": { "aimd": {} } } })),
        Just(json!({ "concurrency_limit": { "kind": { "vegas": {} } } })),
    ];
    let other = (kind, scope.clone()).prop_map(|(mut guard, scope)| {
        let tag = guard.as_object().unwrap().keys().next().unwrap().clone();
        guard[&tag]["scope"] = scope.into();
        guard
    });
    prop_oneof![(preset, scope).prop_map(move |(preset, scope)| breaker(preset, scope)), other]
}

fn any_layers() -> impl Strategy<Value = Value> {
    let backoff = prop_oneof![
        Just(json!({ "immediate": {} })),
        Just(json!({ "fixed": { "delay": "50ms" } })),
        Just(json!({ "exponential": { "base": "20ms", "cap": "1s", "jitter": "full" } })),
        Just(json!({ "decorrelated": { "base": "20ms", "cap": "1s" } })),
    ];
    let budget = prop_oneof![
        Just(Value::Null),
        Just(json!({ "kind": { "grpc": {} } })),
        Just(json!({ "kind": { "envoy-budget": {} }, "scope": "client" })),
        Just(json!({ "kind": { "aws-sdk": {} }, "scope": "shared" })),
    ];
    let told =
        prop::sample::select(vec!["ignored", "at-least", "instead", "envoy", "aws-sdk-2026"]);
    let retry = (1_u32..5, backoff, budget, told).prop_map(|(max, backoff, budget, told)| {
        json!({ "retry": {
            "max_attempts": max, "backoff": backoff, "budget": budget, "retry_after": told,
        } })
    });
    let timeout = (1_u32..400).prop_map(|ms| json!({ "timeout": format!("{ms}ms") }));
    let deadline = (100_u32..2000).prop_map(|ms| json!({ "deadline": format!("{ms}ms") }));
    let layer = prop_oneof![
        2 => retry,
        2 => timeout,
        2 => deadline,
        2 => any_guard(),
        1 => any_hedge(),
        1 => any_fallback(),
    ];
    prop::collection::vec(layer, 0..5).prop_map(Value::Array)
}

fn any_hedge() -> impl Strategy<Value = Value> {
    let cancel = prop_oneof![Just("on_answer"), Just("on_start")];
    let fixed = (0_u32..60, 2_u32..5, cancel).prop_map(|(delay, max, cancel)| {
        json!({ "fixed": {
            "delay": format!("{delay}ms"), "max_attempts": max, "cancel": cancel,
        } })
    });
    let kind = prop_oneof![
        fixed,
        Just(json!({ "percentile": { "share": 0.8, "window": "600ms", "refresh": "100ms" } })),
        Just(json!({ "grpc": {
            "max_attempts": 4, "hedging_delay": "10ms", "non_fatal": ["refused", "timeout"],
        } })),
        Just(json!({ "finagle-backup": { "max_extra_load": 0.1 } })),
    ];
    let budget = prop_oneof![
        Just(Value::Null),
        Just(json!({ "kind": { "finagle": {} }, "scope": "shared" })),
        Just(json!({ "kind": { "envoy-budget": {} }, "scope": "client" })),
    ];
    let scope = prop_oneof![Just("caller"), Just("client"), Just("shared")];
    (kind, budget, scope).prop_map(|(kind, budget, scope)| {
        json!({ "hedge": { "kind": kind, "budget": budget, "scope": scope } })
    })
}

fn any_fallback() -> impl Strategy<Value = Value> {
    let substitute = prop_oneof![
        (0.0..=1.0).prop_map(|fails| json!({ "value": { "fails": fails } })),
        (0.1..=1.0).prop_map(|hit| json!({ "cache": { "max_age": "300ms", "hit": hit } })),
        Just(json!({ "call": { "to": "payment" } })),
    ];
    let scope = prop_oneof![Just("caller"), Just("client"), Just("shared")];
    (prop::collection::vec(substitute, 1..4), scope)
        .prop_map(|(chain, scope)| json!({ "fallback": { "chain": chain, "scope": scope } }))
}

fn any_shedding() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(json!({ "codel": { "target": "10ms" } }))),
        1 => Just(Some(json!({ "adaptive-timeout": { "short": "10ms" } }))),
        1 => (any::<bool>(), 1_u32..80).prop_map(|(at_once, ms)| Some(json!({ "queue-timeout": {
            "timeout": format!("{ms}ms"), "at_once": at_once,
        } }))),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(displaces, by_share)| {
            let order = if by_share { "by_share" } else { "strict" };
            Some(json!({ "priority": {
                "capacity": 4, "reserved": [0.25, 0.25], "displaces": displaces, "order": order,
            } }))
        }),
    ]
}

fn any_limits() -> impl Strategy<Value = Vec<ServerLimit>> {
    let bucket = json!({ "token-bucket": {
        "capacity": 5, "refill": 20, "per": "1s", "max_wait": "200ms",
    } });
    let tiers = json!([{}, { "cost": 2 }, { "limiter": { "sliding-log": { "limit": 5 } } }]);
    let kind = prop::sample::select(vec![
        json!({ "rate_limit": { "limiter": bucket, "tiers": tiers } }),
        json!({ "rate_limit": { "limiter": { "leaky-bucket-queue": { "capacity": 4, "rate": 30 } } } }),
        json!({ "concurrency_limit": { "kind": { "fixed": { "limit": 3 } } } }),
        json!({ "concurrency_limit": { "kind": { "vegas": { "initial_limit": 4 } } } }),
        json!({ "concurrency_limit": { "kind": { "gradient2": {} } } }),
        json!({ "concurrency_limit": { "kind": { "envoy-gradient": { "min_rtt_interval": "1s" } } } }),
        json!({ "throttle": { "kind": { "envoy-admission-control": {} } } }),
    ]);
    let limit = (kind, any::<bool>()).prop_map(|(mut limit, whole)| {
        let tag = limit.as_object().unwrap().keys().next().unwrap().clone();
        limit[&tag]["scope"] = json!(if whole { "service" } else { "instance" });
        serde_json::from_value(limit).unwrap()
    });
    prop_oneof![1 => Just(Vec::new()), 1 => prop::collection::vec(limit, 1..4)]
}

fn any_fault() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0.1..=1.0).prop_map(|share| json!({ "refuse": { "share": share } })),
        (0.1..=1.0).prop_map(|share| json!({ "hang": { "share": share } })),
        (1.5..20.0).prop_map(|factor| json!({ "slow": { "factor": factor, "add": "exp(30ms)" } })),
        (0.1..=1.0).prop_map(|share| json!({ "errors": { "share": share } })),
        (0.1..=1.0).prop_map(|share| json!({ "crash": { "share": share, "restart": "300ms" } })),
        any_fault_of_links(),
    ]
}

prop_compose! {
    fn any_edge_policy()(
        layers in any_layers(),
        cancelled in any::<bool>(),
        accepted in any::<bool>(),
        sent in any::<bool>(),
    ) -> sim_core::policy::ResolvedPolicy {
        let layers: Vec<Layer> = serde_json::from_value(layers).unwrap();
        let tied = layers.iter().any(|l| matches!(l, Layer::Hedge(hedge) if hedge.kind.is_tied()));
        let cancelled = cancelled || tied;
        let abandoned = if cancelled { Abandoned::Cancelled } else { Abandoned::NotTold };
        let mut policy = Policy { layers, abandoned, ..Policy::default() }.resolve().unwrap();
        policy.deadlines = if sent { SentDeadlines::Sent } else { SentDeadlines::Kept };
        policy.late_answers =
            if accepted { LateAnswers::Accepted } else { LateAnswers::Dropped };
        policy
    }
}

fn any_balancer() -> impl Strategy<Value = Balancing> {
    let algorithms = [
        "round-robin",
        "random",
        "least-request",
        "p2c",
        "n-choices",
        "weighted-round-robin",
        "smooth-weighted-round-robin",
        "weighted-least-request",
        "peak-ewma",
        "ring-hash",
        "maglev",
    ];
    let outlier = json!({
        "consecutive_5xx": 2, "interval": "300ms", "base_ejection_time": "500ms",
        "max_ejection_percent": 100, "enforcing_consecutive_5xx": 70,
        "max_ejection_time_jitter": "200ms",
    });
    let watched = prop_oneof![2 => Just(None), 1 => Just(Some(outlier))];
    (
        prop::sample::select(algorithms.to_vec()),
        watched,
        prop::sample::select(vec![0.0, 0.5]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(algorithm, outlier, panic_threshold, stale, checked)| {
            let mut balancer = json!({
                "algorithm": { algorithm: {} }, "panic_threshold": panic_threshold,
            });
            if let Some(outlier) = outlier {
                balancer["outlier"] = outlier;
            }
            if checked {
                balancer["health_check"] = json!({ "plain": {
                    "interval": "90ms", "timeout": "40ms",
                    "unhealthy_threshold": 2, "healthy_threshold": 2,
                } });
            }
            if stale {
                balancer["stale"] = json!("50ms");
            }
            serde_json::from_value(balancer).unwrap()
        })
}

prop_compose! {
    /// `shop -> api -> store`, everything else drawn.
    fn any_model()(
        load in any_load(),
        policies in prop::array::uniform2(any_edge_policy()),
        faults in prop::collection::vec((any_fault(), 0_u16..2, 0_u32..4000, 1_u32..3000, 0.0..1.0), 0..3),
        workers in prop::array::uniform2(prop::option::of(1_u32..6)),
        capacity in prop::array::uniform2(prop::option::of(0_u32..10)),
        instances in prop::array::uniform2(1_u32..4),
        lifo in any::<bool>(),
        sheddings in prop::array::uniform2(any_shedding()),
        limits in prop::array::uniform2(any_limits()),
        priorities in prop::array::uniform2(prop::option::of(0_u8..3)),
        balancer in any_balancer(),
        mode in prop_oneof![Just(ServiceMode::Blocking), Just(ServiceMode::Async)],
        (optional, instances_are) in (any::<bool>(), 0_u8..4),
        deadlines in prop::array::uniform2(prop_oneof![
            Just(Deadlines::Ignored),
            Just(Deadlines::Checked),
            Just(Deadlines::Propagated),
        ]),
        overrun in prop::option::of(3_u32..12),
        latency in prop_oneof![Just("0s"), Just("2ms"), Just("exp(5ms)")],
        loss in any_loss(),
        transport in any_transport(),
        bandwidth in prop_oneof![2 => Just(None), 1 => Just(Some(Bandwidth {
            rate: ByteRate(2_000_000), queue: Some(Bytes(30_000)),
        }))],
    ) -> Model {
        let mut model = one_service(load, workers[0], capacity[0], "exp(15ms)");
        model.length = d("6s");
        model.links[0] = LinkSpec { latency: dist(latency), loss, transport, bandwidth, sizes: Sizes { request: Bytes(1_000), answer: Bytes(7_000) }, give_up: d("1500ms"), ..model.links[0].clone() };
        let mut api = model.services[0].clone();
        api.name = "api".into();
        api.mode = mode;
        api.deadlines = deadlines[0];
        model.services[0].deadlines = deadlines[1];
        api.balancer = balancer;
        api.endpoints = vec![EndpointId(1)];
        api.instances = instances[0];
        api.pools[0].workers = workers[1];
        api.pools[0].queue.capacity = capacity[1];
        model.services.push(api);
        model.services[0].instances = instances[1];
        model.services[0].overrun =
            overrun.map(|requests_above| Overrun { requests_above, restart: d("400ms") });
        model.services[0].cold_start = Some(ColdStart { factor: 2.0, warm_up: d("1s") });
        if lifo {
            model.services[0].pools[0].queue.discipline = Discipline::Lifo;
        }
        for (service, limits) in model.services.iter_mut().zip(limits) {
            service.limits = limits;
        }
        for (service, shedding) in model.services.iter_mut().zip(sheddings) {
            service.pools[0].shedding = shedding.map(|how| serde_json::from_value(how).unwrap());
        }
        model.endpoints.push(EndpointSpec {
            name: "api".into(),
            service: ServiceId(1),
            pool: 0,
            steps: vec![
                Step::Work(dist("exp(3ms)")),
                Step::Call { edge: EdgeId(1), optional },
                Step::Call { edge: EdgeId(1), optional: true },
                Step::Work(dist("1ms")),
            ],
        });
        let mut edge = model.edges[0].clone();
        edge.name = "api->store".into();
        model.edges.push(edge);
        model.edges[0].to = EndpointId(1);
        for (edge, policy) in model.edges.iter_mut().zip(policies) {
            edge.policy = policy;
        }
        add_substitutes(&mut model);
        for (edge, priority) in model.edges.iter_mut().zip(priorities) {
            edge.priority = priority;
        }
        model.faults = faults.into_iter().enumerate().map(|(nth, (kind, service, at, lasts, ramp))| {
            let on_the_wire = matches!(kind.as_object().and_then(|k| k.keys().next()).map(String::as_str),
                Some("latency" | "loss" | "bandwidth" | "stall" | "reset" | "drop" | "partition" | "dns" | "stale-dns"));
            let target = match (at % 4, on_the_wire) {
                (0, true) => Target::Link(LinkId(0)),
                (1, _) if kind.get("crash").is_none() => Target::CallsTo(ServiceId(service), 0.7),
                (2, _) => Target::Instances(ServiceId(service), Portion::First(1)),
                _ => Target::Service(ServiceId(service)),
            };
            let mut spec = fault(&format!("{at}ms"), &format!("{lasts}ms"), target, kind);
            spec.name = format!("fault {nth}").as_str().into();
            spec.ramp = spec.lasts.mul_f64(ramp);
            spec.spares_open_connections = at % 3 == 0;
            if lasts % 3 == 0 {
                spec.withdrawal = Withdrawal { fails: 0.5, residue: 0.4 };
            }
            if lasts % 4 == 0 {
                spec.stop_when = Some(sim_core::model::watch::Watch {
                    text: "share(shop:failed, 200ms) > 0.3".into(),
                    subject: 0,
                    measure: sim_core::model::watch::Watched::Share(sim_core::model::watch::Counted::Failed),
                    window: d("200ms"),
                    side: sim_core::model::watch::Side::Above,
                    bound: 0.3,
                });
            }
            spec
        }).collect();
        match instances_are {
            1 => follow_a_primary(&mut model, Commit::Asynchronous),
            2 => follow_a_primary(&mut model, Commit::Synchronous),
            3 => come_and_go(&mut model),
            _ => {}
        }
        model
    }
}

/// What the fallbacks of each call ask is the store, under no policy.
fn add_substitutes(model: &mut Model) {
    for edge in 0..2 {
        let asked = EdgeId(model.edges.len() as u16);
        let layers = model.edges[edge].policy.layers.iter().enumerate();
        let substitutes = layers.filter_map(|(layer, resolved)| match resolved {
            ResolvedLayer::Fallback(fallback) => Some((layer as u8, fallback)),
            _ => None,
        });
        let substitutes = substitutes.flat_map(|(layer, fallback)| {
            fallback.calls().map(move |(place, _)| Substitution { layer, place, edge: asked })
        });
        let substitutes: Vec<Substitution> = substitutes.collect();
        let name = format!("{}, instead", model.edges[edge].name).as_str().into();
        model.edges.push(EdgeSpec {
            name,
            to: EndpointId(0),
            policy: ResolvedPolicy::default(),
            link: LinkId(0),
            priority: None,
            substitutes: Vec::new(),
        });
        model.edges[edge].substitutes = substitutes;
    }
}

fn sum(subject: &SubjectRecord, of: impl Fn(&sim_core::model::record::SliceRecord) -> u64) -> u64 {
    subject.slices.iter().map(of).sum()
}

fn hold_against_itself(model: &Model, record: &RunRecord) {
    for subject in &record.subjects {
        let arrived = sum(subject, |s| s.arrivals);
        let ended = sum(subject, |s| s.outcomes.total());
        assert!(ended <= arrived, "{}: more ends than arrivals", subject.name);
        let in_bins: u64 = subject.arrivals_per_bin.iter().map(|n| u64::from(*n)).sum();
        assert_eq!(in_bins, arrived, "{}: bins and slices", subject.name);
        let timed = sum(subject, |s| s.response_time.count());
        assert_eq!(timed, ended, "{}: a response time each", subject.name);
        let good = sum(subject, |s| s.goodput);
        assert!(good <= sum(subject, |s| s.outcomes.total()));
        if subject.kind != SubjectKind::Service {
            let late_ok = sum(subject, |s| s.outcomes.of(Outcome::OkLate));
            assert_eq!(late_ok, 0, "{}: nobody waits for a late answer", subject.name);
        }
    }
    for (endpoint, spec) in model.endpoints.iter().enumerate() {
        let edges = model.edges.iter().filter(|edge| edge.to.index() == endpoint);
        let sent: u64 = edges.map(|edge| sum(subject(record, &edge.name), |s| s.arrivals)).sum();
        // What reaches a service was sent; what was sent and not lost reaches it.
        let service = subject(record, &model.services[spec.service.index()].name);
        assert!(sum(service, |s| s.arrivals) <= sent);
    }
    for edge in &model.edges {
        let attempts = subject(record, &edge.name);
        assert!(sum(attempts, |s| s.retries) <= sum(attempts, |s| s.arrivals));
    }
    let calls = sum(subject(record, "shop"), |s| s.arrivals);
    let attempts = subject(record, "shop->payment");
    let first_attempts = sum(attempts, |s| s.arrivals) - sum(attempts, |s| s.retries);
    let holds_back = |layer: &ResolvedLayer| matches!(layer, ResolvedLayer::Guard(_));
    let balancer = &model.services[1].balancer;
    let ejects = balancer.outlier.is_some() || balancer.health_check.is_some();
    if ejects || model.edges[0].policy.layers.iter().any(holds_back) {
        assert!(first_attempts <= calls, "no call makes two first attempts");
    } else {
        assert_eq!(first_attempts, calls, "each call makes one first attempt");
    }
    for (index, service) in model.services.iter().enumerate() {
        let Some(workers) = service.pools[0].workers else { continue };
        let most = u128::from(workers) * u128::from(service.instances);
        let mut start = 0;
        for (slice, end) in subject(record, &model.services[index].name)
            .slices
            .iter()
            .zip(record.plan.slice_ends.iter())
        {
            let width = u128::from(end.as_nanos() - start);
            assert!(slice.busy_integral_ns <= most * width, "no more busy workers than there are");
            start = end.as_nanos();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_121), ..ProptestConfig::default() })]

    #[test]
    fn the_books_of_a_run_balance(model in any_model(), seed in any::<u64>()) {
        let record = simulate(&model, seed);
        hold_against_itself(&model, &record);
        prop_assert_eq!(record, simulate(&model, seed));
    }
}
