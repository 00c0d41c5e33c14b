//! What comes after the comparison: the bound, and in which share of the runs it has to hold.

use std::ops::Range;

use sim_core::kernel::SimDuration;

use super::super::cursor::Quoted;
use super::super::unit::{Unit, Written};
use super::super::{Bound, Op, Reference, words};
use super::{ExpectationError, Parser, error, is_word};
use crate::document::Rate;
use crate::suggest::one_of;
use crate::tree::shortened;

impl<'t> Parser<'t> {
    pub(super) fn bound(&mut self, unit: Unit, op: Op) -> Result<Bound, ExpectationError> {
        self.cursor.skip_space();
        let starts_figure = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
        if !self.cursor.rest().starts_with(starts_figure) {
            return self.named_bound(unit, op);
        }
        let (number, range) = self.number()?;
        if let Some(reference) = self.times()? {
            return match unit {
                Unit::Verdict => Err(error(range, "a verdict is compared with a verdict")
                    .help(format!("choose {}", one_of(words::verdicts())))),
                Unit::Finding => Err(error(range, "a finding is compared with a finding")
                    .help(format!("choose {}", one_of(words::findings())))),
                _ => Ok(Bound::Times(number, reference)),
            };
        }
        self.figure(unit, number, range)
    }

    fn number(&mut self) -> Result<(f64, Range<usize>), ExpectationError> {
        let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+');
        let (text, range) = self.cursor.take_while(is_digit);
        if text.is_empty() {
            return Err(self.expected("a number"));
        }
        let number: f64 = text
            .replace('_', "")
            .parse()
            .map_err(|_| error(range.clone(), format!("`{text}` is not a number")))?;
        if number < 0.0 {
            return Err(error(range, format!("`{text}` is below zero, and nothing measured is")));
        }
        Ok((number, range))
    }

    /// A figure that may go on with its unit.
    fn figure(
        &mut self,
        unit: Unit,
        number: f64,
        range: Range<usize>,
    ) -> Result<Bound, ExpectationError> {
        let (suffix, suffix_range) = self.suffix();
        let whole = range.start..suffix_range.end;
        let wrong = |why: String| error(whole.clone(), why);
        let (written, figure) = match suffix {
            "" => (Written::Number, number),
            "%" => (Written::Percentage, number / 100.0),
            rate if rate.starts_with('/') => {
                let rate: Rate =
                    format!("{number}{rate}").parse().map_err(|e| wrong(format!("{e}")))?;
                (Written::Rate, rate.per_second())
            }
            unit => {
                let text = format!("{number}{unit}");
                let time: SimDuration = text.parse().map_err(|e| wrong(format!("{e}")))?;
                (Written::Duration, time.as_secs_f64())
            }
        };
        unit.accepts(written, figure).map_err(|help| {
            wrong("this bound does not go with what is measured".into()).help(help)
        })?;
        Ok(Bound::Figure(figure))
    }

    /// The unit after a number; a space may stand between if it is a unit without doubt.
    fn suffix(&mut self) -> (&'t str, Range<usize>) {
        let is_suffix = |c: char| c.is_alphanumeric() || matches!(c, '%' | '/');
        let direct = self.cursor.take_while(is_suffix);
        if !direct.0.is_empty() {
            return direct;
        }
        let mut ahead = self.cursor;
        ahead.skip_space();
        let spaced = ahead.take_while(is_suffix);
        let is_time = || format!("1{}", spaced.0).parse::<SimDuration>().is_ok();
        if spaced.0.starts_with(['%', '/']) || is_time() {
            self.cursor = ahead;
            return spaced;
        }
        direct
    }

    /// `x` and what it is times of, if that is next.
    fn times(&mut self) -> Result<Option<Reference>, ExpectationError> {
        let after_x = self.cursor.rest().trim_start().strip_prefix('x');
        if after_x.is_none_or(|rest| rest.starts_with(is_word)) {
            return Ok(None);
        }
        self.cursor.skip_space();
        self.cursor.take("x");
        self.cursor.skip_space();
        let what = "what it is times of: `baseline`, `control` or a variant";
        let (name, quoted) = match self.cursor.take_quoted() {
            Quoted::Text(name) => (name, true),
            Quoted::Open(range) => return Err(error(range, "this quote does not end")),
            Quoted::No => (self.cursor.take_while(|c| !c.is_whitespace()).0, false),
        };
        match (name, quoted) {
            ("", _) => Err(self.expected(what)),
            ("baseline", false) => Ok(Some(Reference::Baseline)),
            ("control", false) => Ok(Some(Reference::Control)),
            (variant, _) => Ok(Some(Reference::Variant(variant.to_owned()))),
        }
    }

    fn named_bound(&mut self, unit: Unit, op: Op) -> Result<Bound, ExpectationError> {
        let what = match unit {
            Unit::Verdict => "a verdict such as `recovered`",
            Unit::Finding => "a finding such as `confirmed`",
            Unit::Moment => "a duration, `never`, or another point in time: `alert(…)`",
            _ => "a figure, or so many times another: `1.5x baseline`",
        };
        let (word, range) = self.word(what)?;
        match (unit, word) {
            (Unit::Moment, words::NEVER) if op == Op::Equal => return Ok(Bound::Never),
            (Unit::Moment, words::NEVER) => {
                let title = "what never happens is neither early nor late";
                return Err(error(range, title).help("write `== never`"));
            }
            (Unit::Moment, words::ALERT | words::SATURATED | words::DEADLOCK)
                if op == Op::Before =>
            {
                return self.moment(word).map(|term| Bound::Moment(Box::new(term)));
            }
            (Unit::Moment, words::ALERT | words::SATURATED | words::DEADLOCK) => {
                let title = "two points in time are compared with `before`";
                let brackets = if word == words::DEADLOCK { "" } else { "(…)" };
                return Err(error(range, title).help(format!("write `before {word}{brackets}`")));
            }
            (Unit::Finding, _) => {
                return words::finding(word).map(Bound::Finding).ok_or_else(|| {
                    let title = format!("there is no finding `{}`", shortened(word));
                    error(range, title).choose(word, &words::findings())
                });
            }
            _ => {}
        }
        match (unit, words::verdict(word)) {
            (Unit::Verdict, Some(verdict)) => Ok(Bound::Verdict(verdict)),
            (Unit::Verdict, None) => {
                let title = format!("there is no verdict `{}`", shortened(word));
                Err(error(range, title).choose(word, &words::verdicts()))
            }
            (_, Some(_)) => Err(error(range, "only a verdict is compared with a verdict")
                .help(format!("write `verdict == {word}`"))),
            (_, None) => Err(error(range, format!("expected {what}, found `{}`", shortened(word)))),
        }
    }

    pub(super) fn share_of_runs(&mut self) -> Result<Option<f64>, ExpectationError> {
        self.cursor.skip_space();
        if self.cursor.is_at_end() {
            return Ok(None);
        }
        self.token("in ", "the end, or `in 95% of runs`")?;
        self.cursor.skip_space();
        let (number, range) = self.number()?;
        let share = if self.cursor.take("%") { number / 100.0 } else { number };
        if !(share > 0.0 && share <= 1.0) {
            return Err(error(range, "a share of runs is above 0 % and at most 100 %"));
        }
        self.token("of", "`of runs`")?;
        self.token("runs", "`runs`")?;
        self.cursor.skip_space();
        if self.cursor.is_at_end() { Ok(Some(share)) } else { Err(self.expected("the end")) }
    }
}
