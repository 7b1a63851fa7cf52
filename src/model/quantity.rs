//! Amounts as Slurm writes them: `32G` of memory, `1-12:00:00` of time.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use thiserror::Error;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const UNITS: [(char, u64); 5] = [
    ('P', 1 << 50),
    ('T', 1 << 40),
    ('G', 1 << 30),
    ('M', MIB),
    ('K', KIB),
];

/// An amount of memory, in bytes.
///
/// Source: sbatch(1), `--mem`: a number of `K`, `M`, `G` or `T` (powers of 1024), megabytes without
/// a unit. Fractions and a `B` at the end are read too, but never written.
///
/// ```
/// use slurmkit::model::Memory;
///
/// let memory: Memory = "32G".parse()?;
/// assert_eq!(memory.bytes(), 34_359_738_368);
/// assert_eq!(memory.times(1.5)?.to_string(), "48G");
/// assert_eq!("4000".parse::<Memory>()?.to_string(), "4000M");
/// # Ok::<(), slurmkit::model::QuantityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Memory(u64);

/// An amount of time, in seconds.
///
/// Source: sbatch(1), `--time`: `minutes`, `minutes:seconds`, `hours:minutes:seconds`,
/// `days-hours`, `days-hours:minutes` or `days-hours:minutes:seconds`.
///
/// ```
/// use slurmkit::model::TimeLimit;
///
/// let time: TimeLimit = "1-12:00:00".parse()?;
/// assert_eq!(time.seconds(), 129_600);
/// assert_eq!(time.times(0.5)?.to_string(), "18:00:00");
/// assert_eq!("90".parse::<TimeLimit>()?.to_string(), "01:30:00");
/// # Ok::<(), slurmkit::model::QuantityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeLimit(u64);

/// Why a text or a number is no amount.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum QuantityError {
    /// The text is no amount of memory.
    #[error("`{0}` is not an amount of memory; write one like `512M`, `32G` or `1.5T`")]
    Memory(String),
    /// The text is no amount of time.
    #[error(
        "`{0}` is not an amount of time; write one like `90` (minutes), `12:00:00` or `1-12:00:00`"
    )]
    Time(String),
    /// The number is negative, infinite, not a number or too large.
    #[error("{0} is not an amount: it is negative, not finite or too large")]
    Number(String),
}

type Outcome<T> = Result<T, QuantityError>;

/// The largest amount, of bytes or seconds: scripts count with 64 bits and a sign.
const MAX: u64 = i64::MAX.cast_unsigned();

/// A number of units as a whole number, rounded up.
fn rounded_up(number: f64) -> Outcome<u64> {
    // 2^63, the first float beyond.
    const END: f64 = 9_223_372_036_854_775_808.0;
    let up = number.ceil();
    if (0.0..END).contains(&up) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was just checked to be in range"
        )]
        return Ok(up as u64);
    }
    Err(QuantityError::Number(number.to_string()))
}

#[expect(clippy::cast_precision_loss, reason = "a ratio is inexact anyway")]
fn ratio(one: u64, other: u64) -> f64 {
    one as f64 / other as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a factor makes it inexact anyway"
)]
fn scaled(amount: u64, factor: f64) -> Outcome<u64> {
    rounded_up(amount as f64 * factor)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a fraction makes it inexact anyway"
)]
fn quotient(amount: u64, divisor: f64) -> Outcome<u64> {
    rounded_up(amount as f64 / divisor)
}

macro_rules! arithmetic {
    ($type:ident) => {
        impl $type {
            /// Both together; `None` when that is too large.
            #[must_use]
            pub fn plus(self, other: Self) -> Option<Self> {
                let sum = self.0.checked_add(other.0)?;
                (sum <= MAX).then_some(Self(sum))
            }

            /// What is left; `None` when `other` is more.
            #[must_use]
            pub fn minus(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }

            /// The amount times `factor`, rounded up.
            ///
            /// # Errors
            /// When the result is negative, not finite or too large.
            pub fn times(self, factor: f64) -> Result<Self, QuantityError> {
                // Whole factors of large amounts stay exact.
                if factor.fract() == 0.0
                    && let Ok(whole) = rounded_up(factor)
                {
                    let product = self.0.checked_mul(whole).filter(|product| *product <= MAX);
                    return product
                        .map(Self)
                        .ok_or_else(|| QuantityError::Number(format!("{self} times {factor}")));
                }
                scaled(self.0, factor).map(Self)
            }

            /// One of `divisor` equal parts, rounded up.
            ///
            /// # Errors
            /// When the result is negative, not finite or too large.
            pub fn parts(self, divisor: f64) -> Result<Self, QuantityError> {
                if divisor.fract() == 0.0
                    && let Ok(whole @ 1..) = rounded_up(divisor)
                {
                    return Ok(Self(self.0.div_ceil(whole)));
                }
                quotient(self.0, divisor).map(Self)
            }

            /// How many times `other` it is; `None` where that is nothing.
            #[must_use]
            pub fn ratio(self, other: Self) -> Option<f64> {
                (other.0 > 0).then(|| ratio(self.0, other.0))
            }
        }
    };
}

arithmetic!(Memory);
arithmetic!(TimeLimit);

impl Memory {
    /// That many bytes.
    pub fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// That many megabytes (of 1024 × 1024 bytes), as a number without a unit means.
    ///
    /// # Errors
    /// When the number is negative, not finite or too large.
    #[expect(clippy::cast_precision_loss, reason = "2^20 is exact")]
    pub fn from_megabytes(number: f64) -> Outcome<Self> {
        let bytes = rounded_up(number * MIB as f64).map(Self);
        bytes.map_err(|_| QuantityError::Number(number.to_string()))
    }

    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Memory {
    type Err = QuantityError;

    fn from_str(text: &str) -> Outcome<Self> {
        let bad = || QuantityError::Memory(text.into());
        let plain = text.trim();
        let end = plain
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(plain.len());
        let (number, unit) = (&plain[..end], plain[end..].trim());
        let unit = unit.to_ascii_uppercase();
        let unit = unit
            .strip_suffix("IB")
            .or_else(|| unit.strip_suffix('B'))
            .unwrap_or(&unit);
        let factor = match unit {
            // `32B` says bytes, but sbatch has no such unit.
            "" if end < plain.len() => return Err(bad()),
            "" => MIB,
            unit => {
                let known = UNITS.iter().find(|(name, _)| unit == name.to_string());
                known.ok_or_else(bad)?.1
            }
        };
        if let Ok(whole) = number.parse::<u64>() {
            let bytes = whole.checked_mul(factor).filter(|bytes| *bytes <= MAX);
            return bytes.map(Self).ok_or_else(bad);
        }
        let number: f64 = number.parse().map_err(|_| bad())?;
        #[expect(clippy::cast_precision_loss, reason = "powers of two are exact")]
        rounded_up(number * factor as f64)
            .map(Self)
            .map_err(|_| bad())
    }
}

impl Display for Memory {
    /// Formats as sbatch reads it: the largest unit that leaves a whole number. What is not a whole
    /// number of kilobytes is rounded up to megabytes, the unit that Slurm counts in.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let bytes = self.0;
        if bytes == 0 {
            return f.write_str("0");
        }
        if !bytes.is_multiple_of(KIB) {
            return write!(f, "{}M", bytes.div_ceil(MIB));
        }
        // sbatch has no unit above `T`.
        let (unit, size) = UNITS[1..]
            .iter()
            .find(|(_, size)| bytes.is_multiple_of(*size))
            .expect("whole kilobytes are a multiple of the last unit");
        write!(f, "{}{unit}", bytes / size)
    }
}

impl TimeLimit {
    /// That many seconds.
    pub fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// That many minutes, as a number without a colon means; rounded up to seconds.
    ///
    /// # Errors
    /// When the number is negative, not finite or too large.
    pub fn from_minutes(number: f64) -> Outcome<Self> {
        let seconds = rounded_up(number * 60.0).map(Self);
        seconds.map_err(|_| QuantityError::Number(number.to_string()))
    }

    /// The number of seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }
}

impl FromStr for TimeLimit {
    type Err = QuantityError;

    fn from_str(text: &str) -> Outcome<Self> {
        let bad = || QuantityError::Time(text.into());
        let (days, clock) = match text.trim().split_once('-') {
            Some((days, clock)) => (Some(days), clock),
            None => (None, text.trim()),
        };
        let part = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits
                .then(|| part.parse::<u64>().ok())
                .flatten()
                .ok_or_else(bad)
        };
        let parts = clock.split(':').map(part).collect::<Outcome<Vec<_>>>()?;
        let [hours, minutes, seconds] = match (&parts[..], days) {
            ([minutes], None) => [0, *minutes, 0],
            ([minutes, seconds], None) => [0, *minutes, *seconds],
            ([hours], Some(_)) => [*hours, 0, 0],
            ([hours, minutes], Some(_)) => [*hours, *minutes, 0],
            ([hours, minutes, seconds], _) => [*hours, *minutes, *seconds],
            _ => return Err(bad()),
        };
        let days = days.map_or(Ok(0), part)?;
        [(days, 86_400), (hours, 3_600), (minutes, 60), (seconds, 1)]
            .into_iter()
            .try_fold(0u64, |sum, (count, unit)| {
                sum.checked_add(count.checked_mul(unit)?)
            })
            .filter(|seconds| *seconds <= MAX)
            .map(Self)
            .ok_or_else(bad)
    }
}

impl Display for TimeLimit {
    /// Formats as `1-12:00:00`, or `12:00:00` below a day.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.0 / 86_400, self.0 % 86_400);
        if days > 0 {
            write!(f, "{days}-")?;
        }
        write!(
            f,
            "{:02}:{:02}:{:02}",
            rest / 3_600,
            rest / 60 % 60,
            rest % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_sbatch_reads_it() {
        for (text, bytes, shown) in [
            ("32G", 32 << 30, "32G"),
            ("512", 512 << 20, "512M"),
            ("512m", 512 << 20, "512M"),
            ("2048M", 2 << 30, "2G"),
            ("100K", 100 << 10, "100K"),
            ("1.5T", 3 << 39, "1536G"),
            ("0.1G", 107_374_183, "103M"),
            ("32GB", 32 << 30, "32G"),
            ("32 GiB", 32 << 30, "32G"),
            ("2P", 2 << 50, "2048T"),
            ("0", 0, "0"),
        ] {
            let memory: Memory = text.parse().unwrap();
            assert_eq!(
                (memory.bytes(), memory.to_string().as_str()),
                (bytes, shown),
                "{text}"
            );
        }
        for text in [
            "",
            "G",
            "-1G",
            "1X",
            "1GG",
            "32B",
            "1e3G",
            "nan",
            "99999999999T",
            "1..2G",
        ] {
            assert!(text.parse::<Memory>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_read_as_sbatch_reads_them() {
        for (text, seconds, shown) in [
            ("90", 5_400, "01:30:00"),
            ("90:30", 5_430, "01:30:30"),
            ("24:00:00", 86_400, "1-00:00:00"),
            ("1-12", 129_600, "1-12:00:00"),
            ("1-12:30", 131_400, "1-12:30:00"),
            ("1-12:30:05", 131_405, "1-12:30:05"),
            ("0", 0, "00:00:00"),
        ] {
            let time: TimeLimit = text.parse().unwrap();
            assert_eq!(
                (time.seconds(), time.to_string().as_str()),
                (seconds, shown),
                "{text}"
            );
        }
        for text in [
            "",
            "-",
            "1-",
            "-1",
            "1:",
            "1:2:3:4",
            "1-2:3:4:5",
            "UNLIMITED",
            "1.5",
            "+1",
        ] {
            assert!(text.parse::<TimeLimit>().is_err(), "{text}");
        }
    }

    /// `x * (1 / 75)` is not `x / 75` in floats.
    #[test]
    fn parts_are_exact_and_rounded_up() {
        for divisor in 1..=300u32 {
            for count in [1, 7, 525, 123_456_789] {
                let whole = Memory::from_bytes(u64::from(divisor) * count);
                assert_eq!(whole.parts(divisor.into()), Ok(Memory::from_bytes(count)));
                let more = Memory::from_bytes(u64::from(divisor) * count + 1);
                assert_eq!(
                    more.parts(divisor.into()),
                    Ok(Memory::from_bytes(count + 1))
                );
            }
        }
        assert_eq!(
            TimeLimit::from_seconds(10).parts(2.5),
            Ok(TimeLimit::from_seconds(4))
        );
    }

    #[test]
    fn amounts_neither_overflow_nor_go_below_zero() {
        let most = Memory::from_bytes(MAX);
        let one = Memory::from_bytes(1);
        assert_eq!((most.plus(one), one.minus(most)), (None, None));
        for factor in [-1.0, f64::NAN, f64::INFINITY, 2.0, 1e300] {
            assert!(most.times(factor).is_err(), "{factor}");
        }
        assert_eq!(most.times(1.0), Ok(most));
        for divisor in [0.0, -1.0, f64::NAN] {
            assert!(one.parts(divisor).is_err(), "{divisor}");
        }
        assert_eq!(one.ratio(Memory::from_bytes(0)), None);
        assert!(!most.to_string().is_empty());
    }
}
