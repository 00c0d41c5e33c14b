//! The oracles that `squall validate` runs: theory, published tables, and the libraries' own
//! decisions, with the copies of the ground truth that come with Squall. And what needs no truth from
//! outside: random scenarios that are held to every invariant.

use experiments::oracle::{
    Effort, Validation, admission, aws, balancing, collapse, queueing, retries,
};
use scenarios::{Diagnostics, NoFiles, Override, Study};
use sim_core::policy::vectors::VectorFile;

pub use experiments::random::{Broken, Campaign, Trial, campaign};

const QUEUEING: &str = include_str!("../tests/data/queueing.json");
const AWS_BACKOFF: &str = include_str!("../tests/data/aws_backoff.csv");
const AWS_JITTER: &str = include_str!("../scenarios/library/aws-jitter.toml");
const RETRY_TABLE: &str = include_str!("../tests/data/brooker_retry.csv");
const RETRIES: &str = include_str!("../scenarios/library/brooker-retries.toml");
const COLLAPSE_TABLE: &str = include_str!("../tests/data/brooker_collapse.csv");
const COLLAPSE: &str = include_str!("../scenarios/library/brooker-collapse.toml");

/// The libraries' own decisions: the text of `tests/data/vectors.json`.
pub const VECTORS: &str = include_str!("../tests/data/vectors.json");

/// A set of figures to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// Closed forms of queueing theory.
    Queueing,
    /// Balancers over equal hosts.
    Balancing,
    /// Throttles of clients, and retry budgets.
    Admission,
    /// The backoff and jitter study.
    AwsJitter,
    /// The study of retries, token buckets and breakers.
    BrookerRetries,
    /// The study of collapse after a spike.
    BrookerCollapse,
}

impl Suite {
    /// All suites, in the order in which they are run.
    pub const ALL: [Self; 6] = [
        Self::Queueing,
        Self::Balancing,
        Self::Admission,
        Self::AwsJitter,
        Self::BrookerRetries,
        Self::BrookerCollapse,
    ];

    /// What it compares with.
    pub fn title(self) -> &'static str {
        match self {
            Self::Queueing => "Closed forms of queueing theory",
            Self::Balancing => "Balancers over equal hosts: theory of queues, and a Markov chain",
            Self::Admission => "What throttles of clients and retry budgets come to",
            Self::AwsJitter => "The backoff and jitter study (AWS, 2015): time in ms, calls",
            Self::BrookerRetries => "Retries, token buckets and breakers (Brooker, 2022)",
            Self::BrookerCollapse => "Collapse after a spike (Brooker, 2022): share of 200 runs",
        }
    }

    /// Simulates, and compares every figure.
    ///
    /// # Errors
    /// When the ground truth and the scenarios do not fit together, which is a bug of Squall.
    pub fn run(self, seed: u64) -> Result<Validation, String> {
        match self {
            Self::Queueing => queueing::compare(QUEUEING, Effort::default(), seed)
                .map_err(|error| error.to_string()),
            Self::Balancing => Ok(balancing::compare(Effort::default(), seed)),
            Self::Admission => Ok(admission::compare(Effort::default(), seed)),
            Self::AwsJitter => aws::compare(
                AWS_BACKOFF,
                |clients| {
                    let clients = Override::new(aws::CLIENTS_PATH, &clients.to_string());
                    study("aws-jitter.toml", AWS_JITTER, seed, 100, Some(clients))
                },
                &aws::VARIANTS,
            )
            .map_err(|error| error.to_string()),
            Self::BrookerRetries => retries::compare(
                RETRY_TABLE,
                |failures| {
                    let failures = Override::new(retries::FAILURES_PATH, &format!("{failures:?}"));
                    study("brooker-retries.toml", RETRIES, seed, 20, Some(failures))
                },
                &retries::VARIANTS,
            )
            .map_err(|error| error.to_string()),
            Self::BrookerCollapse => {
                let study = study("brooker-collapse.toml", COLLAPSE, seed, 200, None)
                    .map_err(|wrong| wrong.to_string())?;
                collapse::compare(COLLAPSE_TABLE, &study, &collapse::VARIANTS)
                    .map_err(|error| error.to_string())
            }
        }
    }
}

/// A scenario of the library under this seed, with so many replications.
fn study(
    name: &str,
    text: &str,
    seed: u64,
    replications: u32,
    set: Option<Override>,
) -> Result<Study, Diagnostics> {
    let mut overrides = vec![
        Override::new("run.seed", &seed.to_string()),
        Override::new("run.replications", &replications.to_string()),
    ];
    overrides.extend(set);
    scenarios::load(name, text.as_bytes(), &NoFiles, &overrides).map(|(study, _)| study)
}

/// What a library's vectors came to.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryVectors {
    /// The library.
    pub name: &'static str,
    /// How many of its vectors were run.
    pub ran: usize,
    /// How many of them hold.
    pub held: usize,
    /// Those that do not, with where they part.
    pub misses: Vec<String>,
}

/// Runs a file of vectors, shaped as [`VECTORS`].
///
/// # Errors
/// When the text is no such file.
pub fn run_vectors(json: &str) -> Result<Vec<LibraryVectors>, serde_json::Error> {
    let file: VectorFile = serde_json::from_str(json)?;
    let mut libraries: Vec<LibraryVectors> = Vec::new();
    for outcome in file.run() {
        let known = libraries.iter().position(|library| library.name == outcome.library);
        let place = known.unwrap_or_else(|| {
            let name = outcome.library;
            libraries.push(LibraryVectors { name, ran: 0, held: 0, misses: Vec::new() });
            libraries.len() - 1
        });
        let library = &mut libraries[place];
        library.ran += 1;
        library.held += usize::from(outcome.held);
        if !outcome.held {
            library.misses.push(format!("{}: {}", outcome.name, outcome.detail));
        }
    }
    Ok(libraries)
}
