//! Files that are right: what they are compiled to.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

use scenarios::expectation::{Bound, Reference};
use scenarios::{
    ClaimVerdict, Diagnostics, FileError, FileSource, NoFiles, Override, Study, Variant, load,
};
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::network::Loss;
use sim_core::model::spec::{Discipline, ServiceMode, Step, Target};
use sim_core::model::workload::{Arrivals, Load, Start};
use sim_core::policy::limiter::{RetryAfter, RetryAfterHeader};
use sim_core::policy::{Abandoned, LateAnswers, ResolvedLayer, ServerLimit, ServerScope};

const DESIGN: &str = include_str!("valid/design.toml");
const EVERYTHING: &str = include_str!("valid/everything.toml");

/// The files that `everything.toml` names.
struct Beside;

impl FileSource for Beside {
    fn read(&self, relative: &str) -> Result<Vec<u8>, FileError> {
        match relative {
            "rates.csv" => Ok(b"time_s,rate_per_s\n10,50\n20,100\n".to_vec()),
            "demand.csv" => Ok(b"demand_ms\n5\n7\n90\n".to_vec()),
            _ => Err(FileError::Missing(relative.to_owned())),
        }
    }
}

fn read(text: &str, files: &dyn FileSource, overrides: &[&str]) -> (Study, Diagnostics) {
    let overrides: Vec<Override> = overrides.iter().map(|o| Override::parse(o).unwrap()).collect();
    load("folder/some.toml", text.as_bytes(), files, &overrides)
        .unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn everything() -> Study {
    read(EVERYTHING, &Beside, &[]).0
}

fn variant<'s>(study: &'s Study, name: &str) -> &'s Variant {
    study.variants.iter().find(|variant| variant.name == name).unwrap()
}

fn secs(n: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(n)
}

#[test]
fn a_claim_has_the_source_of_the_file_unless_it_names_its_own() {
    let text = r#"
        from = "An article"
        moral = "Spread the clients."
        [claims.one]
        says = "the peak is 400 times as high"
        verdict = "true_only_if"
        because = "only if they all start at once"
        [claims.two]
        says = "jitter helps"
        source = "A study"
        verdict = "true"
        because = "it spreads the attempts"
        [[expect]]
        that = "count(shop:ok) >= 0"
        claim = "two"
        [[expect]]
        that = "count(shop:failed) >= 0"
        claim = "one"
    "#;
    let (head, claims) = text.split_once("[claims.one]").unwrap();
    let text = format!("{head}{DESIGN}[claims.one]{claims}");
    let (study, _) = read(&text, &NoFiles, &[]);
    assert_eq!((&*study.from, &*study.moral), ("An article", "Spread the clients."));
    let claims: Vec<_> = study.claims.iter().map(|c| (&*c.name, &*c.source, c.verdict)).collect();
    let expected =
        [("one", "An article", ClaimVerdict::TrueOnlyIf), ("two", "A study", ClaimVerdict::True)];
    assert_eq!(claims, expected);
    let answers: Vec<_> = study.expectations.iter().filter_map(|e| e.claim.as_deref()).collect();
    assert_eq!(answers, ["two", "one"]);
}

#[test]
fn a_chart_draws_all_variants_unless_it_names_some_in_its_own_order() {
    use scenarios::expectation::parse_figure;
    use scenarios::study::{ChartScale, Draw};
    let charts = r#"
        [[charts]]
        title = """Without jitter
          everybody comes at once"""
        draw = { bars = "peak_rate(payment, 1s, after(30s))" }
        [[charts]]
        title = "The queue is as long as it can be"
        draw = { over_time = "mean(payment:queue_length)" }
        variants = ["no jitter", "base"]
        scale = "log"
        control = true
    "#;
    let (study, _) = read(&format!("{DESIGN}{charts}"), &NoFiles, &[]);
    let [bars, course] = &study.charts[..] else { panic!("two charts") };
    assert_eq!(bars.title, "Without jitter everybody comes at once");
    assert_eq!(bars.text, "peak_rate(payment, 1s, after(30s))");
    assert_eq!(bars.draw, Draw::Bars(parse_figure(&bars.text).unwrap()));
    assert_eq!(bars.variants, ["base", "no jitter"]);
    assert_eq!((bars.scale, bars.control), (ChartScale::Linear, false));
    assert!(matches!(course.draw, Draw::OverTime(_)));
    assert_eq!(course.variants, ["no jitter", "base"]);
    assert_eq!((course.scale, course.control), (ChartScale::Log, true));
}

#[test]
fn the_example_of_the_design_loads_unchanged() {
    let (study, warnings) = read(DESIGN, &NoFiles, &[]);
    assert!(warnings.is_empty(), "{warnings}");
    assert_eq!(study.name, "some");
    assert_eq!(study.title, "A 30 s payment outage under 400 requests/s");
    assert_eq!((study.seed, study.replications), (1, 30));
    assert_eq!((&*study.focus_client, &*study.focus_service), ("shop", "payment"));
    let names: Vec<&str> = study.variants.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names, ["base", "no jitter"]);
    assert_eq!(study.expectations[0].variant, "no jitter");
    let (base, no_jitter) = (&study.variants[0].model, &study.variants[1].model);
    assert_ne!(base.edges[0].policy, no_jitter.edges[0].policy);
    assert_eq!(base.edges[0].policy.layers[1], no_jitter.edges[0].policy.layers[1]);
    assert_eq!(base.services[0].pools[0].workers, Some(3));
    assert_eq!(base.faults[0].ends(), secs(90));
}

#[test]
fn the_run_and_its_thresholds() {
    let study = everything();
    let run = &study.variants[0];
    assert_eq!(study.seed, u64::MAX);
    assert_eq!(run.name, "as written");
    assert_eq!(run.model.length, SimDuration::from_secs(300));
    assert_eq!(run.warmup, SimDuration::from_secs(20));
    assert_eq!(run.baseline_per_s, Some(400.0));
    assert_eq!(run.steady.bin, SimDuration::from_millis(500));
    assert_eq!((run.steady.bins, run.steady.held_bins_out), (4, 1));
    assert_eq!((run.model.limits.events, run.model.limits.in_flight), (1_000_000, 5_000));
    assert_eq!((&*study.focus_client, &*study.focus_service), ("staff", "store"));
}

#[test]
fn loads_of_every_shape() {
    let study = everything();
    let clients = &study.variants[0].model.clients;
    let load = |name: &str| &clients.iter().find(|c| &*c.name == name).unwrap().load;
    let Load::Open(shop) = load("shop") else { panic!() };
    assert_eq!(shop.clients, 400);
    let Arrivals::Poisson(rate) = &shop.arrivals else { panic!() };
    assert_eq!(*rate.points, [(SimTime::ZERO, 400.0)]);
    let Load::Open(ramp) = load("ramp") else { panic!() };
    let Arrivals::Paced(profile, Start::Synchronized) = &ramp.arrivals else { panic!() };
    let points = [(0, 100.0), (60, 100.0), (90, 400.0), (90, 50.0), (120, 50.0)];
    assert_eq!(*profile.points, points.map(|(t, rate)| (secs(t), rate)));
    let Load::Open(cron) = load("cron") else { panic!() };
    assert!(matches!(cron.arrivals, Arrivals::Bursts { size: 50, .. }));
    let Load::Open(past) = load("past") else { panic!() };
    let Arrivals::Poisson(profile) = &past.arrivals else { panic!() };
    assert_eq!(*profile.points, [(0, 50.0), (10, 50.0), (20, 100.0)].map(|(t, r)| (secs(t), r)));
    let Load::Closed(staff) = load("staff") else { panic!() };
    assert_eq!((staff.users, staff.calls_per_user), (20, Some(7)));
    assert_eq!(staff.start, Start::Synchronized);
}

#[test]
fn services_pools_and_endpoints() {
    let study = everything();
    let model = &study.variants[0].model;
    let api = &model.services[0];
    assert_eq!((&*api.name, api.instances), ("api", 2));
    let balancer = &api.balancer;
    assert_eq!(balancer.algorithm.name(), "least-request");
    assert_eq!(
        (balancer.panic_threshold, balancer.stale),
        (0.3, Some(SimDuration::from_millis(10)))
    );
    let slow_start = balancer.slow_start.unwrap();
    assert_eq!((slow_start.window, slow_start.min_weight), (SimDuration::from_secs(30), 0.1));
    let outlier = balancer.outlier.as_ref().unwrap().resolve().unwrap();
    assert_eq!((outlier.consecutive_5xx, outlier.max_ejection_percent), (5, 50));
    assert_eq!(api.mode, ServiceMode::Async);
    assert_eq!(api.limits.len(), 2);
    let ServerLimit::RateLimit(rate) = &api.limits[0] else { panic!() };
    assert_eq!((rate.tiers.len(), rate.retry_after), (3, RetryAfterHeader::Milliseconds));
    assert_eq!(api.limits[0].scope(), ServerScope::Service);
    assert_eq!(api.limits[1].scope(), ServerScope::Instance);
    assert_eq!(api.pools[0].shedding.as_ref().unwrap().name(), "adaptive-timeout");
    assert_eq!(api.pools[1].shedding, None);
    assert_eq!(api.pools[0].queue.capacity, None);
    assert_eq!(api.pools[1].queue.discipline, Discipline::Lifo);
    assert_eq!(api.pools[1].queue.capacity, Some(10));
    assert_eq!(api.overrun.unwrap().requests_above, 1000);
    assert_eq!(api.cold_start.unwrap().factor, 3.0);
    assert_eq!(api.contention, SimDuration::from_millis(2));
    let payment = &model.services[1];
    assert_eq!((payment.instances, payment.pools[0].workers), (1, None));
    let endpoints: Vec<(&str, u16)> = model.endpoints.iter().map(|e| (&*e.name, e.pool)).collect();
    assert_eq!(
        endpoints,
        [("api.checkout", 0), ("api.search", 1), ("payment", 0), ("store", 0)],
        "the only endpoint of a service has the service's name"
    );
    assert!(matches!(model.endpoints[3].steps[..], [Step::Read(_), Step::WriteIfUnchanged(_)]));
}

#[test]
fn calls_of_one_policy_are_one_edge_and_others_are_numbered() {
    let study = everything();
    let model = &study.variants[0].model;
    let edges: Vec<&str> = model.edges.iter().map(|e| &*e.name).collect();
    assert_eq!(
        edges,
        [
            "shop->api.checkout",
            "ramp->api.search",
            "cron->api.search",
            "past->store",
            "staff->api.search",
            "api.checkout->store",
            "api.checkout->payment",
            "api.checkout->store#2",
            "api.checkout->store#3",
            "payment->store",
        ]
    );
    let call = |step: usize| match model.endpoints[0].steps[step] {
        Step::Call { edge, optional } => (edge.index(), optional),
        _ => panic!(),
    };
    assert_eq!(
        [call(1), call(2), call(3), call(4), call(5)],
        [(5, false), (6, true), (7, false), (5, false), (8, false)]
    );
    assert_eq!([4, 5, 7, 8].map(|e| model.edges[e].priority), [Some(2), None, Some(1), Some(0)]);
    assert!(model.edges[7].policy.layers.is_empty());
    let policy = &model.edges[0].policy;
    assert_eq!(policy.abandoned, Abandoned::Cancelled);
    assert_eq!(policy.late_answers, LateAnswers::Accepted);
    assert!(matches!(policy.layers[0], ResolvedLayer::Deadline(d) if d.as_secs_f64() == 30.0));
    let ResolvedLayer::Retry(retry) = &policy.layers[1] else { panic!() };
    assert_eq!(retry.retry_after, RetryAfter::AtLeast);
}

#[test]
fn links_are_named_or_as_the_network() {
    let study = everything();
    let model = &study.variants[0].model;
    let link = |edge: &str| {
        let edge = model.edges.iter().find(|e| &*e.name == edge).unwrap();
        &model.links[edge.link.index()]
    };
    let store = link("api.checkout->store");
    assert_eq!((&*store.name, store.loss), ("api->store", Loss::Independent(0.001)));
    assert_eq!(store.latency.to_string(), "200us");
    assert_eq!(store.give_up, SimDuration::from_secs(60));
    assert_eq!(link("api.checkout->store#2").name, store.name, "one link, whatever the policy");
    let payment = link("api.checkout->payment");
    assert_eq!((&*payment.name, payment.loss), ("api.checkout->payment", Loss::Independent(0.5)));
    assert_eq!(payment.latency.to_string(), "1ms");
    assert_eq!(&*link("ramp->api.search").name, "ramp->api");
}

#[test]
fn faults_and_what_they_hit() {
    let study = everything();
    let faults = &study.variants[0].model.faults;
    let kinds: Vec<&str> = faults.iter().map(|f| f.fault.name()).collect();
    assert_eq!(kinds, ["errors", "slow", "spike"]);
    assert_eq!((faults[0].at, faults[0].ends()), (secs(60), secs(90)));
    assert_eq!(faults[0].ramp, SimDuration::from_secs(10));
    assert!(matches!(faults[0].targets[0], Target::Service(s) if s.index() == 1));
    assert!(matches!(faults[2].targets[0], Target::Client(c) if c.index() == 0));
}

#[test]
fn variants_change_what_they_name_and_nothing_else() {
    let study = everything();
    let names: Vec<&str> = study.variants.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names, ["as written", "patient", "calm"]);
    let patient = &variant(&study, "patient").model;
    let layers = &patient.edges[0].policy.layers;
    assert!(matches!(&layers[1], ResolvedLayer::Retry(r) if r.max_attempts.unwrap().get() == 5));
    assert!(matches!(layers[2], ResolvedLayer::Timeout(t) if t.as_secs_f64() == 3.0));
    assert_eq!(patient.faults[0].ends(), secs(80));
    let link = patient.links.iter().find(|l| &*l.name == "api.checkout->payment").unwrap();
    assert_eq!(
        (link.latency.to_string().as_str(), link.loss),
        ("9ms", Loss::Independent(0.5)),
        "a key is added"
    );
    assert_eq!(patient.length, study.variants[0].model.length);
    let calm = &variant(&study, "calm").model;
    assert!(calm.faults.is_empty());
    assert_eq!(calm.length, SimDuration::from_secs(100));
}

#[test]
fn expectations_know_their_variant() {
    let study = everything();
    assert_eq!(study.expectations[0].variant, "as written");
    let second = &study.expectations[1];
    assert_eq!(second.variant, "patient");
    let reference = Reference::Variant("as written".into());
    assert_eq!(second.expectation.bound, Bound::Times(1.2, reference));
    assert_eq!(second.expectation.share_of_runs, Some(0.9));
}

#[test]
fn what_is_allowed_is_not_warned_of() {
    let (_, warnings) = read(EVERYTHING, &Beside, &[]);
    assert!(warnings.is_empty(), "{warnings}");
    let (_, warnings) = read(EVERYTHING, &Beside, &["allow=[]"]);
    let traps: Vec<&str> = warnings.iter().map(|w| w.trap.unwrap().name()).collect();
    assert_eq!(traps, ["retry_without_wait", "unused_policy"]);
}

#[test]
fn what_is_set_from_outside_holds_for_all_variants() {
    let set = ["run.replications=7", "faults.outage.for = 25s", "services.api.instances=3"];
    let (study, _) = read(EVERYTHING, &Beside, &set);
    assert_eq!(study.replications, 7);
    assert_eq!(study.overrides, set);
    assert_eq!(study.variants[0].model.faults[0].ends(), secs(85));
    assert_eq!(study.variants[1].model.faults[0].ends(), secs(80), "the variant has the last word");
    assert!(study.variants.iter().all(|v| v.model.services[0].instances == 3));
}

#[test]
fn the_hash_is_of_the_file_the_files_it_names_and_what_was_set() {
    struct Other;
    impl FileSource for Other {
        fn read(&self, relative: &str) -> Result<Vec<u8>, FileError> {
            let mut bytes = Beside.read(relative)?;
            bytes.extend(b"200,1\n");
            Ok(bytes)
        }
    }
    let hash = |text: &str, files: &dyn FileSource, set: &[&str]| read(text, files, set).0.hash;
    let hashes = [
        hash(EVERYTHING, &Beside, &[]),
        hash(&format!("{EVERYTHING}\n"), &Beside, &[]),
        hash(EVERYTHING, &Other, &[]),
        hash(EVERYTHING, &Beside, &["run.replications=3"]),
        hash(EVERYTHING, &Beside, &["run.replications=4"]),
    ];
    for (i, hash) in hashes.iter().enumerate() {
        assert_eq!(hash.len(), 64);
        assert!(!hashes[..i].contains(hash), "{i}");
    }
    assert_eq!(hashes[0], hash(EVERYTHING, &Beside, &[]));
}

#[test]
fn a_hypothesis_has_its_phases_in_order_and_an_alert_its_defaults() {
    use scenarios::study::{ProbePhase, Study as S};
    let S { hypothesis, variants, .. } = everything();
    let hypothesis = hypothesis.unwrap();
    assert_eq!(hypothesis.phases, [ProbePhase::Before, ProbePhase::During]);
    assert_eq!(hypothesis.after, SimDuration::from_secs(20));
    assert_eq!(hypothesis.probes[0].that.text, "share(shop:failed) <= 1%");
    let [errors, burn] = &variants[0].alerts[..] else { panic!("two alerts") };
    assert_eq!(errors.rule(), "share(shop:failed, 1m) > 5% for 120s");
    let times = (errors.every, errors.keep_firing_for);
    assert_eq!(times, (SimDuration::from_secs(15), SimDuration::ZERO));
    assert_eq!(burn.rule(), "share(shop:failed, 1h) > 1.44% and share(shop:failed, 5m) > 1.44%");
    assert_eq!((burn.pending, &burn.severity), (SimDuration::ZERO, &None));
    let (study, _) = read(EVERYTHING, &Beside, &["alerts.errors.for=1m"]);
    assert_eq!(study.variants[0].alerts[0].pending, SimDuration::from_secs(60));
}

#[test]
fn what_can_be_used_up_is_pools_with_a_limit_and_layers_that_hold_calls_back() {
    use scenarios::resource::{ResourceKind, resources};
    use sim_core::model::record::SubjectKind;
    let text = r#"
title = "t"
run = { length = "60s" }
[clients.shop]
load = { open = { rate = "10/s" } }
call = { to = "api.buy", policy = "careful" }
[clients.other]
load = { open = { rate = "10/s" } }
call = { to = "api.look" }
[services.api]
instances = 2
pools = { slow = { workers = 3 }, fast = { workers = 8 }, free = {} }
[services.api.endpoints.buy]
pool = "slow"
steps = [{ call = { to = "db" } }]
[services.api.endpoints.look]
pool = "fast"
steps = [{ work = "1ms" }]
[services.db]
pools.main = { workers = 5 }
steps = [{ work = "1ms" }]
[policies.careful]
layers = [{ bulkhead = { kind = { semaphore = { max_concurrent = 4 } } } }, { breaker = { preset = "gobreaker" } }]
"#;
    let (study, _) = read(text, &NoFiles, &[]);
    let found = resources(&study.variants[0].model);
    let names: Vec<&str> = found.iter().map(|resource| resource.name.as_str()).collect();
    assert_eq!(names, ["api.slow", "api.fast", "db.main", "shop->api.buy"]);
    let pool = |place: usize| match &found[place].what {
        ResourceKind::Pool { workers, measured, .. } => (*workers, measured.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(pool(0), (6.0, vec![(SubjectKind::Endpoint, "api.buy".to_owned())]));
    assert_eq!(pool(2), (5.0, vec![(SubjectKind::Service, "db".to_owned())]));
    assert_eq!(found[3].what, ResourceKind::Calls { layers: vec!["bulkhead"] });
    assert!(found[0].is_meant_by("api") && found[0].is_meant_by("api.slow"));
    assert!(!found[3].is_meant_by("api"));
}
