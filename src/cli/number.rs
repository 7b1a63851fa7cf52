use std::fmt::Display;
use std::str::FromStr;

/// Reads a number of `what`, such as `seconds`, that is not below `least`.
pub(super) fn at_least<T>(
    least: T,
    what: &'static str,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| *number >= least);
        number.ok_or_else(|| format!("a number of {what} is expected, at least {least}"))
    }
}

/// Reads a number of lines.
pub(super) fn lines(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    number.ok_or_else(|| "a number of lines is expected".into())
}
