//! What became of the faults, and what they hit: a line a variant and fault.

use experiments::results::{FaultResult, StudyResults};

use super::Style;
use super::wrap::wrap;

/// The lines, if there is anything to say.
pub(super) fn lines(results: &StudyResults, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    for variant in &results.variants {
        for fault in &variant.faults {
            let text = format!("{}: `{}` {}", variant.name, fault.name, story(fault));
            lines.extend(wrap(&text, style.width, 0));
        }
    }
    lines
}

fn story(fault: &FaultResult) -> String {
    let mut parts = Vec::new();
    if let (Some(after), true) = (fault.stopped_after_s.mean, fault.stopped > 0) {
        parts.push(format!(
            "stopped after {after:.1} s in {} of {} runs",
            fault.stopped, fault.runs
        ));
    }
    if fault.withdrawal_failed > 0 {
        parts.push(format!(
            "could not be withdrawn in {} of {} runs",
            fault.withdrawal_failed, fault.runs
        ));
    }
    let (hits, instances) = (fault.hits.mean.unwrap_or(0.0), fault.instances.mean.unwrap_or(0.0));
    let attempts = if hits > 0.0 { format!("{hits:.0} attempts at ") } else { String::new() };
    let instances = match instances {
        1.0 => "1 instance".to_owned(),
        several => format!("{several:.0} instances"),
    };
    parts.push(match fault.services.is_empty() {
        true => "hit nothing".to_owned(),
        false => format!("hit {attempts}{instances} of {}", fault.services.join(", ")),
    });
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_line_says_what_became_of_a_fault_and_what_it_hit() {
        let mut results = fixture::small();
        assert!(lines(&results, Style::default()).is_empty());
        results.variants.truncate(1);
        results.variants[0].faults = vec![fixture::stopped_fault()];
        let name = results.variants[0].name.clone();
        let line = format!(
            "{name}: `game day` stopped after 66.0 s in 10 of 10 runs; hit 905 attempts at \
             1 instance of payment"
        );
        assert_eq!(lines(&results, Style::default()), [line]);
    }
}
