//! `models/*.toml`: a network with its optional fused feature, or a classifier on features.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Check, KernelRidgeRecipe, LinearRecipe, Loss, SvmRecipe};
use crate::error::{Error, Result};

/// What is trained.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ModelRecipe {
    /// A convolutional network, alone or with a hybrid head.
    Network(NetworkRecipe),
    /// A support vector machine on features.
    Svm(SvmRecipe),
    /// Kernel ridge regression on features.
    KernelRidge(KernelRidgeRecipe),
    /// A linear machine for each class on features.
    Linear(LinearRecipe),
}

impl<'de> Deserialize<'de> for ModelRecipe {
    /// Reads `kind` first, so that a mistake in the rest is reported for that kind alone.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let kind = table.remove("kind");
        match kind.as_ref().and_then(|k| k.as_str()) {
            Some("network") => table.try_into().map(Self::Network).map_err(D::Error::custom),
            Some("svm") => table.try_into().map(Self::Svm).map_err(D::Error::custom),
            Some("kernel-ridge") => table.try_into().map(Self::KernelRidge).map_err(D::Error::custom),
            Some("linear") => table.try_into().map(Self::Linear).map_err(D::Error::custom),
            _ => {
                let kinds = "\"network\", \"svm\", \"linear\" or \"kernel-ridge\"";
                Err(D::Error::custom(format!("`kind` must be {kinds}")))
            }
        }
    }
}

impl ModelRecipe {
    /// The name for readers.
    pub fn title(&self) -> &str {
        match self {
            Self::Network(n) => &n.title,
            Self::Svm(s) => &s.title,
            Self::KernelRidge(k) => &k.title,
            Self::Linear(l) => &l.title,
        }
    }

    /// `network`, `svm`, `linear SVM`, `logistic regression` or `kernel ridge`.
    pub fn family(&self) -> &'static str {
        match self {
            Self::Network(_) => "network",
            Self::Svm(_) => "svm",
            Self::KernelRidge(_) => "kernel ridge",
            Self::Linear(l) => match l.loss {
                Loss::SquaredHinge => "linear SVM",
                Loss::Logistic => "logistic regression",
            },
        }
    }

    /// The feature recipes that the model reads.
    pub fn features(&self) -> Vec<&str> {
        match self {
            Self::Network(n) => n.fusion.iter().map(|f| f.feature.as_str()).collect(),
            Self::Svm(SvmRecipe { features, .. })
            | Self::KernelRidge(KernelRidgeRecipe { features, .. })
            | Self::Linear(LinearRecipe { features, .. }) => features.iter().map(String::as_str).collect(),
        }
    }
}

/// A network: blocks of convolutions, an optional fused feature, dense layers, softmax.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NetworkRecipe {
    /// The name for readers.
    pub title: String,
    /// How pixels become numbers.
    #[serde(default)]
    pub input: InputRecipe,
    /// The trunk, block by block.
    pub block: Vec<BlockRecipe>,
    /// The handcrafted feature that the head is fused with.
    #[serde(default)]
    pub fusion: Option<FusionRecipe>,
    /// The layers after the trunk.
    pub head: HeadRecipe,
    /// How it is trained.
    pub training: TrainingRecipe,
    /// How training pictures are varied.
    #[serde(default)]
    pub augmentation: AugmentationRecipe,
}

/// How pixels become numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct InputRecipe {
    /// Subtract the mean and divide by the deviation of all training pixels; otherwise pixels are divided by 255.
    pub standardise: bool,
    /// Do that for each picture by its own mean and deviation, which takes the light out.
    pub per_image: bool,
}

/// Some convolutions of one kernel size with ReLU after each, then pooling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BlockRecipe {
    /// Output channels, one number for each convolution.
    pub filters: Vec<i64>,
    /// Side of the kernels, odd.
    #[serde(default = "three")]
    pub kernel: i64,
    /// Padding, one for each convolution.
    pub padding: Vec<Padding>,
    /// Side and stride of the max pooling after the convolutions; 1 for none.
    #[serde(default = "two")]
    pub pool: i64,
    /// Where batch normalisation stands.
    #[serde(default)]
    pub batch_norm: BatchNorm,
    /// Share of values dropped after the block.
    #[serde(default)]
    pub dropout: f64,
}

fn three() -> i64 {
    3
}

fn two() -> i64 {
    2
}

/// Padding of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// Zeros around, the size stays.
    Same,
    /// None, the size shrinks by kernel - 1.
    Valid,
}

/// Where batch normalisation stands in a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchNorm {
    /// Nowhere.
    #[default]
    None,
    /// Between each convolution and its ReLU.
    Each,
    /// Once, after the pooling.
    AfterPool,
}

/// A handcrafted feature that joins the flattened trunk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FusionRecipe {
    /// The feature recipe.
    pub feature: String,
    /// Units of the dense layer on the feature.
    pub hidden: i64,
    /// L2 penalty on that layer's weights, added to the loss (not halved, as Keras does).
    #[serde(default)]
    pub l2: f64,
    /// Share of its outputs dropped.
    #[serde(default)]
    pub dropout: f64,
    /// How the feature's numbers are brought to the order of 1.
    #[serde(default)]
    pub scale: FeatureScale,
}

/// How a feature's numbers are brought to the order of 1; always measured on training rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureScale {
    /// Not at all.
    #[default]
    None,
    /// Divide all by their common root mean square; zeros stay zeros, which suits histograms.
    Rms,
    /// Subtract each dimension's mean and divide by its deviation.
    Standardise,
}

/// The layers between the flattened (and fused) trunk and the softmax.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HeadRecipe {
    /// Units of the dense ReLU layers.
    pub hidden: Vec<i64>,
    /// Share of values dropped after each of them.
    #[serde(default)]
    pub dropout: f64,
}

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
    /// Momentum of SGD.
    #[serde(default = "point_nine")]
    pub momentum: f64,
    /// Weight decay: coupled for SGD and Adam, decoupled for AdamW.
    #[serde(default)]
    pub weight_decay: f64,
    /// Share of the target spread evenly over all classes.
    #[serde(default)]
    pub label_smoothing: f64,
    /// Mean the probabilities of each picture and its mirror image at prediction.
    #[serde(default)]
    pub flip_at_prediction: bool,
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
    /// Stochastic gradient descent with Nesterov momentum.
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
}

impl Check for ModelRecipe {
    fn check(&self) -> Result<()> {
        match self {
            Self::Network(n) => n.check(),
            Self::Svm(s) => s.check(),
            Self::KernelRidge(k) => k.check(),
            Self::Linear(l) => l.check(),
        }
    }
}

fn share(what: &str, value: f64) -> Result<()> {
    match (0.0..1.0).contains(&value) {
        true => Ok(()),
        false => Err(Error::invalid(what, value, "a share from 0 to below 1")),
    }
}

impl Check for NetworkRecipe {
    fn check(&self) -> Result<()> {
        for (i, b) in self.block.iter().enumerate() {
            let fits = !b.filters.is_empty()
                && b.filters.len() == b.padding.len()
                && b.filters.iter().all(|f| (1..=8192).contains(f))
                && (1..=31).contains(&b.kernel)
                && b.kernel % 2 == 1
                && (1..=8).contains(&b.pool);
            if !fits {
                let expected = "filters and padding of equal length, an odd kernel up to 31, pool from 1 to 8";
                return Err(Error::invalid(format!("block {i}"), format!("{b:?}"), expected));
            }
            share(&format!("dropout of block {i}"), b.dropout)?;
        }
        if self.block.is_empty() {
            return Err(Error::invalid("block", "nothing", "at least one [[block]]"));
        }
        if self.head.hidden.iter().any(|h| !(1..=65_536).contains(h)) {
            return Err(Error::invalid(
                "head.hidden",
                format!("{:?}", self.head.hidden),
                "1 to 65,536 units in each layer",
            ));
        }
        share("head.dropout", self.head.dropout)?;
        if let Some(f) = &self.fusion {
            share("fusion.dropout", f.dropout)?;
            if !(1..=65_536).contains(&f.hidden) || !(0.0..=1e6).contains(&f.l2) {
                return Err(Error::invalid("fusion", format!("{f:?}"), "1 to 65,536 hidden units, l2 from 0"));
            }
        }
        if self.input.standardise && self.input.per_image {
            return Err(Error::invalid("input", "standardise and per-image", "one of them"));
        }
        let t = &self.training;
        share("training.label-smoothing", t.label_smoothing)?;
        share("training.momentum", t.momentum)?;
        if t.epochs == 0
            || t.batch < 2
            || !(t.learning_rate > 0.0 && t.learning_rate.is_finite())
            || !(0.0..=1e6).contains(&t.weight_decay)
        {
            return Err(Error::invalid(
                "training",
                format!("{t:?}"),
                "epochs from 1, batch from 2, learning-rate above 0, weight-decay from 0",
            ));
        }
        let a = &self.augmentation;
        if !(0.0..=180.0).contains(&a.rotation) || !(0.0..=0.5).contains(&a.shift) || !(0.0..0.9).contains(&a.zoom) {
            return Err(Error::invalid(
                "augmentation",
                format!("{a:?}"),
                "rotation 0 to 180 degrees, shift 0 to 0.5, zoom 0 to 0.9",
            ));
        }
        Ok(())
    }
}
