//! What a variant can set: the system, not the study around it.

use crate::diagnostic::Diagnostic;
use crate::tree::{Node, SetPath};

/// What all variants of a study share.
const SHARED: &[&str] = &[
    "title",
    "description",
    "from",
    "moral",
    "allow",
    "variants",
    "claims",
    "expect",
    "hypothesis",
    "charts",
    "report",
];
const SHARED_IN_RUN: &[&str] = &["seed", "replications", "base"];

/// Whether a variant can set a path.
///
/// # Errors
/// When the path is of what all variants share, or of a whole section that would lose what else
/// is in it.
pub(crate) fn settable(path: &SetPath, root: &Node) -> Result<(), Diagnostic> {
    let in_run =
        || path.section() == "run" && path.key(1).is_some_and(|key| SHARED_IN_RUN.contains(&key));
    if SHARED.contains(&path.section()) || in_run() {
        let title = format!("a variant cannot set `{path}`: all variants share it");
        return Err(Diagnostic::error(title).at(path.span(), ""));
    }
    let is_section = || root.get(path.section()).is_some_and(|node| node.as_table().is_some());
    if path.len() == 1 && is_section() {
        let title = format!("a variant sets a value, not the whole of `{path}`");
        let help = "write the path in quotes, as in `\"run.length\" = \"60s\"`";
        return Err(Diagnostic::error(title).at(path.span(), "").help(help));
    }
    Ok(())
}
