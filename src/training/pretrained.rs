//! The start of a fine-tuning: the layers of a trained network in place of fresh ones.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::models::network::{FEATURE_CODEBOOK, FEATURE_DEVIATION, FEATURE_MEAN, Network};
use crate::models::{Pretrained, StartingPoint};
use crate::recipe::{Extractor, FusionRecipe, NetworkRecipe, Recipe};

use super::data::{FusedFeature, TrainingData};

#[cfg(test)]
mod tests;

/// Copies the weights and the running statistics of the pretrained network, where the recipe names one, into a fresh one. The last
/// layer is copied when both have the same classes in the same order, and otherwise stays fresh.
///
/// # Errors
/// [`Error::Mismatch`] when any other layer is not the same or would read other numbers, [`Error::Invalid`] when the recipe names
/// a network and none is given or the other way round, and what reading its weights gives.
pub(super) fn take_over(
    network: &mut Network,
    recipe: &Recipe<NetworkRecipe>,
    data: TrainingData<'_>,
) -> Result<Option<StartingPoint>> {
    let pretrained = match (&recipe.value.pretrained, data.pretrained) {
        (None, None) => return Ok(None),
        (Some(_), Some(pretrained)) => pretrained,
        (wanted, given) => {
            let name = |is: bool| if is { "one" } else { "none" };
            let what = format!("pretrained network of `{}`", recipe.name);
            return Err(Error::invalid(
                what,
                name(given.is_some()),
                format!("{}, as its recipe says", name(wanted.is_some())),
            ));
        }
    };
    check_input(recipe, data, pretrained)?;
    check_feature(recipe, data.feature, pretrained)?;
    let last_layer = pretrained.description.classes == data.dataset.info.classes;
    let theirs = pretrained.weights()?;
    let mut weights = network.weights()?;
    let is_kept = |name: &str| !last_layer && Network::is_of_last_layer(name);
    let is_beside = |name: &str| [FEATURE_MEAN, FEATURE_DEVIATION, FEATURE_CODEBOOK].contains(&name);
    let names: BTreeSet<String> = weights.keys().chain(theirs.keys()).cloned().collect();
    for name in names.iter().filter(|name| !is_kept(name) && !is_beside(name)) {
        match (weights.get_mut(name), theirs.get(name)) {
            (Some(own), Some(their)) if own.shape() == their.shape() => own.assign(their),
            (own, their) => {
                let shape =
                    |found: Option<&[usize]>| found.map_or("is missing".to_string(), |s| format!("has shape {s:?}"));
                let detail = format!(
                    "`{name}` {} here and {} in {}",
                    shape(own.map(|a| a.shape().to_vec()).as_deref()),
                    shape(their.map(|a| a.shape())),
                    pretrained.weights_file().display()
                );
                return Err(mismatch(recipe, pretrained, detail));
            }
        }
    }
    network.set_weights(&weights, &pretrained.weights_file())?;
    Ok(Some(pretrained.starting_point(last_layer)))
}

/// What a network of these classes starts from, for whoever watches the training.
pub(super) fn in_words(point: &StartingPoint, classes: &[String]) -> String {
    let StartingPoint { model, dataset, best_epoch, .. } = point;
    let last_layer = match point.last_layer {
        true => "its last layer too, as the classes are the same".to_string(),
        false => format!("its last layer is fresh, for these classes: {}", classes.join(", ")),
    };
    format!("starts from {model} trained on {dataset} (epoch {best_epoch}); {last_layer}")
}

/// A table of a recipe in one line.
fn keys(table: &impl serde::Serialize) -> String {
    toml::to_string(table).unwrap_or_default().trim().replace('\n', ", ")
}

fn mismatch(recipe: &Recipe<NetworkRecipe>, pretrained: &Pretrained, detail: String) -> Error {
    let base = &pretrained.description.name;
    Error::Mismatch {
        what: format!("network `{}` and `{base}`, which it starts from,", recipe.name),
        detail,
        hint: format!("the recipe needs the same [[block]], [head], [fusion] and [input] as that of `{base}`"),
    }
}

/// Layers that end in a mean over the picture fit pictures of any size, but learned from those of one.
fn check_input(recipe: &Recipe<NetworkRecipe>, data: TrainingData<'_>, pretrained: &Pretrained) -> Result<()> {
    let theirs = &pretrained.description;
    let (_, height, width) = data.dataset.images.dim();
    if theirs.size != [height, width] {
        let [h, w] = theirs.size;
        let detail = format!("pictures of {height} x {width} and of {h} x {w} pixels");
        let base = &theirs.name;
        return Err(match mismatch(recipe, pretrained, detail) {
            Error::Mismatch { what, detail, .. } => Error::Mismatch {
                what,
                detail,
                hint: format!("import the dataset with `size = [{h}, {w}]`, as that of `{base}`"),
            },
            other => other,
        });
    }
    match theirs.recipe.input == recipe.value.input {
        true => Ok(()),
        false => {
            let detail = format!("[input] {} here and {} there", keys(&recipe.value.input), keys(&theirs.recipe.input));
            Err(mismatch(recipe, pretrained, detail))
        }
    }
}

/// The layers on a fused feature go on where the feature means the same. What was fitted on the rows of a dataset (words, principal
/// components, another network's embedding) does so on that dataset alone.
fn check_feature(
    recipe: &Recipe<NetworkRecipe>,
    feature: Option<FusedFeature<'_>>,
    pretrained: &Pretrained,
) -> Result<()> {
    let (ours, theirs) = (&recipe.value.fusion, &pretrained.description.recipe.fusion);
    let read = |fusion: &Option<FusionRecipe>| fusion.as_ref().map(|f| (f.feature.clone(), f.scale, f.join, f.mode));
    if read(ours) != read(theirs) {
        let said =
            |fusion: &Option<_>| fusion.as_ref().map_or("no [fusion]".to_string(), |f| format!("[fusion] {}", keys(f)));
        return Err(mismatch(recipe, pretrained, format!("{} here and {} there", said(ours), said(theirs))));
    }
    let Some(feature) = feature else { return Ok(()) };
    let v = feature.vocabulary;
    let fitted = v.projection.is_some() || v.codebook.is_some() || v.mixture.is_some();
    let same = pretrained.description.feature_fingerprint.as_deref() == Some(feature.fingerprint);
    if same || !(fitted || feature.recipe.extractor == Extractor::Network) {
        return Ok(());
    }
    Err(Error::Mismatch {
        what: format!("the fused feature of `{}` and that of `{}`", recipe.name, pretrained.description.name),
        detail: "each was fitted on its own dataset, so that the same number stands for something else".into(),
        hint: "fine-tune a network without [fusion], or one on a feature that nothing is fitted for".into(),
    })
}
