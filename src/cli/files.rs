//! The scenarios that a command is about: files, folders of them, or the library.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use squall::library::LIBRARY;
use squall::{Error, Scenario};

use super::exit::Failure;

/// A scenario that is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// The name of one of the library.
    Library(&'static str),
}

impl Source {
    /// Opens it.
    pub(crate) fn open(&self) -> Result<Scenario, Failure> {
        match self {
            Self::File(path) => Ok(Scenario::open(path)?),
            Self::Library(name) => Scenario::of_library(name)
                .ok_or_else(|| Failure::bad_input(format!("the library has no `{name}`"))),
        }
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Library(name) => format!("scenarios/library/{name}.toml"),
        }
    }

    /// Its name: the file's without its ending.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => {
                path.file_stem().map_or(String::new(), |stem| stem.to_string_lossy().into_owned())
            }
            Self::Library(name) => (*name).to_owned(),
        }
    }
}

/// The files that are named, and every `*.toml` in the folders that are named, in the order of their
/// names; each file once. What is there but cannot be read is found out when it is opened.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            // What lies in the folder one is in is named without it.
            let here = path.strip_prefix(".").unwrap_or(path);
            search(path, here, &mut found)?;
            if found.len() == before {
                let path = path.display();
                return Err(Failure::bad_input(format!("there is no *.toml in {path}")));
            }
        } else {
            found.push(path.clone());
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|path| seen.insert(path.clone()));
    Ok(found.into_iter().map(Source::File).collect())
}

/// The files that are named, or the library.
pub(crate) fn files_or_library(paths: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    match paths.is_empty() {
        true => Ok(LIBRARY.iter().map(|scenario| Source::Library(scenario.name)).collect()),
        false => files(paths),
    }
}

/// Finds what lies in a folder, which is `named` so in what is found. Links to folders are not followed, since they may lead round in a circle, and hidden folders are left
/// alone.
fn search(folder: &Path, named: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |cause: io::Error| {
        Failure::from(Error::Unreadable { path: folder.display().to_string(), cause })
    };
    let mut entries: Vec<fs::DirEntry> =
        fs::read_dir(folder).and_then(Iterator::collect).map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let path = named.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            if !is_hidden {
                search(&entry.path(), &path, found)?;
            }
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, names: &[&str]) {
        for name in names {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }

    #[test]
    fn folders_are_searched_in_the_order_of_names_and_files_are_found_once() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path(), &["b.toml", "a/z.toml", "a/y.md", ".git/x.toml", "c.toml"]);
        let root = folder.path();
        let found = files(&[root.join("c.toml"), root.to_owned()]).unwrap();
        let expected = ["c.toml", "a/z.toml", "b.toml"].map(|name| Source::File(root.join(name)));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_folder_without_scenarios_is_a_mistake_and_a_missing_file_is_found_out_later() {
        let folder = tempfile::tempdir().unwrap();
        assert!(files(&[folder.path().to_owned()]).is_err());
        let missing = folder.path().join("missing.toml");
        let found = files(std::slice::from_ref(&missing)).unwrap();
        assert_eq!(found, [Source::File(missing)]);
        assert!(found[0].open().is_err());
    }
}
