//! Strings: names, durations, and what has a grammar of its own.

use serde_json::Value;
use sim_core::kernel::{Distribution, SimDuration};

use super::draw::Drawing;
use super::likely;

/// A string that has a grammar.
pub(super) fn formatted(drawing: &mut Drawing, key: &str, format: &str) -> Option<Value> {
    let names = &drawing.names;
    let from = drawing.service.map_or(0, |place| place + 1);
    let one = |drawing: &mut Drawing, of: Vec<String>| {
        drawing.dice.pick(&of).map(|name| Value::from(name.as_str()))
    };
    match format {
        "duration" => Some(duration(drawing, key).into()),
        "distribution" if key == "work" => Some(demand(drawing).into()),
        "distribution" => Some(distribution(drawing, key).into()),
        "rate" => {
            let rates = ["5/s", "20/s", "60/s", "1/s", "300/m"];
            drawing.dice.pick(&rates).map(|rate| Value::from(*rate))
        }
        "bytes" => drawing.dice.pick(&["0B", "100B", "1460B", "20kB"]).map(|b| Value::from(*b)),
        "byte-rate" => drawing.dice.pick(&["20kB/s", "1MB/s"]).map(|b| Value::from(*b)),
        "keys" => {
            let keys = ["zipf(1.1, 50)", "uniform(10)", "uniform(1)", "zipf(0.8, 1000)"];
            drawing.dice.pick(&keys).map(|keys| Value::from(*keys))
        }
        "client" => one(drawing, names.clients.clone()),
        "service" if key == "primary" => one(drawing, names.primaries.clone()),
        "service" => {
            let services = names.services.iter().map(|service| service.name.clone()).collect();
            one(drawing, services)
        }
        // Now and then somebody calls in a circle.
        "callee" => {
            let from = if drawing.dice.chance(2) { 0 } else { from };
            one(drawing, drawing.names.callees(from))
        }
        "policy" => one(drawing, names.policies.clone()),
        "link" => one(drawing, names.links.clone()),
        "row" => one(drawing, names.rows.clone()),
        "machine" => one(drawing, names.machines.clone()),
        "store" => one(drawing, names.stores.clone()),
        "effect" => one(drawing, names.effects.clone()),
        "cache" => one(drawing, names.caches.clone()),
        "broker" => one(drawing, names.brokers.clone()),
        "variant" => one(drawing, names.variants.clone()),
        "expectation" => expectation(drawing).map(Value::from),
        "probe" => comparison(drawing, "").map(Value::from),
        "condition" => comparison(drawing, ", 1s").map(Value::from),
        "figure" => expectation(drawing).map(|text| term(&text).into()),
        "course" => comparison(drawing, "").map(|text| term(&text).into()),
        _ => None,
    }
}

/// A string that has none: mostly names that only some part of the file knows.
pub(super) fn plain(drawing: &mut Drawing, key: &str) -> Option<Value> {
    let names = &drawing.names;
    let service = drawing.service.and_then(|place| names.services.get(place));
    let of = match key {
        "name" | "title" | "severity" => return Some(drawing.made_up(key)),
        "pool" => service?.pools.clone(),
        "readiness" | "endpoint" => service?.endpoints.clone(),
        "table" | "tables" => names.tables.clone(),
        "zone" | "zones" => names.zones.clone(),
        "services" => vec!["*".to_owned(), "*a*".to_owned()],
        "links" => vec!["*->*".to_owned(), "*->payment".to_owned(), "shop->*".to_owned()],
        "of" => {
            let services = names.services.iter().map(|service| service.name.clone());
            services.chain(names.links.iter().cloned()).collect()
        }
        _ => return None,
    };
    drawing.dice.pick(&of).map(|name| Value::from(name.as_str()))
}

fn duration(drawing: &mut Drawing, key: &str) -> String {
    let nanos = drawing.dice.pick(likely::durations(key)).copied();
    SimDuration::from_nanos(nanos.unwrap_or(0)).to_string()
}

/// How long work takes.
pub(super) fn demand(drawing: &mut Drawing) -> String {
    let demands = ["exp(5ms)", "exp(20ms)", "10ms", "uniform(1ms, 40ms)", "0s", "exp(100ms)"];
    if drawing.dice.chance(15) {
        return distribution(drawing, "work");
    }
    drawing.dice.pick(&demands).map_or_else(String::new, |demand| (*demand).to_owned())
}

/// A distribution of any kind: by its own example, or a duration that is always the same.
fn distribution(drawing: &mut Drawing, key: &str) -> String {
    let mut generator = schemars::SchemaGenerator::default();
    let entries: Vec<_> =
        Distribution::CATALOGUE.iter().filter(|entry| entry.name != "empirical").collect();
    let entry = drawing.dice.pick(&entries).filter(|_| drawing.dice.clone().chance(50));
    let example = entry.and_then(|entry| {
        let usage = (entry.parameters)(&mut generator).to_value();
        usage.pointer("/examples/0").and_then(Value::as_str).map(str::to_owned)
    });
    match example {
        Some(example) => example,
        None => duration(drawing, if key == "work" { "latency" } else { key }),
    }
}

fn expectation(drawing: &mut Drawing) -> Option<String> {
    let alert = drawing.names.alerts.first().cloned();
    let service = drawing.names.services.first()?.name.clone();
    let client = drawing.names.clients.first()?.clone();
    let mut texts = vec![
        "verdict == held".to_owned(),
        "hypothesis == confirmed".to_owned(),
        "time_to_recover <= 3s".to_owned(),
        format!("peak_rate({service}, 500ms, after(2s)) <= 3x baseline"),
        format!("availability({client}) >= 90% in 50% of runs"),
        format!("amplification({client}, during) <= 2x control"),
        format!("wasted({service}) <= 10%"),
        format!("saturated({service}) == never"),
    ];
    texts.extend(alert.map(|alert| format!("alert({alert}) before saturated({service})")));
    texts.extend(comparison(drawing, ""));
    texts.extend(comparison(drawing, ", rest"));
    drawing.dice.pick(&texts).cloned()
}

/// What an expectation is about: what stands before its comparison.
fn term(expectation: &str) -> &str {
    let mut depth = 0;
    let is_outside = |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0 && c == ' '
    };
    expectation.find(is_outside).map_or(expectation, |end| &expectation[..end])
}

/// A figure compared with a bound: a probe, or with a window a condition.
fn comparison(drawing: &mut Drawing, window: &str) -> Option<String> {
    let subjects = drawing.names.subjects();
    let subject = drawing.dice.pick(&subjects)?;
    let texts = [
        ("share", ":failed", "> 5%"),
        ("share", ":ok", "< 50%"),
        ("rate", "", "> 10/s"),
        ("count", ":timeout", "<= 3"),
        ("mean", ":queue_length", "> 2"),
        ("max", ":in_flight", "> 5"),
        ("p99", "", "> 100ms"),
        ("mean", ":response_time", "< 50ms"),
        ("mean", ":utilization", "< 0.9"),
        ("p90", ":waiting_time", "< 50ms"),
    ];
    let (aggregation, quantity, bound) = drawing.dice.pick(&texts)?;
    Some(format!("{aggregation}({subject}{quantity}{window}) {bound}"))
}
