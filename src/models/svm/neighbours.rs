//! Exact nearest training rows by cosine similarity: a blocked matrix product, then a selection.

use std::cmp::Ordering;

use ndarray::{Array2, ArrayView2};

use crate::error::Result;
use crate::matrix::product;
use crate::models::kernel::Rows;

/// Queries whose products are formed at once; 32 against 30,000 rows are 4 MB, which the cache still holds.
pub(super) const BLOCK: usize = 32;

/// The numbers of the `k` training rows (n x d) nearest to each query (m x d), the nearest first.
///
/// The cosine with a zero vector is undefined and counts as 0. Of equally near rows the one with the lower number
/// comes first, so the answer is the same in every run.
pub(super) fn nearest(training: Rows<'_>, queries: ArrayView2<'_, f32>, k: usize) -> Result<Vec<Vec<usize>>> {
    let mut dots = Array2::<f32>::zeros((queries.nrows(), training.rows.nrows()));
    product(queries, training.rows.t(), dots.view_mut())?;
    let scale: Vec<f32> = training.squared_norms.iter().map(|&s| if s > 0.0 { 1.0 / s.sqrt() } else { 0.0 }).collect();
    // The query's own norm divides all of its similarities alike, so it does not change their order.
    let found = dots
        .outer_iter()
        .map(|dots| {
            let mut scored: Vec<(f32, u32)> =
                dots.iter().zip(&scale).enumerate().map(|(row, (dot, scale))| (dot * scale, row as u32)).collect();
            let k = k.min(scored.len());
            if k > 0 && k < scored.len() {
                scored.select_nth_unstable_by(k - 1, nearer);
            }
            scored.truncate(k);
            scored.sort_unstable_by(nearer);
            scored.iter().map(|&(_, row)| row as usize).collect()
        })
        .collect();
    Ok(found)
}

fn nearer(a: &(f32, u32), b: &(f32, u32)) -> Ordering {
    // Adding 0 turns -0 into 0, which total_cmp would tell apart.
    (b.0 + 0.0).total_cmp(&(a.0 + 0.0)).then(a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::kernel::Table;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn ties_and_zero_vectors_have_a_defined_order() {
        let training = Table::new(array![[0.0f32, 0.0], [1.0, 0.0], [-1.0, 0.0], [5.0, 0.0], [0.0, 1.0]]);
        let queries = array![[2.0f32, 0.0], [0.0, 0.0]];
        let found = nearest(training.view(), queries.view(), 4).unwrap();
        // Rows 1 and 3 point the same way; rows 0 (zero) and 4 (orthogonal) both score 0; row 2 is opposite.
        assert_eq!(found[0], [1, 3, 0, 4]);
        // A zero query is equally far from everything.
        assert_eq!(found[1], [0, 1, 2, 3]);
        assert_eq!(nearest(training.view(), queries.view(), 9).unwrap()[0].len(), 5);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_selection_equals_a_full_sort(values in prop::collection::vec(-3i8..4, 60), k in 1usize..20) {
            let training = Array2::from_shape_vec((20, 3), values.iter().map(|&v| f32::from(v)).collect()).unwrap();
            let query = array![[1.0f32, -2.0, 0.5]];
            let found = nearest(Table::new(training.clone()).view(), query.view(), k).unwrap();
            let cosine = |r: usize| {
                let row = training.row(r);
                let norm = row.dot(&row).sqrt();
                if norm == 0.0 { 0.0 } else { row.dot(&query.row(0)) / norm }
            };
            let mut all: Vec<usize> = (0..20).collect();
            all.sort_by(|&a, &b| (cosine(b) + 0.0).total_cmp(&(cosine(a) + 0.0)).then(a.cmp(&b)));
            // Rounding may order near-equal cosines either way; the cosines themselves must agree.
            for (got, want) in found[0].iter().zip(&all) {
                prop_assert!((cosine(*got) - cosine(*want)).abs() < 1e-6);
            }
        }
    }
}
