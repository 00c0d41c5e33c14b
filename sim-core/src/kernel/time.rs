//! Time: unsigned integer nanoseconds, so that equal times are equal and sums are exact.
//!
//! [`SimTime`] is a point (nanoseconds since the start of the run), [`SimDuration`] a distance.
//! `u64` nanoseconds last for 584 years of simulated time; sums saturate there.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in simulated time: nanoseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

/// A distance in simulated time, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(u64);

impl SimTime {
    /// The start of a run.
    pub const ZERO: Self = Self(0);
    /// The end of time: later than any event.
    pub const MAX: Self = Self(u64::MAX);

    /// The point `nanos` nanoseconds after the start.
    #[inline]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start, for reports.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The time since `earlier`; zero if `earlier` is later.
    #[inline]
    pub const fn since(self, earlier: Self) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest duration; stands for "never" where a limit is meant.
    pub const MAX: Self = Self(u64::MAX);

    /// `n` nanoseconds.
    #[inline]
    pub const fn from_nanos(n: u64) -> Self {
        Self(n)
    }

    /// `n` microseconds.
    pub const fn from_micros(n: u64) -> Self {
        Self(n.saturating_mul(1_000))
    }

    /// `n` milliseconds.
    pub const fn from_millis(n: u64) -> Self {
        Self(n.saturating_mul(1_000_000))
    }

    /// `n` seconds.
    pub const fn from_secs(n: u64) -> Self {
        Self(n.saturating_mul(1_000_000_000))
    }

    /// `seconds`, rounded to the nearest nanosecond; negative and not-a-number become zero,
    /// what is too large becomes [`SimDuration::MAX`].
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self::from_nanos_f64(seconds * 1e9)
    }

    /// `nanos`, rounded to the nearest nanosecond; negative and not-a-number become zero,
    /// what is too large becomes [`SimDuration::MAX`].
    #[inline]
    pub fn from_nanos_f64(nanos: f64) -> Self {
        // `as` saturates and sends NaN to zero: the same on every platform.
        Self((nanos + 0.5) as u64)
    }

    /// Nanoseconds.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Milliseconds, for reports.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Seconds, for reports and formulas.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Whether this is no time at all.
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// This duration `factor` times, rounded to the nearest nanosecond.
    #[inline]
    pub fn mul_f64(self, factor: f64) -> Self {
        Self::from_nanos_f64(self.0 as f64 * factor)
    }

    /// The sum, or [`SimDuration::MAX`].
    #[inline]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or zero.
    #[inline]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The product, or [`SimDuration::MAX`].
    #[inline]
    pub const fn saturating_mul(self, n: u64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}

impl Add<SimDuration> for SimTime {
    type Output = Self;
    #[inline]
    fn add(self, d: SimDuration) -> Self {
        Self(self.0.saturating_add(d.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    #[inline]
    fn add_assign(&mut self, d: SimDuration) {
        *self = *self + d;
    }
}

impl Sub<SimDuration> for SimTime {
    type Output = Self;
    #[inline]
    fn sub(self, d: SimDuration) -> Self {
        Self(self.0.saturating_sub(d.0))
    }
}

impl Add for SimDuration {
    type Output = Self;
    #[inline]
    fn add(self, d: Self) -> Self {
        self.saturating_add(d)
    }
}

impl AddAssign for SimDuration {
    #[inline]
    fn add_assign(&mut self, d: Self) {
        *self = *self + d;
    }
}

impl Sub for SimDuration {
    type Output = Self;
    #[inline]
    fn sub(self, d: Self) -> Self {
        self.saturating_sub(d)
    }
}

/// The units of the scenario file, largest first, in nanoseconds. `m` is how Prometheus and Go write a
/// minute: rules of alerts are copied from there.
const UNITS: [(&str, f64); 8] = [
    ("h", 3_600e9),
    ("min", 60e9),
    ("m", 60e9),
    ("s", 1e9),
    ("ms", 1e6),
    ("us", 1e3),
    ("µs", 1e3),
    ("ns", 1.0),
];

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseDurationError {
    /// The text is empty or has no number in front.
    #[error("`{0}` is not a duration; write a number and a unit, such as \"250ms\"")]
    NotANumber(String),
    /// A number without a unit.
    #[error("`{0}` has no unit; write one of ns, us, ms, s, min, h, such as \"{0}s\"")]
    NoUnit(String),
    /// A unit that does not exist.
    #[error("`{unit}` is not a unit of time; use ns, us, ms, s, min or h")]
    UnknownUnit {
        /// What stood where the unit should be.
        unit: String,
    },
    /// A duration below zero.
    #[error("`{0}` is negative; a duration cannot be")]
    Negative(String),
    /// Beyond what 64 bits of nanoseconds hold.
    #[error("`{0}` is too long; the longest duration is about 584 years")]
    TooLong(String),
}

impl FromStr for SimDuration {
    type Err = ParseDurationError;

    /// Reads `"250ms"`, `"1.5s"`, `"2 min"`, `"0s"`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let split = text
            .find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | '_'))
            .unwrap_or(text.len());
        let (number, unit) = (text[..split].replace('_', ""), text[split..].trim());
        let number: f64 =
            number.parse().map_err(|_| ParseDurationError::NotANumber(text.into()))?;
        if unit.is_empty() {
            return Err(ParseDurationError::NoUnit(text.into()));
        }
        let (_, nanos) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| ParseDurationError::UnknownUnit { unit: unit.into() })?;
        if number < 0.0 {
            return Err(ParseDurationError::Negative(text.into()));
        }
        let nanos = number * nanos;
        if nanos >= u64::MAX as f64 {
            return Err(ParseDurationError::TooLong(text.into()));
        }
        Ok(Self::from_nanos_f64(nanos))
    }
}

impl fmt::Display for SimDuration {
    /// The shortest exact form in one unit, as the scenario file writes it: `1.5s`, `250ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        let (unit, size) = match n {
            0 => ("s", 1_000_000_000),
            _ if n >= 1_000_000_000 => ("s", 1_000_000_000),
            _ if n >= 1_000_000 => ("ms", 1_000_000),
            _ if n >= 1_000 => ("us", 1_000),
            _ => ("ns", 1),
        };
        let (whole, part) = (n / size, n % size);
        if part == 0 {
            return write!(f, "{whole}{unit}");
        }
        let digits = size.ilog10() as usize;
        let part = format!("{part:0digits$}");
        write!(f, "{whole}.{}{unit}", part.trim_end_matches('0'))
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SimDuration(self.0).fmt(f)
    }
}

impl<'de> Deserialize<'de> for SimDuration {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = SimDuration;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"250ms\"")
            }
            fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<SimDuration, E> {
                v.parse().map_err(E::custom)
            }
        }
        d.deserialize_str(Text).map_err(D::Error::custom)
    }
}

impl Serialize for SimDuration {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl JsonSchema for SimDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "duration",
            "description": "a number and a unit: ns, us, ms, s, min or h, such as \"250ms\""
        })
    }
    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_they_are_written() {
        for (text, nanos, shown) in [
            ("250ms", 250_000_000, "250ms"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("2 min", 120_000_000_000, "120s"),
            ("2m", 120_000_000_000, "120s"),
            ("0s", 0, "0s"),
            ("7us", 7_000, "7us"),
            ("1_000ns", 1_000, "1us"),
            ("1h", 3_600_000_000_000, "3600s"),
        ] {
            let d: SimDuration = text.parse().unwrap();
            assert_eq!(d.as_nanos(), nanos, "{text}");
            assert_eq!(d.to_string(), shown);
            assert_eq!(d.to_string().parse::<SimDuration>().unwrap(), d);
        }
    }

    #[test]
    fn what_is_not_a_duration_says_why() {
        use ParseDurationError::*;
        let parse = |t: &str| t.parse::<SimDuration>().unwrap_err();
        assert_eq!(parse("20"), NoUnit("20".into()));
        assert_eq!(parse("-3s"), Negative("-3s".into()));
        assert_eq!(parse("fast"), NotANumber("fast".into()));
        assert_eq!(parse(""), NotANumber("".into()));
        assert_eq!(parse("3 parsecs"), UnknownUnit { unit: "parsecs".into() });
        assert_eq!(parse("1e30s"), UnknownUnit { unit: "e30s".into() });
        assert_eq!(parse("9999999999999h"), TooLong("9999999999999h".into()));
    }

    #[test]
    fn sums_saturate() {
        assert_eq!(SimTime::MAX + SimDuration::from_secs(1), SimTime::MAX);
        assert_eq!(SimTime::ZERO.since(SimTime::MAX), SimDuration::ZERO);
        assert_eq!(SimDuration::from_secs_f64(f64::NAN), SimDuration::ZERO);
        assert_eq!(SimDuration::from_secs_f64(-1.0), SimDuration::ZERO);
        assert_eq!(SimDuration::from_secs_f64(1e300), SimDuration::MAX);
    }
}
