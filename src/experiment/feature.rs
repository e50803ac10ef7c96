//! The second step: features.

use super::Runner;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::features::{
    FeatureMatrix, embedding_fingerprint, extract, extract_mirrored, fingerprint_of, mirrored_fingerprint,
};
use crate::recipe::{FeatureRecipe, Kind, Recipe, load};

impl Runner<'_> {
    /// The fingerprint that a feature of a dataset has when it is fresh.
    ///
    /// # Errors
    /// What [`load`] gives for the recipe of a network that the feature comes from.
    pub fn feature_fingerprint(&self, dataset_fingerprint: &str, recipe: &Recipe<FeatureRecipe>) -> Result<String> {
        let own = fingerprint_of(dataset_fingerprint, recipe);
        match self.network_of(&recipe.name, &recipe.value)? {
            Some(network) => Ok(embedding_fingerprint(&own, &self.model_fingerprint(&network, dataset_fingerprint)?)),
            None => Ok(own),
        }
    }

    /// A feature of every row, extracted first where it is missing or stale.
    ///
    /// # Errors
    /// What [`load`], [`Runner::extract`] and [`FeatureMatrix::load`] give.
    pub fn feature(&self, dataset: &Dataset, name: &str) -> Result<FeatureMatrix> {
        let recipe: Recipe<FeatureRecipe> = load(self.workspace, Kind::Feature, name)?;
        let folder = self.workspace.feature(&dataset.info.name, &recipe.name);
        if FeatureMatrix::is_fresh(&folder, &self.feature_fingerprint(&dataset.info.fingerprint, &recipe)?) {
            return FeatureMatrix::load(&folder);
        }
        let matrix = self.extract(dataset, &recipe)?;
        matrix.save(&folder)?;
        let (n, d) = matrix.features.dim();
        self.progress.say(&format!("{}: {n} x {d} features", recipe.name));
        Ok(matrix)
    }

    /// Extracts a feature of every row, fresh or not; nothing is written but a network that has to be trained first.
    ///
    /// # Errors
    /// What [`extract`] gives, and for a network's embeddings what [`Runner::model`] gives.
    pub fn extract(&self, dataset: &Dataset, recipe: &Recipe<FeatureRecipe>) -> Result<FeatureMatrix> {
        match self.network_of(&recipe.name, &recipe.value)? {
            Some(network) => {
                let fingerprint = self.feature_fingerprint(&dataset.info.fingerprint, recipe)?;
                self.embed(dataset, (&recipe.name, &recipe.value), &network, false, fingerprint)
            }
            None => extract(dataset, recipe, self.options.memory, self.progress),
        }
    }

    /// A feature of every row's mirror image, extracted first where it is missing or stale.
    ///
    /// # Errors
    /// As [`Runner::feature`].
    pub(super) fn mirrored_feature(&self, dataset: &Dataset, upright: &FeatureMatrix) -> Result<FeatureMatrix> {
        let name = &upright.info.name;
        let folder = self.workspace.feature(&dataset.info.name, name).join("mirrored");
        let fingerprint = mirrored_fingerprint(&upright.info.fingerprint);
        if FeatureMatrix::is_fresh(&folder, &fingerprint) {
            return FeatureMatrix::load(&folder);
        }
        self.progress.say(&format!("{name}: features of the mirror images"));
        let recipe = &upright.info.recipe;
        let matrix = match self.network_of(name, recipe)? {
            Some(network) => self.embed(dataset, (name, recipe), &network, true, fingerprint)?,
            None => extract_mirrored(dataset, upright, self.progress)?,
        };
        matrix.save(&folder)?;
        Ok(matrix)
    }
}
