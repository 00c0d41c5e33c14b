//! The JSON Schema of the file format, and what follows from it: the check of a tree against it
//! and the outline behind the generated reference.

mod check;
mod expected;
mod format;
mod names;
mod outline;
mod shape;

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::Value;

pub(crate) use check::{check, within_string};
pub(crate) use names::Names;
pub use outline::{Field, outline};
pub(crate) use shape::{Schema, Shape};

use crate::document::Document;

/// The JSON Schema of a scenario file (draft 2020-12), made from the types that read it.
pub fn schema() -> Value {
    SCHEMA.clone()
}

/// The schema of the whole document, for walking.
pub(crate) fn document() -> Schema<'static> {
    Schema::new(&SCHEMA)
}

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Document>().to_value();
    drop_null(&mut schema);
    schema
});

/// TOML has no null: an optional key is left out. What serde would also take as null is no part
/// of the format.
fn drop_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(drop_null),
        Value::Object(object) => {
            object.retain(|key, value| !(key == "default" && value.is_null()));
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|t| t != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
                branches.retain(|branch| branch.get("type").is_none_or(|t| t != "null"));
                if let [Value::Object(only)] = branches.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    for (key, value) in only {
                        object.entry(key).or_insert(value);
                    }
                }
            }
            object.values_mut().for_each(drop_null);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_no_null_and_documents_every_key() {
        fn walk(value: &Value, place: &str) {
            let Some(object) = value.as_object() else { return };
            assert!(object.get("type") != Some(&Value::from("null")), "{place}");
            if let Some(properties) = object.get("properties").and_then(Value::as_object) {
                let is_tag = object.contains_key("required") && properties.len() == 1;
                for (name, property) in properties {
                    let described = property.get("description").is_some()
                        || property.get("$ref").is_some()
                        || object.get("description").is_some() && is_tag;
                    assert!(described, "{place}.{name} has no description");
                }
            }
            for (key, child) in object {
                match child {
                    Value::Array(items) => {
                        items.iter().for_each(|item| walk(item, &format!("{place}.{key}")));
                    }
                    _ => walk(child, &format!("{place}.{key}")),
                }
            }
        }
        walk(&SCHEMA, "");
    }
}
