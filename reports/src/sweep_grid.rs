//! The cells of a sweep as charts and tables need them: along one or two axes, the rest apart.

use experiments::results::{Estimate, SweepAxis, SweepCell, SweepResults, Unit};
use sim_core::kernel::SimDuration;

/// What one plot shows: a variant, and a setting of the axes that are not drawn.
pub(crate) struct Facet<'a> {
    pub(crate) name: String,
    pub(crate) cells: Vec<&'a SweepCell>,
}

/// The cells apart by variant and by the setting of all axes but the first so many.
pub(crate) fn facets(results: &SweepResults, drawn: usize) -> Vec<Facet<'_>> {
    let several = several_variants(results);
    let mut facets: Vec<Facet> = Vec::new();
    for cell in &results.cells {
        let name = facet_name(results, cell, drawn, several);
        match facets.iter_mut().find(|facet| facet.name == name) {
            Some(facet) => facet.cells.push(cell),
            None => facets.push(Facet { name, cells: vec![cell] }),
        }
    }
    facets
}

/// Whether the sweep is over more than one variant.
pub(crate) fn several_variants(results: &SweepResults) -> bool {
    let mut names = results.cells.iter().map(|cell| &cell.variant);
    let first = names.next();
    names.any(|name| Some(name) != first)
}

fn facet_name(results: &SweepResults, cell: &SweepCell, drawn: usize, several: bool) -> String {
    let variant = several.then(|| cell.variant.clone());
    let rest = results.axes.iter().zip(&cell.at).skip(drawn);
    let settings = rest.map(|(axis, &at)| format!("{} = {}", short(axis), value(axis, at)));
    variant.into_iter().chain(settings).collect::<Vec<_>>().join(", ")
}

/// The last two parts of an axis' path: what it is called in a chart.
pub(crate) fn short(axis: &SweepAxis) -> String {
    let parts: Vec<&str> = axis.path.split('.').collect();
    parts[parts.len().saturating_sub(2)..].join(".")
}

/// A value of an axis as it was written.
pub(crate) fn value(axis: &SweepAxis, at: usize) -> &str {
    axis.values.get(at).map_or("", String::as_str)
}

/// A figure as it is compared: its ratio to the baseline where it has one.
pub(crate) fn figure(results: &SweepResults, measure: usize, cell: &SweepCell) -> Option<Estimate> {
    let figure = cell.figures.get(measure)?;
    match unit(results, measure) {
        Unit::Factor if results.measures[measure].unit != Unit::Factor => figure.ratio,
        _ => Some(figure.value),
    }
}

/// The unit in which figures of a measure are compared.
pub(crate) fn unit(results: &SweepResults, measure: usize) -> Unit {
    let mut figures = results.cells.iter().filter_map(|cell| cell.figures.get(measure));
    match figures.any(|figure| figure.ratio.is_some()) {
        true => Unit::Factor,
        false => results.measures[measure].unit,
    }
}

/// A measure in words: `peak / 1 s of payment, after(30s)`.
pub(crate) fn told(results: &SweepResults, measure: usize) -> String {
    let info = &results.measures[measure];
    let phase = match info.phase.is_empty() {
        true => String::new(),
        false => format!(", {}", info.phase),
    };
    let ratio = match unit(results, measure) {
        Unit::Factor if info.unit != Unit::Factor => ", as a ratio to the baseline",
        _ => "",
    };
    format!("{} of {}{phase}{ratio}", info.label, info.subject)
}

/// The sizes of an axis' values, if all are numbers, durations or rates of one kind.
pub(crate) fn sizes(axis: &SweepAxis) -> Option<Vec<f64>> {
    let all = |read: fn(&str) -> Option<f64>| {
        let sizes: Option<Vec<f64>> = axis.values.iter().map(|value| read(value)).collect();
        sizes.filter(|sizes| sizes.iter().all(|size| size.is_finite()))
    };
    all(|value| value.trim().parse().ok())
        .or_else(|| all(|value| value.parse().ok().map(SimDuration::as_secs_f64)))
        .or_else(|| all(|value| value.trim().strip_suffix("/s")?.trim().parse().ok()))
        .or_else(|| all(|value| value.trim().strip_suffix('%')?.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn axis(values: &[&str]) -> SweepAxis {
        SweepAxis {
            path: "a.b.c".to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        }
    }

    #[test]
    fn values_have_sizes_if_all_are_of_one_kind() {
        assert_eq!(sizes(&axis(&["1", "2.5"])), Some(vec![1.0, 2.5]));
        assert_eq!(sizes(&axis(&["250ms", "1s"])), Some(vec![0.25, 1.0]));
        assert_eq!(sizes(&axis(&["400/s", "800/s"])), Some(vec![400.0, 800.0]));
        assert_eq!(sizes(&axis(&["1", "1s"])), None);
        assert_eq!(sizes(&axis(&["full", "none"])), None);
    }

    #[test]
    fn a_third_axis_makes_facets() {
        let results = fixture::sweep(3);
        let facets = facets(&results, 2);
        let names: Vec<&str> = facets.iter().map(|facet| &*facet.name).collect();
        assert_eq!(names, ["payment.instances = 2", "payment.instances = 4"]);
        assert!(facets.iter().all(|facet| facet.cells.len() == 48));
    }
}
