//! Features of mirror images.

use ndarray::{Array2, s};

use super::encoder::Encoder;
use super::extract::{Tally, Work};
use super::local::points_of;
use super::store::{FeatureInfo, FeatureMatrix};
use super::whole_picture::WholePicture;
use crate::artifact::Fingerprint;
use crate::cost::Meter;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Extracts from every picture of a dataset, turned left to right, the feature that `upright` holds of the pictures as
/// they are, with the same vocabulary.
///
/// # Errors
/// [`Error::Mismatch`] when `upright` was extracted from another dataset; otherwise as [`super::extract`].
pub fn extract_mirrored(dataset: &Dataset, upright: &FeatureMatrix, progress: &dyn Progress) -> Result<FeatureMatrix> {
    let info = &upright.info;
    if info.dataset_fingerprint != dataset.info.fingerprint {
        return Err(Error::Mismatch {
            what: format!("feature `{}` and dataset `{}`", info.name, dataset.info.name),
            detail: "it was extracted from another state of the dataset".into(),
            hint: "extract the feature again".into(),
        });
    }
    // Field by field: `..dataset.clone()` would copy all pictures once more.
    let turned = Dataset {
        info: dataset.info.clone(),
        images: dataset.images.slice(s![.., .., ..;-1]).to_owned(),
        labels: dataset.labels.clone(),
        splits: dataset.splits.clone(),
        subjects: dataset.subjects.clone(),
        shares: dataset.shares.clone(),
    };
    let meter = Meter::start();
    let points = points_of(&info.recipe, info.height, info.width)?;
    let work = Work { dataset: &turned, recipe: &info.recipe, points, progress };
    let mut tally = Tally::default();
    let (features, stage) = match WholePicture::new(&info.recipe, info.height, info.width)? {
        Some(whole) => work.describe_whole_pictures(&whole)?,
        None => {
            let encoder = Encoder::new(&info.recipe, upright.vocabulary.clone(), points)?;
            let mut features = Array2::zeros((info.rows, encoder.dimensions()));
            let stage = work.describe_all("describe and encode", |rows, described| {
                tally.count(&described, info.recipe.views());
                encoder.encode(&described, features.slice_mut(s![rows, ..]))
            })?;
            (features, stage)
        }
    };
    let info = FeatureInfo {
        descriptors: tally.descriptors,
        rows_without_descriptors: tally.rows_without,
        cost: Some(meter.stop()),
        fingerprint: mirrored_fingerprint(&info.fingerprint),
        ..info.clone()
    };
    Ok(FeatureMatrix { info, features, vocabulary: upright.vocabulary.clone(), stages: vec![stage] })
}

/// The fingerprint of mirror images' features from that of the pictures' own.
pub fn mirrored_fingerprint(upright: &str) -> String {
    Fingerprint::new().with("mirrored", upright).finish()
}
