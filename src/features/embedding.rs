//! Features that a trained network gives.

use ndarray::Array2;

use super::normalise::{mean_with, normalise};
use super::store::{FeatureInfo, FeatureMatrix};
use super::vocabulary::Vocabulary;
use crate::artifact::Fingerprint;
use crate::dataset::DatasetInfo;
use crate::error::{Error, Result};
use crate::recipe::FeatureRecipe;

/// The feature made of a network's embeddings of all rows of a dataset (n x u), normalised as the recipe says.
/// `turned`, the embeddings of the mirror images, are needed where the recipe is symmetric.
///
/// # Errors
/// [`Error::Invalid`] when there is not one embedding for each row, or one holds what is no number.
pub fn from_embeddings(
    dataset: &DatasetInfo,
    (name, recipe): (&str, &FeatureRecipe),
    embeddings: Array2<f32>,
    turned: Option<Array2<f32>>,
    fingerprint: String,
) -> Result<FeatureMatrix> {
    let (n, units) = embeddings.dim();
    if n != dataset.rows {
        let expected = format!("one for each of {} rows", dataset.rows);
        return Err(Error::invalid("embeddings", format!("{n} x {units}"), expected));
    }
    let features = normalise_embeddings(recipe, embeddings, turned)?;
    let info = FeatureInfo { fingerprint, ..FeatureInfo::new(dataset, name, recipe, units) };
    Ok(FeatureMatrix { info, features, vocabulary: Vocabulary::default(), stages: Vec::new() })
}

/// Embeddings (n x u) as a feature: normalised as the recipe says and, where it is symmetric, the mean with those of the
/// mirror images, `turned`.
///
/// # Errors
/// [`Error::Invalid`] when there are not as many of mirror images, or one holds what is no number.
pub fn normalise_embeddings(
    recipe: &FeatureRecipe,
    mut embeddings: Array2<f32>,
    turned: Option<Array2<f32>>,
) -> Result<Array2<f32>> {
    let (n, units) = embeddings.dim();
    let how = recipe.normalisation;
    let mut turned = match (recipe.symmetric, turned) {
        (false, _) => None,
        (true, turned) => Some(turned.unwrap_or_default()),
    };
    if turned.as_ref().is_some_and(|t| t.dim() != (n, units)) {
        let found = format!("{n} x {units} and {:?} of mirror images", turned.as_ref().map(|t| t.dim()));
        return Err(Error::invalid("embeddings", found, "as many of both"));
    }
    if let Some(found) = embeddings.iter().chain(turned.iter().flatten()).find(|v| !v.is_finite()) {
        return Err(Error::invalid("embedding", found, "finite numbers; train the network again"));
    }
    for (row, mut vector) in embeddings.outer_iter_mut().enumerate() {
        let vector = vector.as_slice_mut().unwrap_or_default();
        normalise(vector, how);
        if let Some(other) = turned.as_mut().and_then(|t| t.row_mut(row).into_slice()) {
            normalise(other, how);
            mean_with(vector, other, how);
        }
    }
    Ok(embeddings)
}

/// The fingerprint of embeddings, from those of the feature's recipe on the dataset and of the network.
pub fn embedding_fingerprint(feature: &str, network: &str) -> String {
    Fingerprint::new().with("embedding", feature).with("network", network).finish()
}
