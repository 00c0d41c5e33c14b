//! Whether some bytes are a text that can be a scenario at all.

use crate::diagnostic::Diagnostic;

/// Files larger than this are no scenarios: somebody passed the wrong file.
const LARGEST: usize = 4 * 1024 * 1024;

/// The file's text.
///
/// # Errors
/// When the file is too large, not UTF-8, or empty.
pub(super) fn text<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b str, Diagnostic> {
    if bytes.len() > LARGEST {
        let size = bytes.len().div_ceil(1024 * 1024);
        let title = format!("`{name}` is too large for a scenario: {size} MiB");
        return Err(Diagnostic::error(title).help("a scenario has at most 4 MiB"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(name, bytes, &error))?;
    if text.trim().is_empty() {
        return Err(Diagnostic::error(format!("`{name}` is empty"))
            .help("`squall new` writes a scenario to start from"));
    }
    Ok(text)
}

fn not_utf8(name: &str, bytes: &[u8], error: &std::str::Utf8Error) -> Diagnostic {
    let good = &bytes[..error.valid_up_to()];
    let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
    let byte = bytes.get(good.len()).copied().unwrap_or_default();
    let title = format!("`{name}` is not UTF-8: line {line} holds the byte 0x{byte:02x}");
    Diagnostic::error(title).help("a scenario is a text file; save it as UTF-8")
}

/// The file's name without its folder and its ending.
pub(super) fn stem(name: &str) -> &str {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.strip_suffix(".toml").unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn a_study_is_named_after_its_file() {
        assert_eq!(stem("scenarios/library/retry-storm.toml"), "retry-storm");
        assert_eq!(stem("C:\\runs\\a.b.toml"), "a.b");
        assert_eq!(stem("-"), "-");
    }
}
