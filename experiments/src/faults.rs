//! What became of the faults of a variant, and what they hit.

use serde::{Deserialize, Serialize};
use sim_core::model::record::{FaultRecord, Happened, RunRecord};
use sim_core::model::spec::Model;

use crate::cell::CellResult;
use crate::results::Estimate;

/// What became of a fault in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultRun {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub end: FaultEnd,
    /// How long after its start, in seconds; `None` if it lasted to the end of the run.
    pub lasted_s: Option<f64>,
    /// How many attempts it hit.
    pub hits: u64,
    /// How many instances it hit.
    pub instances: u32,
    /// The services that these belong to.
    pub services: Vec<String>,
}

/// How a fault ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultEnd {
    /// It lasted to the end of the run.
    Lasted,
    /// It was withdrawn when its time was over.
    Withdrawn,
    /// Its condition withdrew it before.
    Stopped,
    /// Its withdrawal failed.
    WithdrawalFailed,
}

/// What became of a fault in all runs of a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultResult {
    /// Its name.
    pub name: String,
    /// In how many runs it was.
    pub runs: u32,
    /// In how many of them its condition stopped it.
    pub stopped: u32,
    /// In how many of them its withdrawal failed.
    pub withdrawal_failed: u32,
    /// How long it lasted where it was stopped, in seconds.
    pub stopped_after_s: Estimate,
    /// How many attempts it hit.
    pub hits: Estimate,
    /// How many instances it hit.
    pub instances: Estimate,
    /// The services that it hit in some run.
    pub services: Vec<String>,
}

/// Of each fault of a run of which more can be said than when it was there.
pub(crate) fn of_run(model: &Model, record: &RunRecord) -> Vec<FaultRun> {
    let faults = model.faults.iter().zip(&record.faults);
    faults.filter(|(spec, _)| spec.is_experiment()).map(|(_, record)| of_fault(record)).collect()
}

fn of_fault(record: &FaultRecord) -> FaultRun {
    let started = record.happenings.first().map(|happening| happening.at);
    let last = record.happenings.last().filter(|happening| happening.what != Happened::Started);
    let end = last.map_or(FaultEnd::Lasted, |happening| match happening.what {
        Happened::Started => FaultEnd::Lasted,
        Happened::Withdrawn => FaultEnd::Withdrawn,
        Happened::Stopped => FaultEnd::Stopped,
        Happened::WithdrawalFailed => FaultEnd::WithdrawalFailed,
    });
    let lasted = last.zip(started).map(|(last, started)| last.at.since(started).as_secs_f64());
    FaultRun {
        name: record.name.to_string(),
        end,
        lasted_s: lasted,
        hits: record.hits,
        instances: record.instances,
        services: record.services.iter().map(ToString::to_string).collect(),
    }
}

/// The same over all runs of a variant.
pub(crate) fn over(runs: &[CellResult]) -> Vec<FaultResult> {
    let Some(first) = runs.iter().find(|run| !run.faults.is_empty()) else { return Vec::new() };
    let names = first.faults.iter().map(|fault| fault.name.as_str());
    names.map(|name| one_over(name, runs)).collect()
}

fn one_over(name: &str, runs: &[CellResult]) -> FaultResult {
    let of_name = |run| -> Option<&FaultRun> {
        let run: &CellResult = run;
        run.faults.iter().find(|fault| fault.name == name)
    };
    let all: Vec<&FaultRun> = runs.iter().filter_map(of_name).collect();
    let ended = |end| all.iter().filter(|fault| fault.end == end).count() as u32;
    let stopped_after =
        |fault: &&FaultRun| fault.lasted_s.filter(|_| fault.end == FaultEnd::Stopped);
    let mut services: Vec<String> = all.iter().flat_map(|fault| fault.services.clone()).collect();
    services.sort_unstable();
    services.dedup();
    FaultResult {
        name: name.to_owned(),
        runs: all.len() as u32,
        stopped: ended(FaultEnd::Stopped),
        withdrawal_failed: ended(FaultEnd::WithdrawalFailed),
        stopped_after_s: Estimate::over(all.iter().map(stopped_after)),
        hits: Estimate::over(all.iter().map(|fault| Some(fault.hits as f64))),
        instances: Estimate::over(all.iter().map(|fault| Some(f64::from(fault.instances)))),
        services,
    }
}

#[cfg(test)]
mod tests {
    use sim_core::kernel::{SimDuration, SimTime};
    use sim_core::model::record::Happening;

    use super::*;

    fn record(what: Option<(u64, Happened)>) -> FaultRecord {
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        let started = Happening { at: at(10), what: Happened::Started };
        let ended = what.map(|(s, what)| Happening { at: at(s), what });
        FaultRecord {
            name: "game day".into(),
            happenings: [started].into_iter().chain(ended).collect(),
            hits: 7,
            instances: 2,
            services: vec!["payment".into()],
        }
    }

    #[test]
    fn a_run_says_how_its_faults_ended() {
        let ends = [
            (None, FaultEnd::Lasted, None),
            (Some((30, Happened::Withdrawn)), FaultEnd::Withdrawn, Some(20.0)),
            (Some((14, Happened::Stopped)), FaultEnd::Stopped, Some(4.0)),
            (Some((30, Happened::WithdrawalFailed)), FaultEnd::WithdrawalFailed, Some(20.0)),
        ];
        for (what, end, lasted_s) in ends {
            let fault = of_fault(&record(what));
            assert_eq!((fault.end, fault.lasted_s), (end, lasted_s));
        }
    }

    #[test]
    fn runs_are_put_together() {
        let run = |what| {
            let mut cell = crate::testing::cell("base", 0, &[]);
            cell.faults = vec![of_fault(&record(Some(what)))];
            cell
        };
        let runs = [
            run((14, Happened::Stopped)),
            run((16, Happened::Stopped)),
            run((30, Happened::Withdrawn)),
        ];
        let [fault] = &over(&runs)[..] else { panic!() };
        assert_eq!((fault.runs, fault.stopped, fault.withdrawal_failed), (3, 2, 0));
        assert_eq!((fault.stopped_after_s.mean, fault.hits.mean), (Some(5.0), Some(7.0)));
        assert_eq!(fault.services, ["payment"]);
    }
}
