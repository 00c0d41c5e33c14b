//! What makes a scenario of what is drawn: who is there, how long it runs, how much of what.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::draw::Drawing;
use crate::schema::{self, Schema, Shape};

/// A scenario that may have mistakes.
pub(super) fn scenario(dice: Dice) -> Value {
    let mut drawing = Drawing::new(dice);
    let Shape::Record { properties, .. } = schema::document().shape() else { return Value::Null };
    let section = |name: &str| properties.iter().find(|(key, _)| *key == name).map(|(_, s)| *s);
    let mut root = Map::new();
    root.insert("title".to_owned(), "Drawn from a seed".into());
    root.insert("run".to_owned(), run(&mut drawing.dice));
    let names = drawing.names.clone();
    let services: Vec<String> = names.services.iter().map(|service| service.name.clone()).collect();
    let tables: [(&str, &[String]); 9] = [
        ("services", &services),
        ("clients", &names.clients),
        ("machines", &names.machines),
        ("policies", &names.policies),
        ("rows", &names.rows),
        ("stores", &names.stores),
        ("effects", &names.effects),
        ("caches", &names.caches),
        ("brokers", &names.brokers),
    ];
    for (key, names) in tables {
        let Some(schema) = section(key) else { continue };
        let table = named(&mut drawing, key, schema, names);
        if matches!(key, "services" | "clients") {
            drawing.names.find_links(&table);
        }
        root.insert(key.to_owned(), table.into());
    }
    if let Some(schema) = section("links") {
        let mut links = drawing.names.links.clone();
        links.retain(|_| drawing.dice.chance(35));
        let table = named(&mut drawing, "links", schema, &links);
        root.insert("links".to_owned(), table.into());
    }
    for (key, percent) in [("network", 50), ("hypothesis", 20), ("report", 15)] {
        if let (true, Some(schema)) = (drawing.dice.chance(percent), section(key)) {
            root.extend(drawing.at(key, schema).map(|value| (key.to_owned(), value)));
        }
    }
    for (key, most) in [("faults", 6), ("expect", 3)] {
        let number = drawing.dice.from(0, most);
        if let Some(items) = section(key).and_then(items) {
            root.insert(key.to_owned(), drawing.within(key, |d| d.list(key, items, number)).into());
        }
    }
    if let Some(Value::Array(faults)) = root.get_mut("faults") {
        faults.iter_mut().for_each(primaries_die);
    }
    if let Some(items) = section("alerts").and_then(items) {
        let mut alerts = drawing.list("alerts", items, names.alerts.len());
        for (alert, name) in alerts.iter_mut().zip(&names.alerts) {
            alert["name"] = name.as_str().into();
            alert["every"] = "1s".into();
        }
        root.insert("alerts".to_owned(), alerts.into());
    }
    let variants: Vec<Value> =
        names.variants.iter().map(|name| variant(&mut drawing, name)).collect();
    root.insert("variants".to_owned(), variants.into());
    if let (true, Some(items)) = (drawing.dice.chance(30), section("charts").and_then(items)) {
        root.insert("charts".to_owned(), drawing.list("charts", items, 2).into());
    }
    Value::Object(root)
}

/// Nothing else can happen to a primary.
fn primaries_die(fault: &mut Value) {
    if fault.get("on").is_some_and(|on| on.get("primary").is_some()) {
        fault["fault"] = json!({ "crash": {} });
    }
}

/// Short runs, which are given up early.
fn run(dice: &mut Dice) -> Value {
    let lengths = ["4s", "8s", "12s"];
    let warmups = ["0s", "1s", "1500ms"];
    let bins = ["1s", "1s", "500ms", "700ms"];
    json!({
        "length": dice.pick(&lengths),
        "warmup": dice.pick(&warmups),
        "seed": dice.below(1_000_000),
        "replications": 2,
        "steady": { "bin": dice.pick(&bins), "trigger_gone": "1s" },
        "limits": {
            "events": if dice.chance(5) { 3_000 } else { 40_000 },
            "in_flight": if dice.chance(5) { 50 } else { 1_000 },
        },
    })
}

/// The entries of a table that has a name for each.
fn named(
    drawing: &mut Drawing,
    key: &str,
    schema: Schema<'static>,
    names: &[String],
) -> Map<String, Value> {
    let Shape::Map { values, .. } = schema.shape() else { return Map::new() };
    let mut table = Map::new();
    for (place, name) in names.iter().enumerate() {
        drawing.service = (key == "services").then_some(place);
        let entry = drawing.within(key, |drawing| drawing.at(name, values));
        table.extend(entry.map(|value| (name.clone(), value)));
    }
    drawing.service = None;
    table
}

fn items(schema: Schema<'static>) -> Option<Schema<'static>> {
    match schema.shape() {
        Shape::List { items, .. } => Some(items),
        _ => None,
    }
}

/// A variant sets something else at some of the paths that have been drawn.
fn variant(drawing: &mut Drawing, name: &str) -> Value {
    let mut set = Map::new();
    let paths: Vec<_> = drawing
        .drawn
        .iter()
        .filter(|(path, _)| path.len() > 2 && !path.iter().any(|key| key.contains('>')))
        .cloned()
        .collect();
    for _ in 0..drawing.dice.from(0, 3) {
        let Some((path, schema)) = drawing.dice.pick(&paths).cloned() else { break };
        let key = path.last().cloned().unwrap_or_default();
        set.extend(drawing.value(&key, schema).map(|value| (path.join("."), value)));
    }
    json!({ "name": name, "set": set })
}
