//! What is set from outside: `--set path=value`, and each point of a sweep.

use std::fmt;

/// A value set from outside: `run.length=60s`.
///
/// The path is that of a variant's `set`; the value is TOML, or else a plain string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    text: String,
    /// Where the `=` stands.
    equals: usize,
}

/// Why an argument sets nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` sets nothing; write a path and a value, such as `run.length=60s`")]
pub struct OverrideError(pub String);

impl Override {
    /// Reads `path=value`.
    ///
    /// # Errors
    /// When there is no `=`, or nothing in front of it.
    pub fn parse(text: &str) -> Result<Self, OverrideError> {
        let equals = equals_outside_quotes(text).ok_or_else(|| OverrideError(text.to_owned()))?;
        if text[..equals].trim().is_empty() {
            return Err(OverrideError(text.to_owned()));
        }
        Ok(Self { text: text.to_owned(), equals })
    }

    /// Sets a value at a path: what a sweep does at each of its points.
    pub fn new(path: &str, value: &str) -> Self {
        Self { text: format!("{path}={value}"), equals: path.len() }
    }

    /// The path as it is written.
    pub fn path(&self) -> &str {
        self.text[..self.equals].trim_end()
    }

    /// The value as it is written.
    pub fn value(&self) -> &str {
        &self.text[self.value_start()..]
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn value_start(&self) -> usize {
        let value = &self.text[self.equals + 1..];
        self.equals + 1 + (value.len() - value.trim_start().len())
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn equals_outside_quotes(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '=' && !quoted).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_is_a_path_and_a_value() {
        let o = Override::parse("links.\"a=b->c\".loss = 0.5").unwrap();
        assert_eq!((o.path(), o.value()), ("links.\"a=b->c\".loss", "0.5"));
        let o = Override::new("run.length", "60s");
        assert_eq!((o.path(), o.value(), &*o.to_string()), ("run.length", "60s", "run.length=60s"));
        assert_eq!(Override::parse("a=").unwrap().value(), "");
        for text in ["run.length", "=60s", "", "\"a=b\""] {
            assert_eq!(Override::parse(text), Err(OverrideError(text.into())), "{text}");
        }
    }
}
