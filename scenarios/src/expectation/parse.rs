//! Reading an expectation: a recursive descent that knows the place of every mistake.

use std::ops::Range;

use sim_core::kernel::SimDuration;

use super::cursor::Cursor;
use super::unit::{Unit, unit};
use super::{
    Aggregation, Bound, Condition, Expectation, MeasureTerm, Op, Phase, Quantity, Reference,
};
use super::{Subject, Term, words};
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
    Parser::new(text, Form::Expectation).expectation()
}

/// Reads a probe: an expectation of an aggregation, without phase and without a share of runs, that is
/// compared with a figure, its baseline or its control. Its phase is `all`.
///
/// # Errors
/// The first mistake.
pub fn parse_probe(text: &str) -> Result<Expectation, ExpectationError> {
    let mut parser = Parser::new(text, Form::Probe);
    let probe = parser.expectation()?;
    match &probe.bound {
        Bound::Times(_, Reference::Variant(other)) => {
            let at = text.rfind(other.as_str()).unwrap_or_default();
            let title = "a probe is about one variant: it cannot be compared with another";
            Err(error(at..at + other.len(), title).help("compare it with `baseline` or `control`"))
        }
        _ => Ok(probe),
    }
}

/// Reads a condition: of an alert, or of what stops a fault.
///
/// # Errors
/// The first mistake.
pub fn parse_condition(text: &str) -> Result<Condition, ExpectationError> {
    Parser::new(text, Form::Condition).condition()
}

/// Reads a figure that is drawn as bars: a term of an expectation, without its comparison.
///
/// # Errors
/// The first mistake.
pub fn parse_figure(text: &str) -> Result<Term, ExpectationError> {
    Parser::new(text, Form::Figure).drawn_figure()
}

/// Reads a course that is drawn over time: an aggregation without window and phase. Its phase is `all`.
///
/// # Errors
/// The first mistake.
pub fn parse_course(text: &str) -> Result<MeasureTerm, ExpectationError> {
    Parser::new(text, Form::Course).drawn_course()
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    form: Form,
}

/// What is read: they share their words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Expectation,
    Probe,
    Condition,
    Figure,
    Course,
}

impl Form {
    /// Whether any term will do, or only an aggregation.
    fn takes_any_term(self) -> bool {
        matches!(self, Self::Expectation | Self::Figure)
    }

    /// What it can start with.
    fn words(self) -> Vec<&'static str> {
        match self {
            Self::Expectation => words::terms(),
            Self::Figure => words::figures(),
            Self::Probe | Self::Condition => words::aggregations(),
            Self::Course => words::courses(),
        }
    }
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
    fn new(text: &'t str, form: Form) -> Self {
        Self { cursor: Cursor::new(text), form }
    }

    fn expectation(&mut self) -> Result<Expectation, ExpectationError> {
        let (term, unit) = self.term()?;
        let op = self.op(unit)?;
        let bound = self.bound(unit, op)?;
        let share_of_runs = match self.form {
            Form::Expectation => self.share_of_runs()?,
            _ => self.end().map(|()| None)?,
        };
        Ok(Expectation { text: self.cursor.whole().to_owned(), term, op, bound, share_of_runs })
    }

    fn condition(&mut self) -> Result<Condition, ExpectationError> {
        let Expectation { text, term, op, bound, .. } = self.expectation()?;
        let whole = 0..text.len();
        let (Term::Measure(mut term), Bound::Figure(bound)) = (term, bound) else {
            let title = "a condition is compared with a figure";
            return Err(error(whole, title).help("as in `share(shop:failed, 1m) > 5%`"));
        };
        match term.window.take() {
            Some(window) => Ok(Condition { text, term, window, op, bound }),
            None => Err(error(
                whole,
                "a condition looks back for a time, and this does not say how long",
            )
            .help("write the window after the subject, as in `share(shop:failed, 1m) > 5%`")),
        }
    }

    fn drawn_figure(&mut self) -> Result<Term, ExpectationError> {
        let (term, unit) = self.term()?;
        if matches!(unit, Unit::Verdict | Unit::Finding) {
            let whole = 0..self.cursor.position();
            return Err(error(whole, "this is no figure, and a bar needs one")
                .help(format!("choose {}", one_of(words::figures().iter().copied()))));
        }
        self.no_comparison()?;
        Ok(term)
    }

    fn drawn_course(&mut self) -> Result<MeasureTerm, ExpectationError> {
        let (term, _) = self.term()?;
        self.no_comparison()?;
        match term {
            Term::Measure(term) => Ok(term),
            _ => Err(error(0..self.cursor.position(), "this has no course over time")),
        }
    }

    /// The end, where an expectation would go on with what it compares with.
    fn no_comparison(&mut self) -> Result<(), ExpectationError> {
        self.cursor.skip_space();
        let rest = self.cursor.position()..self.cursor.whole().len();
        match words::OPS.iter().any(|(op, _)| self.cursor.rest().starts_with(op)) {
            true => {
                Err(error(rest, "a chart draws what is measured, and compares it with nothing")
                    .help("leave the comparison out; an `[[expect]]` makes it"))
            }
            false => self.end(),
        }
    }

    fn end(&mut self) -> Result<(), ExpectationError> {
        self.cursor.skip_space();
        if self.cursor.is_at_end() { Ok(()) } else { Err(self.expected("the end")) }
    }

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
            _ if !self.form.takes_any_term() => Term::Measure(self.measure(word, range)?),
            words::TIME_TO_RECOVER => Term::TimeToRecover,
            words::VERDICT => Term::Verdict,
            words::HYPOTHESIS => Term::Hypothesis,
            words::FALSE_ALARMS => Term::FalseAlarms(self.named(word, "an alert")?),
            words::ALERT | words::SATURATED | words::DEADLOCK => self.moment(word)?,
            _ => Term::Measure(self.measure(word, range)?),
        };
        let whole = start..self.cursor.position();
        let unit =
            unit(&term).map_err(|why| error(whole, format!("this measures nothing: {why}")))?;
        Ok((term, unit))
    }

    /// A point in time, after its word.
    fn moment(&mut self, word: &str) -> Result<Term, ExpectationError> {
        match word {
            words::ALERT => self.named(word, "an alert").map(Term::Alert),
            words::DEADLOCK => Ok(Term::Deadlock),
            _ => self
                .named(word, "a service, a pool, a call or another resource")
                .map(Term::Saturated),
        }
    }

    /// What stands in the brackets after a word: one name.
    fn named(&mut self, word: &str, what: &str) -> Result<String, ExpectationError> {
        self.token("(", &format!("`(` after `{word}`"))?;
        self.cursor.skip_space();
        let (name, _) = self.cursor.take_while(|c| is_of_subject(c) && c != ':');
        if name.is_empty() {
            return Err(self.expected(&format!("the name of {what}")));
        }
        self.token(")", "`)`")?;
        Ok(name.to_owned())
    }

    fn measure(
        &mut self,
        word: &str,
        range: Range<usize>,
    ) -> Result<MeasureTerm, ExpectationError> {
        let aggregation = words::aggregation(word).ok_or_else(|| {
            let title = format!("there is no measure `{}`", shortened(word));
            error(range.clone(), title).choose(word, &self.form.words())
        })?;
        if self.form == Form::Course && aggregation == Aggregation::PeakRate {
            let title = "a peak has no course over time: of each bin there is one rate";
            return Err(error(range, title).help("write `rate(…)`"));
        }
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
                (true, ..) if self.form == Form::Course => return Err(self.no_window()),
                (true, None, None) => window = Some(self.window(aggregation)?),
                (false, _, None) if self.form.takes_any_term() => phase = Some(self.phase()?),
                (false, ..) if !self.form.takes_any_term() => return Err(self.no_phase()),
                _ => return Err(self.expected("`)`")),
            }
        }
        if self.form == Form::Condition && aggregation == Aggregation::PeakRate {
            let title = "a peak is no condition: the window of that is how far it looks back";
            return Err(error(range, title).help("write `rate(…)`"));
        }
        if aggregation == Aggregation::PeakRate && window.is_none() {
            let whole = range.start..self.cursor.position();
            return Err(error(whole, "a peak needs its window").help(
                "write the window after the subject, as in `peak_rate(payment, 1s, after(30s))`",
            ));
        }
        Ok(MeasureTerm { aggregation, subject, window, phase: phase.unwrap_or(Phase::All) })
    }

    fn no_phase(&self) -> ExpectationError {
        let title = match self.form {
            Form::Condition => {
                "a condition is evaluated all the time: it has a window, and no phase"
            }
            Form::Course => "a course is drawn over the whole run: it has no phase",
            _ => "a probe is checked before, during and after the faults: it has no phase",
        };
        error(self.cursor.next_word(), title)
    }

    fn no_window(&self) -> ExpectationError {
        let title = "a course is measured bin by bin: it has no window";
        error(self.cursor.next_word(), title).help("`[run.steady] bin` says how wide the bins are")
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
        if self.form == Form::Condition {
            return match window.is_zero() {
                true => Err(error(range, "a window of no length holds nothing")),
                false => Ok(window),
            };
        }
        if aggregation != Aggregation::PeakRate {
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
            (Op::Before, Unit::Moment) => Ok(*op),
            (Op::Before, _) => {
                let title = "`before` compares points in time, and this is none";
                Err(error(range, title).help("compare it with `<=`, `<`, `>=`, `>` or `==`"))
            }
            (_, Unit::Verdict | Unit::Finding) if *op != Op::Equal => {
                let what = if unit == Unit::Verdict { "verdict" } else { "finding" };
                let title = format!("a {what} is not larger or smaller than another: `{name}`");
                Err(error(range, title).help("compare it with `==`"))
            }
            _ => Ok(*op),
        }
    }
}

mod bound;
#[cfg(test)]
mod tests;
