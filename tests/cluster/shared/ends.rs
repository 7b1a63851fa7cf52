use crate::answers::{JobStatus, Status};
use crate::cluster::Cluster;
use crate::poll::until;
use crate::project::{Job, Project};

/// Takes a node down, and brings it back whatever happens.
struct NodeDown<'a>(&'a Cluster, &'a str);

impl<'a> NodeDown<'a> {
    fn new(cluster: &'a Cluster, node: &'a str) -> Self {
        let name = format!("nodename={node}");
        let args = ["update", &name, "state=down", "reason=test"];
        cluster.ask("scontrol", &args);
        Self(cluster, node)
    }
}

impl Drop for NodeDown<'_> {
    fn drop(&mut self) {
        let name = format!("nodename={}", self.1);
        self.0.run("scontrol", &["update", &name, "state=resume"]);
    }
}

/// Holds 300 MB until it is ended.
const HOG: &str = "{ head -c 300000000 /dev/zero; sleep 60; } | tail >/dev/null";

fn sixty() -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut add = |kind: &str, count: usize, job: &dyn Fn(String) -> Job| {
        jobs.extend((0..count).map(|index| job(format!("{kind}{index}"))));
    };
    add("fine", 30, &|name| Job::new(name, "true"));
    add("three", 12, &|name| Job::new(name, "exit 3"));
    add("crash", 7, &|name| Job::new(name, "kill -SEGV $$"));
    add("long", 1, &|name| {
        Job::new(name, "sleep 600").with("time", 1)
    });
    add("unwanted", 5, &|name| Job::new(name, "sleep 600"));
    add("hog", 3, &|name| Job::new(name, HOG).with("mem", "50M"));
    add("stranded", 2, &|name| {
        Job::new(name, "sleep 600")
            .with("partition", "gpu")
            .with("nodelist", "node4")
            .with("no-requeue", true)
    });
    jobs
}

fn expected(cluster: &Cluster, name: &str) -> (&'static str, &'static str) {
    match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "fine" => ("COMPLETED", "0:0"),
        "three" => ("FAILED", "3:0"),
        "crash" => ("FAILED", "0:11"),
        "long" => ("TIMEOUT", "0:0"),
        "unwanted" => ("CANCELLED", "0:0"),
        "hog" if cluster.limits_memory_by_cgroup() => ("OUT_OF_MEMORY", "0:125"),
        "hog" => ("FAILED", "0:9"),
        "stranded" => ("NODE_FAIL", "0:0"),
        other => panic!("unexpected job {other}"),
    }
}

fn of_kind<'a>(status: &'a Status, kind: &'a str) -> impl Iterator<Item = &'a JobStatus> {
    status
        .jobs
        .iter()
        .filter(move |job| job.job_name.starts_with(kind))
}

fn all_run(status: &Status, kind: &str) -> bool {
    of_kind(status, kind).all(|job| job.state == "RUNNING")
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn every_end_of_a_job_is_told_as_the_accounting_tells_it() {
    let jobs = sixty();
    assert_eq!(jobs.len(), 60);
    let project = Project::with("ends", &jobs);
    assert_eq!(project.status("ends").count("UNSUBMITTED"), 60);
    let sent = project.submit("ends").complete();
    let status = project.status("ends");
    for job in &sent.submitted {
        assert_eq!(status.job(&job.job_name).id(), job.job_id);
    }
    assert_eq!(sent.submitted.len(), 60);

    let both_run = |status: &Status| all_run(status, "stranded") && all_run(status, "unwanted");
    let status = project.status_when("ends", both_run);
    let cancelled: Vec<String> = of_kind(&status, "unwanted").map(JobStatus::id).collect();
    let cancelled: Vec<&str> = cancelled.iter().map(String::as_str).collect();
    project.cluster.ask("scancel", &cancelled);
    drop(NodeDown::new(&project.cluster, "node4"));

    let status = agrees_with_the_accounting(&project);
    let wrong: Vec<&JobStatus> = status
        .jobs
        .iter()
        .filter(|job| {
            let (state, exit_code) = expected(&project.cluster, &job.job_name);
            job.state != state || job.exit_code.as_deref() != Some(exit_code) || job.attempts != 1
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The status of the ended jobs, as soon as it is that of the accounting. This one comes a little after
/// the controller, and differs: the exit code of a job cancelled while it ran is `0:15` there.
fn agrees_with_the_accounting(project: &Project) -> Status {
    let ids = project.status_at_end("ends").ids();
    until("status and accounting to agree", || {
        let status = project.status("ends");
        let accounted = project.cluster.accounted(&ids);
        let agrees = |job: &JobStatus| {
            accounted.get(&job.id()).is_some_and(|row| {
                row.state == job.state && Some(&row.exit_code) == job.exit_code.as_ref()
            })
        };
        status.jobs.iter().all(agrees).then_some(status)
    })
}
