//! Visual vocabularies: k-means on descriptors, and the nearest visual word of a descriptor.
//!
//! Distances go through a matrix product: the nearest centre c of x has the least |c|^2 / 2 - x.c. Every result is
//! the same on any number of threads, since work is cut into fixed blocks and sums run in a fixed order.

mod assign;
mod full;
mod mini_batch;
mod points;
mod seeding;
mod update;

use ndarray::{Array2, ArrayView2, Axis};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::recipe::{CodebookAlgorithm, CodebookRecipe};

pub use assign::Assignment;
pub(super) use assign::bytes_for_assignment;
pub use points::Points;

/// The centres of k-means, ready to be compared with.
#[derive(Clone, Debug)]
pub struct Codebook {
    centres: Array2<f32>,
    /// d x k in tiles of columns, each in row order, as the matrix product likes it.
    tiles: Vec<Array2<f32>>,
    /// |c|^2 / 2 of each centre.
    half_squares: Vec<f32>,
}

/// How the fit of a codebook went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Passes or mini-batches done; full k-means stops early once no descriptor changes its word.
    pub iterations: usize,
    /// Mean squared distance of the descriptors of the last pass or mini-batch to their centres.
    pub mean_squared_distance: f64,
}

impl Codebook {
    /// A codebook of k centres of d numbers each (k x d).
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is empty or holds a number that is not finite.
    pub fn new(centres: Array2<f32>) -> Result<Self> {
        let (k, d) = centres.dim();
        if k == 0 || d == 0 || u32::try_from(k).is_err() {
            return Err(Error::invalid("codebook", format!("{k} x {d}"), "at least one word of at least one number"));
        }
        if let Some(((word, _), value)) = centres.indexed_iter().find(|(_, v)| !v.is_finite()) {
            return Err(Error::invalid(format!("word {word} of the codebook"), value, "finite numbers"));
        }
        let half_squares =
            centres.outer_iter().map(|c| (c.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / 2.0) as f32).collect();
        let transpose = |tile: ArrayView2<'_, f32>| tile.t().as_standard_layout().into_owned();
        let tiles = centres.axis_chunks_iter(Axis(0), assign::TILE).map(transpose).collect();
        Ok(Self { centres, tiles, half_squares })
    }

    /// Fits k-means to `points` as the recipe says; the seed rules the draw of first centres and of mini-batches.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there are fewer points than words, or one that is not finite;
    /// [`Error::Interrupted`] when `progress` asks to stop.
    pub fn fit(points: &impl Points, recipe: &CodebookRecipe, progress: &dyn Progress) -> Result<(Self, Fit)> {
        if points.len() < recipe.words {
            let expected = format!(
                "at least {}, one for each word; set fewer `words`, more grid points or a lower contrast threshold",
                recipe.words
            );
            return Err(Error::invalid("descriptors to fit the codebook on", points.len(), expected));
        }
        points::check_finite(points)?;
        let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed);
        let first = seeding::k_means_plus_plus(points, recipe.words, &mut rng, progress)?;
        match recipe.algorithm {
            CodebookAlgorithm::Full => full::fit(points, first, recipe.iterations, progress),
            CodebookAlgorithm::MiniBatch => {
                mini_batch::fit(points, first, recipe.batch, recipe.iterations, &mut rng, progress)
            }
        }
    }

    /// The centres, k x d.
    pub fn centres(&self) -> ArrayView2<'_, f32> {
        self.centres.view()
    }

    /// Number of visual words, k.
    pub fn words(&self) -> usize {
        self.centres.nrows()
    }

    /// Numbers in a descriptor, d.
    pub fn dimensions(&self) -> usize {
        self.centres.ncols()
    }

    /// The nearest word of each point and its squared distance; of equally near words the one of lowest number.
    ///
    /// # Errors
    /// [`Error::Invalid`] when points and words have different lengths, or a point is not finite.
    pub fn assign(&self, points: &impl Points) -> Result<Assignment> {
        self.check(points)?;
        Ok(assign::assign(points, self))
    }

    /// The `each` nearest words of every point, nearest first, and their squared distances.
    ///
    /// # Errors
    /// As [`Codebook::assign`]; [`Error::Invalid`] when `each` is not from 1 to the number of words.
    pub fn assign_several(&self, points: &impl Points, each: usize) -> Result<Assignment> {
        if !(1..=self.words()).contains(&each) {
            return Err(Error::invalid("nearest words", each, format!("1 to {}, the words there are", self.words())));
        }
        self.check(points)?;
        Ok(assign::assign_several(points, self, each))
    }

    fn check(&self, points: &impl Points) -> Result<()> {
        if points.dimensions() != self.dimensions() && !points.is_empty() {
            let expected = format!("{}, as the codebook's words have", self.dimensions());
            return Err(Error::invalid("numbers in a descriptor", points.dimensions(), expected));
        }
        points::check_finite(points)
    }
}

pub(super) fn interrupted() -> Error {
    Error::Interrupted { kept: "no feature was written; run the command again to start it over".into() }
}

#[cfg(test)]
mod tests;
