//! `squall check`: everything that is wrong or questionable in a scenario, without running it.

use experiments::Experiment;
use scenarios::Diagnostics;
use squall::{Scenario, VERSION};

use super::arguments::CheckArguments;
use super::exit::{Exit, Failure};
use super::terminal;

/// Checks every file, whatever is wrong with the others.
pub(crate) fn run(arguments: &CheckArguments) -> Result<Exit, Failure> {
    let mut worst = Exit::Good;
    for file in &arguments.files {
        let checked = Scenario::open(file).map_err(Failure::from).and_then(|scenario| {
            let set = |scenario: Scenario, text: &String| scenario.set_text(text);
            let scenario = arguments.set.iter().try_fold(scenario, set)?;
            check(&scenario)
        });
        match checked {
            Ok(summary) => terminal::print(&format!("{}: {summary}\n", file.display()))?,
            Err(failure) => {
                terminal::error(&failure);
                worst = worst.max(failure.exit);
            }
        }
    }
    Ok(worst)
}

fn check(scenario: &Scenario) -> Result<String, Failure> {
    let (study, warnings) = scenario.load()?;
    Experiment::new(&study, VERSION).map_err(squall::Error::Plan)?;
    warn(&warnings, false);
    Ok(format!(
        "good; {} variants, {} replications each, {} expectations",
        study.variants.len(),
        study.replications,
        study.expectations.len()
    ))
}

/// Shows warnings, unless nobody wants them.
pub(crate) fn warn(warnings: &Diagnostics, quiet: bool) {
    if !quiet && !warnings.is_empty() {
        terminal::say(&render(warnings));
    }
}

/// What was found, in colours where somebody sees them.
pub(crate) fn render(found: &Diagnostics) -> String {
    found.render(terminal::colours_on_stderr())
}
