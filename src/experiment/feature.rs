//! The second step: handcrafted features.

use super::Runner;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::features::{FeatureMatrix, extract, extract_mirrored, fingerprint_of, mirrored_fingerprint};
use crate::recipe::{FeatureRecipe, Kind, Recipe, load};

impl Runner<'_> {
    /// The fingerprint that a feature of a dataset has when it is fresh.
    pub(super) fn feature_fingerprint(&self, dataset_fingerprint: &str, name: &str) -> Result<String> {
        let recipe: Recipe<FeatureRecipe> = load(self.workspace, Kind::Feature, name)?;
        Ok(fingerprint_of(dataset_fingerprint, &recipe))
    }

    /// A feature of every row, extracted first where it is missing or stale.
    ///
    /// # Errors
    /// What [`load`], [`extract`] and [`FeatureMatrix::load`] give.
    pub fn feature(&self, dataset: &Dataset, name: &str) -> Result<FeatureMatrix> {
        let recipe: Recipe<FeatureRecipe> = load(self.workspace, Kind::Feature, name)?;
        let folder = self.workspace.feature(&dataset.info.name, &recipe.name);
        if FeatureMatrix::is_fresh(&folder, &fingerprint_of(&dataset.info.fingerprint, &recipe)) {
            return FeatureMatrix::load(&folder);
        }
        let matrix = extract(dataset, &recipe, self.options.memory, self.progress)?;
        matrix.save(&folder)?;
        let (n, d) = matrix.features.dim();
        self.progress.say(&format!("{}: {n} x {d} features", recipe.name));
        Ok(matrix)
    }

    /// A feature of every row's mirror image, extracted first where it is missing or stale.
    ///
    /// # Errors
    /// As [`Runner::feature`].
    pub(super) fn mirrored_feature(&self, dataset: &Dataset, upright: &FeatureMatrix) -> Result<FeatureMatrix> {
        let name = &upright.info.name;
        let folder = self.workspace.feature(&dataset.info.name, name).join("mirrored");
        if FeatureMatrix::is_fresh(&folder, &mirrored_fingerprint(&upright.info.fingerprint)) {
            return FeatureMatrix::load(&folder);
        }
        self.progress.say(&format!("{name}: features of the mirror images"));
        let matrix = extract_mirrored(dataset, upright, self.progress)?;
        matrix.save(&folder)?;
        Ok(matrix)
    }
}
