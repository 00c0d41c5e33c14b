//! Traces as files that other tools open: Perfetto and Chrome (`perfetto`), Jaeger and everything that
//! reads OpenTelemetry (`otlp`).

mod lanes;
mod otlp;
mod perfetto;

use serde_json::{Value, json};
use sim_core::kernel::SimDuration;
use sim_core::model::spec::Model;
use sim_core::model::trace::{Span, Trace, What};

use std::io::Write;

use crate::ReportError;

/// A trace, and the run that it is of.
#[derive(Clone, Copy, Debug)]
pub struct TracedRun<'a> {
    /// What was traced.
    pub trace: &'a Trace,
    /// Its model, which has the names.
    pub model: &'a Model,
    /// What else is known of the run: its scenario, variant, seed, …
    pub about: &'a [(&'a str, String)],
}

impl TracedRun<'_> {
    /// How many calls and spans there are, and what was left out.
    fn counts(&self) -> [(&'static str, u64); 4] {
        let Trace { calls, spans, among, spans_left_out } = self.trace;
        [
            ("calls", calls.len() as u64),
            ("calls_chosen_among", *among),
            ("spans", spans.len() as u64),
            ("spans_left_out", *spans_left_out),
        ]
    }
}

/// Which file a trace becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceFormat {
    /// For <https://ui.perfetto.dev> and `chrome://tracing`.
    #[default]
    Perfetto,
    /// OTLP JSON, for Jaeger.
    Otlp,
}

impl TraceFormat {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Perfetto, Self::Otlp];

    /// Its name on the command line and in the names of files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Perfetto => "perfetto",
            Self::Otlp => "otlp",
        }
    }
}

impl std::str::FromStr for TraceFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(" or ");
            format!("a trace is written as {names}")
        })
    }
}

/// Writes a trace.
///
/// # Errors
///
/// When it cannot be written.
pub fn write(run: &TracedRun, format: TraceFormat, out: &mut dyn Write) -> Result<(), ReportError> {
    let written = match format {
        TraceFormat::Perfetto => perfetto::perfetto(run, out),
        TraceFormat::Otlp => otlp::otlp(run, out),
    };
    written.map_err(ReportError::writing("the trace"))
}

/// A time as traces of Chrome have it: in microseconds, to the nanosecond.
fn micros(time: SimDuration) -> f64 {
    time.as_nanos() as f64 / 1_000.0
}

/// What is said of a span beside its name, its times and what it is a part of.
fn attributes(run: &TracedRun, span: &Span) -> Vec<(&'static str, Value)> {
    let mut about: Vec<(&'static str, Value)> = vec![("squall.kind", json!(span.what.kind()))];
    if let Some(outcome) = span.outcome {
        about.push(("squall.outcome", json!(outcome.name())));
    }
    if let What::Attempt { edge, number, instance } = span.what {
        about.push(("squall.edge", json!(&*run.model.edges[edge.index()].name)));
        about.push(("squall.attempt", json!(number)));
        about.push(("squall.instance", json!(instance)));
    }
    if let What::Work(step) | What::Branch(step) = span.what {
        about.push(("squall.step", json!(step)));
    }
    if span.parent.is_none() {
        let call = &run.trace.calls[span.call as usize];
        about.push(("squall.client", json!(&*run.model.clients[call.client.index()].name)));
        about.push(("squall.user", json!(call.user)));
        about.push(("squall.call", json!(call.key)));
    }
    if !span.has_ended {
        about.push(("squall.unfinished", json!(true)));
    }
    about
}
