//! `squall list`: the library and everything a scenario can name.

mod library;

use std::fmt::Write as _;

use squall::reference::{KINDS, Parameter, Thing, catalogue};

use super::arguments::ListArguments;
use super::exit::{Exit, Failure};
use super::terminal;

/// Lists all kinds, one kind, or one thing with its parameters.
pub(crate) fn run(arguments: &ListArguments) -> Result<Exit, Failure> {
    let things = catalogue();
    let Some(what) = &arguments.what else {
        terminal::print(&KINDS.map(|(kind, heading)| list(kind, heading, &things)).join("\n"))?;
        return Ok(Exit::Good);
    };
    let singular = what.strip_suffix('s').unwrap_or(what);
    let is_kind = |kind: &&(&str, &str)| kind.0 == what || kind.0 == singular;
    let kind = KINDS.iter().find(is_kind).map(|(kind, heading)| list(kind, heading, &things));
    // What is called like a kind is a scenario of the library: "bulkheads".
    let is_it = |thing: &&Thing| thing.name == *what && thing.kind != "library" && kind.is_none();
    let row = library::details(what).transpose()?;
    let found: Vec<String> = things.iter().filter(is_it).map(details).collect();
    let found: Vec<String> = kind.clone().into_iter().chain(found).chain(row).collect();
    if found.is_empty() {
        return Err(Failure::bad_input(unknown(what, &things)));
    }
    terminal::print(&found.join("\n"))?;
    Ok(Exit::Good)
}

fn list(kind: &str, heading: &str, things: &[Thing]) -> String {
    if kind == "library" {
        return library::list(heading, things);
    }
    let of_kind: Vec<&Thing> = things.iter().filter(|thing| thing.kind == kind).collect();
    let shown = |thing: &Thing| thing.usage.clone().unwrap_or_else(|| thing.name.clone());
    let width = of_kind.iter().map(|thing| shown(thing).chars().count()).max().unwrap_or(0);
    let mut text = format!("{heading} ({kind})\n");
    for thing in of_kind {
        let _ = writeln!(text, "  {:width$}  {}", shown(thing), thing.summary);
    }
    text
}

fn details(thing: &Thing) -> String {
    let mut text = format!("{} ({})\n  {}\n", thing.name, thing.kind, thing.summary);
    if let Some(usage) = &thing.usage {
        let _ = writeln!(text, "  written: {usage}");
    }
    let width = thing.parameters.iter().map(|p| p.name.chars().count()).max().unwrap_or(0);
    for Parameter { name, description, default } in &thing.parameters {
        let default = default.as_ref().map_or("required".to_owned(), |d| format!("default {d}"));
        let _ = writeln!(text, "    {name:width$}  {description} ({default})");
    }
    if !thing.source.is_empty() {
        let _ = writeln!(text, "  source: {}", thing.source);
    }
    text
}

fn unknown(what: &str, things: &[Thing]) -> String {
    let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    let names = things.iter().map(|thing| thing.name.as_str()).chain(kinds.iter().copied());
    let nearest = scenarios::nearest(what, names);
    let meant = nearest.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
    format!("nothing is called `{what}`{meant}\nkinds: {}", kinds.join(", "))
}
