//! JSON for programs: `summary.json` and `manifest.json`. Keys stand in a fixed order.

mod manifest;
mod summary;

use std::io::Write;

use serde::Serialize;

use crate::ReportError;

pub use manifest::manifest;
pub use summary::summary;

fn write(name: &str, value: &impl Serialize, out: &mut dyn Write) -> Result<(), ReportError> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(ReportError::writing(name))?;
    out.write_all(b"\n").map_err(ReportError::writing(name))
}
