//! The format as a flat list of keys: what the generated reference prints.

use serde_json::Value;

use super::{Schema, Shape};

/// A key of the file format.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The way to it, names of the user's own in capitals: `services.X.pools.X.workers`.
    pub path: String,
    /// What stands there: "a duration such as \"250ms\"".
    pub expects: String,
    /// What it means.
    pub description: String,
    /// Whether it has to be given.
    pub required: bool,
    /// What stands for it if it is not given, as TOML or JSON would write it.
    pub default: Option<String>,
}

/// Every key of the file format, in the order of the alphabet; a table comes before what it holds.
pub fn outline() -> Vec<Field> {
    let mut fields = Vec::new();
    inside(super::document(), "", &mut Vec::new(), &mut fields);
    fields
}

/// What lies inside a value, but for what lies inside itself: steps within steps are like those around
/// them.
fn inside<'s>(schema: Schema<'s>, path: &str, way: &mut Vec<&'s str>, fields: &mut Vec<Field>) {
    let definition = schema.definition();
    if definition.is_some_and(|definition| way.contains(&definition)) {
        return;
    }
    way.extend(definition);
    match schema.shape() {
        Shape::Record { properties, required } => {
            for (name, property) in properties {
                let path = join(path, name);
                fields.push(field(property, &path, required.contains(&name)));
                inside(property, &path, way, fields);
            }
        }
        Shape::Map { values, .. } => inside(values, &join(path, "X"), way, fields),
        Shape::List { items, .. } => inside(items, &format!("{path}[]"), way, fields),
        Shape::Choice { tags, .. } => {
            for (tag, content) in tags {
                let path = join(path, tag);
                fields.push(field(content, &path, false));
                inside(content, &path, way, fields);
            }
        }
        _ => {}
    }
    if definition.is_some() {
        way.pop();
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn field(schema: Schema<'_>, path: &str, required: bool) -> Field {
    let default = schema.default().filter(|_| !required);
    Field {
        path: path.to_owned(),
        expects: schema.shape().expected(),
        description: schema.description().unwrap_or_default().to_owned(),
        required,
        default: default.filter(|value| !is_empty(value)).map(Value::to_string),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outline_reaches_into_every_corner() {
        let fields = outline();
        let find = |path: &str| fields.iter().find(|field| field.path == path);
        for path in [
            "run.length",
            "clients.X.load.open.stages[].to",
            "services.X.endpoints.X.steps[].call.to",
            "services.X.pools.X.queue.fifo.capacity",
            "policies.X.layers[].retry.max_attempts",
            "faults[].fault.slow.factor",
            "network.give_up",
        ] {
            assert!(find(path).is_some_and(|field| !field.description.is_empty()), "{path}");
        }
        assert!(find("run.length").unwrap().required);
        assert_eq!(find("run.replications").unwrap().default.as_deref(), Some("30"));
        assert_eq!(find("network.give_up").unwrap().default.as_deref(), Some("\"127s\""));
    }
}
