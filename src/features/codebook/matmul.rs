//! The one place that calls the matrix product of the `gemm` crate.
//!
//! It is the whole cost of k-means: `scripts/bench_codebook.py` compares it with faiss and scikit-learn.

use gemm::Parallelism;
use ndarray::{ArrayView2, ArrayViewMut2};

use crate::error::{Error, Result};

/// Writes `a` (m x d) times `b` (d x n) into `out` (m x n), on the calling thread.
///
/// # Errors
/// [`Error::Invalid`] when the shapes do not fit together.
#[allow(unsafe_code)]
pub fn product(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>, mut out: ArrayViewMut2<'_, f32>) -> Result<()> {
    let ((m, d), (depth, n)) = (a.dim(), b.dim());
    if depth != d || out.dim() != (m, n) {
        let found = format!("{m} x {d} times {depth} x {n} into {:?}", out.dim());
        return Err(Error::invalid("matrix product", found, "m x d times d x n into m x n"));
    }
    // Distance between rows, then between columns, in elements.
    let strides = |of: &[isize]| (of[0], of[1]);
    let (a_rows, a_columns) = strides(a.strides());
    let (b_rows, b_columns) = strides(b.strides());
    let (out_rows, out_columns) = strides(out.strides());
    // SAFETY: gemm reads a[i, l] and b[l, j] and writes out[i, j] for i < m, j < n, l < d, each at its pointer plus
    // the index times the stride. ndarray guarantees that all of these elements lie inside the borrowed arrays, and
    // the dimensions were compared above. `out` is a unique borrow whose elements do not overlap, so it can alias
    // neither input. f32 has no invalid values, and with `read_dst` off nothing is read from `out`.
    unsafe {
        gemm::gemm(
            m,
            n,
            d,
            out.as_mut_ptr(),
            out_columns,
            out_rows,
            false,
            a.as_ptr(),
            a_columns,
            a_rows,
            b.as_ptr(),
            b_columns,
            b_rows,
            0.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, s};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_the_definition_for_any_layout(m in 0usize..40, n in 0usize..40, d in 0usize..20, layout in 0u8..8) {
            let fill = |rows: usize, columns: usize, flip: bool, salt: usize| {
                let value = |(i, j): (usize, usize)| ((i * 7 + j * 13 + salt) % 17) as f32 - 8.0;
                let wide = Array2::from_shape_fn((rows * 2, columns + 3), value);
                let view = wide.slice(s![..;2, 1..columns + 1]).to_owned();
                if flip { view.t().as_standard_layout().into_owned().reversed_axes() } else { view }
            };
            let a = fill(m, d, layout & 1 > 0, 0);
            let b = fill(d, n, layout & 2 > 0, 5);
            let mut whole = Array2::from_elem((m + 2, n + 2), f32::NAN);
            let mut out = whole.slice_mut(s![1..m + 1, 1..n + 1]);
            if layout & 4 > 0 {
                out.invert_axis(ndarray::Axis(0));
            }
            product(a.view(), b.view(), out.view_mut()).unwrap();
            for i in 0..m {
                for j in 0..n {
                    let expected: f32 = (0..d).map(|l| a[[i, l]] * b[[l, j]]).sum();
                    prop_assert_eq!(out[[i, j]], expected);
                }
            }
            // Nothing outside the view was touched.
            prop_assert_eq!(whole.iter().filter(|v| v.is_nan()).count(), (m + 2) * (n + 2) - m * n);
        }
    }

    #[test]
    fn wrong_shapes_are_refused() {
        let (a, b) = (Array2::zeros((2, 3)), Array2::zeros((4, 2)));
        assert!(product(a.view(), b.view(), Array2::zeros((2, 2)).view_mut()).is_err());
        assert!(product(a.view(), b.slice(s![..3, ..]), Array2::zeros((3, 2)).view_mut()).is_err());
    }
}
