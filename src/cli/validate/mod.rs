//! `squall validate`: the simulator against theory, published tables and the libraries' own
//! decisions, on this machine.

mod random;

use std::fmt::Write as _;
use std::path::Path;

use squall::validation::{self, Suite};

use super::arguments::ValidateArguments;
use super::exit::{Exit, Failure};
use super::terminal;

/// Runs every oracle and prints each figure beside the truth.
pub(crate) fn run(arguments: &ValidateArguments) -> Result<Exit, Failure> {
    if let Some(file) = &arguments.vectors {
        return vectors(&read(file)?);
    }
    if let Some(number) = arguments.random {
        return random::run(arguments.seed, number, &arguments.out);
    }
    let mut good = true;
    for suite in Suite::ALL {
        terminal::say(&format!("running: {}", suite.title()));
        let validation = suite.run(arguments.seed).map_err(Failure::bad_input)?;
        good &= validation.passes();
        terminal::print(&table(suite.title(), &validation))?;
    }
    let vectors = vectors(validation::VECTORS)?;
    Ok(if good { vectors } else { Exit::Missed })
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|cause| Failure::surroundings(format!("read {}", file.display()), &cause))
}

fn table(title: &str, validation: &experiments::oracle::Validation) -> String {
    use experiments::oracle::Agreement;
    let mut text = format!("{title}\n");
    let wide = |of: fn(&experiments::oracle::Comparison) -> &str| {
        validation.comparisons.iter().map(|c| of(c).chars().count()).max().unwrap_or(0)
    };
    let (case, figure) = (wide(|c| &c.case), wide(|c| &c.figure));
    let _ = writeln!(
        text,
        "  {:case$}  {:figure$}  {:>12}  {:>12}  {:>10}  {:>6}",
        "case", "figure", "theory", "simulation", "± (95 %)", "z"
    );
    for c in &validation.comparisons {
        let mark = match c.verdict {
            Agreement::Good => "",
            Agreement::Fair => "  beyond 3 standard errors",
            Agreement::Wrong => "  WRONG",
        };
        let _ = writeln!(
            text,
            "  {:case$}  {:figure$}  {:>12.6}  {:>12.6}  {:>10.6}  {:>6.2}{mark}",
            c.case, c.figure, c.theory, c.simulation, c.half_width, c.z
        );
    }
    let within = validation.comparisons.iter().filter(|c| c.verdict == Agreement::Good).count();
    let verdict = if validation.passes() { "holds" } else { "DOES NOT HOLD" };
    let all = validation.comparisons.len();
    let _ = writeln!(text, "  {verdict}: {within} of {all} figures within 3 standard errors\n");
    text
}

fn vectors(json: &str) -> Result<Exit, Failure> {
    let libraries = validation::run_vectors(json).map_err(Failure::bad_input)?;
    let mut text = String::from("The libraries' own decisions\n");
    let wide = libraries.iter().map(|l| l.name.chars().count()).max().unwrap_or(0);
    for library in &libraries {
        let _ = writeln!(
            text,
            "  {:wide$}  {} of {} vectors hold",
            library.name, library.held, library.ran
        );
        for miss in &library.misses {
            let _ = writeln!(text, "    {miss}");
        }
    }
    terminal::print(&text)?;
    let all_held = libraries.iter().all(|library| library.held == library.ran);
    Ok(if all_held { Exit::Good } else { Exit::Missed })
}
