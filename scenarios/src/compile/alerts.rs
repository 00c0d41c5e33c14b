//! Alerts: their conditions read.

use crate::document;
use crate::expectation::parse_condition;
use crate::study::Alert;

/// The rules of a document, whose grammar the check against the schema has seen to.
pub(super) fn alerts(written: &[document::Alert]) -> Vec<Alert> {
    written.iter().map(alert).collect()
}

fn alert(written: &document::Alert) -> Alert {
    let conditions = written.conditions().filter_map(|(_, text)| parse_condition(text).ok());
    Alert {
        name: written.name.clone(),
        severity: written.severity.clone(),
        conditions: conditions.collect(),
        pending: written.lasts,
        every: written.every,
        keep_firing_for: written.keep_firing_for,
    }
}
