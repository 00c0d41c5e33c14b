//! The charts of a file, each checked against every variant that it draws.

use super::{Form, Good, Loader};
use crate::check;
use crate::document;
use crate::expectation::{parse_course, parse_figure};
use crate::study::{Chart, Draw};
use crate::tree::Node;

impl Loader<'_> {
    /// The charts that the file asks for.
    pub(super) fn charts(&mut self, forms: &[Form], root: &Node) -> Vec<Chart> {
        let Some(Form { good: Some(Good { document, .. }), .. }) = forms.first() else {
            return Vec::new();
        };
        let mut charts = Vec::new();
        for (position, written) in document.charts.iter().enumerate() {
            // Its grammar has been checked with the schema.
            let Some(chart) = read(written, forms) else { continue };
            let drawn = forms.iter().enumerate().filter_map(|(place, form)| {
                let good = form.good.as_ref().filter(|_| chart.variants.contains(&form.name))?;
                let (facts, tag) = (good.facts(root), written.draw.tag());
                let wrong = check::chart(&facts, position, tag, &chart, &self.found.sources);
                Some(((place > 0).then_some(form.name.as_str()), wrong))
            });
            let drawn: Vec<_> = drawn.collect();
            // Of some it can be drawn: the file may mean those.
            let of_some = drawn.iter().any(|(_, wrong)| wrong.is_empty());
            for (variant, wrong) in drawn {
                let help = || "`variants = [\"…\"]` says of which variants the chart is".to_owned();
                let wrong = wrong.into_iter().map(|w| w.maybe_help(of_some.then(help)));
                self.note(variant, wrong.collect());
            }
            charts.push(chart);
        }
        charts
    }
}

fn read(written: &document::Chart, forms: &[Form]) -> Option<Chart> {
    let (text, draw) = match &written.draw {
        document::Draw::Bars(text) => (&text.0, Draw::Bars(parse_figure(&text.0).ok()?)),
        document::Draw::OverTime(text) => (&text.0, Draw::OverTime(parse_course(&text.0).ok()?)),
    };
    let named = written.variants.as_ref();
    let named = named.map(|names| names.iter().map(|name| name.0.clone()).collect());
    Some(Chart {
        title: written.title.split_whitespace().collect::<Vec<_>>().join(" "),
        text: text.clone(),
        draw,
        variants: named.unwrap_or_else(|| forms.iter().map(|form| form.name.clone()).collect()),
        scale: written.scale,
        control: written.control,
    })
}
