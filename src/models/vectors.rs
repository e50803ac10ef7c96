//! The vectors that a classifier sees: each feature normalised, then all of them side by side.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use rayon::prelude::*;

use super::calibration::Calibration;
use crate::artifact::Fingerprint;
use crate::dataset::Split;
use crate::error::{Error, Result};
use crate::features::normalise;
use crate::recipe::Normalisation;

/// The features of n pictures.
#[derive(Clone, Copy, Debug)]
pub struct Pictures<'a> {
    /// One matrix for each of the recipe's features, in its order; n x d_i.
    pub features: &'a [ArrayView2<'a, f32>],
    /// The same of the pictures turned left to right, for a recipe with `mirrored`; none otherwise.
    pub mirrored: &'a [ArrayView2<'a, f32>],
}

impl<'a> Pictures<'a> {
    /// Pictures as they are.
    pub fn new(features: &'a [ArrayView2<'a, f32>]) -> Self {
        Self { features, mirrored: &[] }
    }

    /// Number of pictures.
    pub(super) fn len(&self) -> usize {
        self.features.first().map_or(0, |f| f.nrows())
    }

    /// The pictures as they are and, where that is wanted, mirrored.
    pub(super) fn versions(&self, mirrored: bool) -> impl Iterator<Item = &'a [ArrayView2<'a, f32>]> + use<'a> {
        [self.features].into_iter().chain(mirrored.then_some(self.mirrored))
    }

    /// Numbers in the vector of each feature.
    pub(super) fn widths(&self) -> Vec<usize> {
        self.features.iter().map(|f| f.ncols()).collect()
    }

    /// Checks that the features are like those that a model was made with.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the shapes.
    pub(super) fn check_widths(&self, widths: &[usize], mirrored: bool) -> Result<()> {
        let rows = self.len();
        for version in self.versions(mirrored) {
            let found: Vec<_> = version.iter().map(|f| f.dim()).collect();
            if !found.iter().copied().eq(widths.iter().map(|&width| (rows, width))) {
                let both = if mirrored { ", of pictures and of their mirror images" } else { "" };
                let expected = format!("equal numbers of rows, and {widths:?} columns{both}");
                return Err(Error::invalid("features", format!("shapes {found:?}"), expected));
            }
        }
        Ok(())
    }
}

/// A dataset's features, labels and splits.
#[derive(Clone, Copy, Debug)]
pub struct VectorInput<'a> {
    /// Features of all n rows of the dataset.
    pub pictures: Pictures<'a>,
    /// n labels, each below `classes`.
    pub labels: &'a [u8],
    /// n splits.
    pub splits: &'a [Split],
    /// The number of classes.
    pub classes: usize,
    /// For a dataset in which no rows validate: what an earlier fit was calibrated by.
    pub calibration: Option<&'a Calibration>,
}

impl VectorInput<'_> {
    /// Checks that everything has n rows and each label is a class; `names` are those of the features.
    pub(super) fn check(&self, names: &[String], mirrored: bool) -> Result<()> {
        let n = self.labels.len();
        for version in self.pictures.versions(mirrored) {
            if version.len() != names.len() {
                let both = if mirrored { ", and one of the mirror images" } else { "" };
                let expected = format!("one for each of {names:?}{both}");
                return Err(Error::invalid("feature matrices", version.len(), expected));
            }
            for (feature, name) in version.iter().zip(names) {
                if feature.nrows() != n || feature.ncols() == 0 {
                    let expected = format!("{n} rows, as many as labels, and at least one column");
                    return Err(Error::invalid(format!("feature `{name}`"), format!("{:?}", feature.dim()), expected));
                }
            }
        }
        self.pictures.check_widths(&self.pictures.widths(), mirrored)?;
        if self.splits.len() != n {
            return Err(Error::invalid("splits", self.splits.len(), format!("{n}, as many as labels")));
        }
        if !(2..=256).contains(&self.classes) {
            return Err(Error::invalid("classes", self.classes, "2 to 256"));
        }
        match self.labels.iter().position(|&l| usize::from(l) >= self.classes) {
            Some(row) => {
                let expected = format!("0 to {}", self.classes - 1);
                Err(Error::invalid(format!("label in row {row}"), self.labels[row], expected))
            }
            None => Ok(()),
        }
    }

    /// As [`VectorInput::check`], and that there is something to fit to and to calibrate on.
    pub(super) fn check_for_fitting(&self, names: &[String], mirrored: bool) -> Result<()> {
        self.check(names, mirrored)?;
        let training = rows_of(self.splits, Split::Train).len();
        if training < 2 {
            return Err(Error::invalid("training rows", training, "at least 2"));
        }
        if self.calibration.is_none() && !self.splits.contains(&Split::Validation) {
            let expected = "at least one: probabilities are calibrated on the validation split";
            return Err(Error::invalid("validation rows", 0, expected));
        }
        Ok(())
    }

    /// The assembled training rows and their labels: in dataset order, then once more mirrored where that is wanted.
    pub(super) fn training(&self, normalisation: Normalisation, mirrored: bool) -> Result<(Array2<f32>, Vec<u8>)> {
        let rows = rows_of(self.splits, Split::Train);
        let versions = self.pictures.versions(mirrored);
        let width = self.pictures.widths().iter().sum();
        let mut all = Array2::zeros((rows.len() * if mirrored { 2 } else { 1 }, width));
        for (part, version) in all.axis_chunks_iter_mut(Axis(0), rows.len().max(1)).zip(versions) {
            assemble_into(version, &rows, normalisation, part)?;
        }
        let labels = self.labels_of(Split::Train);
        Ok((all, if mirrored { labels.repeat(2) } else { labels }))
    }

    /// The labels of a split, in dataset order.
    pub(super) fn labels_of(&self, split: Split) -> Vec<u8> {
        rows_of(self.splits, split).into_iter().map(|row| self.labels[row]).collect()
    }
}

/// The numbers of a split's rows, ascending.
pub(super) fn rows_of(splits: &[Split], split: Split) -> Vec<usize> {
    (0..splits.len()).filter(|&row| splits[row] == split).collect()
}

/// A name for training rows, one table or several, and their labels.
pub(super) fn training_fingerprint<'a>(tables: impl IntoIterator<Item = ArrayView2<'a, f32>>, labels: &[u8]) -> String {
    let mut all = Fingerprint::new().with("labels", labels);
    for rows in tables {
        all = all.with("shape", format!("{:?}", rows.dim()));
        let mut bytes = Vec::with_capacity(rows.ncols() * 4);
        for row in rows.outer_iter() {
            bytes.clear();
            bytes.extend(row.iter().flat_map(|v| v.to_le_bytes()));
            all = all.with("row", &bytes);
        }
    }
    all.finish()
}

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
    let mut out = Array2::zeros((rows.len(), features.iter().map(|f| f.ncols()).sum()));
    assemble_into(features, rows, normalisation, out.view_mut())?;
    Ok(out)
}

fn assemble_into(
    features: &[ArrayView2<'_, f32>],
    rows: &[usize],
    normalisation: Normalisation,
    mut out: ArrayViewMut2<'_, f32>,
) -> Result<()> {
    out.axis_iter_mut(Axis(0)).into_par_iter().zip(rows).try_for_each(|(mut target, &row)| {
        let mut rest = target.as_slice_mut().unwrap_or_default();
        for (number, feature) in features.iter().enumerate() {
            let source = feature.row(row);
            if let Some(column) = source.iter().position(|v| !v.is_finite()) {
                let place = format!("feature {number}, row {row}, column {column}");
                return Err(Error::invalid(place, source[column], "a finite number"));
            }
            let (part, others) = rest.split_at_mut(source.len());
            part.iter_mut().zip(&source).for_each(|(to, from)| *to = *from);
            normalise(part, normalisation);
            rest = others;
        }
        Ok(())
    })
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
