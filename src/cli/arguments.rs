//! What the command line understands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, value_parser};
use reports::Format;
use reports::folder::Charts;
use reports::trace::TraceFormat;
use sim_core::kernel::SimDuration;

use super::bench::BenchArguments;

/// A deterministic, seeded simulator of distributed systems under failure.
#[derive(Debug, Parser)]
#[command(name = "squall", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  good
  1  the surroundings failed (disk, permissions)
  2  bad input or usage
  3  an expectation was missed or is undecided, or a claim's verdict is not shown; an oracle or
     the answer of a benchmark is wrong
  4  no expectation matched what was asked for, so that nothing was tested
  5  incomplete (interrupted); the same command continues a run or a sweep
  6  a run was given up as running away";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run scenarios: all variants, each beside its control; print, write files and charts
    Run(RunArguments),
    /// Run a scenario at every point of a grid of parameters; write one table and a heat map
    Sweep(SweepArguments),
    /// Run scenarios as tests: a line a file, what did not hold, exit codes and JUnit XML for builds
    Test(TestArguments),
    /// Follow some calls of one run through retries, queues and breakers; write traces for Perfetto
    /// and Jaeger
    Trace(TraceArguments),
    /// Check scenarios without running them
    Check(CheckArguments),
    /// List the library and everything a scenario can name
    List(ListArguments),
    /// Tell what sources claim, whether it is so, and what the runs show of it
    Claims(ClaimsArguments),
    /// Write a page for each scenario (story, claims, chart, figures, text), and the page of claims
    Docs(DocsArguments),
    /// Write a commented scenario to start from, or a copy of one of the library
    New(NewArguments),
    /// Print the JSON Schema of the scenario file
    Schema,
    /// Hold the simulator against theory and published tables on this machine
    Validate(ValidateArguments),
    /// Measure how fast this machine simulates, beside a plain binary heap, and check the answers
    Bench(BenchArguments),
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The scenario files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Run only this variant (may be given several times)
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Vec<String>,
    /// Tell of every variant why it went as it did, and not only of the first that did not hold
    #[arg(long)]
    pub(crate) why: bool,
    /// How results are printed: table, markdown, csv or json
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArguments {
    /// The scenario file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// A parameter and its values: path=a,b,c or path=1..10 or path=10ms..50ms step 10ms (may be
    /// given several times)
    #[arg(long, required = true, value_name = "PATH=VALUES")]
    pub(crate) over: Vec<String>,
    /// Run only this variant (may be given several times)
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Vec<String>,
    /// How results are printed: table, markdown, csv or json
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// Scenario files, and folders, of which every *.toml is run, with those in the folders inside
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Test only the expectations of which this is a part, written `FILE: VARIANT: EXPECTATION` as
    /// they are reported; with the name of a file, all of its (may be given several times)
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Write a JUnit XML file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the results and charts of each file, too, into a folder of its own in this one
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Args)]
pub(crate) struct ClaimsArguments {
    /// Scenario files and folders of them [default: the library]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// How claims are printed: table, markdown, csv or json
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Args)]
pub(crate) struct DocsArguments {
    /// The folder to write into: `claims.md`, and a folder `library` with a page for each scenario
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Scenario files and folders of them [default: the library]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Args)]
pub(crate) struct TraceArguments {
    /// The scenario file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The variant [default: the first of the file]
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Option<String>,
    /// Which replication, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) replication: u32,
    /// Trace the control: the same run without the faults
    #[arg(long)]
    pub(crate) control: bool,
    /// Trace only calls of this client
    #[arg(long, value_name = "NAME")]
    pub(crate) client: Option<String>,
    /// Trace only calls that start at this time of the run or later, such as 59.5s
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<SimDuration>,
    /// Trace only calls that start before this time of the run
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<SimDuration>,
    /// Trace only calls that failed
    #[arg(long, conflicts_with = "slowest")]
    pub(crate) failed: bool,
    /// Trace the calls that took longest, and not a sample that is the same under every variant
    #[arg(long)]
    pub(crate) slowest: bool,
    /// How many calls are traced at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
    pub(crate) calls: u32,
    /// How many spans are kept at most
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = value_parser!(u32).range(1..=10_000_000))]
    pub(crate) spans: u32,
    /// The file that is written: perfetto or otlp (for Jaeger) [default: both]
    #[arg(long)]
    pub(crate) format: Option<TraceFormat>,
    /// The folder for the results, which gets a folder `traces` [default: results/NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The seed, in place of the file's
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Set a value of the scenario, as a variant does (may be given several times)
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Show no warnings
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What the commands that write a folder of results have in common.
#[derive(Debug, Args)]
pub(crate) struct CommonArguments {
    /// The folder for the results [default: results/NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Draw no charts: they take longer than a small run
    #[arg(long)]
    no_charts: bool,
}

/// How scenarios are run.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// The seed, in place of the file's
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// How many replications each variant has, in place of the file's
    #[arg(long, value_name = "N")]
    pub(crate) replications: Option<u32>,
    /// How many threads; results are the same for any number [default: all cores]
    #[arg(long, value_name = "N", env = "RAYON_NUM_THREADS", value_parser = at_least_one)]
    pub(crate) threads: Option<usize>,
    /// Set a value of the scenario, as a variant does (may be given several times)
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Show no progress and no warnings
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

impl CommonArguments {
    pub(crate) fn charts(&self) -> Charts {
        if self.no_charts { Charts::LeftOut } else { Charts::Drawn }
    }

    /// `Results and charts are`, or only `Results are`.
    pub(crate) fn wording(&self, tables: &str) -> String {
        let charts = if self.no_charts { "" } else { " and charts" };
        let are = if self.no_charts && !tables.ends_with('s') { "is" } else { "are" };
        format!("{tables}{charts} {are}")
    }
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The scenario files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Set a value of the scenario, as a variant does (may be given several times)
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// What to list: a kind (library, backoff, preset, fault, distribution, …) or the name of one
    /// thing, which is shown with its parameters, or a scenario with its story; all kinds if it is
    /// left out
    #[arg(value_name = "KIND|NAME")]
    pub(crate) what: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    /// The file to write
    #[arg(value_name = "FILE", default_value = "scenario.toml")]
    pub(crate) file: PathBuf,
    /// Start from this scenario of the library, as `squall list library` names it
    #[arg(long, value_name = "NAME")]
    pub(crate) from: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArguments {
    /// Run the vectors of this file (shaped as tests/data/vectors.json), and nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) vectors: Option<PathBuf>,
    /// Run so many random scenarios through every invariant, and nothing else; one that breaks an
    /// invariant is made smaller and written to a file. Built without `--release`, the engine
    /// holds itself to more
    #[arg(long, value_name = "N", conflicts_with = "vectors")]
    pub(crate) random: Option<u64>,
    /// The seed; of random scenarios that of the first, and the next number for each further one
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The folder for random scenarios that break an invariant
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one thread is needed".into()),
        Ok(n) => Ok(n),
        Err(_) => Err("must be a whole number".into()),
    }
}
