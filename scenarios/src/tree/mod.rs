//! A parsed text as a small tree whose every key and value knows its place.

mod locate;
mod parse;
mod read;
mod set;

pub(crate) use locate::Place;
pub(crate) use parse::{parse_document, parse_value};
pub(crate) use read::read;
pub(crate) use set::{SetPath, set};

use crate::source::Span;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    String(String),
    /// TOML has integers of 64 bits with a sign; seeds may use the sign's bit too.
    Integer(i128),
    Float(f64),
    Boolean(bool),
    /// A date or a time, as written: the format has none, but TOML does.
    Datetime(String),
    List(Vec<Node>),
    Table(Table),
}

/// A table, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Table {
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    /// The one entry, if there is just one: how a choice with parameters is written.
    pub(crate) fn only(&self) -> Option<&Entry> {
        match self.entries.as_slice() {
            [entry] => Some(entry),
            _ => None,
        }
    }
}

impl Node {
    pub(crate) fn as_table(&self) -> Option<&Table> {
        match &self.kind {
            Kind::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key, if this is a table that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.as_table()?.get(key)
    }

    /// What this is, for messages: "the string `\"20\"`".
    pub(crate) fn describe(&self) -> String {
        match &self.kind {
            Kind::String(text) => format!("the string {}", shortened(&format!("{text:?}"))),
            Kind::Integer(n) => format!("the integer `{n}`"),
            Kind::Float(x) => format!("the number `{x}`"),
            Kind::Boolean(b) => format!("`{b}`"),
            Kind::Datetime(text) => format!("the date or time `{text}`"),
            Kind::List(_) => "a list".to_owned(),
            Kind::Table(_) => "a table".to_owned(),
        }
    }
}

/// A text, cut where it is too long for a message.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}
