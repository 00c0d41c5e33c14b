//! Nanoseconds a draw: generators, keyed blocks and every sampler.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Bencher, Criterion, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sim_core::kernel::draw::{Component, KeyedDraws, Purpose, Slot, Stream, lineage};
use sim_core::kernel::sample::{standard_exponential, standard_normal};
use sim_core::kernel::{Distribution, SimDuration};

const COMPONENT: Component = Component::named("services.payment");

criterion_group! {
    name = draws;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = generators, blocks, samplers
}
criterion_main!(draws);

fn generators(c: &mut Criterion) {
    let mut group = c.benchmark_group("generator");
    let mut stream = stream();
    group.bench_function("stream, 64 bits", |b| per_draw(b, |_| stream.next_u64()));
    group.bench_function("stream, unit exponential", |b| {
        per_draw(b, |_| standard_exponential(&mut stream).to_bits());
    });
    group.bench_function("stream, standard normal", |b| {
        per_draw(b, |_| standard_normal(&mut stream).to_bits());
    });
    group.bench_function("lineage", |b| per_draw(b, |i| lineage(i, 3, 1)));
}

fn blocks(c: &mut Criterion) {
    let mut group = c.benchmark_group("keyed block");
    let keyed = KeyedDraws::new(1, 0, COMPONENT);
    let exponential = distribution("exp(20ms)");
    group.bench_function("one slot", |b| per_draw(b, |i| keyed.block(i, 0).bits(Slot::Demand)));
    group.bench_function("one slot, exp", |b| {
        per_draw(b, |i| nanos(exponential.sample(&mut keyed.block(i, 0).slot(Slot::Demand))));
    });
    group.bench_function("four slots, exp", |b| {
        per_draw(b, |i| {
            let block = keyed.block(i, 0);
            [Slot::Think, Slot::Demand, Slot::LatencyOut, Slot::LatencyBack]
                .map(|slot| nanos(exponential.sample(&mut block.slot(slot))))
                .iter()
                .sum()
        });
    });
    group.bench_function("rand_chacha keyed anew", |b| {
        let key = black_box([7; 32]);
        per_draw(b, |i| {
            let mut rng = ChaCha8Rng::from_seed(key);
            rng.set_word_pos(u128::from(i) * 16);
            rng.next_u64()
        });
    });
}

fn samplers(c: &mut Criterion) {
    let mut group = c.benchmark_group("sampler on a stream");
    for text in [
        "20ms",
        "uniform(1ms, 2ms)",
        "exp(20ms)",
        "normal(20ms, 4ms)",
        "lognormal(p50=5ms, p99=40ms)",
        "pareto(1ms, 1.5)",
        "pareto(1ms, 1.5, cap=10s)",
        "gamma(20ms, 2.5)",
        "gamma(20ms, 0.5)",
        "erlang(3, 20ms)",
        "weibull(20ms, 1.5)",
        "empirical(observed.csv)",
        "mix(0.95: exp(5ms), 0.05: 2s)",
    ] {
        let (distribution, mut stream) = (distribution(text), stream());
        group.bench_function(text, |b| per_draw(b, |_| nanos(distribution.sample(&mut stream))));
    }
}

fn stream() -> Stream {
    Stream::new(1, 0, COMPONENT, Purpose::Arrivals)
}

/// A distribution; a file's observations are 1 to 1,000 µs.
fn distribution(text: &str) -> Distribution {
    let mut distribution: Distribution = text.parse().expect("a distribution");
    let observed = (1..=1_000).map(SimDuration::from_micros).collect::<Vec<_>>();
    distribution
        .resolve_files(&mut |_| Ok::<_, std::convert::Infallible>(observed.clone()))
        .expect("observations");
    black_box(distribution)
}

fn nanos(duration: SimDuration) -> u64 {
    duration.as_nanos()
}

/// Measures draws whose results are used but do not depend on each other.
#[expect(clippy::disallowed_methods, reason = "a benchmark looks at the clock")]
fn per_draw(bencher: &mut Bencher<'_>, mut draw: impl FnMut(u64) -> u64) {
    bencher.iter_custom(|draws| {
        let start = Instant::now();
        black_box((0..draws).fold(0_u64, |sum, i| sum.wrapping_add(draw(i))));
        start.elapsed()
    });
}
