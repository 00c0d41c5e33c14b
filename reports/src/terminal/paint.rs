//! Colours for a terminal, if it wants them.

/// Whether to colour, and how.
#[derive(Clone, Copy)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    /// A verdict in the colour of its gravity; other text stays as it is.
    pub(crate) fn verdict(self, text: &str) -> String {
        match text.split_whitespace().next() {
            Some("held" | "recovered") => self.green(text),
            Some("degraded") => self.yellow(text),
            Some("metastable" | "aborted") => self.red(text),
            _ => text.to_owned(),
        }
    }

    fn with(self, code: &str, text: &str) -> String {
        match self.0 && !text.trim().is_empty() {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }
}
