//! `squall docs`: a page for each scenario, from its own runs.

use std::path::Path;

use experiments::claims::answered;
use experiments::results::{ClaimResult, StudyResults};
use experiments::suite::Keep;
use reports::charts::{self, Chart};
use reports::pages::{self, Picture};
use reports::terminal::Style;
use reports::{Format, ReportError};
use scenarios::{Setting, settings};

use super::arguments::DocsArguments;
use super::batch::{self, Ended, Opened};
use super::exit::{Exit, Failure};
use super::files::{Source, files_or_library};
use super::results_folder::ResultsFolder;
use super::run::how_it_ended;
use super::terminal;

/// Runs all scenarios and writes `claims.md`, `library/README.md` and a page and its charts for each.
pub(crate) fn run(arguments: &DocsArguments) -> Result<Exit, Failure> {
    let sources = files_or_library(&arguments.paths)?;
    let open = |source: &Source| batch::open(source, &arguments.settings, |_| {});
    let opened: Vec<Opened> = sources.iter().map(open).collect::<Result<_, _>>()?;
    let members: Vec<&Opened> = opened.iter().collect();
    let mut run: Vec<StudyResults> = Vec::new();
    let ended = batch::run(
        &members,
        Keep::Courses,
        "docs",
        &arguments.settings,
        &mut |_, results, _, _| {
            run.push(results);
        },
    )?;
    if ended == Ended::Interrupted {
        let message = "interrupted: pages are written when all runs are done".to_owned();
        return Err(Failure { exit: Exit::Incomplete, message });
    }
    let is_of_library = arguments.paths.is_empty();
    let told: Vec<Told> = opened
        .iter()
        .zip(run)
        .map(|(one, results)| Told::new(one, results, is_of_library))
        .collect();
    write(&told, &arguments.dir)?;
    let (count, dir) = (told.len(), arguments.dir.display());
    terminal::print(&format!("{dir}/claims.md and {count} pages in {dir}/library are written\n"))?;
    Ok(told.iter().map(|told| how_it_ended(&told.results)).max().unwrap_or(Exit::Good))
}

/// So many charts of those that every study has are shown by the page of a file that has none of its own.
const MOST_CHARTS: usize = 2;

/// A scenario with all that its page tells.
struct Told<'a> {
    opened: &'a Opened,
    path: String,
    results: StudyResults,
    claims: Vec<ClaimResult>,
    charts: Vec<(Picture, Chart)>,
    pictures: Vec<Picture>,
    settings: Vec<Setting>,
    is_of_library: bool,
}

impl<'a> Told<'a> {
    fn new(opened: &'a Opened, results: StudyResults, is_of_library: bool) -> Self {
        let name = &opened.study.name;
        let shown = match opened.study.charts.len() {
            0 => MOST_CHARTS,
            own => own,
        };
        let charts: Vec<(Picture, Chart)> = charts::of_study(&results)
            .into_iter()
            .take(shown)
            .map(|chart| (picture(name, &chart), chart))
            .collect();
        Self {
            opened,
            path: opened.scenario.path().display().to_string(),
            claims: answered(&opened.study, &results),
            pictures: charts.iter().map(|(picture, _)| picture.clone()).collect(),
            charts,
            settings: settings(&opened.study.text),
            results,
            is_of_library,
        }
    }

    fn page(&self) -> pages::Scenario<'_> {
        pages::Scenario {
            path: &self.path,
            study: &self.opened.study,
            results: &self.results,
            claims: &self.claims,
            charts: &self.pictures,
            settings: &self.settings,
            is_of_library: self.is_of_library,
        }
    }
}

fn picture(name: &str, chart: &Chart) -> Picture {
    Picture { file: format!("charts/{name}-{}.svg", chart.name()), title: chart.title().to_owned() }
}

fn write(told: &[Told], dir: &Path) -> Result<(), Failure> {
    let folder = ResultsFolder::create(dir)?;
    let claims: Vec<ClaimResult> = told.iter().flat_map(|told| told.claims.clone()).collect();
    folder.add("claims.md", |out| print_claims(&claims, out))?;
    let pages: Vec<pages::Scenario> = told.iter().map(Told::page).collect();
    folder.add("library/README.md", |out| pages::index(&pages, out))?;
    folder.add("library/what-broke.md", |out| pages::what_broke(&pages, out))?;
    for (told, page) in told.iter().zip(&pages) {
        folder.add(&format!("library/{}.md", page.study.name), |out| pages::page(page, out))?;
        for (picture, chart) in &told.charts {
            folder.add(&format!("library/{}", picture.file), |out| chart.svg(out))?;
        }
    }
    Ok(())
}

fn print_claims(claims: &[ClaimResult], out: &mut dyn std::io::Write) -> Result<(), ReportError> {
    reports::claims::print_claims(claims, Format::Markdown, Style::default(), out)
}
