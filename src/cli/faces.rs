//! How faces are found: the options of every command that looks at whole pictures.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ferrofuse::faces::FaceDetectors;
use ferrofuse::predict::{Committee, Faces};
use ferrofuse::recipe::{FaceDetectorKind, FaceRecipe};
use ferrofuse::{Error, Result};

/// How faces are found.
#[derive(Args)]
pub struct FaceArgs {
    /// The pictures are faces already: nothing is searched or cut
    #[arg(long)]
    face_crop: bool,
    /// What finds faces [default: what cut the training pictures out, or else haar]
    #[arg(long, value_enum, conflicts_with = "face_crop")]
    detector: Option<Detector>,
    /// The detector's file: a cascade (XML) or YuNet (ONNX) [default: OpenCV's frontal face cascade]
    #[arg(long, value_name = "FILE", conflicts_with = "face_crop")]
    detector_model: Option<PathBuf>,
    /// Haar: how much larger the faces of each pass are than those before [default: 1.1]
    #[arg(long, value_name = "FACTOR", conflicts_with = "face_crop")]
    scale_factor: Option<f64>,
    /// Haar: neighbouring hits that make a face [default: 5]
    #[arg(long, value_name = "N", conflicts_with = "face_crop")]
    min_neighbors: Option<u32>,
    /// The smallest face, in pixels [default: 30]
    #[arg(long, value_name = "PIXELS", conflicts_with = "face_crop")]
    min_size: Option<u32>,
    /// YuNet: the lowest score of a face, 0 to 1 [default: 0.9]
    #[arg(long, value_name = "SCORE", conflicts_with = "face_crop")]
    min_score: Option<f64>,
    /// Added around a face before it is cut out, as a share of its side [default: that of the training pictures, or 0]
    #[arg(long, value_name = "SHARE", conflicts_with = "face_crop", allow_negative_numbers = true)]
    margin: Option<f64>,
}

/// The detectors.
#[derive(Clone, Copy, ValueEnum)]
enum Detector {
    /// OpenCV's cascade of Haar features
    Haar,
    /// YuNet, which needs --detector-model
    Yunet,
}

impl FaceArgs {
    /// How faces are found for these models: as for the first one's training pictures, but for what was said otherwise.
    pub fn faces(&self, committee: &Committee) -> Result<Faces> {
        if self.face_crop {
            return Ok(Faces::Whole);
        }
        let trained = committee.members().iter().find_map(|m| m.prepared.faces.clone());
        let mut recipe: FaceRecipe = trained.unwrap_or_default();
        if let Some(detector) = self.detector {
            let kind = match detector {
                Detector::Haar => FaceDetectorKind::Haar,
                Detector::Yunet => FaceDetectorKind::Yunet,
            };
            if kind != recipe.detector {
                recipe = FaceRecipe { detector: kind, model: None, ..recipe };
            }
        }
        if let Some(file) = &self.detector_model {
            recipe.model = Some(file.to_string_lossy().into_owned());
        }
        let unused = match recipe.detector {
            FaceDetectorKind::Haar => self.min_score.map(|_| ("--min-score", "haar", "yunet")),
            FaceDetectorKind::Yunet => {
                let option = self.scale_factor.map(|_| "--scale-factor");
                option.or(self.min_neighbors.map(|_| "--min-neighbors")).map(|option| (option, "yunet", "haar"))
            }
        };
        if let Some((option, found, other)) = unused {
            return Err(Error::invalid(
                option,
                format!("detector {found}"),
                format!("--detector {other}, which knows it"),
            ));
        }
        recipe.scale_factor = self.scale_factor.unwrap_or(recipe.scale_factor);
        recipe.min_neighbors = self.min_neighbors.unwrap_or(recipe.min_neighbors);
        recipe.min_size = self.min_size.unwrap_or(recipe.min_size);
        recipe.min_score = self.min_score.unwrap_or(recipe.min_score);
        recipe.margin = self.margin.unwrap_or(recipe.margin);
        Ok(Faces::Found(FaceDetectors::new(&recipe)?, self.margin))
    }
}
