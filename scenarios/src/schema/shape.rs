//! What a schema says a value looks like, in the few forms that the file format uses.

use serde_json::{Map, Value};

/// A schema within the document's schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema<'s> {
    root: &'s Value,
    here: &'s Value,
    /// Of a tag: what the choice says of it.
    about: Option<&'s str>,
}

/// What a value looks like.
#[derive(Clone, Debug)]
pub(crate) enum Shape<'s> {
    /// Anything.
    Any,
    /// A string, perhaps with a grammar.
    Text { format: Option<&'s str> },
    /// A whole number in a range, or one of these words.
    Integer { min: i128, max: i128, words: Vec<&'s str> },
    /// A number in a range.
    Number { min: Option<f64>, max: Option<f64> },
    /// `true` or `false`.
    Boolean,
    /// A list.
    List { items: Schema<'s>, at_most: u64 },
    /// A table with these keys.
    Record { properties: Vec<(&'s str, Schema<'s>)>, required: Vec<&'s str> },
    /// A table with names for keys.
    Map { values: Schema<'s>, at_least: u64, at_most: u64 },
    /// One of these words, or a table with one of these tags.
    Choice { words: Vec<&'s str>, tags: Vec<(&'s str, Schema<'s>)> },
}

impl<'s> Schema<'s> {
    pub(crate) fn new(root: &'s Value) -> Self {
        Self { root, here: root, about: None }
    }

    /// The schema of whatever there is.
    pub(crate) fn anything() -> Schema<'static> {
        Schema::new(&Value::Bool(true))
    }

    fn at(self, here: &'s Value) -> Self {
        Self { here, about: None, ..self }
    }

    /// The definition that it refers to, if it does.
    pub(crate) fn definition(self) -> Option<&'s str> {
        self.here.get("$ref").and_then(Value::as_str)
    }

    /// What it says of itself, in words.
    pub(crate) fn description(self) -> Option<&'s str> {
        // A type of its own describes itself best; a duration can be anything.
        let about = self.about.filter(|_| self.here.get("$ref").is_none());
        about.or_else(|| self.keyword("description")?.as_str())
    }

    /// The value that stands for a key that is not given.
    pub(crate) fn default(self) -> Option<&'s Value> {
        self.keyword("default")
    }

    /// A keyword here, or where a reference leads.
    fn keyword(self, name: &str) -> Option<&'s Value> {
        let mut here = self.here;
        // A reference leads to a definition, and a definition may be a reference; never in a ring.
        for _ in 0..8 {
            if let Some(value) = here.get(name) {
                return Some(value);
            }
            let pointer = here.get("$ref")?.as_str()?.strip_prefix('#')?;
            here = self.root.pointer(pointer)?;
        }
        None
    }

    /// The value's shape.
    pub(crate) fn shape(self) -> Shape<'s> {
        if let Some(branches) = self.keyword("oneOf").or_else(|| self.keyword("anyOf")) {
            return self.alternatives(branches.as_array().map_or(&[], Vec::as_slice));
        }
        match self.keyword("type").and_then(Value::as_str) {
            Some("string") => match self.words() {
                words if words.is_empty() => {
                    Shape::Text { format: self.keyword("format").and_then(Value::as_str) }
                }
                words => Shape::Choice { words, tags: Vec::new() },
            },
            Some("integer") => self.integer(),
            Some("number") => {
                let bound = |name| self.keyword(name).and_then(Value::as_f64);
                Shape::Number { min: bound("minimum"), max: bound("maximum") }
            }
            Some("boolean") => Shape::Boolean,
            Some("array") => match self.keyword("items") {
                Some(items) => {
                    Shape::List { items: self.at(items), at_most: self.count("maxItems", u64::MAX) }
                }
                None => Shape::Any,
            },
            Some("object") => self.object(),
            _ => Shape::Any,
        }
    }

    fn count(self, keyword: &str, without: u64) -> u64 {
        self.keyword(keyword).and_then(Value::as_u64).unwrap_or(without)
    }

    /// The words of a closed list of strings.
    fn words(self) -> Vec<&'s str> {
        match (self.keyword("const"), self.keyword("enum").and_then(Value::as_array)) {
            (Some(word), _) => word.as_str().into_iter().collect(),
            (None, Some(words)) => words.iter().filter_map(Value::as_str).collect(),
            (None, None) => Vec::new(),
        }
    }

    fn integer(self) -> Shape<'s> {
        let bound = |name| whole(self.keyword(name)?);
        let widest = match self.keyword("format").and_then(Value::as_str) {
            Some("uint8") => u8::MAX.into(),
            Some("uint16") => u16::MAX.into(),
            Some("uint32") => u32::MAX.into(),
            Some("int32") => i32::MAX.into(),
            Some("int64") => i64::MAX.into(),
            _ => u64::MAX.into(),
        };
        let min = bound("minimum").unwrap_or(i128::from(i64::MIN));
        let max = bound("maximum").unwrap_or(widest).min(widest);
        Shape::Integer { min, max, words: Vec::new() }
    }

    fn object(self) -> Shape<'s> {
        if let Some(values @ (Value::Object(_) | Value::Bool(true))) =
            self.keyword("additionalProperties")
        {
            return Shape::Map {
                values: self.at(values),
                at_least: self.count("minProperties", 0),
                at_most: self.count("maxProperties", u64::MAX),
            };
        }
        let required = self.keyword("required").and_then(Value::as_array);
        Shape::Record {
            properties: self.properties(),
            required: required.into_iter().flatten().filter_map(Value::as_str).collect(),
        }
    }

    fn properties(self) -> Vec<(&'s str, Schema<'s>)> {
        let properties = self.keyword("properties").and_then(Value::as_object);
        let entries = properties.into_iter().flat_map(Map::iter);
        entries.map(|(name, property)| (name.as_str(), self.at(property))).collect()
    }

    fn alternatives(self, branches: &'s [Value]) -> Shape<'s> {
        let (mut words, mut tags, mut integer) = (Vec::new(), Vec::new(), None);
        for branch in branches.iter().map(|branch| self.at(branch)) {
            let branch_words = branch.words();
            if !branch_words.is_empty() {
                words.extend(branch_words);
                continue;
            }
            match branch.shape() {
                Shape::Record { properties, .. } if properties.len() == 1 => {
                    let about = branch.description();
                    let described = |(tag, schema)| (tag, Schema { about, ..schema });
                    tags.extend(properties.into_iter().map(described));
                }
                Shape::Integer { min, max, .. } => integer = Some((min, max)),
                _ => return Shape::Any,
            }
        }
        match integer {
            Some((min, max)) if tags.is_empty() => Shape::Integer { min, max, words },
            Some(_) => Shape::Any,
            None => Shape::Choice { words, tags },
        }
    }
}

/// A bound of whole numbers; schemas write small ones as numbers with a point, too.
fn whole(bound: &Value) -> Option<i128> {
    let integer = bound.as_u64().map(i128::from).or_else(|| bound.as_i64().map(i128::from));
    integer.or_else(|| bound.as_f64().map(|bound| bound as i128))
}
