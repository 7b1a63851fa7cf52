//! `MaxSubmitJobs`: how many jobs a user may have in the queue.

use std::thread;

use crate::cluster::Cluster;
use crate::project::{Job, Project};

/// A limit that is lifted when this is dropped.
struct Limit<'a>(&'a Cluster);

impl<'a> Limit<'a> {
    /// Room for some more jobs than are there.
    fn room_for(cluster: &'a Cluster, jobs: usize) -> Self {
        let there = cluster.ask("squeue", &["-h", "-r", "-u", "root"]);
        let limit = Self(cluster);
        limit.set(&(there.lines().count() + jobs).to_string());
        limit
    }

    fn set(&self, value: &str) {
        let value = format!("MaxSubmitJobs={value}");
        let args = ["-i", "modify", "user", "root", "set", &value];
        let run = self.0.run("sacctmgr", &args);
        // A second panic would end the whole program.
        assert!(thread::panicking() || run.code == Some(0), "{}", run.stderr);
    }
}

impl Drop for Limit<'_> {
    fn drop(&mut self) {
        self.set("-1");
    }
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn what_a_user_may_have_is_sent_and_the_rest_left_with_a_message() {
    let project = Project::with("sweep", &Job::held(40));
    let limit = Limit::room_for(&project.cluster, 15);
    let sent = project.submit("sweep --no-array");
    assert_eq!(
        (sent.code, sent.submitted.len(), sent.left),
        (Some(1), 15, 25),
        "{sent:?}"
    );
    let message = format!("{:?}", sent.message);
    assert!(
        message.contains("limit") || message.contains("Limit"),
        "{message}"
    );
    assert_eq!(project.queue().len(), 15);
    assert_eq!(project.status("sweep").count("UNSUBMITTED"), 25);
    drop(limit);
    project.submit("sweep --no-array").complete();
    project.exactly_once("sweep", 40, "after the limit was lifted");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn an_array_that_does_not_fit_is_not_lost() {
    let project = Project::with("sweep", &Job::held(40));
    let limit = Limit::room_for(&project.cluster, 15);
    let sent = project.submit("sweep --array");
    assert_eq!(sent.code, Some(1), "{sent:?}");
    assert_eq!(sent.submitted.len() + sent.left, 40, "{sent:?}");
    assert!(sent.message.is_some(), "{sent:?}");
    assert_eq!(project.queue().len(), sent.submitted.len());
    drop(limit);
    project.submit("sweep --array").complete();
    project.exactly_once("sweep", 40, "after the limit was lifted");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn waiting_for_room_sends_all_in_the_end() {
    for options in ["--no-array", "--array"] {
        let project = Project::with("sweep", &Job::many(40, "true"));
        let limit = Limit::room_for(&project.cluster, 15);
        project
            .submit(&format!("sweep --wait-for-room --interval 10 {options}"))
            .complete();
        drop(limit);
        project.exactly_once("sweep", 40, options);
        let status = project.status_at_end("sweep");
        assert!(status.all("COMPLETED"), "{status:?}");
    }
}
