//! The one error type of the library: every variant names what was met, where, and what was expected.

use std::path::{Path, PathBuf};

/// What a library function returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, in words a reader can act on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused a file operation.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The operation, as a verb: `read`, `write`, `create`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file's content is not what its format asks for.
    #[error("{}{}: found {found}, expected {expected}", path.display(), at(place))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The row, key or member inside it (`row 17`), empty when it is the file as a whole.
        place: String,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// A file or folder that an earlier step makes is not there.
    #[error("{} is missing: {hint}", path.display())]
    Missing {
        /// The file or folder.
        path: PathBuf,
        /// The command that makes it, or what to check.
        hint: String,
    },
    /// A value handed to a function or an option has the wrong shape, range or type.
    #[error("{what}: found {found}, expected {expected}")]
    Invalid {
        /// The name of the value.
        what: String,
        /// What was handed over.
        found: String,
        /// What is accepted.
        expected: String,
    },
    /// Two things that must belong together do not.
    #[error("{what} do not match: {detail}; {hint}")]
    Mismatch {
        /// What was compared.
        what: String,
        /// How they differ.
        detail: String,
        /// What to do.
        hint: String,
    },
    /// A library underneath failed.
    #[error("{library} failed to {doing}: {message}")]
    Backend {
        /// `OpenCV`, `libtorch`, `linfa-svm`.
        library: &'static str,
        /// What it was asked to do.
        doing: String,
        /// What it said.
        message: String,
    },
    /// The work needs a part that this build leaves out.
    #[error(
        "{what} needs the cargo feature `{feature}`, which this build leaves out; rebuild with `cargo build --release --features {feature}`"
    )]
    FeatureOff {
        /// What was asked for.
        what: String,
        /// The cargo feature.
        feature: &'static str,
    },
    /// The user asked the work to stop; what was finished is kept.
    #[error("interrupted: {kept}")]
    Interrupted {
        /// What is on disk and how to go on.
        kept: String,
    },
}

fn at(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!(": {place}") }
}

impl Error {
    /// An operating-system error on `path` while `doing` something (a verb: `read`, `create`).
    pub fn io(doing: &'static str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { doing, path: path.as_ref().to_path_buf(), source }
    }

    /// Content that breaks the format: `found` at `place` of `path` where `expected` should stand.
    pub fn malformed(
        path: impl AsRef<Path>,
        place: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Malformed {
            path: path.as_ref().to_path_buf(),
            place: place.into(),
            found: found.into(),
            expected: expected.into(),
        }
    }

    /// `path` is not there; `hint` says which command makes it.
    pub fn missing(path: impl AsRef<Path>, hint: impl Into<String>) -> Self {
        Self::Missing { path: path.as_ref().to_path_buf(), hint: hint.into() }
    }

    /// A value outside what is accepted.
    pub fn invalid(what: impl Into<String>, found: impl std::fmt::Display, expected: impl Into<String>) -> Self {
        Self::Invalid { what: what.into(), found: found.to_string(), expected: expected.into() }
    }

    /// A failure reported by a library underneath.
    pub fn backend(library: &'static str, doing: impl Into<String>, message: impl std::fmt::Display) -> Self {
        Self::Backend { library, doing: doing.into(), message: message.to_string() }
    }
}

/// Turns an error of libtorch into ours, saying what it was asked to do.
#[cfg(feature = "torch")]
pub(crate) fn torch_error(doing: &str) -> impl FnOnce(tch::TchError) -> Error + '_ {
    move |e| {
        // libtorch appends a C++ backtrace; its first line says what happened.
        let text = e.to_string();
        Error::backend("libtorch", doing, text.lines().next().unwrap_or_default())
    }
}
