//! Cholesky factors of symmetric positive definite matrices, by faer.

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::cholesky::llt::factor::{LltParams, cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::cholesky::llt::solve::solve_in_place;
use faer::traits::RealField;
use faer::{MatMut, MatRef, Par, Spec};
use ndarray::Array2;

use crate::error::{Error, Result};

/// The factor L (lower triangular) of a matrix A = L L^T, in that matrix's memory.
pub(crate) struct Cholesky<T> {
    /// n x n: L^T on and above the diagonal, what is left of A below it. To faer, which is fastest column by column,
    /// the same memory is L on and below the diagonal.
    upper: Array2<T>,
    par: Par,
}

impl<T: RealField + Copy> Cholesky<T> {
    /// Factors `matrix` (n x n, symmetric) in place. Only what lies on and above the diagonal is read.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the matrix is not square or not positive definite.
    pub(crate) fn new(matrix: Array2<T>) -> Result<Self> {
        Self::with(matrix, Par::Seq)
    }

    /// The same, on as many threads as rayon has here.
    ///
    /// # Errors
    /// As [`Cholesky::new`].
    pub(crate) fn in_parallel(matrix: Array2<T>) -> Result<Self> {
        let par = if rayon::current_num_threads() > 1 { Par::rayon(0) } else { Par::Seq };
        Self::with(matrix, par)
    }

    fn with(matrix: Array2<T>, par: Par) -> Result<Self> {
        let (n, columns) = matrix.dim();
        let wrong = |found: String| Error::invalid("matrix to factor", found, "a symmetric positive definite one");
        let mut upper = if matrix.is_standard_layout() { matrix } else { matrix.as_standard_layout().into_owned() };
        let Some(values) = upper.as_slice_mut().filter(|_| n == columns) else {
            return Err(wrong(format!("{n} x {columns}")));
        };
        let params = Spec::<LltParams, T>::default();
        let mut memory = MemBuffer::new(cholesky_in_place_scratch::<T>(n, par, params));
        let lower = MatMut::from_column_major_slice_mut(values, n, n);
        cholesky_in_place(lower, Default::default(), par, MemStack::new(&mut memory), params)
            .map_err(|e| wrong(format!("{n} x {n}: {e:?}")))?;
        Ok(Self { upper, par })
    }

    /// L, with zeros above the diagonal (n x n).
    pub(crate) fn into_lower(mut self) -> Array2<T> {
        for (i, mut row) in self.upper.outer_iter_mut().enumerate() {
            row.iter_mut().take(i).for_each(|v| *v = T::zero_impl());
        }
        self.upper.reversed_axes().as_standard_layout().into_owned()
    }

    /// Solves A x = b in place for every column b of `right` (n x c).
    ///
    /// # Errors
    /// [`Error::Invalid`] when it has another number of rows than A, or does not lie in memory row by row.
    pub(crate) fn solve(&self, right: &mut Array2<T>) -> Result<()> {
        let n = self.upper.nrows();
        let (rows, columns) = right.dim();
        let Some(values) = right.as_slice_mut().filter(|_| rows == n) else {
            return Err(Error::invalid("right-hand side", format!("{rows} x {columns}"), format!("{n} rows")));
        };
        let lower = MatRef::from_column_major_slice(self.upper.as_slice().unwrap_or_default(), n, n);
        let right = MatMut::from_row_major_slice_mut(values, n, columns);
        solve_in_place(lower, right, self.par, MemStack::new(&mut MemBuffer::new(StackReq::EMPTY)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_factor_gives_the_matrix_back_and_solves_its_system() {
        for n in [1, 2, 65, 300] {
            let x = Array2::from_shape_fn((n, 40), |(i, j)| ((i * 37 + j * 101 + i * j * 7) % 29) as f64 / 29.0 - 0.4);
            let mut matrix = x.dot(&x.t());
            matrix.diag_mut().mapv_inplace(|v| v + 1.0);
            let expected = Array2::from_shape_fn((n, 3), |(i, j)| ((i + j) % 5) as f64 - 2.0);
            let mut right = matrix.dot(&expected);
            let factor = Cholesky::new(matrix.clone()).unwrap();
            factor.solve(&mut right).unwrap();
            assert!(right.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "n = {n}");
            let lower = factor.into_lower();
            let back = lower.dot(&lower.t());
            assert!(back.iter().zip(&matrix).all(|(a, b)| (a - b).abs() < 1e-10), "n = {n}");
            assert!(lower.indexed_iter().all(|((i, j), &v)| j <= i || v == 0.0));
            let parallel = Cholesky::in_parallel(matrix).unwrap().into_lower();
            assert!(parallel.iter().zip(&lower).all(|(a, b)| (a - b).abs() < 1e-10), "n = {n}");
        }
    }

    #[test]
    fn only_the_upper_triangle_is_read_in_any_layout() {
        let upper = array![[4.0f32, 2.0], [f32::NAN, 3.0]];
        let lower = Cholesky::new(upper.clone()).unwrap().into_lower();
        assert_eq!(lower, array![[2.0, 0.0], [1.0, 2.0f32.sqrt()]]);
        let turned = upper.t().as_standard_layout().into_owned().reversed_axes();
        assert_eq!(Cholesky::new(turned).unwrap().into_lower(), lower);
    }

    #[test]
    fn what_cannot_be_factored_is_refused() {
        assert!(Cholesky::new(array![[1.0, 2.0], [2.0, 1.0]]).is_err());
        assert!(Cholesky::new(array![[f64::NAN]]).is_err());
        assert!(Cholesky::new(Array2::<f32>::zeros((2, 3))).is_err());
        assert!(Cholesky::new(Array2::<f32>::eye(3)).unwrap().solve(&mut Array2::zeros((2, 1))).is_err());
    }
}
