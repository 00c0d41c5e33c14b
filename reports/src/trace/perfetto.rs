//! The JSON of Chrome's Trace Event Format, which Perfetto reads too.
//!
//! A process is a client, a service or a broker; its threads are its users or instances, several lanes of
//! one where things happen side by side. Spans are complete events (`X`), what happened meanwhile
//! instants (`i`), and a flow (`s`, `f`) leads from each attempt to what was done for it. Times are
//! microseconds from the start of the run.
//!
//! Source: "Trace Event Format" (Chromium, Google Docs 1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU);
//! Perfetto's `json_trace_parser` for what it makes of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};
use sim_core::kernel::SimTime;
use sim_core::model::trace::{Place, Span, What};

use super::lanes::Lanes;
use super::{TracedRun, attributes, micros};

/// Writes a trace as `traceEvents`, one a line.
pub(super) fn perfetto(run: &TracedRun, out: &mut dyn Write) -> io::Result<()> {
    let about = run.about.iter().map(|(key, value)| ((*key).to_owned(), json!(value)));
    let counts = run.counts().map(|(key, count)| (key.to_owned(), json!(count)));
    let other: Map<String, Value> = about.chain(counts).collect();
    let events: Vec<String> = events(run).iter().map(Value::to_string).collect();
    write!(
        out,
        "{{\"displayTimeUnit\":\"ms\",\"otherData\":{},\"traceEvents\":[\n{}\n]}}\n",
        Value::Object(other),
        events.join(",\n")
    )
}

fn events(run: &TracedRun) -> Vec<Value> {
    let spans = &run.trace.spans;
    let lanes = Lanes::of(run.trace);
    let tracks = Tracks::of(run, &lanes);
    let mut events = tracks.names(run);
    for number in lanes.order.iter().copied() {
        let (span, track) = (&spans[number], tracks.of_span(number, run, &lanes));
        events.push(complete(run, span, track));
        events.extend(span.events.iter().map(|event| {
            let name = span.event_name(event, run.model);
            let at = ts(event.at);
            json!({ "name": name, "cat": "event", "ph": "i", "s": "t", "ts": at, "pid": track.0, "tid": track.1 })
        }));
        let attempt = span.parent.filter(|_| matches!(span.what, What::Served(_)));
        if let Some(attempt) = attempt.map(|attempt| attempt as usize) {
            let from = tracks.of_span(attempt, run, &lanes);
            let sent = ts(spans[attempt].start);
            let flow = |ph, (pid, tid), ts| json!({ "name": "request", "cat": "flow", "ph": ph, "id": number, "ts": ts, "pid": pid, "tid": tid });
            events.push(flow("s", from, sent));
            let mut end = flow("f", track, ts(span.start));
            end["bp"] = json!("e");
            events.push(end);
        }
    }
    events
}

fn complete(run: &TracedRun, span: &Span, (pid, tid): Track) -> Value {
    let mut args: Map<String, Value> =
        attributes(run, span).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let call = &run.trace.calls[span.call as usize];
    args.insert("trace_id".to_owned(), json!(format!("{:032x}", call.id)));
    json!({
        "name": span.name(run.model), "cat": span.what.kind(), "ph": "X", "ts": ts(span.start),
        "dur": micros(span.end.since(span.start)), "pid": pid, "tid": tid, "args": args,
    })
}

fn ts(time: SimTime) -> f64 {
    micros(time.since(SimTime::ZERO))
}

/// The numbers of a process and a thread.
type Track = (usize, usize);

/// What is drawn where.
struct Tracks {
    /// Of each process its name, in the order of the places.
    processes: Vec<(ProcessKey, String)>,
    /// Of each lane of each place: its thread.
    threads: BTreeMap<(Place, usize), Track>,
}

/// Clients, services and brokers have numbers of their own.
type ProcessKey = (u8, u16);

impl Tracks {
    fn of(run: &TracedRun, lanes: &Lanes) -> Self {
        let spans = run.trace.spans.iter().zip(&lanes.of);
        let mut threads: BTreeMap<(Place, usize), Track> =
            spans.map(|(span, lane)| ((span.at, *lane), (0, 0))).collect();
        let mut processes: Vec<(ProcessKey, String)> = Vec::new();
        for (number, ((place, _), track)) in threads.iter_mut().enumerate() {
            let key = process(*place);
            if processes.last().is_none_or(|(last, _)| *last != key) {
                processes.push((key, place.name(run.model).to_owned()));
            }
            *track = (processes.len(), number + 1);
        }
        Self { processes, threads }
    }

    fn of_span(&self, number: usize, run: &TracedRun, lanes: &Lanes) -> Track {
        let place = (run.trace.spans[number].at, lanes.of[number]);
        self.threads.get(&place).copied().unwrap_or_default()
    }

    /// What processes and threads are called, and in which order they stand.
    fn names(&self, run: &TracedRun) -> Vec<Value> {
        let told = |what: &str, (pid, tid): Track, args: Value| json!({ "name": what, "ph": "M", "pid": pid, "tid": tid, "args": args });
        let mut names = Vec::new();
        for (number, (_, name)) in self.processes.iter().enumerate() {
            names.push(told("process_name", (number + 1, 0), json!({ "name": name })));
            let index = json!({ "sort_index": number });
            names.push(told("process_sort_index", (number + 1, 0), index));
        }
        for ((place, lane), track) in &self.threads {
            let name = thread_name(*place, *lane, run);
            names.push(told("thread_name", *track, json!({ "name": name })));
            names.push(told("thread_sort_index", *track, json!({ "sort_index": track.1 })));
        }
        names
    }
}

fn process(place: Place) -> ProcessKey {
    match place {
        Place::Client(client, _) => (0, client.index() as u16),
        Place::Instance(service, _) => (1, service.index() as u16),
        Place::Broker(broker) => (2, broker),
    }
}

fn thread_name(place: Place, lane: usize, run: &TracedRun) -> String {
    let one = match place {
        Place::Client(_, user) => format!("client {user}"),
        Place::Instance(_, instance) => format!("instance {instance}"),
        Place::Broker(_) => place.name(run.model).to_owned(),
    };
    if lane == 0 { one } else { format!("{one}, lane {}", lane + 1) }
}
