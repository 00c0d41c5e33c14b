//! The same scenario, seed and version: the same bytes. Short runs of the library are hashed and
//! held against `tests/golden/`, at one and at two threads; `.ci/run` does the same in release and,
//! for those that touch every part of the engine, unoptimised.
//!
//! After a deliberate change: `SQUALL_BLESS=1 cargo test --test golden`, and say why in
//! `CHANGELOG.md`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use reports::folder::Charts;
use squall::Scenario;
use squall::library::LIBRARY;

/// A scenario, and what makes a short run of it.
type Short = (&'static str, &'static [&'static str]);

/// Scenarios that together touch every part of the engine: these run unoptimised, too.
const ENGINE: [Short; 5] = [
    ("retry-storm", &["run.replications=2", "run.length=130s"]),
    ("aws-jitter", &["run.replications=3", "clients.writers.load.closed.users=20"]),
    ("load-shedding", &["run.replications=2", "run.length=125s"]),
    ("hedged-requests", &["run.replications=2", "run.length=125s"]),
    ("deadline-propagation", &["run.replications=2", "run.length=125s"]),
];

/// What makes a run of the library's other scenarios short: one replication, and of these less.
const SHORTENED: &[Short] = &[
    (
        "backoffs-by-library",
        &[
            "run.replications=1",
            "run.length=91s",
            "clients.queries.load.open.rate=10/s",
            "clients.watchers.load.closed.users=20",
        ],
    ),
    ("retries-by-library", &["run.replications=1", "run.length=25s", "network.latency=50ms"]),
    ("breakers-by-library", &["run.replications=1", "run.length=123s"]),
    ("budgets-by-library", &["run.replications=1", "run.length=62s"]),
    ("throttles-by-library", &["run.replications=1", "run.length=64s"]),
    ("rate-limiters", &["run.replications=1", "run.length=20s"]),
    ("too-many-requests", &["run.replications=1", "run.length=40s"]),
    ("bulkheads", &["run.replications=1", "run.length=62s"]),
    (
        "connection-pools",
        &["run.replications=1", "run.length=52s", "clients.orders.load.open.rate=30/s"],
    ),
    (
        "balancers-by-algorithm",
        &["run.replications=1", "run.length=66s", "clients.shop.load.open.rate=50/s"],
    ),
    ("health-checks", &["run.replications=1", "run.length=173s"]),
    ("fallbacks", &["run.replications=1", "run.length=62s", "clients.others.load.open.rate=20/s"]),
    ("service-times", &["run.replications=1", "run.length=25s"]),
    ("deadlines-and-timeouts", &["run.replications=1", "run.length=62s"]),
    ("overload-at-both-ends", &["run.replications=1", "run.length=52s"]),
    (
        "steady-state-hypothesis",
        &["run.replications=1", "run.length=132s", "clients.shoppers.load.open.rate=200/s"],
    ),
    ("alerts", &["run.replications=1", "run.length=902s", "clients.shop.load.open.rate=20/s"]),
    ("packet-loss", &["run.replications=1", "run.length=101s", "clients.shop.load.open.rate=20/s"]),
    ("partial-partition", &["run.replications=1", "run.length=181s"]),
    ("game-day", &["run.replications=1", "run.length=241s", "clients.shop.load.open.rate=50/s"]),
    (
        "faults-of-links",
        &["run.replications=1", "run.length=101s", "clients.shop.load.open.rate=20/s"],
    ),
    ("metastable-hotos21-cache", &["run.replications=1", "clients.readers.load.open.rate=280/s"]),
    ("metastable-osdi22", &["run.replications=1", "clients.app.load.open.rate=620/s"]),
];

/// The rest of the library.
fn library() -> Vec<Short> {
    let short = |name| {
        let shortened = SHORTENED.iter().find(|(shortened, _)| *shortened == name);
        shortened.copied().unwrap_or((name, &["run.replications=1"]))
    };
    let in_engine = |name: &str| ENGINE.iter().any(|(engine, _)| *engine == name);
    LIBRARY.iter().map(|s| s.name).filter(|name| !in_engine(name)).map(short).collect()
}

/// The bytes of every file that a run without charts leaves behind, in one hash a file.
fn hashes(name: &str, short: &[&str], threads: usize) -> String {
    let file = format!("{}/scenarios/library/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut scenario = Scenario::open(file).unwrap().threads(threads);
    for set in short {
        scenario = scenario.set_text(set).unwrap();
    }
    let results = scenario.run().unwrap();
    let files = Arc::new(Mutex::new(BTreeMap::new()));
    reports::folder::write_study(&results, Charts::LeftOut, &mut |file| {
        Ok(Box::new(InMemory { file: file.to_owned(), bytes: Vec::new(), files: files.clone() }))
    })
    .unwrap();
    let files = files.lock().unwrap();
    files.iter().fold(String::new(), |mut text, (file, bytes): (&String, &Vec<u8>)| {
        let _ = writeln!(text, "{} {name}/{file}", blake3::hash(bytes).to_hex());
        text
    })
}

struct InMemory {
    file: String,
    bytes: Vec<u8>,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl Write for InMemory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.files.lock().unwrap().insert(self.file.clone(), self.bytes.clone());
        Ok(())
    }
}

#[test]
fn the_engine_gives_the_bytes_it_gave_before_at_any_number_of_threads() {
    holds("hashes.txt", &ENGINE);
}

#[test]
fn the_library_gives_the_bytes_it_gave_before_at_any_number_of_threads() {
    holds("library.txt", &library());
}

fn holds(golden: &str, scenarios: &[Short]) {
    let of = |threads| scenarios.iter().map(|(name, short)| hashes(name, short, threads)).collect();
    let (one, two): (String, String) = (of(1), of(2));
    assert_eq!(one, two, "the number of threads changes the results");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(golden);
    if std::env::var_os("SQUALL_BLESS").is_some() {
        std::fs::write(&golden, &one).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&golden).unwrap_or_default(), one);
}
