//! The library: by where its scenarios come from, and one with its story.

use std::fmt::Write as _;

use experiments::results::claim_verdict_name;
use scenarios::Study;
use squall::Scenario;
use squall::library::{LIBRARY, LibraryScenario};
use squall::reference::Thing;

use super::super::exit::Failure;

/// The scenarios of the library under what they come from; those that do not say come last.
pub(super) fn list(heading: &str, things: &[Thing]) -> String {
    let rows: Vec<&Thing> = things.iter().filter(|thing| thing.kind == "library").collect();
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let mut sources: Vec<&str> = Vec::new();
    for row in &rows {
        if !row.source.is_empty() && !sources.contains(&row.source.as_str()) {
            sources.push(&row.source);
        }
    }
    let mut text = format!("{heading} (library)\n");
    let is_any_said = !sources.is_empty();
    for source in sources.into_iter().chain([""]) {
        let its: Vec<&&Thing> = rows.iter().filter(|row| row.source == source).collect();
        match (its.is_empty(), source.is_empty()) {
            (true, _) => continue,
            (false, true) if is_any_said => text.push_str("\n  Further scenarios\n"),
            (false, true) => {}
            (false, false) => {
                let _ = writeln!(text, "\n  {source}");
            }
        }
        for row in its {
            let _ = writeln!(text, "    {:width$}  {}", row.name, row.summary);
        }
    }
    text
}

/// One scenario of the library: its story, its claims, its variants and how it is run; `None` if the library
/// has none of this name.
pub(super) fn details(name: &str) -> Option<Result<String, Failure>> {
    let row = LIBRARY.iter().find(|row| row.name == name)?;
    let loaded = Scenario::of_library(name)?.load();
    Some(loaded.map(|(study, _)| told(row, &study)).map_err(Failure::from))
}

fn told(row: &LibraryScenario, study: &Study) -> String {
    let mut text = format!("{} (library)\n  {}\n", row.name, study.title);
    if !study.from.is_empty() {
        let _ = writeln!(text, "  from: {}", study.from);
    }
    if !study.moral.is_empty() {
        let _ = writeln!(text, "  moral: {}", study.moral);
    }
    text.push('\n');
    for line in study.description.trim().lines() {
        let _ = writeln!(text, "{}", format!("  {line}").trim_end());
    }
    if !study.claims.is_empty() {
        text.push_str("\n  Claims\n");
    }
    for claim in &study.claims {
        let (name, verdict) = (&claim.name, claim_verdict_name(claim.verdict));
        let source = match claim.source.is_empty() {
            true => String::new(),
            false => format!(" ({})", claim.source),
        };
        let _ = writeln!(text, "    {name}: “{}”{source}", claim.says);
        let _ = writeln!(text, "      {verdict}: {}", claim.because);
    }
    text.push_str("\n  Variants\n");
    for variant in &study.variants {
        let _ = writeln!(text, "    {}", variant.name);
    }
    let (expectations, replications) = (study.expectations.len(), study.replications);
    let _ = write!(
        text,
        "\n  {expectations} expectations, {replications} replications of each variant\n\n  squall run \
         {path}\n  squall new --from {name} mine.toml\n",
        path = row.path(),
        name = row.name,
    );
    text
}
