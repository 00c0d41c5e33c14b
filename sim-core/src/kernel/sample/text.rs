//! Reading a distribution's text: a duration, or a name and what stands in its parentheses.

use std::ops::Range;
use std::str::FromStr;

use super::super::SimDuration;
use super::Distribution;

/// Why a text is no distribution, and which part of it is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DistributionError {
    /// What is wrong, and what is allowed.
    pub message: String,
    /// The bytes of the text that are to blame.
    pub range: Range<usize>,
}

/// How deep mixes may be nested, so that no text exhausts the stack.
const MAX_DEPTH: u32 = 16;

impl FromStr for Distribution {
    type Err = DistributionError;

    /// Reads `"20ms"`, `"exp(20ms)"`, `"lognormal(p50=5ms, p99=40ms)"`,
    /// `"mix(0.95: exp(5ms), 0.05: 2s)"`.
    fn from_str(text: &str) -> Result<Self, DistributionError> {
        read(Piece { text, at: 0 }.trimmed(), 0)
    }
}

/// Reads a distribution within `depth` others.
pub(super) fn read(piece: Piece<'_>, depth: u32) -> Result<Distribution, DistributionError> {
    if depth > MAX_DEPTH {
        return Err(piece.error(format!("distributions are nested at most {MAX_DEPTH} deep")));
    }
    if !piece.text.starts_with(|c: char| c.is_alphabetic()) {
        return duration(piece).map(Distribution::Constant);
    }
    let call = Call::parse(piece, depth)?;
    Distribution::read(&call).unwrap_or_else(|| Err(unknown(call.name)))
}

/// Reads a duration.
pub(super) fn duration(piece: Piece<'_>) -> Result<SimDuration, DistributionError> {
    piece.text.parse().map_err(|e| piece.error(format!("{e}")))
}

/// A part of the text, and where it starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Piece<'a> {
    /// An error about this piece.
    pub(super) fn error(self, message: String) -> DistributionError {
        DistributionError { message, range: self.at..self.at + self.text.len() }
    }

    /// Without the white space around it.
    pub(super) fn trimmed(self) -> Self {
        let text = self.text.trim_start();
        Self { text: text.trim_end(), at: self.at + self.text.len() - text.len() }
    }

    /// The parts between the commas that stand in no parentheses; none if it is empty.
    pub(super) fn parts(self) -> Vec<Self> {
        if self.trimmed().text.is_empty() {
            return Vec::new();
        }
        let mut parts = Vec::new();
        let (mut depth, mut start) = (0_i32, 0);
        for (i, c) in self.text.char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(self.slice(start..i).trimmed());
                    start = i + 1;
                }
                _ => {}
            }
        }
        parts.push(self.slice(start..self.text.len()).trimmed());
        parts
    }

    /// What stands before and after the first of these characters, trimmed.
    pub(super) fn split_at_first(self, separator: char) -> Option<(Self, Self)> {
        let i = self.text.find(separator)?;
        let after = i + separator.len_utf8();
        Some((self.slice(0..i).trimmed(), self.slice(after..self.text.len()).trimmed()))
    }

    /// A part of this piece; `range` must lie on character boundaries.
    fn slice(self, range: Range<usize>) -> Self {
        Self { text: &self.text[range.clone()], at: self.at + range.start }
    }
}

/// A name and what stands in its parentheses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// `exp` in `exp(20ms)`.
    pub(super) name: Piece<'a>,
    /// `20ms` in `exp(20ms)`.
    pub(super) inside: Piece<'a>,
    /// How many distributions are around it.
    pub(super) depth: u32,
}

impl<'a> Call<'a> {
    pub(super) fn parse(piece: Piece<'a>, depth: u32) -> Result<Self, DistributionError> {
        let Some((name, _)) = piece.split_at_first('(') else {
            return Err(without_parentheses(piece));
        };
        let open = piece.text.find('(').unwrap_or_default();
        let close = closing(piece.text, open).ok_or_else(|| {
            piece.error(format!("`{}` lacks its closing parenthesis", piece.text))
        })?;
        let rest = piece.slice(close + 1..piece.text.len());
        if !rest.text.is_empty() {
            let rest = rest.trimmed();
            return Err(rest.error(format!("`{}` after the distribution's end", rest.text)));
        }
        Ok(Self { name, inside: piece.slice(open + 1..close), depth })
    }
}

/// Where the parenthesis closes that opens at `open`.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_u32;
    for (i, c) in text.char_indices().skip_while(|&(i, _)| i < open) {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(i),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A name that stands alone: a known one lacks its parameters.
fn without_parentheses(piece: Piece<'_>) -> DistributionError {
    let known = Distribution::CATALOGUE.iter().position(|entry| entry.name == piece.text);
    match known.map(|i| Distribution::USAGES[i]) {
        Some(usage) => piece.error(format!("`{}` lacks its parameters: write {usage}", piece.text)),
        None => unknown(piece),
    }
}

/// No distribution has this name: says which has the nearest, and lists all.
fn unknown(name: Piece<'_>) -> DistributionError {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.text.to_lowercase(), known);
    let names = Distribution::CATALOGUE.iter().map(|entry| entry.name);
    let nearest = names.chain(ALIASES.iter().map(|(alias, _)| *alias)).min_by_key(|n| distance(n));
    let hint = nearest.filter(|n| distance(n) <= 1 + n.len() / 3).map_or(String::new(), |n| {
        let meant = ALIASES.iter().find(|(alias, _)| *alias == n).map_or(n, |(_, name)| name);
        format!("; did you mean `{meant}`?")
    });
    name.error(format!(
        "`{}` is not a distribution{hint} Allowed are a duration such as \"20ms\", and {}",
        name.text,
        Distribution::USAGES.join(", ")
    ))
}

/// What people may write, and what they mean by it.
const ALIASES: [(&str, &str); 5] = [
    ("exponential", "exp"),
    ("gaussian", "normal"),
    ("fixed", "constant"),
    ("log_normal", "lognormal"),
    ("mixture", "mix"),
];
