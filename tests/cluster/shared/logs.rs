use crate::project::{Job, Project};

fn ended(options: &str) -> Project {
    let mut jobs = Job::many(3, "seq 100");
    jobs.push(Job::new("bad", "echo what went wrong; exit 1"));
    let project = Project::with("sweep", &jobs);
    project.submit(&format!("sweep {options}")).complete();
    project.status_at_end("sweep");
    project
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn logs_of_single_jobs_and_of_tasks_are_shown() {
    for options in ["--no-array", "--array"] {
        let project = ended(options);
        let one = project.ok("logs sweep job001");
        assert!(one.contains("script job001 as job001"), "{one}");
        assert!(!one.contains("script job002"), "{one}");
        let tail = project.ok("logs sweep job001 --tail 2");
        assert!(
            tail.contains("99\n100\n") && !tail.contains("98\n"),
            "{tail}"
        );
        let failed = project.ok("logs sweep --failed");
        assert!(failed.contains("what went wrong"), "{failed}");
        assert!(!failed.contains("script job001"), "{failed}");
    }
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_job_id_leads_to_its_log() {
    for options in ["--no-array", "--array"] {
        let project = ended(options);
        for job in &project.status("sweep").jobs {
            let found = project.ok(&format!("find {}", job.id()));
            assert_eq!(project.read(found.trim_end()), project.log(job));
        }
    }
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_log_is_followed_to_the_end_of_its_job() {
    let command = "for i in 1 2 3; do echo line $i; sleep 1; done";
    let project = Project::with("sweep", &[Job::new("slow", command)]);
    project.submit("sweep").complete();
    let log = project.ok("logs sweep slow --follow");
    assert!(log.contains("line 1\nline 2\nline 3\n"), "{log}");
}
