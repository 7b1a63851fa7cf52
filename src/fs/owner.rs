use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

/// A process on a host, as the owner of a temporary file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The host's name.
    pub host: String,
    /// The process id.
    pub pid: u32,
}

impl Owner {
    /// This process.
    pub fn this_process() -> Self {
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        Self {
            host,
            pid: std::process::id(),
        }
    }

    /// Whether it surely runs no more. Of another host nothing is known.
    pub fn is_gone(&self) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let exists = |pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH);
        self.host == Self::this_process().host && !pid.is_some_and(exists)
    }
}
