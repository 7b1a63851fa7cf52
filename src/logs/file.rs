use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use crate::fs;

/// How much is read at once, in bytes.
pub(super) const BLOCK: usize = 1 << 16;

/// Opens a log.
///
/// # Errors
/// For what is no plain file, too: a pipe would block for ever, and a device has no end.
pub fn open(path: &Path) -> io::Result<File> {
    let is_file = |metadata: std::fs::Metadata| match metadata.is_file() {
        true => Ok(()),
        false => Err(fs::refused(path, "is not a plain file")),
    };
    let named = |error| fs::named(error, "read", path);
    // Opening a device may do something to it already.
    std::fs::metadata(path).map_err(named).and_then(is_file)?;
    // What was a file a moment ago may be a pipe now.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let mut options = std::fs::OpenOptions::new();
    let opened = options.read(true).custom_flags(flags).open(path);
    let file = opened.map_err(named)?;
    file.metadata().map_err(named).and_then(is_file)?;
    Ok(file)
}

/// Where the last `count` lines of a file begin, in bytes. It is read from its end, in blocks.
pub fn last_lines(file: &File, count: usize) -> io::Result<u64> {
    let end = file.metadata()?.len();
    if count == 0 {
        return Ok(end);
    }
    let mut found = 0;
    let mut buffer = vec![0; BLOCK];
    let mut block_end = end;
    while block_end > 0 {
        let start = block_end.saturating_sub(BLOCK as u64);
        let length = usize::try_from(block_end - start).unwrap_or(BLOCK);
        let block = &mut buffer[..length];
        match file.read_exact_at(block, start) {
            // Somebody made it shorter.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
            read => read?,
        }
        for (at, byte) in block.iter().enumerate().rev() {
            let at = start + at as u64;
            // The last line may end with a line break, or without.
            if *byte == b'\n' && at + 1 < end {
                found += 1;
                if found == count {
                    return Ok(at + 1);
                }
            }
        }
        block_end = start;
    }
    Ok(0)
}

/// The last `max` bytes of a log, or all of it.
///
/// # Errors
/// As those of [`open`].
pub fn last_bytes(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let (bytes, _) = last_bytes_from(path, max)?;
    Ok(bytes)
}

/// The last `max` bytes of a log, less the line that is cut.
pub(super) fn end_of(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let (mut bytes, start) = last_bytes_from(path, max)?;
    if start > 0
        && let Some(first) = bytes.iter().position(|byte| *byte == b'\n')
    {
        bytes.drain(..=first);
    }
    Ok(bytes)
}

/// The last `max` bytes, and where they begin.
fn last_bytes_from(path: &Path, max: u64) -> io::Result<(Vec<u8>, u64)> {
    let mut file = open(path)?;
    let named = |error| fs::named(error, "read", path);
    let length = file.metadata().map_err(named)?.len();
    let start = length.saturating_sub(max);
    file.seek(SeekFrom::Start(start)).map_err(named)?;
    let mut bytes = Vec::new();
    file.take(max).read_to_end(&mut bytes).map_err(named)?;
    Ok((bytes, start))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn written(parts: &[&[u8]]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for part in parts {
            file.write_all(part).unwrap();
        }
        file
    }

    #[test]
    fn last_lines_are_found_across_blocks() {
        let long = vec![b'x'; 3 * BLOCK];
        for (parts, count, expected) in [
            (&[&b""[..]][..], 3, 0),
            (&[b"a\nb\nc\n"], 0, 6),
            (&[b"a\nb\nc\n"], 2, 2),
            (&[b"a\nb\nc"], 2, 2),
            (&[b"a\nb\nc"], 9, 0),
            (&[b"\n\n\n"], 2, 1),
            (&[b"a\n", &long, b"\nb\n"], 2, 2),
            (&[&long], 1, 0),
        ] {
            let file = written(parts);
            assert_eq!(last_lines(file.as_file(), count).unwrap(), expected);
        }
    }

    #[test]
    fn the_end_begins_with_a_whole_line() {
        let file = written(&[b"first\nsecond\nthird\n"]);
        assert_eq!(end_of(file.path(), 9).unwrap(), b"third\n");
        assert_eq!(end_of(file.path(), 99).unwrap(), b"first\nsecond\nthird\n");
    }

    #[test]
    fn what_is_no_plain_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
        for path in [folder.path(), &pipe, Path::new("/dev/zero")] {
            let error = open(path).unwrap_err().to_string();
            assert!(error.ends_with("is not a plain file"), "{error}");
        }
    }
}
