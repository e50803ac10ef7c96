//! One pass over the training rows, and one over the validation rows.

use rand::Rng;
use rand::seq::SliceRandom;
use tch::{Kind, Tensor};

use crate::error::{Error, Result, torch_error};
use crate::models::network::{ConsistentFeature, InputScale, Network};
use crate::progress::Progress;
use crate::recipe::{Balance, NetworkRecipe, Targets};

use super::augmentation::{Draws, augment, generator};
use super::learner::Learner;
use super::mixing::mix;
use super::schedule::learning_rate;

/// The generator's "row" for the order of an epoch; no dataset has that many rows.
const ORDER: usize = usize::MAX;
/// The generator's "row" for what is mixed in the first step of an epoch; it goes down from there.
const MIXING: usize = ORDER - 1;
/// The generator's "row" for the target of the first row.
const DRAWING: usize = 1 << 48;
/// Keeps draws below shares that sum to a little less than 1.
const CLOSE_TO_ONE: f32 = 0.999_999;
/// Rows that go through the network at once when it is scored.
const SCORING_BATCH: usize = 256;

/// The rows of a split as tensors on the device.
pub(crate) struct Rows {
    /// n x 1 x h x w, u8.
    pub images: Tensor,
    /// n x d, scaled.
    pub features: Option<Tensor>,
    /// n, int64.
    pub labels: Tensor,
    /// n x c shares of the votes, where targets come from them.
    pub shares: Option<Tensor>,
}

/// Mean cross-entropy and share of rows classified right.
pub(crate) struct Score {
    pub loss: f64,
    pub accuracy: f64,
}

/// What stays the same over all epochs.
pub(crate) struct Pass<'a> {
    recipe: &'a NetworkRecipe,
    scale: InputScale,
    /// For a feature that is computed from what the trunk sees.
    consistent: Option<&'a ConsistentFeature>,
    device: tch::Device,
    progress: &'a dyn Progress,
    classes: i64,
    /// Training rows of each class.
    by_class: Vec<Vec<usize>>,
    /// What a row of each class counts for in the loss, where that differs.
    weights: Option<Tensor>,
}

impl<'a> Pass<'a> {
    /// Passes over rows with these labels.
    pub fn new(
        recipe: &'a NetworkRecipe,
        scale: InputScale,
        consistent: Option<&'a ConsistentFeature>,
        device: tch::Device,
        progress: &'a dyn Progress,
        (labels, classes): (&[i64], usize),
    ) -> Result<Self> {
        let mut by_class = vec![Vec::new(); classes];
        for (row, &label) in labels.iter().enumerate() {
            if let Some(rows) = by_class.get_mut(label as usize) {
                rows.push(row);
            }
        }
        let weights = match recipe.training.balance {
            Balance::Weights => {
                // A class without rows never comes.
                let equal = labels.len() as f64 / classes.max(1) as f64;
                let weights: Vec<f32> = by_class.iter().map(|rows| (equal / rows.len().max(1) as f64) as f32).collect();
                let weights = Tensor::f_from_slice(&weights).and_then(|w| w.f_to(device));
                Some(weights.map_err(torch_error("weigh the classes"))?)
            }
            Balance::None | Balance::Sampling => None,
        };
        Ok(Self { recipe, scale, consistent, device, progress, classes: classes as i64, by_class, weights })
    }
}

impl Pass<'_> {
    /// Batches in an epoch; a last batch of one row is left out, since it has no statistics to normalise by.
    pub fn batches(&self, rows: usize) -> usize {
        let batch = self.recipe.training.batch;
        rows / batch + usize::from(rows % batch > 1)
    }

    /// The rows of an epoch in their order.
    fn order(&self, n: usize, epoch: usize) -> Vec<usize> {
        let mut rng = generator(self.recipe.training.seed, epoch, ORDER);
        let present: Vec<&Vec<usize>> = self.by_class.iter().filter(|rows| !rows.is_empty()).collect();
        if self.recipe.training.balance == Balance::Sampling && !present.is_empty() {
            let mut draw = || {
                let rows = present[rng.random_range(0..present.len())];
                rows[rng.random_range(0..rows.len())]
            };
            return (0..n).map(|_| draw()).collect();
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut rng);
        order
    }

    /// Trains through all rows once. Returns `None` when the user asked to stop before the end.
    pub fn train(&self, learner: &mut Learner, rows: &Rows, epoch: usize) -> Result<Option<Score>> {
        let n = rows.labels.size()[0] as usize;
        let training = &self.recipe.training;
        let order = self.order(n, epoch);
        // Dropout draws from libtorch's own generator: seeded for each epoch, a resumed run draws the same.
        tch::manual_seed((training.seed.wrapping_mul(1_000_003).wrapping_add(epoch as u64)) as i64);
        let (mut loss_sum, mut right, mut seen) = (0.0, 0.0, 0usize);
        for (i, batch) in order.chunks(training.batch).take(self.batches(n)).enumerate() {
            if self.progress.stop_requested() {
                return Ok(None);
            }
            let step = (epoch - 1) * self.batches(n) + i;
            let rate = learning_rate(training, step, self.batches(n));
            let (loss, hits) =
                self.step(learner, rows, batch, (epoch, i, rate)).map_err(torch_error("train a batch"))?;
            if !loss.is_finite() {
                return Err(Error::invalid(
                    format!("loss in epoch {epoch}, step {}", i + 1),
                    loss,
                    "a finite number: lower `learning-rate` in the recipe",
                ));
            }
            loss_sum += loss * batch.len() as f64;
            right += hits;
            seen += batch.len();
            self.progress.advance(batch.len() as u64);
            let (mean, accuracy) = (loss_sum / seen as f64, right / seen as f64);
            self.progress.note(&format!("loss {mean:.3} accuracy {:.1} %", 100.0 * accuracy));
        }
        Ok(Some(Score { loss: loss_sum / seen as f64, accuracy: right / seen as f64 }))
    }

    fn step(
        &self,
        learner: &mut Learner,
        rows: &Rows,
        batch: &[usize],
        (epoch, number, rate): (usize, usize, f64),
    ) -> Result<(f64, f64), tch::TchError> {
        let training = &self.recipe.training;
        let index: Vec<i64> = batch.iter().map(|&i| i as i64).collect();
        let index = Tensor::f_from_slice(&index)?.f_to(self.device)?;
        let pick = |t: &Tensor| t.f_index_select(0, &index);
        let grey = pick(&rows.images)?;
        // A row that is drawn twice is varied twice.
        let places: Vec<usize>;
        let varied_by = if training.balance == Balance::Sampling {
            places = (0..batch.len()).map(|i| number * training.batch + i).collect();
            &places
        } else {
            batch
        };
        let draws = Draws { rows: varied_by, seed: training.seed, epoch };
        let varied = augment(&self.recipe.augmentation, self.recipe.input.crop, &grey, draws, self.device)?;
        let labels = pick(&rows.labels)?;
        let targets = self.targets(&labels, rows.shares.as_ref().map(pick).transpose()?, varied_by, epoch)?;
        let mut rng = generator(training.seed, epoch, MIXING - number);
        let (mixed, targets) = mix(&self.recipe.augmentation, varied, targets, &mut rng)?;
        let features = match self.consistent {
            Some(consistent) => Some(consistent.of(&mixed)?),
            None => rows.features.as_ref().map(pick).transpose()?,
        };
        let logits = learner.network.forward(&self.scale.apply(&mixed)?, features.as_ref(), true)?;
        let entropy = logits.f_cross_entropy_loss(
            &targets,
            self.weights.as_ref(),
            tch::Reduction::Mean,
            -100,
            training.label_smoothing,
        )?;
        let loss = match learner.network.penalty()? {
            Some(penalty) => entropy.f_add(&penalty)?,
            None => entropy.shallow_clone(),
        };
        learner.step(&loss, rate)?;
        let hits = logits.f_argmax(1, false)?.f_eq_tensor(&labels)?.f_sum(Kind::Double)?;
        Ok((entropy.f_double_value(&[])?, hits.f_double_value(&[])?))
    }

    /// What the rows of a batch are to be taken for, b x c; `places` name them for the draw.
    fn targets(
        &self,
        labels: &Tensor,
        shares: Option<Tensor>,
        places: &[usize],
        epoch: usize,
    ) -> Result<Tensor, tch::TchError> {
        let one_hot = |labels: &Tensor| labels.f_one_hot(self.classes)?.f_to_kind(Kind::Float);
        match (self.recipe.training.targets, shares) {
            (Targets::Labels, _) | (_, None) => one_hot(labels),
            (Targets::Shares, Some(shares)) => Ok(shares),
            (Targets::Drawn, Some(shares)) => {
                let draws: Vec<f32> = places
                    .iter()
                    .map(|&place| {
                        generator(self.recipe.training.seed, epoch, DRAWING + place).random::<f32>() * CLOSE_TO_ONE
                    })
                    .collect();
                let draws = Tensor::f_from_slice(&draws)?.f_to(self.device)?.f_unsqueeze(1)?;
                // The first class at which the shares add up to more than the draw.
                let passed = shares.f_cumsum(1, Kind::Float)?.f_le_tensor(&draws)?.f_sum_dim_intlist(
                    [1i64].as_slice(),
                    false,
                    Kind::Int64,
                )?;
                one_hot(&passed.f_clamp_max(self.classes - 1)?)
            }
        }
    }

    /// Scores rows without variation, by the views that an epoch is judged by.
    pub fn score(&self, network: &Network, rows: &Rows) -> Result<Score> {
        self.score_in_batches(network, rows).map_err(torch_error("score the validation rows"))
    }

    fn score_in_batches(&self, network: &Network, rows: &Rows) -> Result<Score, tch::TchError> {
        let _guard = tch::no_grad_guard();
        let n = rows.labels.size()[0];
        let views = network.views().of_an_epoch();
        let (mut loss, mut right) = (0.0, 0.0);
        for start in (0..n).step_by(SCORING_BATCH) {
            let length = (n - start).min(SCORING_BATCH as i64);
            let part = |t: &Tensor| t.f_narrow(0, start, length);
            let grey = part(&rows.images)?;
            let features = match self.consistent {
                Some(consistent) => consistent.of_views(&views.of_images(&grey)?)?,
                None => rows.features.as_ref().map(part).transpose()?.into_iter().collect(),
            };
            let labels = part(&rows.labels)?;
            let p = network.probabilities(&views.of_images(&self.scale.apply(&grey)?)?, &features)?;
            let own = p.f_gather(1, &labels.f_unsqueeze(1)?, false)?.f_clamp_min(1e-12)?;
            loss -= own.f_log()?.f_sum(Kind::Double)?.f_double_value(&[])?;
            right += p.f_argmax(1, false)?.f_eq_tensor(&labels)?.f_sum(Kind::Double)?.f_double_value(&[])?;
        }
        Ok(Score { loss: loss / n as f64, accuracy: right / n as f64 })
    }
}
