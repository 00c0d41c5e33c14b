//! `alerts.csv`: a row per variant, replication, alert and time it fired.

use std::io::Write;

use experiments::results::{AlertRun, Firing, StudyResults};

use super::{Sheet, number};
use crate::ReportError;

const COLUMNS: [&str; 7] =
    ["variant", "replication", "alert", "run", "pending_s", "fired_s", "resolved_s"];

/// Writes `alerts.csv`: a row for each time an alert fired, in a run or in its control (the column `run`
/// says which); what fired to the end was not resolved.
///
/// # Errors
///
/// When `out` refuses.
pub fn alerts(results: &StudyResults, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut sheet = Sheet::new("alerts.csv", out, COLUMNS)?;
    for variant in &results.variants {
        for run in &variant.runs {
            for AlertRun { name, firings, control } in &run.alerts {
                for (which, firing) in labelled("run", firings).chain(labelled("control", control))
                {
                    let place = [variant.name.clone(), run.replication.to_string()];
                    let what = [name.clone(), which.to_owned()];
                    sheet.row(place.into_iter().chain(what).chain(times(firing)))?;
                }
            }
        }
    }
    sheet.finish()
}

fn labelled<'a>(
    which: &'static str,
    firings: &'a [Firing],
) -> impl Iterator<Item = (&'static str, &'a Firing)> {
    firings.iter().map(move |firing| (which, firing))
}

fn times(firing: &Firing) -> [String; 3] {
    let seconds = |ns: u64| number(Some(ns as f64 / 1e9));
    [
        seconds(firing.pending_ns),
        seconds(firing.fired_ns),
        firing.resolved_ns.map(seconds).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_each_time_it_fired() {
        let mut bytes = Vec::new();
        alerts(&crate::watched::study(), &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
