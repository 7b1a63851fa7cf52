//! Dates and times as `PyYAML` builds them.

use crate::model::{Object, Value};

/// A timestamp's fields, before anything says that such a day exists.
struct Fields {
    date: [u32; 3],
    time: Option<Time>,
}

struct Time {
    clock: [u32; 3],
    micros: u32,
    offset_minutes: Option<i32>,
}

/// Whether `text` is a timestamp without being told so: days and months of plain dates need two
/// digits.
pub(super) fn is_plain(text: &str) -> bool {
    fields(text).is_some_and(|fields| fields.time.is_some() || text.len() == "2024-01-01".len())
}

/// Whether `text` is a timestamp with a time of day.
pub(super) fn has_time(text: &str) -> bool {
    fields(text).is_some_and(|fields| fields.time.is_some())
}

/// Python's `date` or `datetime` for `text`, or what is wrong with it.
pub(super) fn construct(text: &str) -> Result<Value, String> {
    let Fields { date, time } = fields(text).ok_or("is no timestamp")?;
    check_date(date)?;
    let [year, month, day] = date;
    let (text, arguments) = (
        format!("{year:04}-{month:02}-{day:02}"),
        format!("{year}, {month}, {day}"),
    );
    let Some(time) = time else {
        return Ok(object("datetime.date", text, &arguments));
    };
    time.check()?;
    let text = format!("{text}{}", time.text());
    let arguments = format!("{arguments}{}", time.arguments());
    Ok(object("datetime.datetime", text, &arguments))
}

fn object(type_name: &str, text: String, arguments: &str) -> Value {
    let object = Object {
        type_name: type_name.into(),
        repr: format!("{type_name}({arguments})"),
        plain: Some(Value::from(text.as_str())),
        text,
    };
    Value::Object(object.into())
}

fn check_date([year, month, day]: [u32; 3]) -> Result<(), String> {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return Err(format!("has no month {month}")),
    };
    match (year, day) {
        (0, _) => Err("has the year 0, and years start at 1".into()),
        (_, day) if day == 0 || day > days => Err(format!("has no day {day} in its month")),
        _ => Ok(()),
    }
}

impl Time {
    fn check(&self) -> Result<(), String> {
        const DAY: i32 = 24 * 60;
        let [hour, minute, second] = self.clock;
        match self.offset_minutes {
            _ if hour > 23 => Err(format!("has the hour {hour}")),
            _ if minute > 59 => Err(format!("has the minute {minute}")),
            _ if second > 59 => Err(format!("has the second {second}")),
            Some(offset) if offset.abs() >= DAY => Err("has an offset of a day or more".into()),
            Some(_) | None => Ok(()),
        }
    }

    /// What `str` shows after the date.
    fn text(&self) -> String {
        let [hour, minute, second] = self.clock;
        let micros = match self.micros {
            0 => String::new(),
            micros => format!(".{micros:06}"),
        };
        let offset = match self.offset_minutes {
            None => String::new(),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
            }
        };
        format!(" {hour:02}:{minute:02}:{second:02}{micros}{offset}")
    }

    /// What `repr` shows after the date: seconds only if there are any.
    fn arguments(&self) -> String {
        let [hour, minute, second] = self.clock;
        let seconds = match (second, self.micros) {
            (0, 0) => String::new(),
            (second, 0) => format!(", {second}"),
            (second, micros) => format!(", {second}, {micros}"),
        };
        let timezone = match self.offset_minutes {
            None => String::new(),
            Some(offset) => format!(", tzinfo={}", timezone(offset)),
        };
        format!(", {hour}, {minute}{seconds}{timezone}")
    }
}

/// The `repr` of a Python time zone.
fn timezone(offset_minutes: i32) -> String {
    let delta = match offset_minutes * 60 {
        0 => return "datetime.timezone.utc".into(),
        // A negative difference is shown as full days back and seconds forward.
        seconds if seconds < 0 => format!("days=-1, seconds={}", seconds + 24 * 60 * 60),
        seconds => format!("seconds={seconds}"),
    };
    format!("datetime.timezone(datetime.timedelta({delta}))")
}

fn fields(text: &str) -> Option<Fields> {
    let mut cursor = Cursor(text);
    let year = cursor.number(4, 4)?;
    let month = cursor.expect("-")?.number(1, 2)?;
    let day = cursor.expect("-")?.number(1, 2)?;
    let time = if cursor.0.is_empty() {
        None
    } else {
        Some(time(&mut cursor)?)
    };
    cursor.0.is_empty().then_some(Fields {
        date: [year, month, day],
        time,
    })
}

fn time(cursor: &mut Cursor) -> Option<Time> {
    if !cursor.take(&['T', 't']) && cursor.skip_blanks() == 0 {
        return None;
    }
    let hour = cursor.number(1, 2)?;
    let minute = cursor.expect(":")?.number(2, 2)?;
    let second = cursor.expect(":")?.number(2, 2)?;
    let micros = if cursor.take(&['.']) {
        cursor.micros()
    } else {
        0
    };
    cursor.skip_blanks();
    let offset_minutes = match cursor.0 {
        "" => None,
        _ => Some(offset(cursor)?),
    };
    Some(Time {
        clock: [hour, minute, second],
        micros,
        offset_minutes,
    })
}

/// The minutes of `Z`, or of a sign and hours with or without minutes.
fn offset(cursor: &mut Cursor) -> Option<i32> {
    if cursor.take(&['Z']) {
        return Some(0);
    }
    let is_negative = cursor.take(&['-']);
    if !is_negative && !cursor.take(&['+']) {
        return None;
    }
    let hours = cursor.number(1, 2)?;
    let minutes = if cursor.take(&[':']) {
        cursor.number(2, 2)?
    } else {
        0
    };
    let total = i32::try_from(hours * 60 + minutes).ok()?;
    Some(if is_negative { -total } else { total })
}

/// What is left of a text.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn expect(&mut self, prefix: &str) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(prefix)?;
        Some(self)
    }

    fn take(&mut self, any: &[char]) -> bool {
        self.0.strip_prefix(any).map(|rest| self.0 = rest).is_some()
    }

    fn skip_blanks(&mut self) -> usize {
        let rest = self.0.trim_start_matches([' ', '\t']);
        let skipped = self.0.len() - rest.len();
        self.0 = rest;
        skipped
    }

    /// A number of `min` to `max` digits.
    fn number(&mut self, min: usize, max: usize) -> Option<u32> {
        let digits = self
            .0
            .bytes()
            .take(max)
            .take_while(u8::is_ascii_digit)
            .count();
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        if digits < min {
            None
        } else {
            number.parse().ok()
        }
    }

    /// A fraction of a second, cut after six digits; none at all is zero.
    fn micros(&mut self) -> u32 {
        let rest = self.0.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        let six = digits.bytes().chain(std::iter::repeat(b'0')).take(6);
        six.fold(0, |micros, digit| micros * 10 + u32::from(digit - b'0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_print_as_python_prints_them() {
        for (text, str, repr) in [
            ("2024-01-01", "2024-01-01", "datetime.date(2024, 1, 1)"),
            ("0001-02-29", "", "has no day 29 in its month"),
            ("2000-02-29", "2000-02-29", "datetime.date(2000, 2, 29)"),
            (
                "2024-01-01T10:00:00Z",
                "2024-01-01 10:00:00+00:00",
                "datetime.datetime(2024, 1, 1, 10, 0, tzinfo=datetime.timezone.utc)",
            ),
            (
                "2024-1-1  1:02:03.5",
                "2024-01-01 01:02:03.500000",
                "datetime.datetime(2024, 1, 1, 1, 2, 3, 500000)",
            ),
            (
                "2024-01-01t10:00:05. +02",
                "2024-01-01 10:00:05+02:00",
                "datetime.datetime(2024, 1, 1, 10, 0, 5, \
                 tzinfo=datetime.timezone(datetime.timedelta(seconds=7200)))",
            ),
            (
                "2024-01-01 10:00:00.1234567-5:30",
                "2024-01-01 10:00:00.123456-05:30",
                "datetime.datetime(2024, 1, 1, 10, 0, 0, 123456, \
                 tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=66600)))",
            ),
            (
                "2024-01-01 10:00:00-00:00",
                "2024-01-01 10:00:00+00:00",
                "datetime.datetime(2024, 1, 1, 10, 0, tzinfo=datetime.timezone.utc)",
            ),
        ] {
            match construct(text) {
                Ok(Value::Object(object)) => {
                    assert_eq!((object.text.as_str(), object.repr.as_str()), (str, repr));
                    assert_eq!(object.plain, Some(Value::from(str)));
                }
                Ok(other) => panic!("{text} is {other:?}"),
                Err(problem) => assert_eq!(("", problem.as_str()), (str, repr)),
            }
        }
    }

    #[test]
    fn days_and_hours_must_exist() {
        for (text, problem) in [
            ("2024-13-45", "has no month 13"),
            ("2024-02-30", "has no day 30 in its month"),
            ("2024-01-00", "has no day 0 in its month"),
            ("0000-01-01", "has the year 0, and years start at 1"),
            ("2024-01-01 25:00:00", "has the hour 25"),
            ("2024-01-01 00:60:00", "has the minute 60"),
            ("2024-01-01 00:00:60", "has the second 60"),
            ("2024-01-01 00:00:00+24", "has an offset of a day or more"),
        ] {
            assert_eq!(construct(text).unwrap_err(), problem);
            assert!(is_plain(text), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_timestamp_is_not_one() {
        for text in [
            "2024-1-1",
            "2024-01-01T",
            "2024-01-01 10:00",
            "2024-01-01 10:00:00z",
            "24-01-01",
        ] {
            assert!(!is_plain(text), "{text}");
        }
        assert!(
            construct("2024-1-1").is_ok(),
            "`!!timestamp` allows one digit"
        );
    }
}
