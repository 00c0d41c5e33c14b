//! Places by name: where the tree has what a check over the typed document found wrong.

use super::{Kind, Node};
use crate::source::Span;

/// A way through the tree: `services`, `payment`, `steps`, 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl Place {
    /// A way through tables only.
    pub(crate) fn keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self(keys.into_iter().map(|key| Step::Key(key.to_owned())).collect())
    }

    pub(crate) fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    /// The same way but for its last step.
    pub(crate) fn sibling(&self, key: &str) -> Self {
        let around = Self(self.0[..self.0.len().saturating_sub(1)].to_vec());
        around.key(key)
    }

    /// A way that a parameter check names, such as `retry.backoff.exponential.factor`.
    pub(crate) fn dotted(&self, path: &str) -> Self {
        path.split('.').fold(self.clone(), |place, key| place.key(key))
    }

    fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The value's place; where a part of the way is not written (a default), the place of the
    /// nearest thing around it that is.
    pub(crate) fn value(&self, root: &Node) -> Span {
        self.walk(root).1.span
    }

    /// The place of the key that leads to the value; of an item of a list, the item's.
    pub(crate) fn name(&self, root: &Node) -> Span {
        self.walk(root).0
    }

    fn walk<'n>(&self, root: &'n Node) -> (Span, &'n Node) {
        let mut here = (root.span, root);
        for step in &self.0 {
            let next = match (step, &here.1.kind) {
                (Step::Key(key), Kind::Table(table)) => {
                    table.entry(key).map(|entry| (entry.key_span, &entry.value))
                }
                (Step::Index(index), Kind::List(items)) => {
                    items.get(*index).map(|item| (item.span, item))
                }
                _ => None,
            };
            match next {
                Some(next) => here = next,
                None => break,
            }
        }
        here
    }
}
