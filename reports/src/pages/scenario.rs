//! The page of one scenario.

use std::io::{self, Write};

use experiments::results::{ClaimResult, ExpectationResult, claim_verdict_name};

use super::Scenario;
use crate::ReportError;
use crate::columns::sign;
use crate::markdown::{self, code, line, plain};
use crate::terminal::Explain;

/// Writes the page of a scenario.
///
/// # Errors
///
/// When `out` refuses.
pub fn page(scenario: &Scenario, out: &mut dyn Write) -> Result<(), ReportError> {
    let name = format!("{}.md", scenario.study.name);
    write(scenario, out).map_err(ReportError::writing(&name))
}

fn write(scenario: &Scenario, out: &mut dyn Write) -> io::Result<()> {
    let study = scenario.study;
    writeln!(out, "# {}\n", plain(&study.title))?;
    if !study.from.is_empty() {
        writeln!(out, "From: {}\n", plain(&study.from))?;
    }
    if !study.moral.is_empty() {
        writeln!(out, "> **{}**\n", plain(&study.moral))?;
    }
    writeln!(out, "{}\n", prose(&study.description))?;
    claims(scenario.claims, out)?;
    charts(scenario, out)?;
    results(scenario, out)?;
    yours(scenario, out)?;
    text(&study.text, out)?;
    origin(scenario, out)
}

/// A description is Markdown already; but for what it does not mean as such.
fn prose(text: &str) -> String {
    text.trim().replace('<', "\\<").replace('$', "\\$")
}

fn claims(claims: &[ClaimResult], out: &mut dyn Write) -> io::Result<()> {
    if claims.is_empty() {
        return Ok(());
    }
    writeln!(out, "## What is claimed\n")?;
    for claim in claims {
        let verdict = claim_verdict_name(claim.verdict);
        let not_shown = if claim.is_shown() { "" } else { " (not shown by the runs)" };
        let source = match claim.source.is_empty() {
            true => String::new(),
            false => format!(" ({})", plain(&claim.source)),
        };
        let (says, because) = (plain(&claim.says), plain(&claim.because));
        writeln!(out, "- “{says}”{source} **{verdict}**{not_shown}: {because}")?;
        for ExpectationResult { variant, that, verdict, measured, .. } in &claim.answers {
            let (sign, measured) = (sign(*verdict), plain(measured));
            writeln!(out, "  - {sign} {}: `{that}` {measured}", plain(variant))?;
        }
    }
    writeln!(out)
}

fn charts(scenario: &Scenario, out: &mut dyn Write) -> io::Result<()> {
    for picture in scenario.charts {
        writeln!(out, "![{}]({})\n", plain(&picture.title), picture.file)?;
    }
    Ok(())
}

fn results(scenario: &Scenario, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## What comes out\n")?;
    markdown::variants(scenario.results, out)?;
    markdown::alerts(scenario.results, out)?;
    markdown::why(scenario.results, Explain::FirstOut, out)?;
    writeln!(out, "\n## What is expected, and what was measured\n")?;
    markdown::expectations(scenario.results, out)?;
    markdown::findings(scenario.results, out)
}

/// How it is run, and what one may change.
fn yours(scenario: &Scenario, out: &mut dyn Write) -> io::Result<()> {
    let (name, path) = (&scenario.study.name, scenario.path);
    writeln!(out, "## Run it, and try your own figures\n\n```sh\nsquall run {path}\n```\n")?;
    let own = match scenario.is_of_library {
        true => {
            writeln!(out, "```sh\nsquall new --from {name} mine.toml\n```\n")?;
            "The second command copies the file, to be changed at will; with `--set`, "
        }
        false => "With `--set`, ",
    };
    let Some(first) = scenario.settings.first() else { return Ok(()) };
    writeln!(
        out,
        "{own}as in `squall run {path} --set '{}={}'`, a figure is changed for one run, and `squall sweep \
         --over` takes several. What one would put one's own in place of:\n",
        first.path,
        first.value.trim_matches('"')
    )?;
    writeln!(out, "| Path | Here | Meaning |\n| --- | --- | --- |")?;
    for setting in scenario.settings {
        let cells = vec![code(&setting.path), code(&setting.value), meaning(&setting.meaning)];
        writeln!(out, "{}", line(cells))?;
    }
    writeln!(out)
}

/// What a figure means, with the code that is in it, in a cell.
fn meaning(text: &str) -> String {
    prose(text).replace('|', "\\|")
}

/// The scenario's text, whole.
fn text(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let fence = fence(text);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    writeln!(out, "## The scenario\n\n{fence}toml\n{text}{end}{fence}\n")
}

/// More backticks in a row than the text has anywhere.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(3.max(longest + 1))
}

/// What produced the page.
fn origin(scenario: &Scenario, out: &mut dyn Write) -> io::Result<()> {
    let manifest = &scenario.results.manifest;
    writeln!(
        out,
        "---\n\n[All scenarios](README.md). Squall {}, seed {}, {} replications, scenario `{}`; \
         `{}`.",
        manifest.version, manifest.seed, manifest.replications, manifest.hash, manifest.command
    )
}
