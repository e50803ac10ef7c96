//! The vectors that a machine sees: each feature normalised, then all of them side by side.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::features::normalise;
use crate::recipe::Normalisation;

/// The chosen rows of all features (each n x d_i), normalised and concatenated: rows.len() x sum of d_i.
///
/// A vector of zeros (a picture without a keypoint) has no direction and stays zero.
///
/// # Errors
/// [`Error::Invalid`] with feature, row and column of the first value that is no finite number.
pub(super) fn assemble(
    features: &[ArrayView2<'_, f32>],
    rows: &[usize],
    normalisation: Normalisation,
) -> Result<Array2<f32>> {
    let width: usize = features.iter().map(|f| f.ncols()).sum();
    let mut values = vec![0.0; rows.len() * width];
    values.par_chunks_exact_mut(width.max(1)).zip(rows).try_for_each(|(target, &row)| {
        let mut from = 0;
        for (number, feature) in features.iter().enumerate() {
            let source = feature.row(row);
            if let Some(column) = source.iter().position(|v| !v.is_finite()) {
                let place = format!("feature {number}, row {row}, column {column}");
                return Err(Error::invalid(place, source[column], "a finite number"));
            }
            let part = &mut target[from..from + source.len()];
            part.iter_mut().zip(&source).for_each(|(to, from)| *to = *from);
            normalise(part, normalisation);
            from += source.len();
        }
        Ok(())
    })?;
    Array2::from_shape_vec((rows.len(), width), values)
        .map_err(|e| Error::invalid("vectors side by side", e, format!("{} x {width}", rows.len())))
}

/// The squared Euclidean norm of each row.
pub(super) fn squared_norms(rows: ArrayView2<'_, f32>) -> Vec<f32> {
    rows.outer_iter()
        .into_par_iter()
        .map(|row| row.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>() as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{array, s};

    #[test]
    fn each_feature_is_normalised_for_itself() {
        let a = array![[3.0f32, 4.0], [0.0, 0.0]];
        let b = array![[1.0f32, -3.0], [0.25, 0.75]];
        let make = |n| assemble(&[a.view(), b.view()], &[1, 0], n).unwrap();
        assert_eq!(make(Normalisation::None), array![[0.0, 0.0, 0.25, 0.75], [3.0, 4.0, 1.0, -3.0]]);
        assert_eq!(make(Normalisation::L1).row(1), array![3.0 / 7.0, 4.0 / 7.0, 0.25, -0.75]);
        assert_eq!(make(Normalisation::L2).slice(s![1, ..2]), array![0.6, 0.8]);
        let hellinger = make(Normalisation::Hellinger);
        assert_eq!(hellinger.slice(s![1, 2..]), array![0.5, -(0.75f32.sqrt())]);
        assert_eq!(hellinger.slice(s![0, ..2]), array![0.0, 0.0]);
        assert!((squared_norms(hellinger.view())[1] - 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_value_that_is_no_number_is_named() {
        let a = array![[1.0f32], [f32::NAN]];
        let error = assemble(&[a.view()], &[0, 1], Normalisation::L2).unwrap_err().to_string();
        assert!(error.contains("row 1") && error.contains("NaN"), "{error}");
    }
}
