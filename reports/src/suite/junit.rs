//! A suite as JUnit XML, the format that build servers read: a test suite a file, a test case an expectation
//! and a probe of a hypothesis.
//!
//! The elements and attributes are those of the schema that Jenkins publishes (`xunit-plugin`,
//! `junit-10.xsd`): `failure` for what was measured and did not hold, `error` for what could not be
//! measured, `skipped` for what was not asked.

use std::io::{self, Write};

use experiments::results::{
    Answer, ExpectationResult, ExpectationVerdict, ProbeCheck, ProbeResult, StudyResults,
    probe_phase_name,
};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{FileEnd, TestedFile};
use crate::ReportError;

/// Writes a suite. A hypothesis is a finding, which only an expectation judges: its probes that did not
/// hold are skipped, not failed.
///
/// # Errors
///
/// When `out` refuses.
pub fn junit(files: &[TestedFile], time_s: f64, out: &mut dyn Write) -> Result<(), ReportError> {
    suites(files, time_s, out).map_err(ReportError::writing("the JUnit file"))
}

/// A test case.
struct Case {
    class: String,
    name: String,
    end: CaseEnd,
    /// What was measured.
    output: String,
}

enum CaseEnd {
    Passed,
    Skipped { message: String },
    Failure { kind: &'static str, message: String, text: String },
    Error { kind: &'static str, message: String, text: String },
}

fn suites(files: &[TestedFile], time_s: f64, out: &mut dyn Write) -> io::Result<()> {
    let suites: Vec<(&TestedFile, Vec<Case>)> = files.iter().map(|f| (f, cases(f))).collect();
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let start = writer.create_element("testsuites").with_attribute(("name", "squall"));
    with_counts(start, all(), time_s).write_inner_content(|writer| {
        suites.iter().try_for_each(|(file, cases)| suite(file, cases, writer))
    })?;
    writeln!(writer.get_mut())
}

type Xml<'w> = Writer<&'w mut dyn Write>;
type Element<'a, 'w> = quick_xml::writer::ElementWriter<'a, &'w mut dyn Write>;

fn with_counts<'a, 'w, 'c>(
    element: Element<'a, 'w>,
    cases: impl Iterator<Item = &'c Case> + Clone,
    time_s: f64,
) -> Element<'a, 'w> {
    let count = |is: fn(&CaseEnd) -> bool| cases.clone().filter(|c| is(&c.end)).count().to_string();
    element
        .with_attribute(("tests", cases.clone().count().to_string().as_str()))
        .with_attribute(("failures", &*count(|end| matches!(end, CaseEnd::Failure { .. }))))
        .with_attribute(("errors", &*count(|end| matches!(end, CaseEnd::Error { .. }))))
        .with_attribute(("skipped", &*count(|end| matches!(end, CaseEnd::Skipped { .. }))))
        .with_attribute(("time", &*format!("{time_s:.3}")))
}

fn suite(file: &TestedFile, cases: &[Case], writer: &mut Xml) -> io::Result<()> {
    let start = writer
        .create_element("testsuite")
        .with_attribute(("name", &*text(&file.name)))
        .with_attribute(("file", &*text(&file.path)));
    // The runs of a file answer all of its cases together: each is said to take an equal part.
    let time = file.time_s / cases.len().max(1) as f64;
    with_counts(start, cases.iter(), file.time_s).write_inner_content(|writer| {
        if let FileEnd::Run { results, .. } = &file.end {
            properties(results, writer)?;
        }
        cases.iter().try_for_each(|one| case(one, time, writer))
    })?;
    Ok(())
}

/// What reproduces it.
fn properties(results: &StudyResults, writer: &mut Xml) -> io::Result<()> {
    let manifest = &results.manifest;
    let (seed, replications) = (manifest.seed.to_string(), manifest.replications.to_string());
    let properties = [
        ("squall.version", &manifest.version),
        ("squall.hash", &manifest.hash),
        ("squall.seed", &seed),
        ("squall.replications", &replications),
        ("squall.command", &manifest.command),
    ];
    writer.create_element("properties").write_inner_content(|writer| {
        for (name, value) in properties {
            let property = writer.create_element("property").with_attribute(("name", name));
            property.with_attribute(("value", &*text(value))).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

fn case(case: &Case, time_s: f64, writer: &mut Xml) -> io::Result<()> {
    let start = writer
        .create_element("testcase")
        .with_attribute(("classname", &*text(&case.class)))
        .with_attribute(("name", &*text(&case.name)))
        .with_attribute(("time", &*format!("{time_s:.3}")));
    start.write_inner_content(|writer| {
        let (element, kind, message, inside) = match &case.end {
            CaseEnd::Passed => return output(&case.output, writer),
            CaseEnd::Skipped { message } => {
                let skipped = writer.create_element("skipped");
                skipped.with_attribute(("message", &*text(message))).write_empty()?;
                return output(&case.output, writer);
            }
            CaseEnd::Failure { kind, message, text } => ("failure", kind, message, text),
            CaseEnd::Error { kind, message, text } => ("error", kind, message, text),
        };
        writer
            .create_element(element)
            .with_attribute(("message", &*text(message)))
            .with_attribute(("type", *kind))
            .write_text_content(BytesText::new(&text(inside)))?;
        output(&case.output, writer)
    })?;
    Ok(())
}

fn output(output: &str, writer: &mut Xml) -> io::Result<()> {
    if !output.is_empty() {
        let element = writer.create_element("system-out");
        element.write_text_content(BytesText::new(&text(output)))?;
    }
    Ok(())
}

/// A text without the characters that XML 1.0 cannot hold, escaped or not.
fn text(text: &str) -> String {
    let is_held = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(|c| is_held(c) || matches!(c, '\n' | '\t')).collect()
}

fn cases(file: &TestedFile) -> Vec<Case> {
    match &file.end {
        FileEnd::Run { results, .. } => {
            let mut cases: Vec<Case> =
                file.expectations().map(|(e, again)| of_expectation(e, again, file)).collect();
            cases.extend(of_probes(results, file));
            cases.extend(of_aborted(results, file));
            cases
        }
        FileEnd::Broken(why) => {
            let message = why.lines().next().unwrap_or_default().to_owned();
            let end = CaseEnd::Error { kind: "broken", message, text: why.clone() };
            vec![of_file(file, end)]
        }
        FileEnd::NothingExpected => {
            let message = "nothing is expected of it".to_owned();
            vec![of_file(file, CaseEnd::Skipped { message })]
        }
        FileEnd::Unfinished => {
            let message = "interrupted".to_owned();
            vec![of_file(file, CaseEnd::Skipped { message })]
        }
    }
}

fn of_file(file: &TestedFile, end: CaseEnd) -> Case {
    Case { class: file.name.clone(), name: file.path.clone(), end, output: String::new() }
}

fn of_expectation(expectation: &ExpectationResult, again: &str, file: &TestedFile) -> Case {
    let why = expectation.explanation.as_ref();
    let why = why.map_or(String::new(), |why| format!("\n           {why}"));
    let text = format!(
        "{}\nmeasured   {}{why}\nreproduce  {again}",
        expectation.that, expectation.measured
    );
    let failure = |kind| CaseEnd::Failure {
        kind,
        message: format!("{kind}: {}", expectation.measured),
        text: text.clone(),
    };
    Case {
        class: file.name.clone(),
        name: format!("{}: {}", expectation.variant, expectation.that),
        end: match expectation.verdict {
            ExpectationVerdict::Passed => CaseEnd::Passed,
            ExpectationVerdict::Failed => failure("missed"),
            ExpectationVerdict::Undecided => failure("undecided"),
        },
        output: format!("measured {}", expectation.measured),
    }
}

fn of_probes<'r>(results: &'r StudyResults, file: &'r TestedFile) -> impl Iterator<Item = Case> {
    results.variants.iter().flat_map(move |variant| {
        let probes = variant.hypothesis.iter().flat_map(|hypothesis| &hypothesis.probes);
        probes.map(move |probe| of_probe(probe, &variant.name, file))
    })
}

fn of_probe(probe: &ProbeResult, variant: &str, file: &TestedFile) -> Case {
    let told = |check: &ProbeCheck| {
        let (phase, why) = (probe_phase_name(check.phase), check.explanation.as_deref());
        let why = why.map_or(String::new(), |why| format!(" ({why})"));
        format!("{phase}: {}{why}", check.measured)
    };
    let unmet = probe.checks.iter().filter(|check| check.answer != Answer::Held);
    let unmet: Vec<String> = unmet.map(told).collect();
    Case {
        class: file.name.clone(),
        name: format!("{variant}: {}: {}", probe.name, probe.that),
        end: match unmet.is_empty() {
            true => CaseEnd::Passed,
            false => CaseEnd::Skipped { message: format!("did not hold {}", unmet.join("; ")) },
        },
        output: probe.checks.iter().map(told).collect::<Vec<_>>().join("\n"),
    }
}

/// A run that was given up is an error of its variant, whatever was expected.
fn of_aborted(results: &StudyResults, file: &TestedFile) -> Vec<Case> {
    let aborted = results.variants.iter().filter(|variant| variant.verdicts.aborted > 0);
    let case = |variant: &experiments::results::VariantResults| {
        let first = variant.runs.iter().find_map(|run| run.aborted.clone()).unwrap_or_default();
        let (count, of) = (variant.verdicts.aborted, variant.runs.len());
        Case {
            class: file.name.clone(),
            name: format!("{}: every run comes to its end", variant.name),
            end: CaseEnd::Error {
                kind: "aborted",
                message: format!("{count} of {of} runs were given up"),
                text: first,
            },
            output: String::new(),
        }
    };
    aborted.map(case).collect()
}
