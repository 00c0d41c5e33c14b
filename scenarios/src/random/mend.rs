//! Mending what the checker refuses: the smallest part that it points at becomes a milder one, then goes,
//! then what holds it goes, until nothing is refused any more.

use serde_json::Value;

use super::write::{Key, Written, written};
use crate::diagnostic::Severity;
use crate::load;
use crate::source::NoFiles;

/// So often it is tried; the rest is refused.
const ROUNDS: usize = 80;

pub(super) fn mend(scenario: &mut Value) {
    for _ in 0..ROUNDS {
        let text = written(scenario);
        let Err(wrong) = load::load("random.toml", text.text.as_bytes(), &NoFiles, &[]) else {
            return;
        };
        let errors = wrong.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let spans = errors.filter_map(|diagnostic| diagnostic.span());
        let mut paths: Vec<&[Key]> =
            spans.filter_map(|span| smallest(&text, span.start, span.end)).collect();
        paths.sort_by(|a, b| later(a, b));
        paths.dedup();
        // Without these it is no scenario.
        let is_needed = |path: &[Key]| {
            let needed = ["title", "run", "clients", "services"];
            matches!(path, [Key::Name(name)] if needed.contains(&name.as_str()))
        };
        paths.retain(|path| !is_needed(path));
        if paths.is_empty() {
            return;
        }
        for path in paths {
            take_out(scenario, path);
        }
    }
}

/// The smallest part in which these bytes lie.
fn smallest(text: &Written, start: usize, end: usize) -> Option<&[Key]> {
    let around = text.parts.iter().filter(|(range, _)| range.start <= start && end <= range.end);
    around.min_by_key(|(range, _)| range.len()).map(|(_, path)| path.as_slice())
}

/// Later items of a list first: taking one out moves those behind it.
fn later(a: &[Key], b: &[Key]) -> std::cmp::Ordering {
    let order = a.iter().zip(b).map(|(a, b)| match (a, b) {
        (Key::Place(a), Key::Place(b)) => b.cmp(a),
        (Key::Name(a), Key::Name(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    });
    // What lies inside comes before what it lies in.
    order.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then).then(b.len().cmp(&a.len()))
}

/// A value that is less likely to be refused, or nothing.
fn milder(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(1.0) => None,
            Some(0.5) => Some(1.0.into()),
            _ => Some(0.5.into()),
        },
        Value::Number(number) if number.as_u64() != Some(2) => Some(2.into()),
        Value::String(text)
            if text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with('s') =>
        {
            (text != "50ms").then(|| "50ms".into())
        }
        _ => None,
    }
}

fn take_out(value: &mut Value, path: &[Key]) {
    match (path, value) {
        ([Key::Name(name)], Value::Object(entries)) => match entries.get(name).and_then(milder) {
            Some(milder) => drop(entries.insert(name.clone(), milder)),
            None => drop(entries.remove(name)),
        },
        ([Key::Place(place)], Value::Array(items)) if *place < items.len() => {
            match milder(&items[*place]) {
                Some(milder) => items[*place] = milder,
                None => drop(items.remove(*place)),
            }
        }
        ([Key::Name(name), rest @ ..], Value::Object(entries)) => {
            entries.get_mut(name).into_iter().for_each(|inner| take_out(inner, rest));
        }
        ([Key::Place(place), rest @ ..], Value::Array(items)) => {
            items.get_mut(*place).into_iter().for_each(|inner| take_out(inner, rest));
        }
        _ => {}
    }
}
