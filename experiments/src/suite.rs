//! Many studies in one batch: all threads are busy from the first cell of the first study to the last cell
//! of the last.

use std::collections::BTreeMap;

use sim_core::model;

use crate::cell::{Cell, CellResult, Simulate};
use crate::experiment::Experiment;
use crate::results::StudyResults;
use crate::runner::{self, Options, RunError};

/// A study of a batch.
pub struct Member<'a> {
    /// The study, planned.
    pub experiment: Experiment<'a>,
    /// The command that reproduces its results.
    pub command: String,
}

/// How much is kept of every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// What expectations and tables are made of.
    Figures,
    /// The course over time as well, and why it went as it did: what charts and files are made of.
    Courses,
}

/// Runs all cells of all studies, and tells of each study when it is done, in their order: `tell` is called
/// with its place, from any thread, while others go on. In what [`runner::Progress`] is told, the `point`
/// of a cell is the place of its study.
///
/// # Errors
///
/// When it is stopped: studies that were finished, and all of those before them, have been told of.
pub fn run(
    members: &[Member],
    keep: Keep,
    options: &Options,
    tell: &mut (dyn FnMut(usize, StudyResults) + Send),
) -> Result<(), RunError> {
    run_with(members, keep, options, &model::run, tell)
}

fn run_with<'m>(
    members: &'m [Member],
    keep: Keep,
    options: &Options,
    simulate: &Simulate,
    tell: &mut (dyn FnMut(usize, StudyResults) + Send),
) -> Result<(), RunError> {
    let courses = keep == Keep::Courses;
    let cells_of =
        |(place, member): (usize, &'m Member)| member.experiment.cells(place as u32, courses);
    let by_study: Vec<Vec<Cell>> = members.iter().enumerate().map(cells_of).collect();
    let counts: Vec<usize> = by_study.iter().map(Vec::len).collect();
    let cells = by_study.concat();
    let mut books = Books::new(counts);
    books.tell(members, tell);
    runner::run_in_turn(&cells, options, simulate, &mut |cell, result| {
        options.progress.finished(&result);
        books.enter(cell, result);
        books.tell(members, tell);
        Ok(())
    })?;
    match books.finished {
        finished if finished == cells.len() => Ok(()),
        finished => Err(RunError::Interrupted { finished, total: cells.len() }),
    }
}

/// What is finished, study by study.
struct Books {
    /// How many cells each study has.
    counts: Vec<usize>,
    /// The finished cells, with their places, of the studies that nobody has been told of.
    open: BTreeMap<usize, Vec<(usize, CellResult)>>,
    /// The study that is told of next.
    next: usize,
    /// How many cells are finished.
    finished: usize,
}

impl Books {
    fn new(counts: Vec<usize>) -> Self {
        Self { counts, open: BTreeMap::new(), next: 0, finished: 0 }
    }

    fn enter(&mut self, cell: usize, result: CellResult) {
        self.finished += 1;
        self.open.entry(result.point as usize).or_default().push((cell, result));
    }

    /// Tells of all studies that are done, as far as all before them are.
    fn tell(&mut self, members: &[Member], tell: &mut (dyn FnMut(usize, StudyResults) + Send)) {
        while let Some(member) = members.get(self.next) {
            let done = self.open.get(&self.next).map_or(0, Vec::len);
            if done < self.counts[self.next] {
                return;
            }
            let mut cells = self.open.remove(&self.next).unwrap_or_default();
            cells.sort_by_key(|(place, _)| *place);
            let cells: Vec<CellResult> = cells.into_iter().map(|(_, cell)| cell).collect();
            tell(self.next, member.experiment.assemble(&cells, &member.command));
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use scenarios::study::Study;
    use sim_core::model::RunSeed;
    use sim_core::model::record::{MeasurePlan, RunRecord};
    use sim_core::model::spec::Model;

    use super::*;
    use crate::journal::InMemory;
    use crate::runner::{Progress, Quiet};
    use crate::testing::{made_up_run, study_with_outage};

    /// Runs that differ by seed and replication.
    fn simulate(model: &Model, seed: RunSeed, plan: &MeasurePlan) -> RunRecord {
        let ill_until = 95 + 3 * u64::from(seed.replication) + seed.seed;
        made_up_run(plan, model.faults.is_empty(), ill_until, 7 * seed.replication + 100)
    }

    fn studies() -> Vec<Study> {
        let study = |seed| Study { seed, ..study_with_outage() };
        (1..=4).map(study).collect()
    }

    fn member(study: &Study) -> Member<'_> {
        let experiment = Experiment::new(study, "0.1.0").unwrap();
        Member { experiment, command: format!("squall run {}", study.seed) }
    }

    fn told(threads: usize, keep: Keep, progress: &dyn Progress, stop: &AtomicBool) -> Told {
        let studies = studies();
        let members: Vec<Member> = studies.iter().map(member).collect();
        let options = Options { threads: Some(threads), progress, stop };
        let mut told = Vec::new();
        let end = run_with(&members, keep, &options, &simulate, &mut |place, results| {
            told.push((place, results));
        });
        Told { told, end }
    }

    struct Told {
        told: Vec<(usize, StudyResults)>,
        end: Result<(), RunError>,
    }

    #[test]
    fn each_study_comes_to_what_it_comes_to_alone_and_in_its_turn() {
        let stop = AtomicBool::new(false);
        let options = Options { threads: Some(1), progress: &Quiet, stop: &stop };
        let alone = |study: &Study| {
            let Member { experiment, command } = member(study);
            experiment.run_with(&mut InMemory::default(), &options, &command, &simulate).unwrap()
        };
        let alone: Vec<(usize, StudyResults)> = studies().iter().map(alone).enumerate().collect();
        for threads in 1..=3 {
            let Told { told, end } = told(threads, Keep::Courses, &Quiet, &stop);
            end.unwrap();
            assert!(told == alone, "{threads} threads");
        }
    }

    #[test]
    fn courses_are_kept_only_if_they_are_asked_for() {
        let told = told(2, Keep::Figures, &Quiet, &AtomicBool::new(false)).told;
        assert_eq!(told.len(), 4);
        for variant in told.iter().flat_map(|(_, results)| &results.variants) {
            assert_eq!((variant.series.len(), &variant.why), (0, &None));
        }
    }

    /// Stops after so many cells.
    struct StopAfter<'a>(AtomicUsize, &'a AtomicBool);

    impl Progress for StopAfter<'_> {
        fn started(&self, _total: usize, _finished_before: usize) {}
        fn finished(&self, _cell: &CellResult) {}

        fn begun(&self, _cell: &Cell) {
            if self.0.fetch_sub(1, Ordering::Relaxed) == 1 {
                self.1.store(true, Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn a_stop_leaves_out_what_was_not_begun() {
        let stop = AtomicBool::new(false);
        // A study has two variants with three replications each.
        let progress = StopAfter(AtomicUsize::new(8), &stop);
        let Told { told, end } = told(1, Keep::Figures, &progress, &stop);
        assert_eq!(told.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0]);
        assert!(matches!(end, Err(RunError::Interrupted { finished: 8, total: 24 })));
    }
}
