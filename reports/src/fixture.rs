//! Made-up results that look like a real study: for tests and for the gallery of charts.
//!
//! The figures only have to be plausible and to spread as widely as real ones do; nothing here is
//! simulated.

use experiments::results::{
    Estimate, ExpectationResult, ExpectationVerdict, FaultResult, FaultWindow, Figure, Manifest,
    MeasureInfo, RunResult, Series, StudyResults, SweepAxis, SweepCell, SweepResults, Unit,
    VariantResults, Verdict, VerdictCounts,
};

/// A strategy: name, peak ratios per 10 ms, 100 ms, 1 s and during the fault, share of success,
/// median and 99th percentile in seconds, time to recover in seconds, share of metastable runs.
type Strategy = (&'static str, [f64; 4], f64, [f64; 2], f64, f64);

const STRATEGIES: [Strategy; 14] = [
    ("immediate", [4.3, 1.72, 1.10, 4.02], 0.832, [0.027, 0.31], 1.4, 0.0),
    ("fixed 30 s", [6.1, 3.05, 2.15, 1.31], 0.971, [0.027, 30.4], 31.2, 0.0),
    ("linear 2 s", [9.4, 4.60, 3.41, 1.92], 0.958, [0.027, 12.2], 13.1, 0.0),
    ("exponential without jitter", [13.2, 5.10, 4.06, 2.91], 0.947, [0.028, 28.6], 14.2, 0.4),
    ("full jitter", [8.8, 4.21, 3.72, 2.12], 0.953, [0.028, 16.4], 11.6, 0.0),
    ("equal jitter", [9.1, 4.44, 3.81, 2.04], 0.956, [0.028, 20.9], 12.8, 0.0),
    ("decorrelated jitter", [8.2, 3.90, 3.12, 2.33], 0.951, [0.028, 18.8], 12.0, 0.0),
    ("proportional jitter ±50 %", [9.0, 4.42, 3.80, 2.05], 0.955, [0.028, 21.3], 12.9, 0.0),
    ("additive jitter 0–100 ms", [10.9, 5.02, 4.01, 2.88], 0.948, [0.028, 28.1], 14.1, 0.0),
    ("synchronised start", [208.0, 37.5, 6.93, 2.90], 0.913, [0.041, 29.3], 16.0, 1.0),
    ("closed loop, 400 users", [3.9, 1.62, 1.12, 1.21], 0.962, [0.027, 24.4], 6.1, 0.0),
    (
        "Resilience4j: exponential random backoff, factor 2.0, at most 16 s",
        [9.7, 4.70, 3.92, 2.4],
        0.95,
        [0.028, 25.0],
        13.3,
        0.0,
    ),
    ("aws-sdk-2026", [5.5, 2.61, 1.94, 1.48], 0.902, [0.027, 4.2], 3.9, 0.0),
    ("no retries", [3.8, 1.61, 1.09, 1.10], 0.829, [0.026, 0.15], 0.9, 0.0),
];

const REPLICATIONS: u32 = 30;
const RATE: f64 = 400.0;

/// A study of so many variants, at most 14.
pub(crate) fn study(variants: usize) -> StudyResults {
    build(&STRATEGIES[..variants], REPLICATIONS, 1.0)
}

/// Two variants, two runs, long bins: small enough for a snapshot.
#[cfg(test)]
pub(crate) fn small() -> StudyResults {
    build(&STRATEGIES[2..4], 2, 30.0)
}

/// A sweep over one, two or three parameters.
pub(crate) fn sweep(axes: usize) -> SweepResults {
    let axis = |path: &str, values: &[&str]| SweepAxis {
        path: path.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let retry = "policies.shop-to-payment.layers.retry";
    let mut all = vec![
        axis(
            &format!("{retry}.backoff.exponential.base"),
            &["100ms", "250ms", "500ms", "1s", "2s", "4s", "8s", "16s"],
        ),
        axis(&format!("{retry}.max_attempts"), &["1", "2", "3", "4", "5", "6"]),
        axis("services.payment.instances", &["2", "4"]),
    ];
    all.truncate(axes);
    let lengths: Vec<usize> = all.iter().map(|axis| axis.values.len()).collect();
    let points = lengths.iter().product();
    SweepResults {
        manifest: manifest(REPLICATIONS),
        axes: all,
        measures: measures(),
        cells: (0..points).map(|point| cell(point, &lengths)).collect(),
    }
}

fn cell(point: usize, lengths: &[usize]) -> SweepCell {
    let mut rest = point;
    let mut at: Vec<usize> =
        lengths.iter().rev().map(|length| (rest % length, rest /= length).0).collect();
    at.reverse();
    let (base, attempts) = (at[0] as f64, at.get(1).copied().unwrap_or(3) as f64);
    let servers = at.get(2).copied().unwrap_or(0) as f64;
    let peak = 1.1 + attempts * (0.9 - 0.09 * (base - 3.0) * (base - 3.0) / 4.0) / (1.0 + servers);
    let mut noise = Noise(point as u64 + 17);
    let peaks = [peak * 2.4, peak * 1.3, peak, 1.0 + attempts * 0.4];
    let strategy = ("base", peaks, 0.95 - 0.01 * base, [0.027, 2.0 + base], 4.0 + base, 0.0);
    SweepCell {
        variant: "base".to_owned(),
        at,
        figures: figures(&strategy, REPLICATIONS, &mut noise),
        verdicts: verdicts(&strategy, REPLICATIONS),
    }
}

fn build(strategies: &[Strategy], replications: u32, bin: f64) -> StudyResults {
    StudyResults {
        manifest: manifest(replications),
        measures: measures(),
        variants: strategies
            .iter()
            .zip(1..)
            .map(|(strategy, seed)| variant(strategy, seed, replications, bin))
            .collect(),
        expectations: expectations(),
        fault_windows: vec![FaultWindow { name: "outage".to_owned(), start_s: 60.0, end_s: 90.0 }],
        charts: Vec::new(),
    }
}

fn manifest(replications: u32) -> Manifest {
    Manifest {
        version: "0.1.0".to_owned(),
        scenario: "retry-storm".to_owned(),
        title: "A 30 s payment outage under 400 requests/s".to_owned(),
        hash: "9f2c41d07be85a36c1f08d2e47b9630a5de1748c20fb96e35a7d418c0b2f6e91".to_owned(),
        seed: 1,
        replications,
        command: "squall run scenarios/library/retry-storm.toml --seed 1".to_owned(),
    }
}

fn measures() -> Vec<MeasureInfo> {
    let measure =
        |key: &str, label: &str, unit, subject: &str, phase: &str, window_s| MeasureInfo {
            key: key.to_owned(),
            label: label.to_owned(),
            unit,
            subject: subject.to_owned(),
            phase: phase.to_owned(),
            window_s,
            in_table: true,
        };
    let (rate, after) = (Unit::PerSecond, "after(30s)");
    vec![
        measure("rate_before_per_s", "baseline", rate, "payment", "before", None),
        measure("peak_rate_10ms_after_per_s", "peak / 10 ms", rate, "payment", after, Some(0.01)),
        measure("peak_rate_100ms_after_per_s", "peak / 100 ms", rate, "payment", after, Some(0.1)),
        measure("peak_rate_1s_after_per_s", "peak / 1 s", rate, "payment", after, Some(1.0)),
        measure(
            "peak_rate_1s_during_per_s",
            "peak in fault / 1 s",
            rate,
            "payment",
            "during",
            Some(1.0),
        ),
        measure("amplification_all", "amplification", Unit::Factor, "payment", "all", None),
        measure("availability_all", "success", Unit::Share, "shop", "all", None),
        measure("goodput_all_per_s", "goodput", rate, "shop", "all", None),
        measure("response_time_p50_all_s", "response p50", Unit::Seconds, "shop", "all", None),
        measure("response_time_p99_all_s", "response p99", Unit::Seconds, "shop", "all", None),
        measure("time_to_recover_s", "time to recover", Unit::Seconds, "shop", "", None),
    ]
}

fn figures(strategy: &Strategy, replications: u32, noise: &mut Noise) -> Vec<Figure> {
    let (_, peaks, success, [p50, p99], recovery, metastable) = *strategy;
    let lost = (metastable * f64::from(replications)) as u32;
    let mut estimate = |mean: f64, spread: f64| Estimate {
        mean: Some(mean),
        half_width: Some(mean * spread * (0.7 + 0.6 * noise.next())),
        sd: Some(mean * spread * 2.7),
        n: replications,
        missing: 0,
    };
    let mut plain = |mean: f64, control: f64, spread: f64| Figure {
        value: estimate(mean, spread),
        control: Some(estimate(control, spread)),
        ratio: None,
        control_ratio: None,
    };
    let mut figures = vec![plain(RATE * 1.0007, RATE, 0.001)];
    for (peak, control) in peaks.into_iter().zip([4.31, 1.61, 1.15, 1.15]) {
        let ratio = plain(peak, control, 0.006);
        figures.push(Figure {
            ratio: Some(ratio.value),
            control_ratio: ratio.control,
            ..plain(peak * RATE, control * RATE, 0.006)
        });
    }
    figures.push(plain(1.0 + 0.16 * peaks[3], 1.0, 0.004));
    figures.push(plain(success, 1.0, 0.001));
    figures.push(plain(success * RATE, RATE, 0.002));
    figures.push(plain(p50, 0.026, 0.01));
    figures.push(plain(p99, 0.13, 0.03));
    let mut time = plain(recovery, 0.0, 0.06);
    time.control = None;
    time.value.n -= lost;
    time.value.missing = lost;
    if lost == replications {
        (time.value.mean, time.value.half_width, time.value.sd) = (None, None, None);
    }
    figures.push(time);
    figures
}

fn verdicts(strategy: &Strategy, replications: u32) -> VerdictCounts {
    let metastable = (strategy.5 * f64::from(replications)) as u32;
    VerdictCounts { recovered: replications - metastable, metastable, ..VerdictCounts::default() }
}

fn variant(strategy: &Strategy, seed: u64, replications: u32, bin: f64) -> VariantResults {
    let mut noise = Noise(seed);
    let figures = figures(strategy, replications, &mut noise);
    let verdicts = verdicts(strategy, replications);
    let runs = (0..replications)
        .map(|replication| RunResult {
            replication,
            verdict: match replication < verdicts.metastable {
                true => Verdict::Metastable,
                false => Verdict::Recovered,
            },
            values: figures.iter().map(|figure| figure.value.mean).collect(),
            control: figures
                .iter()
                .map(|figure| figure.control.and_then(|control| control.mean))
                .collect(),
            events: 812_345 + u64::from(replication),
            aborted: None,
            alerts: Vec::new(),
        })
        .collect();
    VariantResults {
        name: strategy.0.to_owned(),
        figures,
        verdicts,
        runs,
        series: ["shop", "payment"]
            .map(|subject| series(strategy, subject, bin, &mut noise))
            .into(),
        hypothesis: None,
        alerts: Vec::new(),
        why: None,
        faults: Vec::new(),
    }
}

fn series(strategy: &Strategy, subject: &str, bin: f64, noise: &mut Noise) -> Series {
    let (_, peaks, _, [p50, p99], recovery, metastable) = *strategy;
    let bins = (180.0 / bin) as usize;
    let mut series = Series {
        subject: subject.to_owned(),
        time_s: Vec::new(),
        width_s: Vec::new(),
        arrivals_per_s: Vec::new(),
        goodput_per_s: Vec::new(),
        failed_per_s: Vec::new(),
        response_time_p50_s: Vec::new(),
        response_time_p99_s: Vec::new(),
        success: Vec::new(),
        control_arrivals_per_s: Vec::new(),
        control_goodput_per_s: Vec::new(),
    };
    for index in 0..bins {
        let time = index as f64 * bin;
        let since = time - 90.0;
        let storm = match since {
            _ if time < 60.0 => 1.0,
            s if s < 0.0 => 1.0 + (peaks[3] - 1.0) * (1.0 - 1.0 / (1.0 + (time - 60.0) / 3.0)),
            s => 1.0 + (peaks[2] - 1.0) / (1.0 + (s - recovery / 4.0).abs() * 0.9),
        };
        let storm = if subject == "shop" { 1.0 } else { storm };
        let stuck = if since > 0.0 { metastable } else { 0.0 };
        let success = match since {
            _ if time < 60.0 => 0.9998,
            s if s < 0.0 => 0.002,
            s => {
                (1.0 - stuck * 0.9) * (1.0 - libm::exp(-(s + 0.5) / recovery * 2.0)).clamp(0.0, 1.0)
            }
        };
        let tail = if since < -30.0 { 0.13 } else { 0.13 + p99 * (1.0 - success).max(0.004) };
        let jitter = 1.0 + 0.05 * (noise.next() - 0.5);
        series.time_s.push(time);
        series.width_s.push(bin);
        series.arrivals_per_s.push(RATE * storm * jitter);
        series.goodput_per_s.push(RATE * success);
        series.failed_per_s.push(RATE * storm * (1.0 - success));
        let nothing_ends = (-28.0..-24.0).contains(&since);
        series.response_time_p50_s.push((!nothing_ends).then_some(p50 + tail * 0.1));
        series.response_time_p99_s.push((!nothing_ends).then_some(tail));
        series.success.push((!nothing_ends).then_some(success));
        series.control_arrivals_per_s.push(RATE * (1.0 + 0.05 * (noise.next() - 0.5)));
        series.control_goodput_per_s.push(RATE);
    }
    series
}

fn expectations() -> Vec<ExpectationResult> {
    let expectation =
        |variant: &str, that: &str, verdict, measured: &str, explanation: Option<&str>| {
            ExpectationResult {
                variant: variant.to_owned(),
                that: that.to_owned(),
                verdict,
                measured: measured.to_owned(),
                explanation: explanation.map(str::to_owned),
            }
        };
    vec![
        expectation(
            "exponential without jitter",
            "peak_rate(payment, 1s, after(30s)) <= 4.5x baseline",
            ExpectationVerdict::Passed,
            "4.06x ± 0.02 (control 1.15x), n=30",
            None,
        ),
        expectation(
            "full jitter",
            "peak_rate(payment, 1s, after(30s)) <= 1.2x baseline",
            ExpectationVerdict::Failed,
            "3.72x ± 0.03 (control 1.15x), n=30",
            Some("the interval [3.69x, 3.75x] lies wholly above 1.2x"),
        ),
        expectation(
            "equal jitter",
            "time_to_recover <= 13s in 95% of runs",
            ExpectationVerdict::Undecided,
            "28 of 30 runs, 93.3 % (78.7 % to 98.2 %)",
            Some("the interval holds 95 %; about 400 replications would decide it"),
        ),
    ]
}

/// Numbers between 0 and 1 that look random and are always the same (SplitMix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A fault that its condition has stopped in all of ten runs.
pub(crate) fn stopped_fault() -> FaultResult {
    let mean = |mean| Estimate { mean: Some(mean), half_width: None, sd: None, n: 10, missing: 0 };
    FaultResult {
        name: "game day".to_owned(),
        runs: 10,
        stopped: 10,
        withdrawal_failed: 0,
        stopped_after_s: mean(66.0),
        hits: mean(905.0),
        instances: mean(1.0),
        services: vec!["payment".to_owned()],
    }
}
