use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The user's name, as Slurm puts it in for `%u`; `None` where nobody knows it.
///
/// A static binary sees only `/etc/passwd`, and `$USER` may be somebody else's, so `id` is asked, once.
pub(crate) fn user_name() -> Option<&'static str> {
    static NAME: OnceLock<Option<String>> = OnceLock::new();
    NAME.get_or_init(ask).as_deref()
}

fn ask() -> Option<String> {
    let mut command = Command::new("id");
    let asked = command.arg("-run").stdin(Stdio::null()).output().ok()?;
    let name = String::from_utf8(asked.stdout).ok()?;
    let name = name.trim();
    (asked.status.success() && !name.is_empty()).then(|| name.to_owned())
}
