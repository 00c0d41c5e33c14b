//! TOML to a tree, with as many syntax errors in one pass as there are.

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::{Entry, Kind, Node, Table};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};

/// Reads a whole document.
///
/// # Errors
/// All mistakes of syntax.
pub(crate) fn parse_document(id: SourceId, text: &str) -> Result<Node, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { id, offset: 0, length: text.len(), errors: Vec::new() };
    reader.errors = errors.iter().map(|error| reader.syntax(error)).collect();
    let kind = Kind::Table(reader.table(table.into_inner()));
    let root = Node { span: Span::new(id, 0..first_line_end(text)), kind };
    if reader.errors.is_empty() { Ok(root) } else { Err(reader.errors) }
}

/// Reads the value that stands at `range` of a text: TOML if it is TOML, else a plain string, so
/// that `--set run.length=60s` needs no second pair of quotes.
pub(crate) fn parse_value(id: SourceId, text: &str, start: usize) -> Node {
    let value = text.get(start..).unwrap_or("");
    let span = Span::new(id, start..text.len());
    let plain = || Node { span, kind: Kind::String(value.to_owned()) };
    let (parsed, errors) = DeValue::parse_recoverable(value);
    if !errors.is_empty() {
        return plain();
    }
    let mut reader = Reader { id, offset: start, length: text.len(), errors: Vec::new() };
    let node = reader.node(parsed);
    match node.kind {
        Kind::Datetime(_) => plain(),
        _ if reader.errors.is_empty() => node,
        _ => plain(),
    }
}

fn first_line_end(text: &str) -> usize {
    text.find(['\n', '\r']).unwrap_or(text.len())
}

struct Reader {
    id: SourceId,
    /// Where the parsed part starts in its source.
    offset: usize,
    /// The length of the source.
    length: usize,
    errors: Vec<Diagnostic>,
}

impl Reader {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        let clamp = |at: usize| (at + self.offset).min(self.length);
        Span::new(self.id, clamp(range.start)..clamp(range.end))
    }

    fn syntax(&self, error: &Error) -> Diagnostic {
        let range = error.span().unwrap_or(0..0);
        Diagnostic::error(format!("this is not TOML: {}", error.message())).at(self.span(range), "")
    }

    fn node(&mut self, value: Spanned<DeValue<'_>>) -> Node {
        let span = self.span(value.span());
        let kind = match value.into_inner() {
            DeValue::String(text) => Kind::String(text.into_owned()),
            DeValue::Integer(n) => {
                let parsed = i128::from_str_radix(n.as_str(), n.radix());
                Kind::Integer(parsed.unwrap_or_else(|_| self.too_large(span)))
            }
            DeValue::Float(x) => Kind::Float(x.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(b) => Kind::Boolean(b),
            DeValue::Datetime(when) => Kind::Datetime(when.to_string()),
            DeValue::Array(items) => Kind::List(items.into_iter().map(|v| self.node(v)).collect()),
            DeValue::Table(table) => Kind::Table(self.table(table)),
        };
        Node { span, kind }
    }

    fn table(&mut self, table: DeTable<'_>) -> Table {
        let mut entries: Vec<Entry> = table
            .into_iter()
            .map(|(key, value)| Entry {
                key_span: self.span(key.span()),
                key: key.into_inner().into_owned(),
                value: self.node(value),
            })
            .collect();
        // The parser sorts by name; the file's own order is the one that means something.
        entries.sort_by_key(|entry| entry.key_span);
        Table { entries }
    }

    fn too_large(&mut self, span: Span) -> i128 {
        self.errors.push(Diagnostic::error("this integer is too large").at(span, ""));
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn parse(text: &str) -> Result<Node, Vec<Diagnostic>> {
        parse_document(Sources::default().add("t", text), text)
    }

    #[test]
    fn tables_keep_the_order_of_the_file() {
        let root = parse("z = 1\n[b.y]\nk = 2\n[a]\n[b.x]\n").unwrap();
        let keys: Vec<&str> = root.as_table().unwrap().keys().collect();
        assert_eq!(keys, ["z", "b", "a"]);
        let keys: Vec<&str> = root.get("b").unwrap().as_table().unwrap().keys().collect();
        assert_eq!(keys, ["y", "x"]);
    }

    #[test]
    fn several_mistakes_of_syntax_are_found_in_one_pass() {
        let errors = parse("a = \nb = 1\nb = 2\nc = 'x\n").unwrap_err();
        assert!(errors.len() >= 3, "{errors:#?}");
    }

    #[test]
    fn what_is_set_is_toml_or_else_a_plain_string() {
        let value = |text: &str| parse_value(Sources::default().add("t", text), text, 0).kind;
        assert_eq!(value("3"), Kind::Integer(3));
        assert_eq!(value("0.5"), Kind::Float(0.5));
        assert_eq!(value("true"), Kind::Boolean(true));
        assert_eq!(value("60s"), Kind::String("60s".into()));
        assert_eq!(value("\"60s\""), Kind::String("60s".into()));
        assert_eq!(value("none"), Kind::String("none".into()));
        assert_eq!(value("exp(20ms)"), Kind::String("exp(20ms)".into()));
        assert_eq!(value(""), Kind::String(String::new()));
        assert_eq!(value("2020-01-01"), Kind::String("2020-01-01".into()));
        assert!(matches!(value("{ refuse = {} }"), Kind::Table(_)));
        assert!(matches!(value("{ refuse = "), Kind::String(_)));
    }
}
