//! What is wrong with a scenario, or questionable in it, and where.

mod render;

use std::collections::BTreeSet;
use std::fmt;

use crate::source::{Sources, Span};
use crate::warning::Trap;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot run.
    Error,
    /// It can, but probably not as meant.
    Warning,
}

/// Something wrong or questionable, with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Of a warning: its name, which `allow = ["…"]` silences.
    pub trap: Option<Trap>,
    /// What is wrong, in one sentence without a full stop.
    pub title: String,
    /// What is allowed, the nearest valid name, what to write instead.
    pub helps: Vec<String>,
    /// Why, or in which variant.
    pub notes: Vec<String>,
    /// Where it is, and what else belongs to it; the first is the place itself.
    pub(crate) marks: Vec<Mark>,
}

/// A place and what is to say there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark {
    pub(crate) span: Span,
    pub(crate) label: String,
}

/// A place as editors show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, or `--set`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Diagnostic {
    /// An error without a place, of the file as a whole.
    pub(crate) fn error(title: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            trap: None,
            title: title.into(),
            helps: Vec::new(),
            notes: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// A warning that names its trap.
    pub(crate) fn warning(trap: Trap, title: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, trap: Some(trap), ..Self::error(title) }
    }

    /// Adds a place; the first is the place itself.
    pub(crate) fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.marks.push(Mark { span, label: label.into() });
        self
    }

    /// Adds what to do about it.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }

    /// Adds what to do about it, if there is something.
    pub(crate) fn maybe_help(mut self, text: Option<String>) -> Self {
        self.helps.extend(text);
        self
    }

    /// Adds why it is so.
    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// The place itself.
    pub(crate) fn span(&self) -> Option<Span> {
        self.marks.first().map(|mark| mark.span)
    }
}

/// Whoever has made more mistakes than these has passed the wrong file.
const MOST_KEPT: usize = 1_000;

/// Everything found in a scenario, with the texts it points into.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    pub(crate) sources: Sources,
    list: Vec<Diagnostic>,
    /// How many errors and warnings have been kept.
    kept: (usize, usize),
    /// What has been said, and of which place.
    said: BTreeSet<(String, Option<Span>)>,
}

impl Diagnostics {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources, ..Self::default() }
    }

    /// Adds what has not been said of the same place before.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        let kept = match diagnostic.severity {
            Severity::Error => &mut self.kept.0,
            Severity::Warning => &mut self.kept.1,
        };
        if *kept < MOST_KEPT && self.said.insert((diagnostic.title.clone(), diagnostic.span())) {
            *kept += 1;
            self.list.push(diagnostic);
        }
    }

    pub(crate) fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// Errors first, then by place.
    pub(crate) fn sort(&mut self) {
        self.list.sort_by_key(|d| (d.severity, d.span()));
    }

    /// Drops the warnings that the scenario allows.
    pub(crate) fn silence(&mut self, allowed: &[Trap]) {
        self.list.retain(|d| d.trap.is_none_or(|trap| !allowed.contains(&trap)));
    }

    /// One after the other: errors first, each kind by place.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.list.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// How many warnings there are.
    pub fn warnings(&self) -> usize {
        self.list.len() - self.errors()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Where a diagnostic is; `None` if it is about the file as a whole.
    pub fn place(&self, diagnostic: &Diagnostic) -> Option<Place> {
        let span = diagnostic.span()?;
        let (line, column) = self.sources.line_and_column(span);
        Some(Place { file: self.sources.get(span.source).name.clone(), line, column })
    }

    /// The messages as text, with the offending lines; in colour for terminals.
    pub fn render(&self, colour: bool) -> String {
        render::render(&self.sources, &self.list, colour)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
