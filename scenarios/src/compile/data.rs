//! The files that a scenario names: replayed rates and observed durations, as CSV.

use std::collections::BTreeMap;

use sim_core::kernel::{SimDuration, SimTime};

use super::load::starting_at_zero;
use crate::source::{FileError, FileSource};

/// Files larger than this are no table of rates.
const LARGEST: usize = 64 * 1024 * 1024;

/// The files that a scenario names, each read once.
pub(crate) struct Files<'f> {
    source: &'f dyn FileSource,
    read: BTreeMap<String, Result<Vec<u8>, FileError>>,
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DataError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{file}` is larger than 64 MiB")]
    TooLarge { file: String },
    #[error("`{file}` is not a table: {why}")]
    NotATable { file: String, why: String },
    #[error("`{file}` has no column `{column}`; its first line has to name its columns")]
    NoColumn { file: String, column: &'static str },
    #[error("`{file}`, line {line}: {why}")]
    Line { file: String, line: u64, why: String },
    #[error("`{file}` has no rows")]
    Empty { file: String },
}

impl<'f> Files<'f> {
    pub(crate) fn new(source: &'f dyn FileSource) -> Self {
        Self { source, read: BTreeMap::new() }
    }

    /// Every file that was read, by name.
    pub(crate) fn contents(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.read.iter().filter_map(|(name, bytes)| Some((name.as_str(), bytes.as_deref().ok()?)))
    }

    fn bytes(&mut self, file: &str) -> Result<&[u8], DataError> {
        let source = self.source;
        let read = self.read.entry(file.to_owned()).or_insert_with(|| source.read(file));
        match read {
            Ok(bytes) if bytes.len() > LARGEST => {
                Err(DataError::TooLarge { file: file.to_owned() })
            }
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(error.clone().into()),
        }
    }

    /// A rate over time: the columns `time_s` and `rate_per_s`.
    pub(crate) fn rates(&mut self, file: &str) -> Result<Vec<(SimTime, f64)>, DataError> {
        let mut table = Table::open(file, self.bytes(file)?)?;
        let (time, rate) = (table.column("time_s")?, table.column("rate_per_s")?);
        let mut points: Vec<(SimTime, f64)> = Vec::new();
        while let Some(row) = table.next_row()? {
            let seconds = row.number(time, "time_s")?;
            let per_second = row.number(rate, "rate_per_s")?;
            let at = SimTime::ZERO + SimDuration::from_secs_f64(seconds);
            if points.last().is_some_and(|(before, _)| at < *before) {
                return Err(row.wrong("the times go backwards"));
            }
            if per_second > 1e9 {
                return Err(row.wrong("a rate above a thousand million per second"));
            }
            points.push((at, per_second));
        }
        if points.is_empty() {
            return Err(DataError::Empty { file: file.to_owned() });
        }
        Ok(starting_at_zero(points))
    }

    /// Durations, one a line: with their unit, or as numbers under a name that ends in the unit,
    /// such as `latency_ms`.
    pub(crate) fn durations(&mut self, file: &str) -> Result<Vec<SimDuration>, DataError> {
        let mut table = Table::open(file, self.bytes(file)?)?;
        let header = table.header.get(0).unwrap_or("").trim().to_owned();
        let unit = header.rsplit_once('_').map_or("", |(_, unit)| unit).to_owned();
        let has_unit = !unit.is_empty() && format!("1{unit}").parse::<SimDuration>().is_ok();
        let mut durations: Vec<SimDuration> = header.parse().into_iter().collect();
        while let Some(row) = table.next_row()? {
            let text = row.text(0);
            let bare = has_unit && text.parse::<f64>().is_ok();
            let text = if bare { format!("{text}{unit}") } else { text.to_owned() };
            durations.push(text.parse().map_err(|why| row.wrong(format!("{why}")))?);
        }
        Ok(durations)
    }
}

/// A CSV file being read.
struct Table<'b> {
    file: &'b str,
    reader: csv::Reader<&'b [u8]>,
    header: csv::StringRecord,
    record: csv::StringRecord,
}

struct Row<'t> {
    file: &'t str,
    record: &'t csv::StringRecord,
}

impl<'b> Table<'b> {
    fn open(file: &'b str, bytes: &'b [u8]) -> Result<Self, DataError> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .comment(Some(b'#'))
            .flexible(true)
            .from_reader(bytes);
        let header = reader.headers().map_err(|why| not_a_table(file, &why))?.clone();
        Ok(Self { file, reader, header, record: csv::StringRecord::new() })
    }

    fn column(&self, column: &'static str) -> Result<usize, DataError> {
        let found = self.header.iter().position(|name| name == column);
        found.ok_or_else(|| DataError::NoColumn { file: self.file.to_owned(), column })
    }

    fn next_row(&mut self) -> Result<Option<Row<'_>>, DataError> {
        let more = self.reader.read_record(&mut self.record);
        let more = more.map_err(|why| not_a_table(self.file, &why))?;
        Ok(more.then_some(Row { file: self.file, record: &self.record }))
    }
}

fn not_a_table(file: &str, why: &csv::Error) -> DataError {
    DataError::NotATable { file: file.to_owned(), why: why.to_string() }
}

impl Row<'_> {
    fn text(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or("")
    }

    fn number(&self, column: usize, name: &str) -> Result<f64, DataError> {
        let text = self.text(column);
        let number = text.parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0);
        number.ok_or_else(|| self.wrong(format!("`{text}` is not a {name}: a number from 0")))
    }

    fn wrong(&self, why: impl Into<String>) -> DataError {
        let line = self.record.position().map_or(0, csv::Position::line);
        DataError::Line { file: self.file.to_owned(), line, why: why.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One(&'static str);

    impl FileSource for One {
        fn read(&self, relative: &str) -> Result<Vec<u8>, FileError> {
            match relative {
                "f.csv" => Ok(self.0.as_bytes().to_vec()),
                _ => Err(FileError::Missing(relative.to_owned())),
            }
        }
    }

    fn rates(text: &'static str) -> Result<Vec<(f64, f64)>, String> {
        let points = Files::new(&One(text)).rates("f.csv").map_err(|e| e.to_string())?;
        Ok(points.into_iter().map(|(t, r)| (t.as_secs_f64(), r)).collect())
    }

    fn durations(text: &'static str) -> Result<Vec<String>, String> {
        let durations = Files::new(&One(text)).durations("f.csv").map_err(|e| e.to_string())?;
        Ok(durations.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn rates_are_read_by_column_name() {
        let points = rates("rate_per_s,time_s\n# a remark\n100, 0\n400, 60.5\n").unwrap();
        assert_eq!(points, [(0.0, 100.0), (60.5, 400.0)]);
        let late = rates("time_s,rate_per_s\n10,5\n").unwrap();
        assert_eq!(late, [(0.0, 5.0), (10.0, 5.0)], "the first rate holds from the start");
    }

    #[test]
    fn unusable_rates_say_where() {
        for (text, why) in [
            ("", "no column `time_s`"),
            ("time,rate_per_s\n0,1\n", "no column `time_s`"),
            ("time_s,rate_per_s\n", "no rows"),
            ("time_s,rate_per_s\n0,1\n5,fast\n", "line 3: `fast` is not a rate_per_s"),
            ("time_s,rate_per_s\n0,-1\n", "line 2: `-1` is not a rate_per_s"),
            ("time_s,rate_per_s\n0,1\n0\n", "line 3: `` is not a rate_per_s"),
            ("time_s,rate_per_s\n5,1\n4,1\n", "line 3: the times go backwards"),
        ] {
            let error = rates(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        let missing = Files::new(&One("")).rates("g.csv").unwrap_err();
        assert_eq!(missing, FileError::Missing("g.csv".into()).into());
    }

    #[test]
    fn durations_have_their_unit_in_the_cell_or_in_the_heading() {
        assert_eq!(durations("5ms\n7ms\n").unwrap(), ["5ms", "7ms"]);
        assert_eq!(durations("latency\n5ms\n1s\n").unwrap(), ["5ms", "1s"]);
        assert_eq!(durations("latency_us\n5\n7\n").unwrap(), ["5us", "7us"]);
        let error = durations("latency\n5\n").unwrap_err();
        assert!(error.contains("line 2: `5` has no unit"), "{error}");
    }
}
