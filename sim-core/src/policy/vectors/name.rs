//! The parameters that stand in the names of vectors.

/// The number that follows a parameter's name: 1000 for `min` in `timeouts(factor2,min=1000)`.
pub(super) fn parameter(text: &str, name: &str) -> Option<f64> {
    text.match_indices(name).find_map(|(at, _)| {
        let starts_a_word = !text[..at].ends_with(|c: char| c.is_ascii_alphabetic());
        let rest = &text[at + name.len()..];
        starts_a_word.then(|| leading_number(rest.strip_prefix('=').unwrap_or(rest))).flatten()
    })
}

/// The numbers in the brackets after a function's name: 500 and 1.5 for `ofBackoff(500,1.5)`.
/// Parameters with a name are left out.
pub(super) fn arguments(text: &str, function: &str) -> Option<Vec<f64>> {
    let (_, rest) = text.split_once(function)?;
    let (inside, _) = rest.strip_prefix('(')?.split_once(')')?;
    Some(inside.split(',').filter_map(|argument| argument.trim().parse().ok()).collect())
}

fn leading_number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_with_and_without_an_equals_sign() {
        let text = "retry.timeouts(randomize,U=0.999,max5000,min=4)";
        assert_eq!(parameter(text, "U"), Some(0.999));
        assert_eq!(parameter(text, "max"), Some(5000.0));
        assert_eq!(parameter(text, "min"), Some(4.0));
        assert_eq!(parameter(text, "factor"), None);
        assert_eq!(parameter("time9", "me"), None);
    }

    #[test]
    fn arguments_are_the_numbers_without_a_name() {
        assert_eq!(arguments("of(500,1.5)", "of"), Some(vec![500.0, 1.5]));
        assert_eq!(arguments("a(3)+b(0,2) U=0.5", "b"), Some(vec![0.0, 2.0]));
        assert_eq!(arguments("of(1000,2,0.5,max2000)", "of"), Some(vec![1000.0, 2.0, 0.5]));
        assert_eq!(arguments("a(3)", "b"), None);
    }
}
