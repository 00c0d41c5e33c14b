//! The folder of a study's results, and the journal of its finished cells.
//!
//! The journal lies in the folder under the hash of what is run, so that another version of the
//! scenario never continues it, and goes once the result files are written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use experiments::journal::{JournalHeader, JsonLines};
use reports::ReportError;
use reports::folder::Create;

use super::exit::{Failure, in_full};

/// A folder that results are written into.
pub(crate) struct ResultsFolder {
    path: PathBuf,
}

impl ResultsFolder {
    /// Makes the folder if it is not there.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(|cause| {
            Failure::surroundings(format!("make the folder {}", path.display()), &cause)
        })?;
        Ok(Self { path: path.to_owned() })
    }

    /// The journal of what is run; it holds what an interrupted run of the same has finished.
    pub(crate) fn journal(&self, header: &JournalHeader) -> Result<Journal, Failure> {
        let hash: String =
            header.hash.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
        let path = self.path.join(format!("journal-{hash}.jsonl"));
        let open = || -> io::Result<(Vec<u8>, File)> {
            let content = match fs::read(&path) {
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => Vec::new(),
                content => content?,
            };
            Ok((content, OpenOptions::new().create(true).append(true).open(&path)?))
        };
        let (content, file) = open().map_err(|cause| {
            Failure::surroundings(format!("open the journal {}", path.display()), &cause)
        })?;
        let lines = JsonLines::open(&content, file, header).map_err(|error| {
            let (path, why) = (path.display(), in_full(&error));
            Failure::bad_input(format!(
                "the journal {path} cannot be continued: {why}; delete it to start afresh"
            ))
        })?;
        Ok(Journal { lines, path })
    }

    /// Writes files; a file appears under its name only when it is whole. What an earlier run wrote
    /// and this one did not, such as the charts of a variant that is gone, is removed: nobody shall
    /// take it for a result of this run.
    pub(crate) fn write(
        &self,
        write: impl FnOnce(Create) -> Result<Vec<String>, ReportError>,
    ) -> Result<(), Failure> {
        let before = self.files_of_its_manifest();
        let now = write(&mut |name| Ok(Box::new(WholeFile::create(self.path.join(name))?)))?;
        for stale in before.iter().filter(|name| !now.contains(name)) {
            // It may be gone already, or be in use; the new manifest does not name it.
            let _ = fs::remove_file(self.path.join(stale));
        }
        Ok(())
    }

    /// Writes one more file, beside what runs have written and will write; where it is.
    pub(crate) fn add(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<(), ReportError>,
    ) -> Result<PathBuf, Failure> {
        let path = self.path.join(name);
        let failed =
            |cause: &io::Error| Failure::surroundings(format!("write {}", path.display()), cause);
        let mut file = WholeFile::create(path.clone()).map_err(|cause| failed(&cause))?;
        write(&mut file)?;
        file.flush().map_err(|cause| failed(&cause))?;
        Ok(path)
    }

    /// The files of the run before, none if there was none. Names that lead out of the folder are not
    /// its own.
    fn files_of_its_manifest(&self) -> Vec<String> {
        let manifest = fs::read(self.path.join("manifest.json")).unwrap_or_default();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
        let names = manifest["files"].as_array().into_iter().flatten();
        let is_inside = |name: &&str| {
            Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
        };
        names.filter_map(|name| name.as_str()).filter(is_inside).map(str::to_owned).collect()
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The journal of a folder.
pub(crate) struct Journal {
    pub(crate) lines: JsonLines<File>,
    path: PathBuf,
}

impl Journal {
    /// The results are written: the journal has done its work.
    pub(crate) fn remove(self) -> Result<(), Failure> {
        fs::remove_file(&self.path).map_err(|cause| {
            Failure::surroundings(format!("remove the journal {}", self.path.display()), &cause)
        })
    }
}

/// A file that takes its name when it is flushed, so that nobody reads half of it.
struct WholeFile {
    out: BufWriter<File>,
    part: PathBuf,
    path: PathBuf,
}

impl WholeFile {
    fn create(path: PathBuf) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        Ok(Self { out: BufWriter::new(File::create(&part)?), part, path })
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        if self.part.exists() {
            fs::rename(&self.part, &self.path)?;
        }
        Ok(())
    }
}
