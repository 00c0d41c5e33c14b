//! A tree to typed values, by serde; what does not fit is pointed at.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer,
    MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Entry, Kind, Node};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Reads a typed value.
///
/// # Errors
/// What did not fit, with its place. The check against the schema finds most mistakes earlier
/// and says more about them; this finds what a schema cannot say.
pub(crate) fn read<T: DeserializeOwned>(node: &Node) -> Result<T, Diagnostic> {
    T::deserialize(node)
        .map_err(|error| Diagnostic::error(error.message).at(error.span.unwrap_or(node.span), ""))
}

/// What did not fit, and where.
#[derive(Debug)]
pub(crate) struct Misfit {
    message: String,
    span: Option<Span>,
}

impl Misfit {
    fn or_at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Misfit {}

impl serde::de::Error for Misfit {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), span: None }
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.kind {
            Kind::String(text) => visitor.visit_borrowed_str(text),
            Kind::Integer(n) => visit_integer(*n, visitor),
            Kind::Float(x) => visitor.visit_f64(*x),
            Kind::Boolean(b) => visitor.visit_bool(*b),
            Kind::Datetime(text) => visitor.visit_borrowed_str(text),
            Kind::List(items) => visitor.visit_seq(Items(items.iter())),
            Kind::Table(table) => {
                visitor.visit_map(Entries { entries: table.entries.iter(), value: None })
            }
        }
        .map_err(|error: Misfit| error.or_at(self.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self).map_err(|error| error.or_at(self.span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match &self.kind {
            Kind::String(tag) => visitor.visit_enum(tag.as_str().into_deserializer()),
            Kind::Table(table) => match table.only() {
                Some(entry) => visitor.visit_enum(Tagged(entry)),
                None => Err(Misfit::custom("expected a table with just one key")),
            },
            _ => Err(Misfit::custom("expected a name, or a table with just one key")),
        }
        .map_err(|error: Misfit| error.or_at(self.span))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

fn visit_integer<'de, V: Visitor<'de>>(n: i128, visitor: V) -> Result<V::Value, Misfit> {
    if let Ok(n) = i64::try_from(n) {
        visitor.visit_i64(n)
    } else if let Ok(n) = u64::try_from(n) {
        visitor.visit_u64(n)
    } else {
        visitor.visit_i128(n)
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'de> {
    entries: std::slice::Iter<'de, Entry>,
    value: Option<&'de Node>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Misfit> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(&entry.value);
        let key = StrDeserializer::<Misfit>::new(&entry.key);
        seed.deserialize(key).map(Some).map_err(|error| error.or_at(entry.key_span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        match self.value.take() {
            Some(value) => seed.deserialize(value),
            None => Err(Misfit::custom("a value was asked for before its key")),
        }
    }
}

struct Tagged<'de>(&'de Entry);

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = Misfit;
    type Variant = Content<'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Content<'de>), Misfit> {
        let tag = StrDeserializer::<Misfit>::new(&self.0.key);
        let tag = seed.deserialize(tag).map_err(|error| error.or_at(self.0.key_span))?;
        Ok((tag, Content(&self.0.value)))
    }
}

struct Content<'de>(&'de Node);

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        Err(Misfit::custom("takes no parameters: write its name as a string").or_at(self.0.span))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misfit> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.0.deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::source::Sources;
    use crate::tree::parse_document;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        float: f64,
        big: u64,
        choice: Vec<Choice>,
        map: BTreeMap<String, Option<u8>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Plain,
        With { x: i32 },
        Wrapped(String),
    }

    fn parse(text: &str) -> Node {
        parse_document(Sources::default().add("t", text), text).unwrap()
    }

    #[test]
    fn a_tree_reads_as_types() {
        let node = parse(
            "float = 1\nbig = 0xffffffffffffffff\nmap = { a = 1, b = 2 }\n\
             choice = ['plain', { with = { x = -1 } }, { wrapped = 'w' }]",
        );
        let sample: Sample = read(&node).unwrap();
        assert_eq!(
            sample,
            Sample {
                float: 1.0,
                big: u64::MAX,
                choice: vec![Choice::Plain, Choice::With { x: -1 }, Choice::Wrapped("w".into())],
                map: [("a".to_owned(), Some(1)), ("b".to_owned(), Some(2))].into(),
            }
        );
    }

    #[test]
    fn what_does_not_fit_is_pointed_at() {
        let text = "float = 1\nbig = 1\nmap = { a = 1, b = 256 }\nchoice = []";
        let error = read::<Sample>(&parse(text)).unwrap_err();
        assert_eq!(&text[error.span().unwrap().range()], "256");
    }
}
