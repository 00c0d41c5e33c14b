//! A suite on a terminal: a line a file, then what did not hold, then the numbers.

use experiments::results::{ExpectationResult, ExpectationVerdict};

use super::{Counts, FileEnd, FileVerdict, TestedFile};
use crate::columns::sign;
use crate::terminal::{Paint, Style, width, wrap};

/// The line of a file: sign, name, how many expectations held of how many, how long it took. Names take so
/// many columns.
pub fn line(file: &TestedFile, names: usize, style: Style) -> String {
    let paint = Paint(style.colour);
    let name = format!("{}{}", file.name, " ".repeat(names.saturating_sub(width(&file.name))));
    let counts = Counts::of([file]);
    let time = format!("{:7.1} s", file.time_s);
    let held = format!("{:3} of {:3}", counts.passed, counts.expectations());
    match file.verdict() {
        FileVerdict::Passed => format!("{} {name}  {held}  {time}", paint.green("✓")),
        FileVerdict::Undecided => format!("{} {name}  {held}  {time}", paint.yellow("?")),
        FileVerdict::Failed => format!("{} {name}  {held}  {time}", paint.red("✗")),
        FileVerdict::Aborted => {
            format!("{} {name}  {held}  {time}  a run was given up", paint.red("✗"))
        }
        FileVerdict::Broken => format!("{} {name}  cannot be run", paint.red("✗")),
        FileVerdict::NothingExpected => paint.dim(&format!("– {name}  nothing is expected")),
        FileVerdict::Unfinished => paint.dim(&format!("– {name}  not finished")),
    }
}

/// Of a file in which something did not hold: what was expected and what was measured, and the command
/// that runs it again. Of a file that cannot be run: why. Nothing of others.
pub fn details(file: &TestedFile, style: Style) -> Vec<String> {
    let paint = Paint(style.colour);
    let mut lines = Vec::new();
    if let FileEnd::Broken(why) = &file.end {
        lines.push(paint.bold(&file.path));
        lines.extend(why.trim_end().lines().map(|line| format!("  {line}")));
    }
    let missed = file.expectations().filter(|(e, _)| e.verdict != ExpectationVerdict::Passed);
    let missed: Vec<String> = missed.flat_map(|(e, again)| expectation(e, again, style)).collect();
    let given_up = given_up(file, style);
    if !missed.is_empty() || !given_up.is_empty() {
        lines.push(paint.bold(&file.path));
        lines.extend(missed);
        lines.extend(given_up);
    }
    lines
}

fn expectation(expectation: &ExpectationResult, again: &str, style: Style) -> Vec<String> {
    let paint = Paint(style.colour);
    let sign = match expectation.verdict {
        ExpectationVerdict::Passed => paint.green(sign(expectation.verdict)),
        ExpectationVerdict::Failed => paint.red(sign(expectation.verdict)),
        ExpectationVerdict::Undecided => paint.yellow(sign(expectation.verdict)),
    };
    let claim = format!("{}: {}", expectation.variant, expectation.that);
    let mut claim = wrap(&claim, style.width, 4).into_iter();
    let mut lines = vec![format!("  {sign} {}", claim.next().unwrap_or_default())];
    lines.extend(claim.map(|line| format!("    {line}")));
    lines.extend(labelled("measured", &expectation.measured, style));
    if let Some(why) = &expectation.explanation {
        lines.extend(labelled("", why, style));
    }
    // A command is not wrapped: it is there to be copied.
    lines.push(format!("    {:11}{again}", "reproduce"));
    lines
}

fn labelled(label: &str, text: &str, style: Style) -> Vec<String> {
    let mut text = wrap(text, style.width, 15).into_iter();
    let mut lines = vec![format!("    {label:11}{}", text.next().unwrap_or_default())];
    lines.extend(text.map(|line| format!("    {:11}{line}", "")));
    lines
}

/// Of each variant with runs that were given up: how many, and why the first was.
fn given_up(file: &TestedFile, style: Style) -> Vec<String> {
    let FileEnd::Run { results, .. } = &file.end else { return Vec::new() };
    let aborted = results.variants.iter().filter(|variant| variant.verdicts.aborted > 0);
    let told = aborted.flat_map(|variant| {
        let first = variant.runs.iter().find_map(|run| run.aborted.as_deref());
        let (count, of) = (variant.verdicts.aborted, variant.runs.len());
        let text = format!("{}: {count} of {of} runs: {}", variant.name, first.unwrap_or(""));
        let mut text = wrap(&text, style.width, 4).into_iter();
        let sign = Paint(style.colour).red("✗");
        let mut lines = vec![format!("  {sign} {}", text.next().unwrap_or_default())];
        lines.extend(text.map(|line| format!("    {line}")));
        lines
    });
    told.collect()
}

/// The last line: how many files and expectations, what did not hold, how long it all took.
pub fn summary(files: &[TestedFile], time_s: f64, style: Style) -> String {
    let counts = Counts::of(files);
    let all = counts.expectations();
    let several = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    let mut text = format!(
        "{}: {} of {} held",
        several(counts.files, "file"),
        counts.passed,
        several(all, "expectation")
    );
    let mut note = |n: usize, what: &str| {
        if n > 0 {
            text += &format!(", {n} {what}");
        }
    };
    note(counts.failed, "failed");
    note(counts.undecided, "undecided");
    for (n, what) in [
        (counts.aborted, "gave up a run"),
        (counts.broken, "cannot be run"),
        (counts.nothing_expected, "without anything expected"),
        (counts.unfinished, "not finished"),
    ] {
        if n > 0 {
            text += &format!("; {} {what}", several(n, "file"));
        }
    }
    text += &format!("; {time_s:.1} s");
    Paint(style.colour).bold(&text)
}
