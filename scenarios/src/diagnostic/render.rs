//! Messages as text: `error: …`, the place, the offending line with what is wrong underlined,
//! and what would help.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Mark, Severity};
use crate::source::{SourceId, Sources, floor_char_boundary};

/// More than this nobody reads in one go, and a broken megabyte could fill a disk.
const MOST_SHOWN: usize = 50;

pub(super) fn render(sources: &Sources, list: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in list.iter().take(MOST_SHOWN) {
        out.push_str(&renderer.render(&[group(sources, diagnostic)]));
        out.push_str("\n\n");
    }
    out.push_str(&summary(list));
    out
}

fn group<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&diagnostic.title);
    let title = match diagnostic.trap {
        Some(trap) => title.id(trap.name()),
        None => title,
    };
    let mut group = Group::with_title(title);
    for source in sources_of(&diagnostic.marks) {
        group = group.element(snippet(sources, source, &diagnostic.marks));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note));
    }
    for help in &diagnostic.helps {
        group = group.element(Level::HELP.message(help));
    }
    group
}

/// The texts that are pointed into, in the order in which they are first pointed into.
fn sources_of(marks: &[Mark]) -> Vec<SourceId> {
    let mut ids: Vec<SourceId> = Vec::new();
    for mark in marks {
        if !ids.contains(&mark.span.source) {
            ids.push(mark.span.source);
        }
    }
    ids
}

fn snippet<'a>(
    sources: &'a Sources,
    id: SourceId,
    marks: &'a [Mark],
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let source = sources.get(id);
    let mut snippet = Snippet::source(&*source.text).path(&source.name);
    for (position, mark) in marks.iter().enumerate().filter(|(_, m)| m.span.source == id) {
        let kind = if position == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let mut annotation = kind.span(first_line(&source.text, mark));
        if !mark.label.is_empty() {
            annotation = annotation.label(&mark.label);
        }
        snippet = snippet.annotation(annotation);
    }
    snippet
}

/// The part of a span that lies on its first line, on character boundaries: a table that goes on
/// for twenty lines is not worth twenty lines of a message.
fn first_line(text: &str, mark: &Mark) -> std::ops::Range<usize> {
    let start = floor_char_boundary(text, mark.span.start);
    let end = floor_char_boundary(text, mark.span.end).max(start);
    let line_end = text[start..end].find(['\n', '\r']).map_or(end, |at| start + at);
    start..line_end
}

fn summary(list: &[Diagnostic]) -> String {
    let errors = list.iter().filter(|d| d.severity == Severity::Error).count();
    let counts: Vec<String> = [(errors, "error"), (list.len() - errors, "warning")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}{}", if n == 1 { "" } else { "s" }))
        .collect();
    let hidden = list.len().saturating_sub(MOST_SHOWN);
    let more = if hidden > 0 { format!(" ({hidden} not shown)") } else { String::new() };
    format!("{}{more}\n", counts.join(", "))
}
