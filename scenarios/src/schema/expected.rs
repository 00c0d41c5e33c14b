//! What a shape expects, in words.

use super::Shape;
use crate::suggest::one_of;

impl Shape<'_> {
    /// What is expected, as the object of "expected …".
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Any => "any value".to_owned(),
            Self::Text { format: Some(format) } => expected_text(format).to_owned(),
            Self::Text { format: None } => "a string".to_owned(),
            Self::Integer { min, max, words } => {
                let range = match (*min, *max) {
                    (min, max) if max >= i128::from(u32::MAX) && min <= 0 => String::new(),
                    (min, max) if max >= i128::from(u32::MAX) => format!(" of at least {min}"),
                    (min, max) => format!(" from {min} to {max}"),
                };
                let words: String = words.iter().map(|word| format!(", or \"{word}\"")).collect();
                format!("a whole number{range}{words}")
            }
            Self::Number { min, max } => match (min, max) {
                (Some(min), Some(max)) => format!("a number from {min} to {max}"),
                (Some(min), None) => format!("a number of at least {min}"),
                (None, Some(max)) => format!("a number of at most {max}"),
                (None, None) => "a number".to_owned(),
            },
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::List { .. } => "a list".to_owned(),
            Self::Record { properties, .. } if properties.is_empty() => {
                "an empty table: `{}`".to_owned()
            }
            Self::Record { properties, .. } => {
                format!("a table of {}", and_list(properties.iter().map(|(name, _)| *name)))
            }
            Self::Map { .. } => "a table with a name for each entry".to_owned(),
            Self::Choice { words, tags } if tags.is_empty() => one_of(words.iter().copied()),
            Self::Choice { words, tags } => {
                let tags = one_of(tags.iter().map(|(tag, _)| *tag));
                let words: String = words.iter().map(|word| format!(", or `\"{word}\"`")).collect();
                format!("a table with one of {tags}{words}")
            }
        }
    }

    /// What to write in place of a number that has no unit.
    pub(super) fn with_unit(&self, number: &str) -> Option<String> {
        let Self::Text { format: Some(format) } = self else { return None };
        match *format {
            "duration" | "distribution" => {
                Some(format!("write the number with its unit, as \"{number}ms\" or \"{number}s\""))
            }
            "bytes" => Some(format!("write the number with its unit, as \"{number}kB\"")),
            "byte-rate" => Some(format!("write the number per second, as \"{number}MB/s\"")),
            "rate" => Some(format!("write the number per time, as \"{number}/s\"")),
            _ => None,
        }
    }
}

fn expected_text(format: &str) -> &'static str {
    match format {
        "duration" => "a duration such as \"250ms\"",
        "keys" => "keys such as \"zipf(1.1, 10000)\" or \"uniform(1000)\"",
        "distribution" => "a distribution of durations such as \"20ms\" or \"exp(20ms)\"",
        "rate" => "a rate such as \"400/s\"",
        "bytes" => "a size such as \"10kB\"",
        "byte-rate" => "a bandwidth such as \"10MB/s\"",
        "client" => "the name of a population of clients",
        "service" => "the name of a service",
        "callee" => "a service, or one of its endpoints as \"service.endpoint\"",
        "policy" => "the name of a policy",
        "link" => "a link as \"caller->callee\"",
        "row" => "the name of a row",
        "variant" => "the name of a variant",
        "expectation" => "an expectation such as \"p99(shop) <= 500ms\"",
        "probe" => "an expectation without phase such as \"share(shop:failed) <= 1%\"",
        "condition" => "a condition such as \"share(shop:failed, 1m) > 5%\"",
        "figure" => "a figure such as \"share(shop:failed, during)\"",
        "course" => "a course over time such as \"rate(payment)\"",
        "file" => "the name of a file beside the scenario",
        _ => "a string",
    }
}

/// "`a`, `b` and `c`".
pub(super) fn and_list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    match one_of(names) {
        list if list.ends_with('…') => list,
        list => match list.rsplit_once(" or ") {
            Some((most, last)) => format!("{most} and {last}"),
            None => list,
        },
    }
}
