//! `data/*.toml`: what to import and how.

use serde::{Deserialize, Serialize};

use super::{Check, FaceRecipe};
use crate::error::{Error, Result};

/// What a dataset is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DataRecipe {
    /// The name for readers.
    pub title: String,
    /// The layout of the source.
    pub format: DataFormat,
    /// Where the source lies by default, relative to the working folder; `--from` overrides it.
    #[serde(default)]
    pub path: Option<String>,
    /// Class names in label order; for folders of pictures also the folders' names, in any of their usual spellings.
    pub classes: Vec<String>,
    /// Height and width that pictures are brought to, stretched where their shape differs; rows of a CSV file must
    /// have this many pixels.
    #[serde(default = "face_48")]
    pub size: [usize; 2],
    /// The filter of the resize.
    #[serde(default)]
    pub filter: ResizeFilter,
    /// How faces are found and cut out of the pictures; without it pictures are faces already. A picture's largest face is
    /// taken, pictures without one are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faces: Option<FaceRecipe>,
    /// How rows are given to splits.
    #[serde(default)]
    pub split: SplitRule,
    /// What to draw, for `format = "synthetic"`.
    #[serde(default)]
    pub synthetic: Option<SyntheticRecipe>,
    /// What its publisher says about the use of the pictures, for model cards. It changes nothing in the data, and so no
    /// fingerprint either.
    #[serde(default, skip_serializing)]
    pub terms: Option<String>,
    /// Labels by the votes of FER+ in place of those in the file, for `format = "fer2013-csv"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<VotesRecipe>,
}

/// Labels by the votes of several people (FER+, Barsoum et al. 2016).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VotesRecipe {
    /// Where fer2013new.csv lies, relative to the working folder; `--votes` overrides it.
    pub path: String,
    /// What rows are labelled by.
    pub labels: VoteLabels,
}

/// What the votes for a picture make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoteLabels {
    /// The class that has more than half of the votes; rows without one are left out.
    Majority,
    /// The shares of up to three classes that have most of the votes; the label is the strongest. Networks learn the
    /// shares with `targets = "shares"` or `"drawn"` in their training.
    Shares,
}

fn face_48() -> [usize; 2] {
    [48, 48]
}

/// The layouts that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataFormat {
    /// `emotion,pixels,Usage` rows as text, plain or inside .gz, .tar.gz or .zip; columns in any order.
    Fer2013Csv,
    /// `<class>/<picture>`, with or without `train`, `val`, `test` above.
    Pictures,
    /// CK+48: `<class>/S<subject>_<sequence>_<frame>.png`.
    CkPlus,
    /// Faces drawn by the tool.
    Synthetic,
}

impl DataFormat {
    /// Whether the source is picture files.
    pub fn has_pictures(self) -> bool {
        matches!(self, Self::Pictures | Self::CkPlus)
    }
}

/// Filters for bringing a picture to the wanted size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResizeFilter {
    /// Linear interpolation, widened to the area covered when shrinking (no aliasing).
    #[default]
    Triangle,
    /// The nearest pixel.
    Nearest,
    /// Catmull-Rom cubic.
    CatmullRom,
    /// Lanczos with window 3.
    Lanczos3,
}

/// How rows are given to splits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "rule")]
pub enum SplitRule {
    /// As the source says: the `Usage` column, or the folders' and files' names. All three splits must be there;
    /// for a source with only train and test use `official-test`, for one without splits `stratified`.
    #[default]
    Official,
    /// The test rows as the source says; validation rows are drawn from all others, the same share of each class.
    OfficialTest {
        /// Share of the rows that are not test rows, 0 to 1.
        validation: f64,
        /// Seed of the draw.
        seed: u64,
    },
    /// Random rows, the same share of each class in each split.
    Stratified {
        /// Share of rows for validation, 0 to 1.
        validation: f64,
        /// Share of rows for test, 0 to 1.
        test: f64,
        /// Seed of the draw.
        seed: u64,
    },
    /// Random subjects: all rows of a person are in one split.
    BySubject {
        /// Share of subjects for validation, 0 to 1.
        validation: f64,
        /// Share of subjects for test, 0 to 1.
        test: f64,
        /// Seed of the draw.
        seed: u64,
    },
}

/// What the tool draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SyntheticRecipe {
    /// Training rows.
    pub train: usize,
    /// Validation rows.
    pub validation: usize,
    /// Test rows.
    pub test: usize,
    /// Seed of every face.
    pub seed: u64,
    /// Strength of noise, occlusion, light and ambiguity: 0 clean, 1 the default, above harder.
    pub difficulty: f64,
}

impl Check for DataRecipe {
    fn check(&self) -> Result<()> {
        let mut names = self.classes.clone();
        names.sort();
        names.dedup();
        if names.len() != self.classes.len() || !(2..=256).contains(&names.len()) {
            return Err(Error::invalid("classes", format!("{:?}", self.classes), "2 to 256 different names"));
        }
        if self.size.iter().any(|s| !(8..=1024).contains(s)) {
            return Err(Error::invalid("size", format!("{:?}", self.size), "height and width from 8 to 1024 pixels"));
        }
        if let Some(faces) = &self.faces {
            faces.check()?;
            if !self.format.has_pictures() {
                let expected = "format = \"pictures\" or \"ck-plus\": other sources hold faces already";
                return Err(Error::invalid("faces", format!("format {:?}", self.format), expected));
            }
        }
        if let SplitRule::Stratified { validation, test, .. } | SplitRule::BySubject { validation, test, .. } =
            self.split
            && !(validation >= 0.0 && test >= 0.0 && validation + test < 1.0)
        {
            return Err(Error::invalid(
                "split",
                format!("{validation} + {test}"),
                "shares from 0 that leave rows to train on",
            ));
        }
        if let SplitRule::OfficialTest { validation, .. } = self.split
            && !(0.0..1.0).contains(&validation)
        {
            return Err(Error::invalid("split", validation, "a share from 0 that leaves rows to train on"));
        }
        if self.votes.is_some() && self.format != DataFormat::Fer2013Csv {
            return Err(Error::invalid("votes", "a table", "none, unless format = \"fer2013-csv\""));
        }
        match (&self.synthetic, self.format) {
            (None, DataFormat::Synthetic) => {
                Err(Error::invalid("synthetic", "nothing", "a table that says what to draw"))
            }
            (Some(_), f) if f != DataFormat::Synthetic => {
                Err(Error::invalid("synthetic", "a table", "none, unless format = \"synthetic\""))
            }
            (Some(s), _)
                if !(0.0..=10.0).contains(&s.difficulty) || s.train == 0 || s.validation == 0 || s.test == 0 =>
            {
                Err(Error::invalid("synthetic", format!("{s:?}"), "rows in every split, difficulty from 0 to 10"))
            }
            _ => Ok(()),
        }
    }
}
