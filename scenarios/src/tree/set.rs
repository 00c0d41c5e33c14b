//! Setting the value at a path: variants, sweeps and `--set path=value` share this.

use std::fmt;

use super::{Entry, Kind, Node, Table, shortened};
use crate::diagnostic::Diagnostic;
use crate::schema::{Schema, Shape};
use crate::source::Span;
use crate::suggest::{did_you_mean, one_of};

/// A path such as `policies.shop-to-payment.layers.retry.max_attempts`; a name with a dot stands
/// in quotes: `links."api.checkout->db".loss`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SetPath {
    segments: Vec<String>,
    span: Span,
}

impl SetPath {
    /// Reads a path; `span` is where it stands.
    ///
    /// # Errors
    /// When it is empty, or has an empty part or a quote that does not end.
    pub(crate) fn parse(text: &str, span: Span) -> Result<Self, Diagnostic> {
        let wrong = |why: &str| {
            Diagnostic::error(format!("`{}` is not a path: {why}", shortened(text)))
                .at(span, "")
                .help("write the keys with dots between them, as in `run.length`")
        };
        let mut segments = Vec::new();
        let mut rest = text;
        loop {
            let (segment, after) = match rest.strip_prefix('"') {
                Some(quoted) => {
                    quoted.split_once('"').ok_or_else(|| wrong("a quote does not end"))?
                }
                None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
            };
            let segment = segment.trim();
            if segment.is_empty() {
                return Err(wrong("a part of it is empty"));
            }
            segments.push(segment.to_owned());
            match after.strip_prefix('.') {
                Some(next) => rest = next,
                None if after.is_empty() => return Ok(Self { segments, span }),
                None => return Err(wrong("after a quoted part comes a dot")),
            }
        }
    }

    /// The key of the file that the path starts at.
    pub(crate) fn section(&self) -> &str {
        &self.segments[0]
    }

    /// The key at a position.
    pub(crate) fn key(&self, position: usize) -> Option<&str> {
        self.segments.get(position).map(String::as_str)
    }

    /// Where it stands.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// How many keys it has.
    pub(crate) fn len(&self) -> usize {
        self.segments.len()
    }

    /// The first `n` keys as they are written.
    fn text(&self, n: usize) -> String {
        let quoted = |key: &String| {
            if key.contains('.') { format!("\"{key}\"") } else { key.clone() }
        };
        self.segments[..n].iter().map(quoted).collect::<Vec<_>>().join(".")
    }
}

impl fmt::Display for SetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shortened(&self.text(self.len())))
    }
}

/// Puts a value at a path. What is there is replaced; what is not there can be added if it is an
/// optional key of a table that is there.
///
/// # Errors
/// When the path leads nowhere; the place is the path's own.
pub(crate) fn set(
    root: &mut Node,
    schema: Schema<'_>,
    path: &SetPath,
    value: Node,
) -> Result<(), Diagnostic> {
    let mut here = root;
    let mut schema = schema;
    for (done, segment) in path.segments.iter().enumerate() {
        let walk = Walk { path, done, segment };
        let found = match &here.kind {
            Kind::Table(table) => walk.in_table(table, schema)?,
            Kind::List(items) => walk.in_list(items, schema)?,
            _ => return Err(walk.nothing_inside(here)),
        };
        schema = found.schema;
        match (found.at, &mut here.kind) {
            (At::Key, Kind::Table(table)) => {
                if table.get(segment).is_none() {
                    table.entries.push(Entry {
                        key: segment.clone(),
                        key_span: path.span,
                        value: value.clone(),
                    });
                }
                here = match table.get_mut(segment) {
                    Some(value) => value,
                    None => return Ok(()),
                };
            }
            (At::Item(index), Kind::List(items)) => here = &mut items[index],
            (At::Tagged(index), Kind::List(items)) => match &mut items[index].kind {
                Kind::Table(Table { entries }) => here = &mut entries[0].value,
                _ => return Ok(()),
            },
            _ => return Ok(()),
        }
    }
    *here = value;
    Ok(())
}

/// One step of the way.
struct Walk<'a> {
    path: &'a SetPath,
    /// How many segments lie behind.
    done: usize,
    segment: &'a str,
}

struct Found<'s> {
    at: At,
    schema: Schema<'s>,
}

enum At {
    /// The key of that name, there or to be added.
    Key,
    /// An item of a list.
    Item(usize),
    /// What an item of a list holds under its tag.
    Tagged(usize),
}

impl Walk<'_> {
    fn is_last(&self) -> bool {
        self.done + 1 == self.path.len()
    }

    /// Where the way has led so far, for messages.
    fn parent(&self) -> String {
        match self.done {
            0 => "the file".to_owned(),
            n => format!("`{}`", self.path.text(n)),
        }
    }

    fn error(&self, title: String) -> Diagnostic {
        Diagnostic::error(title).at(self.path.span, "")
    }

    fn nothing_inside(&self, here: &Node) -> Diagnostic {
        let parent = self.parent();
        self.error(format!("{parent} is {}: it has no `{}`", here.describe(), self.segment))
    }

    fn in_table<'s>(&self, table: &Table, schema: Schema<'s>) -> Result<Found<'s>, Diagnostic> {
        let exists = table.get(self.segment).is_some();
        match schema.shape() {
            Shape::Record { properties, .. } => {
                match properties.iter().find(|(name, _)| *name == self.segment) {
                    Some((_, schema)) if exists || self.is_last() => {
                        Ok(Found { at: At::Key, schema: *schema })
                    }
                    Some(_) => Err(self.not_written()),
                    None => Err(self.unknown(properties.iter().map(|(name, _)| *name))),
                }
            }
            Shape::Map { values, .. } if exists => Ok(Found { at: At::Key, schema: values }),
            Shape::Choice { tags, .. } => {
                match tags.iter().find(|(tag, _)| *tag == self.segment) {
                    Some((_, schema)) if exists => Ok(Found { at: At::Key, schema: *schema }),
                    // What is no choice is said of the file itself, not of the path.
                    None if exists => Ok(Found { at: At::Key, schema: Schema::anything() }),
                    Some(_) => Err(self.chosen_otherwise(table)),
                    None => Err(self.unknown(table.keys())),
                }
            }
            _ if exists => Ok(Found { at: At::Key, schema }),
            _ => Err(self.unknown(table.keys())),
        }
    }

    fn unknown<'k>(&self, known: impl Iterator<Item = &'k str> + Clone) -> Diagnostic {
        let known_list = one_of(known.clone());
        self.error(format!("{} has no `{}` to set", self.parent(), shortened(self.segment)))
            .maybe_help(did_you_mean(self.segment, known))
            .help(format!("what can be set there is {known_list}"))
    }

    fn not_written(&self) -> Diagnostic {
        let whole = self.path.text(self.done + 1);
        self.error(format!("the file has no `{whole}` to set a part of"))
            .help(format!("set `{whole}` as a whole, or write it into the file"))
    }

    fn chosen_otherwise(&self, table: &Table) -> Diagnostic {
        let chosen = table.keys().next().unwrap_or("nothing");
        let parent = self.path.text(self.done);
        self.error(format!("`{parent}` is `{chosen}` here, not `{}`", self.segment))
            .help(format!("to choose otherwise, set `{parent}` to `{{ {} = … }}`", self.segment))
    }

    fn in_list<'s>(&self, items: &[Node], schema: Schema<'s>) -> Result<Found<'s>, Diagnostic> {
        let schema = match schema.shape() {
            Shape::List { items, .. } => items,
            _ => schema,
        };
        let tag =
            |item: &Node| item.as_table().and_then(Table::only).map(|entry| entry.key.clone());
        let tagged = positions(items, |item| tag(item).as_deref() == Some(self.segment));
        let named =
            positions(items, |item| item.get("name").and_then(Node::as_str) == Some(self.segment));
        let content = |schema: Schema<'s>| match schema.shape() {
            Shape::Choice { tags, .. } => {
                tags.into_iter().find(|(tag, _)| *tag == self.segment).map(|(_, schema)| schema)
            }
            _ => None,
        };
        match (tagged.as_slice(), named.as_slice(), self.segment.parse::<usize>()) {
            (&[index], &[], _) => {
                Ok(Found { at: At::Tagged(index), schema: content(schema).unwrap_or(schema) })
            }
            (&[], &[index], _) => Ok(Found { at: At::Item(index), schema }),
            (&[], &[], Ok(index)) if index < items.len() => {
                Ok(Found { at: At::Item(index), schema })
            }
            (&[], &[], _) => Err(self.no_item(items)),
            _ => Err(self.ambiguous(tagged.into_iter().chain(named))),
        }
    }

    fn ambiguous(&self, positions: impl Iterator<Item = usize>) -> Diagnostic {
        let positions: Vec<String> = positions.map(|index| index.to_string()).collect();
        let parent = self.parent();
        self.error(format!("{parent} has more than one `{}`", self.segment)).help(format!(
            "say which by its position: {}",
            one_of(positions.iter().map(String::as_str))
        ))
    }

    fn no_item(&self, items: &[Node]) -> Diagnostic {
        let names: Vec<&str> = items
            .iter()
            .filter_map(|item| {
                let named = item.get("name").and_then(Node::as_str);
                named.or_else(|| item.as_table()?.only().map(|entry| entry.key.as_str()))
            })
            .collect();
        let count = items.len();
        let there_is = match (count, names.is_empty()) {
            (0, _) => "the list is empty".to_owned(),
            (_, false) => format!("the list has {}", one_of(names.iter().copied())),
            (_, true) => format!("the list has the positions 0 to {}", count - 1),
        };
        self.error(format!("{} has no item `{}`", self.parent(), shortened(self.segment)))
            .maybe_help(did_you_mean(self.segment, names.iter().copied()))
            .help(there_is)
    }
}

fn positions(items: &[Node], is_it: impl Fn(&Node) -> bool) -> Vec<usize> {
    let matching = items.iter().enumerate().filter(|(_, item)| is_it(item));
    matching.map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests;
