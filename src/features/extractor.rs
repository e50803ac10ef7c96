//! From a picture to its feature vector, with a codebook that is already fitted.

use std::path::Path;

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::codebook::{Codebook, Points};
use super::local::{Local, points_of};
use super::{DESCRIPTOR_LENGTH, DescriptorSet, FeatureMatrix, histogram, normalise};
use crate::error::{Error, Result};
use crate::recipe::{Encoding, FeatureRecipe};

/// Turns single pictures into feature vectors: the same ones that [`super::extract`] gives for a dataset.
pub struct Extractor {
    local: Local,
    encoder: Encoder,
}

impl Extractor {
    /// For pictures of `height` x `width` pixels; `codebook` (k x 128) is what was fitted for this recipe, `None` for
    /// raw descriptors.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the codebook or the picture size does not fit the recipe, [`Error::FeatureOff`] in a
    /// build without OpenCV.
    pub fn new(recipe: &FeatureRecipe, codebook: Option<Array2<f32>>, height: usize, width: usize) -> Result<Self> {
        let codebook = codebook.map(Codebook::new).transpose()?;
        let local = Local::new(recipe, height, width)?;
        let points = points_of(recipe, height, width)?;
        Ok(Self { local, encoder: Encoder::new(recipe, codebook, points)? })
    }

    /// For pictures like those that the features in `folder` were extracted from.
    ///
    /// # Errors
    /// As [`FeatureMatrix::load`] and [`Extractor::new`].
    pub fn load(folder: &Path) -> Result<Self> {
        let info = FeatureMatrix::load_info(folder)?;
        let codebook = FeatureMatrix::load_codebook(folder, &info)?;
        Self::new(&info.recipe, codebook, info.height, info.width)
    }

    /// Numbers in a feature vector.
    pub fn dimensions(&self) -> usize {
        self.encoder.dimensions
    }

    /// The feature vector of a grey picture (height x width, 0 black to 255 white).
    ///
    /// # Errors
    /// [`Error::Invalid`] when the picture has another size, [`Error::Backend`] when OpenCV fails.
    pub fn describe(&mut self, image: ArrayView2<'_, u8>) -> Result<Array1<f32>> {
        let mut described = Described::new(self.encoder.root_sift);
        described.push(|bytes| self.local.describe(image, bytes))?;
        let mut vectors = Array2::zeros((1, self.dimensions()));
        self.encoder.encode(&described, vectors.view_mut())?;
        Ok(vectors.row(0).to_owned())
    }
}

/// The descriptors of some pictures.
pub(super) struct Described {
    pub(super) descriptors: DescriptorSet,
    /// Number of descriptors of each picture.
    pub(super) counts: Vec<usize>,
}

impl Described {
    pub(super) fn new(root_sift: bool) -> Self {
        Self { descriptors: DescriptorSet::new(root_sift), counts: Vec::new() }
    }

    /// Adds a picture, whose descriptors `write` appends.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        let before = self.descriptors.len();
        self.descriptors.write(write)?;
        self.counts.push(self.descriptors.len() - before);
        Ok(())
    }

    /// Adds the pictures of `other` behind its own.
    pub(super) fn append(&mut self, other: &Self) {
        self.descriptors.extend(other.descriptors.bytes());
        self.counts.extend(&other.counts);
    }

    /// The bytes of each picture's descriptors.
    pub(super) fn pictures(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.descriptors.bytes();
        self.counts.iter().map(move |&count| {
            let (picture, after) = rest.split_at(count * DESCRIPTOR_LENGTH);
            rest = after;
            picture
        })
    }
}

/// Turns descriptors into vectors.
pub(super) struct Encoder {
    recipe: FeatureRecipe,
    root_sift: bool,
    codebook: Option<Codebook>,
    pub(super) dimensions: usize,
}

impl Encoder {
    /// `points` is the number of descriptors of each picture, where it is fixed.
    pub(super) fn new(recipe: &FeatureRecipe, codebook: Option<Codebook>, points: Option<usize>) -> Result<Self> {
        let dimensions = match (recipe.encoding, &codebook, points) {
            (Encoding::Concatenate, None, Some(points)) => points * DESCRIPTOR_LENGTH,
            (Encoding::BagOfWords, Some(codebook), _) if codebook.dimensions() == DESCRIPTOR_LENGTH => codebook.words(),
            (_, codebook, _) => {
                let found = codebook.as_ref().map_or("none".into(), |c| format!("{} x {}", c.words(), c.dimensions()));
                let expected = match recipe.encoding {
                    Encoding::BagOfWords => "k x 128 for a bag of words",
                    Encoding::Concatenate => "none, and a grid, for raw descriptors",
                };
                return Err(Error::invalid("codebook", found, expected));
            }
        };
        Ok(Self { recipe: recipe.clone(), root_sift: recipe.root_sift, codebook, dimensions })
    }

    /// Writes the vector of each picture into the rows of `vectors` (pictures x dimensions).
    pub(super) fn encode(&self, described: &Described, mut vectors: ArrayViewMut2<'_, f32>) -> Result<()> {
        let pictures = described.counts.len();
        if vectors.dim() != (pictures, self.dimensions) {
            let expected = format!("{pictures} x {}", self.dimensions);
            return Err(Error::invalid("shape of the feature vectors", format!("{:?}", vectors.dim()), expected));
        }
        let words = match &self.codebook {
            Some(codebook) => codebook.assign(&described.descriptors)?.words,
            None => Vec::new(),
        };
        let mut starts = Vec::with_capacity(pictures);
        described.counts.iter().fold(0, |start, count| {
            starts.push(start);
            start + count
        });
        let rows = vectors.outer_iter_mut().into_par_iter().zip(starts.par_iter().zip(&described.counts));
        rows.try_for_each(|(mut row, (&start, &count))| {
            match &self.codebook {
                Some(codebook) => row.assign(&histogram(&words[start..start + count], codebook.words())),
                None if count * DESCRIPTOR_LENGTH == self.dimensions => {
                    let values = row.as_slice_mut().unwrap_or_default();
                    for (i, values) in values.chunks_exact_mut(DESCRIPTOR_LENGTH).enumerate() {
                        described.descriptors.read(start + i, values);
                    }
                }
                None => {
                    let expected = (self.dimensions / DESCRIPTOR_LENGTH).to_string();
                    return Err(Error::invalid("descriptors of a picture", count, expected));
                }
            }
            normalise(row.as_slice_mut().unwrap_or_default(), self.recipe.normalisation);
            Ok(())
        })
    }
}
