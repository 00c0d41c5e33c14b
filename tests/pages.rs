//! The pages under `docs/library/` and `docs/claims.md` are about the library as it is. They are written from
//! the library's own runs by
//!
//! ```sh
//! cargo run --release -- docs docs
//! ```
//!
//! which `.ci/slow` repeats to compare every figure; here is what can be held without a run.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use scenarios::{ClaimVerdict, NoFiles, Override, Study, settings};
use squall::Scenario;
use squall::library::LIBRARY;

const AGAIN: &str = "cargo run --release -- docs docs";

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn read(name: &str) -> String {
    fs::read_to_string(docs().join(name)).unwrap_or_default()
}

fn entries(folder: &str) -> Vec<fs::DirEntry> {
    let entries = fs::read_dir(docs().join(folder));
    let entries = entries.unwrap_or_else(|_| panic!("there is no docs/{folder}: {AGAIN}"));
    entries.map(Result::unwrap).collect()
}

fn study(name: &str) -> Study {
    Scenario::of_library(name).unwrap().load().unwrap().0
}

/// A text of a scenario as pages write it: without the signs that escape markup, in one line.
fn words(text: &str) -> String {
    text.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_row_has_a_page_of_its_present_text() {
    let index = words(&read("library/README.md"));
    let mut stale = Vec::new();
    for row in LIBRARY {
        let (study, page) = (study(row.name), read(&format!("library/{}.md", row.name)));
        let moral = if study.moral.is_empty() { &study.title } else { &study.moral };
        let line = words(&format!("| [{0}]({0}.md) | {moral} |", row.name));
        let is_current = page.contains(row.text)
            && page.contains(&study.hash)
            && words(&page).contains(&words(&study.moral))
            && index.contains(&line);
        if !is_current {
            stale.push(row.name);
        }
    }
    assert!(stale.is_empty(), "the pages of {stale:?} are not of today's files: {AGAIN}");
}

#[test]
fn every_page_and_chart_is_of_a_row() {
    let pages: BTreeSet<String> = LIBRARY.iter().map(|row| format!("{}.md", row.name)).collect();
    let mut linked = BTreeSet::new();
    for entry in entries("library") {
        let name = entry.file_name().into_string().unwrap();
        // Those two are of all rows.
        let is_of_all = ["README.md", "what-broke.md"].contains(&name.as_str());
        if name.ends_with(".md") && !is_of_all {
            assert!(pages.contains(&name), "docs/library/{name} is of no row of the library");
            let page = read(&format!("library/{name}"));
            let charts = page.split("](charts/").skip(1).filter_map(|rest| rest.split(')').next());
            linked.extend(charts.map(str::to_owned));
        }
    }
    let charts = entries("library/charts").into_iter();
    let there: BTreeSet<String> =
        charts.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(there, linked, "what the pages show, and what lies there: {AGAIN}");
}

#[test]
fn every_claim_stands_on_the_page_of_claims_in_the_same_words() {
    let page = read("claims.md");
    let lines: Vec<String> = page.lines().map(words).collect();
    let mut missing = Vec::new();
    let mut count = 0;
    for row in LIBRARY {
        for claim in study(row.name).claims {
            count += 1;
            let verdict = match claim.verdict {
                ClaimVerdict::True => "**true**",
                ClaimVerdict::TrueOnlyIf => "**true only if …**",
                ClaimVerdict::False => "**false**",
            };
            let start = words(&format!("| {} | {verdict} | {} |", claim.says, claim.because));
            let end = format!("| [{0}](library/{0}.md) |", row.name);
            if !lines.iter().any(|line| line.starts_with(&start) && line.ends_with(&end)) {
                missing.push(format!("{}/{}", row.name, claim.name));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?} do not stand in docs/claims.md: {AGAIN}");
    let rows = lines.iter().filter(|line| line.ends_with(".md) |")).count();
    assert_eq!(rows, count, "docs/claims.md has a row a claim: {AGAIN}");
    assert!(!page.to_lowercase().contains("not shown"), "the runs do not show every verdict");
}

/// What a page offers to be changed can be changed: set to what it is, it leaves every model as it is.
#[test]
fn every_figure_that_a_page_offers_can_be_set() {
    for row in LIBRARY {
        let figures = settings(row.text);
        assert!(!figures.is_empty(), "{} has no figures", row.name);
        let set: Vec<Override> =
            figures.iter().map(|figure| Override::new(&figure.path, &figure.value)).collect();
        let load = |set: &[Override]| {
            let loaded = scenarios::load(row.name, row.text.as_bytes(), &NoFiles, set);
            let (study, _) = loaded.unwrap_or_else(|wrong| panic!("{}: {wrong}", row.name));
            study.variants.iter().map(|v| format!("{:?}", v.model)).collect::<Vec<_>>()
        };
        assert!(load(&set) == load(&[]), "{}", row.name);
        for figure in figures {
            assert!(!figure.meaning.is_empty(), "{}: {}", row.name, figure.path);
        }
    }
}
