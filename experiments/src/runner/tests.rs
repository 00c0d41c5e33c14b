//! The same bytes at any number of threads, in any order of completion, after any interruption.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::RunSeed;
use sim_core::model::record::{MeasurePlan, RunRecord};
use sim_core::model::spec::Model;

use super::*;
use crate::experiment::Experiment;
use crate::journal::{InMemory, JsonLines};
use crate::results::StudyResults;
use crate::testing::{made_up_run, study_with_outage};

/// Runs that differ by replication.
fn simulate(model: &Model, seed: RunSeed, plan: &MeasurePlan) -> RunRecord {
    let is_control = model.faults.is_empty();
    let ill_until = 95 + 3 * u64::from(seed.replication);
    made_up_run(plan, is_control, ill_until, 7 * seed.replication + 100)
}

fn run_study(
    journal: &mut dyn Journal,
    threads: usize,
    stop: &AtomicBool,
    progress: &dyn Progress,
) -> Result<StudyResults, RunError> {
    let study = study_with_outage();
    let experiment = Experiment::new(&study, "0.1.0").unwrap();
    let options = Options { threads: Some(threads), progress, stop };
    experiment.run_with(journal, &options, "squall run outage.toml", &simulate)
}

fn uninterrupted(threads: usize) -> (StudyResults, Vec<CellResult>) {
    let mut journal = InMemory::default();
    let results = run_study(&mut journal, threads, &AtomicBool::new(false), &Quiet).unwrap();
    (results, journal.cells)
}

fn bytes(results: &StudyResults) -> String {
    serde_json::to_string(results).unwrap()
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let one = bytes(&uninterrupted(1).0);
    for threads in [2, 3] {
        assert!(bytes(&uninterrupted(threads).0) == one, "{threads} threads");
    }
}

/// The outage under the engine itself, cut short.
fn simulated(threads: usize) -> String {
    let mut study = study_with_outage();
    for variant in &mut study.variants {
        variant.model.length = SimDuration::from_secs(20);
        variant.warmup = SimDuration::from_secs(2);
        variant.model.faults[0].at = SimTime::ZERO + SimDuration::from_secs(5);
        variant.model.faults[0].lasts = SimDuration::from_secs(5);
    }
    study.variants[1].model.services[0].instances = 3;
    let experiment = Experiment::new(&study, "0.1.0").unwrap();
    let stop = AtomicBool::new(false);
    let options = Options { threads: Some(threads), progress: &Quiet, stop: &stop };
    let results = experiment.run(&mut InMemory::default(), &options, "squall run").unwrap();
    assert_eq!(results.variants[0].verdicts.recovered, 3, "{:?}", results.variants[0].verdicts);
    bytes(&results)
}

#[test]
fn what_the_engine_simulates_is_the_same_at_any_number_of_threads() {
    let one = simulated(1);
    for threads in [2, 3] {
        assert!(simulated(threads) == one, "{threads} threads");
    }
}

#[test]
fn results_hold_what_was_made_up() {
    let (results, _) = uninterrupted(2);
    let at = |key: &str| results.measures.iter().position(|m| m.key == key).unwrap();
    let base = &results.variants[0];
    let peak = &base.figures[at("peak_rate_1s_after_per_s")];
    // 100, 107 and 114 more than the 400 a second that the control has.
    assert_eq!(peak.value.mean, Some(507.0));
    assert_eq!(peak.value.sd, Some(7.0));
    assert_eq!(peak.control.and_then(|c| c.mean), Some(400.0));
    assert_eq!(peak.ratio.and_then(|r| r.mean), Some(507.0 / 400.0));
    assert_eq!(peak.control_ratio.and_then(|r| r.mean), Some(1.0));
    // Ill until 95, 98 and 101 s, the fault ends at 90 s.
    let recover = &base.figures[at("time_to_recover_s")];
    assert_eq!((recover.value.mean, recover.value.n), (Some(8.0), 3));
    assert_eq!(base.verdicts.recovered, 3);
    let shop = base.series.iter().find(|s| s.subject == "shop").unwrap();
    assert_eq!(shop.time_s.len(), 180);
    assert_eq!(shop.goodput_per_s[59..61], [400.0, 0.0]);
    assert_eq!(shop.success[92], Some(0.5));
    assert_eq!(shop.arrivals_per_s[95], 507.0);
    assert_eq!(shop.control_goodput_per_s[60], 400.0);
    assert_eq!(results.fault_windows.len(), 1, "both variants have the same fault");
}

/// Stops after so many cells.
struct StopAfter<'a> {
    cells: usize,
    finished: AtomicUsize,
    stop: &'a AtomicBool,
}

impl Progress for StopAfter<'_> {
    fn started(&self, _total: usize, _finished_before: usize) {}

    fn finished(&self, _cell: &CellResult) {
        if self.finished.fetch_add(1, Ordering::Relaxed) + 1 == self.cells {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn an_interrupted_study_continues_where_it_was() {
    let study = study_with_outage();
    let header = Experiment::new(&study, "0.1.0").unwrap().journal_header();
    let mut file = Vec::new();
    let stop = AtomicBool::new(false);
    let stopper = StopAfter { cells: 2, finished: AtomicUsize::new(0), stop: &stop };
    let mut journal = JsonLines::open(b"", &mut file, &header).unwrap();
    let error = run_study(&mut journal, 1, &stop, &stopper).unwrap_err();
    assert_eq!(
        error.to_string(),
        "interrupted: 2 of 6 cells are finished; the same command continues"
    );

    let before = file.clone();
    let mut journal = JsonLines::open(&before, &mut file, &header).unwrap();
    let again = StopAfter { cells: 999, finished: AtomicUsize::new(0), stop: &stop };
    stop.store(false, Ordering::Relaxed);
    let results = run_study(&mut journal, 2, &stop, &again).unwrap();
    assert_eq!(again.finished.load(Ordering::Relaxed), 4, "two cells were not run again");
    assert!(bytes(&results) == bytes(&uninterrupted(1).0));
}

/// A disk that is full after the header.
struct Full;

impl Journal for Full {
    fn take_finished(&mut self) -> Vec<CellResult> {
        Vec::new()
    }

    fn append(&mut self, _cell: &CellResult) -> std::io::Result<()> {
        Err(std::io::ErrorKind::StorageFull.into())
    }
}

#[test]
fn a_journal_that_cannot_be_written_ends_the_study() {
    let result = run_study(&mut Full, 2, &AtomicBool::new(false), &Quiet);
    assert!(matches!(result, Err(RunError::Journal(_))));
}

#[test]
fn the_kind_that_takes_longest_comes_first_once_that_is_known() {
    let mut queue = Queue::default();
    for (kind, places) in [((0, 0), vec![1, 0]), ((0, 1), vec![3, 2]), ((0, 2), vec![5, 4])] {
        queue.kinds.insert(kind, Waiting { cells: places, ..Waiting::default() });
    }
    let mut next = |finished: Option<(Kind, u64)>| {
        if let Some((kind, events)) = finished {
            queue.learn(kind, events);
        }
        queue.next().map(|(place, _)| place)
    };
    assert_eq!([next(None), next(None), next(None)], [Some(0), Some(2), Some(4)]);
    assert_eq!(next(Some(((0, 1), 500))), Some(3));
    assert_eq!(next(Some(((0, 2), 900))), Some(5));
    assert_eq!([next(None), next(None)], [Some(1), None]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_order_in_which_cells_finished_changes_no_byte(
        order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(),
        kept in 0_usize..=6,
    ) {
        static ORDERED: OnceLock<(StudyResults, Vec<CellResult>)> = OnceLock::new();
        let (ordered, cells) = ORDERED.get_or_init(|| uninterrupted(1));
        let cells = order[..kept].iter().map(|place| cells[*place].clone()).collect();
        let mut journal = InMemory { cells };
        let results = run_study(&mut journal, 2, &AtomicBool::new(false), &Quiet).unwrap();
        prop_assert!(bytes(&results) == bytes(ordered));
    }
}
