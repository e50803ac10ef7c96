//! `features/*.toml`: which descriptors, and how they become one vector per picture.

use serde::{Deserialize, Serialize};

use super::{Check, GridRecipe};
use crate::error::{Error, Result};

/// How a picture becomes a feature vector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FeatureRecipe {
    /// The name for readers.
    pub title: String,
    /// Where descriptors are taken.
    pub extractor: Extractor,
    /// RootSIFT (Arandjelovic and Zisserman 2012): L1-normalise each descriptor, then take square roots.
    #[serde(default)]
    pub root_sift: bool,
    /// OpenCV's SIFT detector, for `extractor = "sift"`.
    #[serde(default)]
    pub detector: Option<DetectorRecipe>,
    /// The grid, for `extractor = "dense-sift"`.
    #[serde(default)]
    pub grid: Option<GridRecipe>,
    /// How descriptors become one vector.
    pub encoding: Encoding,
    /// The visual vocabulary, for `encoding = "bag-of-words"`.
    #[serde(default)]
    pub codebook: Option<CodebookRecipe>,
    /// What is done to the finished vector.
    #[serde(default)]
    pub normalisation: Normalisation,
}

/// Where descriptors are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extractor {
    /// At the keypoints that OpenCV's SIFT detects.
    Sift,
    /// At the points of a fixed grid.
    DenseSift,
}

/// OpenCV's SIFT detector; the defaults are OpenCV's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct DetectorRecipe {
    /// Strongest keypoints kept, 0 for all.
    pub max_keypoints: i32,
    /// Layers in each octave.
    pub octave_layers: i32,
    /// Keypoints of lower contrast are dropped.
    pub contrast_threshold: f64,
    /// Keypoints more edge-like than this are dropped.
    pub edge_threshold: f64,
    /// Blur of the first layer.
    pub sigma: f64,
}

impl Default for DetectorRecipe {
    fn default() -> Self {
        Self { max_keypoints: 0, octave_layers: 3, contrast_threshold: 0.04, edge_threshold: 10.0, sigma: 1.6 }
    }
}

/// How descriptors become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Histogram of visual words.
    BagOfWords,
    /// The raw descriptors one after the other; needs the same number in every picture, so a grid.
    Concatenate,
}

/// A visual vocabulary fitted by k-means on descriptors of training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CodebookRecipe {
    /// Visual words, K.
    pub words: usize,
    /// Full (Lloyd) or mini-batch k-means (Sculley 2010).
    pub algorithm: CodebookAlgorithm,
    /// Descriptors in a mini-batch.
    #[serde(default = "batch_4096")]
    pub batch: usize,
    /// Passes (full) or mini-batches.
    pub iterations: usize,
    /// Training descriptors used at the most, drawn at random; 0 for all that fit the memory budget.
    #[serde(default)]
    pub sample: usize,
    /// Seed of the draw and of the first centres.
    #[serde(default)]
    pub seed: u64,
}

fn batch_4096() -> usize {
    4096
}

/// How the codebook is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodebookAlgorithm {
    /// Lloyd's algorithm over all sampled descriptors.
    Full,
    /// Mini-batches.
    MiniBatch,
}

/// What is done to the finished vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// Nothing.
    #[default]
    None,
    /// Divide by the sum of magnitudes; for a histogram of words, by the number of descriptors.
    L1,
    /// Divide by the Euclidean norm.
    L2,
    /// L1, then square roots: the dot product becomes the Bhattacharyya coefficient.
    Hellinger,
}

impl Check for FeatureRecipe {
    fn check(&self) -> Result<()> {
        match (self.extractor, &self.grid, &self.detector) {
            (Extractor::DenseSift, None, _) => {
                return Err(Error::invalid("grid", "nothing", "a table with step and bins"));
            }
            (Extractor::DenseSift, _, Some(_)) => {
                return Err(Error::invalid("detector", "a table", "none for dense-sift"));
            }
            (Extractor::Sift, Some(_), _) => return Err(Error::invalid("grid", "a table", "none for sift")),
            _ => {}
        }
        if let Some(grid) = &self.grid {
            grid.check()?;
        }
        if let Some(d) = &self.detector
            && !(d.max_keypoints >= 0
                && (1..=10).contains(&d.octave_layers)
                && d.contrast_threshold >= 0.0
                && d.edge_threshold > 0.0
                && d.sigma > 0.0)
        {
            return Err(Error::invalid("detector", format!("{d:?}"), "no negative values, 1 to 10 octave-layers"));
        }
        match (self.encoding, &self.codebook) {
            (Encoding::BagOfWords, None) => {
                return Err(Error::invalid("codebook", "nothing", "a table with words, algorithm and iterations"));
            }
            (Encoding::Concatenate, Some(_)) => {
                return Err(Error::invalid("codebook", "a table", "none for encoding = \"concatenate\""));
            }
            (Encoding::Concatenate, None) if self.extractor == Extractor::Sift => {
                return Err(Error::invalid(
                    "encoding",
                    "concatenate",
                    "bag-of-words: the number of SIFT keypoints differs from picture to picture",
                ));
            }
            _ => {}
        }
        if let Some(c) = &self.codebook
            && !((2..=65_536).contains(&c.words) && c.batch >= 1 && (1..=100_000).contains(&c.iterations))
        {
            return Err(Error::invalid("codebook", format!("{c:?}"), "2 to 65,536 words, batch and iterations from 1"));
        }
        Ok(())
    }
}
