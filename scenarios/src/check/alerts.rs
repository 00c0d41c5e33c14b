//! Whether alerts can be evaluated: their windows are whole bins, and what they look at exists.

use sim_core::kernel::SimDuration;

use super::Facts;
use super::expectation::Check;
use crate::diagnostic::Diagnostic;
use crate::document::Alert;
use crate::expectation::parse_condition;
use crate::source::Sources;
use crate::tree::Place;

/// Checks the alerts of a form.
pub(crate) fn alerts(facts: &Facts<'_>, sources: &Sources) -> Vec<Diagnostic> {
    let alerts = facts.document.alerts.iter().zip(0..);
    alerts
        .flat_map(|(alert, index)| {
            let place = Place::keys(["alerts"]).index(index);
            let mut found = shape(facts, alert, &place);
            found.extend(conditions(facts, alert, &place, sources));
            found
        })
        .collect()
}

fn shape(facts: &Facts<'_>, alert: &Alert, place: &Place) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut error = |place: Place, title: String, help: &str| {
        found.push(Diagnostic::error(title).at(place.value(facts.root), "").help(help));
    };
    match (&alert.when, alert.all.is_empty()) {
        (Some(_), false) => error(
            place.key("all"),
            "an alert has `when` or `all`, not both".into(),
            "write all conditions into `all`",
        ),
        (None, true) => error(
            place.clone(),
            format!("the alert `{}` has no condition", alert.name),
            "write `when = \"share(shop:failed, 1m) > 5%\"`, or several into `all`",
        ),
        _ => {}
    }
    let bin = facts.compiled.steady.bin;
    if !is_whole(alert.every, bin) {
        let title = format!("`every` has to be a whole number of bins of {bin}, at least one");
        error(place.key("every"), title, "`[run.steady] bin` says how wide they are");
    }
    found
}

fn conditions(
    facts: &Facts<'_>,
    alert: &Alert,
    place: &Place,
    sources: &Sources,
) -> Vec<Diagnostic> {
    let bin = facts.compiled.steady.bin;
    let mut found = Vec::new();
    for (item, text) in alert.conditions() {
        let place = match item {
            None => place.key("when"),
            Some(item) => place.key("all").index(item),
        };
        // Its grammar has been checked with the schema.
        let Ok(condition) = parse_condition(text) else { continue };
        let check = Check { facts, text, whole: place.value(facts.root), sources };
        found.extend(check.subject(&condition.term));
        if !is_whole(condition.window, bin) {
            let window = condition.window;
            let title = format!("a window of {window} is not a whole number of bins of {bin}");
            let help = "write a multiple, or make the bins narrower: `[run.steady] bin`";
            found.push(check.error(written_window(text), title).help(help));
        }
    }
    found
}

/// The window of a condition as it is written: what stands behind the first comma.
fn written_window(text: &str) -> &str {
    let behind = text.split_once(',').map_or("", |(_, behind)| behind);
    behind.split([',', ')']).next().unwrap_or_default().trim()
}

fn is_whole(time: SimDuration, bin: SimDuration) -> bool {
    !time.is_zero() && time.as_nanos().is_multiple_of(bin.as_nanos().max(1))
}
