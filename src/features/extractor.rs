//! From a picture to its feature vector, with a vocabulary that is already fitted.

use std::ops::Range;
use std::path::Path;

use ndarray::{Array1, Array2, ArrayView2, ArrayView3, Axis};
use rayon::prelude::*;

use super::codebook::Points;
use super::encoder::Encoder;
use super::local::{Local, points_of};
use super::whole_picture::WholePicture;
use super::{DescriptorSet, FeatureInfo, FeatureMatrix, Vocabulary};
use crate::error::Result;
use crate::recipe::FeatureRecipe;

/// Pictures that one extractor describes; each part has an extractor of its own.
const PART: usize = 256;

/// Turns single pictures into feature vectors: the same ones that [`super::extract`] gives for a dataset.
pub struct Extractor(pub(super) Method);

pub(super) enum Method {
    Local { local: Box<Local>, encoder: Box<Encoder> },
    Whole(Box<WholePicture>),
}

impl Extractor {
    /// For pictures of `height` x `width` pixels; `vocabulary` is what was fitted for this recipe, an empty one for raw
    /// descriptors.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when the vocabulary or the picture size does not fit the recipe, [`crate::Error::FeatureOff`] for
    /// what needs OpenCV in a build without it.
    pub fn new(recipe: &FeatureRecipe, vocabulary: Vocabulary, height: usize, width: usize) -> Result<Self> {
        if let Some(whole) = WholePicture::new(recipe, height, width)? {
            return Ok(Self(Method::Whole(Box::new(whole))));
        }
        let local = Box::new(Local::new(recipe, height, width)?);
        let points = points_of(recipe, height, width)?;
        let encoder = Box::new(Encoder::new(recipe, vocabulary, points)?);
        Ok(Self(Method::Local { local, encoder }))
    }

    /// For pictures like those that the features in `folder` were extracted from.
    ///
    /// # Errors
    /// As [`FeatureMatrix::load`] and [`Extractor::new`].
    pub fn load(folder: &Path) -> Result<Self> {
        let info = FeatureMatrix::load_info(folder)?;
        let vocabulary = FeatureMatrix::load_vocabulary(folder, &info)?;
        Self::new(&info.recipe, vocabulary, info.height, info.width)
    }

    /// Numbers in a feature vector.
    pub fn dimensions(&self) -> usize {
        match &self.0 {
            Method::Local { encoder, .. } => encoder.dimensions(),
            Method::Whole(whole) => whole.dimensions(),
        }
    }

    /// The feature vector of a grey picture (height x width, 0 black to 255 white).
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when the picture has another size, [`crate::Error::Backend`] when OpenCV fails.
    pub fn describe(&mut self, image: ArrayView2<'_, u8>) -> Result<Array1<f32>> {
        let mut vector = Array1::zeros(self.dimensions());
        match &mut self.0 {
            Method::Local { local, encoder } => {
                let mut described = Described::new(encoder.root_sift());
                local.describe_views(image, &mut described)?;
                encoder.encode(&described, vector.view_mut().insert_axis(Axis(0)))?;
            }
            Method::Whole(whole) => whole.describe(image, vector.as_slice_mut().unwrap_or_default())?,
        }
        Ok(vector)
    }
}

/// The feature vectors (n x d) of n grey pictures (n x height x width) of the size that the feature was made for, on all
/// of rayon's threads.
///
/// # Errors
/// As [`Extractor::new`] and [`Extractor::describe`].
pub fn describe_pictures(
    info: &FeatureInfo,
    vocabulary: &Vocabulary,
    images: ArrayView3<'_, u8>,
) -> Result<Array2<f32>> {
    let extractor = || Extractor::new(&info.recipe, vocabulary.clone(), info.height, info.width);
    let mut features = Array2::zeros((images.dim().0, extractor()?.dimensions()));
    features
        .axis_chunks_iter_mut(Axis(0), PART)
        .into_par_iter()
        .zip(images.axis_chunks_iter(Axis(0), PART).into_par_iter())
        .try_for_each(|(mut rows, images)| -> Result<()> {
            let mut extractor = extractor()?;
            for (mut row, image) in rows.outer_iter_mut().zip(images.outer_iter()) {
                row.assign(&extractor.describe(image)?);
            }
            Ok(())
        })?;
    Ok(features)
}

/// The descriptors of some pictures.
pub(super) struct Described {
    pub(super) descriptors: DescriptorSet,
    /// Number of descriptors of each picture; of a picture and its mirror image one after the other, where both count.
    pub(super) counts: Vec<usize>,
}

impl Described {
    pub(super) fn new(root_sift: bool) -> Self {
        Self { descriptors: DescriptorSet::new(root_sift), counts: Vec::new() }
    }

    /// Adds a picture, whose descriptors `write` appends.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut DescriptorSet) -> Result<()>) -> Result<()> {
        let before = self.descriptors.len();
        write(&mut self.descriptors)?;
        self.counts.push(self.descriptors.len() - before);
        Ok(())
    }

    /// Adds the pictures of `other` behind its own.
    pub(super) fn append(&mut self, other: &Self) {
        self.descriptors.append_from(&other.descriptors, 0..other.descriptors.len());
        self.counts.extend(&other.counts);
    }

    /// Which descriptors each picture has.
    pub(super) fn pictures(&self) -> impl Iterator<Item = Range<usize>> {
        let mut end = 0;
        self.counts.iter().map(move |&count| {
            end += count;
            end - count..end
        })
    }
}
