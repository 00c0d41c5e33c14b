//! Many scenarios in one batch, for the commands that run a library of them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use experiments::Experiment;
use experiments::cell::{Cell, CellResult};
use experiments::results::StudyResults;
use experiments::runner::{Options, Progress, RunError};
use experiments::suite::{self, Keep, Member};
use scenarios::Study;
use squall::{Scenario, VERSION};

use super::arguments::Settings;
use super::check::warn;
use super::exit::Failure;
use super::files::Source;
use super::progress::{Bar, stop_on_interrupt};
use super::run::changed;

/// A scenario that can be run.
pub(crate) struct Opened {
    pub(crate) scenario: Scenario,
    pub(crate) study: Study,
}

/// Opens a scenario with what the command line changes in it, and keeps of it what `narrow` leaves.
pub(crate) fn open(
    source: &Source,
    settings: &Settings,
    narrow: impl FnOnce(&mut Study),
) -> Result<Opened, Failure> {
    let mut scenario = changed(source.open()?, settings)?;
    let (mut study, warnings) = scenario.load()?;
    warn(&warnings, settings.quiet);
    let whole = study.variants.len();
    narrow(&mut study);
    if study.variants.len() < whole {
        let names = study.variants.iter().map(|variant| variant.name.clone());
        scenario = names.fold(scenario, Scenario::variant);
    }
    let opened = Opened { scenario, study };
    // What cannot be planned cannot be run, and is no reason for others not to be.
    if !opened.study.variants.is_empty() {
        planned(&opened)?;
    }
    Ok(opened)
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All studies were finished.
    Finished,
    /// The user stopped it.
    Interrupted,
}

/// What is done with the results of each study, in their order, from any thread: its place, what was
/// measured, how long it took, and the bar to write beside.
pub(crate) type Tell<'t> = dyn FnMut(usize, StudyResults, Duration, &Bar) + Send + 't;

/// Runs all variants of all scenarios.
pub(crate) fn run(
    opened: &[&Opened],
    keep: Keep,
    title: &str,
    settings: &Settings,
    tell: &mut Tell,
) -> Result<Ended, Failure> {
    let members: Vec<Member> =
        opened.iter().map(|opened| planned(opened)).collect::<Result<_, _>>()?;
    let (bar, stop) = (Bar::new(title, settings.quiet), stop_on_interrupt());
    let watch = Watch { bar: &bar, times: Mutex::new(vec![None; members.len()]) };
    let options = Options { threads: settings.threads, progress: &watch, stop: &stop };
    let ended = suite::run(&members, keep, &options, &mut |place, results| {
        tell(place, results, watch.took(place), &bar);
    });
    bar.clear();
    match ended {
        Ok(()) => Ok(Ended::Finished),
        Err(RunError::Interrupted { .. }) => Ok(Ended::Interrupted),
        Err(error) => Err(Failure::from(&error)),
    }
}

fn planned(opened: &Opened) -> Result<Member<'_>, Failure> {
    let experiment = Experiment::new(&opened.study, VERSION).map_err(squall::Error::Plan)?;
    Ok(Member { experiment, command: opened.scenario.command("run") })
}

/// The clock.
#[expect(clippy::disallowed_methods, reason = "how long a file took is told, and is in no result")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Moves the bar, and looks at the clock when a study begins and ends.
struct Watch<'b> {
    bar: &'b Bar,
    times: Mutex<Vec<Option<(Instant, Instant)>>>,
}

impl Watch<'_> {
    fn look(&self, study: u32) {
        let now = now();
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(time) = times.get_mut(study as usize) {
            time.get_or_insert((now, now)).1 = now;
        }
    }

    /// From the start of the first run of a study to the end of its last.
    fn took(&self, study: usize) -> Duration {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times[study].map_or(Duration::ZERO, |(start, end)| end - start)
    }
}

impl Progress for Watch<'_> {
    fn started(&self, total: usize, finished_before: usize) {
        self.bar.started(total, finished_before);
    }

    fn begun(&self, cell: &Cell) {
        self.look(cell.point);
    }

    fn finished(&self, cell: &CellResult) {
        self.look(cell.point);
        self.bar.finished(cell);
    }
}
