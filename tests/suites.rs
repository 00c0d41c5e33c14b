//! `squall test`, `squall claims` and `squall docs` as a user meets them: what is printed and written, how
//! they end.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

/// A small system with two claims, a hypothesis, and two expectations that hold.
const HELD: &str = include_str!("data/suite.toml");

fn squall(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("squall").unwrap();
    command.args(arguments).env_remove("RAYON_NUM_THREADS").current_dir(folder);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The same system, of which something is expected that does not come out.
fn missed() -> String {
    HELD.replace("failed, during) >= 95%", "failed, during) <= 5%")
}

/// The same system without anything expected.
fn nothing_expected() -> String {
    let (system, _) = HELD.split_once("[[expect]]").unwrap();
    let (before, claims) = system.split_once("[claims.lost]").unwrap();
    let (_, after) = claims.split_once("[run]").unwrap();
    format!("{before}[run]{after}")
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The lines of standard output without the times, which are never the same.
fn printed(output: &Output) -> Vec<String> {
    let is_time = |word: &str| word.parse::<f64>().is_ok() && word.contains('.');
    let told = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().filter(|word| !is_time(word)).collect();
        words.join(" ")
    };
    text(&output.stdout).lines().map(told).collect()
}

#[test]
fn a_suite_that_holds_ends_well_and_has_a_line_a_file() {
    let folder = folder(&[("b.toml", HELD), ("a/deep.toml", HELD), ("notes.md", "# Notes")]);
    let output = squall(folder.path(), &["test", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = printed(&output);
    assert_eq!(lines[..2], ["✓ deep 2 of 2 s", "✓ b 2 of 2 s"], "{lines:?}");
    assert_eq!(lines.last().unwrap(), "2 files: 4 of 4 expectations held; s");
    assert!(!folder.path().join("results").exists(), "nobody asked for results");
}

#[test]
fn what_does_not_hold_is_told_with_what_was_measured_and_how_to_see_it_again() {
    let folder = folder(&[("held.toml", HELD), ("missed.toml", &missed())]);
    let seed = ["--seed", "3", "--replications", "3"];
    let output =
        squall(folder.path(), &[&["test", "missed.toml", "held.toml"], &seed[..]].concat());
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let lines = printed(&output);
    assert_eq!(lines[..2], ["✗ missed 1 of 2 s", "✓ held 2 of 2 s"], "{lines:?}");
    assert_eq!(lines.last().unwrap(), "2 files: 3 of 4 expectations held, 1 failed; s");
    let printed = text(&output.stdout);
    assert!(printed.contains("  ✗ base: share(shop:failed, during) <= 5%\n"), "{printed}");
    let measured = printed.lines().find(|line| line.starts_with("    measured   ")).unwrap();
    assert!(measured.ends_with("(control 0%), n=3"), "{measured}");
    let again = printed.lines().find_map(|line| line.trim().strip_prefix("reproduce  squall "));
    let again: Vec<&str> = again.unwrap().split(' ').collect();
    let expected = "run missed.toml --set run.seed=3 --set run.replications=3 --variant base";
    assert_eq!(again.join(" "), expected);
    let again = squall(folder.path(), &[&again[..], &["--no-charts", "--quiet"]].concat());
    assert_eq!(again.status.code(), Some(3));
}

#[test]
fn the_order_and_the_outcome_do_not_depend_on_threads() {
    let names: Vec<String> = (0..6).map(|n| format!("{n}.toml")).collect();
    let missed = missed();
    let file =
        |(n, name): (usize, &'_ String)| (name.clone(), if n % 3 == 1 { &missed } else { HELD });
    let files: Vec<(String, &str)> = names.iter().enumerate().map(file).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, *text)).collect();
    let folder = folder(&files);
    let on = |threads| printed(&squall(folder.path(), &["test", ".", "--threads", threads]));
    let one = on("1");
    assert_eq!(one.iter().filter(|line| line.starts_with('✗')).count(), 4, "{one:?}");
    assert_eq!(one, on("3"));
}

#[test]
fn a_broken_file_is_told_of_and_the_others_still_run() {
    let broken = HELD.replace("instances = 2", "instnces = 2");
    let folder = folder(&[("broken.toml", &broken), ("held.toml", HELD)]);
    let output = squall(folder.path(), &["test", ".", "gone.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let lines = printed(&output);
    let expected = ["✗ broken cannot be run", "✓ held 2 of 2 s", "✗ gone cannot be run"];
    assert_eq!(lines[..3], expected, "{lines:?}");
    let printed = text(&output.stdout);
    assert!(printed.contains("did you mean `instances`?"), "{printed}");
    assert!(printed.contains("cannot read gone.toml"), "{printed}");
    assert!(printed.contains("; 2 files cannot be run"), "{printed}");
}

#[test]
fn a_filter_leaves_out_files_variants_and_expectations() {
    let folder = folder(&[("one.toml", HELD), ("two.toml", HELD)]);
    let of = |filter: &[&str]| squall(folder.path(), &[&["test", "."], filter].concat());
    let lines = printed(&of(&["--filter", "two: retried"]));
    assert_eq!(lines.first().unwrap(), "✓ two 1 of 1 s", "{lines:?}");
    assert_eq!(lines.last().unwrap(), "1 file: 1 of 1 expectation held; s");
    let lines = printed(&of(&["--filter", "failed, during", "--filter", "two"]));
    assert_eq!(lines[..2], ["✓ one 1 of 1 s", "✓ two 2 of 2 s"], "{lines:?}");
}

#[test]
fn that_nothing_was_tested_is_no_success() {
    let folder = folder(&[("held.toml", HELD), ("nothing.toml", &nothing_expected())]);
    let output = squall(folder.path(), &["test", ".", "--filter", "peak_rate"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("no expectation matched `peak_rate`"));
    let output = squall(folder.path(), &["test", "nothing.toml"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
    let output = squall(folder.path(), &["test", "."]);
    assert_eq!(output.status.code(), Some(0), "one file has expectations");
    assert!(printed(&output).contains(&"– nothing nothing is expected".to_owned()));
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(squall(empty.path(), &["test", "."]).status.code(), Some(2));
    assert_eq!(squall(empty.path(), &["test"]).status.code(), Some(2));
}

#[test]
fn a_run_that_was_given_up_ends_with_6_and_says_why() {
    let folder = folder(&[("held.toml", HELD)]);
    let output = squall(folder.path(), &["test", "held.toml", "--set", "run.limits={in_flight=1}"]);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stdout));
    let printed = text(&output.stdout);
    assert!(printed.contains("a run was given up") && printed.contains("given up at"), "{printed}");
}

#[test]
fn a_build_server_gets_junit_xml() {
    let broken = "title = \"]]> & <\u{7}";
    let missed = missed();
    let files = [("broken.toml", broken), ("held.toml", HELD), ("missed.toml", &*missed)];
    let folder = folder(&files);
    let output = squall(folder.path(), &["test", ".", "--junit", "out/junit.xml", "--quiet"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let xml = fs::read_to_string(folder.path().join("out/junit.xml")).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let suites: Vec<_> =
        document.descendants().filter(|node| node.has_tag_name("testsuite")).collect();
    let counts = |attribute| {
        suites.iter().map(|suite| suite.attribute(attribute).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(counts("name"), ["broken", "held", "missed"]);
    // Two expectations, and a probe in each of two variants, neither of which holds.
    assert_eq!(counts("tests"), ["1", "4", "4"]);
    assert_eq!(counts("errors"), ["1", "0", "0"]);
    assert_eq!(counts("failures"), ["0", "0", "1"]);
    assert_eq!(counts("skipped"), ["0", "2", "2"]);
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    let case = failure.parent().unwrap();
    assert_eq!(case.attribute("name"), Some("base: share(shop:failed, during) <= 5%"));
    assert!(case.attribute("time").unwrap().parse::<f64>().unwrap() >= 0.0);
    assert!(failure.text().unwrap().contains("squall run missed.toml --variant base"), "{xml}");
}

#[test]
fn results_are_written_if_they_are_asked_for() {
    let folder = folder(&[("held.toml", HELD)]);
    let output = squall(folder.path(), &["test", "held.toml", "--out", "all"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let tested = folder.path().join("all/held");
    assert!(tested.join("charts/success.svg").exists());
    let run = squall(folder.path(), &["run", "held.toml", "--out", "run", "--quiet"]);
    assert_eq!(run.status.code(), Some(0));
    for file in ["summary.csv", "timeseries.csv", "summary.json", "manifest.json"] {
        let of = |folder: PathBuf| fs::read(folder.join(file)).unwrap();
        assert!(of(tested.clone()) == of(folder.path().join("run")), "{file}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_tells_what_is_done_and_ends_with_5() {
    let long = HELD.replace("replications = 4", "replications = 100000");
    let folder = folder(&[("a.toml", HELD), ("b.toml", &long)]);
    let mut test = std::process::Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(["test", ".", "--threads", "1"])
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Once the first file is told of, the second is being run.
    let mut lines = BufReader::new(test.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.starts_with("✓ a"), "{first}");
    let kill = std::process::Command::new("kill").args(["-INT", &test.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(test.wait().unwrap().code(), Some(5), "{rest:?}");
    assert_eq!(rest[0], "– b  not finished");
    assert!(rest.last().unwrap().contains("1 file not finished"), "{rest:?}");
}

#[test]
fn claims_are_told_with_what_answers_them() {
    let folder = folder(&[("held.toml", HELD), ("nothing.toml", &nothing_expected())]);
    let claims = |format| squall(folder.path(), &["claims", ".", "--format", format]);
    let output = claims("table");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    for said in [
        "A fixture: how to test a suite\n",
        "✓ held/lost: true only if\n",
        "“A refused call is lost”",
        "Nobody tries it again.",
        "✓ base: share(shop:failed, during) >= 95%   100",
        "Somebody else\n",
        "2 of 2 verdicts are shown",
    ] {
        assert!(printed.contains(said), "{said}: {printed}");
    }
    let csv = text(&claims("csv").stdout);
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.lines().nth(2).unwrap().starts_with("Somebody else,held,saved,"), "{csv}");
    let json: serde_json::Value = serde_json::from_slice(&claims("json").stdout).unwrap();
    assert_eq!(json[0]["verdict"], "true_only_if");
    assert_eq!(json[0]["is_shown"], true);
    assert_eq!(json[1]["answers"][0]["variant"], "retried");
    let page = text(&claims("markdown").stdout);
    assert!(page.contains("| A refused call is lost | **true only if …** | Nobody"), "{page}");
}

#[test]
fn a_verdict_that_the_runs_do_not_show_is_told_and_ends_with_3() {
    let folder = folder(&[("missed.toml", &missed())]);
    let output = squall(folder.path(), &["claims", "missed.toml"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(printed.contains("✗ missed/lost: true only if"), "{printed}");
    assert!(printed.contains("1 of 2 verdicts are shown"), "{printed}");
    fs::write(folder.path().join("nothing.toml"), nothing_expected()).unwrap();
    let output = squall(folder.path(), &["claims", "nothing.toml"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
}

#[test]
fn docs_are_a_page_a_scenario_an_index_and_the_claims() {
    let folder = folder(&[("scenarios/held.toml", HELD)]);
    let write = || squall(folder.path(), &["docs", "docs", "scenarios"]);
    let output = write();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let read = |name: &str| fs::read_to_string(folder.path().join("docs").join(name)).unwrap();
    let index = read("library/README.md");
    let row = "| [held](held.md) | What is refused is lost without a retry, and served with one |";
    assert!(
        index.contains("## A fixture: how to test a suite\n") && index.contains(row),
        "{index}"
    );
    assert!(read("claims.md").contains("[held](library/held.md)"));
    let page = read("library/held.md");
    for said in [
        "# A small shop whose payment fails for 5 s\n",
        "> **What is refused is lost without a retry, and served with one**",
        "- A retry after six seconds saves them all.\n",
        "- “A refused call is lost” (A fixture: how to test a suite) **true only if**: Nobody",
        "- ✓ retried: `share(shop:failed, all) <= 0.1%` 0%",
        "squall run scenarios/held.toml\n",
        "| `services.payment.instances` | `2` |",
        "| `policies.shop-to-payment.layers.timeout` | `\"2s\"` |",
        "seed 7, 4 replications",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.contains(HELD), "the file's text, byte for byte");
    let chart = page.split("](").find_map(|part| part.strip_prefix("charts/")).unwrap();
    let chart = read(&format!("library/charts/{}", chart.split(')').next().unwrap()));
    assert!(chart.starts_with("<svg"));
    write();
    assert!(read("library/held.md") == page, "the same runs make the same page");
}
