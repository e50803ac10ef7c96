//! How faces are found in whole pictures and cut out of them.

use serde::{Deserialize, Serialize};

use super::checks::is_default;
use super::{Check, ResizeFilter};
use crate::error::{Error, Result};

/// How faces are found and cut. Models see faces as they were cut for training: what finds them at prediction must be the
/// same, or accuracy falls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct FaceRecipe {
    /// What finds faces.
    pub detector: FaceDetectorKind,
    /// The detector's file: a cascade as XML, or YuNet as ONNX; a cascade of OpenCV's own is found by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How much larger the faces of each pass are than those of the pass before, for the cascade; above 1.
    pub scale_factor: f64,
    /// Neighbouring hits that make a face, for the cascade.
    pub min_neighbors: u32,
    /// The smallest side of a face, in pixels.
    pub min_size: u32,
    /// The lowest score of a face, 0 to 1, for YuNet.
    pub min_score: f64,
    /// Added on each side of the box before it is cut out, as a share of its longer side.
    #[serde(skip_serializing_if = "is_default")]
    pub margin: f64,
}

impl Default for FaceRecipe {
    fn default() -> Self {
        Self {
            detector: FaceDetectorKind::Haar,
            model: None,
            scale_factor: 1.1,
            min_neighbors: 5,
            min_size: 30,
            min_score: 0.9,
            margin: 0.0,
        }
    }
}

/// How the pictures of a dataset came to be what models see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Preparation {
    /// The filter that brought them to size.
    pub filter: ResizeFilter,
    /// How faces were found and cut out; none where the pictures were faces already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faces: Option<FaceRecipe>,
}

/// The detectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaceDetectorKind {
    /// A cascade of boosted Haar features (Viola and Jones 2001).
    #[default]
    Haar,
    /// YuNet (Wu, Peng and Yu 2023).
    Yunet,
}

impl Check for FaceRecipe {
    fn check(&self) -> Result<()> {
        let number = |what: &str, found: f64, good: bool, expected: &str| match good {
            true => Ok(()),
            false => Err(Error::invalid(what, found, expected)),
        };
        let scale = self.scale_factor;
        number("scale-factor", scale, scale > 1.0 && scale <= 10.0, "more than 1 and at most 10, such as 1.1")?;
        number("margin", self.margin, (0.0..=2.0).contains(&self.margin), "a share of the face from 0 to 2")?;
        number("min-score", self.min_score, (0.0..=1.0).contains(&self.min_score), "a score from 0 to 1")?;
        number("min-size", self.min_size.into(), (1..=16_384).contains(&self.min_size), "from 1 to 16384 pixels")?;
        number("min-neighbors", self.min_neighbors.into(), self.min_neighbors <= 1000, "0 to 1000")?;
        match (self.detector, &self.model) {
            (FaceDetectorKind::Yunet, None) => {
                let expected = "the ONNX file of YuNet (face_detection_yunet_*.onnx of OpenCV's model zoo)";
                Err(Error::invalid("model of the face detector yunet", "none", expected))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_opencvs_usual_values() {
        let recipe: FaceRecipe = toml::from_str("margin = 0.1").unwrap();
        assert_eq!(recipe, FaceRecipe { margin: 0.1, ..FaceRecipe::default() });
        assert!(recipe.check().is_ok());
        assert_eq!((recipe.scale_factor, recipe.min_neighbors), (1.1, 5));
    }

    #[test]
    fn values_out_of_range_are_refused_by_name() {
        for (text, what) in [
            ("scale-factor = 1.0", "scale-factor"),
            ("scale-factor = nan", "scale-factor"),
            ("margin = -0.1", "margin"),
            ("min-score = 1.5", "min-score"),
            ("min-size = 0", "min-size"),
            ("detector = 'yunet'", "yunet"),
        ] {
            let recipe: FaceRecipe = toml::from_str(text).unwrap();
            let error = recipe.check().unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
        }
        assert!(toml::from_str::<FaceRecipe>("detector = 'dog'").is_err());
    }
}
