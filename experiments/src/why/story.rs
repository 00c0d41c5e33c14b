//! Why, in words.

use super::WhyPlan;
use crate::expect::text;
use crate::results::{ByPhase, Level, Saturation, SubjectKindName, Unit, Why};

/// Below this factor calls do not multiply.
const MULTIPLIED: f64 = 1.1;
/// Below this share no work is wasted to speak of.
const WASTED: f64 = 0.05;

/// A sentence or two for whatever went out of the ordinary.
pub(super) fn tell(why: &Why, plan: &WhyPlan, runs: usize) -> String {
    // The time from the first fault until it was steady again; without faults, all of it.
    let phase = why.phases.len().saturating_sub(1);
    let mut sentences = vec![saturated(why, plan, runs)];
    sentences.extend(multiplied(why, phase));
    sentences.extend(wasted(&why.wasted, phase));
    sentences.extend(views(why, phase));
    sentences.extend(why.wait_cycles.first().map(|circle| {
        let who = circle.who.join(" waited for ");
        let first = circle.who.first().map_or("", String::as_str);
        format!("at {}, {who} waited for {first}: a circle of waits", seconds(circle.at_s))
    }));
    let sentences: Vec<String> = sentences.iter().map(|sentence| capital(sentence)).collect();
    format!("{}.", sentences.join(". "))
}

fn saturated(why: &Why, plan: &WhyPlan, runs: usize) -> String {
    let since = if plan.has_faults { "after the first fault began" } else { "after the warm-up" };
    let Some(first) = why.saturated.first() else {
        return format!(
            "nothing was saturated {}",
            if plan.has_faults { "after the first fault had begun" } else { "after the warm-up" }
        );
    };
    let when = first.after_s.mean.map_or_else(String::new, seconds);
    let often = match first.first as usize == runs {
        true => String::new(),
        false => format!(" in {} of {runs} runs", first.first),
    };
    let mut text = format!("{} saturated first{often}, {when} {since}", named(first));
    if first.control_runs > 0 && plan.has_faults {
        text.push_str(&format!(
            " (it does in {} of {runs} runs without the faults, too)",
            first.control_runs
        ));
    }
    let later: Vec<String> = why.saturated[1..]
        .iter()
        .filter(|s| s.runs as usize * 2 >= runs)
        .take(3)
        .map(|s| format!("{} at {}", named(s), s.after_s.mean.map_or_else(String::new, seconds)))
        .collect();
    if !later.is_empty() {
        text.push_str(&format!("; then {}", later.join(", ")));
    }
    text
}

fn named(saturation: &Saturation) -> String {
    match saturation.what.as_str() {
        "worker pool" | "processor" | "memory" => saturation.resource.clone(),
        what => format!("the {what} of {}", saturation.resource),
    }
}

/// The call that multiplies most, and what reaches the service that gets most of it.
fn multiplied(why: &Why, phase: usize) -> Option<String> {
    let factor = |level: &&Level| level.factor.get(phase).copied().flatten().unwrap_or(0.0);
    let end = |level: &&Level| level.end_to_end.get(phase).copied().flatten().unwrap_or(0.0);
    let calls = why.waterfall.iter().filter(|level| level.kind == SubjectKindName::Call);
    let most = calls.max_by(|a, b| factor(a).total_cmp(&factor(b)))?;
    if factor(&most) < MULTIPLIED {
        return None;
    }
    let caller = most.subject.split("->").next().unwrap_or_default();
    let attempts = text::figure(factor(&most), Unit::Count);
    let mut told = format!("each call of {caller} became {attempts} attempts on {}", most.subject);
    let services = why.waterfall.iter().filter(|level| level.kind == SubjectKindName::Service);
    if let Some(deepest) = services.max_by(|a, b| end(a).total_cmp(&end(b)))
        && deepest.depth > most.depth + 1
        && end(&deepest) > MULTIPLIED
    {
        let arrivals = text::figure(end(&deepest), Unit::Count);
        told.push_str(&format!(", and {arrivals} arrivals at {}", deepest.subject));
    }
    Some(told)
}

fn wasted(services: &[ByPhase], phase: usize) -> Option<String> {
    let share = |by: &&ByPhase| by.share.get(phase).copied().flatten().unwrap_or(0.0);
    let most = services.iter().max_by(|a, b| share(a).total_cmp(&share(b)))?;
    (share(&most) >= WASTED).then(|| {
        format!(
            "{} of the work of {} was for callers that had gone",
            percent(share(&most)),
            most.subject
        )
    })
}

/// What the service that thinks best of itself reports, beside what users got, where they differ.
fn views(why: &Why, phase: usize) -> Option<String> {
    let share = |by: &ByPhase| by.share.get(phase).copied().flatten();
    let users = why.users.iter().filter_map(|by| Some((by, share(by)?)));
    let (user, got) = users.min_by(|a, b| a.1.total_cmp(&b.1))?;
    if got > 0.999 {
        return None;
    }
    let degraded = why.degraded.iter().find(|by| by.subject == user.subject).and_then(share);
    let made_do = match degraded.filter(|share| *share > 0.0) {
        Some(share) => format!(", and {} had to make do with a substitute", percent(share)),
        None => String::new(),
    };
    let services = why.dashboards.iter().filter_map(|by| Some((by, share(by)?)));
    let reports: Vec<String> = services
        .map(|(by, share)| format!("{} reported {} success", by.subject, percent(share)))
        .collect();
    let calls = format!("{} of the calls of {} went well{made_do}", percent(got), user.subject);
    Some(match reports.is_empty() {
        true => calls,
        false => format!("{}; {calls}", reports.join(", ")),
    })
}

fn percent(share: f64) -> String {
    text::figure(share, Unit::Share)
}

fn seconds(seconds: f64) -> String {
    text::figure(seconds, Unit::Seconds)
}

/// Names stay as they are written.
fn capital(sentence: &str) -> String {
    let is_word = |prefix: &&&str| sentence.starts_with(**prefix);
    match ["at ", "each ", "nothing ", "the "].iter().find(is_word) {
        Some(_) => {
            let (first, rest) = sentence.split_at(1);
            format!("{}{rest}", first.to_uppercase())
        }
        None => sentence.to_owned(),
    }
}
