//! The axes of a sweep: `path=a,b,c`, `path=1..10`, `path=10ms..50ms step 10ms`.

use sim_core::kernel::SimDuration;

use crate::results::SweepAxis;

/// A sweep has no more points than this.
pub const MOST_POINTS: usize = 100_000;

/// Why an axis cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// No `=`, or nothing on one side of it.
    #[error("`{0}` is no axis of a sweep; write `path=a,b,c` or `path=1..10`")]
    NotAnAxis(String),
    /// An empty value between two commas.
    #[error("`{0}` has an empty value")]
    EmptyValue(String),
    /// A range whose ends are neither plain numbers, nor durations, nor of one unit.
    #[error(
        "`{0}` is no range; its ends and its step are whole or decimal numbers of one unit, \
         or durations, such as `1..10`, `100/s..500/s step 100/s`, `500ms..2s step 500ms`"
    )]
    NotARange(String),
    /// A range of other things than whole numbers needs its step.
    #[error("`{0}` needs a step, such as `10ms..50ms step 10ms`")]
    NoStep(String),
    /// A step that never arrives.
    #[error("`{0}` never arrives: the step has to be above zero, and the end not below the start")]
    Endless(String),
    /// Two axes of one path.
    #[error("`{0}` is swept twice")]
    Twice(String),
    /// More points than anybody could wait for.
    #[error("the sweep has more than {MOST_POINTS} points")]
    TooMany,
}

/// Reads the axes of a sweep.
///
/// # Errors
///
/// When one cannot be read, a path occurs twice, or the grid is too large.
pub fn read_axes<T: AsRef<str>>(texts: &[T]) -> Result<Vec<SweepAxis>, GridError> {
    let mut axes: Vec<SweepAxis> = Vec::new();
    let mut points = 1_usize;
    for text in texts {
        let axis = read_axis(text.as_ref())?;
        if axes.iter().any(|other| other.path == axis.path) {
            return Err(GridError::Twice(axis.path));
        }
        points = points.saturating_mul(axis.values.len());
        axes.push(axis);
    }
    if points > MOST_POINTS { Err(GridError::TooMany) } else { Ok(axes) }
}

/// Every point of the grid, as a place on each axis; the last axis runs fastest.
pub fn points(axes: &[SweepAxis]) -> Vec<Vec<usize>> {
    axes.iter().fold(vec![Vec::new()], |points, axis| {
        let longer = |point: &Vec<usize>, place| [&point[..], &[place]].concat();
        let extend = |point| (0..axis.values.len()).map(move |place| longer(point, place));
        points.iter().flat_map(extend).collect()
    })
}

fn read_axis(text: &str) -> Result<SweepAxis, GridError> {
    let not_an_axis = || GridError::NotAnAxis(text.into());
    let (path, values) = text.split_once('=').ok_or_else(not_an_axis)?;
    let (path, values) = (path.trim(), values.trim());
    if path.is_empty() || values.is_empty() {
        return Err(not_an_axis());
    }
    let mut all = Vec::new();
    for value in split_outside_brackets(values) {
        let value = value.trim();
        match value.split_once("..") {
            _ if value.is_empty() => return Err(GridError::EmptyValue(text.into())),
            Some((start, rest)) if is_range(start, rest) => all.extend(range(value, start, rest)?),
            _ => all.push(value.into()),
        }
    }
    Ok(SweepAxis { path: path.into(), values: all })
}

/// The commas of `uniform(1ms, 2ms)`, of an inline table or of a quoted text separate no values.
fn split_outside_brackets(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted) = (0_i32, false);
    let outside = |c: char| {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        c == ',' && depth <= 0 && !quoted
    };
    text.split(outside).collect()
}

/// Whether `start..rest` is meant as a range: both sides begin like numbers.
fn is_range(start: &str, rest: &str) -> bool {
    let like_a_number =
        |text: &str| text.trim().starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+');
    like_a_number(start) && like_a_number(rest)
}

fn range(text: &str, start: &str, rest: &str) -> Result<Vec<String>, GridError> {
    let (end, step) = match rest.split_once("step") {
        Some((end, step)) => (end.trim(), Some(step.trim())),
        None => (rest.trim(), None),
    };
    let not_a_range = || GridError::NotARange(text.into());
    let scale = Scale::of(start.trim(), end, step).ok_or_else(not_a_range)?;
    let [start, end] = [start.trim(), end].map(|t| scale.read(t));
    let (start, end) = start.zip(end).ok_or_else(not_a_range)?;
    let step = match step {
        Some(step) => scale.read(step).ok_or_else(not_a_range)?,
        None if scale == Scale::whole() => 1,
        None => return Err(GridError::NoStep(text.into())),
    };
    if step <= 0 || end < start {
        return Err(GridError::Endless(text.into()));
    }
    let count = ((end - start) / step) as usize + 1;
    if count > MOST_POINTS {
        return Err(GridError::TooMany);
    }
    Ok((0..count as i64).map(|k| scale.write(start + k * step)).collect())
}

/// In what a range counts: exact in whole numbers, so that `0.1..0.5 step 0.1` ends at 0.5.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scale {
    /// Decimal numbers with so many places and one unit behind them.
    Decimal { places: usize, unit: String },
    /// Durations of several units, in nanoseconds.
    Nanos,
}

impl Scale {
    fn whole() -> Self {
        Self::Decimal { places: 0, unit: String::new() }
    }

    fn of(start: &str, end: &str, step: Option<&str>) -> Option<Self> {
        let texts = [Some(start), Some(end), step];
        let parts: Vec<_> = texts.into_iter().flatten().map(number_and_unit).collect();
        let unit = parts.first()?.1;
        if parts.iter().any(|(_, other)| *other != unit) {
            return Some(Self::Nanos);
        }
        let places = |number: &str| number.split_once('.').map_or(0, |(_, places)| places.len());
        let places = parts.iter().map(|(number, _)| places(number)).max()?;
        (places <= 9).then(|| Self::Decimal { places, unit: unit.into() })
    }

    fn read(&self, text: &str) -> Option<i64> {
        match self {
            Self::Nanos => i64::try_from(text.parse::<SimDuration>().ok()?.as_nanos()).ok(),
            Self::Decimal { places, .. } => {
                let (number, _) = number_and_unit(text);
                let (whole, part) = number.split_once('.').unwrap_or((number, ""));
                let digits = format!("{whole}{part:0<places$}");
                digits.parse().ok()
            }
        }
    }

    fn write(&self, value: i64) -> String {
        match self {
            Self::Nanos => SimDuration::from_nanos(value.unsigned_abs()).to_string(),
            Self::Decimal { places: 0, unit } => format!("{value}{unit}"),
            Self::Decimal { places, unit } => {
                let digits = format!("{:0>width$}", value.unsigned_abs(), width = places + 1);
                let (whole, part) = digits.split_at(digits.len() - places);
                let part = part.trim_end_matches('0');
                let point = if part.is_empty() { "" } else { "." };
                let sign = if value < 0 { "-" } else { "" };
                format!("{sign}{whole}{point}{part}{unit}")
            }
        }
    }
}

fn number_and_unit(text: &str) -> (&str, &str) {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        read_axis(text).unwrap().values
    }

    #[test]
    fn lists_and_ranges_are_written_out() {
        for (text, expected) in [
            ("a=full,none , equal", "full|none|equal"),
            ("a=1..4", "1|2|3|4"),
            ("a=1..10 step 3", "1|4|7|10"),
            ("a=-1..1", "-1|0|1"),
            ("a=10ms..50ms step 20ms", "10ms|30ms|50ms"),
            ("a=500ms..2s step 500ms", "500ms|1s|1.5s|2s"),
            ("a=100/s..300/s step 100/s", "100/s|200/s|300/s"),
            ("a=0.1..0.5 step 0.1", "0.1|0.2|0.3|0.4|0.5"),
            ("a=-0.5..0.5 step 0.5", "-0.5|0|0.5"),
            ("a=1..3,10,20..22", "1|2|3|10|20|21|22"),
            ("a=uniform(1ms, 2ms),exp(20ms)", "uniform(1ms, 2ms)|exp(20ms)"),
            (
                "a={ fixed = { delay = \"1s\", n = 2 } },[1, 2]",
                "{ fixed = { delay = \"1s\", n = 2 } }|[1, 2]",
            ),
            ("a=\"x,y\",z", "\"x,y\"|z"),
        ] {
            assert_eq!(values(text).join("|"), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_axis_says_why() {
        use GridError::*;
        let error = |text: &str| read_axis(text).unwrap_err();
        assert_eq!(error("path"), NotAnAxis("path".into()));
        assert_eq!(error("=1"), NotAnAxis("=1".into()));
        assert_eq!(error("a=1,,2"), EmptyValue("a=1,,2".into()));
        assert_eq!(error("a=10ms..50ms"), NoStep("10ms..50ms".into()));
        assert_eq!(error("a=0.5..1.5"), NoStep("0.5..1.5".into()));
        assert_eq!(error("a=5..1"), Endless("5..1".into()));
        assert_eq!(error("a=1..5 step 0"), Endless("1..5 step 0".into()));
        assert_eq!(error("a=1x..5y step 1z"), NotARange("1x..5y step 1z".into()));
        assert_eq!(error("a=1.2.3..5 step 1"), NotARange("1.2.3..5 step 1".into()));
        assert_eq!(error("a=1..999999999"), TooMany);
        assert_eq!(read_axes(&["a=1", "a=2"]), Err(Twice("a".into())));
        assert_eq!(read_axes(&["a=1..1000", "b=1..1000"]), Err(TooMany));
    }

    #[test]
    fn the_last_axis_runs_fastest() {
        let axes = read_axes(&["a=x,y", "b=1..3"]).unwrap();
        let expected = [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]];
        assert_eq!(points(&axes), expected);
        assert_eq!(points(&[]), [Vec::<usize>::new()]);
    }
}
