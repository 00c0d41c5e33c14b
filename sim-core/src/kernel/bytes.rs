//! Amounts of data and how fast they travel: "10kB", "10MB/s", "100Mbit/s".

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SimDuration;

/// An amount of data, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// How many bytes a second go through; zero is a standstill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteRate(pub u64);

/// Why a text is no amount of data, or no rate of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// Not an amount.
    #[error(
        "`{0}` is not a size; write a number of B, kB, MB, GB, KiB, MiB or GiB, such as \"10kB\""
    )]
    NotASize(String),
    /// Not a rate.
    #[error(
        "`{0}` is not a bandwidth; write bytes or bits a second, such as \"10MB/s\" or \"100Mbit/s\""
    )]
    NotARate(String),
}

/// The units of amounts, in bytes.
const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// The units of rates that count bits, in bits.
const BITS: [(&str, u64); 4] =
    [("bit", 1), ("kbit", 1_000), ("Mbit", 1_000_000), ("Gbit", 1_000_000_000)];

impl Bytes {
    /// How many pieces of this size they make; at least one.
    pub fn pieces_of(self, size: u64) -> u32 {
        u32::try_from(self.0.div_ceil(size.max(1)).max(1)).unwrap_or(u32::MAX)
    }
}

impl ByteRate {
    /// How long so much data takes; for ever at a standstill.
    pub fn time_for(self, bytes: Bytes) -> SimDuration {
        if self.0 == 0 {
            return SimDuration::from_nanos(u64::MAX);
        }
        let nanos = u128::from(bytes.0) * 1_000_000_000 / u128::from(self.0);
        SimDuration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How much goes through in a time.
    pub fn in_time(self, time: SimDuration) -> Bytes {
        let bytes = u128::from(self.0) * u128::from(time.as_nanos()) / 1_000_000_000;
        Bytes(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}

/// A number and the unit behind it, as a whole number of what the unit counts.
fn amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let unit = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))?;
    let number: f64 = text[..unit].replace('_', "").parse().ok()?;
    let (_, factor) = units.iter().find(|(name, _)| *name == text[unit..].trim())?;
    let amount = number * *factor as f64;
    (amount.is_finite() && amount < 1e18).then_some(amount as u64)
}

impl FromStr for Bytes {
    type Err = BytesError;

    fn from_str(text: &str) -> Result<Self, BytesError> {
        let not_a_size = || BytesError::NotASize(text.into());
        amount(text.trim(), &UNITS).map(Self).ok_or_else(not_a_size)
    }
}

impl FromStr for ByteRate {
    type Err = BytesError;

    fn from_str(text: &str) -> Result<Self, BytesError> {
        let not_a_rate = || BytesError::NotARate(text.into());
        let (number, per) = text.trim().rsplit_once('/').ok_or_else(not_a_rate)?;
        if per.trim() != "s" {
            return Err(not_a_rate());
        }
        let bits = || amount(number.trim(), &BITS).map(|bits| bits / 8);
        amount(number.trim(), &UNITS).or_else(bits).map(Self).ok_or_else(not_a_rate)
    }
}

/// In the largest unit that leaves a whole number.
fn write(f: &mut fmt::Formatter<'_>, bytes: u64) -> fmt::Result {
    let decimal = UNITS[..4].iter().rev();
    let unit = decimal.clone().find(|(_, size)| bytes > 0 && bytes.is_multiple_of(*size));
    let (name, size) = unit.copied().unwrap_or(("B", 1));
    write!(f, "{}{name}", bytes / size)
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.0)
    }
}

impl fmt::Display for ByteRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.0)?;
        f.write_str("/s")
    }
}

macro_rules! as_text {
    ($($Type:ident, $name:literal, $format:literal, $doc:literal;)+) => { $(
        impl<'de> Deserialize<'de> for $Type {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(d)?.parse().map_err(D::Error::custom)
            }
        }

        impl Serialize for $Type {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl JsonSchema for $Type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format, "description": $doc })
            }
            fn inline_schema() -> bool {
                true
            }
        }
    )+ };
}

as_text! {
    Bytes, "Bytes", "bytes", "a number and a unit: B, kB, MB, GB, KiB, MiB or GiB, such as \"10kB\"";
    ByteRate, "ByteRate", "byte-rate", "bytes or bits a second, such as \"10MB/s\" or \"100Mbit/s\"";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_rates_are_numbers_with_units() {
        for (text, bytes) in
            [("10kB", 10_000), ("1.5MB", 1_500_000), ("2KiB", 2_048), ("7 B", 7), ("0B", 0)]
        {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for (text, rate) in
            [("10MB/s", 10_000_000), ("100Mbit/s", 12_500_000), ("8bit/s", 1), ("0B/s", 0)]
        {
            assert_eq!(text.parse(), Ok(ByteRate(rate)), "{text}");
        }
        for text in ["", "10", "10kb", "-1kB", "1e3B", "kB"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
        for text in ["10MB", "10MB/min", "10/s", "MB/s"] {
            assert!(text.parse::<ByteRate>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for bytes in [0, 1, 999, 1_000, 1_500, 2_000_000, 3_000_000_001] {
            assert_eq!(Bytes(bytes).to_string().parse(), Ok(Bytes(bytes)));
            assert_eq!(ByteRate(bytes).to_string().parse(), Ok(ByteRate(bytes)));
        }
    }

    #[test]
    fn data_takes_its_time() {
        assert_eq!(ByteRate(1_000).time_for(Bytes(500)), SimDuration::from_millis(500));
        assert_eq!(ByteRate(1_000).in_time(SimDuration::from_millis(500)), Bytes(500));
        assert_eq!(ByteRate(0).time_for(Bytes(1)).as_nanos(), u64::MAX);
        assert_eq!((Bytes(0).pieces_of(1_460), Bytes(1_461).pieces_of(1_460)), (1, 2));
    }
}
