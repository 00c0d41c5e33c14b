//! The memory that loads take, each in a process of its own.

use std::process::{Command, Stdio};

use squall::bench::{Footprint, Load};

use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal;

/// What a load takes; `None` where the system does not say.
pub(super) fn of(load: Load) -> Result<Option<Footprint>, Failure> {
    let surroundings = |cause| Failure::surroundings("start another squall", &cause);
    let squall = std::env::current_exe().map_err(surroundings)?;
    let arguments = ["bench", "--footprint", load.name()];
    let mut process = Command::new(squall);
    let output = process.args(arguments).stderr(Stdio::inherit()).output().map_err(surroundings)?;
    if !output.status.success() {
        return Err(Failure::bad_input(format!("{} could not be measured", load.name())));
    }
    Ok(read(&String::from_utf8_lossy(&output.stdout)))
}

/// Measures a load in this process, and prints it for the one that started it.
pub(super) fn print(name: &str) -> Result<Exit, Failure> {
    let load = Load::ALL.into_iter().find(|load| load.name() == name);
    let load = load.ok_or_else(|| Failure::bad_input(format!("no load is called `{name}`")))?;
    let footprint = load.measure().map_err(Failure::bad_input)?;
    terminal::print(&footprint.map_or("unknown\n".to_owned(), written))?;
    Ok(Exit::Good)
}

fn written(footprint: Footprint) -> String {
    let Footprint { peak, growth, count } = footprint;
    format!("{peak} {growth} {count}\n")
}

fn read(text: &str) -> Option<Footprint> {
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [peak, growth, count] = numbers[..] else { return None };
    Some(Footprint { peak, growth, count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_process_writes_the_other_reads() {
        let footprint = Footprint { peak: 3, growth: 2, count: 1 };
        assert_eq!(read(&written(footprint)), Some(footprint));
        assert_eq!(read("unknown\n"), None);
    }
}
