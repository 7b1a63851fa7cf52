use std::fmt::{self, Display, Formatter};
use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What tells one submission from every other, wherever Slurm shows it again.
///
/// It travels in the comment of the job, as `slurmkit:` and 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(u64);

impl Token {
    const PREFIX: &str = "slurmkit:";

    /// A token that nobody had before.
    pub fn new() -> Self {
        // The standard library seeds its hashers from the system's source of randomness; the clock
        // and the process tell apart what one seed gives.
        let seed = (
            jiff::Timestamp::now().as_nanosecond(),
            std::process::id(),
            std::thread::current().id(),
        );
        Self(RandomState::new().hash_one(seed))
    }

    /// Finds a token in a comment, or in the command line of a submission.
    pub fn find(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once(Self::PREFIX)?;
        Self::from_digits(rest.get(..16)?)
    }

    fn from_digits(digits: &str) -> Option<Self> {
        let is_ours = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(digits, 16).ok();
        number.filter(|_| is_ours).map(Self)
    }

    /// The digits without the prefix, for the name of a file.
    pub fn digits(self) -> String {
        format!("{:016x}", self.0)
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

impl Display for Token {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:016x}", Self::PREFIX, self.0)
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digits())
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::from_digits(&digits).ok_or_else(|| de::Error::custom("a token has 16 digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_where_slurm_shows_it() {
        let token = Token::new();
        assert_ne!(token, Token::new());
        for text in [
            format!("{token}"),
            format!("my comment {token}"),
            format!("sbatch --parsable --comment={token} --array=0-9 x.sh"),
        ] {
            assert_eq!(Token::find(&text), Some(token), "{text}");
        }
        assert_eq!(Token::find("slurmkit:12"), None);
        assert_eq!(Token::find("slurmkit:+123456789abcdef"), None);
        let json = serde_json::to_string(&token).unwrap();
        assert_eq!(serde_json::from_str::<Token>(&json).unwrap(), token);
    }
}
