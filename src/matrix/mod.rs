//! Products and factors of matrices: ndarray outside, faer inside. All run on the calling thread.

mod cholesky;
mod exponential;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, CowArray, Ix2};

use crate::error::{Error, Result};

pub(crate) use cholesky::Cholesky;
pub(crate) use exponential::exp;

/// A matrix that lies in memory without gaps, row by row or column by column.
fn dense<'a>(a: &'a ArrayView2<'_, f32>) -> CowArray<'a, f32, Ix2> {
    if a.as_slice().is_some() || a.t().as_slice().is_some() { a.view().into() } else { a.to_owned().into() }
}

fn view<'a>(a: &'a CowArray<'_, f32, Ix2>) -> MatRef<'a, f32> {
    let (rows, columns) = a.dim();
    match a.as_slice() {
        Some(values) => MatRef::from_row_major_slice(values, rows, columns),
        // Without gaps, and not row by row: column by column, which is the order of memory.
        None => MatRef::from_column_major_slice(a.as_slice_memory_order().unwrap_or_default(), rows, columns),
    }
}

/// Writes `a` (m x d) times `b` (d x n) into `out` (m x n). Fastest where all three lie in memory without gaps; the
/// others are copied.
///
/// # Errors
/// [`Error::Invalid`] when the shapes do not fit together.
pub(crate) fn product(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>, mut out: ArrayViewMut2<'_, f32>) -> Result<()> {
    let ((m, d), (depth, n)) = (a.dim(), b.dim());
    if depth != d || out.dim() != (m, n) {
        let found = format!("{m} x {d} times {depth} x {n} into {:?}", out.dim());
        return Err(Error::invalid("matrix product", found, "m x d times d x n into m x n"));
    }
    let (a, b) = (dense(&a), dense(&b));
    let multiply = |into: MatMut<'_, f32>| matmul(into, Accum::Replace, view(&a), view(&b), 1.0, Par::Seq);
    if let Some(values) = out.as_slice_mut() {
        multiply(MatMut::from_row_major_slice_mut(values, m, n));
    } else {
        let mut whole = vec![0.0; m * n];
        multiply(MatMut::from_row_major_slice_mut(&mut whole, m, n));
        for (mut row, values) in out.outer_iter_mut().zip(whole.chunks_exact(n.max(1))) {
            row.iter_mut().zip(values).for_each(|(to, from)| *to = *from);
        }
    }
    Ok(())
}

/// Eigenvalues of a symmetric matrix (d x d; the lower triangle is read), largest first, and unit eigenvectors as the
/// columns of d x d, each with its largest entry positive.
///
/// # Errors
/// [`Error::Invalid`] when it is not square or holds a number that is not finite, [`Error::Backend`] when the
/// iteration does not converge.
pub(crate) fn symmetric_eigen(a: ArrayView2<'_, f64>) -> Result<(Array1<f64>, Array2<f64>)> {
    let (d, columns) = a.dim();
    if d != columns || a.iter().any(|v| !v.is_finite()) {
        return Err(Error::invalid("symmetric matrix", format!("{d} x {columns}"), "a square of finite numbers"));
    }
    let values = a.as_standard_layout();
    let matrix = MatRef::from_row_major_slice(values.as_slice().unwrap_or_default(), d, d);
    let eigen = matrix
        .self_adjoint_eigen(faer::Side::Lower)
        .map_err(|e| Error::backend("faer", "find eigenvectors", format!("{e:?}")))?;
    // faer sorts them in ascending order.
    let values = Array1::from_shape_fn(d, |i| eigen.S().column_vector()[d - 1 - i]);
    let mut vectors = Array2::from_shape_fn((d, d), |(row, i)| eigen.U()[(row, d - 1 - i)]);
    for mut vector in vectors.columns_mut() {
        let largest = vector.iter().copied().fold(0.0, |m: f64, v| if v.abs() > m.abs() { v } else { m });
        if largest < 0.0 {
            vector.map_inplace(|v| *v = -*v);
        }
    }
    Ok((values, vectors))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{array, s};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_product_equals_its_definition_for_any_layout(
            m in 0usize..40, n in 0usize..40, d in 0usize..20, layout in 0u8..32,
        ) {
            let fill = |rows: usize, columns: usize, flip: bool, gaps: bool, salt: usize| {
                let value = |(i, j): (usize, usize)| ((i * 7 + j * 13 + salt) % 17) as f32 - 8.0;
                let wide = Array2::from_shape_fn((rows * 2, columns + 3), value);
                let part = wide.slice_move(s![..;2, 1..columns + 1]);
                let part = if gaps { part } else { part.as_standard_layout().into_owned() };
                if flip { part.t().as_standard_layout().into_owned().reversed_axes() } else { part }
            };
            let a = fill(m, d, layout & 1 > 0, layout & 2 > 0, 0);
            let b = fill(d, n, layout & 4 > 0, layout & 8 > 0, 5);
            let mut whole = Array2::from_elem((m + 2, n + 2), f32::NAN);
            let mut plain = Array2::from_elem((m, n), f32::NAN);
            let mut out = if layout & 16 > 0 { whole.slice_mut(s![1..m + 1, 1..n + 1]) } else { plain.view_mut() };
            product(a.view(), b.view(), out.view_mut()).unwrap();
            for i in 0..m {
                for j in 0..n {
                    let expected: f32 = (0..d).map(|l| a[[i, l]] * b[[l, j]]).sum();
                    prop_assert_eq!(out[[i, j]], expected);
                }
            }
            // Nothing outside the view was touched.
            if layout & 16 > 0 {
                prop_assert_eq!(whole.iter().filter(|v| v.is_nan()).count(), (m + 2) * (n + 2) - m * n);
            }
        }
    }

    #[test]
    fn wrong_shapes_are_refused() {
        let (a, b) = (Array2::zeros((2, 3)), Array2::zeros((4, 2)));
        assert!(product(a.view(), b.view(), Array2::zeros((2, 2)).view_mut()).is_err());
        assert!(product(a.view(), b.slice(s![..3, ..]), Array2::zeros((3, 2)).view_mut()).is_err());
        assert!(symmetric_eigen(Array2::zeros((2, 3)).view()).is_err());
        assert!(symmetric_eigen(array![[f64::NAN]].view()).is_err());
    }

    #[test]
    fn eigenvectors_of_a_known_matrix() {
        // 3 along (1, 1), 1 along (1, -1).
        let (values, vectors) = symmetric_eigen(array![[2.0, 1.0], [1.0, 2.0]].view()).unwrap();
        assert!((values[0] - 3.0).abs() < 1e-12 && (values[1] - 1.0).abs() < 1e-12);
        let half = 0.5f64.sqrt();
        assert!((vectors[[0, 0]] - half).abs() < 1e-12 && (vectors[[1, 0]] - half).abs() < 1e-12);
        assert!((vectors[[0, 1]] + vectors[[1, 1]]).abs() < 1e-12);
    }
}
