//! Fisher vectors (Perronnin, Sanchez and Mensink 2010; Sanchez et al. 2013).

use ndarray::ArrayView2;

use super::mixture::{Mixture, Scratch};
use crate::error::Result;

/// How the descriptors of a picture (n x D) would move the means and the variances of the mixture: 2 K D numbers into
/// `vector`, those of all means first. Zeros for no descriptors.
///
/// The square root and the length of one that make it "improved" are `normalisation = "hellinger"`.
pub(super) fn encode(
    mixture: &Mixture,
    descriptors: ArrayView2<'_, f32>,
    scratch: &mut Scratch,
    vector: &mut [f32],
) -> Result<()> {
    let n = descriptors.nrows();
    if n == 0 {
        vector.fill(0.0);
        return Ok(());
    }
    let d = mixture.dimensions();
    let statistics = mixture.statistics(descriptors, scratch)?;
    let (of_means, of_variances) = vector.split_at_mut(mixture.components() * d);
    for (k, (u, v)) in of_means.chunks_exact_mut(d).zip(of_variances.chunks_exact_mut(d)).enumerate() {
        let weight = f64::from(mixture.weights()[k]);
        let (to_u, to_v) = (1.0 / (n as f64 * weight.sqrt()), 1.0 / (n as f64 * (2.0 * weight).sqrt()));
        let count = statistics.posteriors[k];
        for j in 0..d {
            let (mean, variance) = (f64::from(mixture.means()[[k, j]]), f64::from(mixture.variances()[[k, j]]));
            let square = f64::from(statistics.moments[[k, j]]);
            let value = f64::from(statistics.moments[[k, d + j]]);
            u[j] = (to_u * (value - mean * count) / variance.sqrt()) as f32;
            v[j] = (to_v * ((square - 2.0 * mean * value + mean * mean * count) / variance - count)) as f32;
        }
    }
    Ok(())
}
