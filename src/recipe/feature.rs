//! `features/*.toml`: which descriptors, and how they become one vector per picture.

use serde::{Deserialize, Serialize};

use super::checks::is_default;
use super::{Check, GridRecipe, HogRecipe, LbpRecipe};
use crate::error::{Error, Result};

/// Numbers in a SIFT descriptor: 4 x 4 cells of 8 orientations.
pub const DESCRIPTOR_LENGTH: usize = 128;

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
    /// Histograms of oriented gradients, for `extractor = "hog"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hog: Option<HogRecipe>,
    /// Histograms of local binary patterns, for `extractor = "lbp"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lbp: Option<LbpRecipe>,
    /// The model recipe of the network, for `extractor = "network"`; it is trained first where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// How descriptors become one vector; `concatenate` for HOG, LBP and networks.
    pub encoding: Encoding,
    /// Spread each descriptor over its nearest words, for `encoding = "bag-of-words"`; without it, it counts for the
    /// nearest alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soft: Option<SoftRecipe>,
    /// Presence vectors (Ionescu et al. 2013), for `encoding = "bag-of-words"`: 1 for a word that occurs, however often.
    #[serde(default, skip_serializing_if = "is_default")]
    pub presence: bool,
    /// The visual vocabulary, for `encoding = "bag-of-words"` and `"vlad"`.
    #[serde(default)]
    pub codebook: Option<CodebookRecipe>,
    /// What is done to the finished vector.
    #[serde(default)]
    pub normalisation: Normalisation,
    /// Principal components that descriptors are reduced to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pca: Option<PcaRecipe>,
    /// Append to each descriptor where it lies: x and y from -0.5 to 0.5 (Sanchez et al. 2012).
    #[serde(default, skip_serializing_if = "is_default")]
    pub position: bool,
    /// The mean of the vectors of a picture and of its mirror image, each normalised for itself: a face and its mirror
    /// image then have the same feature.
    #[serde(default, skip_serializing_if = "is_default")]
    pub symmetric: bool,
    /// The Gaussians, for `encoding = "fisher"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixture: Option<MixtureRecipe>,
    /// A spatial pyramid (Lazebnik et al. 2006): for each level l, the picture is cut into l x l cells, each encoded
    /// by itself; without it the whole picture is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pyramid: Vec<usize>,
}

impl FeatureRecipe {
    /// Pictures whose vectors make one feature: 2 with the mirror image.
    pub fn views(&self) -> usize {
        if self.symmetric { 2 } else { 1 }
    }

    /// Whether descriptors are changed before they are encoded.
    pub fn transforms(&self) -> bool {
        self.pca.is_some() || self.position
    }
}

/// Principal components of training descriptors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PcaRecipe {
    /// Numbers that are left of the 128.
    pub dimensions: usize,
    /// Scale each of them to unit variance over the training descriptors.
    #[serde(default)]
    pub whiten: bool,
}

/// A mixture of Gaussians with diagonal covariances, fitted to descriptors of training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MixtureRecipe {
    /// Gaussians, K.
    pub components: usize,
    /// Passes of expectation maximisation at the most.
    #[serde(default = "passes_30")]
    pub iterations: usize,
    /// Training descriptors used at the most, drawn at random.
    #[serde(default = "sample_200_000")]
    pub sample: usize,
    /// Seed of the draw and of the first means.
    #[serde(default)]
    pub seed: u64,
}

fn passes_30() -> usize {
    30
}

fn sample_200_000() -> usize {
    200_000
}

/// Where descriptors are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extractor {
    /// At the keypoints that OpenCV's SIFT detects.
    Sift,
    /// At the points of a fixed grid.
    DenseSift,
    /// Nowhere: histograms of oriented gradients describe the whole picture.
    Hog,
    /// Nowhere: histograms of local binary patterns describe the whole picture.
    Lbp,
    /// Nowhere: the embedding of a picture is what a trained network's last layer reads.
    Network,
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
    /// Sums of the differences between descriptors and their visual word (Jegou et al. 2010).
    Vlad,
    /// How the descriptors would move the Gaussians of a mixture (Perronnin et al. 2010); "improved" with
    /// `normalisation = "hellinger"`.
    Fisher,
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

/// Soft assignment to the nearest words (van Gemert et al. 2008; Liu et al. 2011).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SoftRecipe {
    /// How many of the nearest words a descriptor counts for.
    pub nearest: usize,
    /// Words at distance d get shares of exp(-d^2 / (2 sigma^2)); RootSIFT descriptors have length 1, others about 512.
    pub sigma: f64,
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
        self.check_extractor()?;
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
        self.check_encoding()?;
        if let Some(c) = &self.codebook
            && !((2..=65_536).contains(&c.words) && c.batch >= 1 && (1..=100_000).contains(&c.iterations))
        {
            return Err(Error::invalid("codebook", format!("{c:?}"), "2 to 65,536 words, batch and iterations from 1"));
        }
        Ok(())
    }
}

impl FeatureRecipe {
    /// The table of the extractor is there, and none of another one.
    fn check_extractor(&self) -> Result<()> {
        let name = self.extractor.name();
        let tables = [
            ("grid", self.grid.is_some(), Extractor::DenseSift, "a table with step and bins"),
            ("detector", self.detector.is_some(), Extractor::Sift, ""),
            (
                "hog",
                self.hog.is_some(),
                Extractor::Hog,
                "a table with cell, block and orientations, all of them optional",
            ),
            ("lbp", self.lbp.is_some(), Extractor::Lbp, "a table with cell and radius, both of them optional"),
            ("network", self.network.is_some(), Extractor::Network, "the name of a network's model recipe"),
        ];
        for (table, there, owner, keys) in tables {
            if there && owner != self.extractor {
                return Err(Error::invalid(table, "set", format!("nothing for {name}")));
            }
            // OpenCV's detector has defaults for everything.
            if !there && owner == self.extractor && !keys.is_empty() {
                return Err(Error::invalid(table, "nothing", keys));
            }
        }
        if let Some(hog) = &self.hog {
            hog.check()?;
        }
        if let Some(lbp) = &self.lbp {
            lbp.check()?;
        }
        if matches!(self.extractor, Extractor::Hog | Extractor::Lbp | Extractor::Network)
            && (self.encoding != Encoding::Concatenate || self.root_sift)
        {
            return Err(Error::invalid(
                "encoding",
                format!("{}, root-sift = {}", self.encoding.name(), self.root_sift),
                format!("concatenate without root-sift: {name} has no local descriptors"),
            ));
        }
        Ok(())
    }

    /// Every table that the encoding needs is there, and none that it does not.
    fn check_encoding(&self) -> Result<()> {
        let fail = |key: &str, found: &str, expected: String| Err(Error::invalid(key, found, expected));
        let named = |wants: bool, there: bool, key: &str, keys: &str| match (wants, there) {
            (true, false) => fail(key, "nothing", format!("a table with {keys}")),
            (false, true) => fail(key, "a table", format!("none for encoding = \"{}\"", self.encoding.name())),
            _ => Ok(()),
        };
        let words = matches!(self.encoding, Encoding::BagOfWords | Encoding::Vlad);
        named(words, self.codebook.is_some(), "codebook", "words, algorithm and iterations")?;
        named(self.encoding == Encoding::Fisher, self.mixture.is_some(), "mixture", "components")?;
        if self.encoding == Encoding::Concatenate {
            if self.extractor == Extractor::Sift {
                let expected = "bag-of-words: the number of SIFT keypoints differs from picture to picture";
                return fail("encoding", "concatenate", expected.into());
            }
            if self.transforms() || !self.pyramid.is_empty() {
                return fail("encoding", "concatenate", "another one with pca, position or pyramid".into());
            }
        }
        if self.encoding != Encoding::BagOfWords && (self.soft.is_some() || self.presence) {
            let key = if self.presence { "presence" } else { "soft" };
            return fail(key, "set", "encoding = \"bag-of-words\"".into());
        }
        if let (Some(soft), Some(codebook)) = (&self.soft, &self.codebook)
            && !((1..=64.min(codebook.words)).contains(&soft.nearest) && soft.sigma > 0.0 && soft.sigma.is_finite())
        {
            let expected = format!("1 to {} nearest words and a sigma above 0", 64.min(codebook.words));
            return Err(Error::invalid("soft", format!("{soft:?}"), expected));
        }
        if let Some(p) = &self.pca
            && !(1..=DESCRIPTOR_LENGTH).contains(&p.dimensions)
        {
            return Err(Error::invalid("pca.dimensions", p.dimensions, format!("1 to {DESCRIPTOR_LENGTH}")));
        }
        if let Some(m) = &self.mixture
            && !((1..=4096).contains(&m.components) && (1..=10_000).contains(&m.iterations) && m.sample >= m.components)
        {
            let expected = "1 to 4096 components, iterations from 1, a sample of one descriptor a component or more";
            return Err(Error::invalid("mixture", format!("{m:?}"), expected));
        }
        if self.pyramid.len() > 8 || !self.pyramid.iter().all(|l| (1..=16).contains(l)) {
            return Err(Error::invalid("pyramid", format!("{:?}", self.pyramid), "up to 8 levels from 1 to 16"));
        }
        Ok(())
    }
}

impl Extractor {
    fn name(self) -> &'static str {
        match self {
            Self::Sift => "sift",
            Self::DenseSift => "dense-sift",
            Self::Hog => "hog",
            Self::Lbp => "lbp",
            Self::Network => "network",
        }
    }
}

impl Encoding {
    fn name(self) -> &'static str {
        match self {
            Self::BagOfWords => "bag-of-words",
            Self::Concatenate => "concatenate",
            Self::Vlad => "vlad",
            Self::Fisher => "fisher",
        }
    }
}
