//! What fitting a classifier on features gives.

use std::path::Path;

use ndarray::Array2;

use crate::error::Result;

/// Probabilities of the splits that are scored, and the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<M> {
    /// Probabilities of the validation rows in dataset order; in-sample for the calibration's 2 c numbers.
    pub validation: Array2<f32>,
    /// Probabilities of the test rows in dataset order.
    pub test: Array2<f32>,
    /// For further rows.
    pub model: M,
}

/// A fitted classifier on features.
pub trait Classifier {
    /// The name of its description in a model folder.
    const DESCRIPTION: &str;

    /// Writes the model into `folder`, which is made where it is missing; its description comes last.
    ///
    /// # Errors
    /// [`crate::Error::Io`] with the path.
    fn save(&self, folder: &Path) -> Result<()>;

    /// What a reader of its scores should know.
    fn note(&self) -> String;
}
