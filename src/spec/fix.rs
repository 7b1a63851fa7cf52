//! Quotes around the scalars of a spec that do not mean their text.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use super::{SpecError, file, program, traps};
use crate::diagnostic::Source;
use crate::fs;
use crate::yaml::{self, Level, Schema, Trap};

/// What quotes make of a spec, a parameter file or a config. Nothing is written before
/// [`apply`](Self::apply).
#[derive(Clone, Debug)]
pub struct Fix {
    source: Arc<Source>,
    /// The text with the quotes, else byte for byte what it was.
    pub text: String,
    /// What gets quotes.
    pub quoted: Vec<Trap>,
    /// What quotes would not help, and is worth a warning.
    pub left: Vec<Trap>,
}

impl Fix {
    /// Plans the quotes of the file at `path`: around traps that are worth a warning, or of `level`
    /// and above.
    ///
    /// # Errors
    /// When the file cannot be read as YAML, or is a program. What else is wrong with a spec does
    /// not matter.
    pub fn plan(path: &Path, schema: Schema, level: Level) -> Result<Self, SpecError> {
        if program::is_program(path) {
            file::check_exists(path)?;
            return Err(SpecError::NothingToQuote { path: path.into() });
        }
        Self::of(&file::source(path)?, schema, level).map_err(|error| SpecError::Yaml {
            path: path.into(),
            error,
        })
    }

    /// Plans the quotes of a text.
    pub fn of(source: &Arc<Source>, schema: Schema, level: Level) -> Result<Self, yaml::YamlError> {
        let root = yaml::parse(source, schema)?;
        let found = root.map(|root| traps::find(&root, schema));
        let (quoted, left): (Vec<_>, Vec<_>) = found
            .unwrap_or_default()
            .into_iter()
            .filter(|trap| trap.level >= level)
            .partition(|trap| trap.quoted().is_some());
        Ok(Self {
            source: source.clone(),
            text: yaml::quote_traps(&source.text, &quoted),
            quoted,
            left: left
                .into_iter()
                .filter(|trap| trap.level == Level::Warning)
                .collect(),
        })
    }

    /// Writes the file, unless nothing changes: all of it or nothing.
    pub fn apply(&self) -> Result<(), SpecError> {
        if !self.quoted.is_empty() {
            fs::replace(&self.source.path, self.text.as_bytes())?;
        }
        Ok(())
    }

    /// The changes as a unified diff, which `patch -p1` takes; empty if there are none.
    pub fn diff(&self) -> String {
        const CONTEXT: usize = 3;
        let lines = |text: &'_ str| {
            text.split_inclusive('\n')
                .map(String::from)
                .collect::<Vec<_>>()
        };
        // Quotes neither add nor remove a line.
        let (old, new) = (lines(&self.source.text), lines(&self.text));
        let changed: Vec<_> = (0..old.len()).filter(|at| old[*at] != new[*at]).collect();
        let mut out = String::new();
        let path = fs::join(Path::new(""), &self.source.path);
        let path = path.strip_prefix("/").unwrap_or(&path).display();
        if !changed.is_empty() {
            write!(out, "--- a/{path}\n+++ b/{path}\n").expect(TO_STRING);
        }
        for hunk in changed.chunk_by(|one, next| next - one <= 2 * CONTEXT) {
            let start = hunk[0].saturating_sub(CONTEXT);
            let end = old.len().min(hunk[hunk.len() - 1] + CONTEXT + 1);
            let count = end - start;
            writeln!(out, "@@ -{0},{count} +{0},{count} @@", start + 1).expect(TO_STRING);
            let mut at = start;
            while at < end {
                let run = (at..end).take_while(|at| old[*at] != new[*at]).count();
                if run == 0 {
                    write_line(&mut out, ' ', &old[at]);
                    at += 1;
                    continue;
                }
                for line in &old[at..at + run] {
                    write_line(&mut out, '-', line);
                }
                for line in &new[at..at + run] {
                    write_line(&mut out, '+', line);
                }
                at += run;
            }
        }
        out
    }
}

const TO_STRING: &str = "writing to a string cannot fail";

fn write_line(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fix(text: &str, schema: Schema, level: Level) -> Fix {
        Fix::of(&Source::new("spec.yaml", text), schema, level).unwrap()
    }

    #[test]
    fn quotes_change_nothing_else() {
        let text = "\u{feff}# é 010\r\nx-t: &t 24:00:00 # once\r\nparameters:\r\n  values:\r\n    \
                    seed: [010, 08, '011', 0.10]\r\n    when: 2024-01-01\r\n      10:00:00Z\r\n    \
                    flag: {\"a\":yes, b: !!int 012}\r\n    time: *t\r\nslurm_args: {defaults: {time: *t, gres: ~}}";
        let expected = text
            .replace("010, 08", "\"010\", 08")
            .replace("24:00:00 ", "\"24:00:00\" ")
            .replace(":yes", ":\"yes\"")
            .replace(
                "2024-01-01\r\n      10:00:00Z",
                "\"2024-01-01\r\n      10:00:00Z\"",
            );
        let Fix {
            text: fixed, left, ..
        } = fix(text, Schema::PyYaml, Level::Warning);
        assert_eq!(fixed, expected);
        assert_eq!(left.len(), 1);
        let all = fix(text, Schema::PyYaml, Level::Info);
        assert_eq!(all.text, expected.replace("0.10", "\"0.10\""));
        assert_eq!(fix(text, Schema::Core, Level::Warning).text, text);
    }

    #[test]
    fn a_diff_has_the_lines_around_each_change() {
        let text = "parameters:\n  values:\n    a: 010\n    b: 011\n    c: 1\n    d: 1\n    e: 1\n    \
                    f: 1\n    g: 1\n    h: 1\n    i: 1\n    j: on";
        assert_eq!(
            fix(text, Schema::PyYaml, Level::Warning).diff(),
            "--- a/spec.yaml\n+++ b/spec.yaml\n@@ -1,7 +1,7 @@\n parameters:\n   values:\n\
             -    a: 010\n-    b: 011\n+    a: \"010\"\n+    b: \"011\"\n     c: 1\n     d: 1\n     \
             e: 1\n@@ -9,4 +9,4 @@\n     g: 1\n     h: 1\n     i: 1\n-    j: on\n\
             \\ No newline at end of file\n+    j: \"on\"\n\\ No newline at end of file\n"
        );
        assert_eq!(fix("a: 010\n", Schema::PyYaml, Level::Warning).diff(), "");
        let named = |path| {
            let source = Source::new(path, "values: [010]\n");
            Fix::of(&source, Schema::PyYaml, Level::Warning)
                .unwrap()
                .diff()
        };
        assert!(named("./exp/spec.yaml").starts_with("--- a/exp/spec.yaml\n"));
        assert!(named("/exp/spec.yaml").starts_with("--- a/exp/spec.yaml\n"));
    }

    proptest! {
        /// Whatever the document, what got quotes is its own text then, and there is no more to do.
        #[test]
        fn what_is_quoted_reads_back_as_its_text(pieces in prop::collection::vec(prop_oneof![
            prop::sample::select(vec![
                "010", "24:00:00", "yes", "0.10", "~", "1:30.5", "2024-01-01 10:00:00Z", "2024-01-01\n      10:00:00",
                "a: ", ", ", "\n    b: ", "\n    - ", "[", "]", "{", "}", " # c\n", "&a ", "*a", "'010'", "!!int ",
                "! ", "\"k\":", "\r\n    c: ", "\t", "|\n      010", "? ", ": ", "é", "<<: ",
            ]).prop_map(String::from),
            "[0-9:._a-z]{1,5}",
        ], 0..12)) {
            let text = format!("parameters:\n  values:\n    {}\n", pieces.concat());
            for schema in [Schema::PyYaml, Schema::Core] {
                let source = Source::new("f", text.as_str());
                for level in [Level::Warning, Level::Info] {
                    let Ok(first) = Fix::of(&source, schema, level) else { continue };
                    let fixed = Source::new("f", first.text.as_str());
                    let again = Fix::of(&fixed, schema, level).unwrap();
                    prop_assert!(again.quoted.is_empty(), "{} from {text}", first.text);
                    prop_assert_eq!(&again.text, &first.text);
                    prop_assert_eq!(first.diff().is_empty(), first.quoted.is_empty());
                }
            }
        }
    }
}
