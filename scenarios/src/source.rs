//! Where text comes from: the scenario file, the files it names, and what was set from outside.

use std::ops::Range;
use std::sync::Arc;

/// Hands out the files that a scenario names; paths are relative to the scenario.
///
/// The language opens no file itself: the command line reads a folder, a test a map.
pub trait FileSource {
    /// The bytes of a file.
    ///
    /// # Errors
    /// When there is no such file, or when it cannot be read.
    fn read(&self, relative: &str) -> Result<Vec<u8>, FileError>;
}

/// Why a file could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// No such file.
    #[error("there is no file `{0}` beside the scenario")]
    Missing(String),
    /// It exists but could not be read.
    #[error("`{path}` cannot be read: {why}")]
    Unreadable {
        /// The path as the scenario writes it.
        path: String,
        /// What the surroundings said.
        why: String,
    },
}

/// A source without files: for scenarios that name none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl FileSource for NoFiles {
    fn read(&self, relative: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::Missing(relative.to_owned()))
    }
}

/// Which text a span points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SourceId(u32);

/// A place in a text: bytes `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    pub(crate) source: SourceId,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn new(source: SourceId, range: Range<usize>) -> Self {
        Self { source, start: range.start, end: range.end.max(range.start) }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A text with the name that messages show.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: Arc<str>,
}

/// All texts of one scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(Vec<Source>);

impl Sources {
    pub(crate) fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(self.0.len() as u32);
        self.0.push(Source { name: name.into(), text: text.into() });
        id
    }

    pub(crate) fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0 as usize]
    }

    /// The text under a span; empty where the span does not fit the text.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.range()).unwrap_or("")
    }

    /// The line and the column (in characters) of a span's start, both from 1.
    pub(crate) fn line_and_column(&self, span: Span) -> (usize, usize) {
        let text = &self.get(span.source).text;
        let before = &text[..floor_char_boundary(text, span.start)];
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (line, before[line_start..].chars().count() + 1)
    }
}

/// The last character boundary that is not after `at`.
pub(crate) fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", "x = 1\nµs = 2\n");
        let at = |start| sources.line_and_column(Span::new(id, start..start + 1));
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(6), (2, 1));
        assert_eq!(at(8), (2, 2), "µ is one character and two bytes");
        assert_eq!(at(7), (2, 1), "inside of µ");
        assert_eq!(at(999), (3, 1), "past the end");
    }
}
