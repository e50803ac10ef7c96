//! Features of a dataset in memory and as the folder `features/<dataset>/<feature>/`.

use std::path::Path;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::extract::Stage;
use crate::artifact::{Fingerprint, read_json, read_npy2, remove_if_there, write_json, write_npy};
use crate::error::{Error, Result};
use crate::recipe::{FeatureRecipe, Recipe};

/// Version of the folder's format; a folder of another version is refused.
pub const SCHEMA: u32 = 1;

/// Version of what the numbers mean; raised when the same recipe comes to give other features.
const REVISION: &str = "1";

/// What `feature.json` says about the arrays beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureInfo {
    /// Format version, [`SCHEMA`].
    pub schema: u32,
    /// The recipe's name, as model recipes refer to it.
    pub name: String,
    /// What was extracted.
    pub recipe: FeatureRecipe,
    /// The dataset's name.
    pub dataset: String,
    /// The dataset's fingerprint.
    pub dataset_fingerprint: String,
    /// True when the faces were drawn by the tool.
    pub synthetic: bool,
    /// Number of rows, n, in the order of the dataset.
    pub rows: usize,
    /// Numbers in a feature vector, d.
    pub dimensions: usize,
    /// Height in pixels of the pictures that the features were taken from.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// Local descriptors of all rows.
    pub descriptors: u64,
    /// Rows in which no keypoint was found; their vectors are zeros.
    pub rows_without_descriptors: usize,
    /// The codebook beside it, for a bag of words.
    pub codebook: Option<CodebookInfo>,
    /// The version of ferrofuse that wrote it.
    pub version: String,
    /// [`fingerprint_of`] the dataset and the recipe.
    pub fingerprint: String,
}

/// How the codebook was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodebookInfo {
    /// Visual words, k.
    pub words: usize,
    /// Seed of the draw, the first centres and the mini-batches.
    pub seed: u64,
    /// Descriptors of all training rows.
    pub train_descriptors: u64,
    /// How many of these the codebook was fitted on.
    pub fitted_on: u64,
    /// Passes or mini-batches done.
    pub iterations: usize,
    /// Mean squared distance to the nearest word in the last of them.
    pub mean_squared_distance: f64,
}

/// One feature vector for each row of a dataset.
#[derive(Clone, Debug)]
pub struct FeatureMatrix {
    /// Names, sizes, recipe, fingerprints.
    pub info: FeatureInfo,
    /// n x d.
    pub features: Array2<f32>,
    /// k x 128, for a bag of words.
    pub codebook: Option<Array2<f32>>,
    /// How long each stage took; empty when loaded from a folder.
    pub stages: Vec<Stage>,
}

/// The fingerprint of features made from this dataset by this recipe: products with another one are stale.
pub fn fingerprint_of(dataset_fingerprint: &str, recipe: &Recipe<FeatureRecipe>) -> String {
    Fingerprint::new()
        .with("features", REVISION)
        .with("dataset", dataset_fingerprint)
        .with("recipe", recipe.fingerprint())
        .finish()
}

impl FeatureMatrix {
    /// Writes the features into `folder`; `feature.json` comes last, so that a folder without it counts as unfinished.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn save(&self, folder: &Path) -> Result<()> {
        remove_if_there(&folder.join("feature.json"))?;
        write_npy(&folder.join("features.npy"), self.features.view())?;
        let codebook = folder.join("codebook.npy");
        match &self.codebook {
            Some(words) => write_npy(&codebook, words.view())?,
            None => remove_if_there(&codebook)?,
        }
        write_json(&folder.join("feature.json"), &self.info)
    }

    /// Reads the features in `folder` and checks that its arrays fit together and are finite.
    ///
    /// # Errors
    /// [`Error::Missing`] when nothing was extracted there, [`Error::Malformed`] with the file that does not fit.
    pub fn load(folder: &Path) -> Result<Self> {
        let info = Self::load_info(folder)?;
        let features = matrix(&folder.join("features.npy"), (info.rows, info.dimensions))?;
        let codebook = Self::load_codebook(folder, &info)?;
        Ok(Self { info, features, codebook, stages: Vec::new() })
    }

    /// Reads only `feature.json`.
    ///
    /// # Errors
    /// As [`FeatureMatrix::load`].
    pub fn load_info(folder: &Path) -> Result<FeatureInfo> {
        let path = folder.join("feature.json");
        if !path.exists() {
            let name =
                |p: Option<&Path>| p.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
            let (feature, dataset) = (name(Some(folder)), name(folder.parent()));
            let hint = format!("extract the feature first: `ferrofuse extract {feature} --dataset {dataset}`");
            return Err(Error::missing(&path, hint));
        }
        let info: FeatureInfo = read_json(&path)?;
        if info.schema != SCHEMA {
            let expected = format!("schema {SCHEMA}; extract the feature again");
            return Err(Error::malformed(&path, "schema", info.schema.to_string(), expected));
        }
        Ok(info)
    }

    /// Reads only the codebook that `info` describes, k x 128; `None` for features without one.
    ///
    /// # Errors
    /// As [`FeatureMatrix::load`].
    pub fn load_codebook(folder: &Path, info: &FeatureInfo) -> Result<Option<Array2<f32>>> {
        let shape = |c: &CodebookInfo| (c.words, super::DESCRIPTOR_LENGTH);
        info.codebook.as_ref().map(|c| matrix(&folder.join("codebook.npy"), shape(c))).transpose()
    }

    /// Whether `folder` holds finished features of this fingerprint.
    pub fn is_fresh(folder: &Path, fingerprint: &str) -> bool {
        Self::load_info(folder).is_ok_and(|info| {
            let files = folder.join("features.npy").exists()
                && (info.codebook.is_none() || folder.join("codebook.npy").exists());
            info.fingerprint == fingerprint && files
        })
    }
}

fn matrix(path: &Path, shape: (usize, usize)) -> Result<Array2<f32>> {
    let values: Array2<f32> = read_npy2(path)?;
    if values.dim() != shape {
        let expected = format!("{shape:?}, as feature.json says");
        return Err(Error::malformed(path, "shape", format!("{:?}", values.dim()), expected));
    }
    check_finite(path, values.view())?;
    Ok(values)
}

fn check_finite(path: &Path, values: ArrayView2<'_, f32>) -> Result<()> {
    for (row, vector) in values.outer_iter().enumerate() {
        if let Some((column, value)) = vector.iter().enumerate().find(|(_, v)| !v.is_finite()) {
            let place = format!("row {row}, column {column}");
            return Err(Error::malformed(path, place, value.to_string(), "finite numbers; extract the feature again"));
        }
    }
    Ok(())
}
