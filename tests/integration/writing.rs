//! What is on disk when writing goes wrong: the old or the new, never half.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::small_disk::SmallDisk;
use super::test::{SPEC, Test, contains, two_jobs};

/// A spec of `count` jobs.
fn many(count: usize) -> String {
    let values: Vec<_> = (0..count).map(|n| n.to_string()).collect();
    SPEC.replace("0.1, 0.01", &values.join(", "))
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let test = two_jobs().file("spec.yaml", &many(3));
    let out = test.path().join("out");
    let Some(disk) = SmallDisk::mount(&out) else {
        // Without the right to mount, `/dev/full` at least refuses the bytes.
        fs::remove_dir(&out).unwrap();
        assert!(fs::write("/dev/full", "x").is_err());
        return;
    };
    test.ok("generate spec.yaml");
    disk.leave(16);
    let before = test.tree();
    let record = test.read(".slurmkit/collections/default.yaml");
    test.write("spec.yaml", &many(300));
    let run = test.run("generate spec.yaml");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    contains(
        &run.stderr,
        &["error: cannot write a script to `out`: No space left on device"],
    );
    assert_eq!(test.tree(), before);
    assert_eq!(test.read(".slurmkit/collections/default.yaml"), record);
    disk.make_room();
    test.write("spec.yaml", &many(30));
    test.ok("generate spec.yaml");
}

#[test]
fn a_kill_at_any_moment_leaves_whole_scripts() {
    let test = two_jobs();
    let script = |version: u32, n: usize| format!("{version} {}\n{n}\n", "x".repeat(5000));
    let template = |version: u32| format!("{version} {}\n{{{{ lr }}}}\n", "x".repeat(5000));
    let count = 400;
    test.write("spec.yaml", &many(count));
    test.write("train.job.j2", &template(0));
    test.ok("generate spec.yaml");
    for version in 1..=12 {
        test.write("train.job.j2", &template(version));
        let mut child = test
            .command()
            .args(["generate", "spec.yaml", "--force", "-q"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(version) * 6));
        child.kill().unwrap();
        child.wait().unwrap();
        for n in 0..count {
            let text = test.read(&format!("out/lr{n}.job"));
            let whole = (0..=version).any(|version| text == script(version, n));
            assert!(
                whole,
                "half a script after the kill of run {version}: lr{n}.job"
            );
        }
        contains(&test.ok("collection list"), &["400"]);
    }
    test.ok("generate spec.yaml -q --force");
    let litter: Vec<_> = test
        .tree()
        .into_iter()
        .filter(|path| path.contains("staging"))
        .collect();
    assert_eq!(
        litter, [""; 0],
        "what killed runs left is removed by the next"
    );
}

#[test]
fn an_interrupt_ends_with_130_and_leaves_nothing_behind() {
    let test = Test::new()
        .file("spec.yaml", &many(20_000))
        .file("train.job.j2", "x\n");
    let mut child = test
        .command()
        .args(["generate", "spec.yaml"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The staging folder shows that scripts are being written.
    let staging = || {
        let entries = fs::read_dir(test.path().join("out")).into_iter().flatten();
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with('.'))
    };
    while !staging() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let code = child.wait().unwrap().code();
    if code == Some(0) {
        // The run was done before the signal arrived.
        return;
    }
    assert_eq!(code, Some(130));
    assert!(!test.exists(".slurmkit/collections/default.lock"));
}
