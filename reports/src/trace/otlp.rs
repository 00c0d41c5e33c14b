//! OTLP JSON: what OpenTelemetry's exporters send and its file exporter writes, and Jaeger's UI opens.
//!
//! A resource is a client, an instance of a service, or a broker. Identifiers are hexadecimal, numbers of
//! 64 bits are strings, enumerations are numbers. Times are nanoseconds from an epoch at the start of the
//! run, so that viewers show the year 1970.
//!
//! Source: opentelemetry-proto 1.7, `trace/v1/trace.proto`; the OTLP specification 1.7, "JSON Protobuf
//! Encoding".

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};
use sim_core::kernel::SimTime;
use sim_core::model::trace::{Made, Place, Span, What};
use sim_core::policy::Outcome;

use super::{TracedRun, attributes};

/// Writes a trace as one `TracesData`.
pub(super) fn otlp(run: &TracedRun, out: &mut dyn Write) -> io::Result<()> {
    let mut places: BTreeMap<Place, Vec<Value>> = BTreeMap::new();
    for span in &run.trace.spans {
        places.entry(resource(span.at)).or_default().push(span_json(run, span));
    }
    let resources: Vec<Value> =
        places.iter().map(|(at, spans)| of_resource(run, *at, spans)).collect();
    let data = json!({ "resourceSpans": resources });
    writeln!(out, "{data}")
}

/// All users of a client are one resource.
fn resource(at: Place) -> Place {
    match at {
        Place::Client(client, _) => Place::Client(client, 0),
        other => other,
    }
}

fn of_resource(run: &TracedRun, at: Place, spans: &[Value]) -> Value {
    let mut about = vec![("service.name", json!(at.name(run.model)))];
    if let Place::Instance(_, instance) = at {
        about.push(("service.instance.id", json!(instance.to_string())));
    }
    let scope = run.about.iter().map(|(key, value)| (*key, json!(value)));
    let counts = run.counts().map(|(key, count)| (key, json!(count)));
    json!({
        "resource": { "attributes": key_values(&about) },
        "scopeSpans": [{
            "scope": { "name": "squall", "attributes": key_values(&scope.chain(counts).collect::<Vec<_>>()) },
            "spans": spans,
        }],
    })
}

fn span_json(run: &TracedRun, span: &Span) -> Value {
    let call = &run.trace.calls[span.call as usize];
    let events: Vec<Value> = span
        .events
        .iter()
        .map(|e| json!({ "timeUnixNano": nanos(e.at), "name": span.event_name(e, run.model) }))
        .collect();
    let mut json = json!({
        "traceId": format!("{:032x}", call.id),
        "spanId": format!("{:016x}", span.id),
        "name": span.name(run.model),
        "kind": kind(span.what),
        "startTimeUnixNano": nanos(span.start),
        "endTimeUnixNano": nanos(span.end),
        "attributes": key_values(&attributes(run, span)),
        "status": status(span.outcome),
    });
    if let Some(parent) = span.parent {
        let parent = run.trace.spans[parent as usize].id;
        json["parentSpanId"] = json!(format!("{parent:016x}"));
    }
    if !events.is_empty() {
        json["events"] = json!(events);
    }
    if span.events_left_out > 0 {
        json["droppedEventsCount"] = json!(span.events_left_out);
    }
    json
}

/// `SpanKind`.
fn kind(what: What) -> u8 {
    const INTERNAL: u8 = 1;
    const SERVER: u8 = 2;
    const CLIENT: u8 = 3;
    const PRODUCER: u8 = 4;
    const CONSUMER: u8 = 5;
    match what {
        What::Attempt { .. } => CLIENT,
        What::Served(_) => SERVER,
        What::Message(_) => PRODUCER,
        What::Call(_, Made::ByBroker) => CONSUMER,
        _ => INTERNAL,
    }
}

/// `Status`: `Unset`, `Ok` or `Error`, which has the outcome as its message.
fn status(outcome: Option<Outcome>) -> Value {
    match outcome {
        None => json!({}),
        Some(outcome) if outcome.is_failure() => json!({ "code": 2, "message": outcome.name() }),
        Some(_) => json!({ "code": 1 }),
    }
}

fn nanos(time: SimTime) -> String {
    time.since(SimTime::ZERO).as_nanos().to_string()
}

/// `repeated KeyValue`.
fn key_values(attributes: &[(&str, Value)]) -> Value {
    let any = |value: &Value| match value {
        Value::Bool(flag) => json!({ "boolValue": flag }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::String(text) => json!({ "stringValue": text }),
        other => json!({ "stringValue": other.to_string() }),
    };
    attributes.iter().map(|(key, value)| json!({ "key": key, "value": any(value) })).collect()
}
