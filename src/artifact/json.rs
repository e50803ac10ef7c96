//! JSON descriptions that stand beside every array.

use std::io::Write;
use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};

use super::write_atomically;
use crate::error::{Error, Result};

/// Reads a JSON file.
///
/// # Errors
/// [`Error::Io`] when it cannot be read, [`Error::Malformed`] with line and column when it does not fit.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    serde_json::from_str(&text).map_err(|e| {
        let place = format!("line {} column {}", e.line(), e.column());
        Error::malformed(path, place, e.to_string(), "JSON as this version of ferrofuse writes it")
    })
}

/// Writes a JSON file, indented, atomically.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    write_atomically(path, |w| {
        serde_json::to_writer_pretty(&mut *w, value).map_err(|e| Error::io("write", path, e.into()))?;
        w.write_all(b"\n").map_err(|e| Error::io("write", path, e))
    })
}
