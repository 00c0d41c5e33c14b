//! Everything of the catalogue that a scenario chooses from is chosen by a scenario of the library.
//!
//! A name counts where it stands: `fixed` under `backoff` is a backoff, and under `hedge.kind` it is
//! a hedge. What a variant sets stands where its path leads.

#![allow(clippy::unwrap_used)]

use squall::library::LIBRARY;
use squall::reference::catalogue;
use toml::{Table, Value};

/// Where things of a kind stand.
enum Stands {
    /// As the key behind one of these keys: `budget.kind.finagle`.
    Behind(&'static [&'static [&'static str]]),
    /// As the text behind these keys: `breaker.preset = "opossum"`.
    AsText(&'static [&'static str]),
    /// In a text behind one of these keys: `work = "exp(20ms)"`.
    WithinText(&'static [&'static str]),
}

const PLACES: [(&str, Stands); 21] = [
    ("autoscaler", Stands::Behind(&[&["autoscaler"]])),
    ("layer", Stands::Behind(&[&["layers"]])),
    ("backoff", Stands::Behind(&[&["backoff"], &["open_backoff"]])),
    ("retry-preset", Stands::AsText(&["retry", "preset"])),
    ("budget", Stands::Behind(&[&["budget", "kind"]])),
    ("breaker-preset", Stands::AsText(&["breaker", "preset"])),
    ("breaker-trip", Stands::Behind(&[&["breaker", "trip"]])),
    ("bulkhead", Stands::Behind(&[&["bulkhead", "kind"]])),
    ("rate-limiter", Stands::Behind(&[&["limiter"]])),
    ("throttle", Stands::Behind(&[&["throttle", "kind"]])),
    ("concurrency-limit", Stands::Behind(&[&["concurrency_limit", "kind"]])),
    ("connection-pool", Stands::Behind(&[&["connection_pool", "kind"]])),
    ("server-limit", Stands::Behind(&[&["limits"]])),
    ("shedding", Stands::Behind(&[&["shedding"]])),
    ("fallback", Stands::Behind(&[&["fallback", "chain"]])),
    ("hedge", Stands::Behind(&[&["hedge", "kind"]])),
    ("fault", Stands::Behind(&[&["fault"]])),
    ("distribution", Stands::WithinText(&["work", "think", "latency", "add", "connect"])),
    ("balancer", Stands::Behind(&[&["balancer", "algorithm"]])),
    ("outlier-preset", Stands::AsText(&["outlier", "preset"])),
    ("health-check", Stands::Behind(&[&["balancer", "health_check"]])),
];

/// Kinds that nobody chooses: the scenarios themselves, and how attempts end.
const NO_CHOICES: [&str; 2] = ["library", "outcome"];

/// What no scenario of the library uses, and why.
const EXCUSED: [(&str, &str); 1] = [
    // Its durations are in a file of their own, and a scenario of the library is one text.
    ("distribution", "empirical"),
];

/// A key or a text of a scenario, with the keys that lead to it; places in lists are left out.
struct Leaf {
    keys: Vec<String>,
    text: Option<String>,
}

impl Leaf {
    /// Whether its last keys are these.
    fn ends_in(&self, keys: &[&str]) -> bool {
        let start = self.keys.len().checked_sub(keys.len());
        start.is_some_and(|start| self.keys[start..].iter().eq(keys))
    }

    fn names(&self, name: &str, place: &Stands) -> bool {
        let last = self.keys.last().map(String::as_str);
        match (place, &self.text) {
            (Stands::Behind(places), None) => {
                places.iter().any(|keys| self.ends_in(&[keys, &[name][..]].concat()))
            }
            (Stands::AsText(keys), Some(text)) => text == name && self.ends_in(keys),
            (Stands::WithinText(keys), Some(text)) => {
                last.is_some_and(|last| keys.contains(&last)) && is_distribution(text, name)
            }
            _ => false,
        }
    }
}

/// `mix(0.9: exp(5ms), 0.1: exp(55ms))` names `mix` and `exp`; a duration alone is a constant.
fn is_distribution(text: &str, name: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '(').flat_map(|word| {
        word.split_inclusive('(').filter_map(|function| function.strip_suffix('('))
    });
    words.any(|word| word == name) || (name == "constant" && !text.contains('('))
}

fn walk(value: &Value, keys: &[String], leaves: &mut Vec<Leaf>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let keys = [keys, std::slice::from_ref(key)].concat();
                leaves.push(Leaf { keys: keys.clone(), text: None });
                walk(value, &keys, leaves);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, keys, leaves)),
        Value::String(text) => leaves.push(Leaf { keys: keys.to_vec(), text: Some(text.clone()) }),
        _ => {}
    }
}

/// What the value at the end of a path of a variant's `set` says, and what the path says itself.
fn walk_setting(path: &str, value: &Value, leaves: &mut Vec<Leaf>) {
    let is_place = |key: &&str| !key.chars().all(|c| c.is_ascii_digit());
    let keys: Vec<String> = path.split('.').filter(is_place).map(str::to_owned).collect();
    let prefixes = (1..=keys.len()).map(|n| Leaf { keys: keys[..n].to_vec(), text: None });
    leaves.extend(prefixes);
    walk(value, &keys, leaves);
}

fn leaves(scenario: &str) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let mut table: Table = scenario.parse().unwrap();
    let variants = table.remove("variants");
    walk(&Value::Table(table), &[], &mut leaves);
    for variant in variants.iter().flat_map(|list| list.as_array().unwrap()) {
        for (path, value) in variant.get("set").iter().flat_map(|set| set.as_table().unwrap()) {
            walk_setting(path, value, &mut leaves);
        }
    }
    leaves
}

#[test]
fn everything_that_can_be_chosen_is_chosen_by_a_scenario_of_the_library() {
    let leaves: Vec<Leaf> = LIBRARY.iter().flat_map(|scenario| leaves(scenario.text)).collect();
    let mut unused = Vec::new();
    for thing in catalogue().iter().filter(|thing| !NO_CHOICES.contains(&thing.kind)) {
        let place = PLACES.iter().find(|(kind, _)| *kind == thing.kind);
        let (_, place) = place.unwrap_or_else(|| panic!("where does a {} stand?", thing.kind));
        if !leaves.iter().any(|leaf| leaf.names(&thing.name, place)) {
            unused.push((thing.kind, thing.name.as_str().to_owned()));
        }
    }
    let excused = EXCUSED.map(|(kind, name)| (kind, name.to_owned()));
    assert_eq!(unused, excused, "no scenario of the library uses what stands on the left");
}

#[test]
fn a_name_counts_where_it_stands() {
    let used = |text: &str, kind: &str, name: &str| {
        let (_, place) = PLACES.iter().find(|(k, _)| *k == kind).unwrap();
        leaves(text).iter().any(|leaf| leaf.names(name, place))
    };
    let hedge = "[policies.p]\nlayers = [{ hedge = { kind = { fixed = { delay = \"1s\" } } } }]";
    assert!(used(hedge, "hedge", "fixed") && used(hedge, "layer", "hedge"));
    assert!(!used(hedge, "backoff", "fixed") && !used(hedge, "layer", "fixed"));
    let set = "[[variants]]\nset = { \"policies.p.layers.0.retry.budget.kind\" = { grpc = {} } }";
    assert!(used(set, "budget", "grpc") && used(set, "layer", "retry"));
    assert!(!used(set, "hedge", "grpc") && !used(set, "retry-preset", "grpc"));
    let path = "[[variants]]\nset = { \"faults.crash.fault.slow.factor\" = 2.0 }";
    assert!(used(path, "fault", "slow") && !used(path, "fault", "crash"));
    let preset = "[policies.p]\nlayers = [{ breaker = { preset = \"polly-v8\" } }]";
    assert!(used(preset, "breaker-preset", "polly-v8"));
    assert!(!used(preset, "retry-preset", "polly-v8") && !used(preset, "breaker-trip", "polly-v8"));
    let mix = "[services.s]\nsteps = [{ work = \"mix(0.9: exp(5ms), 0.1: gamma(9ms, 2))\" }]";
    for (name, is_used) in [("mix", true), ("exp", true), ("gamma", true), ("constant", false)] {
        assert_eq!(used(mix, "distribution", name), is_used, "{name}");
    }
    assert!(used("[network]\nlatency = \"1ms\"", "distribution", "constant"));
}
