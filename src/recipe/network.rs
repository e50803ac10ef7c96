//! Networks: trunk, hybrid head, training, augmentation, and what they start from.

use serde::{Deserialize, Serialize};

use super::checks::{is_default, share};
use super::{AugmentationRecipe, BlockRecipe, Check, PretrainedRecipe, TrainingRecipe};
use crate::error::{Error, Result};

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
    /// The trained network that it starts from; fresh weights without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrained: Option<PretrainedRecipe>,
}

/// How pixels become numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct InputRecipe {
    /// Subtract the mean and divide by the deviation of all training pixels; otherwise pixels are divided by 255.
    pub standardise: bool,
    /// Do that for each picture by its own mean and deviation, which takes the light out.
    pub per_image: bool,
    /// Side of the square that is cut out of pictures: at random to train, from the middle to predict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crop: Option<usize>,
    /// Repeat the grey picture as red, green and blue, as networks for colour pictures have it.
    #[serde(skip_serializing_if = "is_default")]
    pub three_channels: bool,
}

impl InputRecipe {
    /// Height and width of what the trunk sees of pictures of this size.
    pub fn seen(&self, size: [usize; 2]) -> [usize; 2] {
        self.crop.map_or(size, |side| [side; 2])
    }
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
    /// How the two are joined.
    #[serde(default, skip_serializing_if = "is_default")]
    pub join: Join,
    /// Which picture the feature is taken from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mode: FeatureMode,
}

/// Which picture the feature of a hybrid head is taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureMode {
    /// The picture as it is, however it was varied for the trunk (Al-Shabi et al. 2016).
    #[default]
    Static,
    /// The varied picture that the trunk sees. For native dense SIFT, raw or as a bag of words, which is computed on the
    /// network's device.
    Consistent,
}

/// How a hybrid head joins what the trunk and the dense layer on the feature give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Join {
    /// Side by side before the head's layers (Al-Shabi et al. 2016).
    #[default]
    Concatenate,
    /// A gate of its own for each unit weighs a dense layer on the trunk against the one on the feature (Arevalo et al.
    /// 2017), before the head's layers.
    Gated,
    /// Side by side before the last layer, which adds what each says for a class.
    Late,
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
    /// Share of values dropped before the first of them, or before the last layer where there is none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub input_dropout: f64,
    /// Batch normalisation after each of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub batch_norm: bool,
}

impl Check for NetworkRecipe {
    fn check(&self) -> Result<()> {
        for (i, b) in self.block.iter().enumerate() {
            b.check().map_err(|e| Error::invalid(format!("block {i}"), e, "one that fits together"))?;
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
        share("head.input-dropout", self.head.input_dropout)?;
        if let Some(f) = &self.fusion {
            share("fusion.dropout", f.dropout)?;
            if !(1..=65_536).contains(&f.hidden) || !(0.0..=1e6).contains(&f.l2) {
                return Err(Error::invalid("fusion", format!("{f:?}"), "1 to 65,536 hidden units, l2 from 0"));
            }
        }
        if self.input.standardise && self.input.per_image {
            return Err(Error::invalid("input", "standardise and per-image", "one of them"));
        }
        if self.input.crop.is_some_and(|c| !(4..=4096).contains(&c)) {
            return Err(Error::invalid("input.crop", format!("{:?}", self.input.crop), "4 to 4096 pixels"));
        }
        let t = &self.training;
        if t.ten_crops && (self.input.crop.is_none() || t.flip_at_prediction) {
            let expected = "input.crop, and no flip-at-prediction: mirror images are among the ten";
            return Err(Error::invalid("training.ten-crops", "true", expected));
        }
        if let Some(pretrained) = &self.pretrained {
            pretrained.check()?;
        }
        self.training.check()?;
        self.augmentation.check()
    }
}
