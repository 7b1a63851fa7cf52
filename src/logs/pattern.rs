use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use globset::{GlobBuilder, GlobMatcher};

use crate::fs;
use crate::model::JobId;

/// What is known of the job whose name goes into a pattern of `sbatch`; see `man sbatch`, "filename
/// pattern". What only its node knows may be anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) id: &'a JobId,
    pub(super) job_name: Option<&'a str>,
    /// Whether `*`, `?` and brackets of the pattern itself are wildcards, too.
    pub(super) globs: bool,
}

/// A pattern without what is known: a name, or what names must match.
enum Filled {
    Exact(String),
    Wild {
        matcher: GlobMatcher,
        /// What all names begin with.
        start: String,
    },
}

impl Known<'_> {
    /// The files that fit `pattern`, which is relative to `folder`: those of tasks in their order,
    /// others newest first. Only a pattern with wildcards is looked for.
    pub(super) fn files(self, folder: &Path, pattern: &Path, folders: &Folders) -> Vec<PathBuf> {
        let mut paths = vec![folder.to_owned()];
        let mut searched = false;
        for part in pattern {
            // What is no text or no glob can only be a name.
            let filled = part.to_str().and_then(|part| self.fill(part));
            match filled {
                None => paths.iter_mut().for_each(|path| path.push(part)),
                Some(Filled::Exact(name)) => paths.iter_mut().for_each(|path| path.push(&name)),
                Some(Filled::Wild { matcher, start }) => {
                    searched = true;
                    paths = folders.matching(&paths, &matcher, &start);
                }
            }
        }
        if searched {
            paths.retain(|path| path.exists());
            if self.is_of_tasks(pattern) {
                paths.sort_by_cached_key(|path| natural(path));
            } else {
                paths.sort_by_cached_key(|path| {
                    let modified = path.metadata().and_then(|metadata| metadata.modified());
                    std::cmp::Reverse(modified.unwrap_or(SystemTime::UNIX_EPOCH))
                });
            }
        }
        let tidy = |path: PathBuf| fs::join(Path::new(""), path);
        paths.into_iter().map(tidy).collect()
    }

    /// Whether each task of an array has a file of its own, and all are meant.
    fn is_of_tasks(self, pattern: &Path) -> bool {
        let pattern = pattern.to_string_lossy();
        let mut symbols = pattern.split('%').skip(1).map(|after| {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            after.chars().next()
        });
        self.id.task_number().is_none() && symbols.any(|symbol| matches!(symbol, Some('a' | 'J')))
    }

    /// `None` for what is no glob.
    fn fill(self, part: &str) -> Option<Filled> {
        let mut exact = String::new();
        let mut glob = String::new();
        let mut start = None;
        let mut chars = part.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                exact.push(c);
                if self.globs && "*?[]{}".contains(c) {
                    start.get_or_insert_with(|| exact[..exact.len() - 1].to_owned());
                    glob.push(c);
                } else {
                    glob.push_str(&globset::escape(c.encode_utf8(&mut [0; 4])));
                }
                continue;
            }
            let mut width = String::new();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                width.push(digit);
            }
            let symbol = chars.next();
            match symbol.map_or(Meaning::Text, |symbol| self.meaning(symbol, &width)) {
                Meaning::Known(text) => {
                    glob.push_str(&globset::escape(&text));
                    exact.push_str(&text);
                }
                Meaning::Anything => {
                    start.get_or_insert_with(|| exact.clone());
                    if !glob.ends_with('*') {
                        glob.push('*');
                    }
                }
                Meaning::Text => {
                    let text = format!("%{width}{}", symbol.map_or(String::new(), String::from));
                    glob.push_str(&globset::escape(&text));
                    exact.push_str(&text);
                }
            }
        }
        match start {
            None => Some(Filled::Exact(exact)),
            Some(start) => {
                let glob = GlobBuilder::new(&glob).literal_separator(true).build();
                let matcher = glob.ok()?.compile_matcher();
                Some(Filled::Wild { matcher, start })
            }
        }
    }

    fn meaning(self, symbol: char, width: &str) -> Meaning {
        // Slurm pads with at most ten zeros.
        let width = width.parse().unwrap_or(0).min(10);
        let padded = |number: Option<u64>| match number {
            Some(number) => Meaning::Known(format!("{number:0width$}")),
            None => Meaning::Anything,
        };
        match symbol {
            '%' => Meaning::Known("%".into()),
            'A' => padded(self.id.number()),
            'a' => padded(self.id.task_number().map(u64::from)),
            'j' if width == 0 => Meaning::Known(self.id.to_string()),
            // A task has a number of its own, which nobody noted.
            'j' if self.id.task_number().is_none() => padded(self.id.number()),
            'x' => match self.job_name {
                Some(name) => Meaning::Known(name.into()),
                None => Meaning::Anything,
            },
            'j' | 'J' | 'N' | 'n' | 's' | 't' | 'u' => Meaning::Anything,
            _ => Meaning::Text,
        }
    }
}

enum Meaning {
    Known(String),
    Anything,
    Text,
}

/// What files are sorted by, so that `x_9` comes before `x_10`: words, and the numbers after them.
fn natural(path: &Path) -> Vec<(String, Option<u64>)> {
    let text = path.to_string_lossy();
    let mut key = Vec::new();
    let mut rest = &*text;
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
        let word = &rest[..rest.len() - digits.len()];
        let after = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = digits[..digits.len() - after.len()].parse().ok();
        key.push((word.to_owned(), number));
        rest = after;
    }
    key
}

/// The names in folders, each read once.
#[derive(Debug, Default)]
pub struct Folders(Mutex<HashMap<PathBuf, Arc<[OsString]>>>);

impl Folders {
    /// What is in `folders` and matches; `start` is what all of it begins with.
    fn matching(&self, folders: &[PathBuf], matcher: &GlobMatcher, start: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for folder in folders {
            let names = self.names(folder);
            let begins = |name: &&OsString| name.as_encoded_bytes().starts_with(start.as_bytes());
            let first = names.partition_point(|name| name.as_encoded_bytes() < start.as_bytes());
            let near = names.iter().skip(first).take_while(begins);
            let matching = near.filter(|name| matcher.is_match(name));
            found.extend(matching.map(|name| folder.join(name)));
        }
        found
    }

    /// The names in a folder, sorted; none where it cannot be read.
    fn names(&self, folder: &Path) -> Arc<[OsString]> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(names) = known.get(folder) {
            return names.clone();
        }
        let here = match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        };
        let entries = fs_err::read_dir(here).into_iter().flatten().flatten();
        let mut names: Vec<OsString> = entries.map(|entry| entry.file_name()).collect();
        names.sort_by(|one, other| one.as_encoded_bytes().cmp(other.as_encoded_bytes()));
        let names: Arc<[OsString]> = names.into();
        known.insert(folder.into(), names.clone());
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (age, file) in files.iter().enumerate() {
            let path = folder.path().join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            let file = fs_err::File::create(path).unwrap();
            let written = SystemTime::now() - std::time::Duration::from_secs(age as u64 * 60);
            file.file().set_modified(written).unwrap();
        }
        folder
    }

    #[test]
    fn patterns_are_filled_as_sbatch_fills_them() {
        let folder = folder(&[
            "node2/j.out",
            "node1/j.out",
            "other/k.out",
            "lr[1]-12.out",
            "lr1-12.out",
            "12_31.out",
            "12_4.out",
            "12_3.out",
            "0012.out",
            "12.4294967294.out",
        ]);
        for (id, pattern, expected) in [
            ("12", "%N/j.out", &["node2/j.out", "node1/j.out"][..]),
            // Brackets of a log's name are no wildcards.
            ("12", "lr[1]-%j.%t%n", &["lr[1]-12.out"]),
            ("12", "lr[1]%u.out", &["lr[1]-12.out"]),
            ("12", "%A_%a.out", &["12_3.out", "12_4.out", "12_31.out"]),
            ("12_3", "%A_%a.out", &["12_3.out"]),
            ("12", "%4j.out", &["0012.out"]),
            (
                "12",
                "%J.out",
                &[
                    "12.4294967294.out",
                    "0012.out",
                    "12_3.out",
                    "12_4.out",
                    "12_31.out",
                    "lr1-12.out",
                    "lr[1]-12.out",
                ],
            ),
            ("12", "%x-%%-%q-%", &["name-%-%q-%"]),
        ] {
            let known = Known {
                id: &JobId::new(id),
                job_name: Some("name"),
                globs: false,
            };
            let files = known.files(folder.path(), Path::new(pattern), &Folders::default());
            let files: Vec<_> = files
                .iter()
                .map(|file| file.strip_prefix(folder.path()).unwrap().to_str().unwrap())
                .collect();
            assert_eq!(files, expected, "{id} {pattern}");
        }
    }

    #[test]
    fn wildcards_of_the_pattern_itself_hold_where_they_shall() {
        let folder = folder(&["a/x.12.out", "a/y.12.err", "b/x.112.out"]);
        let known = Known {
            id: &JobId::new("12"),
            job_name: None,
            globs: true,
        };
        let files = known.files(folder.path(), Path::new("*/*.%j.*"), &Folders::default());
        assert_eq!(
            files,
            [
                folder.path().join("a/x.12.out"),
                folder.path().join("a/y.12.err")
            ]
        );
    }
}
