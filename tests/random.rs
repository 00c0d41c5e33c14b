//! Random scenarios, held to every invariant: some hundreds of fixed seeds, and as many as
//! `SQUALL_RANDOM_COUNT` asks for from `SQUALL_RANDOM_SEED` on.

#![allow(clippy::unwrap_used)]

use std::env;
use std::fs;
use std::path::Path;

use squall::validation::{Trial, campaign};

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn every_invariant_holds_for_random_scenarios() {
    let first = number("SQUALL_RANDOM_SEED", 20_261_121);
    let count = number("SQUALL_RANDOM_COUNT", 300);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut failures = Vec::new();
    let done = campaign(first, count, &mut |seed, trial| {
        let Trial::Broken(broken) = trial else { return };
        let path = folder.join(format!("random-{seed}.toml"));
        fs::write(&path, broken.file(seed)).unwrap();
        let again =
            format!("SQUALL_RANDOM_SEED={seed} SQUALL_RANDOM_COUNT=1 cargo test --test random");
        failures.push(format!(
            "seed {seed}: {}\n  again: {again}\n  made smaller: {}",
            broken.how,
            path.display()
        ));
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(done.held * 3 >= count * 2, "{} of {count} were refused", done.refused);
}
