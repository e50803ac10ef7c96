//! A model's probabilities, kept beside the model so that every experiment can take them from there.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::artifact::{read_json, read_npy2, write_json, write_npy};
use crate::dataset::{Dataset, Split};
use crate::error::Result;
use crate::evaluation::{FeatureFacts, SingleView};
use crate::predictions::Predictions;

const FILE: &str = "predictions.json";

/// `predictions.json` in a model folder: what the arrays beside it were made by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicted {
    /// Fingerprint of the model that made them.
    pub fingerprint: String,
    /// Fingerprint of the dataset whose rows they belong to.
    pub dataset: String,
    /// The recipe that it was trained by, as TOML.
    pub recipe: String,
    /// Wall-clock seconds of training and prediction.
    pub seconds: f64,
    /// Seconds that processors worked on it, all cores together.
    #[serde(default)]
    pub processor_seconds: Option<f64>,
    /// The most bytes of memory that the process held during it.
    #[serde(default)]
    pub peak_memory: Option<u64>,
    /// What it has right without the versions of a picture that are averaged otherwise.
    #[serde(default)]
    pub single_view: Option<SingleView>,
    /// The features that it was made from.
    #[serde(default)]
    pub features: Vec<FeatureFacts>,
    /// A remark for the reader of a report.
    pub note: Option<String>,
}

impl Predicted {
    /// The file in a model folder, when the arrays that it speaks of are there.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let complete = scored().iter().all(|s| folder.join(array(*s)).exists());
        read_json::<Self>(&folder.join(FILE)).ok().filter(|_| complete)
    }

    /// The same when it belongs to the model of this fingerprint.
    pub(super) fn fresh(folder: &Path, fingerprint: &str) -> Option<Self> {
        Self::of(folder).filter(|p| p.fingerprint == fingerprint)
    }

    /// Writes arrays and description; the description last.
    pub(super) fn save(&self, folder: &Path, predictions: &[Predictions]) -> Result<()> {
        for p in predictions {
            check(p)?;
            write_npy(&folder.join(array(p.split)), p.probabilities.view())?;
        }
        write_json(&folder.join(FILE), self)
    }
}

/// The splits that models are scored on.
pub(super) fn scored() -> [Split; 2] {
    [Split::Validation, Split::Test]
}

fn array(split: Split) -> String {
    format!("predictions.{split}.npy")
}

/// Reads a model's probabilities of one split.
pub(super) fn load(folder: &Path, model: &str, dataset: &Dataset, split: Split) -> Result<Predictions> {
    let predictions = label(model, dataset, split, read_npy2(&folder.join(array(split)))?);
    check(&predictions)?;
    Ok(predictions)
}

/// A dataset may have no rows of a split: then there are no predictions of it, and nothing to check.
fn check(predictions: &Predictions) -> Result<()> {
    match predictions.rows.is_empty() && predictions.probabilities.is_empty() {
        true => Ok(()),
        false => predictions.check(),
    }
}

/// Probabilities of the rows of a split, with the labels that belong to them.
pub(super) fn label(model: &str, dataset: &Dataset, split: Split, probabilities: ndarray::Array2<f32>) -> Predictions {
    let rows = dataset.rows(split);
    Predictions {
        model: model.to_string(),
        dataset: dataset.info.name.clone(),
        fingerprint: dataset.info.fingerprint.clone(),
        classes: dataset.info.classes.clone(),
        split,
        labels: rows.iter().map(|&i| dataset.labels[i]).collect(),
        rows: rows.iter().map(|&i| i as u32).collect(),
        probabilities,
    }
}
