//! A scenario in the hands of a user: opened from a file, changed, run, asserted.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use experiments::Experiment;
use experiments::journal::InMemory;
use experiments::plan::PlanError;
use experiments::results::{ExpectationResult, ExpectationVerdict, Manifest, StudyResults};
use experiments::runner::{Options, Quiet, RunError};
use scenarios::{Diagnostics, FileError, FileSource, Override, OverrideError, Study};

use crate::library::LIBRARY;

/// Squall's version, as results carry it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A scenario file with what is changed in it.
///
/// The methods that change it return it, so that a test reads as one sentence; mistakes in what
/// they set are reported when the scenario is loaded or run.
#[derive(Clone, Debug)]
pub struct Scenario {
    path: PathBuf,
    bytes: Vec<u8>,
    overrides: Vec<Override>,
    variants: Vec<String>,
    threads: Option<usize>,
}

/// Why a scenario does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {path}: {cause}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the surroundings said.
        #[source]
        cause: io::Error,
    },
    /// A change has no path or no value.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// The scenario has mistakes.
    #[error("{0}")]
    Invalid(Diagnostics),
    /// There is no variant of this name.
    #[error("there is no variant `{name}`{}; the file has {}", meant(name, known), quoted(known))]
    UnknownVariant {
        /// The name that was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// An expectation asks for what cannot be measured.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The runs were not finished.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// The nearest of the known names, as a question.
fn meant(name: &str, known: &[String]) -> String {
    let nearest = scenarios::nearest(name, known.iter().map(String::as_str));
    nearest.map_or(String::new(), |name| format!(" (did you mean `{name}`?)"))
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Scenario {
    /// Opens a scenario file. Files that it names are found beside it.
    ///
    /// # Errors
    /// When the file cannot be read. What is in it is checked when it is loaded.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        let bytes = read_bounded(&path)
            .map_err(|cause| Error::Unreadable { path: path.display().to_string(), cause })?;
        Ok(Self { path, bytes, overrides: Vec::new(), variants: Vec::new(), threads: None })
    }

    /// Opens a scenario of the library; `None` if it has none of this name.
    pub fn of_library(name: &str) -> Option<Self> {
        let found = LIBRARY.iter().find(|scenario| scenario.name == name)?;
        Some(Self {
            path: found.path().into(),
            bytes: found.text.into(),
            overrides: Vec::new(),
            variants: Vec::new(),
            threads: None,
        })
    }

    /// Sets the value at a path, as `--set path=value` and the `set` of a variant do; the value
    /// is TOML, or else a plain string.
    #[must_use]
    pub fn set(mut self, path: &str, value: impl fmt::Display) -> Self {
        self.overrides.push(Override::new(path, &value.to_string()));
        self
    }

    /// Sets `path=value`.
    ///
    /// # Errors
    /// When the text has no path or no value.
    pub fn set_text(mut self, text: &str) -> Result<Self, Error> {
        self.overrides.push(Override::parse(text)?);
        Ok(self)
    }

    /// Runs this variant, and not all; may be called for several.
    #[must_use]
    pub fn variant(mut self, name: impl Into<String>) -> Self {
        self.variants.push(name.into());
        self
    }

    /// The same scenario, of which only this variant is run.
    #[must_use]
    pub fn only_variant(&self, name: impl Into<String>) -> Self {
        Self { variants: vec![name.into()], ..self.clone() }
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.set("run.seed", seed)
    }

    /// Sets the number of replications of each variant.
    #[must_use]
    pub fn replications(self, replications: u32) -> Self {
        self.set("run.replications", replications)
    }

    /// Runs on so many threads; the results are the same for any number.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// The file, as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name: the file's without its ending.
    pub fn name(&self) -> String {
        self.path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    }

    /// The study, checked and compiled, with the warnings about it.
    ///
    /// # Errors
    /// Everything that is wrong with the file, with file, line and column.
    pub fn load(&self) -> Result<(Study, Diagnostics), Error> {
        let (mut study, warnings) = self.compile(&[])?;
        self.keep_variants(&mut study)?;
        Ok((study, warnings))
    }

    /// The study at a point of a sweep: with further values set, and without the expectations
    /// and the charts, which are about the file's own values.
    ///
    /// # Errors
    /// Everything that is wrong with the file, with file, line and column.
    pub fn load_at(&self, point: &[Override]) -> Result<(Study, Diagnostics), Error> {
        let (mut study, warnings) = self.compile(point)?;
        study.expectations.clear();
        study.charts.clear();
        self.keep_variants(&mut study)?;
        Ok((study, warnings))
    }

    fn compile(&self, further: &[Override]) -> Result<(Study, Diagnostics), Error> {
        let overrides: Vec<Override> = self.overrides.iter().chain(further).cloned().collect();
        let folder = Folder(self.path.parent().unwrap_or(Path::new("")).to_owned());
        let name = self.path.display().to_string();
        scenarios::load(&name, &self.bytes, &folder, &overrides).map_err(Error::Invalid)
    }

    /// Runs all variants that are asked for, on all replications.
    ///
    /// # Errors
    /// When the file is wrong, or an expectation asks for what cannot be measured.
    pub fn run(&self) -> Result<StudyResults, Error> {
        let (study, _) = self.load()?;
        let experiment = Experiment::new(&study, VERSION)?;
        let stop = AtomicBool::new(false);
        let options = Options { threads: self.threads, progress: &Quiet, stop: &stop };
        Ok(experiment.run(&mut InMemory::default(), &options, &self.command("run"))?)
    }

    /// Runs the scenario and judges one expectation, in place of those of the file, of each of
    /// the variants that are asked for (without any: of the file as it is written).
    ///
    /// # Errors
    /// When the file or the expectation is wrong.
    pub fn expect(&self, that: &str) -> Result<StudyResults, Error> {
        let quote = |text: &str| serde_json::Value::from(text).to_string();
        let one = |variant: Option<&String>| match variant {
            Some(variant) => format!("{{ variant = {}, that = {} }}", quote(variant), quote(that)),
            None => format!("{{ that = {} }}", quote(that)),
        };
        let mut expectations: Vec<String> =
            self.variants.iter().map(|variant| one(Some(variant))).collect();
        if expectations.is_empty() {
            expectations.push(one(None));
        }
        let scenario = self.clone().set("expect", format!("[{}]", expectations.join(", ")));
        scenario.run()
    }

    /// Asserts an expectation: `peak_rate(payment, 1s, after(30s)) <= 4.5x baseline`.
    ///
    /// # Panics
    /// When it is missed or undecided, with what was measured, the seed, and the command that
    /// reproduces it; when the file or the expectation is wrong, with what is wrong.
    #[track_caller]
    pub fn assert(&self, that: &str) {
        let results = match self.expect(that) {
            Ok(results) => results,
            Err(error) => panic!("{error}"),
        };
        let missed: Vec<String> = results
            .expectations
            .iter()
            .filter(|expectation| expectation.verdict != ExpectationVerdict::Passed)
            .map(|expectation| explain(expectation, &results.manifest))
            .collect();
        assert!(missed.is_empty(), "{}", missed.join("\n\n"));
    }

    /// The command that does the same: `squall run FILE --set …`. An absolute path is cut down to
    /// the file's name, since it means nothing elsewhere.
    pub fn command(&self, verb: &str) -> String {
        let file = if self.path.is_absolute() {
            self.path.file_name().map(PathBuf::from).unwrap_or_default()
        } else {
            self.path.clone()
        };
        let mut words = vec!["squall".into(), verb.into(), shell_word(&file.to_string_lossy())];
        for override_ in &self.overrides {
            words.extend(["--set".into(), shell_word(&override_.to_string())]);
        }
        for variant in &self.variants {
            words.extend(["--variant".into(), shell_word(variant)]);
        }
        words.join(" ")
    }

    /// Drops the variants that were not asked for, and the expectations and charts of those; keeps what
    /// the expectations that are left compare with.
    fn keep_variants(&self, study: &mut Study) -> Result<(), Error> {
        if self.variants.is_empty() {
            return Ok(());
        }
        let known: Vec<String> = study.variants.iter().map(|v| v.name.clone()).collect();
        if let Some(name) = self.variants.iter().find(|name| !known.contains(name)) {
            return Err(Error::UnknownVariant { name: name.clone(), known });
        }
        let wanted: BTreeSet<String> = self.variants.iter().cloned().collect();
        study.keep(&wanted, |expectation| wanted.contains(&expectation.variant));
        Ok(())
    }
}

fn explain(expectation: &ExpectationResult, manifest: &Manifest) -> String {
    let what = match expectation.verdict {
        ExpectationVerdict::Passed => "met",
        ExpectationVerdict::Failed => "missed",
        ExpectationVerdict::Undecided => "undecided",
    };
    let why = expectation.explanation.as_deref().unwrap_or("");
    format!(
        "expectation {what}: {}\n  variant    {}\n  measured   {}\n             {why}\n  seed       {}, \
         {} replications\n  reproduce  {}",
        expectation.that,
        expectation.variant,
        expectation.measured,
        manifest.seed,
        manifest.replications,
        manifest.command,
    )
}

/// A word as a shell reads it back.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// More than this is not read: the checker turns larger files away by their size alone.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files beside a scenario.
struct Folder(PathBuf);

impl FileSource for Folder {
    fn read(&self, relative: &str) -> Result<Vec<u8>, FileError> {
        std::fs::read(self.0.join(relative)).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => FileError::Missing(relative.to_owned()),
            _ => FileError::Unreadable { path: relative.to_owned(), why: cause.to_string() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        let scenario = Scenario {
            path: "scenarios/a b.toml".into(),
            bytes: Vec::new(),
            overrides: vec![Override::new("run.seed", "7")],
            variants: vec!["it's full".into()],
            threads: Some(2),
        };
        assert_eq!(
            scenario.command("run"),
            r"squall run 'scenarios/a b.toml' --set run.seed=7 --variant 'it'\''s full'"
        );
        let elsewhere = Scenario { path: "/home/me/storm.toml".into(), ..scenario };
        assert!(elsewhere.command("run").starts_with("squall run storm.toml --set"));
    }
}
