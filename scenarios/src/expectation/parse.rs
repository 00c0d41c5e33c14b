//! Reading an expectation: a recursive descent that knows the place of every mistake.

use std::ops::Range;

use sim_core::kernel::SimDuration;

use super::cursor::Cursor;
use super::unit::{Unit, unit};
use super::{Aggregation, Bound, Expectation, MeasureTerm, Op, Phase, Quantity, Subject};
use super::{Term, words};
use crate::suggest::{did_you_mean, one_of};
use crate::tree::shortened;

/// Why a text is not an expectation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{title}")]
pub struct ExpectationError {
    /// What is wrong.
    pub title: String,
    /// What is allowed there, and the nearest of it.
    pub helps: Vec<String>,
    /// Which bytes of the text are wrong.
    pub range: Range<usize>,
}

/// How long `after` is if it does not say.
const AFTER: SimDuration = SimDuration::from_secs(30);

/// Reads an expectation.
///
/// # Errors
/// The first mistake: of grammar, or of a bound that does not go with its term.
pub fn parse(text: &str) -> Result<Expectation, ExpectationError> {
    let mut parser = Parser { cursor: Cursor::new(text), is_condition: false };
    let (term, unit) = parser.term()?;
    let op = parser.op(unit)?;
    let bound = parser.bound(unit)?;
    let share_of_runs = parser.share_of_runs()?;
    Ok(Expectation { text: text.to_owned(), term, op, bound, share_of_runs })
}

/// Reads a condition: a measure over a window that ends now, compared with a figure.
///
/// # Errors
/// The first mistake: of grammar, or of what can only be known when the run is over.
pub fn parse_condition(text: &str) -> Result<Expectation, ExpectationError> {
    let mut parser = Parser { cursor: Cursor::new(text), is_condition: true };
    let (term, unit) = parser.term()?;
    let end_of_term = parser.cursor.position();
    let op = parser.op(unit)?;
    let bound = parser.bound(unit)?;
    let share_of_runs = parser.share_of_runs()?;
    let whole = || 0..text.len();
    let measure = match &term {
        Term::Measure(measure) => measure,
        Term::TimeToRecover | Term::Verdict => {
            return Err(error(0..end_of_term, "a condition is on what is measured now"));
        }
    };
    if measure.window.is_none() {
        return Err(error(0..end_of_term, "a condition needs its window")
            .help("write the window after the subject, as in `share(shop:failed, 10s) > 5%`"));
    }
    if measure.phase != Phase::All {
        return Err(error(0..end_of_term, "a condition has a window, and no phase"));
    }
    if !matches!(bound, Bound::Figure(_)) {
        return Err(error(whole(), "a condition compares with a figure")
            .help("what a reference comes to is known only when the run is over"));
    }
    if share_of_runs.is_some() || matches!(op, Op::Equal | Op::Before) {
        return Err(error(whole(), "a condition compares one figure of one run with a bound")
            .help("compare it with `>`, `>=`, `<` or `<=`"));
    }
    Ok(Expectation { text: text.to_owned(), term, op, bound, share_of_runs })
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    /// Whether every measure has a window.
    is_condition: bool,
}

fn error(range: Range<usize>, title: impl Into<String>) -> ExpectationError {
    ExpectationError { title: title.into(), helps: Vec::new(), range }
}

impl ExpectationError {
    fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }

    fn choose(mut self, word: &str, valid: &[&str]) -> Self {
        self.helps.extend(did_you_mean(word, valid.iter().copied()));
        self.helps.push(format!("choose {}", one_of(valid.iter().copied())));
        self
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

fn is_of_subject(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '>' | '#' | ':')
}

impl<'t> Parser<'t> {
    /// The word that is expected next; an error says what is expected.
    fn word(&mut self, what: &str) -> Result<(&'t str, Range<usize>), ExpectationError> {
        self.cursor.skip_space();
        match self.cursor.take_while(is_word) {
            ("", _) => Err(self.expected(what)),
            found => Ok(found),
        }
    }

    fn expected(&self, what: &str) -> ExpectationError {
        let found = match self.cursor.rest() {
            "" => "the end".to_owned(),
            rest => {
                let word = rest.split_whitespace().next().unwrap_or(rest);
                format!("`{}`", shortened(word))
            }
        };
        error(self.cursor.next_word(), format!("expected {what}, found {found}"))
    }

    fn token(&mut self, token: &str, what: &str) -> Result<(), ExpectationError> {
        self.cursor.skip_space();
        if self.cursor.take(token) { Ok(()) } else { Err(self.expected(what)) }
    }

    fn term(&mut self) -> Result<(Term, Unit), ExpectationError> {
        self.cursor.skip_space();
        let start = self.cursor.position();
        let (word, range) = self.word("a measure such as `peak_rate(…)` or `time_to_recover`")?;
        let term = match word {
            words::TIME_TO_RECOVER => Term::TimeToRecover,
            words::VERDICT => Term::Verdict,
            _ => Term::Measure(self.measure(word, range)?),
        };
        let whole = start..self.cursor.position();
        let unit =
            unit(&term).map_err(|why| error(whole, format!("this measures nothing: {why}")))?;
        Ok((term, unit))
    }

    fn measure(
        &mut self,
        word: &str,
        range: Range<usize>,
    ) -> Result<MeasureTerm, ExpectationError> {
        let aggregation = words::aggregation(word).ok_or_else(|| {
            let title = format!("there is no measure `{}`", shortened(word));
            error(range.clone(), title).choose(word, &words::terms())
        })?;
        self.token("(", &format!("`(` after `{word}`"))?;
        let subject = self.subject()?;
        let mut window = None;
        let mut phase = None;
        loop {
            self.cursor.skip_space();
            if self.cursor.take(")") {
                break;
            }
            self.token(",", "`,` or `)`")?;
            self.cursor.skip_space();
            let is_window = self.cursor.rest().starts_with(|c: char| c.is_ascii_digit());
            match (is_window, window, phase) {
                (true, None, None) => window = Some(self.window(aggregation)?),
                (false, _, None) => phase = Some(self.phase()?),
                _ => return Err(self.expected("`)`")),
            }
        }
        if aggregation == Aggregation::PeakRate && window.is_none() {
            let whole = range.start..self.cursor.position();
            return Err(error(whole, "a peak needs its window").help(
                "write the window after the subject, as in `peak_rate(payment, 1s, after(30s))`",
            ));
        }
        Ok(MeasureTerm { aggregation, subject, window, phase: phase.unwrap_or(Phase::All) })
    }

    fn subject(&mut self) -> Result<Subject, ExpectationError> {
        self.cursor.skip_space();
        let (text, range) = self.cursor.take_while(is_of_subject);
        let (name, quantity) = match text.split_once(':') {
            None => (text, Quantity::Usual),
            Some((name, quantity)) => {
                let at = range.start + name.len() + 1..range.end;
                (name, self.quantity(quantity, at)?)
            }
        };
        if name.is_empty() {
            return Err(self.expected("a client, a service, an endpoint or a call"));
        }
        Ok(Subject { name: name.to_owned(), quantity })
    }

    fn quantity(&self, word: &str, range: Range<usize>) -> Result<Quantity, ExpectationError> {
        words::quantity(word).ok_or_else(|| {
            let title = format!("there is no quantity `{}`", shortened(word));
            error(range, title).choose(word, &words::quantities())
        })
    }

    fn window(&mut self, aggregation: Aggregation) -> Result<SimDuration, ExpectationError> {
        let (window, range) = self.duration()?;
        if aggregation != Aggregation::PeakRate && !self.is_condition {
            let name = words::aggregation_name(aggregation);
            return Err(error(range, format!("only a peak has a window, and this is `{name}`")));
        }
        if window.is_zero() || !window.as_nanos().is_multiple_of(1_000_000) {
            return Err(error(range, "a window is a whole number of milliseconds, at least one"));
        }
        Ok(window)
    }

    fn duration(&mut self) -> Result<(SimDuration, Range<usize>), ExpectationError> {
        self.cursor.skip_space();
        let (_, number) = self.cursor.take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '_'));
        self.cursor.skip_space();
        let (_, unit) = self.cursor.take_while(char::is_alphanumeric);
        let range = match unit.is_empty() {
            true => number,
            false => number.start..unit.end,
        };
        let text = self.cursor.text(range.clone());
        let duration = text.parse().map_err(|why| error(range.clone(), format!("{why}")))?;
        Ok((duration, range))
    }

    fn phase(&mut self) -> Result<Phase, ExpectationError> {
        let (word, range) = self.word("a phase such as `during` or `after(30s)`")?;
        if word == "after" {
            return self.after();
        }
        words::phase(word).ok_or_else(|| {
            let title = format!("there is no phase `{}`", shortened(word));
            error(range, title).choose(word, &words::phases())
        })
    }

    fn after(&mut self) -> Result<Phase, ExpectationError> {
        self.cursor.skip_space();
        if !self.cursor.take("(") {
            return Ok(Phase::After(AFTER));
        }
        let (length, range) = self.duration()?;
        if length.is_zero() {
            return Err(error(range, "a phase of no length holds nothing"));
        }
        self.token(")", "`)`")?;
        Ok(Phase::After(length))
    }

    fn op(&mut self, unit: Unit) -> Result<Op, ExpectationError> {
        self.cursor.skip_space();
        let start = self.cursor.position();
        let Some((name, op)) = words::OPS.iter().find(|(token, _)| self.cursor.take(token)) else {
            return Err(self.expected("a comparison").help("choose `<=`, `<`, `>=`, `>` or `==`"));
        };
        let range = start..self.cursor.position();
        match (op, unit) {
            (Op::Before, _) => {
                let title = "`before` compares points in time, and this is none";
                Err(error(range, title).help("compare it with `<=`, `<`, `>=`, `>` or `==`"))
            }
            (Op::Equal, _) | (_, Unit::PerSecond | Unit::Time | Unit::Share | Unit::Count) => {
                Ok(*op)
            }
            (_, Unit::Verdict) => {
                let title = format!("a verdict is not larger or smaller than another: `{name}`");
                Err(error(range, title).help("compare it with `==`"))
            }
        }
    }
}

mod bound;
#[cfg(test)]
mod tests;
