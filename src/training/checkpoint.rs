//! The state between two epochs, in one file, so that an interrupted training goes on as if nothing had happened.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::artifact::{Precision, Tensors, read_tensors, remove_if_there, write_tensors};
use crate::error::{Error, Result};
use crate::models::EpochRecord;

/// What stands in the file's header beside the tensors.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    fingerprint: String,
    threads: usize,
    steps: u64,
    best_epoch: usize,
    history: Vec<EpochRecord>,
}

/// Everything that the next epoch depends on.
pub(crate) struct Checkpoint {
    /// Fingerprint of recipe, dataset and feature.
    pub fingerprint: String,
    /// Threads that ran so far; another number may round differently.
    pub threads: usize,
    /// The epochs that are done.
    pub history: Vec<EpochRecord>,
    /// The best of them on validation; its weights lie in `weights.safetensors` beside the checkpoint.
    pub best_epoch: usize,
    /// Steps of the optimiser.
    pub steps: u64,
    /// Weights of the network.
    pub weights: Tensors,
    /// Moments of the optimiser.
    pub moments: Tensors,
}

impl Checkpoint {
    /// The file in a model folder.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join("checkpoint.safetensors")
    }

    /// Writes the file in a model folder, atomically.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let path = Self::path(folder);
        let note = Note {
            fingerprint: self.fingerprint.clone(),
            threads: self.threads,
            steps: self.steps,
            best_epoch: self.best_epoch,
            history: self.history.clone(),
        };
        let note = serde_json::to_string(&note).map_err(|e| Error::io("write", &path, e.into()))?;
        let mut all = self.moments.clone();
        all.extend(self.weights.iter().map(|(name, array)| (format!("weights/{name}"), array.clone())));
        write_tensors(&path, &all, &note, Precision::Single)
    }

    /// Reads the file in a model folder; `None` when there is none.
    pub fn load(folder: &Path) -> Result<Option<Self>> {
        let path = Self::path(folder);
        if !path.exists() {
            return Ok(None);
        }
        let (all, note) = read_tensors(&path)?;
        let note: Note = serde_json::from_str(&note).map_err(|e| {
            Error::malformed(&path, "header", e.to_string(), "a checkpoint; train again with --restart")
        })?;
        let (mut weights, mut moments) = (Tensors::new(), Tensors::new());
        for (name, array) in all {
            match name.strip_prefix("weights/") {
                Some(inner) => weights.insert(inner.to_string(), array),
                None => moments.insert(name, array),
            };
        }
        Ok(Some(Self {
            fingerprint: note.fingerprint,
            threads: note.threads,
            history: note.history,
            best_epoch: note.best_epoch,
            steps: note.steps,
            weights,
            moments,
        }))
    }

    /// Removes the file of a model folder, if any.
    pub fn remove(folder: &Path) -> Result<()> {
        remove_if_there(&Self::path(folder))
    }
}
