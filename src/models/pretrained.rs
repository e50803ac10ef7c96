//! Trained networks that lie in a folder: where they are found, and what another network needs to start from one.

use std::path::PathBuf;

use crate::artifact::{Fingerprint, Tensors, Workspace, read_tensors};
use crate::error::{Error, Result};
use crate::recipe::PretrainedRecipe;

use super::{NetworkDescription, StartingPoint};

const WEIGHTS: &str = "weights.safetensors";

/// The folder of an exported network: a path, as it is or in the working folder, or a name in `models/pretrained/`. `None` when
/// there is no finished network in any of them.
pub fn exported_folder(workspace: &Workspace, model: &str) -> Option<PathBuf> {
    let candidates = [PathBuf::from(model), workspace.root().join(model), workspace.pretrained().join(model)];
    candidates.into_iter().find(|folder| folder.join("model.json").exists())
}

/// A trained network that another one starts from.
///
/// It is taken as it lies there: whether it is fresh by its own recipe is not asked, since neither that recipe nor its dataset
/// has to be here.
#[derive(Clone, Debug)]
pub struct Pretrained {
    /// Where it lies.
    pub folder: PathBuf,
    /// What it is.
    pub description: NetworkDescription,
    /// Fingerprint of its description's and of its weights: other weights are another network.
    pub fingerprint: String,
}

impl Pretrained {
    /// Finds the network that a recipe names.
    ///
    /// # Errors
    /// [`Error::Missing`] with the commands that make it, [`Error::Malformed`] or [`Error::Io`] for a file that cannot be read.
    pub fn find(workspace: &Workspace, recipe: &PretrainedRecipe) -> Result<Self> {
        let model = &recipe.model;
        let folder = match &recipe.dataset {
            Some(dataset) => {
                let folder = workspace.model(dataset, model);
                let path = folder.join("model.json");
                if !path.exists() {
                    let hint = format!("train the network to start from first: `ferrofuse train {model} --dataset {dataset}`");
                    return Err(Error::missing(path, hint));
                }
                folder
            }
            None => exported_folder(workspace, model).ok_or_else(|| {
                let hint = format!(
                    "make the network to start from: `ferrofuse train {model} --dataset DATASET`, then `ferrofuse export {model} \
                     --dataset DATASET`; or say in [pretrained] which dataset of this folder it was trained on: dataset = \"DATASET\""
                );
                Error::missing(workspace.pretrained().join(model).join("model.json"), hint)
            })?,
        };
        let description = NetworkDescription::load(&folder)?;
        let fingerprint = Fingerprint::new()
            .with("network", &description.fingerprint)
            .with_file("weights", &folder.join(WEIGHTS))?
            .finish();
        Ok(Self { folder, description, fingerprint })
    }

    /// The file of its weights.
    pub fn weights_file(&self) -> PathBuf {
        self.folder.join(WEIGHTS)
    }

    /// Its weights, with running statistics and what else lies beside them.
    ///
    /// # Errors
    /// As [`read_tensors`].
    pub fn weights(&self) -> Result<Tensors> {
        Ok(read_tensors(&self.weights_file())?.0)
    }

    /// What the network that starts from it remembers; `last_layer` says whether that took its last layer over.
    pub fn starting_point(&self, last_layer: bool) -> StartingPoint {
        let d = &self.description;
        StartingPoint {
            model: d.name.clone(),
            dataset: d.dataset.clone(),
            dataset_fingerprint: d.dataset_fingerprint.clone(),
            best_epoch: d.best_epoch as u64,
            fingerprint: self.fingerprint.clone(),
            last_layer,
            pretrained: d.pretrained.clone().map(Box::new),
        }
    }

    /// Names and fingerprints of the datasets that its weights were learned from: its own, and those of what it started from.
    pub fn datasets(&self) -> Vec<(&str, &str)> {
        let d = &self.description;
        let mut datasets = vec![(d.dataset.as_str(), d.dataset_fingerprint.as_str())];
        let mut before = d.pretrained.as_ref();
        while let Some(point) = before {
            let learned_from = (point.dataset.as_str(), point.dataset_fingerprint.as_str());
            if !datasets.contains(&learned_from) {
                datasets.push(learned_from);
            }
            before = point.pretrained.as_deref();
        }
        datasets
    }
}
