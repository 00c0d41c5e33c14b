//! What every chart has to keep: nothing outside the page, no text over another, the same bytes
//! twice, and no panic on little or nothing.

use super::scene::{Area, Label, Shape};
use super::*;
use crate::{fixture, own_charts};

fn labels(chart: &Chart) -> Vec<&Label> {
    let mut labels = Vec::new();
    for shape in &chart.scene.shapes {
        if let Shape::Text(label) = shape {
            labels.push(label);
        }
    }
    labels
}

fn overlap(one: Area, other: Area) -> bool {
    one.left < other.right()
        && other.left < one.right()
        && one.top < other.bottom()
        && other.top < one.bottom()
}

fn all_charts() -> Vec<(String, Vec<Chart>)> {
    let studies = (1..=14)
        .map(|variants| (format!("{variants} variants"), of_study(&fixture::study(variants))));
    let own = (1..=14).map(|variants| {
        (format!("own charts, {variants} variants"), of_study(&own_charts::study(variants)))
    });
    let studies = studies.chain(own);
    let sweeps = (1..=3).map(|axes| (format!("{axes} axes"), of_sweep(&fixture::sweep(axes))));
    studies.chain(sweeps).collect()
}

fn svg(chart: &Chart) -> String {
    let mut bytes = Vec::new();
    chart.svg(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn png(chart: &Chart) -> Vec<u8> {
    let mut bytes = Vec::new();
    chart.png(&mut bytes).unwrap();
    bytes
}

#[test]
fn no_text_leaves_the_page_or_covers_another() {
    for (what, charts) in all_charts() {
        for chart in &charts {
            let page =
                Area { left: 0.0, top: 0.0, width: chart.scene.width, height: chart.scene.height };
            let labels = labels(chart);
            for (number, label) in labels.iter().enumerate() {
                let place = label.extent();
                let context = format!("{} of {what}: “{}”", chart.name(), label.text);
                assert!(place.left >= page.left && place.right() <= page.right(), "{context}");
                assert!(place.top >= page.top && place.bottom() <= page.bottom(), "{context}");
                for other in &labels[..number] {
                    assert!(!overlap(place, other.extent()), "{context} covers “{}”", other.text);
                }
            }
        }
    }
}

#[test]
fn an_svg_is_well_formed_and_tells_its_title_its_variants_and_its_origin() {
    let results = fixture::study(12);
    for chart in of_study(&results) {
        let text = svg(&chart);
        let parsed = roxmltree::Document::parse(&text).unwrap();
        let title = parsed.descendants().find(|node| node.has_tag_name("title")).unwrap();
        assert_eq!(title.text(), Some(chart.title()));
        let words: Vec<&str> = parsed
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .filter_map(|node| node.text())
            .map(str::trim)
            .collect();
        for variant in results.variants.iter().filter(|variant| variant.name.len() < 30) {
            assert!(words.contains(&&*variant.name), "{} in {}", variant.name, chart.name());
        }
        assert!(words.iter().any(|word| word.contains("seed 1 · 30 replications · squall 0.1.0")));
        assert!(text.len() < 300_000, "{} has {} bytes", chart.name(), text.len());
    }
}

#[test]
fn a_png_has_two_pixels_a_point() {
    for chart in of_study(&fixture::study(2)) {
        let bytes = png(&chart);
        let decoder = ::png::Decoder::new(std::io::Cursor::new(&bytes));
        let reader = decoder.read_info().unwrap();
        let (width, height) = (chart.scene.width as u32, chart.scene.height as u32);
        assert_eq!((reader.info().width, reader.info().height), (2 * width, 2 * height));
    }
}

#[test]
fn the_same_results_give_the_same_bytes() {
    let results = fixture::study(3);
    for (one, other) in of_study(&results).iter().zip(&of_study(&results)) {
        assert_eq!(svg(one), svg(other));
        assert_eq!(png(one), png(other));
    }
}

#[test]
fn headings_say_what_one_sees() {
    let titles: Vec<String> = of_study(&fixture::study(12))
        .iter()
        .chain(&of_sweep(&fixture::sweep(1))[3..5])
        .chain(&of_sweep(&fixture::sweep(2))[3..5])
        .map(|chart| chart.title().to_owned())
        .collect();
    insta::assert_snapshot!(titles.join("\n"));
}

#[test]
fn a_study_with_nothing_in_it_has_no_charts() {
    let mut results = fixture::study(2);
    results.variants.clear();
    assert!(of_study(&results).is_empty());
}

#[test]
fn courses_and_figures_may_be_missing() {
    let mut results = fixture::study(3);
    results.fault_windows.clear();
    results.variants[0].series.clear();
    for series in &mut results.variants[1].series {
        series.success.fill(None);
        series.response_time_p50_s.fill(None);
        series.response_time_p99_s.fill(None);
        series.arrivals_per_s.fill(f64::NAN);
    }
    for figure in &mut results.variants[2].figures {
        (figure.value.mean, figure.ratio) = (None, None);
    }
    let charts = of_study(&results);
    assert_eq!(charts.len(), 4);
    for chart in &charts {
        roxmltree::Document::parse(&svg(chart)).unwrap();
        assert!(!png(chart).is_empty());
    }
}

#[test]
fn courses_without_a_single_bin_draw_nothing_but_the_peaks() {
    let mut results = fixture::study(2);
    for variant in &mut results.variants {
        variant.series.clear();
    }
    let names: Vec<String> =
        of_study(&results).iter().map(|chart| chart.name().to_owned()).collect();
    assert_eq!(names, ["peak-rate"]);
}

#[test]
fn without_ratios_peaks_are_rates() {
    let mut results = fixture::study(3);
    for figure in results.variants.iter_mut().flat_map(|variant| &mut variant.figures) {
        (figure.ratio, figure.control_ratio) = (None, None);
    }
    let charts = of_study(&results);
    let peaks = charts.iter().find(|chart| chart.name() == "peak-rate").unwrap();
    assert!(peaks.title().contains("/s"), "{}", peaks.title());
}

#[test]
fn times_below_a_logarithmic_axis_are_said_to_lie_on_its_floor() {
    let floor = |results: &StudyResults| {
        let charts = of_study(results);
        let chart = charts.iter().find(|chart| chart.name() == "response-time").unwrap();
        labels(chart).iter().any(|label| label.text.contains("lies on the floor"))
    };
    let mut results = fixture::study(2);
    assert!(!floor(&results));
    for series in &mut results.variants[0].series {
        series.response_time_p50_s[70] = Some(0.0);
    }
    assert!(floor(&results));
}

#[test]
fn charts_of_the_file_come_first_and_have_its_titles() {
    let results = own_charts::study(12);
    let charts = of_study(&results);
    let told: Vec<String> =
        charts.iter().map(|chart| format!("{}: {}", chart.name(), chart.title())).collect();
    for (told, chart) in told.iter().zip(&results.charts) {
        assert!(told.ends_with(&chart.title), "{told}");
    }
    assert_eq!(charts.len(), results.charts.len() + 4);
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_chart_of_the_file_is_well_formed_and_tells_its_title_and_its_variants() {
    let results = own_charts::study(12);
    for chart in of_study(&results).iter().take(results.charts.len()) {
        let text = svg(chart);
        let parsed = roxmltree::Document::parse(&text).unwrap();
        let title = parsed.descendants().find(|node| node.has_tag_name("title")).unwrap();
        assert_eq!(title.text(), Some(chart.title()));
        let labels = labels(chart);
        let is_told = |name: &str| labels.iter().any(|label| label.text == name);
        for variant in results.variants.iter().filter(|variant| variant.name.len() < 30) {
            assert!(is_told(&variant.name), "{} in {}", variant.name, chart.name());
        }
        assert!(text.len() < 300_000, "{} has {} bytes", chart.name(), text.len());
        assert!(!png(chart).is_empty());
    }
}

#[test]
fn a_title_of_the_file_has_two_lines_at_most() {
    let mut results = own_charts::study(2);
    let words =
        "Without a lock wait everybody is served, with one of thirty seconds most of them give up ";
    let title: String = words.repeat(2).chars().take(160).collect();
    results.charts[0].title = title.trim_end().to_owned();
    let chart = of_study(&results).remove(0);
    let lines: Vec<String> = labels(&chart)
        .iter()
        .filter(|label| label.font.bold && label.font.size == 20.0)
        .map(|label| label.text.clone())
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines.join(" "), results.charts[0].title);
}

#[test]
fn a_logarithmic_axis_says_that_it_is_one_and_a_share_is_no_more_than_the_whole() {
    let charts = of_study(&own_charts::study(5));
    let says =
        |chart: &Chart, words: &str| labels(chart).iter().any(|label| label.text.contains(words));
    let logarithmic: Vec<bool> =
        charts.iter().take(7).map(|chart| says(chart, "axis is logarithmic")).collect();
    // The fourth would be, if there were anything to draw on it.
    assert_eq!(logarithmic, [false, false, true, false, false, false, true]);
    assert!(says(&charts[6], "lies on its floor"));
    assert!(!says(&charts[0], "105 %") && says(&charts[0], "100 %"));
}
