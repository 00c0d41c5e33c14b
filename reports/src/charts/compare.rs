//! The words of headings: which figure a chart is about, and who has the least and the most of it.

use experiments::results::{Figure, MeasureInfo, Series, StudyResults, Unit, VariantResults};

use crate::numbers;

/// The peaks of one subject in one phase, by window.
pub(super) struct Peaks<'a> {
    /// Their places among the measures, the shortest window first.
    pub(super) measures: Vec<usize>,
    /// The one with the longest window, which wobbles least.
    pub(super) longest: usize,
    pub(super) info: &'a MeasureInfo,
}

/// The peaks that a study is about: those after the fault if it has any.
pub(super) fn peaks(results: &StudyResults) -> Option<Peaks<'_>> {
    let windowed = |measure: &&MeasureInfo| measure.window_s.is_some();
    let mut all = results.measures.iter().filter(windowed);
    let after = all.clone().find(|measure| measure.phase.starts_with("after"));
    let first = after.or_else(|| all.next())?;
    let alike = |measure: &MeasureInfo| {
        measure.window_s.is_some()
            && (&measure.subject, &measure.phase) == (&first.subject, &first.phase)
    };
    let mut measures: Vec<usize> =
        (0..results.measures.len()).filter(|&index| alike(&results.measures[index])).collect();
    let window = |index: &usize| results.measures[*index].window_s.unwrap_or(0.0);
    measures.sort_by(|one, other| window(one).total_cmp(&window(other)));
    let longest = *measures.last()?;
    Some(Peaks { measures, longest, info: &results.measures[longest] })
}

/// A peak as it is compared: its ratio to the baseline where there is one, else the rate itself.
pub(super) fn peak(
    results: &StudyResults,
    measure: usize,
    variant: &VariantResults,
) -> Option<(Unit, f64)> {
    let figure = variant.figures.get(measure)?;
    match has_ratios(results, measure) {
        true => Some((Unit::Factor, figure.ratio?.mean?)),
        false => Some((Unit::PerSecond, figure.value.mean?)),
    }
}

/// Whether any variant's figure has a ratio to the baseline.
pub(super) fn has_ratios(results: &StudyResults, measure: usize) -> bool {
    let figures = results.variants.iter().filter_map(|variant| variant.figures.get(measure));
    figures.into_iter().any(|figure: &Figure| figure.ratio.is_some())
}

/// The subject whose course a chart shows: that of the first such measure of the table of which
/// there is a course, else the first of which there is one.
pub(super) fn subject(
    results: &StudyResults,
    wanted: impl Fn(&MeasureInfo) -> bool,
) -> Option<String> {
    let courses = || results.variants.iter().flat_map(|variant| &variant.series);
    let measures = results.measures.iter().filter(|measure| measure.in_table && wanted(measure));
    let known = |measure: &&MeasureInfo| courses().any(|course| course.subject == measure.subject);
    let measured = measures.into_iter().find(known).map(|measure| measure.subject.clone());
    measured.or_else(|| courses().next().map(|course| course.subject.clone()))
}

/// The course of a subject under a variant.
pub(super) fn course<'a>(variant: &'a VariantResults, subject: &str) -> Option<&'a Series> {
    variant.series.iter().find(|series| series.subject == subject)
}

/// The peaks over the longest window, variant by variant.
pub(super) fn peak_figures<'a>(results: &'a StudyResults, peaks: &Peaks) -> Vec<(&'a str, f64)> {
    let figure = |variant: &'a VariantResults| {
        let (_, figure) = peak(results, peaks.longest, variant)?;
        Some((&*variant.name, figure))
    };
    results.variants.iter().filter_map(figure).collect()
}

/// `1.10x (“immediate”) to 4.06x (“no jitter”)`: the least and the most of what the variants have.
pub(super) fn span(unit: Unit, figures: &[(&str, f64)]) -> Option<String> {
    let least = figures.iter().min_by(|one, other| one.1.total_cmp(&other.1))?;
    let most = figures.iter().max_by(|one, other| one.1.total_cmp(&other.1))?;
    let (low, high) = (numbers::value(unit, least.1), numbers::value(unit, most.1));
    let told = |figure: &str, name: &str| format!("{figure} (“{}”)", short(name));
    Some(match figures {
        [_] => low,
        _ if low == high => format!("{low} in every variant"),
        _ => format!("{} to {}", told(&low, least.0), told(&high, most.0)),
    })
}

fn short(name: &str) -> String {
    const MOST: usize = 36;
    match name.chars().count() > MOST {
        true => format!("{}…", name.chars().take(MOST - 1).collect::<String>().trim_end()),
        false => name.to_owned(),
    }
}

/// The faults in a sentence: `the outage`, or `the faults` if there are several.
pub(super) fn faults(results: &StudyResults) -> String {
    let mut names: Vec<&str> = results.fault_windows.iter().map(|window| &*window.name).collect();
    names.dedup();
    match names.as_slice() {
        [name] => format!("the {}", name.strip_prefix("the ").unwrap_or(name)),
        [] => "the start".to_owned(),
        _ => "the faults".to_owned(),
    }
}

/// `30s` as `30 s`.
fn spaced(length: &str) -> String {
    let unit = length.find(|character: char| character.is_alphabetic()).unwrap_or(length.len());
    let (number, unit) = length.split_at(unit);
    format!("{} {unit}", number.trim()).trim_end().to_owned()
}

/// The text with a large first letter.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

/// A phase in a sentence: `in the 30 s after the outage`.
pub(super) fn phase(results: &StudyResults, phase: &str) -> String {
    let faults = faults(results);
    let length = phase.strip_prefix("after(").and_then(|rest| rest.strip_suffix(')'));
    match (phase, length) {
        (_, Some(length)) => format!("in the {} after {faults}", spaced(length)),
        ("after", _) => format!("after {faults}"),
        ("before", _) => format!("before {faults}"),
        ("during", _) => format!("during {faults}"),
        ("all", _) => "over the whole run".to_owned(),
        ("until_steady", _) => "until the recovery".to_owned(),
        ("rest", _) => "after the recovery".to_owned(),
        ("warmup", _) => "in the warm-up".to_owned(),
        _ => phase.to_owned(),
    }
}

/// A window in words: `10 ms`.
pub(super) fn window(measure: &MeasureInfo) -> String {
    let seconds = measure.window_s.unwrap_or(1.0);
    numbers::tick(Unit::Seconds, seconds, seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_heading_names_the_least_and_the_most() {
        let figures = [("a", 2.0), ("b", 1.1), ("c", 4.06)];
        assert_eq!(span(Unit::Factor, &figures).unwrap(), "1.10x (“b”) to 4.06x (“c”)");
        assert_eq!(span(Unit::Factor, &figures[..1]).unwrap(), "2.00x");
        assert_eq!(
            span(Unit::Factor, &[("a", 2.0), ("b", 2.0001)]).unwrap(),
            "2.00x in every variant"
        );
        assert_eq!(span(Unit::Factor, &[]), None);
    }

    #[test]
    fn the_peaks_after_the_fault_come_first_and_in_the_order_of_their_windows() {
        let results = fixture::study(2);
        let peaks = peaks(&results).unwrap();
        assert_eq!(peaks.measures, [1, 2, 3]);
        assert_eq!(window(peaks.info), "1 s");
        assert_eq!(phase(&results, &peaks.info.phase), "in the 30 s after the outage");
    }
}
