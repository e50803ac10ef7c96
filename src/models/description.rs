//! `model.json`: what a trained network is and where it came from, readable without libtorch.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Fingerprint, read_json};
use crate::error::{Error, Result};
use crate::recipe::{FeatureRecipe, NetworkRecipe, Preparation};

/// Version of the model folder's format.
pub const SCHEMA: u32 = 1;

/// One epoch of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EpochRecord {
    /// Counted from 1.
    pub epoch: u64,
    /// Mean cross-entropy over the augmented training pictures, as the optimiser saw them; `None` when not finite.
    pub train_loss: Option<f64>,
    /// Share of them classified right while training, from 0 to 1.
    pub train_accuracy: f64,
    /// Mean cross-entropy on the validation rows; `None` when not finite, and where no rows validate.
    pub validation_loss: Option<f64>,
    /// Share of the validation rows classified right, from 0 to 1; `None` where no rows validate.
    pub validation_accuracy: Option<f64>,
    /// The learning rate at the end of the epoch.
    pub learning_rate: f64,
    /// Wall-clock seconds, validation included.
    pub seconds: f64,
}

/// What to do with the checkpoint of an interrupted training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Refuse to run when there is one.
    Fresh,
    /// Go on from it when there is one.
    Resume,
    /// Throw it away.
    Restart,
}

/// The trained network whose weights another one started from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartingPoint {
    /// Its recipe's name.
    pub model: String,
    /// The dataset that it was trained on.
    pub dataset: String,
    /// That dataset's fingerprint.
    pub dataset_fingerprint: String,
    /// The epoch of its training whose weights it has, counted from 1.
    pub best_epoch: u64,
    /// Fingerprint of what it is and of its weights.
    pub fingerprint: String,
    /// Whether its last layer was taken over too; where the classes are others, a fresh one was put in its place.
    pub last_layer: bool,
    /// What it had started from itself, if not from fresh weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrained: Option<Box<StartingPoint>>,
}

/// Fingerprint of everything that a trained network depends on; `pretrained` is that of the network it starts from, if any.
pub fn network_fingerprint(
    recipe: &NetworkRecipe,
    dataset: &str,
    feature: Option<&str>,
    pretrained: Option<&str>,
) -> String {
    let canonical = serde_json::to_vec(recipe).unwrap_or_default();
    let own = Fingerprint::new()
        .with("network", Fingerprint::new().with("recipe", canonical).finish())
        .with("dataset", dataset)
        .with("feature", feature.unwrap_or_default())
        .with("schema", SCHEMA.to_string());
    match pretrained {
        Some(pretrained) => own.with("pretrained", pretrained).finish(),
        None => own.finish(),
    }
}

/// Everything but the weights; with `weights.safetensors` it makes a model that can be moved to another machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkDescription {
    /// Format version, [`SCHEMA`].
    pub schema: u32,
    /// The recipe's name.
    pub name: String,
    /// What it says.
    pub recipe: NetworkRecipe,
    /// Class names, one for each output.
    pub classes: Vec<String>,
    /// The dataset it was trained on.
    pub dataset: String,
    /// That dataset's fingerprint.
    pub dataset_fingerprint: String,
    /// True when it was trained on faces drawn by the tool.
    pub synthetic: bool,
    /// Fingerprint of the fused feature, if any.
    pub feature_fingerprint: Option<String>,
    /// Fingerprint of recipe, dataset, feature and pretrained network: equal for a model that need not be trained again.
    pub fingerprint: String,
    /// The trained network that it started from; nothing where it started from fresh weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrained: Option<StartingPoint>,
    /// Height and width of the pictures, in pixels.
    pub size: [usize; 2],
    /// How these were made of what was imported.
    #[serde(default)]
    pub prepared: Preparation,
    /// Dimensions of the fused feature, 0 without one.
    pub feature_dimensions: usize,
    /// The fused feature where the network computes it itself (`mode = "consistent"`); its codebook is among the weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistent_feature: Option<FeatureRecipe>,
    /// Mean of the training pixels after division by 255.
    pub pixel_mean: f64,
    /// Standard deviation of the training pixels after division by 255.
    pub pixel_deviation: f64,
    /// Numbers that training fits.
    pub parameters: u64,
    /// The epoch whose weights were kept: the best on validation.
    pub best_epoch: usize,
    /// What each epoch came to.
    pub history: Vec<EpochRecord>,
    /// Threads that trained it; another number may round differently.
    pub threads: usize,
    /// The device that trained it.
    pub device: String,
    /// Version of ferrofuse.
    pub version: String,
}

impl NetworkDescription {
    /// Reads `model.json` in a model folder.
    ///
    /// # Errors
    /// [`Error::Missing`] when no training was finished there, [`Error::Malformed`] when it does not parse.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("model.json");
        if !path.exists() {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            return Err(Error::missing(
                &path,
                format!("train the model first: `ferrofuse train {name} --dataset NAME`"),
            ));
        }
        let description: Self = read_json(&path)?;
        if description.schema != SCHEMA {
            let expected = format!("schema {SCHEMA}; train the model again");
            return Err(Error::malformed(&path, "schema", description.schema.to_string(), expected));
        }
        Ok(description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Workspace;
    use crate::recipe::{Kind, ModelRecipe, load};

    /// What was trained before there was fine-tuning is still fresh, and a network that starts from another one is another one.
    #[test]
    fn the_fingerprint_of_the_bundled_network_is_that_of_its_recipe() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let known = NetworkDescription::load(&root.join("models/pretrained/compact")).unwrap();
        let recipe = load::<ModelRecipe>(&Workspace::new(root), Kind::Model, "compact").unwrap().value;
        let ModelRecipe::Network(mut recipe) = recipe else { panic!("no network") };
        let fingerprint = |recipe: &NetworkRecipe, pretrained: Option<&str>| {
            network_fingerprint(recipe, &known.dataset_fingerprint, None, pretrained)
        };
        assert_eq!(fingerprint(&recipe, None), known.fingerprint);
        recipe.pretrained = Some(toml::from_str("model = 'other'").unwrap());
        let mut all = [None, Some("a"), Some("b")].map(|pretrained| fingerprint(&recipe, pretrained)).to_vec();
        all.push(known.fingerprint);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 4, "{all:?}");
    }
}
