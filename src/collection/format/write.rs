use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use super::VERSION;
use crate::collection::{Collection, Job, JobSource};
use crate::model::JobName;
use crate::yaml::{quoted, write_flow_map, write_quoted};

/// Writes a collection.
pub(in crate::collection) fn write(
    collection: &Collection,
    out: &mut impl Write,
) -> io::Result<()> {
    let Collection {
        name,
        description,
        created,
        updated,
        sources,
        jobs,
        // The journal holds what is not settled.
        unsettled: _,
        read: _,
        journal: _,
    } = collection;
    writeln!(
        out,
        "# A collection of slurmkit. One job a line; `slurmkit collection show` reads better."
    )?;
    writeln!(out, "version: {VERSION}")?;
    writeln!(out, "name: {}", quoted(name.as_str()))?;
    writeln!(out, "description: {}", quoted(description))?;
    writeln!(out, "created: \"{created}\"")?;
    writeln!(out, "updated: \"{updated}\"")?;
    writeln!(
        out,
        "{}",
        if sources.is_empty() {
            "sources: []"
        } else {
            "sources:"
        }
    )?;
    for JobSource {
        spec,
        working_dir,
        output_dir,
        logs_dir,
    } in sources
    {
        let mut line = String::from("- {");
        for (key, path) in [
            ("spec", spec),
            ("working_dir", working_dir),
            ("output_dir", output_dir),
            ("logs_dir", logs_dir),
        ] {
            let comma = if key == "spec" { "" } else { ", " };
            write!(line, "{comma}\"{key}\": {}", quoted(path_text(path)?)).expect(TO_STRING);
        }
        writeln!(out, "{line}}}")?;
    }
    writeln!(
        out,
        "{}",
        if jobs.is_empty() { "jobs: []" } else { "jobs:" }
    )?;
    let mut line = String::new();
    for (name, job) in jobs {
        line.clear();
        write_job(&mut line, name, job)?;
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

const TO_STRING: &str = "writing to a string cannot fail";

fn write_job(line: &mut String, name: &JobName, job: &Job) -> io::Result<()> {
    let Job {
        parameters,
        slurm_args,
        script_path,
        digest,
        source,
        attempts,
    } = job;
    line.push_str("- {\"job_name\": ");
    write_quoted(line, name.as_str());
    line.push_str(", \"parameters\": ");
    write_flow_map(line, parameters.iter());
    line.push_str(", \"slurm_args\": ");
    write_flow_map(line, slurm_args.iter());
    line.push_str(", \"script_path\": ");
    write_quoted(line, path_text(script_path)?);
    write!(
        line,
        ", \"script_digest\": \"{:016x}\", \"source\": {source}",
        digest.0
    )
    .expect(TO_STRING);
    if !attempts.is_empty() {
        line.push_str(", \"attempts\": [");
        for (index, attempt) in attempts.iter().enumerate() {
            line.push_str(if index == 0 { "" } else { ", " });
            write_flow_map(line, attempt.to_map().iter());
        }
        line.push(']');
    }
    line.push('}');
    Ok(())
}

fn path_text(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| {
        let message = format!("`{}` is not UTF-8 and cannot be recorded", path.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}
