//! The linear parts of dense SIFT as matrices, for programs that compute on tensors.

use ndarray::Array2;

use crate::error::Result;
use crate::recipe::GridRecipe;

use super::BINS;
use super::grid::native_starts;
use super::native::deviation_of;
use super::scale::to_norm;
use super::smoothing::kernel;
use super::window::{gaussian_means, taps};

/// Dense SIFT at one bin size on pictures of h x w pixels, with r rows of c descriptors.
pub(in crate::features) struct Operators {
    /// What smooths each column (h x h) and each row (w x w) of a picture.
    pub smoothing: [Array2<f32>; 2],
    /// What gathers the pixels of a column into the spatial bins of each row of descriptors (4 r x h), and those of a row
    /// into the bins of each column of descriptors (4 c x w), weighted as the descriptor wants it.
    pub gathering: [Array2<f32>; 2],
    /// Brings the sum of a descriptor to its mean gradient.
    pub to_norm: f32,
}

/// Those of each bin size of a grid.
///
/// # Errors
/// As [`super::DenseSift::new`].
pub(in crate::features) fn operators(grid: &GridRecipe, height: usize, width: usize) -> Result<Vec<Operators>> {
    let at = |&size: &usize| {
        let kernel = kernel(deviation_of(grid, size));
        let gathering = |length: usize| -> Result<Array2<f32>> {
            let means = gaussian_means(size);
            let starts = native_starts(grid, size, length)?;
            let mut matrix = Array2::zeros((BINS * starts.len(), length));
            for (i, mut row) in matrix.outer_iter_mut().enumerate() {
                let taps = taps(grid.window, size, starts[i / BINS] + i % BINS * size, length);
                for (x, weight) in taps.weights.iter().enumerate() {
                    row[taps.first + x] = weight * means[i % BINS];
                }
            }
            Ok(matrix)
        };
        Ok(Operators {
            smoothing: [smoothing(&kernel, height), smoothing(&kernel, width)],
            gathering: [gathering(height)?, gathering(width)?],
            to_norm: to_norm(size),
        })
    };
    grid.bins.iter().map(at).collect()
}

fn smoothing(kernel: &[f32], length: usize) -> Array2<f32> {
    let mut matrix = Array2::zeros((length, length));
    for (x, mut row) in matrix.outer_iter_mut().enumerate() {
        for (k, weight) in kernel.iter().enumerate() {
            row[(x + k).saturating_sub(kernel.len() / 2).min(length - 1)] += weight;
        }
    }
    matrix
}
