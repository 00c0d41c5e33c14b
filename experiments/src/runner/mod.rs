//! Running cells in parallel: the same results at any number of threads, in any order.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sim_core::model;

use crate::cell::{Cell, CellResult, Simulate};
use crate::journal::Journal;

/// Told how a batch of cells goes, from any thread.
pub trait Progress: Sync {
    /// So many cells there are, of which so many were finished by an earlier run.
    fn started(&self, total: usize, finished_before: usize);
    /// A cell is begun.
    fn begun(&self, _cell: &Cell) {}
    /// A cell is finished.
    fn finished(&self, cell: &CellResult);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn started(&self, _total: usize, _finished_before: usize) {}
    fn finished(&self, _cell: &CellResult) {}
}

/// How cells are run.
pub struct Options<'a> {
    /// How many threads; `None` is rayon's global pool.
    pub threads: Option<usize>,
    /// Who is told how it goes.
    pub progress: &'a dyn Progress,
    /// Set to true to stop: cells that are being run are finished, no others are begun.
    pub stop: &'a AtomicBool,
}

/// Why a batch was not finished.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It was stopped. What is finished is in the journal; the same command continues it.
    #[error("interrupted: {finished} of {total} cells are finished; the same command continues")]
    Interrupted {
        /// How many cells are finished.
        finished: usize,
        /// How many there are.
        total: usize,
    },
    /// The journal could not be written.
    #[error("a finished cell could not be kept in the journal")]
    Journal(#[source] io::Error),
    /// The threads could not be started.
    #[error("the threads could not be started")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Runs all cells that the journal does not hold, and returns the results of all, in the order
/// of `cells`.
///
/// # Errors
///
/// When it is stopped, or the journal cannot be written.
pub fn run(
    cells: &[Cell],
    journal: &mut dyn Journal,
    options: &Options,
) -> Result<Vec<CellResult>, RunError> {
    run_with(cells, journal, options, &model::run)
}

/// [`run`], with a simulator of one's own.
pub(crate) fn run_with(
    cells: &[Cell],
    journal: &mut dyn Journal,
    options: &Options,
    simulate: &Simulate,
) -> Result<Vec<CellResult>, RunError> {
    let mut results = finished_before(cells, journal.take_finished());
    options.progress.started(cells.len(), results.iter().flatten().count());
    let queue = Queue::of(cells, &results);
    run_queue(cells, queue, options, simulate, &mut |place, result| {
        journal.append(&result)?;
        options.progress.finished(&result);
        results[place] = Some(result);
        Ok(())
    })?;
    let (finished, total) = (results.iter().flatten().count(), cells.len());
    let all: Option<Vec<CellResult>> = results.into_iter().collect();
    all.ok_or(RunError::Interrupted { finished, total })
}

/// Takes the place and the result of a finished cell; one is taken after the other.
type Keep<'k> = dyn FnMut(usize, CellResult) -> io::Result<()> + Send + 'k;

/// Runs the cells of several studies, each with a point of its own, a study after the other: while the
/// last cells of one are run, idle threads begin with the next. A stop leaves cells out, which whoever
/// keeps them sees.
///
/// # Errors
///
/// When `keep` refuses, or the threads cannot be started.
pub(crate) fn run_in_turn(
    cells: &[Cell],
    options: &Options,
    simulate: &Simulate,
    keep: &mut Keep,
) -> Result<(), RunError> {
    options.progress.started(cells.len(), 0);
    let queue = Queue { in_turn: true, ..Queue::of(cells, &vec![None; cells.len()]) };
    run_queue(cells, queue, options, simulate, keep)
}

fn run_queue(
    cells: &[Cell],
    queue: Queue,
    options: &Options,
    simulate: &Simulate,
    keep: &mut Keep,
) -> Result<(), RunError> {
    let (queue, kept) = (Mutex::new(queue), Mutex::new(Kept { keep, error: None }));
    let batch = Batch { cells, simulate, options, queue, kept };
    // Each thread runs its own loop once; a thread without a cell of its own helps out with the
    // controls of the others.
    match options.threads {
        None => rayon::broadcast(|_| batch.work()),
        Some(n) => {
            rayon::ThreadPoolBuilder::new().num_threads(n).build()?.broadcast(|_| batch.work())
        }
    };
    lock(&batch.kept).error.take().map_or(Ok(()), |error| Err(RunError::Journal(error)))
}

/// What is known of each cell from an earlier run.
fn finished_before(cells: &[Cell], journal: Vec<CellResult>) -> Vec<Option<CellResult>> {
    let key = |c: &CellResult| (c.point, c.variant.clone(), c.replication);
    let mut known: BTreeMap<_, _> = journal.into_iter().map(|cell| (key(&cell), cell)).collect();
    let name = |cell: &Cell| cell.study.variants[cell.variant].name.clone();
    cells.iter().map(|c| known.remove(&(c.point, name(c), c.replication))).collect()
}

struct Batch<'a> {
    cells: &'a [Cell<'a>],
    simulate: &'a Simulate,
    options: &'a Options<'a>,
    queue: Mutex<Queue>,
    kept: Mutex<Kept<'a>>,
}

struct Kept<'a> {
    keep: &'a mut Keep<'a>,
    error: Option<io::Error>,
}

impl Batch<'_> {
    /// One thread's work: a cell after the other.
    fn work(&self) {
        while let Some((place, kind)) = self.next() {
            self.options.progress.begun(&self.cells[place]);
            let result = self.cells[place].run(self.simulate);
            lock(&self.queue).learn(kind, result.events);
            self.keep(place, result);
        }
    }

    fn next(&self) -> Option<(usize, Kind)> {
        let stopped = self.options.stop.load(Ordering::Relaxed);
        if stopped { None } else { lock(&self.queue).next() }
    }

    fn keep(&self, place: usize, result: CellResult) {
        let mut kept = lock(&self.kept);
        if kept.error.is_some() {
            return;
        }
        if let Err(error) = (kept.keep)(place, result) {
            // What cannot be kept is no use: let the others stop, too.
            kept.error = Some(error);
            lock(&self.queue).clear();
        }
    }
}

/// Cells of one kind, a variant at a point, take about as long as one another.
type Kind = (u32, usize);

/// The cells that are not begun.
#[derive(Default)]
struct Queue {
    kinds: BTreeMap<Kind, Waiting>,
    /// Whether a point waits until all cells of those before it are begun.
    in_turn: bool,
}

#[derive(Default)]
struct Waiting {
    /// The places of the cells; the next one is the last.
    cells: Vec<usize>,
    /// Whether one of them was ever handed out.
    begun: bool,
    /// How many events the longest finished one took.
    events: u64,
}

impl Queue {
    fn of(cells: &[Cell], finished: &[Option<CellResult>]) -> Self {
        let mut queue = Self::default();
        for (place, cell) in cells.iter().enumerate().rev() {
            let kind = (cell.point, cell.variant);
            match &finished[place] {
                Some(result) => queue.learn(kind, result.events),
                None => queue.kinds.entry(kind).or_default().cells.push(place),
            }
        }
        queue
    }

    fn learn(&mut self, kind: Kind, events: u64) {
        let waiting = self.kinds.entry(kind).or_default();
        waiting.begun = true;
        waiting.events = waiting.events.max(events);
    }

    /// The next cell: one of each kind first, to learn how long they take; then always one of
    /// the kind that takes longest, so that no long one is left to a single core at the end.
    fn next(&mut self) -> Option<(usize, Kind)> {
        let is_waiting = |waiting: &Waiting| !waiting.cells.is_empty();
        let first = self.kinds.iter().find(|(_, w)| is_waiting(w)).map(|((point, _), _)| *point)?;
        let in_turn = self.in_turn;
        let waiting = self
            .kinds
            .iter_mut()
            .filter(|((point, _), waiting)| is_waiting(waiting) && (!in_turn || *point == first));
        // Of equals `max_by_key` takes the last one, and the first is to come first.
        let (kind, next) = waiting.rev().max_by_key(|(_, w)| (!w.begun, w.events))?;
        next.begun = true;
        Some((next.cells.pop()?, *kind))
    }

    fn clear(&mut self) {
        self.kinds.clear();
    }
}

/// A thread that panicked while it held a lock has left nothing half done in it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
