use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use thiserror::Error;

use crate::spec::ENDINGS;

/// The name of a collection: segments of letters, digits, `.`, `_` and `-`, joined by `/`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionName(String);

/// Why a text is not the name of a collection.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "`{0}` cannot be the name of a collection: it takes letters, digits, `.`, `_` and `-`, in parts joined by `/` that begin with a letter, a digit or `_`"
)]
pub struct CollectionNameError(String);

impl CollectionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it ends as the files of specs do: somebody may have taken one for the other.
    pub(super) fn is_like_a_spec(&self) -> bool {
        let ending = self.0.rsplit_once('.').map(|(_, ending)| ending);
        ending.is_some_and(|ending| ENDINGS.contains(&ending))
    }
}

impl FromStr for CollectionName {
    type Err = CollectionNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // File systems end at 255 bytes a segment, with the suffix and a temporary name.
        const MAX_BYTES: usize = 200;
        let is_segment = |segment: &str| {
            segment.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && segment
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
                && segment.len() <= MAX_BYTES
        };
        // Beside `x` there are `x.tasks` and others, in which a collection would be in the way.
        let is_ours = |segment: &str| {
            let ours = [".tasks", ".journal", ".lock", ".yaml"];
            ours.iter().any(|end| segment.ends_with(end))
        };
        let folders = text.rsplit_once('/').map_or("", |(folders, _)| folders);
        let fits = text.split('/').all(is_segment) && !folders.split('/').any(is_ours);
        if fits && text.len() <= 1000 {
            Ok(Self(text.into()))
        } else {
            Err(CollectionNameError(text.into()))
        }
    }
}

impl Default for CollectionName {
    /// The collection used when none is named.
    fn default() -> Self {
        Self("default".into())
    }
}

impl Display for CollectionName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_inside_the_folder_of_collections() {
        for name in ["resnet", "a/b.c/d-e_1", "2026"] {
            assert!(name.parse::<CollectionName>().is_ok(), "{name}");
        }
        for name in [
            "",
            "/a",
            "a/",
            "a//b",
            "../a",
            "a/..",
            ".a",
            "a b",
            "é",
            "a\n",
            "a.tasks/b",
        ] {
            assert!(name.parse::<CollectionName>().is_err(), "{name}");
        }
    }
}
