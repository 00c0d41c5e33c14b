//! `squall run`: all variants of a scenario, each beside its control.

use std::path::{Path, PathBuf};

use experiments::Experiment;
use experiments::results::{ExpectationVerdict, StudyResults};
use experiments::runner::Options;
use reports::Format;
use reports::terminal::{Explain, Style};
use squall::{Scenario, VERSION};

use super::arguments::{CommonArguments, RunArguments, Settings};
use super::exit::{Exit, Failure};
use super::progress::{Bar, stop_on_interrupt};
use super::results_folder::ResultsFolder;
use super::terminal;

/// Runs each file; the worst ending of any is the command's.
pub(crate) fn run(arguments: &RunArguments) -> Result<Exit, Failure> {
    let mut worst = Exit::Good;
    for file in &arguments.files {
        worst = worst.max(run_file(file, arguments)?);
    }
    Ok(worst)
}

fn run_file(file: &Path, arguments: &RunArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let scenario = open(file, &arguments.variant, common)?;
    let (study, warnings) = scenario.load()?;
    super::check::warn(&warnings, common.settings.quiet);
    let experiment = Experiment::new(&study, VERSION).map_err(squall::Error::Plan)?;
    let several = arguments.files.len() > 1;
    let folder = ResultsFolder::create(&folder_for(&scenario, common, several))?;
    let mut journal = folder.journal(&experiment.journal_header())?;
    let (bar, stop) = (Bar::new(&study.name, common.settings.quiet), stop_on_interrupt());
    let options = Options { threads: common.settings.threads, progress: &bar, stop: &stop };
    let results = experiment.run(&mut journal.lines, &options, &scenario.command("run"));
    bar.clear();
    let results = results.map_err(|error| Failure::from(&error))?;
    // Before the files, whose charts take many times as long as a small scenario; and they are written
    // even if nobody reads what is printed.
    let explain = if arguments.why { Explain::All } else { Explain::FirstOut };
    let printed = print(&results, arguments.format, explain);
    folder.write(|create| reports::folder::write_study(&results, common.charts(), create))?;
    journal.remove()?;
    printed?;
    if arguments.format == Format::Table {
        let what = common.wording("Results");
        terminal::print(&format!("\n{what} in {}\n", folder.path().display()))?;
    }
    Ok(how_it_ended(&results))
}

/// Opens a scenario with what the command line changes in it.
pub(crate) fn open(
    file: &Path,
    variants: &[String],
    common: &CommonArguments,
) -> Result<Scenario, Failure> {
    let scenario = changed(Scenario::open(file)?, &common.settings)?;
    Ok(variants.iter().fold(scenario, |scenario, name| scenario.variant(name)))
}

/// A scenario with what the command line changes in it.
pub(crate) fn changed(scenario: Scenario, settings: &Settings) -> Result<Scenario, Failure> {
    let mut scenario = scenario;
    for text in &settings.set {
        scenario = scenario.set_text(text)?;
    }
    if let Some(seed) = settings.seed {
        scenario = scenario.seed(seed);
    }
    if let Some(replications) = settings.replications {
        scenario = scenario.replications(replications);
    }
    Ok(scenario)
}

/// Where the results go: `--out`, or `results/NAME`; of several files each into its own folder.
pub(crate) fn folder_for(scenario: &Scenario, common: &CommonArguments, several: bool) -> PathBuf {
    match &common.out {
        Some(out) if several => out.join(scenario.name()),
        Some(out) => out.clone(),
        None => Path::new("results").join(scenario.name()),
    }
}

fn print(results: &StudyResults, format: Format, explain: Explain) -> Result<(), Failure> {
    let mut text = Vec::new();
    let style = Style { explain, ..terminal::style() };
    reports::print(results, format, style, &mut text)?;
    terminal::print(&String::from_utf8_lossy(&text))
}

/// How a study ended.
pub(crate) fn how_it_ended(results: &StudyResults) -> Exit {
    let aborted = results.variants.iter().any(|variant| variant.verdicts.aborted > 0);
    let missed = results
        .expectations
        .iter()
        .any(|expectation| expectation.verdict != ExpectationVerdict::Passed);
    match (aborted, missed) {
        (true, _) => Exit::Aborted,
        (false, true) => Exit::Missed,
        (false, false) => Exit::Good,
    }
}
