//! The terminal: colours only where somebody sees them, messages on standard error.

use std::io::{self, IsTerminal, Write};

use reports::terminal::{Explain, Style};

use super::exit::Failure;

/// How standard output is written to.
pub(crate) fn style() -> Style {
    Style { colour: colours_on_stdout(), width: width(), explain: Explain::default() }
}

/// Whether colours are wanted on standard output. <https://no-color.org>
fn colours_on_stdout() -> bool {
    colours_wanted() && io::stdout().is_terminal()
}

/// Whether colours are wanted on standard error.
pub(crate) fn colours_on_stderr() -> bool {
    colours_wanted() && io::stderr().is_terminal()
}

fn colours_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// How many columns standard output has, if it is a terminal.
fn width() -> Option<usize> {
    io::stdout().is_terminal().then(|| usize::from(console::Term::stdout().size().1))
}

/// Says why a command failed.
pub(crate) fn error(failure: &Failure) {
    // Diagnostics say themselves that they are errors.
    let told = failure.message.starts_with("error") || failure.message.starts_with("\u{1b}");
    let prefix = if told { "" } else { "error: " };
    say(&format!("{prefix}{}", failure.message.trim_end()));
}

/// Says something on standard error; nobody is told if that fails.
pub(crate) fn say(message: &str) {
    let _ = writeln!(io::stderr(), "{message}");
}

/// Writes to standard output. Whoever closes the pipe has seen enough: that is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => {
            written.map_err(|cause| Failure::surroundings("write to standard output", &cause))
        }
    }
}
