use std::borrow::Cow;

/// What the `#SBATCH` lines of a script ask for, as `sbatch` reads them.
///
/// They count up to the first command (`man sbatch`, "before any executable commands").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// The program that runs the script, with its arguments, from the line `#!`.
    pub interpreter: String,
    /// Long names and values, in order.
    options: Vec<(Cow<'static, str>, Option<String>)>,
}

/// Options with one letter, and their long names.
const LETTERS: [(char, &str); 32] = [
    ('a', "array"),
    ('A', "account"),
    ('b', "begin"),
    ('B', "extra-node-info"),
    ('c', "cpus-per-task"),
    ('C', "constraint"),
    ('d', "dependency"),
    ('D', "chdir"),
    ('e', "error"),
    ('F', "nodefile"),
    ('G', "gpus"),
    ('H', "hold"),
    ('i', "input"),
    ('J', "job-name"),
    ('k', "no-kill"),
    ('L', "licenses"),
    ('m', "distribution"),
    ('M', "clusters"),
    ('n', "ntasks"),
    ('N', "nodes"),
    ('o', "output"),
    ('O', "overcommit"),
    ('p', "partition"),
    ('q', "qos"),
    ('Q', "quiet"),
    ('s', "oversubscribe"),
    ('S', "core-spec"),
    ('t', "time"),
    ('v', "verbose"),
    ('w', "nodelist"),
    ('W', "wait"),
    ('x', "exclude"),
];

/// Long options that stand alone; others have their value after `=` or white space.
const FLAGS: [&str; 18] = [
    "contiguous",
    "get-user-env",
    "hold",
    "ignore-pbs",
    "kill-on-invalid-dep",
    "no-kill",
    "no-requeue",
    "overcommit",
    "oversubscribe",
    "parsable",
    "quiet",
    "reboot",
    "requeue",
    "spread-job",
    "test-only",
    "use-min-nodes",
    "verbose",
    "wait",
];

impl Directives {
    /// The options of `sbatch` that ask for something; see `man sbatch`.
    pub const OPTIONS: [&'static str; 72] = [
        "account",
        "begin",
        "bb",
        "bbf",
        "chdir",
        "cluster-constraint",
        "clusters",
        "constraint",
        "container",
        "contiguous",
        "core-spec",
        "cores-per-socket",
        "cpu-freq",
        "cpus-per-gpu",
        "cpus-per-task",
        "deadline",
        "delay-boot",
        "dependency",
        "distribution",
        "exclude",
        "exclusive",
        "export",
        "extra",
        "extra-node-info",
        "gpu-bind",
        "gpu-freq",
        "gpus",
        "gpus-per-node",
        "gpus-per-socket",
        "gpus-per-task",
        "gres",
        "gres-flags",
        "hint",
        "hold",
        "licenses",
        "mail-type",
        "mail-user",
        "mcs-label",
        "mem",
        "mem-bind",
        "mem-per-cpu",
        "mem-per-gpu",
        "mincpus",
        "network",
        "nice",
        "no-kill",
        "no-requeue",
        "nodelist",
        "nodes",
        "ntasks",
        "ntasks-per-core",
        "ntasks-per-gpu",
        "ntasks-per-node",
        "ntasks-per-socket",
        "overcommit",
        "oversubscribe",
        "partition",
        "prefer",
        "priority",
        "qos",
        "reboot",
        "requeue",
        "reservation",
        "signal",
        "sockets-per-node",
        "spread-job",
        "switches",
        "threads-per-core",
        "time",
        "time-min",
        "tmp",
        "wckey",
    ];

    /// Whether `sbatch` has an option of this name that asks for something.
    pub fn is_option(name: &str) -> bool {
        Self::OPTIONS.contains(&name)
    }

    /// Reads the head of a script.
    pub fn parse(script: &str) -> Self {
        let mut directives = Self::default();
        for (index, line) in script.lines().enumerate() {
            if let Some(interpreter) = line.strip_prefix("#!").filter(|_| index == 0) {
                directives.interpreter = interpreter.trim().into();
            } else if let Some(arguments) = line.strip_prefix("#SBATCH") {
                let words = split(arguments);
                // What follows is of another part of a heterogeneous job.
                if let Some("hetjob" | "packjob") = words.first().map(String::as_str) {
                    directives.options.push(("hetjob".into(), None));
                    break;
                }
                directives.add(&words);
            } else if !line.trim_start().starts_with('#') && !line.trim().is_empty() {
                break;
            }
        }
        directives
    }

    fn add(&mut self, words: &[String]) {
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            let mut next_value = || words.next_if(|next| !next.starts_with('-')).cloned();
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = match long.split_once('=') {
                    Some((name, value)) => (whole(name), Some(value.to_owned())),
                    None if FLAGS.contains(&whole(long)) => (whole(long), None),
                    None => (whole(long), next_value()),
                };
                self.options.push((name.to_owned().into(), value));
            } else if let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) {
                let letter = short.chars().next().unwrap_or_default();
                let Some((_, name)) = LETTERS.iter().find(|(known, _)| *known == letter) else {
                    continue;
                };
                let rest = &short[letter.len_utf8()..];
                let value = match rest {
                    "" if FLAGS.contains(name) => None,
                    "" => next_value(),
                    rest => Some(rest.trim_start_matches('=').to_owned()),
                };
                self.options.push(((*name).into(), value));
            }
        }
    }

    /// With options of the command line, which win.
    #[must_use]
    pub fn with(mut self, options: &[(String, String)]) -> Self {
        let options = options.iter();
        let options = options.map(|(name, value)| (name.clone().into(), Some(value.clone())));
        self.options.extend(options);
        self
    }

    /// The last value of an option by its long name; `""` for one that stands alone.
    pub fn get(&self, name: &str) -> Option<&str> {
        let said = self.options.iter().rev().find(|(known, _)| known == name);
        said.map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// All options in order, by their long names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let options = self.options.iter();
        options.map(|(name, value)| (&**name, value.as_deref()))
    }
}

/// The option that a long name is the beginning of, if it is the beginning of one alone; see
/// `getopt_long(3)`.
fn whole(name: &str) -> &str {
    let known = || {
        let lettered = LETTERS.iter().map(|(_, name)| name);
        Directives::OPTIONS
            .iter()
            .chain(&FLAGS)
            .chain(lettered)
            .copied()
    };
    if known().any(|known| known == name) {
        return name;
    }
    let mut begun: Vec<&str> = known().filter(|known| known.starts_with(name)).collect();
    begun.sort_unstable();
    begun.dedup();
    match *begun {
        [whole] => whole,
        _ => name,
    }
}

/// Takes a line apart as `sbatch` does: at white space outside quotes, up to a `#`.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', _) => word.get_or_insert_default().extend(chars.next()),
            ('"' | '\'', None) => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            ('#', None) if word.is_none() => break,
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_parts_of_a_heterogeneous_job_are_its_own() {
        for word in ["hetjob", "packjob"] {
            let head = format!("#!/bin/sh\n#SBATCH -o a\n#SBATCH {word}\n#SBATCH -o b\n");
            let directives = Directives::parse(&head);
            assert_eq!(directives.get("hetjob"), Some(""));
            assert_eq!(directives.get("output"), Some("a"));
        }
    }

    #[test]
    fn options_are_read_as_sbatch_reads_them() {
        let directives = Directives::parse(
            "#!/bin/bash -l\n# a comment\n#SBATCH --job-name=\"a b\" --mem 4G\n\
             #SBATCH -t10:00 -p gpu # why\n\n#SBATCH --exclusive\n#SBATCH -o logs/%x.out\n\
             ##SBATCH --qos=no\nmodule load x\n#SBATCH --account=late\n",
        );
        assert_eq!(directives.interpreter, "/bin/bash -l");
        let options: Vec<_> = directives.iter().collect();
        assert_eq!(
            options,
            [
                ("job-name", Some("a b")),
                ("mem", Some("4G")),
                ("time", Some("10:00")),
                ("partition", Some("gpu")),
                ("exclusive", None),
                ("output", Some("logs/%x.out")),
            ]
        );
        assert_eq!(directives.get("exclusive"), Some(""));
        let cut = Directives::parse("#!/bin/sh\n#SBATCH --out=a --part gpu --n=2\n");
        let options: Vec<_> = cut.iter().collect();
        assert_eq!(
            options,
            [
                ("output", Some("a")),
                ("partition", Some("gpu")),
                ("n", Some("2")),
            ]
        );
        assert_eq!(directives.get("account"), None);
    }
}
