//! `manifest.json`: what produced a results folder, and what lies in it.

use std::io::Write;

use experiments::results::Manifest;
use serde::Serialize;

use crate::ReportError;

#[derive(Serialize)]
struct Folder<'a> {
    #[serde(flatten)]
    manifest: &'a Manifest,
    files: &'a [String],
}

/// Writes `manifest.json`: the scenario's hash, the version, the seed, the replications, the
/// command that reproduces the results, and the files beside it.
///
/// # Errors
///
/// When `out` refuses.
pub fn manifest(
    manifest: &Manifest,
    files: &[String],
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    super::write("manifest.json", &Folder { manifest, files }, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn names_what_produced_the_results_and_their_files() {
        let mut bytes = Vec::new();
        let files = ["summary.csv".to_owned(), "charts/success.svg".to_owned()];
        manifest(&fixture::small().manifest, &files, &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
