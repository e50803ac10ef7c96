//! Features of a whole dataset: describe, fit the codebook on training rows, encode, chunk by chunk.

use std::ops::Range;
use std::time::{Duration, Instant};

use ndarray::{Array2, Axis, s};
use rayon::prelude::*;

use super::codebook::{Fit, Points, interrupted};
use super::encoder::Encoder;
use super::extractor::Described;
use super::local::{Local, points_of};
use super::memory::{Draw, Plan};
use super::reservoir::Reservoir;
use super::store::{CodebookInfo, FeatureInfo, FeatureMatrix, MixtureInfo, fingerprint_of};
use super::vocabulary::Vocabulary;
use super::whole_picture::WholePicture;
use crate::cost::{Meter, show_memory};
use crate::dataset::{Dataset, Split};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::recipe::{FeatureRecipe, Recipe};

/// Pictures whose descriptors are worked on at one time.
pub(super) const CHUNK: usize = 512;
/// Pictures that a thread describes at one go.
const STRETCH: usize = 16;

/// A stretch of the work and how long it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// `describe`, `fit codebook` or `fit mixture`, and `encode`; `describe and encode` where memory is short.
    pub name: &'static str,
    /// Pictures (describe, encode) or descriptors (fit) worked on.
    pub items: u64,
    /// What the items are.
    pub unit: &'static str,
    /// Wall-clock time.
    pub time: Duration,
}

impl Stage {
    /// Items a second; `None` when it took no measurable time.
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.time.as_secs_f64();
        (seconds > 0.0).then(|| self.items as f64 / seconds)
    }
}

/// Extracts a feature from every row of a dataset; what descriptors are encoded by is fitted on training rows only.
///
/// `memory_budget` bounds, in bytes, what is held beside the pictures (n h w bytes) and the finished matrix
/// (4 n d bytes): descriptors, the sample that the codebook is fitted on, and working memory. Where the descriptors of
/// all rows do not fit, they are computed a second time for encoding. The result is the same on any number of threads.
///
/// # Errors
/// [`Error::Invalid`] when pictures are too small for the recipe, there are fewer training descriptors than words, or
/// the budget does not hold the codebook; [`Error::FeatureOff`] for what needs OpenCV in a build without it; [`Error::Interrupted`] when
/// `progress` asks to stop.
pub fn extract(
    dataset: &Dataset,
    recipe: &Recipe<FeatureRecipe>,
    memory_budget: u64,
    progress: &dyn Progress,
) -> Result<FeatureMatrix> {
    if dataset.info.rows == 0 {
        return Err(Error::invalid(format!("rows of dataset {}", dataset.info.name), 0, "at least one"));
    }
    let (height, width) = (dataset.info.height, dataset.info.width);
    let whole = WholePicture::new(&recipe.value, height, width)?;
    if whole.is_none() {
        // Fails early on pictures that do not fit.
        Local::new(&recipe.value, height, width)?;
    }
    let points = points_of(&recipe.value, height, width)?;
    let work = Work { dataset, recipe: &recipe.value, points, progress };
    let meter = Meter::start();
    let mut result = match (whole, Draw::new(&recipe.value)) {
        (Some(whole), _) => work.whole_pictures(&whole)?,
        (None, None) => work.concatenate()?,
        (None, Some(draw)) => {
            let plan = Plan::new(&recipe.value, &draw, points, dataset.rows(Split::Train).len(), memory_budget)?;
            work.with_vocabulary(&draw, &plan)?
        }
    };
    result.info.cost = Some(meter.stop());
    result.info.name = recipe.name.clone();
    result.info.fingerprint = fingerprint_of(&dataset.info.fingerprint, recipe);
    Ok(result)
}

/// What is worked on.
pub(super) struct Work<'a> {
    pub dataset: &'a Dataset,
    pub recipe: &'a FeatureRecipe,
    /// Descriptors of each picture, where their number is fixed.
    pub points: Option<usize>,
    pub progress: &'a dyn Progress,
}

/// What describing all rows left behind.
#[derive(Default)]
pub(super) struct Tally {
    pub descriptors: u64,
    pub rows_without: usize,
}

impl Tally {
    pub(super) fn count(&mut self, described: &Described, views: usize) {
        self.descriptors += described.descriptors.len() as u64;
        self.rows_without += described.counts.chunks(views).filter(|counts| counts.iter().all(|&c| c == 0)).count();
    }
}

impl Work<'_> {
    fn whole_pictures(&self, whole: &WholePicture) -> Result<FeatureMatrix> {
        let (features, stage) = self.describe_whole_pictures(whole)?;
        Ok(self.finish(features, Tally::default(), Vocabulary::default(), None, vec![stage]))
    }

    /// The vectors of all rows, where no local descriptors come between.
    pub(super) fn describe_whole_pictures(&self, whole: &WholePicture) -> Result<(Array2<f32>, Stage)> {
        let rows = self.dataset.info.rows;
        let start = Instant::now();
        let mut features = Array2::zeros((rows, whole.dimensions()));
        self.progress.start("describe", rows as u64, "images");
        let outcome = features.axis_iter_mut(Axis(0)).into_par_iter().enumerate().try_for_each(|(row, mut vector)| {
            if self.progress.stop_requested() {
                return Err(interrupted());
            }
            let image = self.dataset.images.index_axis(Axis(0), row);
            whole.describe(image, vector.as_slice_mut().unwrap_or_default())?;
            self.progress.advance(1);
            Ok(())
        });
        self.progress.finish("");
        let stage = Stage { name: "describe", items: rows as u64, unit: "images", time: start.elapsed() };
        outcome.map(|()| (features, stage))
    }

    fn concatenate(&self) -> Result<FeatureMatrix> {
        let encoder = Encoder::new(self.recipe, Vocabulary::default(), self.points)?;
        let mut features = Array2::zeros((self.dataset.info.rows, encoder.dimensions()));
        let (mut tally, views) = (Tally::default(), self.recipe.views());
        let describe = self.describe_all("describe", |rows, described| {
            tally.count(&described, views);
            encoder.encode(&described, features.slice_mut(s![rows, ..]))
        })?;
        Ok(self.finish(features, tally, Vocabulary::default(), None, vec![describe]))
    }

    fn with_vocabulary(&self, draw: &Draw, plan: &Plan) -> Result<FeatureMatrix> {
        let (mut tally, views) = (Tally::default(), self.recipe.views());
        let mut reservoir = Reservoir::new(plan.sample, draw.seed, self.recipe.root_sift);
        let mut cache = Some(Vec::new());
        let mut cached = 0;
        let describe = self.describe_all("describe", |rows, described| {
            tally.count(&described, views);
            for (i, range) in described.pictures().enumerate() {
                if self.dataset.splits[rows.start + i / views] == Split::Train {
                    reservoir.show(&described.descriptors, range);
                }
            }
            cached += described.descriptors.memory();
            if cached > plan.cache {
                cache = None;
            }
            if let Some(chunks) = &mut cache {
                chunks.push(described);
            }
            Ok(())
        })?;

        let train_descriptors = reservoir.seen();
        let sample = reservoir.into_sample();
        if (sample.len() as u64) < train_descriptors && draw.sample == 0 {
            let held = show_memory(plan.budget);
            let (kept, all) = (sample.len(), train_descriptors);
            self.progress.say(&format!("the codebook is fitted on {kept} of {all} descriptors: all that fit {held}"));
        }
        let start = Instant::now();
        let (vocabulary, fit) = Vocabulary::fit(&sample, self.recipe, self.progress)?;
        let fitted_on = sample.len() as u64;
        let name = if fit.is_some() { "fit codebook" } else { "fit mixture" };
        let fitting = Stage { name, items: fitted_on, unit: "descriptors", time: start.elapsed() };
        drop(sample);

        let encoder = Encoder::new(self.recipe, vocabulary.clone(), self.points)?;
        let mut features = Array2::zeros((self.dataset.info.rows, encoder.dimensions()));
        let encoding = match cache {
            Some(chunks) => self.encode_all(&encoder, chunks, &mut features)?,
            None => {
                let held = show_memory(plan.budget);
                self.progress.say(&format!("the descriptors do not fit {held} and are computed a second time"));
                self.describe_all("describe and encode", |rows, described| {
                    encoder.encode(&described, features.slice_mut(s![rows, ..]))
                })?
            }
        };
        let counts = FittedOn { train_descriptors, fitted_on, fit };
        Ok(self.finish(features, tally, vocabulary, Some(counts), vec![describe, fitting, encoding]))
    }

    /// Computes the descriptors of all rows and hands them to `take` chunk by chunk, in order.
    pub(super) fn describe_all(
        &self,
        name: &'static str,
        mut take: impl FnMut(Range<usize>, Described) -> Result<()>,
    ) -> Result<Stage> {
        let rows = self.dataset.info.rows;
        let start = Instant::now();
        self.progress.start(name, rows as u64, "images");
        let mut done = || {
            for first in (0..rows).step_by(CHUNK) {
                let chunk = first..(first + CHUNK).min(rows);
                take(chunk.clone(), self.describe(chunk)?)?;
            }
            Ok(())
        };
        let outcome = done();
        self.progress.finish("");
        outcome.map(|()| Stage { name, items: rows as u64, unit: "images", time: start.elapsed() })
    }

    fn describe(&self, rows: Range<usize>) -> Result<Described> {
        let info = &self.dataset.info;
        let stretches: Vec<Range<usize>> =
            rows.clone().step_by(STRETCH).map(|first| first..(first + STRETCH).min(rows.end)).collect();
        let parts: Vec<Described> = stretches
            .into_par_iter()
            .map_init(
                || Local::new(self.recipe, info.height, info.width),
                |local, stretch| {
                    let local = local.as_mut().map_err(|e| Error::backend("the extractor", "start", e))?;
                    let mut described = Described::new(self.recipe.root_sift);
                    for row in stretch {
                        if self.progress.stop_requested() {
                            return Err(interrupted());
                        }
                        let image = self.dataset.images.slice(s![row, .., ..]);
                        local.describe_views(image, &mut described)?;
                        self.progress.advance(1);
                    }
                    Ok(described)
                },
            )
            .collect::<Result<_>>()?;
        let mut described = Described::new(self.recipe.root_sift);
        parts.iter().for_each(|part| described.append(part));
        Ok(described)
    }

    fn encode_all(&self, encoder: &Encoder, chunks: Vec<Described>, features: &mut Array2<f32>) -> Result<Stage> {
        let rows = features.nrows();
        let start = Instant::now();
        self.progress.start("encode", rows as u64, "images");
        let mut first = 0;
        for chunk in chunks {
            if self.progress.stop_requested() {
                self.progress.finish("");
                return Err(interrupted());
            }
            let end = first + chunk.counts.len() / self.recipe.views();
            encoder.encode(&chunk, features.slice_mut(s![first..end, ..]))?;
            self.progress.advance((end - first) as u64);
            first = end;
        }
        self.progress.finish("");
        Ok(Stage { name: "encode", items: rows as u64, unit: "images", time: start.elapsed() })
    }

    fn finish(
        &self,
        features: Array2<f32>,
        tally: Tally,
        vocabulary: Vocabulary,
        counts: Option<FittedOn>,
        stages: Vec<Stage>,
    ) -> FeatureMatrix {
        let codebook = self.recipe.codebook.as_ref().zip(counts.as_ref()).and_then(|(recipe, counts)| {
            counts.fit.map(|fit| CodebookInfo {
                words: recipe.words,
                seed: recipe.seed,
                train_descriptors: counts.train_descriptors,
                fitted_on: counts.fitted_on,
                iterations: fit.iterations,
                mean_squared_distance: fit.mean_squared_distance,
            })
        });
        let mixture = self.recipe.mixture.as_ref().zip(counts.as_ref()).map(|(recipe, counts)| MixtureInfo {
            components: recipe.components,
            seed: recipe.seed,
            train_descriptors: counts.train_descriptors,
            fitted_on: counts.fitted_on,
        });
        let info = FeatureInfo {
            descriptors: tally.descriptors,
            rows_without_descriptors: tally.rows_without,
            codebook,
            mixture,
            ..FeatureInfo::new(&self.dataset.info, "", self.recipe, features.ncols())
        };
        FeatureMatrix { info, features, vocabulary, stages }
    }
}

/// What a vocabulary was fitted on.
struct FittedOn {
    train_descriptors: u64,
    fitted_on: u64,
    fit: Option<Fit>,
}
