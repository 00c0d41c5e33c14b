//! The charts that a file asks for itself, in its order: they come before those of every study.

use experiments::results::{ChartResult, Drawn, StudyResults};

use super::scene::Scene;
use super::{bars, over_time};

/// Letters of a title in the name of its file.
const LONGEST_SLUG: usize = 48;

/// The charts with the names of their files.
pub(super) fn draw(results: &StudyResults) -> Vec<(String, Scene)> {
    let charts = results.charts.iter().zip(1..);
    charts
        .filter_map(|(chart, number)| {
            let scene = match &chart.drawn {
                Drawn::Bars(drawn) => bars::draw(results, chart, drawn),
                Drawn::OverTime(drawn) => over_time::draw(results, chart, drawn),
            };
            Some((name(chart, number), scene?))
        })
        .collect()
}

/// `01-fifty-wait-for-one-row`: the place in the file, and as many words of the title as are handy.
fn name(chart: &ChartResult, number: u32) -> String {
    let words = chart.title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let mut name = format!("{number:02}");
    for word in words {
        if name.len() + word.len() > LONGEST_SLUG {
            break;
        }
        name = format!("{name}-{}", word.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own_charts;

    #[test]
    fn a_file_is_named_after_the_place_and_the_title_of_its_chart() {
        let mut chart = own_charts::study(2).charts.remove(0);
        let mut named = |title: &str| {
            chart.title = title.to_owned();
            name(&chart, 7)
        };
        assert_eq!(named("Slow costs 100 %: dead, a fifth!"), "07-slow-costs-100-dead-a-fifth");
        assert_eq!(named("…"), "07");
        let long = named("one two three four five six seven eight nine ten eleven twelve");
        assert_eq!(long, "07-one-two-three-four-five-six-seven-eight-nine");
    }
}
