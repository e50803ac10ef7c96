//! From the number of a resample to the scores of all models on it.

use std::ops::Range;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::BootstrapInput;
use super::clusters::{self, Clusters};
use super::strata::{self, Strata};
use super::tally::{SCORES, Tally};

/// All that resamples have in common.
pub(super) struct Resampler {
    models: usize,
    classes: usize,
    seed: u64,
    source: Source,
}

/// What is drawn.
enum Source {
    Rows(Strata),
    Clusters(Clusters),
}

impl Resampler {
    /// For checked input.
    pub(super) fn new(input: &BootstrapInput<'_>, seed: u64) -> Self {
        let source = match input.clusters {
            Some(clusters) => Source::Clusters(Clusters::new(input, clusters)),
            None => Source::Rows(Strata::new(input)),
        };
        Self { models: input.predicted.len(), classes: input.classes, seed, source }
    }

    /// How many clusters there are; `None` when rows are drawn inside their classes.
    pub(super) fn clusters(&self) -> Option<u64> {
        match &self.source {
            Source::Rows(_) => None,
            Source::Clusters(clusters) => Some(clusters.number() as u64),
        }
    }

    /// The scores of these resamples: m x [`SCORES`] rows with a column for each resample.
    pub(super) fn scores(&self, resamples: Range<u32>) -> Vec<f64> {
        let number = resamples.len();
        let mut scores = vec![0.0; self.models * SCORES * number];
        let mut tally = Tally::new(self.models, self.classes);
        let (mut of_rows, mut of_clusters) = (strata::Room::default(), clusters::Room::default());
        for (place, resample) in resamples.enumerate() {
            // A random stream of its own: it does not matter who draws a resample, nor how many there are.
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(u64::from(resample));
            match &self.source {
                Source::Rows(strata) => strata.draw(&mut rng, &mut of_rows, &mut tally),
                Source::Clusters(clusters) => clusters.draw(&mut rng, &mut of_clusters, &mut tally),
            }
            for model in 0..self.models {
                for (score, value) in tally.scores(model).into_iter().enumerate() {
                    scores[(model * SCORES + score) * number + place] = value;
                }
            }
        }
        scores
    }
}
