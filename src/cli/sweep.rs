//! `squall sweep`: a scenario at every point of a grid of parameters.

use experiments::runner::Options;
use experiments::sweep::{Sweep, read_axes};
use reports::Format;
use scenarios::Override;
use squall::VERSION;

use super::arguments::SweepArguments;
use super::exit::{Exit, Failure, in_full};
use super::progress::{Bar, stop_on_interrupt};
use super::results_folder::ResultsFolder;
use super::run::{folder_for, open};
use super::terminal;

/// Runs the grid, prints its table and writes its files.
pub(crate) fn run(arguments: &SweepArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let scenario = open(&arguments.file, &arguments.variant, common)?;
    let axes = read_axes(&arguments.over).map_err(Failure::bad_input)?;
    let source = |point: &[Override]| scenario.load_at(point).map(|(study, _)| study);
    let sweep =
        Sweep::new(&source, axes, VERSION).map_err(|error| Failure::bad_input(in_full(&error)))?;
    let mut out = folder_for(&scenario, common, false);
    if common.out.is_none() {
        out.push("sweep");
    }
    let folder = ResultsFolder::create(&out)?;
    let mut journal = folder.journal(&sweep.journal_header())?;
    let (bar, stop) = (Bar::new(&scenario.name(), common.settings.quiet), stop_on_interrupt());
    let options = Options { threads: common.settings.threads, progress: &bar, stop: &stop };
    let over: Vec<String> = arguments.over.iter().map(|o| format!("--over '{o}'")).collect();
    let command = format!("{} {}", scenario.command("sweep"), over.join(" "));
    let results = sweep.run(&mut journal.lines, &options, &command);
    bar.clear();
    let results = results.map_err(|error| Failure::from(&error))?;
    folder.write(|create| reports::folder::write_sweep(&results, common.charts(), create))?;
    journal.remove()?;
    let mut text = Vec::new();
    reports::print_sweep(&results, arguments.format, terminal::style(), &mut text)?;
    terminal::print(&String::from_utf8_lossy(&text))?;
    if arguments.format == Format::Table {
        let what = common.wording("Table");
        terminal::print(&format!("\n{what} in {}\n", folder.path().display()))?;
    }
    Ok(Exit::Good)
}
