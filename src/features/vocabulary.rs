//! What is learned from training descriptors before pictures can be encoded.

use std::ops::Range;

use ndarray::{Array2, s};

use super::codebook::{Codebook, Fit, Points};
use super::descriptors::{DESCRIPTOR_LENGTH, DescriptorSet};
use super::mixture::Mixture;
use super::projection::Projection;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::recipe::FeatureRecipe;

/// Principal components, visual words or Gaussians, as far as the recipe asks for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vocabulary {
    /// Principal components of the descriptors.
    pub projection: Option<Projection>,
    /// k visual words of D numbers.
    pub codebook: Option<Array2<f32>>,
    /// Gaussians over D numbers.
    pub mixture: Option<Mixture>,
}

impl Vocabulary {
    /// Fits what the recipe asks for to `sample`; the [`Fit`] is the codebook's.
    pub(super) fn fit(
        sample: &DescriptorSet,
        recipe: &FeatureRecipe,
        progress: &dyn Progress,
    ) -> Result<(Self, Option<Fit>)> {
        let projection = match &recipe.pca {
            Some(pca) => Some(Projection::fit(raw(sample, 0..sample.len()).view(), pca.dimensions, pca.whiten)?),
            None => None,
        };
        let mut vocabulary = Self { projection, ..Self::default() };
        let transform = Transform::new(recipe, vocabulary.projection.as_ref());
        if let Some(mixture) = &recipe.mixture {
            let points = transform.apply(sample, 0..sample.len())?;
            vocabulary.mixture = Some(Mixture::fit(points.view(), mixture, progress)?);
        }
        let fit = match &recipe.codebook {
            Some(codebook) => {
                let (codebook, fit) = match transform.changes_nothing() {
                    true => Codebook::fit(sample, codebook, progress)?,
                    false => Codebook::fit(&transform.apply(sample, 0..sample.len())?.view(), codebook, progress)?,
                };
                vocabulary.codebook = Some(codebook.centres().to_owned());
                Some(fit)
            }
            None => None,
        };
        Ok((vocabulary, fit))
    }
}

/// What is done to descriptors before they are compared with a vocabulary.
#[derive(Clone, Debug)]
pub(super) struct Transform {
    projection: Option<Projection>,
    position: bool,
}

impl Transform {
    pub(super) fn new(recipe: &FeatureRecipe, projection: Option<&Projection>) -> Self {
        Self { projection: projection.cloned(), position: recipe.position }
    }

    /// Numbers of a descriptor after it.
    pub(super) fn dimensions(&self) -> usize {
        self.projection.as_ref().map_or(DESCRIPTOR_LENGTH, Projection::dimensions) + if self.position { 2 } else { 0 }
    }

    pub(super) fn changes_nothing(&self) -> bool {
        self.projection.is_none() && !self.position
    }

    /// Some of the descriptors of `set`, n x [`Transform::dimensions`].
    pub(super) fn apply(&self, set: &DescriptorSet, rows: Range<usize>) -> Result<Array2<f32>> {
        let mut out = Array2::zeros((rows.len(), self.dimensions()));
        let places = &set.places()[rows.clone()];
        let mut given = raw(set, rows);
        match &self.projection {
            Some(projection) => {
                if projection.inputs() != DESCRIPTOR_LENGTH {
                    return Err(Error::invalid("numbers that are projected", projection.inputs(), "128"));
                }
                // Projected by themselves: columns of a wider matrix are no whole one.
                let mut projected = Array2::zeros((given.nrows(), projection.dimensions()));
                projection.apply(given.view_mut(), projected.view_mut())?;
                out.slice_mut(s![.., ..projection.dimensions()]).assign(&projected);
            }
            None => out.slice_mut(s![.., ..DESCRIPTOR_LENGTH]).assign(&given),
        }
        if self.position {
            let at = out.ncols() - 2;
            for (mut row, place) in out.outer_iter_mut().zip(places) {
                (row[at], row[at + 1]) = (place[0] - 0.5, place[1] - 0.5);
            }
        }
        Ok(out)
    }
}

/// Descriptors as they are, n x 128.
fn raw(set: &DescriptorSet, rows: Range<usize>) -> Array2<f32> {
    let mut out = Array2::zeros((rows.len(), DESCRIPTOR_LENGTH));
    for (row, mut numbers) in rows.zip(out.outer_iter_mut()) {
        if let Some(numbers) = numbers.as_slice_mut() {
            set.read(row, numbers);
        }
    }
    out
}
