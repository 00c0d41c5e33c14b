//! The answers of all runs of a variant together.

use sim_core::model::record::SubjectKind;

use super::rows::{Row, What};
use super::{CellWhy, WhyPlan, story};
use crate::cell::CellResult;
use crate::results::{ByPhase, Estimate, Level, Saturation, WaitingCircle, Why};

/// Why the runs of a variant went as they did; `None` if none of them was asked.
pub(crate) fn summarise(plan: &WhyPlan, runs: &[CellResult]) -> Option<Why> {
    let asked: Vec<(u32, &CellWhy)> =
        runs.iter().filter_map(|run| Some((run.replication, run.why.as_ref()?))).collect();
    if asked.is_empty() {
        return None;
    }
    let cells: Vec<&CellWhy> = asked.iter().map(|(_, why)| *why).collect();
    let of = |is: fn(&What) -> bool| -> Vec<ByPhase> {
        let rows = plan.rows.iter().enumerate().filter(|(_, row)| is(&row.what));
        rows.map(|(place, row)| ByPhase {
            subject: row.subject.1.clone(),
            share: means(&cells, place, plan),
        })
        .filter(|by_phase| by_phase.share.iter().any(Option::is_some))
        .collect()
    };
    let mut why = Why {
        story: String::new(),
        phases: plan.phase_names(),
        saturated: saturations(plan, &cells),
        waterfall: waterfall(plan, &cells),
        wasted: of(|what| *what == What::Wasted),
        dashboards: of(|what| *what == What::Dashboard),
        users: of(|what| *what == What::Users),
        degraded: of(|what| *what == What::Degraded),
        wait_cycles: circles(&asked),
    };
    why.story = story::tell(&why, plan, cells.len());
    Some(why)
}

/// The means of a row over the runs that have a figure, one a phase.
fn means(cells: &[&CellWhy], row: usize, plan: &WhyPlan) -> Vec<Option<f64>> {
    let figure = |cell: &CellWhy, phase: usize| cell.rows.get(row)?.get(phase).copied().flatten();
    let mean = |phase: usize| Estimate::over(cells.iter().map(|cell| figure(cell, phase))).mean;
    (0..plan.phase_names().len()).map(mean).collect()
}

fn saturations(plan: &WhyPlan, cells: &[&CellWhy]) -> Vec<Saturation> {
    let when = |cell: &CellWhy, place: usize| cell.saturated_ns.get(place).copied().flatten();
    // Of those in the same bin the innermost is the first: they stand in that order.
    let first = |cell: &CellWhy| {
        let there = (0..plan.resources.len()).filter_map(|place| Some((when(cell, place)?, place)));
        there.min().map(|(_, place)| place)
    };
    let mut found: Vec<Saturation> = plan
        .resources
        .iter()
        .enumerate()
        .map(|(place, meter)| {
            let seconds = |cell: &&CellWhy| when(cell, place).map(|ns| ns as f64 / 1e9);
            let after_s = Estimate::over(cells.iter().map(seconds));
            let in_control = |cell: &&&CellWhy| cell.saturated_in_control.get(place) == Some(&true);
            Saturation {
                resource: meter.resource.name.clone(),
                what: meter.what(),
                runs: after_s.n,
                first: cells.iter().filter(|cell| first(cell) == Some(place)).count() as u32,
                after_s,
                control_runs: cells.iter().filter(in_control).count() as u32,
            }
        })
        .filter(|saturation| saturation.runs > 0)
        .collect();
    let mean = |s: &Saturation| s.after_s.mean.unwrap_or(f64::INFINITY);
    found.sort_by(|a, b| b.first.cmp(&a.first).then(mean(a).total_cmp(&mean(b))));
    found
}

fn waterfall(plan: &WhyPlan, cells: &[&CellWhy]) -> Vec<Level> {
    let is_factor = |(_, row): &(usize, &Row)| matches!(row.what, What::Factor { .. });
    let levels = plan.rows.iter().enumerate().filter(is_factor);
    levels
        .map(|(place, row)| Level {
            subject: row.subject.1.clone(),
            kind: row.subject.0.into(),
            depth: row.depth,
            factor: means(cells, place, plan),
            // It stands behind its factor.
            end_to_end: means(cells, place + 1, plan),
        })
        .collect()
}

/// Each circle once, however it is turned.
fn circles(asked: &[(u32, &CellWhy)]) -> Vec<WaitingCircle> {
    let mut found: Vec<(WaitingCircle, u32)> = Vec::new();
    for (replication, why) in asked {
        for (at_ns, who) in &why.wait_cycles {
            match found.iter_mut().find(|(circle, _)| is_same_circle(&circle.who, who)) {
                Some((_, last)) if last == replication => {}
                Some((circle, last)) => {
                    circle.runs += 1;
                    *last = *replication;
                }
                None => {
                    let (replication, at_s, who) = (*replication, *at_ns as f64 / 1e9, who.clone());
                    found.push((WaitingCircle { replication, at_s, who, runs: 1 }, replication));
                }
            }
        }
    }
    found.into_iter().map(|(circle, _)| circle).collect()
}

fn is_same_circle(one: &[String], other: &[String]) -> bool {
    let turned = |by: usize| one.iter().cycle().skip(by).zip(other).all(|(a, b)| a == b);
    one.len() == other.len() && (0..one.len().max(1)).any(turned)
}

impl From<SubjectKind> for crate::results::SubjectKindName {
    fn from(kind: SubjectKind) -> Self {
        match kind {
            SubjectKind::Client => Self::Client,
            SubjectKind::Edge => Self::Call,
            SubjectKind::Service => Self::Service,
            SubjectKind::Endpoint => Self::Endpoint,
            SubjectKind::Task => Self::Task,
            SubjectKind::Store => Self::Store,
            SubjectKind::Effect => Self::Effect,
            SubjectKind::Cache => Self::Cache,
            SubjectKind::Broker => Self::Broker,
            SubjectKind::Replicas => Self::Replicas,
            SubjectKind::Instances => Self::Instances,
            SubjectKind::Cores => Self::Cores,
            SubjectKind::Memory => Self::Memory,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_the_same_wherever_one_starts() {
        let circle = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(is_same_circle(&circle(&["a", "b", "c"]), &circle(&["c", "a", "b"])));
        assert!(!is_same_circle(&circle(&["a", "b", "c"]), &circle(&["a", "c", "b"])));
        assert!(!is_same_circle(&circle(&["a", "b"]), &circle(&["a"])));
    }

    #[test]
    fn a_circle_counts_once_a_run() {
        let run = |circles: &[&[&str]]| CellWhy {
            wait_cycles: circles
                .iter()
                .map(|who| (2_500_000_000, who.iter().map(ToString::to_string).collect()))
                .collect(),
            ..CellWhy::default()
        };
        let runs = [run(&[&["a", "b"], &["b", "a"]]), run(&[]), run(&[&["b", "a"], &["x", "y"]])];
        let asked: Vec<_> = (0..).zip(&runs).collect();
        let found = circles(&asked);
        let told: Vec<_> =
            found.iter().map(|c| (c.who[0].as_str(), c.replication, c.runs)).collect();
        assert_eq!(told, [("a", 0, 2), ("x", 2, 1)]);
        assert_eq!(found[0].at_s, 2.5);
    }
}
