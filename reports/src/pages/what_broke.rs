//! What broke, of all scenarios in one table: how many calls of users went well while the faults were active.

use std::io::{self, Write};

use experiments::results::{Unit, VariantResults};

use super::Scenario;
use crate::markdown::{line, plain};
use crate::{ReportError, columns, numbers};

const INTRODUCTION: &str = "\
# What broke

Of each scenario with faults: the share of calls that went well, of those that ended while the faults were active,
of the users whom it hit hardest. First of the scenario as it is, then of the variant that broke least; and how the
runs of each came out. Written by `squall docs`, as [the pages](README.md) are.
";

/// Writes the table of what broke.
///
/// # Errors
///
/// When `out` refuses.
pub fn what_broke(scenarios: &[Scenario], out: &mut dyn Write) -> Result<(), ReportError> {
    write(scenarios, out).map_err(ReportError::writing("what-broke.md"))
}

fn write(scenarios: &[Scenario], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{INTRODUCTION}")?;
    let header =
        ["Scenario", "Faults", "As it is", "its runs", "Broke least", "its runs", "in variant"];
    writeln!(out, "{}", line(header.map(str::to_owned).to_vec()))?;
    writeln!(out, "| --- | --- | ---: | --- | ---: | --- | --- |")?;
    for scenario in scenarios {
        if let Some(cells) = row(scenario) {
            writeln!(out, "{}", line(cells))?;
        }
    }
    Ok(())
}

/// The row of a scenario, if it has faults that somebody meets.
fn row(scenario: &Scenario) -> Option<Vec<String>> {
    let results = scenario.results;
    let base = results.variants.first()?;
    let went_well = went_well(base)?;
    let best = results.variants.iter().filter_map(|v| Some((v, self::went_well(v)?)));
    let (best, least_broken) = best.reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    let mut faults: Vec<String> = Vec::new();
    for window in &results.fault_windows {
        let name = plain(&window.name);
        if !faults.contains(&name) {
            faults.push(name);
        }
    }
    let name = &scenario.study.name;
    let share = |share| numbers::value(Unit::Share, share);
    Some(vec![
        format!("[{}]({name}.md)", plain(&scenario.study.title)),
        faults.join(", "),
        share(went_well),
        verdicts(base),
        share(least_broken),
        verdicts(best),
        plain(&best.name),
    ])
}

/// The share of calls that went well during the faults, of the users whom it hit hardest.
fn went_well(variant: &VariantResults) -> Option<f64> {
    let why = variant.why.as_ref()?;
    let during = why.phases.iter().position(|phase| phase == "during")?;
    let shares = why.users.iter().filter_map(|user| user.share.get(during).copied().flatten());
    shares.reduce(f64::min)
}

fn verdicts(variant: &VariantResults) -> String {
    columns::verdicts(&variant.verdicts).join(", ")
}
