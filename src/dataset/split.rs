//! The three parts of a dataset and what each may be used for.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The part of a dataset that a row belongs to.
///
/// Everything is fitted on `Train` and chosen on `Validation`; `Test` is scored once, at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Split {
    /// FER2013's Training rows; 0 in `splits.npy`.
    Train = 0,
    /// FER2013's PublicTest rows; 1 in `splits.npy`.
    Validation = 1,
    /// FER2013's PrivateTest rows; 2 in `splits.npy`.
    Test = 2,
}

impl Split {
    /// All three, in the order of their codes.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// Validation, where everything is chosen unless a file says otherwise.
    pub(crate) fn validation() -> Self {
        Self::Validation
    }

    /// Whether it is that.
    pub(crate) fn is_validation(&self) -> bool {
        *self == Self::Validation
    }

    /// `train`, `validation` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The split with this code in `splits.npy`.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Split {
    type Err = Error;

    /// Reads the names that folders and the `Usage` column of FER2013 use, in any case.
    fn from_str(text: &str) -> Result<Self> {
        Ok(match text.trim().to_ascii_lowercase().as_str() {
            "train" | "training" => Self::Train,
            "validation" | "val" | "valid" | "publictest" => Self::Validation,
            "test" | "testing" | "privatetest" => Self::Test,
            other => {
                return Err(Error::invalid(
                    "split",
                    format!("`{other}`"),
                    "train (Training), validation (PublicTest) or test (PrivateTest)",
                ));
            }
        })
    }
}
