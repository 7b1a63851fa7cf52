use std::collections::BTreeMap;

use crate::answers::Status;
use crate::project::{Job, Project};

/// `MaxArraySize` of the cluster is 101.
const LONGEST: usize = 101;

/// How many tasks each array has.
fn arrays(status: &Status) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for id in status.ids() {
        let (array, _) = id
            .split_once('_')
            .unwrap_or_else(|| panic!("{id} is no task of an array"));
        *found.entry(array.to_owned()).or_insert(0) += 1;
    }
    found
}

#[track_caller]
fn each_ran_its_own_script(project: &Project, status: &Status) {
    for job in &status.jobs {
        let name = &job.job_name;
        let log = project.log(job);
        let own = format!("script {name} as {name}, first stage\n");
        assert_eq!(log, own, "{job:?}");
    }
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn five_hundred_jobs_go_as_arrays_no_longer_than_slurm_takes() {
    let project = Project::with("wide", &Job::many(500, "true"));
    let sent = project.submit("wide").complete();
    assert_eq!(sent.submitted.len(), 500);
    let status = project.status_at_end("wide");
    assert!(status.all("COMPLETED"), "{:?}", status.counts);
    let arrays = arrays(&status);
    assert_eq!(arrays.len(), 500_usize.div_ceil(LONGEST), "{arrays:?}");
    project.exactly_once("wide", 500, "as arrays");
    each_ran_its_own_script(&project, &status);
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn arrays_begin_at_twenty_jobs() {
    let project = Project::new();
    project.generate("few", &Job::held(19));
    project.generate("many", &Job::held(20));
    for (collection, options, as_array) in [("few", "", false), ("many", "", true)] {
        project
            .submit(&format!("{collection} {options}"))
            .complete();
        let ids = project.status(collection).ids();
        assert!(ids.iter().all(|id| id.contains('_') == as_array), "{ids:?}");
    }
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn arrays_are_chosen_and_refused_by_options() {
    let project = Project::new();
    project.generate("few", &Job::many(5, "true"));
    project.generate("many", &Job::many(25, "true"));
    project.submit("few --array").complete();
    project.submit("many --no-array").complete();
    let few = project.status_at_end("few");
    let many = project.status_at_end("many");
    assert_eq!(arrays(&few).len(), 1);
    assert!(many.ids().iter().all(|id| !id.contains('_')), "{many:?}");
    each_ran_its_own_script(&project, &few);
    each_ran_its_own_script(&project, &many);
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn jobs_of_other_resources_keep_them_in_arrays() {
    let command = "echo memory $SLURM_MEM_PER_NODE";
    let jobs: Vec<Job> = Job::many(60, command)
        .into_iter()
        .enumerate()
        .map(|(index, job)| job.with("mem", if index % 2 == 0 { "110M" } else { "120M" }))
        .collect();
    let project = Project::with("mixed", &jobs);
    project.submit("mixed").complete();
    let status = project.status_at_end("mixed");
    for (index, job) in status.jobs.iter().enumerate() {
        let memory = if index % 2 == 0 { 110 } else { 120 };
        let log = project.log(job);
        assert!(log.ends_with(&format!("memory {memory}\n")), "{log}");
    }
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn no_more_tasks_run_than_asked_for() {
    let project = Project::with("throttled", &Job::many(24, "sleep 1"));
    project.submit("throttled --max-running 2").complete();
    project.status_when("throttled", |status| {
        let running = project
            .queue()
            .iter()
            .filter(|job| job.state == "RUNNING")
            .count();
        assert!(running <= 2, "{running} run");
        status.count("COMPLETED") >= 6
    });
}
