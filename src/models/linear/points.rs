//! Training rows as the solver walks over them.

use ndarray::ArrayView2;

/// Share of numbers that are not zero below which only those are kept.
const SPARSE: f64 = 0.2;
/// Numbers that are summed side by side.
const LANES: usize = 16;

/// Rows of d numbers.
pub(super) enum Points<'a> {
    /// All numbers, row after row.
    Dense { values: &'a [f32], width: usize },
    /// Those that are not zero.
    Sparse {
        /// n + 1 places: where each row starts.
        starts: Vec<usize>,
        columns: Vec<u32>,
        values: Vec<f32>,
    },
}

/// A row of [`Points`].
#[derive(Clone, Copy)]
pub(super) enum Point<'a> {
    Dense(&'a [f32]),
    Sparse(&'a [u32], &'a [f32]),
}

impl<'a> Points<'a> {
    /// Keeps what is not zero when that is little; `None` when the rows do not lie in memory one after the other.
    pub(super) fn new(rows: ArrayView2<'a, f32>) -> Option<Self> {
        let width = rows.ncols();
        let dense = rows.to_slice()?;
        let filled = dense.iter().filter(|v| **v != 0.0).count();
        if filled as f64 >= SPARSE * dense.len() as f64 {
            return Some(Self::Dense { values: dense, width });
        }
        let (mut columns, mut values) = (Vec::with_capacity(filled), Vec::with_capacity(filled));
        let mut starts = vec![0];
        for row in dense.chunks_exact(width.max(1)) {
            for (column, &value) in row.iter().enumerate().filter(|(_, v)| **v != 0.0) {
                columns.push(column as u32);
                values.push(value);
            }
            starts.push(values.len());
        }
        Some(Self::Sparse { starts, columns, values })
    }

    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> Point<'_> {
        match self {
            Self::Dense { values, width } => Point::Dense(&values[row * width..][..*width]),
            Self::Sparse { starts, columns, values } => {
                let range = starts[row]..starts[row + 1];
                Point::Sparse(&columns[range.clone()], &values[range])
            }
        }
    }
}

impl Point<'_> {
    /// The dot product with `weights`.
    #[inline(always)]
    pub(super) fn dot(self, weights: &[f32]) -> f32 {
        match self {
            Self::Dense(values) => {
                let mut lanes = [0.0f32; LANES];
                let (xs, ws) = (values.chunks_exact(LANES), weights.chunks_exact(LANES));
                let rest: f32 = xs.remainder().iter().zip(ws.remainder()).map(|(x, w)| x * w).sum();
                for (x, w) in xs.zip(ws) {
                    for l in 0..LANES {
                        lanes[l] += x[l] * w[l];
                    }
                }
                lanes.iter().sum::<f32>() + rest
            }
            Self::Sparse(columns, values) => {
                columns.iter().zip(values).map(|(&column, value)| value * weights[column as usize]).sum()
            }
        }
    }

    /// Adds `step` times the row to `weights`.
    #[inline(always)]
    pub(super) fn add_to(self, weights: &mut [f32], step: f32) {
        match self {
            Self::Dense(values) => weights.iter_mut().zip(values).for_each(|(w, x)| *w += step * x),
            Self::Sparse(columns, values) => {
                columns.iter().zip(values).for_each(|(&column, value)| weights[column as usize] += step * value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn sparse_and_dense_rows_are_the_same_rows() {
        let full = Array2::from_shape_fn((5, 37), |(i, j)| ((i * 7 + j * 3) % 5) as f32 - 1.5);
        let thin =
            Array2::from_shape_fn((5, 37), |(i, j)| if (i * 7 + j * 3) % 11 == 0 { 1.0 + j as f32 } else { 0.0 });
        for (rows, sparse) in [(full, false), (thin, true)] {
            let points = Points::new(rows.view()).unwrap();
            assert_eq!(matches!(points, Points::Sparse { .. }), sparse);
            let weights: Vec<f32> = (0..37).map(|i| i as f32 * 0.25 - 3.0).collect();
            for (i, row) in rows.outer_iter().enumerate() {
                let expected: f32 = row.iter().zip(&weights).map(|(x, w)| x * w).sum();
                assert!((points.row(i).dot(&weights) - expected).abs() < 1e-4);
                let mut moved = weights.clone();
                points.row(i).add_to(&mut moved, 0.5);
                assert!(moved.iter().zip(&weights).zip(row).all(|((m, w), x)| (m - w - 0.5 * x).abs() < 1e-6));
            }
        }
    }
}
