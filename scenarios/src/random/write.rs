//! A scenario as TOML, and where in the text each part of it stands.

use std::fmt::Write as _;
use std::ops::Range;

use serde_json::{Map, Value};

/// One step on the way to a part of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The entry of a table.
    Name(String),
    /// An item of a list.
    Place(usize),
}

/// A scenario as TOML: what it names has a section of its own, what lies deeper stands in line.
pub fn text(scenario: &Value) -> String {
    written(scenario).text
}

/// A text, and which bytes of it each part is.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) parts: Vec<(Range<usize>, Vec<Key>)>,
    path: Vec<Key>,
}

pub(super) fn written(scenario: &Value) -> Written {
    let mut to = Written::default();
    let Some(root) = scenario.as_object() else { return to };
    let simple = |value: &Value| !value.is_object() && !is_tables(value);
    for (key, value) in root.iter().filter(|(_, value)| simple(value)) {
        to.line(key, value);
    }
    for (key, value) in root.iter().filter(|(_, value)| !simple(value)) {
        to.part(Key::Name(key.clone()), |to| to.section(key, value));
    }
    to
}

/// Whether it is a list of tables, or of nothing.
fn is_tables(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_object))
}

impl Written {
    fn part(&mut self, key: Key, write: impl FnOnce(&mut Self)) {
        let start = self.text.len();
        self.path.push(key);
        write(self);
        self.parts.push((start..self.text.len(), self.path.clone()));
        self.path.pop();
    }

    fn section(&mut self, name: &str, value: &Value) {
        match value {
            Value::Array(items) => {
                for (place, item) in items.iter().enumerate() {
                    self.part(Key::Place(place), |to| to.table(&format!("[[{name}]]"), item));
                }
            }
            Value::Object(entries) if entries.values().all(Value::is_object) => {
                for (key, entry) in entries {
                    let header = format!("[{name}.{}]", quoted(key));
                    self.part(Key::Name(key.clone()), |to| to.table(&header, entry));
                }
            }
            _ => self.table(&format!("[{name}]"), value),
        }
    }

    fn table(&mut self, header: &str, table: &Value) {
        let _ = writeln!(self.text, "\n{header}");
        for (key, value) in table.as_object().into_iter().flat_map(Map::iter) {
            self.line(key, value);
        }
    }

    fn line(&mut self, key: &str, value: &Value) {
        self.entry(key, value);
        self.text.push('\n');
    }

    fn entry(&mut self, key: &str, value: &Value) {
        self.part(Key::Name(key.to_owned()), |to| {
            let _ = write!(to.text, "{} = ", quoted(key));
            to.value(value);
        });
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Array(items) => {
                self.text.push('[');
                for (place, item) in items.iter().enumerate() {
                    self.text.push_str(if place > 0 { ", " } else { "" });
                    self.part(Key::Place(place), |to| to.value(item));
                }
                self.text.push(']');
            }
            Value::Object(entries) => {
                self.text.push('{');
                for (place, (key, value)) in entries.iter().enumerate() {
                    self.text.push_str(if place > 0 { ", " } else { " " });
                    self.entry(key, value);
                }
                self.text.push_str(if entries.is_empty() { "}" } else { " }" });
            }
            // Strings of JSON are strings of TOML, and so are numbers.
            other => {
                let _ = write!(self.text, "{other}");
            }
        }
    }
}

fn quoted(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match key {
        bare if !bare.is_empty() && bare.chars().all(plain) => bare.to_owned(),
        other => Value::from(other).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_reads_back_and_its_parts_are_where_they_are_said_to_be() {
        let scenario = json!({
            "title": "a \"b\"\n",
            "run": { "length": "1s", "limits": { "events": 3 } },
            "links": { "a->b": { "loss": 0.5 } },
            "faults": [{ "name": "x", "on": { "service": "b" } }, { "stages": [{ "share": 1.0 }] }],
        });
        let written = written(&scenario);
        let read: Value = toml::from_str(&written.text).unwrap();
        assert_eq!(read, scenario);
        let part = |path: &[Key]| {
            let (range, _) = written.parts.iter().find(|(_, found)| found == path).unwrap();
            &written.text[range.clone()]
        };
        let name = |key: &str| Key::Name(key.into());
        assert_eq!(part(&[name("links"), name("a->b"), name("loss")]), "loss = 0.5");
        let stage = [name("faults"), Key::Place(1), name("stages"), Key::Place(0)];
        assert_eq!(part(&stage), "{ share = 1.0 }");
    }
}
