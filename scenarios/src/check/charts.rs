//! Whether charts can be drawn: what they are called, of whom they are, and whether what they draw exists.

use super::Facts;
use super::expectation::Check;
use crate::diagnostic::Diagnostic;
use crate::document::{Chart, Document};
use crate::source::{Sources, Span};
use crate::study::{self, Draw};
use crate::tree::{Node, Place, shortened};

/// What two lines of a chart's heading hold.
const LONGEST_TITLE: usize = 160;

/// Checks what needs no model.
pub(super) fn check(document: &Document, root: &Node) -> Vec<Diagnostic> {
    let charts = document.charts.iter().enumerate();
    charts
        .flat_map(|(index, chart)| {
            let place = Place::keys(["charts"]).index(index);
            let mut found: Vec<Diagnostic> = title(chart, &place, root).into_iter().collect();
            found.extend(variants(chart, &place, root));
            found
        })
        .collect()
}

fn title(chart: &Chart, place: &Place, root: &Node) -> Option<Diagnostic> {
    let length = chart.title.chars().count();
    let wrong = match length {
        _ if chart.title.trim().is_empty() => "the title of a chart is empty".to_owned(),
        _ if length > LONGEST_TITLE => {
            format!("a title of {length} characters is longer than the two lines there are")
        }
        _ => return None,
    };
    let help = format!(
        "write what one should see, in a sentence of at most {LONGEST_TITLE} characters; why it is so \
         belongs into `description`"
    );
    Some(Diagnostic::error(wrong).at(place.key("title").value(root), "").help(help))
}

/// A chart of nobody, and variants that are there twice.
fn variants(chart: &Chart, place: &Place, root: &Node) -> Vec<Diagnostic> {
    let Some(variants) = &chart.variants else { return Vec::new() };
    let place = place.key("variants");
    if variants.is_empty() {
        let help = "name some, or leave the key out to draw all";
        let title = "a chart of no variants shows nothing";
        return vec![Diagnostic::error(title).at(place.value(root), "").help(help)];
    }
    let again = |(index, variant): (usize, &_)| {
        let first = variants[..index].iter().position(|other| other == variant)?;
        let span = |index| -> Span { place.index(index).value(root) };
        let name = shortened(&variants[index].0);
        Some(
            Diagnostic::error(format!("the chart draws the variant `{name}` twice"))
                .at(span(index), "")
                .at(span(first), "the first"),
        )
    };
    variants.iter().enumerate().filter_map(again).collect()
}

/// Checks what the chart at a position of the file draws against one of its variants. `tag` is the key
/// that it is written under.
pub(crate) fn chart(
    facts: &Facts<'_>,
    position: usize,
    tag: &str,
    chart: &study::Chart,
    sources: &Sources,
) -> Vec<Diagnostic> {
    let place = Place::keys(["charts"]).index(position).key("draw").key(tag);
    let check = Check { facts, text: &chart.text, whole: place.value(facts.root), sources };
    match &chart.draw {
        Draw::Bars(term) => check.term(term),
        Draw::OverTime(term) => check.subject(term).into_iter().collect(),
    }
}
