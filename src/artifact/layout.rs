//! Where things lie: four folders of recipes, each beside what it produces.

use std::path::{Path, PathBuf};

/// The working folder: `data/`, `features/`, `models/` and `results/` lie in it.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace in `root`; nothing is made or read.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The working folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `data/<dataset>/`: images, labels, splits.
    pub fn dataset(&self, dataset: &str) -> PathBuf {
        self.root.join("data").join(dataset)
    }

    /// `features/<dataset>/<feature>/`: the feature matrix and its codebook.
    pub fn feature(&self, dataset: &str, feature: &str) -> PathBuf {
        self.root.join("features").join(dataset).join(feature)
    }

    /// `models/<dataset>/<model>/`: weights, description, history.
    pub fn model(&self, dataset: &str, model: &str) -> PathBuf {
        self.root.join("models").join(dataset).join(model)
    }

    /// `models/pretrained/`: networks as they are given away.
    pub fn pretrained(&self) -> PathBuf {
        self.root.join("models").join("pretrained")
    }

    /// `results/<experiment>/`: report, metrics, predictions, pictures.
    pub fn results(&self, experiment: &str) -> PathBuf {
        self.root.join("results").join(experiment)
    }
}
