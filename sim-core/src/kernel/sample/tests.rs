//! Tests of all distributions together.

use std::convert::Infallible;

use proptest::prelude::*;
use rand::TryRng;

use super::super::draw::{Component, Purpose, Stream};
use super::*;

/// A generator that always answers the same.
pub(super) struct Bits(pub(super) u64);

impl TryRng for Bits {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.0 >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(self.0 as u8);
        Ok(())
    }
}

#[test]
fn every_example_reads_and_is_written_as_it_was() {
    for entry in Distribution::CATALOGUE {
        let schema = (entry.parameters)(&mut SchemaGenerator::default());
        let example = schema.get("examples").unwrap()[0].as_str().unwrap();
        let distribution: Distribution = example.parse().unwrap();
        assert_eq!(distribution.name(), entry.name);
        assert_eq!(distribution.to_string(), example);
    }
}

fn read(text: &str) -> Distribution {
    text.parse().unwrap_or_else(|e: DistributionError| panic!("{text}: {e}"))
}

#[test]
fn white_space_order_and_names_do_not_matter() {
    for (text, canonical) in [
        (" 20 ms ", "20ms"),
        ("constant(20ms)", "20ms"),
        ("exp(mean=20ms)", "exp(20ms)"),
        (" exp ( 20ms ) ", "exp(20ms)"),
        ("uniform(to = 2ms, from = 1ms)", "uniform(1ms, 2ms)"),
        ("lognormal(p99=40ms,p50=5ms)", "lognormal(p50=5ms, p99=40ms)"),
        ("lognormal(mean=1s, sigma=1)", "lognormal(mean=1s, sigma=1)"),
        ("pareto(1ms, cap=10s, shape=1.5)", "pareto(1ms, 1.5, cap=10s)"),
        ("erlang(mean=3s, k=2)", "erlang(2, 3s)"),
        ("empirical(file=a b/c.csv)", "empirical(a b/c.csv)"),
        ("mix( 0.5:mix(1:1s) ,0.5 : exp(2s))", "mix(0.5: mix(1: 1s), 0.5: exp(2s))"),
    ] {
        assert_eq!(read(text).to_string(), canonical, "{text}");
    }
}

#[test]
fn mistakes_are_named_where_they_stand() {
    for (text, blamed, said) in [
        ("expo(20ms)", "expo", "`expo` is not a distribution; did you mean `exp`?"),
        ("exponential(20ms)", "exponential", "did you mean `exp`?"),
        ("LogNormal(mean=1s, sigma=1)", "LogNormal", "did you mean `lognormal`?"),
        ("zzzzzz(1s)", "zzzzzz", "uniform(from, to), exp(mean)"),
        ("exp", "exp", "`exp` lacks its parameters: write exp(mean)"),
        ("exp()", "exp", "`exp` lacks its parameter `mean`: write exp(mean)"),
        ("exp(20)", "20", "`20` has no unit"),
        ("exp(0s)", "0s", "`mean` must be longer than zero; for no time at all write \"0s\""),
        ("exp(1s, 2s)", "2s", "`2s` is one value too many for `exp`: write exp(mean)"),
        ("exp(1s,)", "exp", "`exp` has a comma too many"),
        ("exp(rate=3s)", "rate", "`exp` has no parameter `rate`: write exp(mean)"),
        ("exp(1s, mean=2s)", "mean=2s", "`mean` is given twice"),
        ("exp(20ms", "exp(20ms", "`exp(20ms` lacks its closing parenthesis"),
        ("exp(20ms) ms", "ms", "`ms` after the distribution's end"),
        ("uniform(2ms, 1ms)", "1ms", "`to` must be 2ms or longer, not 1ms"),
        ("normal(1s, 0s)", "0s", "`sd` must be longer than zero"),
        ("lognormal(5ms, 40ms)", "5ms", "`5ms` lacks its name: write lognormal(p50=…, p99=…)"),
        ("lognormal(p50=5ms, p99=5ms)", "5ms", "`p99` must be longer than 5ms, not 5ms"),
        ("lognormal(p50=5ms, sigma=1)", "p50=5ms, sigma=1", "two ways at once"),
        ("pareto(1ms, -1)", "-1", "`shape` must be above 0, not -1"),
        ("pareto(1ms, 2, cap=1ms)", "1ms", "`cap` must be longer than 1ms, not 1ms"),
        ("gamma(1s, x)", "x", "`x` is not a number, such as 1.5"),
        ("gamma(1s, inf)", "inf", "`inf` is not a number"),
        ("erlang(0, 1s)", "0", "`k` must be 1 or more phases"),
        ("erlang(1.5, 1s)", "1.5", "`1.5` is not a whole number"),
        ("mix(0.5: 1s, 0.4: 2s)", "0.5: 1s, 0.4: 2s", "`weights` must sum to 1, not 0.9"),
        ("mix(1: 1s, 0: 2s)", "1: 1s, 0: 2s", "`weight` must be above 0, not 0"),
        ("mix(0.5: 1s, exp(2s))", "exp(2s)", "`exp(2s)` lacks its weight: write mix("),
        ("mix(0.5: 1s, 0.5: uniform(1s))", "uniform", "lacks its parameter `to`"),
        ("20", "20", "`20` has no unit"),
        ("", "", "is not a duration"),
    ] {
        let error = text.parse::<Distribution>().unwrap_err();
        assert!(error.message.contains(said), "{text}: {}", error.message);
        let place = text.rfind(blamed).filter(|_| blamed != "exp").unwrap_or_default();
        assert_eq!(error.range, place..place + blamed.len(), "{text}: {}", error.message);
    }
}

#[test]
fn no_text_exhausts_the_stack() {
    let deep = "mix(1:".repeat(100_000) + "1s" + &")".repeat(100_000);
    let error = deep.parse::<Distribution>().unwrap_err();
    assert!(error.message.contains("at most 16 deep"), "{}", error.message);
    assert!(
        read(&("mix(1:".repeat(16) + "1s" + &")".repeat(16))).min_possible() > SimDuration::ZERO
    );
}

#[test]
fn in_a_file_a_distribution_is_a_string() {
    let read: Distribution = serde_json::from_str("\"exp(20ms)\"").unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), "\"exp(20ms)\"");
    let error = serde_json::from_str::<Distribution>("\"expo(20ms)\"").unwrap_err();
    assert!(error.to_string().contains("did you mean `exp`?"), "{error}");
}

#[test]
fn zero_is_seen_through_every_disguise() {
    for text in ["0s", "uniform(0s, 0s)", "mix(0.5: 0s, 0.5: uniform(0s, 0s))"] {
        assert!(read(text).is_zero(), "{text}");
    }
    for text in ["1ns", "uniform(0s, 1ns)", "exp(1ns)", "mix(0.5: 0s, 0.5: 1ns)"] {
        assert!(!read(text).is_zero(), "{text}");
    }
}

#[test]
fn the_least_that_can_be_drawn() {
    for (text, least) in [
        ("20ms", 20_000_000),
        ("uniform(1ms, 2ms)", 1_000_000),
        ("exp(20ms)", 0),
        ("pareto(3us, 2)", 3_000),
        ("mix(0.5: 7ns, 0.5: pareto(3us, 2))", 7),
    ] {
        assert_eq!(read(text).min_possible().as_nanos(), least, "{text}");
    }
}

#[test]
fn files_are_loaded_once_each_wherever_they_stand() {
    let mut mix = read("mix(0.5: empirical(a.csv), 0.5: mix(1: empirical(b.csv)))");
    let mut asked = Vec::new();
    mix.resolve_files(&mut |file| {
        asked.push(file.to_owned());
        Ok::<_, String>(vec![SimDuration::from_nanos(asked.len() as u64)])
    })
    .unwrap();
    assert_eq!(asked, ["a.csv", "b.csv"]);
    assert_eq!(mix.min_possible().as_nanos(), 1);
    assert!((mix.mean() - 1.5e-9).abs() < 1e-20);
    let empty = mix.resolve_files(&mut |_| Ok::<_, String>(Vec::new())).unwrap_err();
    assert_eq!(empty.to_string(), "`a.csv` holds no duration to draw from");
    let failed = mix.resolve_files(&mut |_| Err("no such file")).unwrap_err();
    assert_eq!(failed, UnusableFile::Load("no such file"));
    assert!((mix.mean() - 1.5e-9).abs() < 1e-20, "a failure changes nothing");
}

#[test]
fn an_empirical_distribution_draws_each_observation() {
    let mut empirical = read("empirical(a.csv)");
    let observed = [5, 6, 9].map(SimDuration::from_nanos);
    empirical.resolve_files(&mut |_| Ok::<_, String>(observed.to_vec())).unwrap();
    assert_eq!(empirical.sample(&mut Bits(0)), observed[0]);
    assert_eq!(empirical.sample(&mut Bits(1 << 63)), observed[1]);
    assert_eq!(empirical.sample(&mut Bits(u64::MAX)), observed[2]);
}

#[test]
fn extreme_draws_and_parameters_end_within_time() {
    for text in ["pareto(1s, 0.01)", "weibull(1h, 0.001)", "lognormal(mean=1h, sigma=5)"] {
        let distribution = read(text);
        let mut stream = Stream::new(1, 0, Component::named(text), Purpose::Calls);
        let longest = (0..10_000).map(|_| distribution.sample(&mut stream)).max();
        assert!(longest > Some(SimDuration::from_secs(1_000_000)), "{text}: {longest:?}");
    }
    assert_eq!(read("pareto(1s, 1)").mean(), f64::INFINITY);
    assert_eq!(read("pareto(1s, 2)").variance(), f64::INFINITY);
}

/// Durations up to 12 days, which text holds to the nanosecond.
fn durations() -> impl Strategy<Value = SimDuration> + Clone {
    prop_oneof![1..1_000_u64, 1..1_u64 << 50].prop_map(SimDuration::from_nanos)
}

fn distributions() -> impl Strategy<Value = Distribution> {
    use Distribution as D;
    let shape = || prop_oneof![Just(1.0), 1e-3..1e3_f64];
    let sorted = (durations(), durations())
        .prop_map(|(a, b)| (a.min(b), a.max(b) + SimDuration::from_nanos(1)));
    let leaf = prop_oneof![
        durations().prop_map(D::Constant),
        sorted.clone().prop_map(|(a, b)| D::Uniform(Uniform::new(a, b).unwrap())),
        durations().prop_map(|m| D::Exponential(Exponential::new(m).unwrap())),
        (durations(), durations()).prop_map(|(m, s)| D::Normal(Normal::new(m, s).unwrap())),
        sorted.clone().prop_map(|(a, b)| D::LogNormal(LogNormal::of_quantiles(a, b).unwrap())),
        (durations(), shape()).prop_map(|(m, s)| D::LogNormal(LogNormal::of_mean(m, s).unwrap())),
        (sorted, shape(), any::<bool>())
            .prop_map(|((a, b), s, c)| D::Pareto(Pareto::new(a, s, c.then_some(b)).unwrap())),
        (durations(), shape()).prop_map(|(m, s)| D::Gamma(Gamma::new(m, s).unwrap())),
        (durations(), 1..u32::MAX).prop_map(|(m, k)| D::Erlang(Erlang::new(k, m).unwrap())),
        (durations(), shape()).prop_map(|(m, s)| D::Weibull(Weibull::new(m, s).unwrap())),
        "[a-z./-]{1,20}".prop_map(|file| read(&format!("empirical({file})"))),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        (inner.clone(), inner, 1e-9..1.0_f64)
            .prop_map(|(a, b, w)| D::Mix(Mix::new(vec![(w, a), (1.0 - w, b)]).unwrap()))
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_as_the_same(distribution in distributions()) {
        let text = distribution.to_string();
        prop_assert_eq!(text.parse::<Distribution>().unwrap(), distribution, "{}", text);
    }

    #[test]
    fn no_text_panics_and_every_error_lies_within_it(text in "[a-z(),:=. 0-9µ…]{0,40}") {
        if let Err(error) = text.parse::<Distribution>() {
            prop_assert!(text.get(error.range.clone()).is_some(), "{:?}", error);
        }
    }

    #[test]
    fn nothing_drawn_is_below_the_least(
        distribution in distributions().prop_filter("loaded", |d| !d.to_string().contains("empirical")),
        seed: u64,
    ) {
        let mut stream = Stream::new(seed, 0, Component::named("any"), Purpose::Calls);
        for _ in 0..20 {
            prop_assert!(distribution.sample(&mut stream) >= distribution.min_possible());
        }
    }
}
