//! A place in the text of an expectation.

use std::ops::Range;

/// A place in the text of an expectation.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

/// What stands between two quotes.
pub(super) enum Quoted<'t> {
    /// There is no quote.
    No,
    /// There is one that does not end.
    Open(Range<usize>),
    Text(&'t str),
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The whole text.
    pub(super) fn whole(&self) -> &'t str {
        self.text
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(super) fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes what is next if it is `token`.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Takes characters as long as they are of a kind; what was taken and where it stood.
    pub(super) fn take_while(&mut self, is: impl Fn(char) -> bool) -> (&'t str, Range<usize>) {
        let rest = self.rest();
        let length = rest.find(|c| !is(c)).unwrap_or(rest.len());
        self.take_bytes(length)
    }

    /// Takes what stands between two quotes, if a quote is next.
    pub(super) fn take_quoted(&mut self) -> Quoted<'t> {
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return Quoted::No;
        };
        let start = self.at;
        self.at += 1;
        let Some(length) = self.rest().find(quote) else {
            self.at = self.text.len();
            return Quoted::Open(start..self.at);
        };
        let (text, _) = self.take_bytes(length);
        self.at += 1;
        Quoted::Text(text)
    }

    fn take_bytes(&mut self, length: usize) -> (&'t str, Range<usize>) {
        let range = self.at..self.at + length;
        self.at = range.end;
        (&self.text[range.clone()], range)
    }

    /// The word that is next, or what stands in its place: for messages.
    pub(super) fn next_word(&self) -> Range<usize> {
        let rest = self.rest();
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        match length {
            0 => self.at.saturating_sub(1).min(self.text.len())..self.text.len(),
            _ => self.at..self.at + length,
        }
    }

    /// What stands at a place.
    pub(super) fn text(&self, range: Range<usize>) -> &'t str {
        &self.text[range]
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }
}
