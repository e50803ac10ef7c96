//! What a network is trained on: pictures, features and targets, measured and on the device.

use ndarray::{Array1, Array3, ArrayView2, Axis};
use tch::{Kind, Tensor};

use crate::dataset::{Dataset, Folds, Split};
use crate::error::{Error, Result, torch_error};
use crate::features::{FeatureMatrix, Vocabulary};
use crate::models::Pretrained;
use crate::models::network::{ConsistentFeature, Device, InputScale, feature_scale, feature_tensor, image_tensor};
use crate::recipe::{FeatureMode, FeatureRecipe, NetworkRecipe, Targets};

use super::epoch::Rows;

/// What a network is trained on.
#[derive(Clone, Copy)]
pub struct TrainingData<'a> {
    /// Pictures, labels and splits.
    pub dataset: &'a Dataset,
    /// For a hybrid network: the feature that it is fused with.
    pub feature: Option<FusedFeature<'a>>,
    /// For fine-tuning: the network that it starts from.
    pub pretrained: Option<&'a Pretrained>,
}

/// The feature that a hybrid network is fused with.
#[derive(Clone, Copy)]
pub struct FusedFeature<'a> {
    /// The vector of every row of the dataset, n x d.
    pub vectors: ArrayView2<'a, f32>,
    /// What it was made by; networks with `mode = "consistent"` compute it themselves.
    pub recipe: &'a FeatureRecipe,
    /// What was fitted for it.
    pub vocabulary: &'a Vocabulary,
    /// The fingerprint of recipe and dataset.
    pub fingerprint: &'a str,
}

impl<'a> FusedFeature<'a> {
    /// That of an extracted feature.
    pub fn of(feature: &'a FeatureMatrix) -> Self {
        Self {
            vectors: feature.features.view(),
            recipe: &feature.info.recipe,
            vocabulary: &feature.vocabulary,
            fingerprint: &feature.info.fingerprint,
        }
    }
}

/// What pixels and features are scaled by, measured on training rows only.
///
/// Also for a network that starts from a trained one: its first layers learned from pixels of mean 0 and deviation 1, and those of
/// another dataset come to that by their own mean and deviation, not by those of the pictures that it saw before.
pub(super) fn measure(recipe: &NetworkRecipe, data: TrainingData) -> Result<(InputScale, Array1<f32>, Array1<f32>)> {
    let rows = data.dataset.rows(Split::Train);
    let info = &data.dataset.info;
    let second = Folds::first_fit(&info.name).is_some();
    for split in [Split::Train, Split::Validation] {
        if data.dataset.rows(split).is_empty() && !(second && split == Split::Validation) {
            let what = format!("{split} rows of `{}`", info.name);
            return Err(Error::invalid(what, 0, "at least one: networks learn on train and are chosen on validation"));
        }
    }
    if recipe.training.targets != Targets::Labels && data.dataset.shares.is_none() {
        let what = format!("votes of `{}`", data.dataset.info.name);
        let expected = "a dataset with a [votes] table such as ferplus-shares, or targets = \"labels\"";
        return Err(Error::invalid(what, "nothing", expected));
    }
    let scale = InputScale::measure(recipe.input, data.dataset.images.select(Axis(0), &rows).view());
    match (&recipe.fusion, data.feature) {
        (None, _) => Ok((scale, Array1::zeros(0), Array1::zeros(0))),
        (Some(fusion), Some(FusedFeature { vectors: features, .. })) => {
            if features.nrows() != data.dataset.labels.len() {
                let found = features.nrows();
                let expected = format!("{}, one for each picture", data.dataset.labels.len());
                return Err(Error::invalid(format!("rows of feature `{}`", fusion.feature), found, expected));
            }
            if let Some(v) = features.iter().find(|v| !v.is_finite()) {
                return Err(Error::invalid(format!("feature `{}`", fusion.feature), v, "finite numbers"));
            }
            let (mean, deviation) = feature_scale(fusion.scale, features.select(Axis(0), &rows).view());
            Ok((scale, mean, deviation))
        }
        (Some(fusion), None) => Err(Error::invalid(
            format!("feature `{}`", fusion.feature),
            "nothing",
            "the matrix that the hybrid head is fused with",
        )),
    }
}

/// The labels of a split's rows.
pub(super) fn labels_of(data: TrainingData, split: Split) -> Vec<i64> {
    data.dataset.rows(split).iter().map(|&i| i64::from(data.dataset.labels[i])).collect()
}

/// The feature of a hybrid head that is computed from what the trunk sees, where the recipe wants that, and its recipe.
pub(super) fn consistent<'a>(
    network: &NetworkRecipe,
    data: TrainingData<'a>,
    scale: (&Array1<f32>, &Array1<f32>),
    device: Device,
) -> Result<Option<(FusedFeature<'a>, ConsistentFeature)>> {
    let wanted = network.fusion.as_ref().is_some_and(|fusion| fusion.mode == FeatureMode::Consistent);
    let Some(feature) = data.feature.filter(|_| wanted) else { return Ok(None) };
    let (_, height, width) = data.dataset.images.dim();
    let size = network.input.seen([height, width]);
    let computed = ConsistentFeature::new(feature.recipe, feature.vocabulary, size, scale, device.0)?;
    Ok(Some((feature, computed)))
}

/// The rows of a split on the device.
pub(super) fn rows(
    data: TrainingData,
    split: Split,
    (mean, deviation): (&Array1<f32>, &Array1<f32>),
    device: Device,
) -> Result<Rows> {
    let index = data.dataset.rows(split);
    let images: Array3<u8> = data.dataset.images.select(Axis(0), &index);
    let labels = labels_of(data, split);
    let features = data.feature.filter(|_| !mean.is_empty()).map(|f| f.vectors.select(Axis(0), &index));
    let shares = data.dataset.shares.as_ref().map(|s| s.select(Axis(0), &index));
    let build = || -> Result<Rows, tch::TchError> {
        let features = match &features {
            Some(f) => Some(feature_tensor(f.view(), mean, deviation)?.f_to(device.0)?),
            None => None,
        };
        let labels = Tensor::f_from_slice(&labels)?.f_to_kind(Kind::Int64)?.f_to(device.0)?;
        let shares = match &shares {
            Some(shares) => Some(Tensor::try_from(shares)?.f_to(device.0)?),
            None => None,
        };
        Ok(Rows { images: image_tensor(images.view())?.f_to(device.0)?, features, labels, shares })
    };
    build().map_err(torch_error("load the rows"))
}
