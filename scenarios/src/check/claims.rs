//! A claim without an expectation that answers it is an opinion.

use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::tree::{Node, Place};

/// Checks a file whose expectations are its own.
pub(crate) fn claims(document: &Document, root: &Node) -> Vec<Diagnostic> {
    let answers = |name: &str| {
        let answered = document.expect.iter().filter_map(|expect| expect.claim.as_ref());
        answered.into_iter().any(|claim| claim.0 == name)
    };
    let open = document.claims.keys().filter(|name| !answers(name));
    open.map(|name| {
        Diagnostic::error(format!("no expectation answers the claim `{name}`"))
            .at(Place::keys(["claims", name]).name(root), "")
            .help(format!("add `claim = \"{name}\"` to the `[[expect]]` that shows its verdict"))
    })
    .collect()
}
