//! The weighted mean of probabilities.

use ndarray::{Array2, Zip};

use crate::error::{Error, Result};
use crate::predictions::Predictions;

/// n x c weighted means; `weights` sum to 1.
pub(super) fn weighted(members: &[&Predictions], weights: &[f64]) -> Array2<f64> {
    let mut sum = Array2::zeros(members[0].probabilities.dim());
    for (member, &weight) in members.iter().zip(weights) {
        Zip::from(&mut sum).and(&member.probabilities).for_each(|sum, &p| *sum += weight * f64::from(p));
    }
    sum
}

/// Weights divided by their sum.
///
/// # Errors
/// [`Error::Invalid`] unless there is one for each of `members`, none below 0, and not all 0.
pub(super) fn normalised_weights(weights: &[f64], members: usize) -> Result<Vec<f64>> {
    let sum: f64 = weights.iter().sum();
    if weights.len() != members || !weights.iter().all(|w| *w >= 0.0) || !(sum > 0.0 && sum.is_finite()) {
        let expected = format!("{members} numbers from 0, one for each member, not all 0");
        return Err(Error::invalid("weights", format!("{weights:?}"), expected));
    }
    Ok(weights.iter().map(|w| w / sum).collect())
}
