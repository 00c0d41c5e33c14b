//! The files of a results folder. Where the folder lies, and how files are created in it, is the
//! caller's business.

use std::io::{self, Write};

use experiments::results::{Manifest, StudyResults, SweepResults};

use crate::charts::{self, Chart};
use crate::{ReportError, csv, json};

/// Creates a file of the folder; the name may have a folder in front: `charts/success.svg`.
pub type Create<'a> = &'a mut dyn FnMut(&str) -> io::Result<Box<dyn Write>>;

/// Whether a folder gets its charts: drawn as SVG and PNG they take longer than many a small run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charts {
    /// All of them.
    Drawn,
    /// None.
    LeftOut,
}

/// Writes all files of a study: `summary.csv`, `runs.csv`, `timeseries.csv`, `alerts.csv`,
/// `hypothesis.csv`, `faults.csv` and `charts.csv` where there is something to say, `summary.json`, the charts as SVG
/// and PNG, and last `manifest.json`, so that a folder that has one is complete.
/// Returns the names of the files, in the order in which they were written.
///
/// # Errors
///
/// When a file cannot be created or written.
pub fn write_study(
    results: &StudyResults,
    charts: Charts,
    create: Create,
) -> Result<Vec<String>, ReportError> {
    let mut folder = Folder::new(create);
    folder.file("summary.csv", |out| csv::summary(results, out))?;
    folder.file("runs.csv", |out| csv::runs(results, out))?;
    folder.file("timeseries.csv", |out| csv::timeseries(results, out))?;
    if results.variants.iter().any(|variant| !variant.alerts.is_empty()) {
        folder.file("alerts.csv", |out| csv::alerts(results, out))?;
    }
    if results.variants.iter().any(|variant| variant.hypothesis.is_some()) {
        folder.file("hypothesis.csv", |out| csv::hypothesis(results, out))?;
    }
    if results.variants.iter().any(|variant| !variant.faults.is_empty()) {
        folder.file("faults.csv", |out| csv::faults(results, out))?;
    }
    if !results.charts.is_empty() {
        folder.file("charts.csv", |out| csv::charts(results, out))?;
    }
    folder.file("summary.json", |out| json::summary(results, out))?;
    if charts == Charts::Drawn {
        folder.charts(&charts::of_study(results))?;
    }
    folder.close(&results.manifest)
}

/// Writes all files of a sweep: `sweep.csv`, a chart per measure of the table (a line for one
/// parameter, a heat map for several), and last `manifest.json`.
///
/// # Errors
///
/// When a file cannot be created or written.
pub fn write_sweep(
    results: &SweepResults,
    charts: Charts,
    create: Create,
) -> Result<Vec<String>, ReportError> {
    let mut folder = Folder::new(create);
    folder.file("sweep.csv", |out| csv::sweep(results, out))?;
    if charts == Charts::Drawn {
        folder.charts(&charts::of_sweep(results))?;
    }
    folder.close(&results.manifest)
}

struct Folder<'a> {
    create: Create<'a>,
    files: Vec<String>,
}

impl<'a> Folder<'a> {
    fn new(create: Create<'a>) -> Self {
        Self { create, files: Vec::new() }
    }

    fn file(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<(), ReportError>,
    ) -> Result<(), ReportError> {
        let mut out = (self.create)(name).map_err(ReportError::writing(name))?;
        write(&mut *out)?;
        out.flush().map_err(ReportError::writing(name))?;
        self.files.push(name.to_owned());
        Ok(())
    }

    fn charts(&mut self, charts: &[Chart]) -> Result<(), ReportError> {
        for chart in charts {
            let name = |ending| format!("charts/{}.{ending}", chart.name());
            self.file(&name("svg"), |out| chart.svg(out))?;
            self.file(&name("png"), |out| chart.png(out))?;
        }
        Ok(())
    }

    fn close(mut self, manifest: &Manifest) -> Result<Vec<String>, ReportError> {
        let files = self.files.clone();
        self.file("manifest.json", |out| json::manifest(manifest, &files, out))?;
        Ok(self.files)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::rc::Rc;

    use super::*;
    use crate::fixture;

    type Files = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

    struct File(String, Files);

    impl Write for File {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut files = self.1.borrow_mut();
            files.entry(self.0.clone()).or_default().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(
        write: impl Fn(Create) -> Result<Vec<String>, ReportError>,
    ) -> (Vec<String>, BTreeMap<String, Vec<u8>>) {
        let files = Files::default();
        let names =
            write(&mut |name| Ok(Box::new(File(name.to_owned(), Rc::clone(&files))))).unwrap();
        let contents = files.borrow().clone();
        (names, contents)
    }

    #[test]
    fn a_study_leaves_tables_charts_and_last_the_manifest() {
        let results = fixture::small();
        let (names, files) = written(|create| write_study(&results, Charts::Drawn, create));
        insta::assert_snapshot!(names.join("\n"));
        assert!(names.iter().all(|name| !files[name].is_empty()));
        let again = written(|create| write_study(&results, Charts::Drawn, create));
        assert_eq!((names, files), again);
    }

    #[test]
    fn a_sweep_leaves_one_table_and_its_maps() {
        let results = fixture::sweep(2);
        let (names, files) = written(|create| write_sweep(&results, Charts::Drawn, create));
        assert_eq!(names.first().unwrap(), "sweep.csv");
        assert!(files.contains_key("charts/heat-map-peak_rate_1s_after_per_s.svg"));
    }

    #[test]
    fn a_full_disk_is_reported_with_the_name_of_the_file() {
        let refuse = &mut |_: &str| Err(io::Error::from(io::ErrorKind::StorageFull));
        let error = write_study(&fixture::small(), Charts::Drawn, refuse).unwrap_err();
        assert!(error.to_string().starts_with("cannot write summary.csv: "));
    }
}
