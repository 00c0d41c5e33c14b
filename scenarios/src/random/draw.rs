//! Values drawn along the schema.

use serde_json::{Map, Value};

use super::dice::Dice;
use super::leaves;
use super::likely;
use super::names::Names;
use crate::schema::{Schema, Shape};

/// Whatever lies deeper is left out.
const DEEPEST: usize = 40;

/// Keys of which one has to be there, and not more: in the types they may all be left out.
const ONE_OF: &[&[&str]] = &[
    &["rate", "stages", "bursts"],
    &["for", "stages"],
    &["rate", "to"],
    &["factor", "add"],
    &["share", "gilbert_elliott"],
    &["number", "share"],
    &["when", "all"],
];

/// A scenario that is being drawn.
pub(super) struct Drawing {
    pub(super) dice: Dice,
    pub(super) names: Names,
    /// The service that is being drawn.
    pub(super) service: Option<usize>,
    /// How many steps the one that is being drawn is inside of.
    pub(super) inside: usize,
    /// Where it is.
    path: Vec<String>,
    /// What has been drawn, where, and what might stand there instead.
    pub(super) drawn: Vec<(Vec<String>, Schema<'static>)>,
    /// How many names have been made up.
    made_up: usize,
}

impl Drawing {
    pub(super) fn new(mut dice: Dice) -> Self {
        let names = Names::draw(&mut dice);
        let (path, drawn) = (Vec::new(), Vec::new());
        Self { dice, names, service: None, inside: 0, path, drawn, made_up: 0 }
    }

    /// What stands at a key; `None` if there is nothing that could.
    pub(super) fn at(&mut self, key: &str, schema: Schema<'static>) -> Option<Value> {
        if self.path.len() > DEEPEST {
            return None;
        }
        self.within(key, |drawing| {
            let value = drawing.value(key, schema)?;
            drawing.drawn.push((drawing.path.clone(), schema));
            Some(value)
        })
    }

    /// Draws what lies within a key.
    pub(super) fn within<T>(&mut self, key: &str, draw: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(key.to_owned());
        let drawn = draw(self);
        self.path.pop();
        drawn
    }

    /// A value for a key.
    pub(super) fn value(&mut self, key: &str, schema: Schema<'static>) -> Option<Value> {
        match schema.definition().and_then(|path| path.rsplit('/').next()) {
            Some("Service") => return self.service(schema),
            Some("Step") => return self.step(schema),
            _ => {}
        }
        match schema.shape() {
            Shape::Any => None,
            Shape::Text { format: Some(format) } => leaves::formatted(self, key, format),
            Shape::Text { format: None } => leaves::plain(self, key),
            Shape::Boolean => Some(self.dice.chance(50).into()),
            Shape::Integer { min, max, words } => {
                if !words.is_empty() && self.dice.chance(15) {
                    return self.dice.pick(&words).map(|word| Value::from(*word));
                }
                let number = *self.dice.pick(likely::integers(key))?;
                u64::try_from(i128::from(number).clamp(min, max)).ok().map(Value::from)
            }
            Shape::Number { min, max } => {
                let number = *self.dice.pick(likely::numbers(key))?;
                let number = number.max(min.unwrap_or(f64::MIN)).min(max.unwrap_or(f64::MAX));
                Some(number.into())
            }
            Shape::List { items, .. } => {
                let number = self.dice.from(1, likely::at_most(key));
                Some(self.list(key, items, number).into())
            }
            Shape::Record { properties, required } => {
                self.record(&properties, &required).map(Value::Object)
            }
            Shape::Map { .. } => None,
            Shape::Choice { words, tags } => self.choice(&words, tags),
        }
    }

    pub(super) fn list(&mut self, key: &str, items: Schema<'static>, number: usize) -> Vec<Value> {
        let mut list = Vec::new();
        for _ in 0..number {
            let place = list.len().to_string();
            list.extend(self.within(&place, |drawing| drawing.value(key, items)));
        }
        list
    }

    fn record(
        &mut self,
        properties: &[(&'static str, Schema<'static>)],
        required: &[&str],
    ) -> Option<Map<String, Value>> {
        let mut record = Map::new();
        let one_of = self.one_of(properties);
        for (key, schema) in properties {
            let chosen = one_of.filter(|(keys, _)| keys.contains(key)).map(|(_, one)| one == *key);
            if chosen == Some(false) {
                continue;
            }
            let needed = required.contains(key) || chosen == Some(true);
            if !needed && !self.dice.chance(likely::presence(key)) {
                continue;
            }
            match self.at(key, *schema) {
                Some(value) => drop(record.insert((*key).to_owned(), value)),
                None if needed => return None,
                None => {}
            }
        }
        Some(record)
    }

    /// Where only one of several keys can be there, and one has to: which.
    fn one_of(
        &mut self,
        properties: &[(&'static str, Schema<'static>)],
    ) -> Option<(&'static [&'static str], &'static str)> {
        let known = |key: &str| properties.iter().any(|(name, _)| *name == key);
        let keys = ONE_OF.iter().find(|keys| keys.iter().all(|key| known(key)))?;
        self.dice.pick(keys).map(|one| (*keys, *one))
    }

    /// One of the choices that can be drawn.
    pub(super) fn choice(
        &mut self,
        words: &[&'static str],
        mut tags: Vec<(&'static str, Schema<'static>)>,
    ) -> Option<Value> {
        if self.dice.below(words.len() + tags.len()) < words.len() {
            return self.dice.pick(words).map(|word| Value::from(*word));
        }
        self.dice.shuffle(&mut tags);
        for (tag, schema) in tags {
            if let Some(value) = self.at(tag, schema) {
                return Some(Map::from_iter([(tag.to_owned(), value)]).into());
            }
        }
        self.dice.pick(words).map(|word| Value::from(*word))
    }

    /// A name that nothing else has.
    pub(super) fn made_up(&mut self, word: &str) -> Value {
        self.made_up += 1;
        format!("{word}-{}", self.made_up).into()
    }
}
