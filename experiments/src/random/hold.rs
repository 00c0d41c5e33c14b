//! Everything that must be true of the runs of any scenario.

use std::sync::atomic::AtomicBool;

use scenarios::study::Study;
use scenarios::{NoFiles, load};
use sim_core::model::record::{MeasurePlan, RunEnd, RunRecord};
use sim_core::model::spec::Model;
use sim_core::model::{self, RunSeed};

use super::caught::caught;
use super::{books, cuts};
use crate::Experiment;
use crate::journal::InMemory;
use crate::plan::Plan;
use crate::results::StudyResults;
use crate::runner::{Options, Quiet};

/// What became of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    /// Every invariant holds.
    Holds {
        /// How many of its runs were given up as running away.
        aborted: usize,
        /// How many events its runs took.
        events: u64,
    },
    /// It cannot be run, for these reasons.
    Refused(String),
    /// An invariant does not hold: which, and how.
    Broken(String),
}

/// Loads a scenario, runs it in every way and holds the runs to every invariant.
pub fn hold(text: &str) -> Held {
    let study = match caught(|| load("random.toml", text.as_bytes(), &NoFiles, &[])) {
        Ok(Ok((study, _))) => study,
        Ok(Err(wrong)) => return refused(wrong.errors() > 0, wrong.render(false)),
        Err(how) => return Held::Broken(format!("while it is loaded: {how}")),
    };
    let plan = match caught(|| Plan::new(&study)) {
        Ok(Ok(plan)) => plan,
        Ok(Err(wrong)) => return refused(true, wrong.to_string()),
        Err(how) => return Held::Broken(format!("while it is planned: {how}")),
    };
    let (mut aborted, mut events) = (0, 0);
    for (variant, planned) in study.variants.iter().zip(&plan.variants) {
        let seed = RunSeed { seed: study.seed, replication: 0 };
        let runs = Runs { model: &variant.model, seed, plan: &planned.cut };
        match caught(|| runs.hold(planned.control.as_ref())) {
            Ok(Ok(record)) => {
                aborted += usize::from(record.end != RunEnd::Completed);
                events += record.events;
            }
            Ok(Err(how)) => return Held::Broken(format!("{how} (variant `{}`)", variant.name)),
            Err(how) => return Held::Broken(format!("{how} | (variant `{}`)", variant.name)),
        }
    }
    match caught(|| same_results(&study)) {
        Ok(Ok(())) => Held::Holds { aborted, events },
        Ok(Err(how)) => Held::Broken(how),
        Err(how) => Held::Broken(format!("as an experiment: {how}")),
    }
}

fn refused(says_why: bool, words: String) -> Held {
    if says_why { Held::Refused(words) } else { Held::Broken("refused without a word".into()) }
}

/// The runs of a variant.
struct Runs<'a> {
    model: &'a Model,
    seed: RunSeed,
    plan: &'a MeasurePlan,
}

impl Runs<'_> {
    /// Holds the first run of a variant against itself, against another one of the same, against its
    /// control and against one that is measured in other slices.
    fn hold(&self, control: Option<&Model>) -> Result<RunRecord, String> {
        let record = model::run(self.model, self.seed, self.plan);
        books::balance(self.model, &record)?;
        if record != model::run(self.model, self.seed, self.plan) {
            return Err("the same run twice is not the same".into());
        }
        let whole = cuts::uncut(self.plan);
        cuts::same(&record, &model::run(self.model, self.seed, &whole))?;
        if let Some(control) = control {
            let control = model::run(control, self.seed, self.plan);
            cuts::same_before_faults(self.model, &record, &control)?;
        }
        Ok(record)
    }
}

/// The results of all its cells at one thread and at two.
fn same_results(study: &Study) -> Result<(), String> {
    let at = |threads| -> Result<StudyResults, String> {
        let experiment = Experiment::new(study, "random").map_err(|error| error.to_string())?;
        let stop = AtomicBool::new(false);
        let options = Options { threads: Some(threads), progress: &Quiet, stop: &stop };
        let mut journal = InMemory::default();
        experiment.run(&mut journal, &options, "").map_err(|error| error.to_string())
    };
    let written = |results| serde_json::to_string(&results).map_err(|error| error.to_string());
    let (one, two) = (written(at(1)?)?, written(at(2)?)?);
    if one == two { Ok(()) } else { Err("two threads come to something else than one".into()) }
}
