//! What a trained network makes of every row, as a feature for other models.

use super::Runner;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::features::FeatureMatrix;
use crate::recipe::{Extractor, FeatureRecipe, Kind, ModelRecipe, Recipe, load};

impl Runner<'_> {
    /// The model recipe of the network that a feature comes from; `None` for a handcrafted feature.
    ///
    /// # Errors
    /// [`Error::Invalid`] when that model is no network, or one that is fused with another network's embeddings: such
    /// a chain could lead back to where it began.
    pub(super) fn network_of(&self, feature: &str, recipe: &FeatureRecipe) -> Result<Option<Recipe<ModelRecipe>>> {
        let Some(name) = &recipe.network else { return Ok(None) };
        let model: Recipe<ModelRecipe> = load(self.workspace, Kind::Model, name)?;
        let wrong = |found: String, expected: &str| {
            Err(Error::invalid(format!("network of feature `{feature}`"), found, expected))
        };
        let ModelRecipe::Network(network) = &model.value else {
            return wrong(format!("`{name}`, {}", model.value.family()), "a model of kind = \"network\"");
        };
        if let Some(fusion) = &network.fusion {
            let fused: Recipe<FeatureRecipe> = load(self.workspace, Kind::Feature, &fusion.feature)?;
            if fused.value.extractor == Extractor::Network {
                let found = format!("`{name}`, which is fused with `{}`", fusion.feature);
                return wrong(found, "one on pictures alone or fused with a handcrafted feature");
            }
        }
        Ok(Some(model))
    }

    /// The embeddings of all rows, or of their mirror images, by a network that is trained first where it is missing.
    #[cfg(feature = "torch")]
    pub(super) fn embed(
        &self,
        dataset: &Dataset,
        (name, recipe): (&str, &FeatureRecipe),
        network: &Recipe<ModelRecipe>,
        mirrored: bool,
        fingerprint: String,
    ) -> Result<FeatureMatrix> {
        use ndarray::{Array3, s};

        use crate::cost::Meter;
        use crate::features::from_embeddings;
        use crate::models::Start;
        use crate::models::network::TrainedNetwork;

        self.model(dataset, network, Start::Resume)?;
        let meter = Meter::start();
        self.use_threads();
        let folder = self.workspace.model(&dataset.info.name, &network.name);
        let trained = TrainedNetwork::load(&folder, self.options.device.parse()?)?;
        let fused = network.value.features().first().map(|f| self.feature(dataset, f)).transpose()?;
        let embed = |mirrored: bool| {
            let fused_turned = match (&fused, mirrored) {
                (Some(upright), true) => Some(self.mirrored_feature(dataset, upright)?),
                _ => None,
            };
            let features = fused_turned.as_ref().or(fused.as_ref()).map(|f| f.features.view());
            let turned: Array3<u8>;
            let images = if mirrored {
                turned = dataset.images.slice(s![.., .., ..;-1]).as_standard_layout().into_owned();
                turned.view()
            } else {
                dataset.images.view()
            };
            self.over_images(&format!("embed by {}", network.name), dataset.info.rows, || {
                trained.embed(images, features, self.progress)
            })
        };
        let other = recipe.symmetric.then(|| embed(!mirrored)).transpose()?;
        let mut matrix = from_embeddings(&dataset.info, (name, recipe), embed(mirrored)?, other, fingerprint)?;
        matrix.info.cost = Some(meter.stop());
        Ok(matrix)
    }

    #[cfg(not(feature = "torch"))]
    pub(super) fn embed(
        &self,
        _: &Dataset,
        (name, _): (&str, &FeatureRecipe),
        _: &Recipe<ModelRecipe>,
        _: bool,
        _: String,
    ) -> Result<FeatureMatrix> {
        Err(Error::FeatureOff { what: format!("the network's embeddings `{name}`"), feature: "torch" })
    }
}
