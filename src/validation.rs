//! The oracles that `squall validate` runs: theory, published tables, and the libraries' own
//! decisions, with the copies of the ground truth that come with Squall.

use experiments::oracle::{Validation, aws, queueing};
use scenarios::{NoFiles, Override};
use sim_core::policy::vectors::VectorFile;

const QUEUEING: &str = include_str!("../tests/data/queueing.json");
const AWS_BACKOFF: &str = include_str!("../tests/data/aws_backoff.csv");
const AWS_JITTER: &str = include_str!("../scenarios/library/aws-jitter.toml");

/// The libraries' own decisions: the text of `tests/data/vectors.json`.
pub const VECTORS: &str = include_str!("../tests/data/vectors.json");

/// A set of figures to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// Closed forms of queueing theory.
    Queueing,
    /// The backoff and jitter study.
    AwsJitter,
}

impl Suite {
    /// All suites, in the order in which they are run.
    pub const ALL: [Self; 2] = [Self::Queueing, Self::AwsJitter];

    /// What it compares with.
    pub fn title(self) -> &'static str {
        match self {
            Self::Queueing => "Closed forms of queueing theory",
            Self::AwsJitter => "The backoff and jitter study (AWS, 2015): time in ms, calls",
        }
    }

    /// Simulates, and compares every figure.
    ///
    /// # Errors
    /// When the ground truth and the scenarios do not fit together, which is a bug of Squall.
    pub fn run(self, seed: u64) -> Result<Validation, String> {
        match self {
            Self::Queueing => queueing::compare(QUEUEING, queueing::Effort::default(), seed)
                .map_err(|error| error.to_string()),
            Self::AwsJitter => aws::compare(
                AWS_BACKOFF,
                |clients| {
                    let overrides = [
                        Override::new(aws::CLIENTS_PATH, &clients.to_string()),
                        Override::new("run.seed", &seed.to_string()),
                        Override::new("run.replications", "100"),
                    ];
                    scenarios::load("aws-jitter.toml", AWS_JITTER.as_bytes(), &NoFiles, &overrides)
                        .map(|(study, _)| study)
                },
                &aws::VARIANTS,
            )
            .map_err(|error| error.to_string()),
        }
    }
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
