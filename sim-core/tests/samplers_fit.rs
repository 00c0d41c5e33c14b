//! Every sampler against its distribution: the Kolmogorov-Smirnov distance to the distribution
//! function of `statrs`, and mean and variance within 4.5 standard errors.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::f64::consts::PI;

use sim_core::kernel::Distribution;
use sim_core::kernel::draw::{Component, KeyedDraws, Purpose, Slot, Stream};
use statrs::distribution::{self as oracle, ContinuousCDF};

/// How many durations a test draws.
const DRAWS: usize = 200_000;

/// The Kolmogorov-Smirnov distance times the square root of the number of draws that a true
/// sampler passes once in 10,000 tests: `sqrt(-ln(0.0001 / 2) / 2)`.
const CRITICAL: f64 = 2.2253;

/// A distribution's text, its distribution function over seconds, and whether its fourth moment
/// is finite, without which no standard error of the variance exists.
struct Case {
    text: &'static str,
    cdf: Box<dyn Fn(f64) -> f64>,
    tame: bool,
}

fn case(text: &'static str, oracle: impl ContinuousCDF<f64, f64> + 'static) -> Case {
    Case { text, cdf: Box::new(move |x| oracle.cdf(x)), tame: true }
}

/// What `statrs` does not have.
fn formula(text: &'static str, cdf: impl Fn(f64) -> f64 + 'static) -> Case {
    Case { text, cdf: Box::new(cdf), tame: true }
}

fn wild(case: Case) -> Case {
    Case { tame: false, ..case }
}

// Seconds and more, so that rounding to nanoseconds does not show.
fn cases() -> Vec<Case> {
    let normal = |mean, sd| oracle::Normal::new(mean, sd).unwrap();
    let gamma = |shape, mean| oracle::Gamma::new(shape, shape / mean).unwrap();
    let pareto = |shape| oracle::Pareto::new(2.0, shape).unwrap();
    let folded = move |mean, sd| {
        let normal = normal(mean, sd);
        move |x: f64| normal.cdf(x) - normal.cdf(-x)
    };
    let bounded = move |shape, cap| {
        let pareto = pareto(shape);
        move |x: f64| (pareto.cdf(x) / pareto.cdf(cap)).min(1.0)
    };
    let z99 = 2.326_347_874_040_841;
    vec![
        case("uniform(1s, 3s)", oracle::Uniform::new(1.0, 3.0).unwrap()),
        case("exp(1s)", oracle::Exp::new(1.0).unwrap()),
        case("exp(20h)", oracle::Exp::new(1.0 / 72_000.0).unwrap()),
        case("normal(1000s, 4s)", normal(1000.0, 4.0)),
        formula("normal(3s, 4s)", folded(3.0, 4.0)),
        formula("normal(0s, 4s)", folded(0.0, 4.0)),
        case("lognormal(mean=5s, sigma=0.5)", lognormal_of_mean(5.0, 0.5)),
        case("lognormal(mean=5s, sigma=1)", lognormal_of_mean(5.0, 1.0)),
        case(
            "lognormal(p50=5s, p99=40s)",
            oracle::LogNormal::new(libm::log(5.0), libm::log(8.0) / z99).unwrap(),
        ),
        case("pareto(2s, 6)", pareto(6.0)),
        wild(case("pareto(2s, 1.5)", pareto(1.5))),
        wild(case("pareto(2s, 0.7)", pareto(0.7))),
        formula("pareto(2s, 1.5, cap=60s)", bounded(1.5, 60.0)),
        formula("pareto(2s, 1, cap=60s)", bounded(1.0, 60.0)),
        formula("pareto(2s, 2, cap=60s)", bounded(2.0, 60.0)),
        formula("pareto(2s, 0.3, cap=60s)", bounded(0.3, 60.0)),
        // The smaller the shape, the more is next to zero: months, for nanoseconds not to show.
        case("gamma(5000000s, 0.3)", gamma(0.3, 5e6)),
        case("gamma(5s, 0.9)", gamma(0.9, 5.0)),
        case("gamma(5s, 1)", gamma(1.0, 5.0)),
        case("gamma(5s, 7.5)", gamma(7.5, 5.0)),
        case("gamma(5s, 300)", gamma(300.0, 5.0)),
        case("erlang(1, 5s)", oracle::Erlang::new(1, 0.2).unwrap()),
        case("erlang(4, 5s)", oracle::Erlang::new(4, 0.8).unwrap()),
        case("weibull(5s, 0.6)", oracle::Weibull::new(0.6, 5.0).unwrap()),
        case("weibull(5s, 1)", oracle::Weibull::new(1.0, 5.0).unwrap()),
        case("weibull(5s, 3.5)", oracle::Weibull::new(3.5, 5.0).unwrap()),
        formula("mix(0.7: exp(1s), 0.3: uniform(4s, 6s))", |x| {
            0.7 * (1.0 - libm::exp(-x)) + 0.3 * ((x - 4.0) / 2.0).clamp(0.0, 1.0)
        }),
    ]
}

fn lognormal_of_mean(mean: f64, sigma: f64) -> oracle::LogNormal {
    oracle::LogNormal::new(libm::log(mean) - sigma * sigma / 2.0, sigma).unwrap()
}

#[test]
fn samplers_on_a_stream_follow_their_distributions() {
    for case in cases() {
        let mut stream = Stream::new(2024, 0, Component::named(case.text), Purpose::Calls);
        let distribution: Distribution = case.text.parse().unwrap();
        fits(&case, (0..DRAWS).map(|_| distribution.sample(&mut stream).as_secs_f64()).collect());
    }
}

#[test]
fn samplers_on_keyed_draws_follow_their_distributions() {
    for case in cases() {
        let keyed = KeyedDraws::new(2024, 0, Component::named(case.text));
        let distribution: Distribution = case.text.parse().unwrap();
        let draw = |call| distribution.sample(&mut keyed.block(call, 0).slot(Slot::Demand));
        fits(&case, (0..DRAWS as u64).map(|call| draw(call).as_secs_f64()).collect());
    }
}

fn fits(case: &Case, mut drawn: Vec<f64>) {
    let distance = moments_and_distance(case, &mut drawn);
    assert!(distance * (DRAWS as f64).sqrt() < CRITICAL, "{}: distance {distance}", case.text);
}

fn moments_and_distance(case: &Case, drawn: &mut [f64]) -> f64 {
    if case.tame {
        moments_agree(case.text, drawn);
    }
    drawn.sort_unstable_by(f64::total_cmp);
    kolmogorov_smirnov(drawn, &case.cdf)
}

/// Mean and variance of what was drawn lie within 4.5 standard errors of the distribution's own.
fn moments_agree(text: &str, drawn: &[f64]) {
    let distribution: Distribution = text.parse().unwrap();
    let mean = distribution.mean();
    let errors = standardised(drawn, mean);
    assert!(errors.abs() < 4.5, "{text}: the mean is off by {errors} standard errors");
    let squares: Vec<f64> = drawn.iter().map(|x| (x - mean) * (x - mean)).collect();
    let errors = standardised(&squares, distribution.variance());
    assert!(errors.abs() < 4.5, "{text}: the variance is off by {errors} standard errors");
}

/// How many standard errors the mean of the values is from what is expected.
fn standardised(values: &[f64], expected: f64) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    (mean - expected) / (variance / n).sqrt()
}

/// The largest distance between the sorted values' distribution function and `cdf`.
fn kolmogorov_smirnov(sorted: &[f64], cdf: &dyn Fn(f64) -> f64) -> f64 {
    let n = sorted.len() as f64;
    let distances = sorted.iter().enumerate().map(|(i, &x)| {
        let expected = cdf(x);
        (expected - i as f64 / n).max((i + 1) as f64 / n - expected)
    });
    distances.fold(0.0, f64::max)
}

#[test]
fn the_fit_notices_a_distribution_that_is_off_by_two_percent() {
    let off = case("exp(1s)", oracle::Exp::new(1.02).unwrap());
    let mut stream = Stream::new(2024, 0, Component::named("off"), Purpose::Calls);
    let distribution: Distribution = off.text.parse().unwrap();
    let mut drawn: Vec<f64> =
        (0..DRAWS).map(|_| distribution.sample(&mut stream).as_secs_f64()).collect();
    let distance = moments_and_distance(&off, &mut drawn);
    assert!(distance * (DRAWS as f64).sqrt() > CRITICAL, "{distance}");
}

#[test]
fn the_moments_are_those_of_the_formulas() {
    let half_normal = (4.0 * (2.0 / PI).sqrt(), 16.0 * (1.0 - 2.0 / PI));
    let bounded_one = 2.0 * libm::log(30.0) * 30.0 / 29.0;
    for (text, mean, variance) in [
        ("2s", 2.0, 0.0),
        ("uniform(1s, 3s)", 2.0, 1.0 / 3.0),
        ("exp(3s)", 3.0, 9.0),
        ("normal(0s, 4s)", half_normal.0, half_normal.1),
        ("normal(1000s, 4s)", 1000.0, 16.0),
        ("lognormal(mean=5s, sigma=1)", 5.0, 25.0 * (libm::exp(1.0) - 1.0)),
        ("pareto(2s, 3)", 3.0, 3.0),
        ("pareto(2s, 1, cap=60s)", bounded_one, 120.0 - bounded_one * bounded_one),
        ("gamma(5s, 0.2)", 5.0, 125.0),
        ("erlang(4, 5s)", 5.0, 6.25),
        ("weibull(5s, 1)", 5.0, 25.0),
        ("weibull(5s, 0.5)", 10.0, 500.0),
        ("mix(0.5: 1s, 0.5: exp(3s))", 2.0, 4.5 + 1.0),
    ] {
        let distribution: Distribution = text.parse().unwrap();
        let close = |found: f64, expected: f64| (found - expected).abs() <= 1e-9 * expected.abs();
        assert!(close(distribution.mean(), mean), "{text}: {}", distribution.mean());
        assert!(close(distribution.variance(), variance), "{text}: {}", distribution.variance());
    }
    let scv = |text: &str| text.parse::<Distribution>().unwrap().scv();
    assert_eq!((scv("exp(20ms)"), scv("20ms")), (1.0, 0.0));
}
