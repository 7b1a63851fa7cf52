//! `cargo bench`: what a large sweep costs, against what its files alone cost.
//!
//! Prints seconds and MiB; asserts nothing, as machines differ. Set `SLURMKIT_BENCH_DIR` to
//! measure another file system than that of the temporary folder.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TEMPLATE: &str = include_str!("../examples/quickstart/train.job.j2");

const RHAI: &str = "\
fn include_params(params) {
    params.model != \"none\" && params.learning_rate > 0.0
}

fn get_slurm_args(params, defaults) {
    let args = defaults;
    if params.batch_size > 4 {
        args.mem = \"32G\";
    }
    args
}
";

const PYTHON: &str = "\
def include_params(params):
    return params['model'] != 'none' and params['learning_rate'] > 0.0


def get_slurm_args(params, defaults):
    args = dict(defaults)
    if params['batch_size'] > 4:
        args['mem'] = '32G'
    return args
";

fn main() {
    let base =
        std::env::var_os("SLURMKIT_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let root = tempfile::Builder::new()
        .prefix("slurmkit-bench-")
        .tempdir_in(base)
        .unwrap();
    let root = root.path();
    prepare(root);

    let version = best_of(5, || run(root, &["--version"]));
    report("start-up (--version)", &version);

    let rhai = run(root, &["generate", "rhai.yaml", "--collection", "rhai"]);
    report("100,000 jobs, Rhai hooks", &rhai);
    let again = run(root, &["generate", "rhai.yaml", "--collection", "rhai"]);
    report("the same again, nothing to do", &again);
    let python = run(root, &["generate", "python.yaml", "--collection", "python"]);
    report("100,000 jobs, Python hooks", &python);
    let bare = bare_loop(root);
    println!(
        "{:44} {:>8.2} s",
        "the same files in a bare loop",
        bare.as_secs_f64()
    );
    let factor = rhai.time.as_secs_f64() / bare.as_secs_f64();
    println!("{:44} {factor:>8.2}", "Rhai run / bare loop");

    for (what, spec) in [
        ("dry run of 1,000,000, no hooks", "million.yaml"),
        ("dry run of 1,000,000, name pattern", "million_named.yaml"),
        ("dry run of 100,000, Rhai hooks", "rhai.yaml"),
    ] {
        report(
            what,
            &run(
                root,
                &["generate", spec, "--dry-run", "--collection", "dry"],
            ),
        );
    }
}

fn prepare(root: &Path) {
    let write = |name: &str, text: &str| fs::write(root.join(name), text).unwrap();
    write("train.job.j2", TEMPLATE);
    write("hooks.rhai", RHAI);
    write("hooks.py", PYTHON);
    let pattern = "job_name_pattern: \"{{ model }}_lr{{ learning_rate }}_bs{{ batch_size }}_s{{ seed }}_f{{ fold }}\"\n";
    for (name, output, pattern, hooks, extra) in [
        ("rhai.yaml", "rhai", pattern, Some("hooks.rhai"), 0),
        ("python.yaml", "python", pattern, Some("hooks.py"), 0),
        ("million.yaml", "million", "", None, 10),
        ("million_named.yaml", "million", pattern, None, 10),
    ] {
        write(name, &spec(output, pattern, hooks, extra));
    }
}

/// Five axes of ten values, and a sixth of `extra`.
fn spec(output: &str, pattern: &str, hooks: Option<&str>, extra: u32) -> String {
    let (filter, logic) = hooks.map_or_else(Default::default, |file| {
        (format!("  filter: {file}\n"), format!("  logic: {file}\n"))
    });
    let numbers = |count: u32| {
        (1..=count)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let models: Vec<_> = (1..=10).map(|n| format!("resnet{n}")).collect();
    let rates: Vec<_> = (1..=10).map(|n| format!("0.{n:04}")).collect();
    let sixth = if extra == 0 {
        String::new()
    } else {
        format!("    repeat: [{}]\n", numbers(extra))
    };
    let pattern = if extra == 0 || pattern.is_empty() {
        pattern.to_owned()
    } else {
        pattern.replace("\"\n", "_r{{ repeat }}\"\n")
    };
    format!(
        "template: train.job.j2\noutput_dir: {output}\nlogs_dir: logs\n{pattern}parameters:\n  \
         values:\n    model: [{}]\n    learning_rate: [{}]\n    batch_size: [{}]\n    seed: [{}]\n    \
         fold: [{}]\n{sixth}{filter}slurm_args:\n  defaults: {{partition: gpu, time: \"04:00:00\", \
         mem: 16G, gpus: 1}}\n{logic}",
        models.join(", "),
        rates.join(", "),
        numbers(10),
        numbers(10),
        numbers(10),
    )
}

/// The time of a run and the most memory it had.
struct Cost {
    time: Duration,
    mib: f64,
}

fn run(root: &Path, args: &[&str]) -> Cost {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_slurmkit"))
        .args(args)
        .current_dir(root)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut mib: f64 = 0.0;
    let exit = loop {
        let peak = fs::read_to_string(&status).ok().and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim().strip_suffix(" kB")?.parse::<f64>().ok()
        });
        mib = mib.max(peak.unwrap_or(0.0) / 1024.0);
        if let Some(exit) = child.try_wait().unwrap() {
            break exit;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(exit.success(), "slurmkit {args:?}: {exit}");
    Cost {
        time: start.elapsed(),
        mib,
    }
}

fn best_of(times: usize, run: impl Fn() -> Cost) -> Cost {
    (0..times)
        .map(|_| run())
        .min_by_key(|cost| cost.time)
        .unwrap()
}

fn report(what: &str, cost: &Cost) {
    println!(
        "{what:44} {:>8.3} s {:>8.0} MiB",
        cost.time.as_secs_f64(),
        cost.mib
    );
}

/// Creates, writes and closes files of the names and contents that the Rhai run made.
fn bare_loop(root: &Path) -> Duration {
    let files: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(root.join("rhai"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (
                root.join("bare").join(entry.file_name()),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect();
    fs::create_dir(root.join("bare")).unwrap();
    let start = Instant::now();
    for (path, contents) in files {
        let mut file = fs::File::create(path).unwrap();
        file.write_all(&contents).unwrap();
    }
    start.elapsed()
}
