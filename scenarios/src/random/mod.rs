//! Random scenario files: topologies, policies, faults and everything else that the schema knows, drawn
//! from a seed. What they are drawn by is the schema itself, so that a policy or a fault that is added is
//! drawn from that day on; only what makes a scenario of it (who calls whom, how much load, how long) is
//! written by hand.
//!
//! What the checker refuses is taken out, piece by piece, until it refuses nothing: see `mend`.

mod dice;
mod draw;
mod leaves;
mod likely;
mod mend;
mod names;
mod sketch;
mod steps;
mod write;

use serde_json::Value;

use dice::Dice;

pub use write::text;

/// The scenario that follows from a seed, as [`text`] writes it. Nearly always it is one that can be
/// run.
pub fn scenario(seed: u64) -> Value {
    let mut scenario = sketch::scenario(Dice::new(seed));
    mend::mend(&mut scenario);
    scenario
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{NoFiles, load};

    #[test]
    fn a_seed_is_a_scenario_and_most_can_be_run() {
        let runs = |seed: &u64| {
            let text = text(&scenario(*seed));
            assert_eq!(text, super::text(&scenario(*seed)));
            load("random.toml", text.as_bytes(), &NoFiles, &[]).is_ok()
        };
        let good = (0..60).filter(runs).count();
        assert!(good >= 54, "{good} of 60");
    }

    /// Every word and tag that a part of the format offers is drawn some time.
    #[test]
    fn all_kinds_of_steps_and_faults_are_drawn() {
        let mut seen = BTreeSet::new();
        for seed in 0..500 {
            tags(&scenario(seed), &mut seen);
        }
        for tag in ["parallel", "transaction", "lock", "cache", "publish", "spawn", "branch"]
            .iter()
            .chain(&["if_applied", "write_if_unchanged", "retry", "hedge", "fallback", "breaker"])
            .chain(&["crash", "partition", "spike", "stale-dns", "tcp", "stop_when", "liveness"])
            .chain(&["machines", "primary", "replication", "autoscaler", "min_available"])
        {
            assert!(seen.contains(*tag), "{tag} in none of 500");
        }
    }

    fn tags(value: &Value, seen: &mut BTreeSet<String>) {
        match value {
            Value::Object(entries) => entries.iter().for_each(|(key, value)| {
                seen.insert(key.clone());
                tags(value, seen);
            }),
            Value::Array(items) => items.iter().for_each(|item| tags(item, seen)),
            _ => {}
        }
    }
}
