//! The journal of finished cells: an interrupted study continues where it was.
//!
//! Cells are appended in whatever order they finish; results are made from them in cell order.
//! A journal belongs to one scenario (by its hash), seed, version and list of measures.

use std::io::{self, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::cell::CellResult;

/// Where finished cells are kept.
pub trait Journal: Send {
    /// Takes the cells that an earlier, interrupted run has finished.
    fn take_finished(&mut self) -> Vec<CellResult>;

    /// Keeps a finished cell.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn append(&mut self, cell: &CellResult) -> io::Result<()>;
}

/// What a journal belongs to: its first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalHeader {
    /// The hash of the scenario; of a sweep, of its grid as well.
    pub hash: String,
    /// The seed.
    pub seed: u64,
    /// The version of Squall.
    pub version: String,
    /// The keys of the measures.
    pub measures: Vec<String>,
}

/// Why a journal cannot be continued.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It belongs to something else.
    #[error(
        "the journal belongs to other runs: its {what} is {found}, that of these runs is \
         {expected}; write to another folder, or delete the journal to start afresh"
    )]
    Foreign {
        /// What differs.
        what: &'static str,
        /// What the journal says.
        found: String,
        /// What these runs say.
        expected: String,
    },
    /// A line that is no cell, and not merely torn.
    #[error("line {line} of the journal is not a finished cell: {cause}")]
    Garbled {
        /// The line, from 1.
        line: usize,
        /// Why.
        cause: serde_json::Error,
    },
    /// It cannot be written.
    #[error("the journal cannot be written")]
    Write(#[from] io::Error),
}

/// A journal that is forgotten with the process.
#[derive(Clone, Debug, Default)]
pub struct InMemory {
    /// The cells.
    pub cells: Vec<CellResult>,
}

impl Journal for InMemory {
    fn take_finished(&mut self) -> Vec<CellResult> {
        self.cells.clone()
    }

    fn append(&mut self, cell: &CellResult) -> io::Result<()> {
        self.cells.push(cell.clone());
        Ok(())
    }
}

/// A journal of JSON lines: a [`JournalHeader`], then a [`CellResult`] a line.
///
/// A process that is killed may leave a torn line behind. It is skipped when the journal is read
/// again, and what is appended then starts on a line of its own.
#[derive(Debug)]
pub struct JsonLines<W> {
    finished: Vec<CellResult>,
    writer: W,
}

impl<W: Write + Send> JsonLines<W> {
    /// Continues a journal: `content` is what it holds (nothing, if it is new), `writer` appends
    /// to it.
    ///
    /// # Errors
    ///
    /// When it belongs to other runs, holds what is no cell, or cannot be written.
    pub fn open(
        content: &[u8],
        mut writer: W,
        header: &JournalHeader,
    ) -> Result<Self, JournalError> {
        let mut lines = lines(content);
        let found = lines.find_map(|(line, text)| whole::<JournalHeader>(line, text));
        let has_header = found.is_some();
        if let Some(found) = found {
            check(&found?, header)?;
        }
        let finished =
            lines.filter_map(|(line, text)| whole(line, text)).collect::<Result<_, _>>()?;
        if !content.is_empty() && !content.ends_with(b"\n") {
            writer.write_all(b"\n")?;
        }
        if !has_header {
            write_line(&mut writer, header)?;
        }
        Ok(Self { finished, writer })
    }
}

impl<W: Write + Send> Journal for JsonLines<W> {
    fn take_finished(&mut self) -> Vec<CellResult> {
        std::mem::take(&mut self.finished)
    }

    fn append(&mut self, cell: &CellResult) -> io::Result<()> {
        write_line(&mut self.writer, cell)
    }
}

/// One write a line, so that a line is torn at worst, never mixed with another.
fn write_line(writer: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    writer.write_all(&text)?;
    writer.flush()
}

/// The lines that are not empty, with their numbers from 1.
fn lines(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = content.split(|byte| *byte == b'\n').enumerate();
    lines.map(|(k, text)| (k + 1, text)).filter(|(_, text)| !text.is_empty())
}

/// What a line says; `None` if it is torn: if it ends before its value does, or within a letter.
fn whole<T: DeserializeOwned>(line: usize, text: &[u8]) -> Option<Result<T, JournalError>> {
    let cut_letter = std::str::from_utf8(text).is_err_and(|error| error.error_len().is_none());
    match serde_json::from_slice(text) {
        Ok(value) => Some(Ok(value)),
        Err(cause) if cut_letter || cause.is_eof() => None,
        Err(cause) => Some(Err(JournalError::Garbled { line, cause })),
    }
}

fn check(found: &JournalHeader, expected: &JournalHeader) -> Result<(), JournalError> {
    let foreign = |what, found: &dyn ToString, expected: &dyn ToString| {
        let (found, expected) = (found.to_string(), expected.to_string());
        Err(JournalError::Foreign { what, found, expected })
    };
    if found.hash != expected.hash {
        return foreign("scenario's hash", &found.hash, &expected.hash);
    }
    if found.seed != expected.seed {
        return foreign("seed", &found.seed, &expected.seed);
    }
    if found.version != expected.version {
        return foreign("version", &found.version, &expected.version);
    }
    if found.measures != expected.measures {
        let list = |header: &JournalHeader| header.measures.join(", ");
        return foreign("list of measures", &list(found), &list(expected));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::cell;

    fn header() -> JournalHeader {
        let measures = vec!["rate".into()];
        JournalHeader { hash: "ab12".into(), seed: 1, version: "0.1.0".into(), measures }
    }

    fn reopen(content: &[u8]) -> Result<(Vec<CellResult>, Vec<u8>), JournalError> {
        let mut more = Vec::new();
        let finished = JsonLines::open(content, &mut more, &header())?.take_finished();
        Ok((finished, [content, &more].concat()))
    }

    fn written(cells: &[CellResult]) -> Vec<u8> {
        let mut content = Vec::new();
        let mut journal = JsonLines::open(b"", &mut content, &header()).unwrap();
        for cell in cells {
            journal.append(cell).unwrap();
        }
        content
    }

    #[test]
    fn figures_come_back_to_the_last_bit() {
        let awkward =
            [0.1 + 0.2, 1.0 / 3.0, 5e-324, 1.797_693_134_862_315_7e308, 122.416_294_033_786_58];
        let cells = [cell("base", 0, &awkward.map(Some)), cell("base", 7, &[None, Some(-0.0)])];
        let (finished, _) = reopen(&written(&cells)).unwrap();
        assert_eq!(finished, cells);
        assert!(finished[1].values[1].unwrap().is_sign_negative());
    }

    #[test]
    fn a_journal_torn_at_any_byte_is_continued() {
        let cells = [cell("jitter – ½", 0, &[Some(1.5)]), cell("base", 1, &[Some(2.5)])];
        let whole = written(&cells);
        for cut in 0..=whole.len() {
            let (finished, mut content) = reopen(&whole[..cut]).unwrap();
            assert!(cells.starts_with(&finished), "cut at {cut}");
            write_line(&mut content, &cells[1]).unwrap();
            let (again, _) = reopen(&content).unwrap();
            assert_eq!(again.len(), finished.len() + 1, "cut at {cut}");
        }
    }

    #[test]
    fn the_journal_of_another_scenario_is_refused() {
        let content = written(&[]);
        let other = JournalHeader { hash: "cd34".into(), ..header() };
        let error = JsonLines::open(&content, Vec::new(), &other).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the journal belongs to other runs: its scenario's hash is ab12, that of these runs \
             is cd34; write to another folder, or delete the journal to start afresh"
        );
    }

    #[test]
    fn a_line_that_is_no_cell_is_an_error_with_its_number() {
        let mut content = written(&[cell("base", 0, &[])]);
        content.extend_from_slice(b"{\"not\": \"a cell\"}\n");
        let error = reopen(&content).unwrap_err();
        assert!(error.to_string().starts_with("line 3 of the journal"), "{error}");
    }
}
