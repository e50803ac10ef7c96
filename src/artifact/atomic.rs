//! Files appear whole or not at all: written beside their place, flushed, then renamed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::error::{Error, Result};

/// Writes `path` through `fill`; a reader sees the old content or the new one, never a part of it.
///
/// Folders above `path` are made where they are missing. When `fill` fails, nothing is left behind.
///
/// # Errors
/// [`Error::Io`] with the path, or what `fill` returned.
pub fn write_atomically(path: &Path, fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<()>) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    let mut file = tempfile::Builder::new()
        .prefix(".writing-")
        .suffix(".partial")
        .tempfile_in(folder)
        .map_err(|e| Error::io("write into", folder, e))?;
    // Temporary files are private by default; the product is as readable as any other file of the user.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let readable = std::fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(readable).map_err(|e| Error::io("write", path, e))?;
    }
    let mut writer = BufWriter::with_capacity(1 << 20, file.as_file_mut());
    fill(&mut writer)?;
    writer.flush().map_err(|e| Error::io("write", path, e))?;
    drop(writer);
    file.as_file().sync_all().map_err(|e| Error::io("write", path, e))?;
    file.persist(path).map_err(|e| Error::io("write", path, e.error))?;
    Ok(())
}

/// Writes `bytes` to `path` atomically.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn write_bytes_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write_atomically(path, |w| w.write_all(bytes).map_err(|e| Error::io("write", path, e)))
}

/// Removes a file, or finds that there is none.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", path, e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_keeps_the_old_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.txt");
        write_bytes_atomically(&path, b"old").unwrap();
        let failed = write_atomically(&path, |w| {
            w.write_all(b"half of the n").unwrap();
            Err(Error::invalid("x", 1, "2"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
