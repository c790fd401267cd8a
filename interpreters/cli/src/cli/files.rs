//! Files that are there whole, or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::error::Failure;

/// Makes `path` hold `text`: readers see what it held before, or all of `text`.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    stream(path, |out| out.write_all(text.as_bytes()))
}

/// Makes `path` hold what `write` writes: readers see what it held before, or all of that.
pub(crate) fn stream(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let unwritten = |error| {
        Failure::file("written", path, &error)
            .help("check that its folder exists and may be written, and that there is space")
    };
    // A link is followed, so that it is not replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".escadre-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new("."))).map_err(unwritten)?;
    let mut out = BufWriter::with_capacity(64 << 10, &mut file);
    write(&mut out).and_then(|()| out.flush()).map_err(unwritten)?;
    drop(out);
    file.as_file().sync_all().map_err(unwritten)?;
    file.persist(path).map_err(|error| unwritten(error.error))?;
    Ok(())
}
