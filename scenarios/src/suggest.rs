//! The valid name that is nearest to a misspelt one.

/// Names that sound less alike than this are not worth suggesting.
const LEAST_SIMILARITY: f64 = 0.72;

/// Nobody waits for the comparison of one misspelling with more names than these.
const MOST_COMPARED: usize = 1_000;

/// The valid name that is nearest to a misspelt one, if one is near.
pub fn nearest<'a>(word: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    valid
        .into_iter()
        .take(MOST_COMPARED)
        .map(|name| (similarity(word, name), name))
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

fn similarity(a: &str, b: &str) -> f64 {
    // A word of a megabyte is no misspelling, and comparing costs the product of the lengths.
    if a.len() > 100 || b.len() > 100 {
        return 0.0;
    }
    let same = |c: &str| c.to_lowercase().replace(['-', ' '], "_");
    let (a, b) = (same(a), same(b));
    let typing = strsim::normalized_damerau_levenshtein(&a, &b);
    let start = strsim::jaro_winkler(&a, &b) - 0.1;
    typing.max(start)
}

/// `did you mean …?`, if a valid name is near.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    valid: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, valid).map(|name| format!("did you mean `{name}`?"))
}

/// "`a`, `b` or `c`"; a long list is cut.
pub(crate) fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST_LISTED: usize = 24;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [most @ .., last] if names.len() <= MOST_LISTED => format!("{} or {last}", most.join(", ")),
        _ => format!("{}, …", names[..MOST_LISTED].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_mistakes_are_recognised_and_strangers_are_not() {
        let keys = ["capacity", "workers", "instances", "max_attempts"];
        assert_eq!(nearest("capasity", keys), Some("capacity"));
        assert_eq!(nearest("worker", keys), Some("workers"));
        assert_eq!(nearest("max-attempts", keys), Some("max_attempts"));
        assert_eq!(nearest("max_attempt", keys), Some("max_attempts"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("", keys), None);
    }

    #[test]
    fn lists_read_as_english() {
        assert_eq!(one_of([]), "nothing");
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
