//! The reference: everything a scenario can name, from the code's own registries and schemas.
//!
//! `squall list` prints it, `docs/reference/` is generated from it.

use std::fmt::Write as _;

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;
use sim_core::catalogue::Entry;
use sim_core::kernel::Distribution;
use sim_core::model::fault::Fault;
use sim_core::policy::balancing::Algorithm;
use sim_core::policy::breaker::Trip;
use sim_core::policy::breaker::outlier::{OutlierDetection, OutlierPreset};
use sim_core::policy::budget::Budget;
use sim_core::policy::fallback::Substitute;
use sim_core::policy::limiter::Limiter;
use sim_core::policy::throttle::Throttle;
use sim_core::policy::{
    Autoscaler, Backoff, BreakerPreset, Bulkhead, ConcurrencyLimit, ConnectionPool, HealthCheck,
    Hedge, Layer, Outcome, Preset, ServerLimit, Shedding,
};

/// Something a scenario can name.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    /// What kind of thing it is: "backoff", "fault", "distribution", …
    pub kind: &'static str,
    /// Its name in the scenario file.
    pub name: String,
    /// One sentence: what it does.
    pub summary: String,
    /// What it follows: paper, library or RFC; empty if it needs none.
    pub source: String,
    /// How it is written, where that is a text of its own: `exp(mean)`.
    pub usage: Option<String>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
}

/// A parameter of a thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its key.
    pub name: String,
    /// What it means.
    pub description: String,
    /// What stands for it if it is not given; `None` if it has to be given.
    pub default: Option<String>,
}

/// The kinds of things, each with a heading.
pub const KINDS: [(&str, &str); 23] = [
    ("library", "Scenarios of the library"),
    ("layer", "Layers of a policy, outermost first"),
    ("backoff", "Backoffs: how long to wait before the next attempt"),
    ("retry-preset", "Presets of a retry: what it leaves open is as in a library"),
    ("budget", "Budgets: whether a retry may be made"),
    ("breaker-preset", "Presets of a breaker: what it leaves open is as in a library"),
    ("breaker-trip", "Trip rules: when a breaker opens"),
    ("bulkhead", "Bulkheads: how many calls may be under way at once"),
    ("rate-limiter", "Rate limiters: how many calls may pass in a time"),
    ("throttle", "Throttles: how a client lets fewer calls through when they fail"),
    ("concurrency-limit", "Concurrency limits: how many calls may be under way, learnt"),
    ("connection-pool", "Connection pools: where the connections of calls come from"),
    ("server-limit", "Limits of a server: whom it turns away before anything is done"),
    ("shedding", "Shedders: whom a server's queue keeps, and from which end it is served"),
    ("fallback", "Fallbacks: answers to make do with when a call fails"),
    ("hedge", "Hedges: when further copies of a call are sent"),
    ("fault", "Faults: what can be injected"),
    ("distribution", "Distributions of durations"),
    ("balancer", "Balancers: how callers choose an instance"),
    ("autoscaler", "Autoscalers: how many instances a service has"),
    ("health-check", "Health checks: how instances are asked whether they are well"),
    ("outlier-preset", "Presets of outlier detection: how instances are ejected that stand out"),
    ("outcome", "Outcomes of an attempt"),
];

/// Everything a scenario can name, kind by kind.
pub fn catalogue() -> Vec<Thing> {
    let mut things = library();
    things.extend(from_schema::<Layer>("layer"));
    things.extend(from_schema::<ServerLimit>("server-limit"));
    things.extend(Backoff::CATALOGUE.iter().map(registered));
    things.extend(Preset::CATALOGUE.iter().map(registered));
    for registry in [
        Budget::CATALOGUE,
        BreakerPreset::CATALOGUE,
        Trip::CATALOGUE,
        Bulkhead::CATALOGUE,
        Limiter::CATALOGUE,
        Throttle::CATALOGUE,
        ConcurrencyLimit::CATALOGUE,
        ConnectionPool::CATALOGUE,
        Shedding::CATALOGUE,
        Substitute::CATALOGUE,
        Hedge::CATALOGUE,
    ] {
        things.extend(registry.iter().map(registered));
    }
    things.extend(Fault::CATALOGUE.iter().map(registered));
    things.extend(Distribution::CATALOGUE.iter().map(registered));
    things.extend(Algorithm::CATALOGUE.iter().map(registered));
    things.extend(Autoscaler::CATALOGUE.iter().map(registered));
    things.extend(HealthCheck::CATALOGUE.iter().map(registered));
    things.extend(outlier_presets());
    things.extend(from_schema::<Outcome>("outcome"));
    things
}

/// Each preset with the parameters that it fills.
fn outlier_presets() -> Vec<Thing> {
    let schema = SchemaGenerator::default().into_root_schema_for::<OutlierDetection>().to_value();
    let source = "envoy (2026), source/common/upstream/outlier_detection_impl.cc; \
                  istio.io, DestinationRule, OutlierDetection";
    let presets = from_schema::<OutlierPreset>("outlier-preset").into_iter();
    presets
        .map(|preset| Thing { source: source.into(), parameters: parameters(&schema), ..preset })
        .collect()
}

fn library() -> Vec<Thing> {
    crate::library::LIBRARY.iter().map(row).collect()
}

/// A scenario of the library: what one learns from it, or what it is about, and where it comes from.
fn row(scenario: &crate::library::LibraryScenario) -> Thing {
    let loaded = scenarios::load("", scenario.text.as_bytes(), &scenarios::NoFiles, &[]);
    let told = |study: scenarios::Study| {
        let summary = if study.moral.is_empty() { study.title } else { study.moral };
        (summary, study.from)
    };
    let (summary, source) = loaded.map_or_else(|_| Default::default(), |(study, _)| told(study));
    Thing {
        kind: "library",
        name: scenario.name.to_owned(),
        summary,
        source,
        usage: None,
        parameters: Vec::new(),
    }
}

fn registered(entry: &Entry) -> Thing {
    let schema = (entry.parameters)(&mut SchemaGenerator::default()).to_value();
    Thing {
        kind: entry.kind,
        name: entry.name.to_owned(),
        summary: entry.summary.to_owned(),
        source: entry.source.to_owned(),
        // What is written as a text has its usage for a description, and no table of parameters.
        usage: text(&schema, "type").filter(|t| t == "string").and(text(&schema, "description")),
        parameters: parameters(&schema),
    }
}

/// The variants of an enum, from the schema that its type generates.
fn from_schema<T: JsonSchema>(kind: &'static str) -> Vec<Thing> {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    let variants = schema.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
    let names = |variant: &Value| match variant.get("const").and_then(Value::as_str) {
        Some(name) => Some(name.to_owned()),
        None => variant.get("properties")?.as_object()?.keys().next().cloned(),
    };
    let thing = |variant: &Value| {
        let name = names(variant)?;
        let content = variant.get("properties").and_then(|p| p.get(&name));
        Some(Thing {
            kind,
            summary: text(variant, "description").unwrap_or_default(),
            source: String::new(),
            usage: None,
            parameters: content
                .map(|content| parameters(resolve(content, &schema)))
                .unwrap_or_default(),
            name,
        })
    };
    variants.iter().filter_map(thing).collect()
}

/// The schema that a reference within `root` stands for.
fn resolve<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

fn parameters(schema: &Value) -> Vec<Parameter> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object);
    let parameter = |(name, property): (&String, &Value)| Parameter {
        name: name.clone(),
        description: text(property, "description").unwrap_or_default(),
        default: (!required.contains(&name.as_str())).then(|| match property.get("default") {
            None | Some(Value::Null) => "none".to_owned(),
            Some(Value::String(value)) => format!("\"{value}\""),
            Some(value) => value.to_string(),
        }),
    };
    properties.into_iter().flatten().map(parameter).collect()
}

fn text(schema: &Value, key: &str) -> Option<String> {
    let text = schema.get(key)?.as_str()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The catalogue as a page: `docs/reference/catalogue.md`.
pub fn catalogue_page() -> String {
    let mut page = String::from(
        "# Catalogue\n\nEverything a scenario can name. Generated from the code; `squall list` \
         prints the same.\n",
    );
    let things = catalogue();
    for (kind, heading) in KINDS {
        let _ = write!(page, "\n## {heading}\n");
        things.iter().filter(|thing| thing.kind == kind).for_each(|t| section(t, &mut page));
    }
    page
}

fn section(thing: &Thing, page: &mut String) {
    let _ = write!(page, "\n### `{}`\n\n{}\n", thing.name, sentence(&thing.summary));
    if let Some(usage) = &thing.usage {
        let _ = write!(page, "\nWritten: `{usage}`\n");
    }
    if !thing.parameters.is_empty() {
        page.push_str("\n| Parameter | Default | Meaning |\n|---|---|---|\n");
    }
    for Parameter { name, description, default } in &thing.parameters {
        let default = default.as_ref().map_or("required".to_owned(), |d| format!("`{d}`"));
        let _ = writeln!(page, "| `{name}` | {default} | {} |", cell(description));
    }
    if !thing.source.is_empty() {
        let _ = write!(page, "\nSource: {}\n", thing.source);
    }
}

/// The file format as a page: `docs/reference/scenario.md`.
pub fn scenario_page() -> String {
    let mut page = String::from(
        "# The scenario file\n\nEvery key, from the types that read it. `squall schema` prints the \
         same as a JSON Schema, which editors understand. Names in capitals are your own; `[]` is \
         an item of a list.\n\n| Key | Expects | Default | Meaning |\n|---|---|---|---|\n",
    );
    for field in scenarios::outline() {
        let default = match (field.required, &field.default) {
            (true, _) => "required".to_owned(),
            (false, Some(default)) => format!("`{default}`"),
            (false, None) => String::new(),
        };
        let (expects, description) = (cell(&field.expects), cell(&field.description));
        let _ = writeln!(page, "| `{}` | {expects} | {default} | {description} |", field.path);
    }
    page
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// A text with a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return String::new() };
    let stop = if text.ends_with('.') { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_says_what_it_is() {
        let things = catalogue();
        for (kind, _) in KINDS {
            assert!(things.iter().any(|thing| thing.kind == kind), "no {kind}");
        }
        for thing in &things {
            assert!(!thing.summary.is_empty(), "{} `{}` has no summary", thing.kind, thing.name);
            for parameter in &thing.parameters {
                let (thing, name) = (&thing.name, &parameter.name);
                assert!(!parameter.description.is_empty(), "{thing}.{name} is not described");
            }
        }
    }
}
