//! What every importer hands over, before splits are given.

use ndarray::Array3;

use super::Split;
use super::import::Skipped;

/// n labelled pictures and what the source says about them.
#[derive(Debug)]
pub(super) struct Rows {
    /// n x height x width.
    pub(super) images: Array3<u8>,
    /// n labels.
    pub(super) labels: Vec<u8>,
    /// n splits, where the source says them.
    pub(super) splits: Option<Vec<Split>>,
    /// n subject numbers, where the source names the person.
    pub(super) subjects: Option<Vec<u32>>,
    /// What was left out.
    pub(super) skipped: Vec<Skipped>,
    /// What was read, for readers.
    pub(super) source: String,
    /// The filter's name and what it was used on, `none` where nothing was resized.
    pub(super) resize: String,
}
