//! Histograms against exact order statistics, and their merging against all at once.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sim_core::kernel::draw::open_unit_f64;
use sim_core::stats::{Recorder, SparseHistogram};

fn histogram_of(values: &[u64]) -> SparseHistogram {
    let mut recorder = Recorder::new();
    values.iter().for_each(|value| recorder.record(*value));
    recorder.close().histogram
}

/// The percentile of type 7 of Hyndman and Fan: NumPy's and R's default.
fn exact_percentile(sorted: &[u64], p: f64) -> f64 {
    let rank = p / 100.0 * (sorted.len() - 1) as f64;
    let below = sorted[rank as usize] as f64;
    let above = sorted[(rank as usize + 1).min(sorted.len() - 1)] as f64;
    below + rank.fract() * (above - below)
}

/// Response times of many shapes and scales, in nanoseconds.
fn samples(n: usize) -> Vec<(&'static str, Vec<u64>)> {
    let mut draws = ChaCha8Rng::seed_from_u64(7);
    let mut unit = move || open_unit_f64(draws.next_u64());
    let mut sample = |quantile: fn(f64) -> f64| -> Vec<u64> {
        (0..n).map(|_| quantile(unit()) as u64).collect()
    };
    vec![
        ("exponential, 20 ms", sample(|u| -20e6 * libm::log(u))),
        ("uniform, 1 to 2 ms", sample(|u| 1e6 + 1e6 * u)),
        ("Pareto, 5 ms", sample(|u| 5e6 * libm::pow(u, -1.0 / 1.5))),
        ("two lumps, 5 ms and 2 s", sample(|u| if u < 0.95 { 5e6 + 1e6 * u } else { 2e9 * u })),
        ("a few ns", sample(|u| 300.0 * u)),
    ]
}

const PERCENTILES: [f64; 9] = [0.0, 1.0, 25.0, 50.0, 75.0, 95.0, 99.0, 99.9, 100.0];

#[test]
fn percentiles_are_within_a_bucket_of_the_exact_ones() {
    for n in [1, 2, 3, 10, 101, 20_000] {
        for (name, mut values) in samples(n) {
            let histogram = histogram_of(&values);
            values.sort_unstable();
            for p in PERCENTILES {
                let (ours, exact) =
                    (histogram.percentile(p).unwrap(), exact_percentile(&values, p));
                let error = (ours - exact).abs();
                assert!(error <= exact / 256.0 + 1.0, "{name}, n = {n}, p{p}: {ours}, not {exact}");
            }
        }
    }
}

#[test]
fn interpolation_leaves_hardly_any_bias() {
    // Where values are many and spread, a bucket's width (0.39 %) must not show in the mean error.
    for (name, mut values) in samples(200_000).into_iter().take(3) {
        let histogram = histogram_of(&values);
        values.sort_unstable();
        let errors: Vec<f64> = (10..=990)
            .map(|p| f64::from(p) / 10.0)
            .map(|p| histogram.percentile(p).unwrap() / exact_percentile(&values, p) - 1.0)
            .collect();
        let bias = errors.iter().sum::<f64>() / errors.len() as f64;
        let worst = errors.iter().fold(0.0_f64, |worst, error| worst.max(error.abs()));
        println!("{name}: bias {bias:.1e}, worst error {worst:.1e}");
        assert!(bias.abs() < 2e-5, "{name}: bias {bias:e}");
        assert!(worst < 1e-3, "{name}: worst error {worst:e}");
    }
}

#[test]
fn the_share_above_a_value_is_what_is_counted() {
    for (name, values) in samples(20_000) {
        let histogram = histogram_of(&values);
        for border in [0, 100, 1_500_000, 5_500_000, 20_000_000, 3_000_000_000, u64::MAX] {
            let above = values.iter().filter(|value| **value > border).count();
            let exact = above as f64 / values.len() as f64;
            let ours = histogram.fraction_above(border).unwrap();
            assert!((ours - exact).abs() < 2e-3, "{name}, {border}: {ours}, not {exact}");
        }
    }
    assert_eq!(SparseHistogram::default().fraction_above(5), None);
    assert_eq!(histogram_of(&[3, 4, 5]).fraction_above(3), Some(2.0 / 3.0));
    assert_eq!(histogram_of(&[u64::MAX]).fraction_above(u64::MAX), Some(0.0));
}

#[test]
fn an_empty_histogram_has_no_percentiles() {
    let empty = SparseHistogram::default();
    assert_eq!((empty.count(), empty.percentile(50.0)), (0, None));
    assert_eq!(histogram_of(&[]), empty);
    assert_eq!(SparseHistogram::merged([]), empty);
}

#[test]
fn a_histogram_is_read_as_it_was_written_and_checked() {
    let histogram = histogram_of(&[1, 1, 20_000_000, u64::MAX]);
    let text = serde_json::to_string(&histogram).unwrap();
    assert_eq!(serde_json::from_str::<SparseHistogram>(&text).unwrap(), histogram);
    for wrong in [
        r#"{"bucket":[1],"count":[]}"#,
        r#"{"bucket":[2,1],"count":[1,1]}"#,
        r#"{"bucket":[1],"count":[0]}"#,
        r#"{"bucket":[999999],"count":[1]}"#,
    ] {
        assert!(serde_json::from_str::<SparseHistogram>(wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn merging_in_any_order_and_way_is_recording_all_at_once(
        parts in prop::collection::vec(prop::collection::vec(any::<u64>().prop_map(|v| v >> (v % 64)), 0..40), 0..8),
    ) {
        let histograms: Vec<_> = parts.iter().map(|part| histogram_of(part)).collect();
        let at_once = histogram_of(&parts.concat());
        let merge = |order: &mut dyn Iterator<Item = &SparseHistogram>| {
            order.fold(SparseHistogram::default(), |mut sum, part| { sum.merge(part); sum })
        };
        prop_assert_eq!(&merge(&mut histograms.iter()), &at_once);
        prop_assert_eq!(&merge(&mut histograms.iter().rev()), &at_once);
        prop_assert_eq!(&SparseHistogram::merged(&histograms), &at_once);
        prop_assert_eq!(at_once.count(), parts.concat().len() as u64);
    }

    #[test]
    fn percentiles_never_fall(values in prop::collection::vec(any::<u64>(), 1..60)) {
        let histogram = histogram_of(&values);
        let percentiles: Vec<f64> =
            (0..=200).map(|p| histogram.percentile(f64::from(p) / 2.0).unwrap()).collect();
        prop_assert!(percentiles.windows(2).all(|pair| pair[0] <= pair[1]));
    }
}
