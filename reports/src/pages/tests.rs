//! Pages of a made-up study.

use experiments::results::{ByPhase, ClaimVerdict};

use super::*;
use crate::fixture;

const TEXT: &str = r#"title = "A storm | of 30 s"
from = "An article"
moral = "Wait, and not all at once"
description = """
- Each call costs $5, and <all> wait.
"""
# A fence of its own: ```
[run]
length = "60s"
warmup = "1s"
[clients.shop]
load = { open = { rate = "4/s" } }
call = { to = "payment" }
[services.payment]
steps = [{ work = "exp(20ms)" }]"#;

fn study(text: &str) -> Study {
    scenarios::load("storm.toml", text.as_bytes(), &scenarios::NoFiles, &[]).unwrap().0
}

fn told(scenario: &Scenario) -> String {
    let mut bytes = Vec::new();
    page(scenario, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_broke_is_told_of_those_whom_it_hit_hardest() {
    let (study, mut results) = (study(TEXT), crate::watched::study());
    let scenario = |results: &StudyResults| {
        let mut bytes = Vec::new();
        let scenario = Scenario {
            path: "storm.toml",
            study: &study,
            results,
            claims: &[],
            charts: &[],
            settings: &[],
            is_of_library: false,
        };
        what_broke(&[scenario], &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let rows = |text: &str| text.lines().filter(|line| line.contains("(storm.md)")).count();
    for (variant, share) in results.variants.iter_mut().zip([0.25, 0.75]) {
        let why = variant.why.as_mut().unwrap();
        why.phases = ["before", "during"].map(str::to_owned).to_vec();
        let user = |share| ByPhase { subject: "shop".to_owned(), share };
        let calm = user(vec![Some(1.0); why.phases.len()]);
        let hit = user(why.phases.iter().map(|p| (p == "during").then_some(share)).collect());
        why.users = vec![calm, hit];
    }
    let text = scenario(&results);
    assert!(text.contains("| 25.0 % |") && text.contains("| 75.0 % |"), "{text}");
    assert!(text.contains(&results.variants[1].name), "{text}");
    assert_eq!(rows(&text), 1);
    results.variants[0].why = None;
    assert_eq!(rows(&scenario(&results)), 0);
}

#[test]
fn a_page_tells_the_story_the_figures_and_what_to_change() {
    let (study, results) = (study(TEXT), fixture::study(3));
    let claim = ClaimResult {
        row: "storm".to_owned(),
        name: "peak".to_owned(),
        says: "It takes 400x".to_owned(),
        source: "An article".to_owned(),
        verdict: ClaimVerdict::False,
        because: "It does not.".to_owned(),
        answers: results.expectations[..1].to_vec(),
    };
    let picture =
        Picture { file: "charts/storm-success.svg".to_owned(), title: "All is lost".to_owned() };
    let scenario = Scenario {
        path: "scenarios/library/storm.toml",
        study: &study,
        results: &results,
        claims: &[claim],
        charts: &[picture],
        settings: &scenarios::settings(&study.text),
        is_of_library: true,
    };
    let page = told(&scenario);
    insta::assert_snapshot!(page);
    assert!(page.contains(&format!("````toml\n{TEXT}\n````\n")));
}

#[test]
fn what_a_file_does_not_say_is_left_out() {
    let text = TEXT.lines().filter(|line| !line.starts_with("from") && !line.starts_with("moral"));
    let (study, results) = (study(&text.collect::<Vec<_>>().join("\n")), fixture::study(1));
    let scenario = Scenario {
        path: "storm.toml",
        study: &study,
        results: &results,
        claims: &[],
        charts: &[],
        settings: &[],
        is_of_library: false,
    };
    let page = told(&scenario);
    for absent in ["From:", "> **", "What is claimed", "squall new", "![", "--set"] {
        assert!(!page.contains(absent), "{absent}");
    }
}

#[test]
fn the_index_is_by_source_and_what_does_not_say_comes_last() {
    let without =
        TEXT.replace("from = \"An article\"\nmoral = \"Wait, and not all at once\"\n", "");
    let texts = [
        TEXT.to_owned(),
        without,
        TEXT.replace("An article", "A study"),
        TEXT.replace("Wait, and", "Never"),
    ];
    let studies: Vec<Study> = texts.iter().map(|text| study(text)).collect();
    let results = fixture::small();
    let scenario = |study| Scenario {
        path: "storm.toml",
        study,
        results: &results,
        claims: &[],
        charts: &[],
        settings: &[],
        is_of_library: true,
    };
    let mut bytes = Vec::new();
    index(&studies.iter().map(scenario).collect::<Vec<_>>(), &mut bytes).unwrap();
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
}
