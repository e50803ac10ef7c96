//! How networks are trained: optimiser, schedule, augmentation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Check;
use super::checks::{is_default, is_true, share, yes};
use crate::error::{Error, Result};

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TrainingRecipe {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows in a batch.
    pub batch: usize,
    /// The optimiser.
    pub optimiser: OptimiserKind,
    /// The learning rate, for one-cycle its peak.
    pub learning_rate: f64,
    /// How the learning rate goes over the run.
    #[serde(default)]
    pub schedule: ScheduleKind,
    /// The steps of `schedule = "decay"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<DecayRecipe>,
    /// Momentum of SGD.
    #[serde(default = "point_nine")]
    pub momentum: f64,
    /// Whether SGD looks ahead along its momentum (Nesterov).
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub nesterov: bool,
    /// Weight decay: coupled for SGD and Adam, decoupled for AdamW.
    #[serde(default)]
    pub weight_decay: f64,
    /// Limit to either side of each number of the gradient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_value: Option<f64>,
    /// Limit to the Euclidean norm of the whole gradient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// Multiply in bfloat16 while training and keep weights, sums and statistics in single precision (Kalamkar et al. 2019,
    /// arXiv:1905.12322): two to three times as fast on processors with AMX or AVX-512 BF16 and on NVIDIA's from Ampere on,
    /// elsewhere all of it is in single precision, because emulation is slower. The trained network predicts in single precision.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mixed_precision: bool,
    /// Keep and score a moving average of the weights: what is left of the old one after a step, such as 0.999.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ema: Option<f64>,
    /// Which epoch's weights are kept.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keep: Keep,
    /// Stop after so many epochs that are not better on validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// What makes up for classes of different sizes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub balance: Balance,
    /// What a row is to be taken for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub targets: Targets,
    /// Share of the target spread evenly over all classes.
    #[serde(default)]
    pub label_smoothing: f64,
    /// Mean the probabilities of each picture and its mirror image at prediction.
    #[serde(default)]
    pub flip_at_prediction: bool,
    /// Mean the probabilities of ten crops at prediction: the corners and the middle, each with its mirror image.
    /// Epochs are compared by the middle and its mirror image alone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ten_crops: bool,
    /// Seed of weights, order, augmentation and dropout.
    #[serde(default)]
    pub seed: u64,
}

fn point_nine() -> f64 {
    0.9
}

/// The optimisers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimiserKind {
    /// Stochastic gradient descent with momentum.
    Sgd,
    /// Adam.
    Adam,
    /// Adam with decoupled weight decay.
    Adamw,
}

/// How the learning rate goes over the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleKind {
    /// It stays.
    #[default]
    Constant,
    /// Up to the peak over the first 30 % of the steps and down to nothing, both along half a cosine (Smith 2018).
    OneCycle,
    /// Down to nothing along half a cosine.
    Cosine,
    /// Multiplied by a factor every few epochs, as the `decay` table says.
    Decay,
}

/// A learning rate that falls in steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DecayRecipe {
    /// The last epoch at the full rate.
    pub after: usize,
    /// Epochs from one multiplication to the next.
    #[serde(default = "one")]
    pub every: usize,
    /// What the rate is multiplied by.
    pub factor: f64,
}

fn one() -> usize {
    1
}

/// What a network learns to take a row for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Targets {
    /// Its label.
    #[default]
    Labels,
    /// The shares of its votes, by cross-entropy, where the dataset has votes.
    Shares,
    /// A label drawn by these shares, anew in each epoch.
    Drawn,
}

/// Which epoch's weights are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Those of the best epoch on validation.
    #[default]
    Best,
    /// Those of the last one. Where few rows validate, the best of many epochs is the luckiest one, which a schedule that ends near
    /// zero does not need.
    Last,
}

/// What makes up for classes of different sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// Nothing.
    #[default]
    None,
    /// Rows are drawn so that each class comes as often as the others; as many as there are, with repetitions.
    Sampling,
    /// A row's loss is weighed by one over the size of its class.
    Weights,
}

/// How training pictures are varied; each draw is uniform within the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AugmentationRecipe {
    /// Rotation to either side, in degrees.
    pub rotation: f64,
    /// Shift along each axis, as a share of the side.
    pub shift: f64,
    /// Zoom in or out, as a share.
    pub zoom: f64,
    /// Mirror half of the pictures.
    pub flip: bool,
    /// Add up to this share of the full range of grey values, or take it away.
    #[serde(skip_serializing_if = "is_default")]
    pub brightness: f64,
    /// Stretch or shrink the distance from the picture's mean by up to this share.
    #[serde(skip_serializing_if = "is_default")]
    pub contrast: f64,
    /// Side of a square that is filled with the picture's mean at a random place, as a share of the side (DeVries and
    /// Taylor 2017).
    #[serde(skip_serializing_if = "is_default")]
    pub cutout: f64,
    /// Mix pictures and labels in pairs, by shares drawn from Beta(alpha, alpha) (Zhang et al. 2018).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mixup: Option<f64>,
    /// Put a piece of one picture into another, of a share of its area drawn from Beta(alpha, alpha), and mix the labels
    /// by area (Yun et al. 2019).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cutmix: Option<f64>,
}

impl Check for TrainingRecipe {
    fn check(&self) -> Result<()> {
        share("training.label-smoothing", self.label_smoothing)?;
        share("training.momentum", self.momentum)?;
        share("training.ema", self.ema.unwrap_or_default())?;
        let wrong = |expected: &str| Err(Error::invalid("training", format!("{self:?}"), expected));
        if self.epochs == 0
            || self.batch < 2
            || !(self.learning_rate > 0.0 && self.learning_rate.is_finite())
            || !(0.0..=1e6).contains(&self.weight_decay)
        {
            return wrong("epochs from 1, batch from 2, learning-rate above 0, weight-decay from 0");
        }
        if [self.clip_value, self.clip_norm].into_iter().flatten().any(|c| !(c > 0.0 && c.is_finite())) {
            return wrong("clip-value and clip-norm above 0");
        }
        if self.patience == Some(0) {
            return wrong("patience from 1");
        }
        if self.patience.is_some() && self.keep == Keep::Last {
            return wrong("keep = \"last\" without patience, which waits for the best epoch");
        }
        match (self.schedule, self.decay) {
            (ScheduleKind::Decay, None) => wrong("a [training.decay] table with after and factor"),
            (ScheduleKind::Decay, Some(d)) if d.every == 0 || !(d.factor > 0.0 && d.factor <= 1.0) => {
                wrong("decay.every from 1, decay.factor above 0 and up to 1")
            }
            (ScheduleKind::Decay, Some(_)) | (_, None) => Ok(()),
            (_, Some(_)) => wrong("schedule = \"decay\" with a [training.decay] table"),
        }
    }
}

impl Check for AugmentationRecipe {
    fn check(&self) -> Result<()> {
        let wrong = |expected: &str| Err(Error::invalid("augmentation", format!("{self:?}"), expected));
        if !(0.0..=180.0).contains(&self.rotation)
            || !(0.0..=0.5).contains(&self.shift)
            || !(0.0..0.9).contains(&self.zoom)
        {
            return wrong("rotation 0 to 180 degrees, shift 0 to 0.5, zoom 0 to 0.9");
        }
        if [self.brightness, self.contrast, self.cutout].iter().any(|v| !(0.0..1.0).contains(v)) {
            return wrong("brightness, contrast and cutout from 0 to below 1");
        }
        if [self.mixup, self.cutmix].into_iter().flatten().any(|a| !(a > 0.0 && a <= 1.0)) {
            return wrong("mixup and cutmix above 0 and up to 1");
        }
        if self.mixup.is_some() && self.cutmix.is_some() {
            return wrong("mixup or cutmix, not both");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_stop_waits_for_the_best_epoch_and_so_keeps_it() {
        let check = |more: &str| {
            let text = format!("epochs = 2\nbatch = 8\noptimiser = 'sgd'\nlearning-rate = 0.1\n{more}");
            toml::from_str::<TrainingRecipe>(&text).unwrap().check().map_err(|e| e.to_string())
        };
        for good in ["", "patience = 1", "keep = 'last'", "keep = 'best'\npatience = 3"] {
            check(good).unwrap();
        }
        let refused = check("keep = 'last'\npatience = 3").unwrap_err();
        assert!(refused.contains("without patience"), "{refused}");
    }
}
