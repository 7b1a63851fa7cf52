use std::io;

use super::{CollectionError, CollectionManager, Listed};
use crate::fs;

impl CollectionManager {
    /// The collections that may have a job with this number, sorted by name. Files without the
    /// number are only looked through, which takes a hundredth of the time of reading them.
    pub fn list_with_job(&self, number: u64) -> Result<Vec<Listed>, CollectionError> {
        let digits = number.to_string();
        let mut listed = Vec::new();
        for name in self.names()? {
            let files = [self.path(&name), self.journal_path(&name)];
            if files
                .iter()
                .any(|path| match fs::read_text(path, u64::MAX) {
                    Ok(text) => has_number(&text, &digits),
                    Err(error) => error.kind() != io::ErrorKind::NotFound,
                })
            {
                let collection = self.get(&name);
                listed.push(Listed { name, collection });
            }
        }
        Ok(listed)
    }
}

/// Whether digits stand in a text by themselves, or before the task of an array.
fn has_number(text: &str, digits: &str) -> bool {
    let borders = |byte: Option<&u8>| !byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let mut found = text.match_indices(digits);
    found.any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        borders(before) && borders(bytes.get(at + digits.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_by_itself_only() {
        for (text, found) in [
            ("\"job_id\": \"123\"", true),
            ("\"job_id\": \"123_4\"", true),
            ("job_id: 123", true),
            ("1234, 0123, ab123, 123cd", false),
            ("1123 123_0", true),
        ] {
            assert_eq!(has_number(text, "123"), found, "{text}");
        }
    }
}
