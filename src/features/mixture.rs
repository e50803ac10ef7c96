//! Mixtures of Gaussians with diagonal covariances, fitted by expectation maximisation.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::codebook::{Codebook, interrupted};
use crate::error::{Error, Result};
use crate::matrix::{exp, product};
use crate::progress::Progress;
use crate::recipe::{CodebookAlgorithm, CodebookRecipe, MixtureRecipe};

/// Points worked on together; sums over blocks are added in their order, whichever thread made them.
const BLOCK: usize = 2048;
/// Passes of the k-means that expectation maximisation starts from.
const K_MEANS_PASSES: usize = 10;
/// A component may not become narrower than this share of the variance of all points: one that sits on copies of a
/// single point would have an infinite density.
const NARROWEST: f64 = 1e-4;
/// Change of the mean log-likelihood at which the fit has settled (scikit-learn's tolerance).
const SETTLED: f64 = 1e-3;

/// K Gaussians in D dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    /// K, summing to one.
    weights: Array1<f32>,
    /// K x D.
    means: Array2<f32>,
    /// K x D.
    variances: Array2<f32>,
    /// 2 D x K: what the squares and the numbers of a point are multiplied by to give its log-densities.
    factors: Array2<f32>,
    /// K: what is added to them.
    constants: Vec<f32>,
}

/// Sums over points, weighted by the posterior of each component.
pub(super) struct Statistics {
    /// K x 2 D: of the squares, then of the numbers.
    pub moments: Array2<f32>,
    /// K.
    pub posteriors: Vec<f64>,
    /// Of the log-likelihoods.
    pub log_likelihood: f64,
}

/// Memory that [`Mixture::statistics`] writes anew each time.
#[derive(Default)]
pub(super) struct Scratch {
    squares_and_values: Vec<f32>,
    posteriors: Vec<f32>,
}

impl Mixture {
    /// # Errors
    /// [`Error::Invalid`] when shapes differ, a weight or a variance is not positive, or a number is not finite.
    pub fn new(weights: Array1<f32>, means: Array2<f32>, variances: Array2<f32>) -> Result<Self> {
        let (k, d) = means.dim();
        let positive = |v: &f32| v.is_finite() && *v > 0.0;
        if k == 0
            || d == 0
            || variances.dim() != (k, d)
            || weights.len() != k
            || !weights.iter().chain(&variances).all(positive)
            || !means.iter().all(|v| v.is_finite())
        {
            let found = format!("{} weights, {k} x {d} means, {:?} variances", weights.len(), variances.dim());
            return Err(Error::invalid("mixture", found, "k, k x d, k x d; weights and variances positive"));
        }
        let mut factors = Array2::zeros((2 * d, k));
        let mut constants = vec![0.0; k];
        for (i, (mean, variance)) in means.outer_iter().zip(variances.outer_iter()).enumerate() {
            let mut constant = f64::from(weights[i]).ln();
            for (j, (&mean, &variance)) in mean.iter().zip(variance).enumerate() {
                let (mean, variance) = (f64::from(mean), f64::from(variance));
                factors[[j, i]] = (-0.5 / variance) as f32;
                factors[[d + j, i]] = (mean / variance) as f32;
                constant -= 0.5 * ((std::f64::consts::TAU * variance).ln() + mean * mean / variance);
            }
            constants[i] = constant as f32;
        }
        Ok(Self { weights, means, variances, factors, constants })
    }

    /// Fits the mixture to `points` (n x d), starting from k-means.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there are fewer points than components or one is not finite, [`Error::Interrupted`]
    /// when `progress` asks to stop.
    pub fn fit(points: ArrayView2<'_, f32>, recipe: &MixtureRecipe, progress: &dyn Progress) -> Result<Self> {
        let start = CodebookRecipe {
            words: recipe.components,
            algorithm: CodebookAlgorithm::Full,
            batch: 1,
            iterations: K_MEANS_PASSES,
            sample: 0,
            seed: recipe.seed,
        };
        let (codebook, _) = Codebook::fit(&points, &start, progress)?;
        let nearest = codebook.assign(&points)?.words;
        Self::from_assignment(points, &nearest, codebook.centres())?.maximise(
            points,
            recipe.iterations,
            SETTLED,
            progress,
        )
    }

    /// One Gaussian for each word: the mean and variance of its points.
    fn from_assignment(points: ArrayView2<'_, f32>, words: &[u32], centres: ArrayView2<'_, f32>) -> Result<Self> {
        let (k, d) = centres.dim();
        let mut moments = Array2::<f64>::zeros((k, 2 * d));
        let mut counts = vec![0.0; k];
        for (point, &word) in points.outer_iter().zip(words) {
            counts[word as usize] += 1.0;
            let mut sums = moments.row_mut(word as usize);
            for (j, &v) in point.iter().enumerate() {
                sums[j] += f64::from(v).powi(2);
                sums[d + j] += f64::from(v);
            }
        }
        Self::from_moments(moments.view(), &counts, floor(points).view(), centres)
    }

    /// The Gaussians of these sums; a component without points keeps its place `before` with the narrowest variance.
    fn from_moments(
        moments: ArrayView2<'_, f64>,
        counts: &[f64],
        floor: ndarray::ArrayView1<'_, f64>,
        before: ArrayView2<'_, f32>,
    ) -> Result<Self> {
        let (k, d) = before.dim();
        let total: f64 = counts.iter().sum();
        let (mut means, mut variances) = (before.to_owned(), Array2::zeros((k, d)));
        for (i, &count) in counts.iter().enumerate() {
            for j in 0..d {
                let empty = count < 1e-3;
                let mean = if empty { f64::from(means[[i, j]]) } else { moments[[i, d + j]] / count };
                let variance = if empty { 0.0 } else { moments[[i, j]] / count - mean * mean };
                means[[i, j]] = mean as f32;
                variances[[i, j]] = variance.max(floor[j]) as f32;
            }
        }
        let weights = counts.iter().map(|c| ((c / total) as f32).max(1e-8)).collect();
        Self::new(weights, means, variances)
    }

    /// Expectation maximisation, until the mean log-likelihood changes by less than `settled`.
    pub(super) fn maximise(
        mut self,
        points: ArrayView2<'_, f32>,
        iterations: usize,
        settled: f64,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let floor = floor(points);
        let mut before = f64::NEG_INFINITY;
        progress.start("mixture of Gaussians", iterations as u64, "iterations");
        for _ in 0..iterations {
            if progress.stop_requested() {
                progress.finish("");
                return Err(interrupted());
            }
            let parts: Vec<Statistics> = points
                .axis_chunks_iter(Axis(0), BLOCK)
                .into_par_iter()
                .map_init(Scratch::default, |scratch, block| self.statistics(block, scratch))
                .collect::<Result<_>>()?;
            let mut moments = Array2::<f64>::zeros((self.components(), 2 * self.dimensions()));
            let mut counts = vec![0.0; self.components()];
            for part in &parts {
                moments.zip_mut_with(&part.moments, |sum, &v| *sum += f64::from(v));
                counts.iter_mut().zip(&part.posteriors).for_each(|(sum, v)| *sum += v);
            }
            let likelihood = parts.iter().map(|p| p.log_likelihood).sum::<f64>() / points.nrows() as f64;
            self = Self::from_moments(moments.view(), &counts, floor.view(), self.means.view())?;
            progress.advance(1);
            progress.note(&format!("mean log-likelihood {likelihood:.4}"));
            if (likelihood - before).abs() < settled {
                break;
            }
            before = likelihood;
        }
        progress.finish("");
        Ok(self)
    }

    /// Posterior-weighted sums over `points` (n x D).
    pub(super) fn statistics(&self, points: ArrayView2<'_, f32>, scratch: &mut Scratch) -> Result<Statistics> {
        let (n, k, d) = (points.nrows(), self.components(), self.dimensions());
        scratch.squares_and_values.resize(n * 2 * d, 0.0);
        scratch.posteriors.resize(n * k, 0.0);
        for (both, point) in scratch.squares_and_values.chunks_exact_mut(2 * d).zip(points.outer_iter()) {
            let (squares, values) = both.split_at_mut(d);
            for ((square, value), &v) in squares.iter_mut().zip(values).zip(point) {
                *square = v * v;
                *value = v;
            }
        }
        let both = matrix(&mut scratch.squares_and_values, n, 2 * d)?;
        product(both.view(), self.factors.view(), matrix(&mut scratch.posteriors, n, k)?)?;
        let mut sums = vec![0.0f64; k];
        let rows = &mut scratch.posteriors;
        let log_likelihood =
            pulp::Arch::new().dispatch(Posteriors { rows, constants: &self.constants, sums: &mut sums });
        let mut moments = Array2::zeros((k, 2 * d));
        let posteriors = matrix(&mut scratch.posteriors, n, k)?;
        product(posteriors.t(), both.view(), moments.view_mut())?;
        Ok(Statistics { moments, posteriors: sums, log_likelihood })
    }

    /// From what [`Mixture::to_array`] gave.
    ///
    /// # Errors
    /// As [`Mixture::new`].
    pub fn from_array(array: ArrayView2<'_, f32>) -> Result<Self> {
        let d = array.ncols() / 2;
        if array.ncols() != 2 * d + 1 {
            return Err(Error::invalid("mixture", format!("{} columns", array.ncols()), "1 + 2 d columns"));
        }
        let part = |from: usize, to: usize| array.slice(s![.., from..to]).to_owned();
        Self::new(array.column(0).to_owned(), part(1, d + 1), part(d + 1, 2 * d + 1))
    }

    /// K x (1 + 2 D): weight, means, variances.
    pub fn to_array(&self) -> Array2<f32> {
        let (k, d) = self.means.dim();
        let mut array = Array2::zeros((k, 1 + 2 * d));
        array.column_mut(0).assign(&self.weights);
        array.slice_mut(s![.., 1..d + 1]).assign(&self.means);
        array.slice_mut(s![.., d + 1..]).assign(&self.variances);
        array
    }

    /// Number of Gaussians, K.
    pub fn components(&self) -> usize {
        self.means.nrows()
    }

    /// Numbers in a point, D.
    pub fn dimensions(&self) -> usize {
        self.means.ncols()
    }

    /// K, summing to one.
    pub fn weights(&self) -> &Array1<f32> {
        &self.weights
    }

    /// K x D.
    pub fn means(&self) -> &Array2<f32> {
        &self.means
    }

    /// K x D.
    pub fn variances(&self) -> &Array2<f32> {
        &self.variances
    }
}

/// Turns log-densities of all components (n x k, less the constants) into posteriors, adds those to the sums of the
/// components and gives the sum of the log-likelihoods.
struct Posteriors<'a> {
    rows: &'a mut [f32],
    constants: &'a [f32],
    sums: &'a mut [f64],
}

impl pulp::NullaryFnOnce for Posteriors<'_> {
    type Output = f64;
    #[inline(always)]
    fn call(self) -> f64 {
        let mut log_likelihood = 0.0;
        for row in self.rows.chunks_exact_mut(self.constants.len()) {
            row.iter_mut().zip(self.constants).for_each(|(v, constant)| *v += constant);
            let largest = side_by_side(row, f32::NEG_INFINITY, |a, b| if a > b { a } else { b });
            row.iter_mut().for_each(|v| *v = exp(*v - largest));
            let sum = side_by_side(row, 0.0, |a, b| a + b);
            let scale = 1.0 / sum;
            for (v, sum) in row.iter_mut().zip(&mut *self.sums) {
                *v *= scale;
                *sum += f64::from(*v);
            }
            log_likelihood += f64::from(largest) + f64::from(sum).ln();
        }
        log_likelihood
    }
}

/// What `join` makes of all values, eight of them side by side.
#[inline(always)]
fn side_by_side(values: &[f32], start: f32, join: impl Fn(f32, f32) -> f32 + Copy) -> f32 {
    let mut lanes = [start; 8];
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder().iter().copied().fold(start, join);
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane = join(*lane, v);
        }
    }
    lanes.into_iter().fold(rest, join)
}

fn matrix(values: &mut [f32], rows: usize, columns: usize) -> Result<ArrayViewMut2<'_, f32>> {
    ArrayViewMut2::from_shape((rows, columns), values)
        .map_err(|e| Error::invalid("working memory", e, format!("{rows} x {columns}")))
}

/// The least variance along each dimension.
fn floor(points: ArrayView2<'_, f32>) -> Array1<f64> {
    let n = points.nrows().max(1) as f64;
    let mut sums = Array1::<f64>::zeros(points.ncols());
    let mut squares = sums.clone();
    for point in points.outer_iter() {
        for (j, &v) in point.iter().enumerate() {
            sums[j] += f64::from(v);
            squares[j] += f64::from(v).powi(2);
        }
    }
    let variance = |(&sum, &square): (&f64, &f64)| (square / n - (sum / n).powi(2)).max(1e-12);
    sums.iter().zip(&squares).map(variance).map(|v| v * NARROWEST).collect()
}
