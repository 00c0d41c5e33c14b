//! `squall schema`: the JSON Schema of the scenario file, for editors.

use super::exit::{Exit, Failure};
use super::terminal;

/// Prints the schema.
pub(crate) fn run() -> Result<Exit, Failure> {
    terminal::print(&format!("{:#}\n", scenarios::schema()))?;
    Ok(Exit::Good)
}
