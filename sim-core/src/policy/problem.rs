//! What is wrong with parameters: every mistake at once, each with the place it is at.

use std::fmt;

use crate::kernel::SimDuration;

/// One mistake in the parameters of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {message}")]
pub struct Problem {
    /// The keys that lead to the mistake, joined by dots, such as `backoff.exponential.factor`.
    pub path: String,
    /// What is wrong with it, as the rest of a sentence: "must be above zero".
    pub message: String,
}

impl Problem {
    /// A mistake at a field.
    pub fn at(field: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { path: field.into(), message: message.to_string() }
    }

    /// The same mistake, seen from outside of the table `key`.
    #[must_use]
    pub fn inside(self, key: impl fmt::Display) -> Self {
        Self { path: format!("{key}.{}", self.path), ..self }
    }
}

/// Mistakes in the parameters of a policy, in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Notes the mistake if `wrong`.
    pub fn note_if(&mut self, wrong: bool, field: &str, message: impl fmt::Display) {
        if wrong {
            self.0.push(Problem::at(field, message));
        }
    }

    /// Notes a duration that is zero.
    pub fn above_zero(&mut self, field: &str, duration: SimDuration) {
        self.note_if(duration.is_zero(), field, "must be above zero");
    }

    /// Notes a factor that is below 1 or not finite.
    pub fn at_least_one(&mut self, field: &str, factor: f64) {
        let wrong = !(factor.is_finite() && factor >= 1.0);
        self.note_if(wrong, field, format_args!("must be a number from 1 on, not {factor}"));
    }

    /// Notes a number that is not within `low` and `high`.
    pub fn within(&mut self, field: &str, value: f64, low: f64, high: f64) {
        let wrong = !(low..=high).contains(&value);
        self.note_if(wrong, field, format_args!("must be from {low} to {high}, not {value}"));
    }

    /// Notes an upper limit, if there is one, that is below what it limits.
    pub fn not_below(
        &mut self,
        field: &str,
        limit: impl Into<Option<SimDuration>>,
        other: &str,
        least: SimDuration,
    ) {
        if let Some(limit) = limit.into().filter(|limit| *limit < least) {
            let message = format!("must not be below `{other}`: {limit} is less than {least}");
            self.note_if(true, field, message);
        }
    }

    /// Notes the mistakes in the table `key`.
    pub fn note_inside(&mut self, key: &str, mistakes: Self) {
        self.0.extend(mistakes.inside(key).0);
    }

    /// The value of a good result; the mistakes of a bad one are noted.
    pub fn note<T>(&mut self, result: Result<T, Self>) -> Option<T> {
        result.map_err(|mistakes| self.0.extend(mistakes.0)).ok()
    }

    /// `Ok` if there are none.
    ///
    /// # Errors
    /// All of them, if there are any.
    pub fn or_none(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The same mistakes, seen from outside of the table `key`.
    #[must_use]
    pub fn inside(self, key: &str) -> Self {
        Self(self.0.into_iter().map(|problem| problem.inside(key)).collect())
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mistakes_are_kept_with_their_places() {
        let mut problems = Problems::default();
        problems.above_zero("base", SimDuration::ZERO);
        problems.at_least_one("factor", f64::NAN);
        problems.within("share", 1.5, 0.0, 1.0);
        problems.not_below("cap", SimDuration::from_secs(1), "base", SimDuration::from_secs(2));
        let problems = problems.or_none().unwrap_err().inside("exponential");
        assert_eq!(
            problems.to_string(),
            "`exponential.base` must be above zero; \
             `exponential.factor` must be a number from 1 on, not NaN; \
             `exponential.share` must be from 0 to 1, not 1.5; \
             `exponential.cap` must not be below `base`: 1s is less than 2s"
        );
    }

    #[test]
    fn what_is_right_is_no_mistake() {
        let mut problems = Problems::default();
        problems.above_zero("base", SimDuration::from_nanos(1));
        problems.at_least_one("factor", 1.0);
        problems.within("share", 0.0, 0.0, 1.0);
        problems.not_below("cap", None, "base", SimDuration::from_secs(2));
        problems.not_below("cap", SimDuration::from_secs(2), "base", SimDuration::from_secs(2));
        assert_eq!(problems.or_none(), Ok(()));
    }
}
