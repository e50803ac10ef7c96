//! Fingerprints: a short name for the content that a product was made from.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};

/// Collects what a product depends on; two products with equal fingerprints were made from equal inputs.
#[derive(Clone, Debug, Default)]
pub struct Fingerprint(blake3::Hasher);

impl Fingerprint {
    /// An empty fingerprint.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a named part; the name and the length are hashed too, so that parts cannot run into each other.
    #[must_use]
    pub fn with(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref();
        self.0.update(&(name.len() as u64).to_le_bytes());
        self.0.update(name.as_bytes());
        self.0.update(&(content.len() as u64).to_le_bytes());
        self.0.update(content);
        self
    }

    /// Adds a file as a named part, read in pieces: the same as [`Fingerprint::with`] its bytes.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::Malformed`] when it is no file or became shorter meanwhile.
    pub fn with_file(mut self, name: &str, path: &Path) -> Result<Self> {
        let fail = |e| Error::io("read", path, e);
        // Asked before it is opened: to open a named pipe would wait for a writer.
        let metadata = path.metadata().map_err(fail)?;
        if !metadata.is_file() {
            let found = if metadata.is_dir() { "a folder" } else { "no regular file" };
            return Err(Error::malformed(path, "", found, "a file"));
        }
        let length = metadata.len();
        self.0.update(&(name.len() as u64).to_le_bytes());
        self.0.update(name.as_bytes());
        self.0.update(&length.to_le_bytes());
        let before = self.0.count();
        let file = File::open(path).map_err(fail)?;
        // What was added to the file since its length was asked for does not belong to the part.
        self.0.update_reader(file.take(length)).map_err(fail)?;
        let read = self.0.count() - before;
        match read == length {
            true => Ok(self),
            false => Err(Error::malformed(
                path,
                "",
                format!("{read} bytes"),
                format!("{length}: it changed while it was read"),
            )),
        }
    }

    /// The first 16 hexadecimal digits of the hash.
    pub fn finish(&self) -> String {
        self.0.finalize().to_hex()[..16].to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let a = Fingerprint::new().with("a", "bc").with("d", "").finish();
        let b = Fingerprint::new().with("a", "b").with("cd", "").finish();
        assert_ne!(a, b);
        assert_eq!(a.len(), 16);
        assert_eq!(a, Fingerprint::new().with("a", "bc").with("d", "").finish());
    }
    #[test]
    fn a_file_counts_as_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for bytes in [Vec::new(), b"bc".to_vec(), (0..200_000u32).map(|i| (i % 251) as u8).collect()] {
            std::fs::write(&path, &bytes).unwrap();
            let streamed = Fingerprint::new().with_file("a", &path).unwrap().with("d", "");
            assert_eq!(streamed.finish(), Fingerprint::new().with("a", &bytes).with("d", "").finish());
        }
        let absent = Fingerprint::new().with_file("a", &folder.path().join("absent")).unwrap_err().to_string();
        assert!(absent.contains("cannot read") && absent.contains("absent"), "{absent}");
        let above = Fingerprint::new().with_file("a", folder.path()).unwrap_err().to_string();
        assert!(above.contains("found a folder, expected a file"), "{above}");
    }
}
