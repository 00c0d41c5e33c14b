//! Claims of two sources, one of which is not shown.

use experiments::results::{ClaimVerdict, ExpectationVerdict};

use super::*;
use crate::fixture;

fn claims() -> Vec<ClaimResult> {
    let expectations = fixture::study(4).expectations;
    let of = |verdict| {
        expectations.iter().find(|e| e.verdict == verdict).cloned().into_iter().collect::<Vec<_>>()
    };
    let claim = |row: &str, name: &str, source: &str, verdict| ClaimResult {
        row: row.to_owned(),
        name: name.to_owned(),
        says: "Retries cause a 400x peak, at $5 a call | or so".to_owned(),
        source: source.to_owned(),
        verdict,
        because: "It is so per 10 ms, and of a mean_rate.".to_owned(),
        answers: Vec::new(),
    };
    let passed = of(ExpectationVerdict::Passed);
    let both = [passed.clone(), of(ExpectationVerdict::Failed)].concat();
    vec![
        ClaimResult {
            answers: passed.clone(),
            ..claim("storm", "peak", "An article", ClaimVerdict::True)
        },
        ClaimResult {
            answers: passed,
            ..claim("storm", "jitter", "A study", ClaimVerdict::TrueOnlyIf)
        },
        ClaimResult { answers: both, ..claim("lock", "dead", "An article", ClaimVerdict::False) },
    ]
}

fn printed(format: Format) -> String {
    let mut bytes = Vec::new();
    let style = Style { width: Some(80), ..Style::default() };
    print_claims(&claims(), format, style, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_block_each_on_a_terminal() {
    insta::assert_snapshot!(printed(Format::Table));
}

#[test]
fn a_table_a_source_on_a_page() {
    insta::assert_snapshot!(printed(Format::Markdown));
}

#[test]
fn a_row_an_answer_for_a_spreadsheet() {
    insta::assert_snapshot!(printed(Format::Csv));
}

#[test]
fn an_object_each_for_a_program() {
    let json: serde_json::Value = serde_json::from_str(&printed(Format::Json)).unwrap();
    let shown: Vec<bool> =
        json.as_array().unwrap().iter().map(|one| one["is_shown"].as_bool().unwrap()).collect();
    assert_eq!(shown, [true, true, false]);
    assert_eq!(json[2]["verdict"], "false");
    assert_eq!(json[2]["answers"].as_array().unwrap().len(), 2);
}

#[test]
fn what_nothing_answers_is_not_shown() {
    let mut claim = claims().remove(0);
    assert!(claim.is_shown());
    claim.answers.clear();
    assert!(!claim.is_shown());
}
