//! Strings with a grammar of their own: read by the very parsers that read them for good.

use std::ops::Range;

use sim_core::kernel::sample::Keys;
use sim_core::kernel::{ByteRate, Bytes, Distribution, SimDuration};

use super::Names;
use crate::document::Rate;
use crate::expectation;

/// What is wrong with a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) title: String,
    pub(super) helps: Vec<String>,
    /// Which bytes of the string, if not all of it.
    pub(super) range: Option<Range<usize>>,
}

impl Complaint {
    fn of_expectation(error: expectation::ExpectationError) -> Self {
        Self { title: error.title, helps: error.helps, range: Some(error.range) }
    }

    /// What a parser says; the advice after a semicolon is a help of its own.
    fn of_parser(error: impl std::fmt::Display, range: Option<Range<usize>>) -> Self {
        const ADVICE: [&str; 3] = ["write ", "use ", "did you mean "];
        let message = error.to_string();
        let advice = message
            .split_once("; ")
            .filter(|(_, rest)| ADVICE.iter().any(|advice| rest.starts_with(advice)));
        match advice {
            Some((title, advice)) => {
                Self { title: title.to_owned(), helps: vec![advice.to_owned()], range }
            }
            None => Self { title: message, helps: Vec::new(), range },
        }
    }
}

/// Longer strings are neither names nor numbers, and messages would quote them.
const LONGEST: usize = 1_000;

/// Checks a string by the `format` of its schema.
pub(super) fn check(format: &str, text: &str, names: &Names) -> Result<(), Complaint> {
    if text.len() > LONGEST {
        let title = format!("a string of {} bytes is too long here", text.len());
        return Err(Complaint { title, helps: Vec::new(), range: None });
    }
    match format {
        "duration" => {
            text.parse::<SimDuration>().map(drop).map_err(|e| Complaint::of_parser(e, None))
        }
        "rate" => text.parse::<Rate>().map(drop).map_err(|e| Complaint::of_parser(e, None)),
        "distribution" => text.parse::<Distribution>().map(drop).map_err(|error| {
            let range = error.range.clone();
            Complaint::of_parser(error, Some(range))
        }),
        "keys" => text.parse::<Keys>().map(drop).map_err(|error| {
            let range = error.range.clone();
            Complaint::of_parser(error, Some(range))
        }),
        "bytes" => text.parse::<Bytes>().map(drop).map_err(|e| Complaint::of_parser(e, None)),
        "byte-rate" => {
            text.parse::<ByteRate>().map(drop).map_err(|e| Complaint::of_parser(e, None))
        }
        "expectation" => expectation::parse(text).map(drop).map_err(Complaint::of_expectation),
        "probe" => expectation::parse_probe(text).map(drop).map_err(Complaint::of_expectation),
        "figure" => expectation::parse_figure(text).map(drop).map_err(Complaint::of_expectation),
        "course" => expectation::parse_course(text).map(drop).map_err(Complaint::of_expectation),
        "condition" => {
            expectation::parse_condition(text).map(drop).map_err(Complaint::of_expectation)
        }
        _ => names.check(format, text).map_err(|unknown| Complaint {
            title: unknown.title,
            helps: unknown.helps,
            range: None,
        }),
    }
}
