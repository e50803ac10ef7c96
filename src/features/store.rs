//! Features of a dataset in memory and as the folder `features/<dataset>/<feature>/`.

use std::path::Path;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::extract::Stage;
use super::{DESCRIPTOR_LENGTH, Mixture, Projection, Vocabulary};
use crate::Cost;
use crate::artifact::{Fingerprint, read_json, read_npy2, remove_if_there, write_json, write_npy};
use crate::dataset::DatasetInfo;
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
    /// The codebook beside it, for a bag of words and for VLAD.
    pub codebook: Option<CodebookInfo>,
    /// The mixture beside it, for Fisher vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixture: Option<MixtureInfo>,
    /// What the extraction took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
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

/// How the mixture of Gaussians was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixtureInfo {
    /// Gaussians, K.
    pub components: usize,
    /// Seed of the draw and of the first means.
    pub seed: u64,
    /// Descriptors of all training rows.
    pub train_descriptors: u64,
    /// How many of these the mixture was fitted on.
    pub fitted_on: u64,
}

/// One feature vector for each row of a dataset.
#[derive(Clone, Debug)]
pub struct FeatureMatrix {
    /// Names, sizes, recipe, fingerprints.
    pub info: FeatureInfo,
    /// n x d.
    pub features: Array2<f32>,
    /// What was fitted on descriptors of training rows.
    pub vocabulary: Vocabulary,
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

impl FeatureInfo {
    /// Of `dimensions` numbers for each row of a dataset, without a vocabulary.
    pub(super) fn new(from: &DatasetInfo, name: &str, recipe: &FeatureRecipe, dimensions: usize) -> Self {
        Self {
            schema: SCHEMA,
            name: name.to_string(),
            recipe: recipe.clone(),
            dataset: from.name.clone(),
            dataset_fingerprint: from.fingerprint.clone(),
            synthetic: from.synthetic,
            rows: from.rows,
            dimensions,
            height: from.height,
            width: from.width,
            descriptors: 0,
            rows_without_descriptors: 0,
            codebook: None,
            mixture: None,
            cost: None,
            version: env!("CARGO_PKG_VERSION").into(),
            fingerprint: String::new(),
        }
    }
}

impl FeatureMatrix {
    /// Writes the features into `folder`; `feature.json` comes last, so that a folder without it counts as unfinished.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn save(&self, folder: &Path) -> Result<()> {
        remove_if_there(&folder.join("feature.json"))?;
        write_npy(&folder.join("features.npy"), self.features.view())?;
        self.save_extractor(folder)
    }

    /// Writes only what [`super::Extractor::load`] needs to describe new pictures: `feature.json` and the vocabulary.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn save_extractor(&self, folder: &Path) -> Result<()> {
        remove_if_there(&folder.join("feature.json"))?;
        let Vocabulary { projection, codebook, mixture } = &self.vocabulary;
        let arrays = [
            ("projection.npy", projection.as_ref().map(Projection::to_array)),
            ("codebook.npy", codebook.clone()),
            ("mixture.npy", mixture.as_ref().map(Mixture::to_array)),
        ];
        for (name, array) in arrays {
            match array {
                Some(array) => write_npy(&folder.join(name), array.view())?,
                None => remove_if_there(&folder.join(name))?,
            }
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
        let vocabulary = Self::load_vocabulary(folder, &info)?;
        Ok(Self { info, features, vocabulary, stages: Vec::new() })
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

    /// Reads only the vocabulary that `info` describes.
    ///
    /// # Errors
    /// As [`FeatureMatrix::load`].
    pub fn load_vocabulary(folder: &Path, info: &FeatureInfo) -> Result<Vocabulary> {
        let file = |name: &str| folder.join(name);
        let broken = |name: &'static str| {
            move |e: Error| {
                Error::malformed(file(name), "array", e.to_string(), "what extraction wrote; extract it again")
            }
        };
        let kept = info.recipe.pca.as_ref().map(|p| p.dimensions);
        let projection = kept.map(|k| {
            let array = matrix(&file("projection.npy"), (k + 1, DESCRIPTOR_LENGTH))?;
            Projection::from_array(array.view()).map_err(broken("projection.npy"))
        });
        let width = kept.unwrap_or(DESCRIPTOR_LENGTH) + if info.recipe.position { 2 } else { 0 };
        let codebook = info.codebook.as_ref().map(|c| matrix(&file("codebook.npy"), (c.words, width)));
        let mixture = info.mixture.as_ref().map(|m| {
            let array = matrix(&file("mixture.npy"), (m.components, 1 + 2 * width))?;
            Mixture::from_array(array.view()).map_err(broken("mixture.npy"))
        });
        Ok(Vocabulary {
            projection: projection.transpose()?,
            codebook: codebook.transpose()?,
            mixture: mixture.transpose()?,
        })
    }

    /// Whether `folder` holds finished features of this fingerprint.
    pub fn is_fresh(folder: &Path, fingerprint: &str) -> bool {
        Self::load_info(folder).is_ok_and(|info| {
            let wanted = [
                ("features.npy", true),
                ("projection.npy", info.recipe.pca.is_some()),
                ("codebook.npy", info.codebook.is_some()),
                ("mixture.npy", info.mixture.is_some()),
            ];
            let files = wanted.iter().all(|(name, wanted)| !wanted || folder.join(name).exists());
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
