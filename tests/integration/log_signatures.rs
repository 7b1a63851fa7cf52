//! Why jobs failed, by logs as programs of all kinds write them: `tests/corpus/logs`.

use std::collections::BTreeMap;

use slurmkit::logs::signature;

use super::test::project;

const EXPECTED: &[(&str, &str)] = &[];

#[test]
fn logs_say_why_their_jobs_failed() {
    let folder = project().join("tests/corpus/logs");
    let files = std::fs::read_dir(&folder).unwrap();
    let read: BTreeMap<String, String> = files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, signature(&path).to_string())
        })
        .collect();
    let expected = EXPECTED.iter();
    let expected: BTreeMap<String, String> = expected
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    let lines = |all: &BTreeMap<String, String>| -> String {
        let lines = all.iter();
        lines
            .map(|(name, text)| format!("    ({name:?}, {text:?}),\n"))
            .collect()
    };
    assert!(read == expected, "the logs say\n{}", lines(&read));
}
