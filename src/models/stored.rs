//! What the folders of fitted classifiers have in common.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::artifact::read_json;
use crate::error::{Error, Result};

/// Reads the description of a fitted classifier.
///
/// # Errors
/// [`Error::Missing`] without it, [`Error::Malformed`] when it is no such description.
pub(super) fn read_description<T: DeserializeOwned>(path: &Path) -> Result<T> {
    if !path.exists() {
        return Err(Error::missing(path, "train the model first: `ferrofuse train`"));
    }
    read_json(path)
}

/// Checks the version of a folder's format.
///
/// # Errors
/// [`Error::Malformed`] when it is another one.
pub(super) fn check_schema(path: &Path, found: u32, known: u32) -> Result<()> {
    match found == known {
        true => Ok(()),
        false => Err(Error::malformed(path, "schema", found.to_string(), format!("{known}; train the model again"))),
    }
}
