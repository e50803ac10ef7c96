//! The arithmetic mean of probabilities: soft voting.

use ndarray::Array2;

use super::weighted::weighted;
use crate::predictions::Predictions;

/// n x c means over the members.
pub(super) fn mean(members: &[&Predictions]) -> Array2<f64> {
    weighted(members, &vec![1.0 / members.len() as f64; members.len()])
}
