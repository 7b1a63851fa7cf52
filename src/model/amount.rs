//! Amounts of Slurm arguments whose kind only the argument's name says, and how they grow.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::quantity::{Memory, TimeLimit};

/// What an argument counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Memory: `mem`, `mem-per-cpu`, `mem-per-gpu`, `tmp`.
    Memory,
    /// Time: `time`, `time-min`.
    Time,
    /// Pieces: `cpus-per-task`, `gpus`, `nodes`, `ntasks` and the like.
    Pieces,
}

/// The long name of the option of `sbatch` that a Slurm argument stands for: specs and templates
/// write `mem_per_cpu` for `mem-per-cpu`.
pub fn option_name(argument: &str) -> String {
    argument.replace('_', "-")
}

/// So much of something that `sbatch` is asked for.
///
/// ```
/// use slurmkit::model::{Amount, Growth, Unit};
///
/// let asked = Amount::parse(Unit::Time, "24:00:00").unwrap();
/// let growth: Growth = Growth::parse(Unit::Time, "x1.5").unwrap().unwrap();
/// assert_eq!(growth.of(asked).unwrap().to_string(), "1-12:00:00");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    unit: Unit,
    /// Of bytes, seconds or pieces.
    number: u64,
}

/// A number above one, exact: `1.1` of 10 hours is 11 hours, not a second more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    numerator: u64,
    /// A power of ten.
    denominator: u64,
}

/// How an amount becomes a larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// `+8G`: so much more.
    Plus(Amount),
    /// `x2`: times a factor.
    Times(Factor),
}

/// Scripts count with 64 bits and a sign.
const MAX: u64 = i64::MAX.cast_unsigned();
/// Slurm counts memory in megabytes.
const MIB: u64 = 1 << 20;

impl Unit {
    const ARGUMENTS: [(&'static str, Self); 12] = [
        ("mem", Self::Memory),
        ("mem-per-cpu", Self::Memory),
        ("mem-per-gpu", Self::Memory),
        ("tmp", Self::Memory),
        ("time", Self::Time),
        ("time-min", Self::Time),
        ("cpus-per-task", Self::Pieces),
        ("gpus", Self::Pieces),
        ("gpus-per-node", Self::Pieces),
        ("nodes", Self::Pieces),
        ("ntasks", Self::Pieces),
        ("ntasks-per-node", Self::Pieces),
    ];

    /// What an option of `sbatch` counts in, by its long name; `None` if it is no amount.
    pub fn of(option: &str) -> Option<Self> {
        let known = Self::ARGUMENTS.iter().find(|(known, _)| *known == option);
        known.map(|(_, unit)| *unit)
    }

    /// The options that are amounts.
    pub fn options() -> impl Iterator<Item = &'static str> {
        Self::ARGUMENTS.iter().map(|(option, _)| *option)
    }

    /// Amounts of it, as they may be written.
    pub fn example(self) -> &'static str {
        match self {
            Self::Memory => "an amount of memory, like `512M` or `32G`",
            Self::Time => "an amount of time, like `12:00:00` or `1-12:00:00`",
            Self::Pieces => "a whole number",
        }
    }
}

impl Amount {
    /// Reads what `sbatch` reads; `None` for anything else.
    pub fn parse(unit: Unit, text: &str) -> Option<Self> {
        let number = match unit {
            Unit::Memory => text.parse::<Memory>().ok()?.bytes(),
            Unit::Time => text.parse::<TimeLimit>().ok()?.seconds(),
            Unit::Pieces => text.trim().parse().ok().filter(|number| *number <= MAX)?,
        };
        Some(Self { unit, number })
    }

    /// Whether it is nothing; of memory and time Slurm takes that for all there is.
    pub fn is_zero(self) -> bool {
        self.number == 0
    }

    /// Whether it is as much as `other`, of the same unit.
    pub fn reaches(self, other: Self) -> bool {
        self.number >= other.number
    }

    /// The smaller of two amounts of one unit.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        if self.reaches(other) { other } else { self }
    }
}

impl Display for Amount {
    /// Formats as `sbatch` reads it.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.unit {
            Unit::Memory => Memory::from_bytes(self.number).fmt(f),
            Unit::Time => TimeLimit::from_seconds(self.number).fmt(f),
            Unit::Pieces => self.number.fmt(f),
        }
    }
}

impl Factor {
    const DIGITS: usize = 6;

    /// So many times `number`, rounded up; `None` when that is too large.
    fn of(self, number: u64) -> Option<u64> {
        let product = u128::from(number) * u128::from(self.numerator);
        let scaled = product.div_ceil(u128::from(self.denominator));
        u64::try_from(scaled).ok().filter(|scaled| *scaled <= MAX)
    }
}

impl FromStr for Factor {
    type Err = String;

    /// Reads a decimal number above one.
    fn from_str(text: &str) -> Result<Self, String> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.is_empty() || !is_number(whole) || !is_number(fraction) {
            return Err(format!(
                "`{text}` is no factor, which is a number like `2` or `1.5`"
            ));
        }
        if fraction.len() > Self::DIGITS || whole.len() > Self::DIGITS {
            return Err(format!("the factor `{text}` has too many digits"));
        }
        let denominator = 10u64.pow(u32::try_from(fraction.len()).unwrap_or_default());
        let digits: u64 = format!("{whole}{fraction}").parse().unwrap_or_default();
        if digits <= denominator {
            return Err(format!(
                "the factor `{text}` is not above 1, so nothing would grow"
            ));
        }
        Ok(Self {
            numerator: digits,
            denominator,
        })
    }
}

impl Display for Factor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            numerator,
            denominator,
        } = self;
        let (whole, rest) = (numerator / denominator, numerator % denominator);
        write!(f, "{whole}")?;
        if rest == 0 {
            return Ok(());
        }
        let width = denominator.ilog10() as usize;
        let digits = format!("{rest:0width$}");
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

impl Growth {
    /// Reads `x2` or `+8G`; `None` for a text that begins with neither sign, which is a value.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(unit: Unit, text: &str) -> Option<Result<Self, String>> {
        if let Some(factor) = factor_of(text) {
            return Some(factor.parse().map(Self::Times));
        }
        let more = text.strip_prefix('+')?;
        Some(match Amount::parse(unit, more) {
            Some(amount) if amount.is_zero() => Err(format!("`{text}` adds nothing")),
            Some(amount) => Ok(Self::Plus(amount)),
            None => Err(format!("`{more}` is not {}", unit.example())),
        })
    }

    /// Whether a text asks for more of something, whatever that is.
    pub fn is_meant(text: &str) -> bool {
        factor_of(text).is_some() || text.starts_with('+')
    }

    /// The larger amount, rounded up to what Slurm counts in; `None` when it is too large.
    pub fn of(self, amount: Amount) -> Option<Amount> {
        let number = match self {
            Self::Plus(more) => amount.number.checked_add(more.number)?,
            Self::Times(factor) => factor.of(amount.number)?,
        };
        let number = match amount.unit {
            Unit::Memory => number.checked_next_multiple_of(MIB)?,
            Unit::Time | Unit::Pieces => number,
        };
        (number <= MAX).then_some(Amount { number, ..amount })
    }
}

/// What stands after the `x` of `x2` and `x1.5`; the value `xlarge` is no factor.
fn factor_of(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('x')?;
    rest.starts_with(|c: char| c.is_ascii_digit() || "-+.".contains(c))
        .then_some(rest)
}

impl Display for Growth {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plus(amount) => write!(f, "+{amount}"),
            Self::Times(factor) => write!(f, "x{factor}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn grown(unit: Unit, from: &str, growth: &str) -> String {
        let growth = Growth::parse(unit, growth).unwrap().unwrap();
        let from = Amount::parse(unit, from).unwrap();
        growth
            .of(from)
            .map_or("too large".into(), |it| it.to_string())
    }

    #[test]
    fn amounts_grow_to_what_sbatch_reads() {
        for (unit, from, growth, to) in [
            (Unit::Memory, "32G", "x2", "64G"),
            (Unit::Memory, "4000", "x1.5", "6000M"),
            (Unit::Memory, "500M", "x1.1", "550M"),
            // No fraction of a megabyte.
            (Unit::Memory, "1M", "x1.5", "2M"),
            (Unit::Memory, "100K", "x1.1", "1M"),
            (Unit::Memory, "32G", "+8G", "40G"),
            (Unit::Memory, "32G", "+512", "33280M"),
            (Unit::Time, "10:00:00", "x1.1", "11:00:00"),
            (Unit::Time, "24:00:00", "x1.5", "1-12:00:00"),
            (Unit::Time, "90", "+1:00:00", "02:30:00"),
            (Unit::Time, "0:01", "x1.5", "00:00:02"),
            (Unit::Pieces, "3", "x1.5", "5"),
            (Unit::Pieces, "4", "+1", "5"),
            (Unit::Pieces, "9223372036854775807", "+1", "too large"),
            (Unit::Memory, "8000000T", "x999999", "too large"),
        ] {
            assert_eq!(grown(unit, from, growth), to, "{from} {growth}");
        }
    }

    #[test]
    fn what_does_not_grow_is_refused() {
        for (unit, text) in [
            (Unit::Memory, "x0"),
            (Unit::Memory, "x1"),
            (Unit::Memory, "x1.0"),
            (Unit::Memory, "x0.99"),
            (Unit::Memory, "x-2"),
            (Unit::Memory, "x2."),
            (Unit::Memory, "x2e3"),
            (Unit::Memory, "x2.0000001"),
            (Unit::Memory, "x99999999999999999999999"),
            (Unit::Memory, "+0"),
            (Unit::Memory, "+"),
            (Unit::Memory, "+1:00"),
            (Unit::Time, "+8G"),
            (Unit::Pieces, "+1.5"),
        ] {
            assert!(Growth::parse(unit, text).unwrap().is_err(), "{text}");
        }
        assert_eq!(Growth::parse(Unit::Memory, "64G"), None);
        assert!(!Growth::is_meant("xlarge"));
    }

    fn unit() -> impl Strategy<Value = Unit> {
        prop_oneof![Just(Unit::Memory), Just(Unit::Time), Just(Unit::Pieces)]
    }

    proptest! {
        #[test]
        fn factors_are_read_as_they_are_written(whole in 1u64..10_000, fraction in 1u64..1_000_000) {
            let text = format!("{whole}.{fraction:06}");
            let factor: Factor = text.parse().unwrap();
            prop_assert_eq!(factor.to_string(), text.trim_end_matches('0'));
            let again: Factor = factor.to_string().parse().unwrap();
            prop_assert_eq!(again.of(1_000_000), factor.of(1_000_000));
        }

        #[test]
        fn what_grew_is_more_and_is_read_again(
            unit in unit(), number in 1..=MAX, factor in "[1-9][0-9]{0,2}\\.[1-9]",
        ) {
            let amount = Amount { unit, number };
            let growth = Growth::parse(unit, &format!("x{factor}")).unwrap().unwrap();
            prop_assert_eq!(Growth::parse(unit, &growth.to_string()), Some(Ok(growth)));
            if let Some(grown) = growth.of(amount) {
                prop_assert!(grown.reaches(amount) && grown != amount);
                prop_assert_eq!(Amount::parse(unit, &grown.to_string()), Some(grown));
            }
        }
    }
}
