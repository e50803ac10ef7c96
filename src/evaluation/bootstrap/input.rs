//! What the bootstrap draws from, checked once before any work.

use crate::error::{Error, Result};

/// True labels and what m models predict of the same n rows.
#[derive(Clone, Copy, Debug)]
pub struct BootstrapInput<'a> {
    /// True labels, n of them, each below `classes`.
    pub labels: &'a [u8],
    /// Number of classes, from 1 to 256.
    pub classes: usize,
    /// Predicted labels of each of m models, n each, all below `classes`.
    pub predicted: &'a [Vec<u8>],
    /// The cluster of each of the n rows, such as the person whose face it shows; `None` to draw row by row.
    pub clusters: Option<&'a [u32]>,
    /// Place of the model that the others are compared with.
    pub reference: Option<usize>,
}

impl BootstrapInput<'_> {
    /// Checks lengths and ranges.
    ///
    /// # Errors
    /// [`Error::Invalid`] says what does not fit and where.
    pub(super) fn check(&self) -> Result<()> {
        let (n, m) = (self.labels.len(), self.predicted.len());
        if n == 0 || u32::try_from(n).is_err() {
            return Err(Error::invalid("rows to draw from", n, format!("1 to {}", u32::MAX)));
        }
        if !(1..=256).contains(&self.classes) {
            return Err(Error::invalid("classes of the rows to draw from", self.classes, "1 to 256"));
        }
        self.in_range("true labels", self.labels)?;
        for (model, predicted) in self.predicted.iter().enumerate() {
            let what = format!("predicted labels of model {model}");
            self.one_a_row(&what, predicted.len())?;
            self.in_range(&what, predicted)?;
        }
        if let Some(clusters) = self.clusters {
            self.one_a_row("clusters of rows", clusters.len())?;
        }
        match self.reference {
            Some(reference) if reference >= m => {
                Err(Error::invalid("model to compare with", reference, format!("below {m}, the number of models")))
            }
            _ => Ok(()),
        }
    }

    fn one_a_row(&self, what: &str, found: usize) -> Result<()> {
        let n = self.labels.len();
        if found == n { Ok(()) } else { Err(Error::invalid(what, found, format!("{n}, one a row"))) }
    }

    fn in_range(&self, what: &str, labels: &[u8]) -> Result<()> {
        match labels.iter().position(|&label| usize::from(label) >= self.classes) {
            Some(row) => {
                Err(Error::invalid(format!("{what}, row {row}"), labels[row], format!("below {}", self.classes)))
            }
            None => Ok(()),
        }
    }
}
