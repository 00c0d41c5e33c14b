//! `squall validate --random N`: random scenarios, held to every invariant.

use std::path::Path;

use squall::validation::{Broken, Trial, campaign};

use super::super::exit::{Exit, Failure};
use super::super::terminal;

/// Tries so many seeds; a scenario that breaks an invariant is written to a file.
pub(super) fn run(seed: u64, number: u64, folder: &Path) -> Result<Exit, Failure> {
    let mut written = Ok(());
    let done = campaign(seed, number, &mut |seed, trial| {
        if let Trial::Broken(broken) = trial {
            let told = tell(seed, broken, folder);
            written = std::mem::replace(&mut written, Ok(())).and(told);
        }
        if (seed % 100) == 99 {
            terminal::say(&format!("tried: the seeds up to {seed}"));
        }
    });
    written?;
    terminal::print(&format!(
        "{} random scenarios: {} hold ({} of them were given up as running away), {} were refused, \
         {} break an invariant\n",
        number,
        done.held,
        done.aborted,
        done.refused,
        done.broken.len(),
    ))?;
    Ok(if done.broken.is_empty() { Exit::Good } else { Exit::Missed })
}

fn tell(seed: u64, broken: &Broken, folder: &Path) -> Result<(), Failure> {
    let path = folder.join(format!("random-{seed}.toml"));
    std::fs::write(&path, broken.file(seed))
        .map_err(|cause| Failure::surroundings(format!("write {}", path.display()), &cause))?;
    terminal::print(&format!(
        "seed {seed}: {}\n  again: squall validate --random 1 --seed {seed}\n  made smaller: {}\n",
        broken.how,
        path.display()
    ))
}
