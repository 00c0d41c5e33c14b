//! A scenario made smaller: parts are left out, steps put in place of what holds them, numbers halved,
//! for as long as it fails in the same way.

use serde_json::Value;

/// So many smaller scenarios are tried.
const MOST_TRIES: usize = 1_500;

/// The smallest scenario that is found to fail.
pub(super) fn smallest(scenario: &Value, fails: &dyn Fn(&Value) -> bool) -> Value {
    let mut search = Search { best: scenario.clone(), tries: 0, fails };
    loop {
        let before = search.best.clone();
        // Large parts first: most of a scenario has nothing to do with how it fails.
        for edit in [leave_out, unwrap, simplify] {
            search.pass(edit);
        }
        if search.best == before || search.tries >= MOST_TRIES {
            return search.best;
        }
    }
}

struct Search<'a> {
    best: Value,
    tries: usize,
    fails: &'a dyn Fn(&Value) -> bool,
}

/// The forms that a part may take instead; `None` is none at all.
type Edit = fn(&Value) -> Vec<Option<Vec<Value>>>;

impl Search<'_> {
    /// Tries an edit at every place, from the outside in.
    fn pass(&mut self, edit: Edit) {
        let mut nth = 0;
        while self.tries < MOST_TRIES {
            let Some(path) = path_of(&self.best, nth) else { return };
            let part = self.best.pointer(&path).cloned().unwrap_or_default();
            let better = edit(&part).into_iter().find_map(|form| {
                self.tries += 1;
                let smaller = replaced(&self.best, &path, form)?;
                (smaller != self.best && (self.fails)(&smaller)).then_some(smaller)
            });
            match better {
                // What stands at this place now has not been tried.
                Some(smaller) => self.best = smaller,
                None => nth += 1,
            }
        }
    }
}

fn leave_out(_: &Value) -> Vec<Option<Vec<Value>>> {
    vec![None]
}

/// A step's inner steps in place of it.
fn unwrap(part: &Value) -> Vec<Option<Vec<Value>>> {
    let mut inner = Vec::new();
    let of_steps = |items: &[Value]| {
        !items.is_empty() && items.iter().all(|item| item.as_object().is_some_and(|o| o.len() == 1))
    };
    if part.as_object().is_some_and(|entries| entries.len() == 1) {
        lists(part, 0, &mut |items| {
            if of_steps(items) {
                inner.push(Some(items.to_vec()));
            }
        });
    }
    inner
}

fn lists(value: &Value, depth: usize, found: &mut dyn FnMut(&[Value])) {
    match value {
        Value::Array(items) => {
            found(items);
            items.iter().for_each(|item| lists(item, depth + 1, found));
        }
        Value::Object(entries) if depth < 4 => {
            entries.values().for_each(|entry| lists(entry, depth + 1, found));
        }
        _ => {}
    }
}

/// Rounder and smaller values.
fn simplify(part: &Value) -> Vec<Option<Vec<Value>>> {
    let forms = match part {
        Value::Number(number) => match number.as_u64() {
            None => vec![1.0.into()],
            Some(0 | 1) => Vec::new(),
            Some(n) => vec![1.into(), (n / 2).into(), (n - 1).into()],
        },
        Value::String(text) if text.ends_with("/s") => vec!["5/s".into(), "1/s".into()],
        Value::String(text) if is_time(text) => ["1s", "10ms", "0s"].map(Value::from).to_vec(),
        _ => Vec::new(),
    };
    // A value that is one of them already is not made another: there would be no end.
    let forms = match forms.iter().position(|form| form == part) {
        Some(place) => forms[..place].to_vec(),
        None => forms,
    };
    forms.into_iter().map(|form| Some(vec![form])).collect()
}

fn is_time(text: &str) -> bool {
    text.ends_with(')') || text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with('s')
}

/// The n-th part, those that hold others before these.
fn path_of(root: &Value, nth: usize) -> Option<String> {
    let mut level = vec![(String::new(), root)];
    let mut before = 0;
    while !level.is_empty() {
        let mut inner = Vec::new();
        for (path, value) in &level {
            match value {
                Value::Object(entries) => inner.extend(entries.iter().map(|(key, value)| {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    (format!("{path}/{key}"), value)
                })),
                Value::Array(items) => inner.extend(
                    items.iter().enumerate().map(|(place, item)| (format!("{path}/{place}"), item)),
                ),
                _ => {}
            }
        }
        if let Some((path, _)) = inner.get(nth - before) {
            return Some(path.clone());
        }
        before += inner.len();
        level = inner;
    }
    None
}

/// The scenario with other values, or nothing, in place of a part. Only an item of a list can become
/// several.
fn replaced(root: &Value, path: &str, form: Option<Vec<Value>>) -> Option<Value> {
    let mut smaller = root.clone();
    let (parent, key) = path.rsplit_once('/')?;
    let mut forms = form.unwrap_or_default();
    match smaller.pointer_mut(parent)? {
        Value::Object(entries) => {
            let key = key.replace("~1", "/").replace("~0", "~");
            match (forms.pop(), forms.is_empty()) {
                (None, _) => drop(entries.remove(&key)),
                (Some(form), true) => drop(entries.insert(key, form)),
                _ => return None,
            }
        }
        Value::Array(items) => {
            let place: usize = key.parse().ok().filter(|place| *place < items.len())?;
            items.splice(place..=place, forms);
        }
        _ => return None,
    }
    Some(smaller)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_matter_is_left_out_and_the_rest_made_small() {
        let scenario = json!({
            "services": { "a": { "steps": [
                { "work": "exp(7ms)" },
                { "parallel": { "branches": [[{ "call": 9 }, { "work": "3s" }]] } },
            ] } },
            "faults": [1, 2, 3],
            "users": 40,
        });
        let fails = |value: &Value| {
            let steps = value.pointer("/services/a/steps").and_then(Value::as_array);
            let inside =
                steps.is_some_and(|steps| steps.iter().any(|s| s.to_string().contains("call")));
            inside && value.get("users").and_then(Value::as_u64).is_some_and(|users| users > 4)
        };
        let smallest = smallest(&scenario, &fails);
        assert!(fails(&smallest));
        assert_eq!(
            smallest,
            json!({ "services": { "a": { "steps": [{ "call": 1 }] } }, "users": 5 })
        );
    }
}
