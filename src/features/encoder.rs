//! From the descriptors of pictures to one vector each.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, Axis};
use rayon::prelude::*;

use super::bag_of_words::Words;
use super::codebook::{Codebook, Points};
use super::extractor::Described;
use super::mixture::{Mixture, Scratch};
use super::normalise::mean_with;
use super::pyramid::Pyramid;
use super::vocabulary::{Transform, Vocabulary};
use super::{DESCRIPTOR_LENGTH, DescriptorSet, fisher, normalise, vlad};
use crate::error::{Error, Result};
use crate::recipe::{Encoding, FeatureRecipe};

/// Turns descriptors into vectors.
pub(super) struct Encoder {
    recipe: FeatureRecipe,
    transform: Transform,
    pyramid: Pyramid,
    method: Method,
}

enum Method {
    /// With the number of descriptors of each picture.
    Concatenate(usize),
    BagOfWords(Codebook),
    Vlad(Codebook),
    Fisher(Mixture),
}

impl Method {
    /// Numbers that a descriptor must have; `None` for any.
    fn inputs(&self) -> Option<usize> {
        match self {
            Self::Concatenate(_) => None,
            Self::BagOfWords(codebook) | Self::Vlad(codebook) => Some(codebook.dimensions()),
            Self::Fisher(mixture) => Some(mixture.dimensions()),
        }
    }

    /// Numbers for each cell of the pyramid.
    fn outputs(&self) -> usize {
        match self {
            Self::Concatenate(points) => points * DESCRIPTOR_LENGTH,
            Self::BagOfWords(codebook) => codebook.words(),
            Self::Vlad(codebook) => codebook.words() * codebook.dimensions(),
            Self::Fisher(mixture) => 2 * mixture.components() * mixture.dimensions(),
        }
    }
}

impl Encoder {
    /// `points` is the number of descriptors of each picture, where it is fixed.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the vocabulary is not one that the recipe asks for.
    pub(super) fn new(recipe: &FeatureRecipe, vocabulary: Vocabulary, points: Option<usize>) -> Result<Self> {
        let Vocabulary { projection, codebook, mixture } = vocabulary;
        let transform = Transform::new(recipe, projection.as_ref());
        let codebook = codebook.map(Codebook::new).transpose()?;
        let found = match (&codebook, &mixture) {
            (Some(c), _) => format!("{} words of {} numbers", c.words(), c.dimensions()),
            (_, Some(m)) => format!("{} Gaussians over {} numbers", m.components(), m.dimensions()),
            (None, None) => "none".into(),
        };
        let method = match (recipe.encoding, codebook, mixture, points) {
            (Encoding::Concatenate, None, None, Some(points)) => Some(Method::Concatenate(points)),
            (Encoding::BagOfWords, Some(codebook), None, _) => Some(Method::BagOfWords(codebook)),
            (Encoding::Vlad, Some(codebook), None, _) => Some(Method::Vlad(codebook)),
            (Encoding::Fisher, None, Some(mixture), _) => Some(Method::Fisher(mixture)),
            _ => None,
        };
        let wanted = transform.dimensions();
        let fits = recipe.pca.is_some() == projection.is_some();
        match method.filter(|m| fits && m.inputs().is_none_or(|inputs| inputs == wanted)) {
            Some(method) => {
                Ok(Self { recipe: recipe.clone(), transform, pyramid: Pyramid::new(&recipe.pyramid), method })
            }
            None => {
                let expected = match recipe.encoding {
                    Encoding::BagOfWords | Encoding::Vlad => format!("visual words of {wanted} numbers"),
                    Encoding::Fisher => format!("Gaussians over {wanted} numbers"),
                    Encoding::Concatenate => "none, and a grid, for raw descriptors".into(),
                };
                Err(Error::invalid("vocabulary", found, expected))
            }
        }
    }

    /// Numbers in a feature vector.
    pub(super) fn dimensions(&self) -> usize {
        self.pyramid.cells() * self.method.outputs()
    }

    pub(super) fn root_sift(&self) -> bool {
        self.recipe.root_sift
    }

    pub(super) fn recipe(&self) -> &FeatureRecipe {
        &self.recipe
    }

    /// The visual words, k x D, where there are any.
    pub(super) fn centres(&self) -> Option<ArrayView2<'_, f32>> {
        self.codebook().map(Codebook::centres)
    }

    /// The nearest visual word of each descriptor; `None` without a codebook.
    pub(super) fn words(&self, set: &DescriptorSet) -> Result<Option<Vec<u32>>> {
        let Some(codebook) = self.codebook() else { return Ok(None) };
        let assigned = match self.transform.changes_nothing() {
            true => codebook.assign(set)?,
            false => codebook.assign(&self.transform.apply(set, 0..set.len())?.view())?,
        };
        Ok(Some(assigned.words))
    }

    fn codebook(&self) -> Option<&Codebook> {
        match &self.method {
            Method::BagOfWords(codebook) | Method::Vlad(codebook) => Some(codebook),
            Method::Concatenate(_) | Method::Fisher(_) => None,
        }
    }

    /// Writes the vector of each picture into the rows of `vectors` (pictures x dimensions).
    pub(super) fn encode(&self, described: &Described, mut vectors: ArrayViewMut2<'_, f32>) -> Result<()> {
        let views = self.recipe.views();
        let pictures = described.counts.len() / views;
        if vectors.dim() != (pictures, self.dimensions()) {
            let expected = format!("{pictures} x {}", self.dimensions());
            return Err(Error::invalid("shape of the feature vectors", format!("{:?}", vectors.dim()), expected));
        }
        // Words of all pictures at once, where nothing is done to descriptors before.
        let words = match &self.method {
            Method::BagOfWords(codebook) if self.transform.changes_nothing() => {
                Some(Words::of(&described.descriptors, codebook, self.recipe.soft.as_ref())?)
            }
            _ => None,
        };
        let ranges: Vec<Range<usize>> = described.pictures().collect();
        let set = &described.descriptors;
        vectors.outer_iter_mut().into_par_iter().zip(ranges.par_chunks_exact(views)).try_for_each_init(
            Scratch::default,
            |scratch, (mut row, ranges)| {
                let vector = row.as_slice_mut().unwrap_or_default();
                self.encode_view(set, words.as_ref(), ranges[0].clone(), scratch, vector)?;
                if let Some(mirrored) = ranges.get(1) {
                    let mut other = vec![0.0; vector.len()];
                    self.encode_view(set, words.as_ref(), mirrored.clone(), scratch, &mut other)?;
                    mean_with(vector, &other, self.recipe.normalisation);
                }
                Ok(())
            },
        )
    }

    /// The normalised vector of one picture; `words` are those of all descriptors, where they are known.
    fn encode_view(
        &self,
        set: &DescriptorSet,
        words: Option<&Words>,
        range: Range<usize>,
        scratch: &mut Scratch,
        vector: &mut [f32],
    ) -> Result<()> {
        match words {
            Some(words) => self.count(words, range.start, &set.places()[range], vector),
            None => self.encode_picture(set, range, scratch, vector)?,
        }
        normalise(vector, self.recipe.normalisation);
        Ok(())
    }

    fn encode_picture(
        &self,
        set: &DescriptorSet,
        range: Range<usize>,
        scratch: &mut Scratch,
        vector: &mut [f32],
    ) -> Result<()> {
        if let Method::Concatenate(points) = self.method {
            if range.len() != points {
                return Err(Error::invalid("descriptors of a picture", range.len(), points.to_string()));
            }
            for (row, numbers) in range.zip(vector.chunks_exact_mut(DESCRIPTOR_LENGTH)) {
                set.read(row, numbers);
            }
            return Ok(());
        }
        let places = &set.places()[range.clone()];
        let points = self.transform.apply(set, range)?;
        match &self.method {
            Method::Concatenate(_) => {}
            Method::BagOfWords(codebook) => {
                let words = Words::of(&points.view(), codebook, self.recipe.soft.as_ref())?;
                self.count(&words, 0, places, vector);
            }
            Method::Vlad(codebook) => {
                let words = codebook.assign(&points.view())?.words;
                for (cell, out) in self.cells(places, vector) {
                    vlad::encode(points.view(), &words, &cell, codebook.centres(), out);
                }
            }
            Method::Fisher(mixture) => {
                for (cell, out) in self.cells(places, vector) {
                    let inside =
                        if cell.len() == points.nrows() { points.view().into() } else { select(&points.view(), &cell) };
                    fisher::encode(mixture, inside.view(), scratch, out)?;
                }
            }
        }
        Ok(())
    }

    /// Counts the words of a picture whose first descriptor is number `first`.
    fn count(&self, words: &Words, first: usize, places: &[[f32; 2]], vector: &mut [f32]) {
        for (cell, out) in self.cells(places, vector) {
            words.count(cell.into_iter().map(|i| first + i), self.recipe.presence, out);
        }
    }

    /// The descriptors of each cell, and its part of the vector.
    fn cells<'a>(
        &self,
        places: &[[f32; 2]],
        vector: &'a mut [f32],
    ) -> impl Iterator<Item = (Vec<usize>, &'a mut [f32])> + use<'a> {
        self.pyramid.sort(places).into_iter().zip(vector.chunks_exact_mut(self.method.outputs()))
    }
}

fn select<'a>(points: &ArrayView2<'a, f32>, rows: &[usize]) -> ndarray::CowArray<'a, f32, ndarray::Ix2> {
    points.select(Axis(0), rows).into()
}
