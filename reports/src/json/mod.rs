//! JSON for programs: `summary.json`, `manifest.json` and the table of a sweep. Keys stand in a fixed order.

mod manifest;
mod summary;
mod sweep;

use std::io::Write;

use serde::Serialize;

use crate::ReportError;

pub use manifest::manifest;
pub use summary::summary;
pub use sweep::sweep;

pub(crate) fn write(
    name: &str,
    value: &impl Serialize,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(ReportError::writing(name))?;
    out.write_all(b"\n").map_err(ReportError::writing(name))
}
