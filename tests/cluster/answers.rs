//! What `slurmkit --json` prints.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Submission {
    #[serde(skip)]
    pub code: Option<i32>,
    #[serde(skip)]
    pub stderr: String,
    pub collection: String,
    pub submitted: Vec<Sent>,
    pub recovered: Vec<Sent>,
    pub left: usize,
    pub unsettled: usize,
    pub message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Sent {
    pub job_name: String,
    pub job_id: String,
}

#[derive(Debug, Deserialize)]
pub struct Status {
    pub collection: String,
    pub counts: BTreeMap<String, usize>,
    pub jobs: Vec<JobStatus>,
}

#[derive(Debug, Deserialize)]
pub struct JobStatus {
    pub job_name: String,
    pub state: String,
    pub job_id: Option<String>,
    pub attempts: usize,
    pub exit_code: Option<String>,
    pub reason: Option<String>,
    pub log: Option<String>,
}

impl Submission {
    /// Demands that nothing is left to send.
    #[track_caller]
    pub fn complete(self) -> Self {
        assert_eq!((self.code, self.left), (Some(0), 0), "{self:?}");
        self
    }
}

impl Status {
    #[track_caller]
    pub fn job(&self, name: &str) -> &JobStatus {
        let job = self.jobs.iter().find(|job| job.job_name == name);
        job.unwrap_or_else(|| panic!("no job {name}: {self:?}"))
    }

    /// Job ids, each of which must be there.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.jobs.iter().map(JobStatus::id).collect()
    }

    pub fn all(&self, state: &str) -> bool {
        self.jobs.iter().all(|job| job.state == state)
    }

    pub fn ended(&self) -> bool {
        self.jobs.iter().all(JobStatus::ended)
    }

    pub fn count(&self, state: &str) -> usize {
        self.counts.get(state).copied().unwrap_or(0)
    }
}

impl JobStatus {
    #[track_caller]
    pub fn id(&self) -> String {
        let id = self.job_id.clone();
        id.unwrap_or_else(|| panic!("no job id: {self:?}"))
    }

    pub fn ended(&self) -> bool {
        const ACTIVE: [&str; 8] = [
            "COMPLETING",
            "CONFIGURING",
            "PENDING",
            "REQUEUED",
            "RUNNING",
            "SUSPENDED",
            "UNKNOWN",
            "UNSUBMITTED",
        ];
        !ACTIVE.contains(&self.state.as_str())
    }
}
