//! `squall test`: many scenarios as one suite of tests.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::time::Duration;

use experiments::results::StudyResults;
use experiments::suite::Keep;
use reports::folder::Charts;
use reports::suite::{Counts, FileEnd, FileVerdict, TestedFile, details, junit, line, summary};
use scenarios::VariantExpectation;

use super::arguments::TestArguments;
use super::batch::{self, Ended, Opened};
use super::exit::{Exit, Failure};
use super::files::{Source, files};
use super::results_folder::ResultsFolder;
use super::terminal;

/// Runs all files, whatever is wrong with some, and tells of each in its turn.
pub(crate) fn run(arguments: &TestArguments) -> Result<Exit, Failure> {
    let started = batch::now();
    let candidates = candidates(arguments)?;
    let asked: Vec<(usize, &Opened)> = candidates
        .iter()
        .enumerate()
        .filter_map(|(place, candidate)| Some((place, candidate.opened.as_ref().ok()?)))
        .filter(|(_, opened)| !opened.study.expectations.is_empty())
        .collect();
    let members: Vec<&Opened> = asked.iter().map(|(_, opened)| *opened).collect();
    let keep = if arguments.out.is_some() { Keep::Courses } else { Keep::Figures };
    let mut report = Report::new(&candidates);
    let settings = &arguments.settings;
    let ended = batch::run(&members, keep, "test", settings, &mut |member, results, took, bar| {
        report.enter(asked[member].0, results, took, members[member]);
        bar.aside(|| report.tell());
    })?;
    report.tell_all();
    let time = started.elapsed();
    report.close(time);
    write(&report.files, time, arguments)?;
    report.told?;
    Ok(how_it_ended(&report.files, &candidates, ended, arguments))
}

/// A file of the suite, opened if it can be.
struct Candidate {
    name: String,
    path: String,
    opened: Result<Opened, Failure>,
}

/// The files; with a filter, only those that it leaves something of, and those that cannot be opened.
fn candidates(arguments: &TestArguments) -> Result<Vec<Candidate>, Failure> {
    let sources = files(&arguments.paths)?;
    let candidate = |(source, name): (&Source, String)| Candidate {
        opened: open(source, &name, arguments),
        path: source.path(),
        name,
    };
    let candidates = sources.iter().zip(names(&sources)).map(candidate);
    let is_left = |candidate: &Candidate| match &candidate.opened {
        Ok(opened) => arguments.filter.is_empty() || !opened.study.expectations.is_empty(),
        Err(_) => true,
    };
    Ok(candidates.filter(is_left).collect())
}

fn open(source: &Source, name: &str, arguments: &TestArguments) -> Result<Opened, Failure> {
    let filters = &arguments.filter;
    let is_asked_for = |expectation: &VariantExpectation| {
        let (variant, that) = (&expectation.variant, &expectation.expectation.text);
        let told = format!("{name}: {variant}: {that}");
        filters.iter().any(|filter| told.contains(filter))
    };
    batch::open(source, &arguments.settings, |study| {
        if !filters.is_empty() {
            study.keep(&BTreeSet::new(), is_asked_for);
        }
    })
}

/// What the files are called: by their names, where no two have the same, else by their paths.
fn names(sources: &[Source]) -> Vec<String> {
    let short: Vec<String> = sources.iter().map(Source::name).collect();
    let is_alone = |name: &String| short.iter().filter(|other| *other == name).count() == 1;
    let name = |(source, name): (&Source, &String)| match is_alone(name) {
        true => name.clone(),
        false => source.path(),
    };
    sources.iter().zip(&short).map(name).collect()
}

/// What is known of each file, told in the order of the files.
struct Report {
    files: Vec<TestedFile>,
    /// Which files wait for their runs.
    waiting: BTreeSet<usize>,
    /// The file that is told of next.
    next: usize,
    /// How many columns the longest name takes.
    widest: usize,
    /// Whether standard output took it all.
    told: Result<(), Failure>,
}

impl Report {
    fn new(candidates: &[Candidate]) -> Self {
        let end = |opened: &Result<Opened, Failure>| match opened {
            Err(failure) => FileEnd::Broken(failure.message.clone()),
            Ok(opened) if opened.study.expectations.is_empty() => FileEnd::NothingExpected,
            Ok(_) => FileEnd::Unfinished,
        };
        let file = |candidate: &Candidate| TestedFile {
            name: candidate.name.clone(),
            path: candidate.path.clone(),
            time_s: 0.0,
            end: end(&candidate.opened),
        };
        let files: Vec<TestedFile> = candidates.iter().map(file).collect();
        let waits = |(_, file): &(usize, &TestedFile)| file.end == FileEnd::Unfinished;
        let waiting = files.iter().enumerate().filter(waits).map(|(place, _)| place).collect();
        let widest = files.iter().map(|file| file.name.chars().count()).max().unwrap_or(0);
        Self { files, waiting, next: 0, widest, told: Ok(()) }
    }

    fn enter(&mut self, place: usize, results: StudyResults, took: Duration, opened: &Opened) {
        let again = |variant: &String| opened.scenario.only_variant(variant).command("run");
        let reproduce = results.expectations.iter().map(|e| again(&e.variant)).collect();
        self.files[place].time_s = took.as_secs_f64();
        self.files[place].end = FileEnd::Run { results: Box::new(results), reproduce };
        self.waiting.remove(&place);
    }

    /// Tells of files up to the next one that waits for its runs.
    fn tell(&mut self) {
        let until = self.waiting.first().copied().unwrap_or(self.files.len());
        let lines = self.files[self.next..until].iter();
        let lines: String =
            lines.map(|file| line(file, self.widest, terminal::style()) + "\n").collect();
        self.next = until;
        self.print(&lines);
    }

    fn tell_all(&mut self) {
        self.waiting.clear();
        self.tell();
    }

    /// What did not hold, and the numbers.
    fn close(&mut self, time: Duration) {
        let style = terminal::style();
        let mut text = String::from("\n");
        for file in &self.files {
            let details = details(file, style);
            if !details.is_empty() {
                text += &(details.join("\n") + "\n\n");
            }
        }
        text += &(summary(&self.files, time.as_secs_f64(), style) + "\n");
        self.print(&text);
    }

    fn print(&mut self, text: &str) {
        if self.told.is_ok() {
            self.told = terminal::print(text);
        }
    }
}

/// Writes the files that were asked for.
fn write(files: &[TestedFile], time: Duration, arguments: &TestArguments) -> Result<(), Failure> {
    if let Some(path) = &arguments.junit {
        let mut xml = Vec::new();
        junit(files, time.as_secs_f64(), &mut xml)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let made = folder.map_or(Ok(()), fs::create_dir_all);
        let failed =
            |cause: io::Error| Failure::surroundings(format!("write {}", path.display()), &cause);
        made.and_then(|()| fs::write(path, xml)).map_err(failed)?;
    }
    let Some(out) = &arguments.out else { return Ok(()) };
    for file in files {
        if let FileEnd::Run { results, .. } = &file.end {
            let folder = ResultsFolder::create(&out.join(inside(&file.name)))?;
            folder.write(|create| reports::folder::write_study(results, Charts::Drawn, create))?;
        }
    }
    Ok(())
}

/// A name, which may be a path, as a path that leads into a folder and nowhere else.
fn inside(name: &str) -> String {
    let parts = name.split(['/', '\\']).filter(|part| !["", ".", ".."].contains(part));
    parts.collect::<Vec<_>>().join("/").trim_end_matches(".toml").to_owned()
}

/// The worst of all files; if nothing is wrong, whether anything was tested.
fn how_it_ended(
    files: &[TestedFile],
    candidates: &[Candidate],
    ended: Ended,
    arguments: &TestArguments,
) -> Exit {
    let of = |(file, candidate): (&TestedFile, &Candidate)| match file.verdict() {
        FileVerdict::NothingExpected | FileVerdict::Passed => Exit::Good,
        FileVerdict::Undecided | FileVerdict::Failed => Exit::Missed,
        FileVerdict::Aborted => Exit::Aborted,
        FileVerdict::Broken => {
            candidate.opened.as_ref().err().map_or(Exit::BadInput, |failure| failure.exit)
        }
        FileVerdict::Unfinished => Exit::Incomplete,
    };
    let worst = files.iter().zip(candidates).map(of).max().unwrap_or(Exit::Good);
    let nothing = worst == Exit::Good && Counts::of(files).expectations() == 0;
    match (ended, nothing) {
        (Ended::Interrupted, _) => Exit::Incomplete,
        (Ended::Finished, true) => {
            let asked: Vec<String> = arguments.filter.iter().map(|f| format!("`{f}`")).collect();
            terminal::error(&Failure {
                exit: Exit::Unmatched,
                message: match asked.is_empty() {
                    true => "nothing was tested: no file has an expectation".to_owned(),
                    false => format!("no expectation matched {}", asked.join(" or ")),
                },
            });
            Exit::Unmatched
        }
        (Ended::Finished, false) => worst,
    }
}
