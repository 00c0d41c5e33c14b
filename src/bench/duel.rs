//! A model run by both contestants in turn.

use super::figure::Figure;
use super::model::{Contestant, Effort, Model, Run};
use super::stopwatch::Spread;

/// What repeated runs of a model came to.
#[derive(Clone, Debug)]
pub struct Duel {
    /// The model.
    pub model: &'static Model,
    /// How often each contestant ran it.
    pub repetitions: u32,
    /// The simulator.
    pub squall: Side,
    /// The plain binary heap.
    pub yardstick: Side,
    /// Squall's time over the yardstick's, of each pair of runs: below 1, Squall is faster.
    pub ratio: Spread,
}

/// One contestant's runs.
#[derive(Clone, Debug)]
pub struct Side {
    /// Nanoseconds a unit of the model.
    pub nanos: Spread,
    /// Events a second of the run in the middle.
    pub events_per_second: f64,
    /// The answers beside the right ones.
    pub figures: Vec<Figure>,
    /// Whether every run gave the same answers.
    pub is_repeatable: bool,
}

impl Duel {
    /// Runs a model, the yardstick and Squall in turn, so that a machine that slows down slows both.
    ///
    /// # Errors
    /// When a scenario cannot be run, which is a bug of Squall.
    pub fn fight(model: &'static Model, effort: Effort, repetitions: u32) -> Result<Self, String> {
        let (mut squall, mut yardstick) = (Vec::new(), Vec::new());
        for _ in 0..repetitions.max(1) {
            yardstick.push(model.run(Contestant::Yardstick, effort)?);
            squall.push(model.run(Contestant::Squall, effort)?);
        }
        let pairs = squall.iter().zip(&yardstick);
        let ratio = Spread::of(pairs.map(|(s, y)| s.nanos_per_unit() / y.nanos_per_unit()));
        Ok(Self {
            model,
            repetitions: repetitions.max(1),
            squall: Side::of(&squall),
            yardstick: Side::of(&yardstick),
            ratio,
        })
    }

    /// Whether both contestants' answers agree with theory, in every run.
    pub fn is_right(&self) -> bool {
        self.squall.is_right() && self.yardstick.is_right()
    }
}

impl Side {
    fn of(runs: &[Run]) -> Self {
        let figures = runs.first().map(|run| run.figures.clone()).unwrap_or_default();
        Self {
            nanos: Spread::of(runs.iter().map(Run::nanos_per_unit)),
            events_per_second: Spread::of(runs.iter().map(Run::events_per_second)).median,
            is_repeatable: runs.iter().all(|run| run.figures == figures),
            figures,
        }
    }

    /// Whether the answers agree with theory, in every run.
    pub fn is_right(&self) -> bool {
        self.is_repeatable && self.figures.iter().all(Figure::is_right)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn run(nanos: u64, value: f64) -> Run {
        let figure = Figure { name: "mean", unit: "ms", value, right: 10.0, standard_error: 0.1 };
        Run { took: Duration::from_nanos(nanos), units: 10, events: 20, figures: vec![figure] }
    }

    #[test]
    fn a_side_is_wrong_when_a_figure_is_or_when_its_runs_differ() {
        let side = Side::of(&[run(100, 10.0), run(300, 10.0), run(200, 10.0)]);
        assert!(side.is_right());
        assert_eq!(side.nanos, Spread { least: 10.0, median: 20.0, most: 30.0 });
        assert!(!Side::of(&[run(100, 10.6)]).is_right());
        assert!(!Side::of(&[run(100, 10.0), run(100, 10.1)]).is_right());
    }
}
