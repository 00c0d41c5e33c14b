//! A cell: one replication of one variant, run and measured beside its control.

use scenarios::study::{Study, Variant};
use serde::{Deserialize, Serialize};
use sim_core::kernel::SimDuration;
use sim_core::model::RunSeed;
use sim_core::model::record::{MeasurePlan, RunEnd, RunRecord, Runaway};
use sim_core::model::spec::Model;

use crate::alerts::{AlertMeter, false_alarms};
use crate::charts::{self, CellCourse};
use crate::faults::{self, FaultRun};
use crate::phases::Phases;
use crate::plan::{MeterPair, Plan, VariantPlan};
use crate::results::{AlertRun, Firing, Verdict};
use crate::series::{self, CellSeries};
use crate::steady::JudgedBins;
use crate::verdict::{Judgement, judge};
use crate::why::CellWhy;

/// How a model is run: [`sim_core::model::run`], or in tests a record made by hand.
pub(crate) type Simulate = dyn Fn(&Model, RunSeed, &MeasurePlan) -> RunRecord + Sync;

/// A cell that is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// The point of a sweep; 0 outside of sweeps.
    pub point: u32,
    /// The study.
    pub study: &'a Study,
    /// Its plan.
    pub plan: &'a Plan,
    /// The place of the variant in the study.
    pub variant: usize,
    /// The number of the replication, from 0.
    pub replication: u32,
    /// Whether the course over time is kept, too.
    pub with_series: bool,
}

/// What a cell leaves behind: small enough for a journal, and all that results are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellResult {
    /// The point of a sweep; 0 outside of sweeps.
    pub point: u32,
    /// The name of the variant.
    pub variant: String,
    /// The number of the replication, from 0.
    pub replication: u32,
    /// The run's verdict.
    pub verdict: Verdict,
    /// One value a measure; `None` where it does not exist in this run.
    pub values: Vec<Option<f64>>,
    /// The same of the control.
    pub control: Vec<Option<f64>>,
    /// The baseline of each measure.
    pub baselines: Vec<Option<f64>>,
    /// The same of the control.
    pub control_baselines: Vec<Option<f64>>,
    /// The course of each subject over time.
    pub series: Vec<CellSeries>,
    /// When each alert fired.
    pub alerts: Vec<AlertRun>,
    /// Why it went as it did; not asked in sweeps.
    pub why: Option<CellWhy>,
    /// How many events the run and its control took.
    pub events: u64,
    /// Of an aborted run: when, where and why, in words.
    pub aborted: Option<String>,
    /// What became of those faults of which more can be said than when they were there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultRun>,
    /// The courses over time that charts of the file draw.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<CellCourse>,
}

impl CellResult {
    /// The ratio of a measure to its baseline.
    pub fn ratio(&self, measure: usize) -> Option<f64> {
        ratio(self.values[measure], self.baselines[measure])
    }

    /// The control's ratio of a measure to its own baseline.
    pub fn control_ratio(&self, measure: usize) -> Option<f64> {
        ratio(self.control[measure], self.control_baselines[measure])
    }
}

/// How many times the reference; `None` without both, or if the reference is zero.
pub(crate) fn ratio(value: Option<f64>, reference: Option<f64>) -> Option<f64> {
    Some(value? / reference.filter(|r| *r != 0.0)?)
}

impl Cell<'_> {
    fn variant(&self) -> &Variant {
        &self.study.variants[self.variant]
    }

    fn plan(&self) -> &VariantPlan {
        &self.plan.variants[self.variant]
    }

    /// Runs the cell and its control, and measures both.
    ///
    /// Run and control share the seed, so the same calls meet the same demands; of a model
    /// without faults the run is its own control. Nothing is measured of a run that was given
    /// up, nor of one whose control was: half a run compares with nothing.
    pub(crate) fn run(&self, simulate: &Simulate) -> CellResult {
        let seed = RunSeed { seed: self.study.seed, replication: self.replication };
        let simulate = |model| simulate(model, seed, &self.plan().cut);
        let model = &self.variant().model;
        match &self.plan().control {
            None => self.measured(&simulate(model), None),
            Some(control) => {
                let (run, control) = rayon::join(|| simulate(model), || simulate(control));
                self.measured(&run, Some(&control))
            }
        }
    }

    fn measured(&self, run: &RunRecord, control: Option<&RunRecord>) -> CellResult {
        let events = run.events + control.map_or(0, |c| c.events);
        let control = control.unwrap_or(run);
        let aborted = aborted(run)
            .or_else(|| aborted(control).map(|text| format!("without its faults: {text}")));
        if aborted.is_some() {
            let verdict = Verdict::Aborted;
            return CellResult { events, aborted, verdict, ..self.empty() };
        }
        let (variant, plan) = (self.variant(), self.plan());
        let client = &self.study.focus_client;
        let bins = JudgedBins::of(run, control, client, &plan.phases, &variant.steady);
        let judgement = judge(&bins, &plan.phases, &variant.steady);
        let phases = plan.phases.recovered_at(judgement.recovered_at);
        let alerts: Vec<AlertRun> =
            plan.alerts.iter().map(|alert| alert.watch(run, control, &phases)).collect();
        CellResult {
            verdict: judgement.verdict,
            values: self.read(run, &phases, &alerts, Some(&judgement)),
            control: self.read(control, &phases, &alerts, None),
            why: self.with_series.then(|| plan.why.ask(run, control, &phases)),
            alerts,
            baselines: self.read_baselines(run, &phases),
            control_baselines: self.read_baselines(control, &phases),
            series: match self.with_series {
                true => series::of(run, control, variant),
                false => Vec::new(),
            },
            events,
            faults: faults::of_run(&variant.model, run),
            charts: match self.with_series {
                true => charts::of_run(plan, variant, run, control),
                false => Vec::new(),
            },
            ..self.empty()
        }
    }

    fn empty(&self) -> CellResult {
        let nothing = vec![None; self.plan.measures.len()];
        CellResult {
            point: self.point,
            variant: self.variant().name.clone(),
            replication: self.replication,
            verdict: Verdict::Held,
            values: nothing.clone(),
            control: nothing.clone(),
            baselines: nothing.clone(),
            control_baselines: nothing,
            series: Vec::new(),
            alerts: Vec::new(),
            why: None,
            events: 0,
            aborted: None,
            faults: Vec::new(),
            charts: Vec::new(),
        }
    }

    /// All measures of a record; a control, which has nothing to recover from, comes without a
    /// judgement.
    fn read(
        &self,
        record: &RunRecord,
        phases: &Phases,
        alerts: &[AlertRun],
        judgement: Option<&Judgement>,
    ) -> Vec<Option<f64>> {
        let firings = |place: &usize| -> Option<(&AlertMeter, &[Firing])> {
            let run = alerts.get(*place)?;
            let firings = if judgement.is_some() { &run.firings } else { &run.control };
            Some((self.plan().alerts.get(*place)?, firings))
        };
        let time_to_recover = || {
            let since = judgement?.recovered_at?.since(phases.faults_end()?);
            Some(since.as_secs_f64())
        };
        let read = |pair: &Option<MeterPair>| match pair.as_ref()? {
            MeterPair::Figure(meter, _) => meter.read(record, phases),
            MeterPair::TimeToRecover => time_to_recover(),
            MeterPair::Alert(place) => {
                let (meter, firings) = firings(place)?;
                meter.delay(firings, phases.start_of_faults()).map(SimDuration::as_secs_f64)
            }
            MeterPair::FalseAlarms(place) => {
                // Nothing is wrong in a control.
                let start = judgement.and_then(|_| phases.faults_start());
                firings(place).map(|(_, firings)| false_alarms(firings, start) as f64)
            }
            MeterPair::Deadlock => {
                let start = phases.start_of_faults();
                let there = record.deadlocks.iter().filter(|(_, until)| *until >= start);
                let first = there.map(|(from, _)| (*from).max(start)).min()?;
                Some(first.since(start).as_secs_f64())
            }
            MeterPair::Saturated(places) => {
                let resources = places.iter().map(|place| &self.plan().why.resources[*place]);
                let times = resources.filter_map(|meter| meter.since_start(record, phases));
                times.min().map(SimDuration::as_secs_f64)
            }
        };
        self.plan().meters.iter().map(read).map(only_finite).collect()
    }

    fn read_baselines(&self, record: &RunRecord, phases: &Phases) -> Vec<Option<f64>> {
        let read = |pair: &Option<MeterPair>| match pair.as_ref()? {
            MeterPair::Figure(_, baseline) => baseline.as_ref()?.read(record, phases),
            _ => None,
        };
        self.plan().meters.iter().map(read).map(only_finite).collect()
    }
}

/// What is no number does not exist: it could not be written into the journal either.
fn only_finite(value: Option<f64>) -> Option<f64> {
    value.filter(|v| v.is_finite())
}

fn aborted(run: &RunRecord) -> Option<String> {
    let RunEnd::Aborted { at, place, cause } = &run.end else { return None };
    let cause = match cause {
        Runaway::Events => "the bound on events was passed",
        Runaway::InFlight => "the bound on calls and requests in flight was passed",
    };
    Some(format!("given up at {at}: {cause}; the busiest place was `{place}`"))
}
