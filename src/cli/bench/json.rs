//! The results for programs.

use serde_json::{Value, json};
use squall::VERSION;
use squall::bench::{Duel, Effort, Figure, Footprint, Load, Side, Spread};

use super::{LayerCost, Results};

/// One document with everything that was measured.
pub(super) fn document(results: &Results) -> String {
    let document = json!({
        "version": VERSION,
        "quick": results.effort == Effort::Quick,
        "right": results.are_right(),
        "models": results.duels.iter().map(duel).collect::<Vec<_>>(),
        "layers": results.layer_costs().iter().map(layer).collect::<Vec<_>>(),
        "memory": results.footprints.iter().map(|(l, f)| memory(*l, *f)).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn duel(duel: &Duel) -> Value {
    json!({
        "name": duel.model.name,
        "per": duel.model.unit.name(),
        "repetitions": duel.repetitions,
        "right": duel.is_right(),
        "squall": side(&duel.squall),
        "yardstick": side(&duel.yardstick),
        "ratio": spread(duel.ratio),
        "goal_ratio": duel.model.reference.map(squall::bench::Reference::goal_ratio),
    })
}

fn layer((layer, cost): &(&Duel, LayerCost)) -> Value {
    json!({
        "name": layer.model.name,
        "without": cost.bare,
        "ns": cost.nanos,
        "ratio": cost.ratio,
    })
}

fn side(side: &Side) -> Value {
    json!({
        "ns": spread(side.nanos),
        "events_per_s": side.events_per_second,
        "repeatable": side.is_repeatable,
        "answers": side.figures.iter().map(figure).collect::<Vec<_>>(),
    })
}

fn figure(figure: &Figure) -> Value {
    json!({
        "name": figure.name,
        "unit": figure.unit,
        "value": figure.value,
        "theory": figure.right,
        "tolerance": figure.tolerance(),
        "right": figure.is_right(),
    })
}

fn spread(spread: Spread) -> Value {
    json!({ "median": spread.median, "least": spread.least, "most": spread.most })
}

fn memory(load: Load, footprint: Option<Footprint>) -> Value {
    json!({
        "load": load.name(),
        "bytes_each": footprint.map(Footprint::bytes_each),
        "peak_bytes": footprint.map(|footprint| footprint.peak),
        "count": footprint.map(|footprint| footprint.count),
    })
}
