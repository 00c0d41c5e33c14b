//! The index: scenarios by where they come from.

use std::io::{self, Write};

use super::Scenario;
use crate::ReportError;
use crate::markdown::{line, plain};

const INTRODUCTION: &str = "\
# The library

A page for each scenario: what one sees and why, what was claimed of it and whether it is so, its chart, its
figures, its text, and what to change to try one's own. Written by `squall docs` from the scenarios and their
runs; [what broke](what-broke.md) has the users of all in one table, and [what is claimed](../claims.md) the
verdicts.
";

/// Writes the index of pages that lie beside it under the names of their scenarios.
///
/// # Errors
///
/// When `out` refuses.
pub fn index(scenarios: &[Scenario], out: &mut dyn Write) -> Result<(), ReportError> {
    write(scenarios, out).map_err(ReportError::writing("README.md"))
}

fn write(scenarios: &[Scenario], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{INTRODUCTION}")?;
    for (from, scenarios) in by_source(scenarios) {
        writeln!(out, "## {}\n", plain(from))?;
        let header = ["Scenario", "What one learns"].map(str::to_owned).to_vec();
        writeln!(out, "{}\n| --- | --- |", line(header))?;
        for scenario in scenarios {
            let name = &scenario.study.name;
            let row = vec![format!("[{name}]({name}.md)"), plain(scenario.moral())];
            writeln!(out, "{}", line(row))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Sources in the order in which they first appear; those that do not say come last.
fn by_source<'s, 'a>(scenarios: &'s [Scenario<'a>]) -> Vec<(&'s str, Vec<&'s Scenario<'a>>)> {
    let mut sources: Vec<(&str, Vec<&Scenario>)> = Vec::new();
    let (said, unsaid): (Vec<&Scenario>, Vec<&Scenario>) =
        scenarios.iter().partition(|scenario| !scenario.study.from.is_empty());
    for scenario in said.into_iter().chain(unsaid) {
        match sources.iter_mut().find(|(from, _)| *from == scenario.from()) {
            Some((_, its)) => its.push(scenario),
            None => sources.push((scenario.from(), vec![scenario])),
        }
    }
    sources
}
