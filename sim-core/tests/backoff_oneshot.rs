//! The peaks of retries after one common failure, from `tests/data/vectors.json`
//! (`oneshot_peaks`): n clients fail at the same instant and retry three times; how many retries
//! fall into the fullest bin, on the mean over 400 runs.
//!
//! The table gives means without standard errors; those of our runs stand for both. It gives
//! peaks of the first retries alone and of all retries together.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;
use sim_core::kernel::SimDuration;
use sim_core::policy::{Backoff, BackoffState};
use sim_core::stats::mean_interval;

const VECTORS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/vectors.json"));
const RUNS: usize = 400;

/// A row of the table.
struct Row {
    name: String,
    clients: usize,
    kind: String,
    caps: Vec<f64>,
    bin: SimDuration,
    first: f64,
    all: f64,
}

impl Row {
    /// Reads `oneshot n=400 add10 caps=2,4,8 bin=0.01s`.
    fn read(name: &str, means: &Value) -> Self {
        let words: Vec<&str> = name.split(' ').collect();
        let number = |text: &str| text.parse().expect("a number");
        let after = |word: &str| word.split_once('=').expect("name=value").1.to_owned();
        Self {
            name: name.to_owned(),
            clients: number(&after(words[1])) as usize,
            kind: words[2].to_owned(),
            caps: after(words[3]).split(',').map(number).collect(),
            bin: after(words[4]).parse().expect("a duration"),
            first: means["first_retry_peak_mean"].as_f64().expect("a mean"),
            all: means["all_retries_peak_mean"].as_f64().expect("a mean"),
        }
    }

    /// The policy of this row.
    fn backoff(&self) -> Backoff {
        let base = format!("{}s", self.caps[0]);
        let exponential = |jitter: Value| serde_json::json!({ "exponential": { "base": base, "jitter": jitter } });
        let written = match self.kind.as_str() {
            "none" => exponential("none".into()),
            "add10" => exponential(serde_json::json!({ "upward": 0.1 })),
            "pm10" => exponential(serde_json::json!({ "proportional": 0.1 })),
            "equal" => exponential("equal".into()),
            "full" => exponential("full".into()),
            "warstory" => exponential(serde_json::json!({ "upward": 1.0 })),
            "r4j50" => serde_json::json!({ "resilience4j": {
                "interval": base, "multiplier": 2.0, "randomization_factor": 0.5,
            } }),
            "decorr" => serde_json::json!({ "decorrelated": {
                "base": base, "cap": format!("{}s", self.caps[2]),
            } }),
            other => panic!("no policy for {other}"),
        };
        serde_json::from_value(written).expect("a backoff")
    }

    /// The peaks of first retries and of all retries, one of each a run.
    fn simulate(&self, draws: &mut ChaCha8Rng) -> (Vec<f64>, Vec<f64>) {
        let backoff = self.backoff();
        (0..RUNS).map(|_| self.simulate_once(&backoff, draws)).unzip()
    }

    fn simulate_once(&self, backoff: &Backoff, draws: &mut ChaCha8Rng) -> (f64, f64) {
        let (mut first, mut all) = (Vec::new(), Vec::new());
        for _ in 0..self.clients {
            let (mut state, mut now) = (BackoffState::default(), SimDuration::ZERO);
            for n in 1..=self.caps.len() as u32 {
                now += backoff.delay(n, &mut state, draws);
                let bin = now.as_nanos() / self.bin.as_nanos();
                all.push(bin);
                if n == 1 {
                    first.push(bin);
                }
            }
        }
        (peak(first), peak(all))
    }
}

/// How often the commonest bin occurs.
fn peak(mut bins: Vec<u64>) -> f64 {
    bins.sort_unstable();
    bins.chunk_by(|a, b| a == b).map(<[u64]>::len).max().unwrap_or(0) as f64
}

#[test]
fn peaks_after_a_common_failure_are_those_of_the_table() {
    let vectors: Value = serde_json::from_str(VECTORS).expect("JSON");
    let table = vectors["backoff_jitter"]["oneshot_peaks"]["table"].as_object().expect("a table");
    let mut draws = ChaCha8Rng::seed_from_u64(20_151);
    let (mut figures, mut beyond_three) = (0, 0);
    for (name, means) in table {
        let row = Row::read(name, means);
        let (first, all) = row.simulate(&mut draws);
        for (what, ours, theirs) in [("first", first, row.first), ("all", all, row.all)] {
            let ours = mean_interval(&ours, 0.95).expect("runs");
            // Theirs and ours together: as many runs, of the same spread.
            let error = ours.standard_error() * 2_f64.sqrt();
            let off = (ours.mean - theirs).abs();
            println!("{}, {what}: {:.3} ± {error:.3}, table {theirs:.3}", row.name, ours.mean);
            assert!(off <= 4.5 * error + 1e-9, "{}, {what}: {ours:?}, not {theirs}", row.name);
            figures += 1;
            beyond_three += usize::from(off > 3.0 * error + 1e-9);
        }
    }
    assert_eq!(figures, 2 * 48);
    assert!(beyond_three as f64 <= 0.02 * figures as f64, "{beyond_three} of {figures}");
}
