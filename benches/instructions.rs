//! Small models for callgrind, which counts the same instructions in every run: `.ci/instructions`
//! compares the counts with those in `instructions.txt`, so that a slower engine is seen in CI, where
//! no clock can be trusted.
//!
//! `cargo bench --bench instructions` runs each once and counts nothing; with a name it runs that one,
//! with `list` it lists them.

use std::hint::black_box;

use experiments::plan::Plan;
use scenarios::{NoFiles, Override};
use sim_core::kernel::draw::{Component, KeyedDraws, Purpose, Slot, Stream};
use sim_core::kernel::sample::standard_exponential;
use sim_core::kernel::{EventQueue, SimDuration, SimTime};
use sim_core::model::{self, RunSeed};

/// A benchmark: its name, and what runs it.
type Benchmark = (&'static str, fn() -> Result<u64, String>);

const BENCHMARKS: [Benchmark; 6] = [
    ("hold-1k", || Ok(hold(1_000, 200_000))),
    ("hold-100k", || Ok(hold(100_000, 200_000))),
    ("mm1", mm1),
    ("retry-400", retry_client),
    ("keyed-block", || Ok(keyed_blocks(50_000))),
    ("exponential", || Ok(exponentials(200_000))),
];

fn main() -> Result<(), String> {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if wanted.iter().any(|name| name == "list") {
        BENCHMARKS.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    for (name, run) in BENCHMARKS.iter().filter(|(name, _)| is_wanted(name)) {
        println!("{name}: {}", run()?);
    }
    Ok(())
}

/// What callgrind counts: it is told to count from where this function is entered to where it is
/// left, and nothing else.
#[inline(never)]
fn counted_by_callgrind<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

/// A queue of exponential seconds: each event schedules another. The time at its end.
fn hold(pending: u64, events: u64) -> u64 {
    let mut stream = Stream::new(1, 0, Component::named("hold"), Purpose::Arrivals);
    let mut queue = EventQueue::new();
    for event in 0..pending {
        queue.schedule(SimTime::ZERO + exponential(&mut stream), event);
    }
    let mut one = || {
        if let Some((now, event)) = queue.pop() {
            queue.schedule(now + exponential(&mut stream), event);
        }
        queue.now()
    };
    for _ in 0..2 * pending {
        one();
    }
    counted_by_callgrind(|| (0..events).map(|_| one()).last()).map_or(0, SimTime::as_nanos)
}

fn exponential(stream: &mut Stream) -> SimDuration {
    SimDuration::from_nanos_f64(1e9 * standard_exponential(stream))
}

/// 10,000 customers.
fn mm1() -> Result<u64, String> {
    scenario("mm1", include_str!("../scenarios/bench/mm1.toml"), "11s")
}

/// 10,000 requests.
fn retry_client() -> Result<u64, String> {
    scenario("retry-client", include_str!("../scenarios/bench/retry-client.toml"), "4s")
}

/// Runs a scenario as `squall run` does. How many events it took.
fn scenario(name: &str, text: &str, length: &str) -> Result<u64, String> {
    let overrides = [Override::new("run.length", length)];
    let loaded = scenarios::load(name, text.as_bytes(), &NoFiles, &overrides);
    let (study, _) = loaded.map_err(|wrong| wrong.to_string())?;
    let plan = Plan::new(&study).map_err(|error| error.to_string())?;
    let (model, cut) = (&study.variants[0].model, &plan.variants[0].cut);
    let seed = RunSeed { seed: study.seed, replication: 0 };
    Ok(counted_by_callgrind(|| model::run(model, seed, cut)).events)
}

fn keyed_blocks(calls: u64) -> u64 {
    let keyed = KeyedDraws::new(1, 0, Component::named("services.payment"));
    let draw = |call| keyed.block(black_box(call), 0).bits(Slot::Demand);
    counted_by_callgrind(|| (0..calls).fold(0, |sum, call| draw(call) ^ sum))
}

fn exponentials(draws: u64) -> u64 {
    let mut stream = Stream::new(1, 0, Component::named("clients.shop"), Purpose::Arrivals);
    let mut draw = || standard_exponential(&mut stream).to_bits();
    counted_by_callgrind(|| (0..draws).fold(0, |sum, _| draw() ^ sum))
}
