//! Bootstrap intervals (Efron 1979) of accuracy, balanced accuracy and macro-F1, and of what models differ in.

mod block;
mod clusters;
#[cfg(test)]
mod counting;
mod dice;
mod input;
mod packed;
mod percentile;
mod resampler;
mod strata;
mod tally;
#[cfg(test)]
mod tests;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::percentile::percentile_interval;
use self::resampler::Resampler;
use self::tally::SCORES;
use crate::error::{Error, Result};

pub use input::BootstrapInput;

/// Resamples that one thread draws at a time.
const CHUNK: u32 = 64;

/// How often rows are drawn anew, and from which random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BootstrapPlan {
    /// Number of resamples, from 1 to [`BootstrapPlan::MOST`]; below some hundreds the ends of an interval are noise.
    pub resamples: u32,
    /// The same seed gives the same intervals, on any machine and any number of threads.
    pub seed: u64,
}

impl BootstrapPlan {
    /// The most resamples that a plan may ask for: each takes 24 bytes a model.
    pub const MOST: u32 = 1_000_000;
}

impl Default for BootstrapPlan {
    fn default() -> Self {
        Self { resamples: 10_000, seed: 1 }
    }
}

/// The intervals of m models whose scores were worked out on the same resamples.
///
/// An interval says how far a score depends on which rows happened to be in the test set; it knows nothing of what
/// another training run would give.
///
/// Without clusters, rows are drawn with replacement inside each true class, so that each class keeps its number of
/// rows (stratified). With clusters, whole clusters are drawn, as many as there are, and all rows of one come along as
/// often as it is drawn: rows of one person are alike, and drawing them one by one would promise too much (Field and
/// Welsh 2007). The numbers of rows and of each class then differ between resamples. A class that has no rows in one
/// does not count there, just as in [`super::Metrics`]; as every resample holds rows, every score is defined in every
/// resample, and there is always an interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bootstrap {
    /// Number and seed of the resamples.
    pub plan: BootstrapPlan,
    /// How many clusters there were to draw from; `None` when rows were drawn inside their classes.
    pub clusters: Option<u64>,
    /// One for each model, in the order given.
    pub models: Vec<ModelIntervals>,
}

/// What the resamples say of one model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelIntervals {
    /// Of its scores, from 0 to 1.
    pub scores: ScoreIntervals,
    /// Of its scores minus those of the reference on the same resample, from -1 to 1; `None` without a reference and
    /// for the reference itself.
    pub minus_reference: Option<ScoreIntervals>,
}

/// 95 % percentile intervals, low and high: the 2.5 % and 97.5 % quantiles over the resamples, linear between order
/// statistics as numpy has them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreIntervals {
    /// Of the accuracy.
    pub accuracy: [f64; 2],
    /// Of the mean recall over classes ([`super::Metrics::balanced_accuracy`]).
    pub balanced_accuracy: [f64; 2],
    /// Of the mean F1 over classes ([`super::Metrics::macro_f1`]).
    pub macro_f1: [f64; 2],
}

impl Bootstrap {
    /// Draws the resamples and scores all models on each. A model's own intervals do not depend on which others are
    /// there. Takes about half a byte of memory for each row, model and class, up to two with small clusters, and 24
    /// bytes for each resample and model.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no rows or lengths that differ, a label without class, a reference that is no model, and
    /// a number of resamples out of range.
    pub fn of(input: &BootstrapInput<'_>, plan: BootstrapPlan) -> Result<Self> {
        input.check()?;
        let wrong = || {
            let expected = format!("1 to {}", BootstrapPlan::MOST);
            Error::invalid("number of bootstrap resamples", plan.resamples, expected)
        };
        if !(1..=BootstrapPlan::MOST).contains(&plan.resamples) {
            return Err(wrong());
        }
        let resampler = Resampler::new(input, plan.seed);
        let firsts: Vec<u32> = (0..plan.resamples).step_by(CHUNK as usize).collect();
        let chunks: Vec<Vec<f64>> =
            firsts.into_par_iter().map(|first| resampler.scores(first..plan.resamples.min(first + CHUNK))).collect();
        let m = input.predicted.len();
        let score = |model: usize, score: usize| Column { chunks: &chunks, at: model * SCORES + score, of: m * SCORES };
        let models = (0..m).into_par_iter().map(|model| {
            let minus = |other: usize| ScoreIntervals::of(|which| score(model, which).minus(score(other, which)));
            let minus_reference = match input.reference {
                Some(reference) if reference != model => Some(minus(reference)?),
                _ => None,
            };
            Some(ModelIntervals { scores: ScoreIntervals::of(|which| score(model, which).values())?, minus_reference })
        });
        let models: Option<Vec<_>> = models.collect();
        Ok(Self { plan, clusters: resampler.clusters(), models: models.ok_or_else(wrong)? })
    }
}

impl ScoreIntervals {
    fn of(values: impl Fn(usize) -> Vec<f64>) -> Option<Self> {
        let interval = |score| percentile_interval(&mut values(score));
        Some(Self { accuracy: interval(0)?, balanced_accuracy: interval(1)?, macro_f1: interval(2)? })
    }
}

/// One score of one model over all resamples.
#[derive(Clone, Copy)]
struct Column<'a> {
    /// Chunks of resamples, each with a row for each score of each model.
    chunks: &'a [Vec<f64>],
    at: usize,
    of: usize,
}

impl<'a> Column<'a> {
    fn values(self) -> Vec<f64> {
        self.iter().collect()
    }

    fn minus(self, other: Self) -> Vec<f64> {
        self.iter().zip(other.iter()).map(|(this, other)| this - other).collect()
    }

    fn iter(self) -> impl Iterator<Item = f64> + 'a {
        self.chunks.iter().flat_map(move |chunk| {
            let resamples = chunk.len() / self.of.max(1);
            chunk[self.at * resamples..(self.at + 1) * resamples].iter().copied()
        })
    }
}
