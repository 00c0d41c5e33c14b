//! The figures of a scenario: what one puts one's own in place of.

use crate::schema::{self, Schema, Shape};
use crate::source::Sources;
use crate::tree::{Kind, Node, Table, parse_document};

/// A figure of a scenario, with the path by which `--set`, a variant or a sweep puts another in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The path: `services.payment.pools.main.workers`.
    pub path: String,
    /// What the file says, as TOML writes it: `"exp(20ms)"`, `4`.
    pub value: String,
    /// What it means.
    pub meaning: String,
}

/// The parts of a file whose figures describe the system, its load and its faults.
const SECTIONS: [&str; 11] = [
    "clients", "services", "machines", "policies", "network", "links", "stores", "effects",
    "caches", "brokers", "faults",
];

/// The figures of the system that a scenario describes, in the order of the file: numbers, durations,
/// rates, distributions. None if the text is no scenario. What a variant sets is not among them.
pub fn settings(text: &str) -> Vec<Setting> {
    let mut sources = Sources::default();
    let id = sources.add("", text);
    let Ok(root) = parse_document(id, text) else { return Vec::new() };
    let Shape::Record { properties, .. } = schema::document().shape() else { return Vec::new() };
    let mut found = Vec::new();
    for entry in root.as_table().into_iter().flat_map(|table| &table.entries) {
        let schema = properties.iter().find(|(name, _)| *name == entry.key);
        if let Some((_, schema)) = schema.filter(|_| SECTIONS.contains(&entry.key.as_str())) {
            walk(&entry.value, *schema, &entry.key, &mut found);
        }
    }
    found
}

fn walk(node: &Node, schema: Schema<'_>, path: &str, found: &mut Vec<Setting>) {
    match &node.kind {
        Kind::Table(table) => walk_table(table, schema, path, found),
        Kind::List(items) => walk_list(items, schema, path, found),
        _ => {
            if let Some(value) = figure(node, schema) {
                let meaning = schema.description().unwrap_or_default();
                let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ");
                found.push(Setting { path: path.to_owned(), value, meaning });
            }
        }
    }
}

fn walk_table(table: &Table, schema: Schema<'_>, path: &str, found: &mut Vec<Setting>) {
    let shape = schema.shape();
    for entry in &table.entries {
        let inside = match &shape {
            Shape::Record { properties, .. } | Shape::Choice { tags: properties, .. } => {
                properties.iter().find(|(name, _)| *name == entry.key).map(|(_, schema)| *schema)
            }
            Shape::Map { values, .. } => Some(*values),
            _ => None,
        };
        if let (Some(schema), Some(key)) = (inside, segment(&entry.key)) {
            walk(&entry.value, schema, &format!("{path}.{key}"), found);
        }
    }
}

/// An item is addressed as a path addresses it: by its tag or its name where that is unique, else by its
/// position.
fn walk_list(items: &[Node], schema: Schema<'_>, path: &str, found: &mut Vec<Setting>) {
    let Shape::List { items: schema, .. } = schema.shape() else { return };
    let names: Vec<Option<&str>> = items.iter().map(name).collect();
    let tags: Vec<Option<&str>> = items.iter().map(tag).collect();
    let meant = |word: &str| {
        let words = names.iter().chain(&tags);
        words.filter(|one| **one == Some(word)).count()
    };
    for (index, item) in items.iter().enumerate() {
        let alone = |word: Option<&'_ str>| word.filter(|word| meant(word) == 1).and_then(segment);
        let position = index.to_string();
        if let Some(key) = alone(tags[index]) {
            let content = item.as_table().and_then(Table::only).map(|entry| &entry.value);
            let inside = match schema.shape() {
                Shape::Choice { tags, .. } | Shape::Record { properties: tags, .. } => {
                    tags.into_iter().find(|(tag, _)| Some(*tag) == self::tag(item))
                }
                _ => None,
            };
            if let (Some(content), Some((_, schema))) = (content, inside) {
                walk(content, schema, &format!("{path}.{key}"), found);
            }
        } else if let Some(key) = alone(names[index]) {
            walk(item, schema, &format!("{path}.{key}"), found);
        } else if meant(&position) == 0 {
            walk(item, schema, &format!("{path}.{position}"), found);
        }
    }
}

fn name(item: &Node) -> Option<&str> {
    item.get("name").and_then(Node::as_str)
}

fn tag(item: &Node) -> Option<&str> {
    item.as_table().and_then(Table::only).map(|entry| entry.key.as_str())
}

/// A key as a path writes it; `None` if a path cannot.
fn segment(key: &str) -> Option<String> {
    let plain = !key.is_empty() && key.trim() == key && !key.contains('"');
    let quoted = key.contains(['.', '=']);
    plain.then(|| if quoted { format!("\"{key}\"") } else { key.to_owned() })
}

/// The formats of texts that say how much.
const QUANTITIES: [&str; 6] = ["duration", "rate", "distribution", "keys", "bytes", "byte-rate"];

fn figure(node: &Node, schema: Schema<'_>) -> Option<String> {
    match (&node.kind, schema.shape()) {
        (Kind::Integer(n), Shape::Integer { .. } | Shape::Number { .. }) => Some(n.to_string()),
        (Kind::Float(x), Shape::Number { .. }) => Some(format!("{x:?}")),
        (Kind::String(text), Shape::Text { format: Some(format) }) => {
            QUANTITIES.contains(&format).then(|| format!("{text:?}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
title = "A storm"
[run]
length = "60s"
[clients.shop]
load = { open = { rate = "400/s", clients = 400 } }
call = { to = "payment", policy = "p.q" }
[services.payment]
instances = 4
pools.main = { workers = 3, queue = { fifo = { capacity = 200 } } }
steps = [{ work = "exp(20ms)" }, { work = "5ms" }]
[policies."p.q"]
layers = [{ retry = { max_attempts = 4, backoff = { fixed = { delay = "1s" } } } }, { timeout = "2s" }]
[[faults]]
name = "outage"
at = "20s"
for = "10s"
on = { service = "payment" }
fault = { refuse = {} }
[[variants]]
name = "more"
set = { "services.payment.instances" = 8 }
"#;

    fn paths() -> Vec<(String, String)> {
        settings(TEXT).into_iter().map(|setting| (setting.path, setting.value)).collect()
    }

    #[test]
    fn figures_are_found_with_their_paths_in_the_order_of_the_file() {
        let expected = [
            ("clients.shop.load.open.rate", "\"400/s\""),
            ("clients.shop.load.open.clients", "400"),
            ("services.payment.instances", "4"),
            ("services.payment.pools.main.workers", "3"),
            ("services.payment.pools.main.queue.fifo.capacity", "200"),
            ("services.payment.steps.0.work", "\"exp(20ms)\""),
            ("services.payment.steps.1.work", "\"5ms\""),
            ("policies.\"p.q\".layers.retry.max_attempts", "4"),
            ("policies.\"p.q\".layers.retry.backoff.fixed.delay", "\"1s\""),
            ("policies.\"p.q\".layers.timeout", "\"2s\""),
            ("faults.outage.at", "\"20s\""),
            ("faults.outage.for", "\"10s\""),
        ];
        let expected: Vec<(String, String)> =
            expected.iter().map(|(path, value)| ((*path).into(), (*value).into())).collect();
        assert_eq!(paths(), expected);
    }

    #[test]
    fn each_says_what_it_means() {
        for setting in settings(TEXT) {
            assert!(!setting.meaning.is_empty(), "{}", setting.path);
        }
    }

    #[test]
    fn what_is_no_scenario_has_none() {
        assert_eq!(settings("title = "), []);
        assert_eq!(settings("services = 3"), []);
    }
}
