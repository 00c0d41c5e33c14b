//! The check of a tree against the schema: every unknown key, wrong type, unknown name, missing
//! key and number out of range, in one pass, each at its place.

use super::expected;
use super::format;
use super::{Names, Schema, Shape};
use crate::diagnostic::Diagnostic;
use crate::source::{Sources, Span};
use crate::suggest::{did_you_mean, nearest, one_of};
use crate::tree::{Kind, Node, Table, shortened};

/// What a check found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Whether what is left of the tree can be read: unknown keys have been taken out, and
    /// nothing else was wrong.
    pub(crate) readable: bool,
}

/// More mistakes than these are not kept anyway.
const MOST_REPORTED: usize = 1_000;

/// Strings whose mistakes do not keep the rest from being compiled: what names nothing is left
/// out, and the mistake is reported anyway.
const HARMLESS: &[&str] = &[
    "client",
    "service",
    "policy",
    "row",
    "variant",
    "expectation",
    "condition",
    "figure",
    "course",
];

/// Checks a tree against a schema and takes unknown keys out of it.
pub(crate) fn check(root: &mut Node, schema: Schema<'_>, sources: &Sources) -> Checked {
    let names = Names::of(root);
    let mut check =
        Check { names: &names, sources, found: Checked { readable: true, ..Checked::default() } };
    check.node(root, schema);
    check.found
}

struct Check<'a> {
    names: &'a Names,
    sources: &'a Sources,
    found: Checked,
}

impl Check<'_> {
    fn error(&mut self, diagnostic: Diagnostic) {
        self.found.diagnostics.push(diagnostic);
        self.found.readable = false;
    }

    /// Whether enough has been found.
    fn is_enough(&mut self) -> bool {
        let enough = self.found.diagnostics.len() >= MOST_REPORTED;
        self.found.readable &= !enough;
        enough
    }

    fn node(&mut self, node: &mut Node, schema: Schema<'_>) {
        if self.is_enough() {
            return;
        }
        let (span, shape) = (node.span, schema.shape());
        match (&shape, &mut node.kind) {
            (Shape::Any, _) | (Shape::Boolean, Kind::Boolean(_)) => {}
            (Shape::Text { format: None }, Kind::String(_)) => {}
            (Shape::Text { format: Some(format) }, Kind::String(text)) => {
                self.text(format, text, span);
            }
            (Shape::Integer { min, max, .. }, Kind::Integer(n)) => {
                if !(*min..=*max).contains(n) {
                    self.out_of_range(span, &n.to_string(), &shape);
                }
            }
            (Shape::Integer { words, .. }, Kind::String(word)) if words.contains(&&**word) => {}
            (Shape::Number { .. }, Kind::Integer(n)) => self.number(span, *n as f64, &shape),
            (Shape::Number { .. }, Kind::Float(x)) => self.number(span, *x, &shape),
            (Shape::List { items, at_most }, Kind::List(list)) => {
                if list.len() as u64 > *at_most {
                    let title =
                        format!("{} items are more than the {at_most} there can be", list.len());
                    return self.error(Diagnostic::error(title).at(span, ""));
                }
                list.iter_mut().for_each(|item| self.node(item, *items));
            }
            (Shape::Record { properties, required }, Kind::Table(table)) => {
                self.record(span, table, properties, required);
            }
            (Shape::Map { values, at_least, at_most }, Kind::Table(table)) => {
                let entries = table.entries.len() as u64;
                if entries < *at_least {
                    self.error(Diagnostic::error("this needs at least one entry").at(span, ""));
                } else if entries > *at_most {
                    let title =
                        format!("{entries} entries are more than the {at_most} there can be");
                    return self.error(Diagnostic::error(title).at(span, ""));
                }
                table.entries.iter_mut().for_each(|entry| self.node(&mut entry.value, *values));
            }
            (Shape::Choice { words, tags }, Kind::String(word)) => {
                self.word(span, word, words, tags);
            }
            (Shape::Choice { words, tags }, Kind::Table(table)) => {
                self.tagged(span, table, words, tags, &shape);
            }
            _ => self.wrong_type(node, &shape),
        }
    }

    fn wrong_type(&mut self, node: &Node, shape: &Shape<'_>) {
        let help = match &node.kind {
            Kind::Integer(n) => shape.with_unit(&n.to_string()),
            Kind::Float(x) => shape.with_unit(&x.to_string()),
            _ => None,
        };
        let title = format!("expected {}, found {}", shape.expected(), node.describe());
        self.error(Diagnostic::error(title).at(node.span, "").maybe_help(help));
    }

    fn out_of_range(&mut self, span: Span, number: &str, shape: &Shape<'_>) {
        let title = format!("`{number}` is out of range: expected {}", shape.expected());
        self.error(Diagnostic::error(title).at(span, ""));
    }

    fn number(&mut self, span: Span, x: f64, shape: &Shape<'_>) {
        let Shape::Number { min, max } = shape else { return };
        let inside = min.is_none_or(|min| x >= min) && max.is_none_or(|max| x <= max);
        if !x.is_finite() || !inside {
            self.out_of_range(span, &x.to_string(), shape);
        }
    }

    fn text(&mut self, format: &str, text: &str, span: Span) {
        let Err(complaint) = format::check(format, text, self.names) else { return };
        let span = match complaint.range {
            Some(range) => within_string(self.sources, span, text, range),
            None => span,
        };
        let mut diagnostic = Diagnostic::error(complaint.title).at(span, "");
        diagnostic.helps = complaint.helps;
        self.found.readable &= HARMLESS.contains(&format);
        self.found.diagnostics.push(diagnostic);
    }

    fn record(
        &mut self,
        span: Span,
        table: &mut Table,
        properties: &[(&str, Schema<'_>)],
        required: &[&str],
    ) {
        let known = |key: &str| properties.iter().find(|(name, _)| *name == key);
        let names = || properties.iter().map(|(name, _)| *name);
        let mut meant = Vec::new();
        table.entries.retain_mut(|entry| match known(&entry.key) {
            Some((_, schema)) => {
                self.node(&mut entry.value, *schema);
                true
            }
            None if self.is_enough() => false,
            None => {
                meant.extend(nearest(&entry.key, names()));
                // An unknown key can be taken out: the rest is still worth reading.
                self.found.diagnostics.push(unknown_key(&entry.key, entry.key_span, names()));
                false
            }
        });
        for key in required.iter().filter(|key| table.get(key).is_none()) {
            let description = known(key).and_then(|(_, schema)| schema.description());
            self.found.readable = false;
            // Whoever misspelt a key does not want to hear that it is missing, too.
            if !meant.contains(key) {
                self.error(missing_key(key, span, description));
            }
        }
    }

    fn word(&mut self, span: Span, word: &str, words: &[&str], tags: &[(&str, Schema<'_>)]) {
        if words.contains(&word) {
            return;
        }
        if let Some((tag, schema)) = tags.iter().find(|(tag, _)| *tag == word) {
            let example = match schema.shape() {
                Shape::Record { required, .. } if required.is_empty() => {
                    format!("{{ {tag} = {{}} }}")
                }
                Shape::Record { required, .. } => {
                    format!("{{ {tag} = {{ {} = … }} }}", required.join(" = …, "))
                }
                _ => format!("{{ {tag} = … }}"),
            };
            let title = format!("`{tag}` takes parameters, so it is a table");
            self.error(Diagnostic::error(title).at(span, "").help(format!("write `{example}`")));
            return;
        }
        let shape = Shape::Choice { words: words.to_vec(), tags: tags.to_vec() };
        let all = || words.iter().copied().chain(tags.iter().map(|(tag, _)| *tag));
        let title = match words {
            [] => format!("expected {}, found the string `{}`", shape.expected(), shortened(word)),
            _ => format!("`{}` is not one of the choices", shortened(word)),
        };
        if words.is_empty() {
            let help = did_you_mean(word, all());
            return self.error(Diagnostic::error(title).at(span, "").maybe_help(help));
        }
        self.error(
            Diagnostic::error(title)
                .at(span, "")
                .maybe_help(did_you_mean(word, all()))
                .help(format!("choose {}", one_of(all()))),
        );
    }

    fn tagged(
        &mut self,
        span: Span,
        table: &mut Table,
        words: &[&str],
        tags: &[(&str, Schema<'_>)],
        shape: &Shape<'_>,
    ) {
        let names = || tags.iter().map(|(tag, _)| *tag).chain(words.iter().copied());
        match table.entries.as_mut_slice() {
            [] => {
                let title = format!("this chooses nothing: expected {}", shape.expected());
                self.error(Diagnostic::error(title).at(span, ""));
            }
            [entry] => {
                let tag = entry.key.clone();
                if let Some((_, schema)) = tags.iter().find(|(name, _)| *name == tag) {
                    self.node(&mut entry.value, *schema);
                } else if words.contains(&tag.as_str()) {
                    let title = format!("`{tag}` takes no parameters, so it is a string");
                    let help = format!("write `\"{tag}\"`");
                    self.error(Diagnostic::error(title).at(entry.key_span, "").help(help));
                } else {
                    self.error(
                        Diagnostic::error(format!(
                            "`{}` is not one of the choices",
                            shortened(&tag)
                        ))
                        .at(entry.key_span, "")
                        .maybe_help(did_you_mean(&tag, names()))
                        .help(format!("choose {}", one_of(names()))),
                    );
                }
            }
            [first, second, ..] => {
                let title = format!(
                    "`{}` and `{}` at once: only one can be chosen",
                    shortened(&first.key),
                    shortened(&second.key)
                );
                self.error(
                    Diagnostic::error(title)
                        .at(second.key_span, "this is one too many")
                        .at(first.key_span, "the first choice"),
                );
            }
        }
    }
}

fn unknown_key<'a>(
    key: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let list = match known.clone().next() {
        Some(_) => format!("the keys here are {}", expected::and_list(known.clone())),
        None => "there is nothing to set here".to_owned(),
    };
    Diagnostic::error(format!("unknown key `{}`", shortened(key)))
        .at(span, "")
        .maybe_help(did_you_mean(key, known))
        .help(list)
}

fn missing_key(key: &str, span: Span, description: Option<&str>) -> Diagnostic {
    let about = description.map(|text| format!("`{key}`: {}", text.replace('\n', " ")));
    Diagnostic::error(format!("the key `{key}` is missing")).at(span, "").maybe_help(about)
}

/// The place of some bytes of a string: exact where the string is written as it is meant, the
/// whole string where escapes stand between.
pub(crate) fn within_string(
    sources: &Sources,
    span: Span,
    text: &str,
    range: std::ops::Range<usize>,
) -> Span {
    let written = sources.slice(span);
    match written.find(text) {
        Some(offset) if !text.is_empty() => {
            let start = span.start + offset;
            Span::new(span.source, start + range.start..start + range.end)
        }
        _ => span,
    }
}
