//! Dense SIFT and its bag of words as tensor operations: the features of a whole batch on any device, so that a hybrid
//! network can see the features of each picture as it was varied for training.

mod dense_sift;
#[cfg(test)]
mod tests;

use tch::{Device, Kind, TchError, Tensor};

use self::dense_sift::DenseSiftGraph;
use super::Vocabulary;
use crate::error::{Error, Result, torch_error};
use crate::recipe::{Backend, DESCRIPTOR_LENGTH, Encoding, Extractor, FeatureRecipe, Normalisation};
use crate::shared_tensor::SharedTensor;

/// Scores of descriptors against words that are in memory at once.
const SCORES: i64 = 1 << 25;

/// A feature recipe as tensor operations; equal to [`super::Extractor`] but for rounding.
#[derive(Clone)]
pub(crate) struct GraphFeature {
    sift: DenseSiftGraph,
    root_sift: bool,
    words: Option<Words>,
    presence: bool,
    normalisation: Normalisation,
}

/// The visual words.
#[derive(Clone)]
struct Words {
    /// 128 x k.
    centres: SharedTensor,
    /// Half of the squared length of each, k.
    half_squares: SharedTensor,
}

impl GraphFeature {
    /// For pictures of `height` x `width` pixels.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what has no tensor operations here, and when the grid or the vocabulary does not fit.
    pub(crate) fn new(
        recipe: &FeatureRecipe,
        vocabulary: &Vocabulary,
        [height, width]: [usize; 2],
        device: Device,
    ) -> Result<Self> {
        let grid = match &recipe.grid {
            Some(grid) if grid.backend() == Backend::Native && recipe.extractor == Extractor::DenseSift => grid,
            _ => return Err(refused(recipe, "another extractor")),
        };
        let extra = [
            (recipe.soft.is_some(), "soft assignment"),
            (recipe.transforms(), "PCA or positions"),
            (recipe.symmetric, "symmetric = true"),
            (!recipe.pyramid.is_empty(), "a pyramid"),
            (matches!(recipe.encoding, Encoding::Vlad | Encoding::Fisher), "VLAD or Fisher vectors"),
        ];
        if let Some((_, what)) = extra.iter().find(|(asked, _)| *asked) {
            return Err(refused(recipe, what));
        }
        let sift = DenseSiftGraph::new(grid, height, width, device)?;
        let words = match (recipe.encoding, &vocabulary.codebook) {
            (Encoding::BagOfWords, Some(codebook)) if codebook.ncols() == DESCRIPTOR_LENGTH => {
                let words = || -> Result<Words, TchError> {
                    let centres = Tensor::try_from(codebook)?.f_to(device)?;
                    let squares = centres.f_square()?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
                    let (half_squares, centres) = (squares.f_mul_scalar(0.5)?, centres.f_tr()?.f_contiguous()?);
                    Ok(Words { half_squares: half_squares.into(), centres: centres.into() })
                };
                Some(words().map_err(torch_error("load the codebook"))?)
            }
            (Encoding::BagOfWords, _) => {
                let expected = format!("visual words of {DESCRIPTOR_LENGTH} numbers");
                return Err(Error::invalid("vocabulary", "none that fits", expected));
            }
            _ => None,
        };
        let (root_sift, presence, normalisation) = (recipe.root_sift, recipe.presence, recipe.normalisation);
        Ok(Self { sift, root_sift, words, presence, normalisation })
    }

    /// Numbers in a feature vector, d.
    pub(crate) fn dimensions(&self) -> usize {
        match &self.words {
            Some(words) => words.half_squares.numel(),
            None => self.sift.len() * DESCRIPTOR_LENGTH,
        }
    }

    /// Feature vectors, b x d, of pictures (b x 1 x h x w, grey values from 0 to 255).
    pub(crate) fn of(&self, grey: &Tensor) -> Result<Tensor, TchError> {
        let _guard = tch::no_grad_guard();
        // Bytes as the extractor keeps them: 512 times the number, at most 255.
        let descriptors = self.sift.describe(grey)?.f_mul_scalar(512.0)?.f_add_scalar(0.5)?.f_floor()?;
        let mut descriptors = descriptors.f_clamp_max(255.0)?;
        if self.root_sift {
            let sum = descriptors.f_sum_dim_intlist([2i64].as_slice(), true, Kind::Float)?.f_clamp_min(1.0)?;
            descriptors = descriptors.f_div(&sum)?.f_sqrt()?;
        }
        let vectors = match &self.words {
            Some(words) => {
                let counts = words.count(&descriptors)?;
                if self.presence { counts.f_clamp_max(1.0)? } else { counts }
            }
            None => descriptors.f_flatten(1, -1)?,
        };
        normalise(vectors, self.normalisation)
    }
}

impl Words {
    /// How often each word is the nearest to a descriptor (b x p x 128) of a picture, b x k.
    fn count(&self, descriptors: &Tensor) -> Result<Tensor, TchError> {
        let (pictures, points, _) = descriptors.size3()?;
        let k = self.half_squares.numel() as i64;
        let at_once = (SCORES / (points * k).max(1)).max(1);
        let parts = (0..pictures).step_by(at_once as usize).map(|first| {
            let part = descriptors.f_narrow(0, first, at_once.min(pictures - first))?;
            let words = part.f_matmul(&self.centres)?.f_sub(&self.half_squares)?.f_argmax(2, false)?;
            let counts = Tensor::f_zeros([words.size2()?.0, k], (Kind::Float, words.device()))?;
            counts.f_scatter_add(1, &words, &words.f_ones_like()?.f_to_kind(Kind::Float)?)
        });
        Tensor::f_cat(&parts.collect::<Result<Vec<_>, TchError>>()?, 0)
    }
}

/// As [`super::normalise`], for each row of b x d.
fn normalise(vectors: Tensor, how: Normalisation) -> Result<Tensor, TchError> {
    let along = [1i64].as_slice();
    let divided = |by: Tensor| {
        let divisor = by.f_where_self(&by.f_gt(0.0)?, &by.f_ones_like()?)?;
        vectors.f_div(&divisor)
    };
    match how {
        Normalisation::None => Ok(vectors),
        Normalisation::L1 => divided(vectors.f_abs()?.f_sum_dim_intlist(along, true, Kind::Float)?),
        Normalisation::Hellinger => {
            let shares = divided(vectors.f_abs()?.f_sum_dim_intlist(along, true, Kind::Float)?)?;
            shares.f_sign()?.f_mul(&shares.f_abs()?.f_sqrt()?)
        }
        Normalisation::L2 => divided(vectors.f_square()?.f_sum_dim_intlist(along, true, Kind::Float)?.f_sqrt()?),
    }
}

fn refused(recipe: &FeatureRecipe, what: &str) -> Error {
    let expected = "native dense SIFT (`bins`), raw or as a bag of words with hard assignment; other features are \
                    fused with mode = \"static\"";
    Error::invalid(format!("feature `{}` for mode = \"consistent\"", recipe.title), what, expected)
}
