//! The table that compares the variants: a row a variant, a column a measure. A cell holds the
//! figure, its interval and, dimmed in the last line, the control.
//!
//! Where the terminal is too narrow for all columns, the table goes on below with the variants'
//! names repeated.

use experiments::results::{Estimate, StudyResults, Unit, VariantResults};

use super::Style;
use super::layout::{Cell, Layout, Row, label};
use super::paint::Paint;
use super::wrap::wrap;
use crate::columns::{Column, columns, existing, has_ratio, inline, mean, verdicts};
use crate::numbers::{self, MISSING};

/// The widest a variant's name gets before it is wrapped.
const NAME_WIDTH: usize = 22;

/// The phase and the subject stand at the foot of a heading, under labels of several lines.
pub(super) const HEADER_FOOT: usize = 2;

/// The table in lines, in as many parts as the terminal's width demands, and its legend.
pub(super) fn lines(results: &StudyResults, style: Style) -> Vec<String> {
    let columns = columns(&results.measures);
    let rows = results.variants.iter().map(|variant| row(results, &columns, variant)).collect();
    let header = Row::new(header(&columns), HEADER_FOOT);
    let layout = Layout { header, rows, leading: 1, ruled: true };
    let paint = Paint(style.colour);
    let (kinds, first) = (kinds(&layout), layout.first_width());
    let mut lines = Vec::new();
    for part in layout.parts(style.width) {
        let part = part.iter().zip(&kinds);
        lines.extend(part.map(|(line, kind)| coloured(line, *kind, first, paint)));
        lines.push(String::new());
    }
    let legend = wrap(&legend(results), style.width, 0);
    lines.extend(legend.iter().map(|line| paint.dim(line)));
    lines
}

/// How the table is to be read.
pub fn legend(results: &StudyResults) -> String {
    format!(
        "Mean of {} runs ± half of its 95 % interval; control: the same model without its faults \
         on the same draws. Peaks: the largest count in a window, as a ratio to the baseline, and as \
         a rate.",
        numbers::whole(results.manifest.replications.into())
    )
}

fn header(columns: &[Column]) -> Vec<Cell> {
    let first = heading_of("variant");
    std::iter::once(first).chain(columns.iter().map(heading)).collect()
}

/// What a column of figures is about: the measure, its phase and its subject.
pub(super) fn heading(column: &Column) -> Cell {
    let measure = column.measure;
    let mut lines = label(&measure.label);
    lines.extend([measure.phase.clone(), measure.subject.clone()]);
    lines
}

/// What a column of words is about.
pub(super) fn heading_of(words: &str) -> Cell {
    vec![words.to_owned(), String::new(), String::new()]
}

fn row(results: &StudyResults, columns: &[Column], variant: &VariantResults) -> Row {
    let mut name = wrap(&variant.name, Some(NAME_WIDTH), 0);
    name.extend(verdicts(&variant.verdicts));
    name.push("control".to_owned());
    let mut cells = vec![name];
    cells.extend(columns.iter().map(|column| cell(results, column, variant)));
    Row::new(cells, 1)
}

fn cell(results: &StudyResults, column: &Column, variant: &VariantResults) -> Cell {
    let Some(figure) = column.figure(&variant.figures) else {
        return vec![MISSING.to_owned()];
    };
    let unit = column.measure.unit;
    if has_ratio(results, column) {
        return vec![
            inline(Unit::Factor, figure.ratio.as_ref()),
            mean(column.measure, Some(&figure.value)),
            ratio(figure.control_ratio.as_ref()),
        ];
    }
    let (value, half_width) = numbers::parts(unit, &figure.value);
    let mut cell = vec![value];
    cell.extend(half_width.map(|half_width| format!("±{half_width}")));
    cell.extend(existing(&figure.value));
    cell.push(match &figure.control {
        Some(control) => mean(column.measure, Some(control)),
        None => String::new(),
    });
    cell
}

fn ratio(estimate: Option<&Estimate>) -> String {
    estimate.map_or_else(String::new, |estimate| numbers::parts(Unit::Factor, estimate).0)
}

/// What a line of the rendered table is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Header,
    Rule,
    Figures,
    Details,
    Control,
}

fn kinds(layout: &Layout) -> Vec<Kind> {
    let mut kinds = vec![Kind::Header; layout.header.height];
    for row in &layout.rows {
        kinds.push(Kind::Rule);
        kinds.push(Kind::Figures);
        kinds.extend(vec![Kind::Details; row.height.saturating_sub(2)]);
        kinds.push(Kind::Control);
    }
    kinds
}

/// Colours one line; its first column holds the variant, the rest figures.
fn coloured(line: &str, kind: Kind, first: usize, paint: Paint) -> String {
    let split = line.char_indices().nth(first).map_or(line.len(), |(at, _)| at);
    let (name, figures) = line.split_at(split);
    match kind {
        Kind::Header => paint.bold(line),
        Kind::Rule | Kind::Control => paint.dim(line),
        Kind::Figures => paint.bold(name) + figures,
        Kind::Details => paint.verdict(name) + &paint.dim(figures),
    }
}
