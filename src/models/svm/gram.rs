//! Kernel matrices from matrix products, and their Cholesky factors.
//!
//! linfa-svm takes no precomputed kernel: it forms x_i . x_j itself, by scalar loops over d columns, once for every
//! class. The rows of the Cholesky factor L of a k x k kernel matrix K have exactly the dot products that K holds
//! (L L^T = K), so with them as records and the linear kernel the machine is the same, at k columns in place of d,
//! and for any kernel.

use ndarray::{Array2, ArrayView2, linalg::general_mat_mul};

use crate::error::{Error, Result};
use crate::matrix::Cholesky;
use crate::recipe::{SvmKernel, SvmRecipe};

/// A kernel with its width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kernel {
    kind: SvmKernel,
    gamma: f64,
}

impl Kernel {
    /// The kernel that a recipe asks for.
    pub(super) fn of(recipe: &SvmRecipe) -> Self {
        Self { kind: recipe.kernel, gamma: recipe.gamma }
    }

    /// K(a, b) from a . b, |a|^2 and |b|^2.
    pub(super) fn value(&self, dot: f32, a: f32, b: f32) -> f64 {
        let dot = f64::from(dot);
        match self.kind {
            SvmKernel::Linear => dot,
            // Rounding may take the squared distance of equal rows below 0.
            SvmKernel::Rbf => (-self.gamma * (f64::from(a) + f64::from(b) - 2.0 * dot).max(0.0)).exp(),
        }
    }

    /// K(x_i, x_j) for all pairs of rows (k x d): k x k, symmetric.
    pub(super) fn gram(&self, rows: ArrayView2<'_, f32>) -> Array2<f64> {
        let k = rows.nrows();
        let mut dots = Array2::<f32>::zeros((k, k));
        general_mat_mul(1.0, &rows, &rows.t(), 0.0, &mut dots);
        // The lower triangle decides, so that the matrix is symmetric to the last bit.
        Array2::from_shape_fn((k, k), |(i, j)| self.value(dots[[i.max(j), i.min(j)]], dots[[i, i]], dots[[j, j]]))
    }
}

/// Share of the mean diagonal that is added to it, so that equal rows leave the matrix positive definite.
const RIDGE: f64 = 1e-6;

/// The Cholesky factor L (k x k, lower triangular) of a kernel matrix with a small ridge: L L^T = K + r I.
///
/// r is 1e-6 of the mean diagonal; where rounding in the matrix asks for more, ten times as much, up to 1 %.
///
/// # Errors
/// [`Error::Invalid`] when the matrix is not positive definite even so, which finite features cannot cause.
pub(super) fn factor(gram: &Array2<f64>) -> Result<Array2<f64>> {
    let mean = gram.diag().mean().unwrap_or(0.0);
    let scale = if mean > 0.0 { mean } else { 1.0 };
    let mut ridge = RIDGE;
    while ridge < 0.02 {
        let mut shifted = gram.clone();
        shifted.diag_mut().mapv_inplace(|v| v + ridge * scale);
        if let Ok(factor) = Cholesky::new(shifted) {
            return Ok(factor.into_lower());
        }
        ridge *= 10.0;
    }
    Err(Error::invalid("kernel matrix", format!("mean diagonal {mean}"), "a positive semidefinite matrix"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize, d: usize) -> Array2<f32> {
        Array2::from_shape_fn((n, d), |(i, j)| ((i * 37 + j * 101 + i * j * 7) % 29) as f32 / 29.0 - 0.4)
    }

    #[test]
    fn equal_rows_and_zero_rows_can_be_factored() {
        let mut x = Array2::<f32>::zeros((6, 3));
        x.row_mut(4).fill(0.5);
        x.row_mut(5).fill(0.5);
        for (kind, gamma) in [(SvmKernel::Linear, 1.0), (SvmKernel::Rbf, 0.5)] {
            let kernel = Kernel { kind, gamma };
            let gram = kernel.gram(x.view());
            let lower = factor(&gram).unwrap();
            let back = lower.dot(&lower.t());
            assert!(back.iter().zip(&gram).all(|(a, b)| (a - b).abs() < 2e-6), "{kind:?}");
        }
        assert!(factor(&Array2::zeros((3, 3))).unwrap().iter().all(|v| v.is_finite()));
    }

    #[test]
    fn rbf_is_the_exponential_of_the_squared_distance() {
        let kernel = Kernel { kind: SvmKernel::Rbf, gamma: 0.7 };
        let x = rows(5, 8);
        let gram = kernel.gram(x.view());
        for i in 0..5 {
            assert_eq!(gram[[i, i]], 1.0);
            for j in 0..5 {
                let squared: f32 = (&x.row(i) - &x.row(j)).mapv(|v| v * v).sum();
                assert!((gram[[i, j]] - (-0.7 * f64::from(squared)).exp()).abs() < 1e-6);
            }
        }
    }
}
