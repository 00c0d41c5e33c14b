//! `squall trace`: what happened to some calls of one run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use experiments::Experiment;
use reports::trace::{TraceFormat, TracedRun};
use scenarios::Study;
use scenarios::study::Variant;
use sim_core::kernel::SimTime;
use sim_core::model::record::RunEnd;
use sim_core::model::spec::ClientId;
use sim_core::model::trace::{Choice, Sampling, Trace};
use squall::{Scenario, VERSION};

use super::arguments::TraceArguments;
use super::exit::{Exit, Failure};
use super::results_folder::ResultsFolder;
use super::terminal;

/// Traces one run, writes the files, and says how they are opened.
pub(crate) fn run(arguments: &TraceArguments) -> Result<Exit, Failure> {
    let scenario = open(arguments)?;
    let (study, warnings) = scenario.load()?;
    super::check::warn(&warnings, arguments.quiet);
    let experiment = Experiment::new(&study, VERSION).map_err(squall::Error::Plan)?;
    let variant = chosen(&study, arguments)?;
    let sampling = sampling(variant, arguments)?;
    let Some((record, trace, model)) =
        experiment.trace(&variant.name, arguments.replication, arguments.control, &sampling)
    else {
        return Err(Failure::bad_input(format!(
            "`{}` has no faults, so that it is its own control; leave out --control",
            variant.name
        )));
    };
    let exit = match record.end {
        RunEnd::Completed => Exit::Good,
        RunEnd::Aborted { .. } => Exit::Aborted,
    };
    if trace.calls.is_empty() {
        terminal::print(&format!("{}\n", nothing(arguments)))?;
        return Ok(exit);
    }
    let about = about(&study, variant, &scenario, arguments);
    let traced = TracedRun { trace: &trace, model, about: &about };
    let mut text = told(&trace, variant, arguments);
    for (format, path) in write(&scenario, variant, &traced, arguments)? {
        let _ = writeln!(text, "  {}: {}", path.display(), how_to_open(format));
    }
    terminal::print(&text)?;
    Ok(exit)
}

fn open(arguments: &TraceArguments) -> Result<Scenario, Failure> {
    let mut scenario = Scenario::open(&arguments.file)?;
    for text in &arguments.set {
        scenario = scenario.set_text(text)?;
    }
    if let Some(seed) = arguments.seed {
        scenario = scenario.seed(seed);
    }
    Ok(match &arguments.variant {
        Some(variant) => scenario.variant(variant),
        None => scenario,
    })
}

/// The variant that is asked for; there is one, or the scenario would not have loaded.
fn chosen<'s>(study: &'s Study, arguments: &TraceArguments) -> Result<&'s Variant, Failure> {
    if arguments.replication >= study.replications {
        let last = study.replications - 1;
        return Err(Failure::bad_input(format!(
            "there is no replication {}; the last is {last}",
            arguments.replication
        )));
    }
    let is_asked_for = |v: &&Variant| arguments.variant.as_ref().is_none_or(|name| v.name == *name);
    let variant = study.variants.iter().find(is_asked_for);
    variant.ok_or_else(|| Failure::bad_input("the scenario has no variant"))
}

fn sampling(variant: &Variant, arguments: &TraceArguments) -> Result<Sampling, Failure> {
    let end = SimTime::ZERO + variant.model.length;
    let from = SimTime::ZERO + arguments.from.unwrap_or_default();
    let until = arguments.until.map_or(end, |until| SimTime::ZERO + until);
    if from >= until || from >= end {
        let (window, length) = (until.since(SimTime::ZERO), variant.model.length);
        return Err(Failure::bad_input(format!(
            "no call starts at {} or later and before {window}; the run takes {length}",
            from.since(SimTime::ZERO)
        )));
    }
    let choice = match (arguments.failed, arguments.slowest) {
        (true, _) => Choice::Failed,
        (false, true) => Choice::Slowest,
        (false, false) => Choice::Spread,
    };
    let client = arguments.client.as_ref().map(|name| client(variant, name)).transpose()?;
    Ok(Sampling { choice, from, until, client, calls: arguments.calls, spans: arguments.spans })
}

fn client(variant: &Variant, name: &str) -> Result<ClientId, Failure> {
    let clients = &variant.model.clients;
    let place = clients.iter().position(|client| &*client.name == name);
    place.map(|place| ClientId(place as u16)).ok_or_else(|| {
        let nearest = scenarios::nearest(name, clients.iter().map(|client| &*client.name));
        let meant = nearest.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
        Failure::bad_input(format!("there is no client `{name}`{meant}"))
    })
}

fn about(
    study: &Study,
    variant: &Variant,
    scenario: &Scenario,
    arguments: &TraceArguments,
) -> Vec<(&'static str, String)> {
    vec![
        ("squall.version", VERSION.to_owned()),
        ("squall.scenario", scenario.name()),
        ("squall.hash", study.hash.clone()),
        ("squall.variant", variant.name.clone()),
        ("squall.seed", study.seed.to_string()),
        ("squall.replication", arguments.replication.to_string()),
        ("squall.control", arguments.control.to_string()),
    ]
}

fn nothing(arguments: &TraceArguments) -> &'static str {
    match arguments.failed {
        true => "No such call failed; nothing is written",
        false => "No such call started; nothing is written",
    }
}

fn told(trace: &Trace, variant: &Variant, arguments: &TraceArguments) -> String {
    let which = match (arguments.failed, arguments.slowest) {
        (true, _) => " that failed",
        (false, true) => ", the slowest",
        (false, false) => "",
    };
    let (calls, spans) = (trace.calls.len(), trace.spans.len());
    let (among, name) = (trace.among, &variant.name);
    let control = if arguments.control { " (control)" } else { "" };
    let replication = arguments.replication;
    let mut text = format!(
        "{calls} of {among} calls{which} of `{name}`{control}, replication {replication}: {spans} spans\n"
    );
    if trace.spans_left_out > 0 {
        let left_out = trace.spans_left_out;
        let _ = writeln!(text, "{left_out} spans are left out; --spans says how many are kept");
    }
    text
}

/// Writes `traces/VARIANT-REPLICATION.FORMAT.json`.
fn write(
    scenario: &Scenario,
    variant: &Variant,
    traced: &TracedRun,
    arguments: &TraceArguments,
) -> Result<Vec<(TraceFormat, PathBuf)>, Failure> {
    let default = || Path::new("results").join(scenario.name());
    let folder = ResultsFolder::create(&arguments.out.clone().unwrap_or_else(default))?;
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = variant.name.chars().map(plain).collect();
    let control = if arguments.control { "-control" } else { "" };
    let formats = arguments.format.map_or(TraceFormat::ALL.to_vec(), |format| vec![format]);
    let write = |format: TraceFormat| {
        let file =
            format!("traces/{name}{control}-{}.{}.json", arguments.replication, format.name());
        let path = folder.add(&file, |out| reports::trace::write(traced, format, out))?;
        Ok((format, path))
    };
    formats.into_iter().map(write).collect()
}

fn how_to_open(format: TraceFormat) -> &'static str {
    match format {
        TraceFormat::Perfetto => "open it at https://ui.perfetto.dev (Open trace file)",
        TraceFormat::Otlp => "open it in Jaeger (Search, Upload)",
    }
}
