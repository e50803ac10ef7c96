//! A network with all that it needs to predict new pictures, in a folder that can be given away.

use std::path::Path;

use ndarray::{Array2, ArrayView3};

use super::{Device, TrainedNetwork};
use crate::artifact::remove_if_there;
use crate::error::{Error, Result};
use crate::features::{FeatureInfo, FeatureMatrix, Vocabulary, describe_pictures};
use crate::models::NetworkDescription;
use crate::progress::Progress;

/// The folder of the fused feature's extractor inside that of the network.
const FEATURE: &str = "feature";

/// A network and the extractor of the feature that it is fused with.
pub struct ExportedNetwork {
    network: TrainedNetwork,
    feature: Option<(FeatureInfo, Vocabulary)>,
}

impl ExportedNetwork {
    /// Writes the network in the model folder `from` into `to`: `model.json`, `weights.safetensors` with numbers of 16
    /// bits, and `feature/` with the recipe and the vocabulary of a fused feature that the network does not compute
    /// itself.
    ///
    /// # Errors
    /// [`Error::Missing`] when nothing was trained in `from`, [`Error::Invalid`] when the feature is another network's
    /// embedding or missing, [`Error::Io`] with the path.
    pub fn export(from: &Path, feature: Option<&FeatureMatrix>, to: &Path) -> Result<()> {
        let description = NetworkDescription::load(from)?;
        // Before all else, so that the extractor of a former network never goes with this one.
        remove_if_there(&to.join(FEATURE).join("feature.json"))?;
        if needs_extractor(&description) {
            let what = || format!("feature of `{}`", description.name);
            let Some(feature) = feature else {
                return Err(Error::invalid(what(), "none", "the one that it was trained with"));
            };
            if feature.info.recipe.network.is_some() {
                let expected = "a handcrafted one: a network that reads another one is not exported";
                return Err(Error::invalid(what(), "a network's embedding", expected));
            }
            feature.save_extractor(&to.join(FEATURE))?;
        }
        TrainedNetwork::copy_halved(from, to)
    }

    /// Reads what [`ExportedNetwork::export`] wrote.
    ///
    /// # Errors
    /// As [`TrainedNetwork::load`] and [`crate::features::Extractor::load`]; [`Error::Mismatch`] when network and feature do not belong
    /// together.
    pub fn load(folder: &Path, device: Device) -> Result<Self> {
        let network = TrainedNetwork::load(folder, device)?;
        let description = network.description();
        if !needs_extractor(description) {
            return Ok(Self { network, feature: None });
        }
        let path = folder.join(FEATURE);
        let info = FeatureMatrix::load_info(&path)?;
        if description.feature_fingerprint.as_deref() != Some(&info.fingerprint) {
            return Err(Error::Mismatch {
                what: format!("network and feature in {}", folder.display()),
                detail: format!("the network was trained with another `{}`", info.name),
                hint: "export the model again".into(),
            });
        }
        let vocabulary = FeatureMatrix::load_vocabulary(&path, &info)?;
        Ok(Self { network, feature: Some((info, vocabulary)) })
    }

    /// The network itself.
    pub fn network(&self) -> &TrainedNetwork {
        &self.network
    }

    /// The network, and the extractor of its feature.
    pub(crate) fn into_parts(self) -> (TrainedNetwork, Option<(FeatureInfo, Vocabulary)>) {
        (self.network, self.feature)
    }

    /// The feature vectors (n x d) that the network reads beside these pictures (n x h x w); `None` where it reads
    /// pictures alone.
    ///
    /// # Errors
    /// [`Error::Invalid`] when pictures have another size, [`Error::FeatureOff`] when the feature needs OpenCV and this
    /// build has none.
    pub fn features(&self, images: ArrayView3<'_, u8>) -> Result<Option<Array2<f32>>> {
        let Some((info, vocabulary)) = &self.feature else { return Ok(None) };
        describe_pictures(info, vocabulary, images).map(Some)
    }

    /// Class probabilities, n x c, of n pictures (n x h x w).
    ///
    /// # Errors
    /// As [`ExportedNetwork::features`] and [`TrainedNetwork::predict_proba`].
    pub fn predict_proba(&self, images: ArrayView3<'_, u8>, progress: &dyn Progress) -> Result<Array2<f32>> {
        let features = self.features(images)?;
        self.network.predict_proba(images, features.as_ref().map(|f| f.view()), progress)
    }
}

fn needs_extractor(description: &NetworkDescription) -> bool {
    description.feature_dimensions > 0 && description.consistent_feature.is_none()
}
