//! The exact durations of every sampler: whoever changes a bit, changes every result.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use sim_core::kernel::draw::{Component, Purpose, Stream};
use sim_core::kernel::{Distribution, SimDuration};

/// The first eight durations in nanoseconds, and a hash of the first 10,000.
type Golden = (&'static str, [u64; 8], u64);

#[rustfmt::skip]
const GOLDEN: &[Golden] = &[
    ("20ms", [20000000, 20000000, 20000000, 20000000, 20000000, 20000000, 20000000, 20000000], 0x7df788f726b02965),
    ("uniform(1ms, 2ms)", [1766302, 1336643, 1344362, 1030004, 1718647, 1938877, 1813569, 1161101], 0xc5ae48ebda98bbc4),
    ("exp(20ms)", [99287840, 12748349, 15536496, 1934710, 9064066, 53022604, 39851811, 6854185], 0x3ca96f70992a686d),
    ("normal(20ms, 4ms)", [9822764, 17774555, 22521134, 20269722, 22455440, 27824223, 13753236, 21139911], 0x3dea751beec2a4e4),
    ("normal(1ms, 4ms)", [9177236, 1225445, 3521134, 1269722, 3455440, 8824223, 5246764, 2139911], 0x0cded8520d6f007e),
    ("lognormal(p50=5ms, p99=40ms)", [514360, 3040816, 8783073, 5310636, 8655076, 28728455, 1237999, 6450577], 0x71dae451d700b966),
    ("lognormal(mean=20ms, sigma=1)", [952584, 6954376, 22783024, 12976794, 22411903, 85780176, 2544773, 16130468], 0xa4583af33bbf4262),
    ("pareto(1ms, 1.5)", [27374027, 1529506, 1678471, 1066615, 1352745, 5855727, 3774975, 1256679], 0x1255f2fe8e5998be),
    ("pareto(1ms, 1.5, cap=10s)", [2635696, 1314725, 1325025, 1020517, 2328972, 6444534, 3064212, 1124243], 0x85b1bc04e06b11c1),
    ("gamma(20ms, 2.5)", [1319622, 25865103, 25613379, 4680353, 19526154, 18663213, 4917122, 33034751], 0x6bb11bf09addcb4a),
    ("gamma(20ms, 0.5)", [97819, 247228, 4624199, 31413678, 782616, 17895418, 40879013, 24486001], 0x15791f4cc898600d),
    ("erlang(3, 20ms)", [1974018, 25560087, 25333001, 5620072, 19797063, 19004255, 5862644, 31979612], 0x980f20658df22d53),
    ("weibull(20ms, 1.5)", [58202375, 14813101, 16900986, 4214576, 11800273, 38310460, 31669561, 9794461], 0x6758a61f98ac3650),
    ("weibull(20ms, 0.5)", [492903757, 8126021, 12069136, 187155, 4107865, 140569827, 79408342, 2348992], 0x4a588bac60a2e11a),
    ("empirical(observed.csv)", [767000, 337000, 345000, 31000, 719000, 939000, 814000, 162000], 0x98054e73b461c622),
    ("mix(0.95: exp(5ms), 0.05: 2s)", [3187087, 483677, 13255651, 1713546, 10237468, 4156528, 65769, 1785420], 0x22e5e98bee38a7eb),
];

#[test]
fn every_sampler_draws_what_its_first_version_drew() {
    let drawn: Vec<Golden> = GOLDEN.iter().map(|(text, ..)| draw(text)).collect();
    assert_eq!(drawn, GOLDEN, "as drawn:\n{}", written(&drawn));
}

#[test]
fn every_distribution_has_golden_durations() {
    for entry in Distribution::CATALOGUE {
        let named = |text: &str| text.parse::<Distribution>().unwrap().name() == entry.name;
        assert!(GOLDEN.iter().any(|(text, ..)| named(text)), "{}", entry.name);
    }
}

fn draw(text: &'static str) -> Golden {
    let mut distribution: Distribution = text.parse().unwrap();
    let observed = (1..=1_000).map(SimDuration::from_micros).collect::<Vec<_>>();
    distribution.resolve_files(&mut |_| Ok::<_, String>(observed.clone())).unwrap();
    let mut stream = Stream::new(1, 0, Component::named("golden"), Purpose::Calls);
    let drawn: Vec<u64> =
        (0..10_000).map(|_| distribution.sample(&mut stream).as_nanos()).collect();
    (text, std::array::from_fn(|i| drawn[i]), fnv_1a(&drawn))
}

fn fnv_1a(words: &[u64]) -> u64 {
    words.iter().flat_map(|word| word.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// As it would stand in this file.
fn written(drawn: &[Golden]) -> String {
    let row = |(text, first, hash): &Golden| format!("    ({text:?}, {first:?}, {hash:#018x}),\n");
    drawn.iter().map(row).collect()
}
