use std::path::Path;

use super::Printer;
use crate::Error;
use crate::config::{FILE_NAME, PROJECT_FOLDER, TEMPLATE};
use crate::fs;

const EXAMPLES: &str = "\
Examples:
  slurmkit init              make this folder a project
  slurmkit init --force      start again with a fresh config";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Overwrite the config that is there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(json: bool, args: &Args, printer: &Printer) -> Result<(), Error> {
    let Args { force } = args;
    let folder = Path::new(PROJECT_FOLDER);
    let path = folder.join(FILE_NAME);
    if path.symlink_metadata().is_ok() && !force {
        return Err(Error::Exists { path });
    }
    fs_err::create_dir_all(folder)?;
    fs::write_atomic(&path, TEMPLATE.as_bytes())?;
    match json {
        true => printer.json(&serde_json::json!({"written": path})),
        false => printer.result(&format!("wrote {}\n", path.display())),
    }
}
