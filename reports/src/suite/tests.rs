//! A suite in which each kind of file appears.

use super::*;
use crate::fixture;
use crate::terminal::Style;

fn file(name: &str, end: FileEnd) -> TestedFile {
    TestedFile { name: name.to_owned(), path: format!("scenarios/{name}.toml"), time_s: 1.25, end }
}

fn run(verdicts: &[ExpectationVerdict]) -> FileEnd {
    let mut results = Box::new(fixture::small());
    let one = results.expectations[0].clone();
    results.expectations =
        verdicts.iter().map(|&verdict| ExpectationResult { verdict, ..one.clone() }).collect();
    let reproduce = vec!["squall run a.toml --variant 'full jitter'".to_owned(); verdicts.len()];
    FileEnd::Run { results, reproduce }
}

fn aborted() -> FileEnd {
    let FileEnd::Run { mut results, reproduce } = run(&[ExpectationVerdict::Passed]) else {
        unreachable!("a run is a run")
    };
    results.variants[0].verdicts.aborted = 1;
    results.variants[0].runs[1].aborted = Some("given up at 12s: too much".to_owned());
    FileEnd::Run { results, reproduce }
}

fn files() -> Vec<TestedFile> {
    use ExpectationVerdict::{Failed, Passed, Undecided};
    vec![
        file("held", run(&[Passed, Passed])),
        file("undecided", run(&[Passed, Undecided])),
        file("failed", run(&[Failed, Undecided, Passed])),
        file("given-up", aborted()),
        file("broken", FileEnd::Broken("error: unknown key `a<b\u{7}`\n --> x".to_owned())),
        file("without", FileEnd::NothingExpected),
        file("late", FileEnd::Unfinished),
    ]
}

#[test]
fn a_line_a_file_then_what_did_not_hold_then_the_numbers() {
    let style = Style { width: Some(80), ..Style::default() };
    let files = files();
    let mut told: Vec<String> = files.iter().map(|file| line(file, 9, style)).collect();
    told.extend(files.iter().flat_map(|file| details(file, style)));
    told.push(summary(&files, 12.345, style));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_file_is_as_bad_as_the_worst_in_it() {
    use FileVerdict::{Aborted, Broken, Failed, NothingExpected, Passed, Undecided, Unfinished};
    let verdicts: Vec<FileVerdict> = files().iter().map(TestedFile::verdict).collect();
    let expected = [Passed, Undecided, Failed, Aborted, Broken, NothingExpected, Unfinished];
    assert_eq!(verdicts, expected);
}

#[test]
fn the_xml_is_whole_whatever_stands_in_names() {
    let mut xml = Vec::new();
    junit(&files(), 12.345, &mut xml).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let root = document.root_element();
    let count = |name| root.attribute(name).unwrap().parse::<usize>().unwrap();
    let counts = ["tests", "failures", "errors", "skipped"].map(count);
    assert_eq!(counts, [12, 3, 2, 2]);
    let cases = root.descendants().filter(|node| node.has_tag_name("testcase"));
    assert_eq!(cases.count(), 12);
    insta::assert_snapshot!(xml);
}
