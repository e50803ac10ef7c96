//! Kernel matrices from matrix products, and their Cholesky factors.
//!
//! linfa-svm takes no precomputed kernel: it forms x_i . x_j itself, by scalar loops over d columns, once for every
//! class. The rows of the Cholesky factor L of a k x k kernel matrix K have exactly the dot products that K holds
//! (L L^T = K), so with them as records and the linear kernel the machine is the same, at k columns in place of d,
//! and for any kernel.

use ndarray::Array2;

use crate::error::{Error, Result};
use crate::matrix::Cholesky;
use crate::models::kernel::{KernelFunction, Rows};

/// K(x_i, x_j) for all pairs of rows (k x d): k x k, symmetric.
pub(super) fn gram(kernel: &KernelFunction, rows: Rows<'_>) -> Result<Array2<f64>> {
    let k = rows.rows.nrows();
    let mut values = Array2::<f32>::zeros((k, k));
    kernel.add_to(1.0, rows, rows, values.view_mut())?;
    // The lower triangle decides, so that the matrix is symmetric to the last bit.
    Ok(Array2::from_shape_fn((k, k), |(i, j)| f64::from(values[[i.max(j), i.min(j)]])))
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
    use crate::models::kernel::Table;
    use crate::recipe::Kernel;

    #[test]
    fn equal_rows_and_zero_rows_can_be_factored() {
        let mut x = Array2::<f32>::zeros((6, 3));
        x.row_mut(4).fill(0.5);
        x.row_mut(5).fill(0.5);
        let x = Table::new(x);
        for kind in [Kernel::Linear, Kernel::Rbf, Kernel::ChiSquared, Kernel::Intersection] {
            let gram = gram(&KernelFunction { kind, gamma: 0.5 }, x.view()).unwrap();
            let lower = factor(&gram).unwrap();
            let back = lower.dot(&lower.t());
            assert!(back.iter().zip(&gram).all(|(a, b)| (a - b).abs() < 2e-6), "{kind:?}");
        }
        assert!(factor(&Array2::zeros((3, 3))).unwrap().iter().all(|v| v.is_finite()));
    }
}
