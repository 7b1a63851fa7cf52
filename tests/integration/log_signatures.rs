//! Why jobs failed, by logs as programs of all kinds write them: `tests/corpus/logs`.

use std::collections::BTreeMap;

use slurmkit::logs::signature;

use super::test::project;

const EXPECTED: &[(&str, &str)] = &[
    (
        "apptainer",
        "FATAL: could not open image /home/mia/images/torch.sif: failed to retrieve path",
    ),
    (
        "bash_command",
        "slurm_script: line 14: pythn: command not found",
    ),
    ("bash_killed", "slurm_script: line 12: 20113 Killed"),
    (
        "bash_segfault",
        "slurm_script: line 8: 9113 Segmentation fault",
    ),
    (
        "bash_unbound",
        "slurm_script: line 6: DATA_DIR: unbound variable",
    ),
    (
        "c_assert",
        "sim: mesh.c:120: refine: Assertion `n > 0' failed",
    ),
    ("cancelled", "CANCELLED AT 2024-05-02T01:20:13"),
    (
        "conda_no_env",
        "EnvironmentNameNotFound: Could not find conda environment: torch21",
    ),
    (
        "conda_not_init",
        "CondaError: Run 'conda init' before 'conda activate'",
    ),
    ("cpp_terminate", "std::bad_alloc"),
    (
        "dataloader_killed",
        "slurmstepd: error: Detected 1 oom_kill event in StepId=812.batch",
    ),
    (
        "disk_full",
        "cp: error writing '/scratch/mia/ckpt_17.pt': No space left on device",
    ),
    ("empty", "no output"),
    (
        "fortran",
        "Fortran runtime error: End of file (solver.f90:42)",
    ),
    (
        "fortran_intel",
        "forrtl: severe (24): end-of-file during read, unit 10, file /scratch/jo/run3/grid.dat",
    ),
    (
        "go",
        "panic: runtime error: index out of range [5] with length 3 (main.go:14)",
    ),
    (
        "hydra",
        "ValueError: Expected input batch_size (128) to match target batch_size (64) (app.py:44)",
    ),
    (
        "java",
        "java.lang.OutOfMemoryError: Java heap space (Grid.java:77)",
    ),
    (
        "jax_oom",
        "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 128… (run.py:203)",
    ),
    ("julia", "UndefVarError: `step!` not defined (main.jl:20)"),
    ("lmod", "The following module(s) are unknown: \"cuda/12.9\""),
    (
        "matlab",
        "Incorrect dimensions for matrix multiplication. Check that the number of columns match (simulate:14)",
    ),
    (
        "matlab_name",
        "Unrecognized function or variable 'alpha' (sweep:9)",
    ),
    (
        "memory_limit",
        "slurmstepd: error: Exceeded job memory limit",
    ),
    (
        "mpi_abort",
        "MPI_ABORT was invoked on rank 3 in communicator MPI_COMM_WORLD",
    ),
    (
        "mpi_killed",
        "mpirun noticed that process rank 5 with PID 31337 on node cn07 exited on signal 9 (Killed)",
    ),
    (
        "nccl_watchdog",
        "c10::DistBackendError: [PG 0 Rank 2] Process group watchdog thread terminated with exception: [Rank …",
    ),
    ("no_words", "no output"),
    ("not_text", "last words"),
    (
        "oom_cgroup",
        "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=4711.batch cgroup",
    ),
    ("plain_last_line", "input file has 17 columns, expected 12"),
    (
        "preempted",
        "CANCELLED AT 2024-05-02T01:20:13 DUE TO PREEMPTION",
    ),
    (
        "python_after_progress",
        "IndexError: list index out of range (fit.py:9)",
    ),
    (
        "python_argparse",
        "train.py: error: unrecognized arguments: --learning-rate 0.1",
    ),
    (
        "python_chained",
        "RuntimeError: shard /data/shards/00017.bin is gone (io.py:12)",
    ),
    (
        "python_fatal",
        "Fatal Python error: Segmentation fault (stats.py:77)",
    ),
    ("python_group", "ValueError: empty shard (jobs.py:9)"),
    (
        "python_progress",
        "ZeroDivisionError: division by zero (fit.py:5)",
    ),
    (
        "python_recursion",
        "RecursionError: maximum recursion depth exceeded in comparison (tree.py:3)",
    ),
    ("python_rich", "KeyError: 'adamx' (cli.py:31)"),
    (
        "python_syntax",
        "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)? (train.py:7)",
    ),
    (
        "r_long",
        "Error in optim(par = start, fn = likelihood, method = \"BFGS\") : initial value in 'vmmin' is not fini…",
    ),
    (
        "r_object",
        "Error in fit_model(data, seed = 3) : object 'covariates' not found",
    ),
    (
        "r_package",
        "Error in library(brms) : there is no package called ‘brms’",
    ),
    (
        "rust_panic",
        "panicked: index out of bounds: the len is 3 but the index is 7 (solver.rs:88)",
    ),
    (
        "rust_panic_old",
        "panicked: called `Option::unwrap()` on a `None` value (main.rs:12)",
    ),
    (
        "shared_library",
        "./solver: error while loading shared libraries: libmkl_rt.so.2: cannot open shared object file: No s…",
    ),
    (
        "srun_exit",
        "srun: error: cn12: task 3: Exited with exit code 17",
    ),
    (
        "tensorflow_missing_lib",
        "ModuleNotFoundError: No module named 'tensorflow_addons' (fit.py:3)",
    ),
    (
        "time_limit",
        "CANCELLED AT 2024-05-02T12:00:13 DUE TO TIME LIMIT",
    ),
    (
        "torch_cuda_oom",
        "torch.OutOfMemoryError: CUDA out of memory (train.py:88)",
    ),
    (
        "torch_cuda_oom_again",
        "torch.OutOfMemoryError: CUDA out of memory (train.py:88)",
    ),
    (
        "torch_device_assert",
        "RuntimeError: CUDA error: device-side assert triggered (train.py:41)",
    ),
    ("torch_spawn", "KeyError: 'val_loss' (spawn.py:12)"),
    (
        "torch_state_dict",
        "RuntimeError: Error(s) in loading state_dict for ResNet: Missing key(s) in state_dict: \"fc.weight\", … (eval.py:19)",
    ),
    (
        "torchrun_ranks",
        "ValueError: batch of 30 for 4 ranks (ddp.py:54)",
    ),
];

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

#[test]
fn jobs_that_fail_alike_have_equal_signatures() {
    let of = |name: &str| signature(&project().join("tests/corpus/logs").join(name));
    assert_eq!(of("torch_cuda_oom.out"), of("torch_cuda_oom_again.out"));
    assert_ne!(of("bash_killed.out"), of("bash_segfault.out"));
    assert_ne!(of("cancelled.out"), of("time_limit.out"));
}
